/* fetching.h: gets the metadata of one torrent from several peers at once, and finds out who lies. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "member.h"

/* What peers say of its size need not be true. An attempt believes in one size,
 * the one that most hosts name, and asks those who name it. When the result
 * does not fit the info-hash and came from one host alone, that host is banned.
 * When several had a part in it, the next attempt takes all from one of them at
 * a time; the bytes of the first that is right tell who of the others lied. */
typedef struct _Fetching Fetching;

Fetching *fetching_new (BtfwExtension *extension, BtfwSwarmView *torrent, BtfwClock *clock);
void      fetching_free (Fetching *self);
/* @members: of Member, borrowed and changed; asks whoever can be asked. */
void      fetching_fill (Fetching *self, GPtrArray *members);
/* FALSE with @error for a breach of the protocol. */
gboolean  fetching_on_data (Fetching *self, Member *member, guint32 block, guint32 total, const guint8 *data, gsize size, GError **error);
void      fetching_on_reject (Fetching *self, Member *member, guint32 block);
/* What it owes will not come. */
void      fetching_on_gone (Fetching *self, Member *member);
/* What was offered was wrong, or right: blames those who sent it. */
void      fetching_on_checked (Fetching *self, GPtrArray *members, gboolean is_right);
/* Once a second: who does not answer. */
void      fetching_tick (Fetching *self, GPtrArray *members);
