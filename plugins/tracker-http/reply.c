/* reply.c: reads what a tracker answered. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "reply.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* A reply of 1 MiB in dictionaries has no more values than this. */
#define VALUES_MAX 200000

/* A tracker that may not be asked again says so with this word (BEP 31). */
#define RETRY_NEVER "never"

/* A look-up that ends in an integer; @missing when there is none. */
static gint64
lookup_integer (BtfwBencodeDoc *doc, const char *key, gint64 missing)
{
  gint64 value = missing;

  btfw_bencode_doc_get_integer (doc, btfw_bencode_doc_lookup (doc, BTFW_BENCODE_DOC_ROOT, key), &value);
  return value;
}

static char *
lookup_text (BtfwBencodeDoc *doc, const char *key)
{
  return btfw_bencode_doc_dup_text (doc, btfw_bencode_doc_lookup (doc, BTFW_BENCODE_DOC_ROOT, key));
}

static BtfwBencodeDoc *
parse (GBytes *body, GError **error)
{
  g_autoptr (GError)         cause = NULL;
  g_autoptr (BtfwBencodeDoc) doc = NULL;

  if (g_bytes_get_size (body) == 0)
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_TRACKER, _("the tracker's answer is empty"));
      return NULL;
    }

  doc = btfw_bencode_doc_new (body, VALUES_MAX, &cause);
  if (doc == NULL)
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_TRACKER, _("this is no answer of a tracker: %s"), cause->message);
      return NULL;
    }

  if (!btfw_bencode_doc_is_dict (doc, BTFW_BENCODE_DOC_ROOT))
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_TRACKER, _("this is no answer of a tracker: it is no dictionary"));
      return NULL;
    }

  return g_steal_pointer (&doc);
}

/* Compact addresses (BEP 23, BEP 7): what is left over at the end is dropped. */
static void
read_compact (BtfwAnnounceReply *reply, const guint8 *data, gsize size, gsize address_size)
{
  for (; size >= address_size + 2; data += address_size + 2, size -= address_size + 2)
    {
      guint16 port = (guint16) (data[address_size] << 8 | data[address_size + 1]);

      if (port == 0)
        continue;
      if (address_size == 4)
        btfw_announce_reply_add_peer_v4 (reply, data, port);
      else
        btfw_announce_reply_add_peer_v6 (reply, data, port);
    }
}

/* Numbers only: a tracker does not get to have names looked up. */
static void
add_peer_text (BtfwAnnounceReply *reply, const char *ip, guint16 port)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (ip);

  if (address == NULL)
    return;

  if (g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV4)
    btfw_announce_reply_add_peer_v4 (reply, g_inet_address_to_bytes (address), port);
  else
    btfw_announce_reply_add_peer_v6 (reply, g_inet_address_to_bytes (address), port);
}

static void
read_peer_dict (BtfwAnnounceReply *reply, BtfwBencodeDoc *doc, guint32 peer)
{
  g_autofree char *ip = btfw_bencode_doc_dup_text (doc, btfw_bencode_doc_lookup (doc, peer, "ip"));
  gint64           port = 0;

  btfw_bencode_doc_get_integer (doc, btfw_bencode_doc_lookup (doc, peer, "port"), &port);
  if (ip != NULL && port > 0 && port <= G_MAXUINT16)
    add_peer_text (reply, ip, (guint16) port);
}

static void
read_peers (BtfwAnnounceReply *reply, BtfwBencodeDoc *doc, const char *key, gsize address_size)
{
  guint32       peers = btfw_bencode_doc_lookup (doc, BTFW_BENCODE_DOC_ROOT, key);
  gsize         size;
  const guint8 *compact = btfw_bencode_doc_get_string (doc, peers, &size);

  if (compact != NULL)
    {
      read_compact (reply, compact, size, address_size);
      return;
    }

  for (guint32 peer = btfw_bencode_doc_first (doc, peers);
       peer != BTFW_BENCODE_DOC_NONE;
       peer = btfw_bencode_doc_next (doc, peers, peer))
    read_peer_dict (reply, doc, peer);
}

static void
read_external_address (BtfwAnnounceReply *reply, BtfwBencodeDoc *doc)
{
  g_autoptr (GInetAddress) address = NULL;
  const guint8            *ip;
  gsize                    size;

  ip = btfw_bencode_doc_get_string (doc, btfw_bencode_doc_lookup (doc, BTFW_BENCODE_DOC_ROOT, "external ip"), &size);
  if (ip == NULL || (size != 4 && size != 16))
    return;

  address = g_inet_address_new_from_bytes (ip, size == 4 ? G_SOCKET_FAMILY_IPV4 : G_SOCKET_FAMILY_IPV6);
  btfw_announce_reply_set_external_address (reply, address);
}

