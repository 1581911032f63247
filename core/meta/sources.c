/* sources.c: where a torrent says that peers and bytes are: trackers, web seeds, DHT nodes. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "meta/sources.h"

#include <btfw/btfw-text.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#define URL_SIZE_MAX 4096
#define HOST_SIZE_MAX 255

/* How much of what is no URL a warning repeats, in bytes. */
#define URL_SHOWN_MAX 100

/* More than any torrent has need of; of trackers, web seeds and nodes each. */
#define SOURCES_MAX 1000u

/* URLs as they are collected, in order and each once. */
typedef struct
{
  GHashTable   *seen; /* owns the strings of this table only */
  BtfwWarnings *warnings;
  const char   *key; /* of the torrent, for warnings */
  guint         n_dropped;
} UrlCollector;

static gboolean
is_blank (char c)
{
  return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Bytes above ASCII are let through: some trackers have such names. */
static gboolean
has_unusable_characters (const char *text, gsize size)
{
  if (!g_utf8_validate (text, (gssize) size, NULL))
    return TRUE;

  for (const char *p = text; p < text + size; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (c <= ' ' || g_unichar_iscntrl (c) || g_unichar_isspace (c) ||
          g_unichar_type (c) == G_UNICODE_FORMAT)
        return TRUE;
    }

  return FALSE;
}

gboolean
btfw_sources_is_url (const char *text, gsize size)
{
  gsize scheme = 0;

  if (size > URL_SIZE_MAX)
    return FALSE;

  while (scheme < size && (g_ascii_isalnum (text[scheme]) || (scheme > 0 && strchr ("+-.", text[scheme]) != NULL && text[scheme] != '\0')))
    scheme++;

  return scheme > 0 && g_ascii_isalpha (text[0]) && size > scheme + 3 &&
         memcmp (text + scheme, "://", 3) == 0 && !has_unusable_characters (text, size);
}

static void
url_collector_init (UrlCollector *self, const char *key, BtfwWarnings *warnings)
{
  self->seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->warnings = warnings;
  self->key = key;
  self->n_dropped = 0;
}

static void
url_collector_clear (UrlCollector *self)
{
  if (self->n_dropped > 0)
    btfw_warnings_add (self->warnings, _("%s: only the first %u URLs are used, %u more are left out"),
                       self->key, SOURCES_MAX, self->n_dropped);
  g_hash_table_unref (self->seen);
}

static void
url_collector_warn (UrlCollector *self, const char *text, gsize size)
{
  g_autofree char *clean = NULL;
  g_autofree char *shown = NULL;

  if (!btfw_warnings_want (self->warnings))
    return;

  clean = btfw_text_clean (text, (gssize) MIN (size, URL_SHOWN_MAX));
  shown = btfw_text_redact_url (clean);
  btfw_warnings_add (self->warnings, _("%s: “%s” is not a URL and is left out"), self->key, shown);
}

/* Answers the URL, or NULL when it was there before or cannot be used. */
static char *
url_collector_take (UrlCollector *self, const char *text, gsize size)
{
  g_autofree char *url = NULL;

  while (size > 0 && is_blank (text[0]))
    text++, size--;
  while (size > 0 && is_blank (text[size - 1]))
    size--;
  if (size == 0)
    return NULL;

  if (!btfw_sources_is_url (text, size))
    {
      url_collector_warn (self, text, size);
      return NULL;
    }

  url = g_strndup (text, size);
  if (g_hash_table_contains (self->seen, url))
    return NULL;
  if (g_hash_table_size (self->seen) == SOURCES_MAX)
    {
      self->n_dropped++;
      return NULL;
    }

  g_hash_table_add (self->seen, g_strdup (url));
  return g_steal_pointer (&url);
}

/* Takes a text, or the texts of a list. */
static char **
url_collector_take_all (UrlCollector *self, const BtfwBencode *document, guint32 node)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  const char              *text;
  gsize                    size;
  guint32                  member = node;
  gboolean                 is_list;

  is_list = node != BTFW_BENCODE_NONE && btfw_bencode_get_type (document, node) == BTFW_BENCODE_LIST;
  if (is_list)
    member = btfw_bencode_first (document, node);

  while (member != BTFW_BENCODE_NONE)
    {
      if (btfw_bencode_get_string (document, member, &text, &size))
        {
          g_autofree char *url = url_collector_take (self, text, size);

          if (url != NULL)
            g_strv_builder_add (builder, url);
        }
      member = is_list ? btfw_bencode_next (document, node, member) : BTFW_BENCODE_NONE;
    }

  return g_strv_builder_end (builder);
}

