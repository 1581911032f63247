/* values.h: settings written the way people write them. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw.h>

/* As a keyfile may say it: "64MiB", "true", "sparse". */
char *btfw_values_format (GParamSpec *pspec, const GValue *value);
char *btfw_values_format_default (GParamSpec *pspec);