/* In minutes, or never (BEP 31). */
static gint64
read_retry_in (BtfwBencodeDoc *doc)
{
  guint32       node = btfw_bencode_doc_lookup (doc, BTFW_BENCODE_DOC_ROOT, "retry in");
  gint64        minutes;
  gsize         size;
  const guint8 *word = btfw_bencode_doc_get_string (doc, node, &size);

  if (word != NULL && size == strlen (RETRY_NEVER) && memcmp (word, RETRY_NEVER, size) == 0)
    return -1;
  if (btfw_bencode_doc_get_integer (doc, node, &minutes) && minutes > 0)
    return MIN (minutes, G_MAXINT32) * 60;

  return 0;
}

static void
read_tracker_id (BtfwAnnounceReply *reply, BtfwBencodeDoc *doc)
{
  guint32          node = btfw_bencode_doc_lookup (doc, BTFW_BENCODE_DOC_ROOT, "tracker id");
  gsize            size;
  const guint8    *bytes = btfw_bencode_doc_get_string (doc, node, &size);
  g_autofree char *id = NULL;

  /* It goes back as it came, so nothing in it may be mended. */
  if (bytes == NULL || size == 0 || memchr (bytes, '\0', size) != NULL)
    return;

  id = g_strndup ((const char *) bytes, size);
  btfw_announce_reply_set_tracker_id (reply, id);
}

BtfwAnnounceReply *
reply_read_announce (GBytes *body, GError **error)
{
  g_autoptr (BtfwBencodeDoc)    doc = parse (body, error);
  g_autoptr (BtfwAnnounceReply) reply = NULL;
  g_autofree char              *failure = NULL;
  g_autofree char              *warning = NULL;

  if (doc == NULL)
    return NULL;

  reply = btfw_announce_reply_new ();
  failure = lookup_text (doc, "failure reason");
  warning = lookup_text (doc, "warning message");
  if (failure != NULL)
    btfw_announce_reply_set_failure (reply, failure, read_retry_in (doc));

  btfw_announce_reply_set_warning (reply, warning);
  btfw_announce_reply_set_interval (reply, lookup_integer (doc, "interval", btfw_announce_reply_get_interval (reply)));
  btfw_announce_reply_set_min_interval (reply, lookup_integer (doc, "min interval", 0));
  btfw_announce_reply_set_counts (reply,
                                  lookup_integer (doc, "complete", -1),
                                  lookup_integer (doc, "incomplete", -1),
                                  lookup_integer (doc, "downloaded", -1));
  read_tracker_id (reply, doc);
  read_external_address (reply, doc);
  read_peers (reply, doc, "peers", 4);
  read_peers (reply, doc, "peers6", 16);
  return g_steal_pointer (&reply);
}

static gint64
lookup_count (BtfwBencodeDoc *doc, guint32 counts, const char *key)
{
  gint64 value = -1;

  btfw_bencode_doc_get_integer (doc, btfw_bencode_doc_lookup (doc, counts, key), &value);
  return value;
}

BtfwScrapeReply *
reply_read_scrape (GBytes *body, BtfwInfoHash *const *hashes, guint n_hashes, GError **error)
{
  g_autoptr (BtfwBencodeDoc) doc = parse (body, error);
  g_autofree char           *failure = NULL;
  BtfwScrapeReply           *reply;
  guint32                    files;

  if (doc == NULL)
    return NULL;

  failure = lookup_text (doc, "failure reason");
  if (failure != NULL)
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_TRACKER, _("the tracker refused: %s"), failure);
      return NULL;
    }

  reply = btfw_scrape_reply_new (n_hashes);
  files = btfw_bencode_doc_lookup (doc, BTFW_BENCODE_DOC_ROOT, "files");
  for (guint i = 0; i < n_hashes; i++)
    {
      guint32 counts = btfw_bencode_doc_lookup_bytes (doc, files, btfw_info_hash_get_short (hashes[i]),
                                                      BTFW_INFO_HASH_V1_SIZE);

      btfw_scrape_reply_set (reply, i,
                             lookup_count (doc, counts, "complete"),
                             lookup_count (doc, counts, "incomplete"),
                             lookup_count (doc, counts, "downloaded"));
    }

  return reply;
}