static void
add_tier (GPtrArray *tiers, char **urls)
{
  if (*urls != NULL)
    g_ptr_array_add (tiers, urls);
  else
    g_strfreev (urls);
}

static GPtrArray *
new_tiers (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) g_strfreev);
}

GPtrArray *
btfw_sources_read_tiers (const BtfwBencode *document, guint32 torrent, BtfwWarnings *warnings)
{
  g_autoptr (GPtrArray) tiers = new_tiers ();
  UrlCollector          collector;
  guint32               list = btfw_bencode_lookup_type (document, torrent, "announce-list", BTFW_BENCODE_LIST);

  /* A tier of one URL is sometimes written without its list. */
  url_collector_init (&collector, "announce-list", warnings);
  for (guint32 tier = list == BTFW_BENCODE_NONE ? list : btfw_bencode_first (document, list);
       tier != BTFW_BENCODE_NONE;
       tier = btfw_bencode_next (document, list, tier))
    add_tier (tiers, url_collector_take_all (&collector, document, tier));

  /* A list that has any URL stands for "announce", too (BEP 12). */
  collector.key = "announce";
  if (tiers->len == 0)
    add_tier (tiers, url_collector_take_all (&collector, document, btfw_bencode_lookup (document, torrent, "announce")));

  url_collector_clear (&collector);
  return g_steal_pointer (&tiers);
}

GPtrArray *
btfw_sources_make_tiers (const char *const *urls, BtfwWarnings *warnings)
{
  g_autoptr (GPtrArray) tiers = new_tiers ();
  UrlCollector          collector;

  url_collector_init (&collector, "announce-list", warnings);
  for (; urls != NULL && *urls != NULL; urls++)
    {
      char *url = url_collector_take (&collector, *urls, strlen (*urls));

      if (url == NULL)
        continue;

      char **tier = g_new0 (char *, 2);
      tier[0] = url;
      g_ptr_array_add (tiers, tier);
    }

  url_collector_clear (&collector);
  return g_steal_pointer (&tiers);
}

char **
btfw_sources_read_web_seeds (const BtfwBencode *document, guint32 torrent, BtfwWarnings *warnings)
{
  UrlCollector collector;
  char       **seeds;

  url_collector_init (&collector, "url-list", warnings);
  seeds = url_collector_take_all (&collector, document, btfw_bencode_lookup (document, torrent, "url-list"));
  url_collector_clear (&collector);
  return seeds;
}

/* Reads [host, port]; NULL when it is anything else. */
static char *
read_node (const BtfwBencode *document, guint32 node)
{
  g_autofree char *name = NULL;
  const char      *host;
  gsize            size;
  guint32          first;
  gint64           port;

  if (btfw_bencode_get_type (document, node) != BTFW_BENCODE_LIST ||
      btfw_bencode_get_n_members (document, node) != 2)
    return NULL;

  first = btfw_bencode_first (document, node);
  if (!btfw_bencode_get_string (document, first, &host, &size) ||
      !btfw_bencode_get_integer (document, btfw_bencode_next (document, node, first), &port))
    return NULL;

  if (port < 1 || port > G_MAXUINT16 || size == 0 || size > HOST_SIZE_MAX ||
      has_unusable_characters (host, size) || memchr (host, '/', size) != NULL)
    return NULL;

  name = g_strndup (host, size);
  return g_strdup_printf (strchr (name, ':') != NULL ? "[%s]:%u" : "%s:%u", name, (guint) port);
}

char **
btfw_sources_read_nodes (const BtfwBencode *document, guint32 torrent, BtfwWarnings *warnings)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  guint32                  list = btfw_bencode_lookup_type (document, torrent, "nodes", BTFW_BENCODE_LIST);
  guint                    n_nodes = 0, n_dropped = 0;

  for (guint32 node = list == BTFW_BENCODE_NONE ? list : btfw_bencode_first (document, list);
       node != BTFW_BENCODE_NONE;
       node = btfw_bencode_next (document, list, node))
    {
      g_autofree char *name = n_nodes < SOURCES_MAX ? read_node (document, node) : NULL;

      if (name == NULL)
        {
          n_dropped++;
          continue;
        }

      g_strv_builder_add (builder, name);
      n_nodes++;
    }

  if (n_dropped > 0)
    btfw_warnings_add (warnings, _("nodes: %u that cannot be used are left out"), n_dropped);
  return g_strv_builder_end (builder);
}
