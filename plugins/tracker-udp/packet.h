/* packet.h: the packets of UDP trackers (BEP 15, BEP 41), between bytes and structs. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw.h>

/* So many hashes fit into one scrape. */
#define PACKET_SCRAPE_MAX 74u
/* The largest packet that we send. */
#define PACKET_SIZE_MAX 2048u
/* What is shown of a tracker's words. */
#define PACKET_TEXT_MAX 1024u

typedef enum
{
  PACKET_CONNECT = 0,
  PACKET_ANNOUNCE = 1,
  PACKET_SCRAPE = 2,
  PACKET_ERROR = 3,
} PacketAction;

/* Whether it can be the answer of a tracker at all, and of which question. */
gboolean packet_read_header (const guint8 *data, gsize size, PacketAction *action, guint32 *transaction);

/* What these read was checked by packet_read_header(). FALSE for what makes no sense. */
gboolean packet_read_connect (const guint8 *data, gsize size, guint64 *connection);
/* Peers have the family of whoever sent it. Unless it is the first one, they are
 * added to what is there, and the greater counts and the longer interval stay. */
gboolean packet_read_announce (const guint8      *data,
                               gsize              size,
                               gboolean           is_v4,
                               gboolean           is_first,
                               BtfwAnnounceReply *reply);
/* From place @first on, at most @n of them. */
gboolean packet_read_scrape (const guint8 *data, gsize size, BtfwScrapeReply *reply, guint first, guint n);
/* (transfer full): fit to be shown */
char    *packet_read_error (const guint8 *data, gsize size);

/* They answer the size. @out has room for PACKET_SIZE_MAX bytes. */
gsize packet_write_connect (guint8 *out, guint32 transaction);
/* @url_data: what the tracker is to know of its URL, or NULL */
gsize packet_write_announce (guint8       *out,
                             guint64       connection,
                             guint32       transaction,
                             BtfwAnnounce *announce,
                             const char   *url_data);
gsize packet_write_scrape (guint8              *out,
                           guint64              connection,
                           guint32              transaction,
                           BtfwInfoHash *const *hashes,
                           guint                n_hashes);

/* Of the path and the query what a tracker may need to be told (BEP 41); NULL
 * for nothing. (transfer full) */
char *packet_make_url_data (const char *path, const char *query);
