/* query.c: the URLs under which a tracker is asked. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "query.h"

#include <string.h>

static const char *const event_names[] = {
  [BTFW_ANNOUNCE_NONE] = NULL,
  [BTFW_ANNOUNCE_STARTED] = "started",
  [BTFW_ANNOUNCE_COMPLETED] = "completed",
  [BTFW_ANNOUNCE_STOPPED] = "stopped",
};

static void
append_escaped (GString *url, const char *name, const guint8 *data, gsize size)
{
  static const char digits[] = "0123456789ABCDEF";

  g_string_append (url, name);
  for (gsize i = 0; i < size; i++)
    {
      if (g_ascii_isalnum (data[i]) || strchr ("-._~", data[i] != '\0' ? data[i] : '%') != NULL)
        g_string_append_c (url, (char) data[i]);
      else
        {
          g_string_append_c (url, '%');
          g_string_append_c (url, digits[data[i] >> 4]);
          g_string_append_c (url, digits[data[i] & 15]);
        }
    }
}

/* The URL up to where the next parameter goes: no fragment, and '?' or '&' at its end. */
static GString *
begin_query (const char *url)
{
  GString *query = g_string_new_len (url, (gssize) strcspn (url, "#"));

  if (strchr (query->str, '?') == NULL)
    g_string_append_c (query, '?');
  else if (query->str[query->len - 1] != '?' && query->str[query->len - 1] != '&')
    g_string_append_c (query, '&');

  return query;
}

char *
query_for_announce (BtfwAnnounce *announce)
{
  GString    *query = begin_query (btfw_announce_get_url (announce));
  const char *tracker_id = btfw_announce_get_tracker_id (announce);
  const char *event = event_names[btfw_announce_get_event (announce)];

  append_escaped (query, "info_hash=", btfw_announce_get_info_hash (announce), BTFW_INFO_HASH_V1_SIZE);
  append_escaped (query, "&peer_id=", btfw_announce_get_peer_id (announce), 20);
  g_string_append_printf (query, "&port=%u", btfw_announce_get_port (announce));
  g_string_append_printf (query, "&uploaded=%" G_GUINT64_FORMAT, btfw_announce_get_uploaded (announce));
  g_string_append_printf (query, "&downloaded=%" G_GUINT64_FORMAT, btfw_announce_get_downloaded (announce));
  g_string_append_printf (query, "&left=%" G_GUINT64_FORMAT, btfw_announce_get_left (announce));
  if (btfw_announce_get_num_want (announce) >= 0)
    g_string_append_printf (query, "&numwant=%d", btfw_announce_get_num_want (announce));
  g_string_append_printf (query, "&key=%08X", btfw_announce_get_key (announce));
  g_string_append (query, "&compact=1&no_peer_id=1");
  if (event != NULL)
    g_string_append_printf (query, "&event=%s", event);
  if (tracker_id != NULL)
    append_escaped (query, "&trackerid=", (const guint8 *) tracker_id, strlen (tracker_id));

  return g_string_free (query, FALSE);
}

/* Only the last element of the path may be exchanged, and only its beginning. */
static GString *
scrape_url (const char *announce_url)
{
  gsize       path_size = strcspn (announce_url, "?#");
  const char *slash = g_strrstr_len (announce_url, (gssize) path_size, "/");
  GString    *url;

  if (slash == NULL || !g_str_has_prefix (slash, "/announce"))
    return NULL;

  url = g_string_new_len (announce_url, slash + 1 - announce_url);
  g_string_append (url, "scrape");
  g_string_append (url, slash + strlen ("/announce"));
  return url;
}

char *
query_for_scrape (const char *announce_url, BtfwInfoHash *const *hashes, guint n_hashes)
{
  g_autoptr (GString) url = scrape_url (announce_url);
  GString            *query;

  if (url == NULL)
    return NULL;

  query = begin_query (url->str);
  for (guint i = 0; i < n_hashes; i++)
    append_escaped (query, i == 0 ? "info_hash=" : "&info_hash=",
                    btfw_info_hash_get_short (hashes[i]), BTFW_INFO_HASH_V1_SIZE);
  return g_string_free (query, FALSE);
}
