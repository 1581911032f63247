/* reply.h: reads what a tracker answered. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw.h>

/* NULL with @error set when it is no answer of a tracker. */
BtfwAnnounceReply *reply_read_announce (GBytes *body, GError **error);
BtfwScrapeReply   *reply_read_scrape (GBytes *body, BtfwInfoHash *const *hashes, guint n_hashes, GError **error);
