/* packet.c: the packets of UDP trackers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "packet.h"

#include <string.h>

/* By which a tracker knows the first packet of a stranger. */
#define PROTOCOL_ID G_GUINT64_CONSTANT (0x41727101980)

#define HEADER_SIZE 8u
#define CONNECT_REPLY_SIZE 16u
#define ANNOUNCE_REPLY_SIZE 20u
#define SCRAPE_ENTRY_SIZE 12u

/* Options behind an announce (BEP 41). */
#define OPTION_END 0
#define OPTION_URL_DATA 2
#define OPTION_SIZE_MAX 255u
#define URL_DATA_MAX 1500u

static guint32
get_u32 (const guint8 *data)
{
  return (guint32) data[0] << 24 | (guint32) data[1] << 16 | (guint32) data[2] << 8 | data[3];
}

static guint64
get_u64 (const guint8 *data)
{
  return (guint64) get_u32 (data) << 32 | get_u32 (data + 4);
}

static guint8 *
put_u16 (guint8 *out, guint16 value)
{
  *out++ = (guint8) (value >> 8);
  *out++ = (guint8) value;
  return out;
}

static guint8 *
put_u32 (guint8 *out, guint32 value)
{
  return put_u16 (put_u16 (out, (guint16) (value >> 16)), (guint16) value);
}

static guint8 *
put_u64 (guint8 *out, guint64 value)
{
  return put_u32 (put_u32 (out, (guint32) (value >> 32)), (guint32) value);
}

static guint8 *
put_bytes (guint8 *out, const void *bytes, gsize size)
{
  memcpy (out, bytes, size);
  return out + size;
}

/* --- Replies --- */

gboolean
packet_read_header (const guint8 *data, gsize size, PacketAction *action, guint32 *transaction)
{
  if (size < HEADER_SIZE || get_u32 (data) > PACKET_ERROR)
    return FALSE;

  *action = (PacketAction) get_u32 (data);
  *transaction = get_u32 (data + 4);
  return TRUE;
}

gboolean
packet_read_connect (const guint8 *data, gsize size, guint64 *connection)
{
  if (size < CONNECT_REPLY_SIZE)
    return FALSE;

  *connection = get_u64 (data + HEADER_SIZE);
  return TRUE;
}

/* A number that a tracker says; what is negative to some of them is unknown. */
static gint64
get_count (const guint8 *data)
{
  return (gint32) get_u32 (data);
}

static void
read_peers (const guint8 *data, gsize size, gboolean is_v4, BtfwAnnounceReply *reply)
{
  const gsize ip_size = is_v4 ? 4 : 16;

  /* Bytes that are no whole peer are left out. */
  for (; size >= ip_size + 2; data += ip_size + 2, size -= ip_size + 2)
    {
      guint16 port = (guint16) (data[ip_size] << 8 | data[ip_size + 1]);

      if (is_v4)
        btfw_announce_reply_add_peer_v4 (reply, data, port);
      else
        btfw_announce_reply_add_peer_v6 (reply, data, port);
    }
}

gboolean
packet_read_announce (const guint8 *data, gsize size, gboolean is_v4, gboolean is_first, BtfwAnnounceReply *reply)
{
  gint64 interval;

  if (size < ANNOUNCE_REPLY_SIZE)
    return FALSE;

  interval = get_count (data + 8);
  btfw_announce_reply_set_interval (reply, is_first ? interval : MAX (interval, btfw_announce_reply_get_interval (reply)));
  btfw_announce_reply_set_counts (reply,
                                  MAX (get_count (data + 16), btfw_announce_reply_get_seeds (reply)),
                                  MAX (get_count (data + 12), btfw_announce_reply_get_leechers (reply)),
                                  -1);
  read_peers (data + ANNOUNCE_REPLY_SIZE, size - ANNOUNCE_REPLY_SIZE, is_v4, reply);
  return TRUE;
}

