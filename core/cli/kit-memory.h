/* kit-memory.h: a storage in memory, for what lies below a layer that is checked. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw.h>

BtfwStorage *btfw_kit_memory_new (void);
