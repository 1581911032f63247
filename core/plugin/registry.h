/* registry.h: plugins that are types of the application, without a file. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "plugin/info.h"

/* What was registered until now, as infos of @place. On every thread. */
GPtrArray *btfw_registry_list (guint place);
