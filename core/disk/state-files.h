/* state-files.h: the folder of a state store, for its parts. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "disk/state.h"

int btfw_state_store_get_fd (BtfwStateStore *self);
/* FALSE, with @error set, for a key that could not be a file's name. */
gboolean btfw_state_check_key (const char *key, GError **error);