gboolean
packet_read_scrape (const guint8 *data, gsize size, BtfwScrapeReply *reply, guint first, guint n)
{
  gsize n_told = (size - HEADER_SIZE) / SCRAPE_ENTRY_SIZE;

  data += HEADER_SIZE;
  for (guint i = 0; i < n && i < n_told; i++, data += SCRAPE_ENTRY_SIZE)
    btfw_scrape_reply_set (reply, first + i, get_count (data), get_count (data + 8), get_count (data + 4));
  return n_told > 0;
}

char *
packet_read_error (const guint8 *data, gsize size)
{
  gsize n = MIN (size - HEADER_SIZE, PACKET_TEXT_MAX);

  return btfw_text_clean ((const char *) data + HEADER_SIZE, (gssize) n);
}

/* --- Questions --- */

gsize
packet_write_connect (guint8 *out, guint32 transaction)
{
  guint8 *end = put_u64 (out, PROTOCOL_ID);

  end = put_u32 (end, PACKET_CONNECT);
  return (gsize) (put_u32 (end, transaction) - out);
}

static guint32
get_event (BtfwAnnounce *announce)
{
  switch (btfw_announce_get_event (announce))
    {
    case BTFW_ANNOUNCE_COMPLETED:
      return 1;
    case BTFW_ANNOUNCE_STARTED:
      return 2;
    case BTFW_ANNOUNCE_STOPPED:
      return 3;
    case BTFW_ANNOUNCE_NONE:
      break;
    }
  return 0;
}

/* In pieces, as the length of an option is one byte. */
static guint8 *
put_url_data (guint8 *out, const char *url_data)
{
  gsize left = MIN (strlen (url_data), URL_DATA_MAX);

  while (left > 0)
    {
      gsize n = MIN (left, OPTION_SIZE_MAX);

      *out++ = OPTION_URL_DATA;
      *out++ = (guint8) n;
      out = put_bytes (out, url_data, n);
      url_data += n;
      left -= n;
    }
  *out++ = OPTION_END;
  return out;
}

gsize
packet_write_announce (guint8       *out,
                       guint64       connection,
                       guint32       transaction,
                       BtfwAnnounce *announce,
                       const char   *url_data)
{
  guint8 *end = put_u64 (out, connection);

  end = put_u32 (end, PACKET_ANNOUNCE);
  end = put_u32 (end, transaction);
  end = put_bytes (end, btfw_announce_get_info_hash (announce), 20);
  end = put_bytes (end, btfw_announce_get_peer_id (announce), 20);
  end = put_u64 (end, btfw_announce_get_downloaded (announce));
  end = put_u64 (end, btfw_announce_get_left (announce));
  end = put_u64 (end, btfw_announce_get_uploaded (announce));
  end = put_u32 (end, get_event (announce));
  end = put_u32 (end, 0); /* the address that the packet comes from */
  end = put_u32 (end, btfw_announce_get_key (announce));
  end = put_u32 (end, (guint32) btfw_announce_get_num_want (announce));
  end = put_u16 (end, btfw_announce_get_port (announce));
  if (url_data != NULL)
    end = put_url_data (end, url_data);
  return (gsize) (end - out);
}

gsize
packet_write_scrape (guint8              *out,
                     guint64              connection,
                     guint32              transaction,
                     BtfwInfoHash *const *hashes,
                     guint                n_hashes)
{
  guint8 *end = put_u64 (out, connection);

  end = put_u32 (end, PACKET_SCRAPE);
  end = put_u32 (end, transaction);
  for (guint i = 0; i < n_hashes && i < PACKET_SCRAPE_MAX; i++)
    end = put_bytes (end, btfw_info_hash_get_short (hashes[i]), 20);
  return (gsize) (end - out);
}

/* The usual path tells nothing, and some old trackers take no longer packets. */
char *
packet_make_url_data (const char *path, const char *query)
{
  if (query == NULL && (*path == '\0' || strcmp (path, "/") == 0 || strcmp (path, "/announce") == 0))
    return NULL;
  return query == NULL ? g_strdup (path) : g_strconcat (path, "?", query, NULL);
}
