/* response.c: the tracker's answers, as bytes. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "response.h"

#include <string.h>

/* Nobody needs to ask more often, whatever the interval. */
#define MIN_INTERVAL_MAX 60

static void
put_integer (GByteArray *out, const char *key, gint64 value)
{
  btfw_bencode_append_key (out, key);
  btfw_bencode_append_integer (out, value);
}

static void
put_bytes (GByteArray *out, const char *key, const guint8 *data, gsize size)
{
  btfw_bencode_append_key (out, key);
  btfw_bencode_append_string (out, data, size);
}

GBytes *
response_failure (const char *reason)
{
  GByteArray *out = g_byte_array_new ();

  btfw_bencode_open_dict (out);
  put_bytes (out, "failure reason", (const guint8 *) reason, strlen (reason));
  btfw_bencode_close (out);
  return g_byte_array_free_to_bytes (out);
}

/* Where @asker can reach @member; FALSE when that is nowhere. */
static gboolean
locate (const Member *member, const Endpoint *asker, const Endpoint *us, Endpoint *where)
{
  *where = member->endpoint;
  if (!endpoint_is_loopback (&member->endpoint) || endpoint_is_loopback (asker))
    return TRUE;

  memcpy (where->ip, us->ip, sizeof where->ip);
  return !endpoint_is_loopback (us);
}

static void
append_compact (GByteArray *out, const Endpoint *endpoint)
{
  const guint8 port[2] = { (guint8) (endpoint->port >> 8), (guint8) endpoint->port };
  gsize        skip = endpoint_is_v4 (endpoint) ? 12 : 0;

  g_byte_array_append (out, endpoint->ip + skip, (guint) (sizeof endpoint->ip - skip));
  g_byte_array_append (out, port, sizeof port);
}

static char *
endpoint_ip_to_string (const Endpoint *endpoint)
{
  gboolean                is_v4 = endpoint_is_v4 (endpoint);
  g_autoptr (GInetAddress) address =
    g_inet_address_new_from_bytes (is_v4 ? endpoint->ip + 12 : endpoint->ip,
                                   is_v4 ? G_SOCKET_FAMILY_IPV4 : G_SOCKET_FAMILY_IPV6);

  return g_inet_address_to_string (address);
}

static void
put_peer_dict (GByteArray *out, const Member *member, const Endpoint *where, gboolean without_id)
{
  g_autofree char *ip = endpoint_ip_to_string (where);

  btfw_bencode_open_dict (out);
  put_bytes (out, "ip", (const guint8 *) ip, strlen (ip));
  if (!without_id)
    put_bytes (out, "peer id", member->id, sizeof member->id);
  put_integer (out, "port", where->port);
  btfw_bencode_close (out);
}

static void
put_peers_compact (GByteArray *out, const GPtrArray *sample, const Endpoint *asker, const Endpoint *us)
{
  g_autoptr (GByteArray) v4 = g_byte_array_new ();
  g_autoptr (GByteArray) v6 = g_byte_array_new ();

  for (guint i = 0; i < sample->len; i++)
    {
      Endpoint where;

      if (locate (g_ptr_array_index (sample, i), asker, us, &where))
        append_compact (endpoint_is_v4 (&where) ? v4 : v6, &where);
    }

  put_bytes (out, "peers", v4->data, v4->len);
  put_bytes (out, "peers6", v6->data, v6->len);
}

static void
put_peers_list (GByteArray            *out,
                const GPtrArray       *sample,
                const AnnounceRequest *request,
                const Endpoint        *asker,
                const Endpoint        *us)
{
  btfw_bencode_append_key (out, "peers");
  btfw_bencode_open_list (out);
  for (guint i = 0; i < sample->len; i++)
    {
      const Member *member = g_ptr_array_index (sample, i);
      Endpoint      where;

      if (locate (member, asker, us, &where))
        put_peer_dict (out, member, &where, request->without_peer_id);
    }
  btfw_bencode_close (out);
}

GBytes *
response_announce (Registry              *registry,
                   const AnnounceRequest *request,
                   const Endpoint        *asker,
                   const Endpoint        *us,
                   guint                  interval)
{
  gboolean              leaving = request->event == BTFW_ANNOUNCE_STOPPED;
  Counts                counts = registry_count (registry, request->info_hash);
  g_autoptr (GPtrArray) sample = registry_sample (registry, request->info_hash, asker, request->left == 0,
                                                  leaving ? 0 : request->num_want);
  gsize                 skip = endpoint_is_v4 (asker) ? 12 : 0;
  GByteArray           *out = g_byte_array_new ();

  btfw_bencode_open_dict (out);
  put_integer (out, "complete", counts.seeds);
  put_integer (out, "downloaded", counts.completed);
  put_bytes (out, "external ip", asker->ip + skip, sizeof asker->ip - skip);
  put_integer (out, "incomplete", counts.leechers);
  put_integer (out, "interval", interval);
  put_integer (out, "min interval", MIN (interval, MIN_INTERVAL_MAX));
  if (request->is_compact)
    put_peers_compact (out, sample, asker, us);
  else
    put_peers_list (out, sample, request, asker, us);
  btfw_bencode_close (out);
  return g_byte_array_free_to_bytes (out);
}

static int
compare_hashes (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, 20);
}

GBytes *
response_scrape (Registry *registry, const ScrapeRequest *request)
{
  ScrapeRequest sorted = *request;
  GByteArray   *out = g_byte_array_new ();

  qsort (sorted.hashes, sorted.n_hashes, sizeof sorted.hashes[0], compare_hashes);
  btfw_bencode_open_dict (out);
  btfw_bencode_append_key (out, "files");
  btfw_bencode_open_dict (out);
  for (guint i = 0; i < sorted.n_hashes; i++)
    {
      Counts counts = registry_count (registry, sorted.hashes[i]);

      /* A key may not come twice. */
      if (i > 0 && compare_hashes (sorted.hashes[i - 1], sorted.hashes[i]) == 0)
        continue;

      btfw_bencode_append_string (out, sorted.hashes[i], sizeof sorted.hashes[i]);
      btfw_bencode_open_dict (out);
      put_integer (out, "complete", counts.seeds);
      put_integer (out, "downloaded", counts.completed);
      put_integer (out, "incomplete", counts.leechers);
      btfw_bencode_close (out);
    }
  btfw_bencode_close (out);
  btfw_bencode_close (out);
  return g_byte_array_free_to_bytes (out);
}
