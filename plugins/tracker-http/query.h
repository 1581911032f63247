/* query.h: the URLs under which a tracker is asked. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw.h>

/* The announce URL with the question in its query. What it has already is kept. */
char *query_for_announce (BtfwAnnounce *announce);

/* The scrape URL that belongs to @announce_url (BEP 48), with the hashes; NULL when there
 * is none, as the last element of its path does not begin with "announce". */
char *query_for_scrape (const char *announce_url, BtfwInfoHash *const *hashes, guint n_hashes);
