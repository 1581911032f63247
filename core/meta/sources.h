/* sources.h: where a torrent says that peers and bytes are: trackers, web seeds, DHT nodes. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "base/bencode.h"
#include "meta/warnings.h"

/* What cannot be used is left out with a warning. Everything here is valid
 * UTF-8 without control characters and blanks, and comes once. */

/* Announce URLs: the tiers of "announce-list" (BEP 12), or else "announce".
 * An array of NULL-terminated arrays, without empty ones. */
GPtrArray *btfw_sources_read_tiers (const BtfwBencode *document, guint32 torrent, BtfwWarnings *warnings);
/* The same from URLs, one a tier; @urls may be NULL. */
GPtrArray *btfw_sources_make_tiers (const char *const *urls, BtfwWarnings *warnings);
/* "url-list", a text or a list of them (BEP 19). */
char     **btfw_sources_read_web_seeds (const BtfwBencode *document, guint32 torrent, BtfwWarnings *warnings);
/* "nodes" (BEP 5), each as "host:port" or "[address]:port". */
char     **btfw_sources_read_nodes (const BtfwBencode *document, guint32 torrent, BtfwWarnings *warnings);

/* Whether it looks like "scheme://something", with no bytes that do not belong in a URL. */
gboolean btfw_sources_is_url (const char *text, gsize size);
