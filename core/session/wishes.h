/* wishes.h: how one torrent is to be run: by its options, the rules, and the settings for all. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "session/add-options.h"

#include <btfw/btfw-config.h>

typedef struct
{
  char   *dir; /* absolute */
  char   *picker;
  char   *storage;
  char   *choker;
  guint64 max_download; /* of the torrent alone, 0 for no limit */
  guint64 max_upload;
  guint   max_peers; /* 0: as for all */
} BtfwWishes;

/* @settings: those of the group "session" of @config. One of @metainfo and
 * @magnet; of a link less is known, so fewer rules match. */
void  btfw_wishes_init (BtfwWishes     *self,
                        BtfwConfig     *config,
                        BtfwSettings   *settings,
                        BtfwAddOptions *options,
                        BtfwMetainfo   *metainfo,
                        BtfwMagnet     *magnet);
void  btfw_wishes_clear (BtfwWishes *self);

/* What makes the plugin @spec of @kind what it is: its text and all settings that
 * @config has for it. When it is another one, the plugin is to be made anew. */
char *btfw_wishes_sign (BtfwConfig *config, const char *kind, const char *spec);
