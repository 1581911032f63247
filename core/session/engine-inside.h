/* engine-inside.h: what the files of the engine share. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "session/engine.h"

/* Of the settings, by their names. */
gboolean btfw_engine_get_boolean (BtfwEngine *self, const char *name);
/* NULL for an empty text. */
char    *btfw_engine_get_text (BtfwEngine *self, const char *name);

/* Those of its wishes. */
void btfw_engine_apply_torrent_limits (BtfwEngineTorrent *torrent);
