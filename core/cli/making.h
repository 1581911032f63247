/* making.h: the options that say what a new torrent shall be like. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cli/options.h"

/* What `btfw create` and `btfw share` have in common. Start with zeros. */
typedef struct
{
  GPtrArray  *trackers;  /* of borrowed strings, or NULL */
  GPtrArray  *web_seeds; /* of borrowed strings, or NULL */
  guint64     piece_size;
  gboolean    is_private;
  const char *comment;
  gboolean    no_date;
} BtfwMaking;

void btfw_making_clear (BtfwMaking *self);

BtfwOptionGroup btfw_making_get_group (BtfwMaking *self);

/* A creator for @path with all that was asked for; its trackers stand from
 * tier @first_tier on. */
BtfwCreator *btfw_making_new_creator (const BtfwMaking *self, const char *path, guint first_tier, GError **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (BtfwMaking, btfw_making_clear)
