/* magnet.c: magnet links: parse and print. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "meta/magnet.h"

#include "base/bencode.h"
#include "base/hash.h"
#include "meta/metainfo.h"
#include "meta/ref-count.h"
#include "meta/sources.h"

#include <btfw/btfw-error.h>
#include <btfw/btfw-text.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#define SCHEME "magnet:"
#define V1_PREFIX "urn:btih:"
#define V2_PREFIX "urn:btmh:"
/* In front of a SHA-256 as a multihash: which hash it is, and its length. */
#define MULTIHASH_SHA256 "1220"

/* A link is longer than this only to keep us busy. */
#define LINK_SIZE_MAX (2u << 20)
#define TRACKERS_MAX 200u
#define WEB_SEEDS_MAX 100u
#define PEERS_MAX 100u
#define RANGES_MAX 1000u
#define NAME_SIZE_MAX 255u
#define HOST_SIZE_MAX 255u

typedef struct
{
  char   *host;
  guint16 port;
} NamedPeer;

typedef struct
{
  guint32 first;
  guint32 last;
} Range;

struct _BtfwMagnet
{
  BtfwRefCount  ref_count;
  BtfwInfoHash *info_hash;
  char         *name; /* nullable */
  GPtrArray    *trackers;  /* NULL at its end, as the next one */
  GPtrArray    *web_seeds;
  GArray       *peers;  /* of NamedPeer */
  GArray       *ranges; /* of Range; NULL when all files are wanted */
};

/* While it is parsed. */
typedef struct
{
  BtfwMagnet   *magnet;
  BtfwInfoHash *v1;
  BtfwInfoHash *v2;
  GError       *error; /* the first hash that is none */
} Parse;

G_DEFINE_BOXED_TYPE (BtfwMagnet, btfw_magnet, btfw_magnet_ref, btfw_magnet_unref)

static void
clear_peer (gpointer data)
{
  g_free (((NamedPeer *) data)->host);
}

static BtfwMagnet *
new_empty (void)
{
  BtfwMagnet *self = g_new0 (BtfwMagnet, 1);

  btfw_ref_count_init (&self->ref_count);
  self->trackers = g_ptr_array_new_null_terminated (0, g_free, TRUE);
  self->web_seeds = g_ptr_array_new_null_terminated (0, g_free, TRUE);
  self->peers = g_array_new (FALSE, FALSE, sizeof (NamedPeer));
  g_array_set_clear_func (self->peers, clear_peer);
  return self;
}

/* --- Values --- */

/* Escapes that make no sense stay as they are. Bytes of any kind come out. */
static GByteArray *
unescape (const char *text, gsize size, gboolean plus_is_blank)
{
  GByteArray *out = g_byte_array_new ();
  guint       n = 0;

  g_byte_array_set_size (out, (guint) size);
  for (gsize i = 0; i < size; i++)
    {
      guint8 byte = (guint8) text[i];

      if (byte == '%' && i + 2 < size && g_ascii_isxdigit (text[i + 1]) && g_ascii_isxdigit (text[i + 2]))
        {
          byte = (guint8) (g_ascii_xdigit_value (text[i + 1]) << 4 | g_ascii_xdigit_value (text[i + 2]));
          i += 2;
        }
      else if (byte == '+' && plus_is_blank)
        byte = ' ';
      out->data[n++] = byte;
    }
  g_byte_array_set_size (out, n);
  return out;
}

static void
take_hash (Parse *self, const char *text)
{
  g_autoptr (GError) error = NULL;
  g_autofree char   *shown = NULL;
  gsize              length = strlen (text);

  if (g_ascii_strncasecmp (text, V1_PREFIX, strlen (V1_PREFIX)) == 0)
    {
      text += strlen (V1_PREFIX);
      length -= strlen (V1_PREFIX);
      if (self->v1 == NULL && length <= 40)
        self->v1 = btfw_info_hash_parse (text, &error);
      if (self->v1 != NULL)
        return;
    }
  else if (g_ascii_strncasecmp (text, V2_PREFIX MULTIHASH_SHA256, strlen (V2_PREFIX MULTIHASH_SHA256)) == 0)
    {
      text += strlen (V2_PREFIX MULTIHASH_SHA256);
      length -= strlen (V2_PREFIX MULTIHASH_SHA256);
      if (self->v2 == NULL && length == 2 * BTFW_INFO_HASH_V2_SIZE)
        self->v2 = btfw_info_hash_parse (text, &error);
      if (self->v2 != NULL)
        return;
    }
  else if (g_ascii_strncasecmp (text, V2_PREFIX, strlen (V2_PREFIX)) != 0)
    return; /* a name in another network */

  if (self->error != NULL)
    return;
  shown = btfw_text_clean (text, (gssize) MIN (length, 100));
  g_set_error (&self->error, BTFW_ERROR, BTFW_ERROR_INVALID,
               _("the magnet link's hash “%s” is none: that is 40 hexadecimal digits, or 32 of base 32"), shown);
}

static void
take_url (GPtrArray *urls, guint max, const GByteArray *value)
{
  const char *text = (const char *) value->data;
  char       *url;

  if (urls->len >= max || !btfw_sources_is_url (text, value->len))
    return;
  url = g_strndup (text, value->len);
  if (g_ptr_array_find_with_equal_func (urls, url, g_str_equal, NULL))
    g_free (url);
  else
    g_ptr_array_add (urls, url);
}

/* A port, which must fill @text. */
static gboolean
read_port (const char *text, guint16 *port)
{
  guint64 number;

  if (!g_ascii_string_to_unsigned (text, 10, 1, G_MAXUINT16, &number, NULL))
    return FALSE;
  *port = (guint16) number;
  return TRUE;
}

/* "host:port", "1.2.3.4:port", "[address]:port". */
static void
take_peer (BtfwMagnet *self, const char *text)
{
  const char *colon = strrchr (text, ':');
  gboolean    brackets = text[0] == '[';
  NamedPeer   peer;
  gsize       size;

  if (colon == NULL || self->peers->len >= PEERS_MAX || !read_port (colon + 1, &peer.port))
    return;
  size = (gsize) (colon - text);
  if (brackets)
    {
      if (size < 3 || text[size - 1] != ']')
        return;
      text++;
      size -= 2;
    }
  if (size == 0 || size > HOST_SIZE_MAX || (!brackets && memchr (text, ':', size) != NULL))
    return;
  for (gsize i = 0; i < size; i++)
    if (!g_ascii_isgraph (text[i]) || strchr ("[]/@", text[i]) != NULL)
      return;

  peer.host = g_strndup (text, size);
  g_array_append_val (self->peers, peer);
}

static gboolean
read_index (const char *text, const char *end, guint32 *index)
{
  guint64 number = 0;

  if (text == end)
    return FALSE;
  for (; text < end; text++)
    {
      if (!g_ascii_isdigit (*text))
        return FALSE;
      number = number * 10 + (guint64) (*text - '0');
      if (number > G_MAXUINT32)
        return FALSE;
    }
  *index = (guint32) number;
  return TRUE;
}

/* "5" or "2-7". Ranges are kept as such: nobody counts to four thousand million. */
static void
take_range (GArray *ranges, const char *text, const char *end)
{
  const char *dash = memchr (text, '-', (gsize) (end - text));
  Range       range;

  if (!read_index (text, dash == NULL ? end : dash, &range.first))
    return;
  range.last = range.first;
  if (dash != NULL && !read_index (dash + 1, end, &range.last))
    return;
  if (range.last >= range.first && ranges->len < RANGES_MAX)
    g_array_append_val (ranges, range);
}

static void
take_selection (BtfwMagnet *self, const char *text)
{
  GArray *ranges = self->ranges == NULL ? g_array_new (FALSE, FALSE, sizeof (Range)) : self->ranges;

  while (*text != '\0')
    {
      const char *end = strchrnul (text, ',');

      take_range (ranges, text, end);
      text = *end == ',' ? end + 1 : end;
    }
  /* One that chooses nothing at all was not meant so. */
  if (ranges->len == 0)
    g_clear_pointer (&ranges, g_array_unref);
  self->ranges = ranges;
}

/* --- Parameters --- */

/* "tr", "tr.1", "tr.2" are the same. */
static gboolean
is_key (const char *text, gsize size, const char *key)
{
  gsize length = strlen (key);

  if (size < length || memcmp (text, key, length) != 0)
    return FALSE;
  if (size == length)
    return TRUE;
  if (text[length] != '.' || size == length + 1)
    return FALSE;
  for (gsize i = length + 1; i < size; i++)
    if (!g_ascii_isdigit (text[i]))
      return FALSE;
  return TRUE;
}

static void
take_name (BtfwMagnet *self, const char *value, gsize size)
{
  g_autoptr (GByteArray) bytes = unescape (value, MIN (size, 3 * NAME_SIZE_MAX), TRUE);

  if (self->name == NULL && bytes->len > 0)
    self->name = btfw_text_clean ((const char *) bytes->data, (gssize) MIN (bytes->len, NAME_SIZE_MAX));
}

static gboolean
is_of_use (const char *key, gsize size)
{
  static const char *const keys[] = { "xt", "tr", "ws", "x.pe", "so" };

  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (is_key (key, size, keys[i]))
      return TRUE;
  return FALSE;
}

static void
take_parameter (Parse *self, const char *key, gsize key_size, const char *value, gsize size)
{
  BtfwMagnet            *magnet = self->magnet;
  g_autoptr (GByteArray) bytes = NULL;
  g_autofree char       *text = NULL;

  if (key_size == 0 || strchr ("dtwxs", key[0]) == NULL)
    return;
  if (is_key (key, key_size, "dn"))
    {
      take_name (magnet, value, size);
      return;
    }
  /* No value that is of use is longer. */
  if (size > 16384 || !is_of_use (key, key_size))
    return;
  bytes = unescape (value, size, FALSE);
  /* Nor is one that is empty, or has a NUL inside. */
  if (bytes->len == 0 || memchr (bytes->data, '\0', bytes->len) != NULL)
    return;
  text = g_strndup ((const char *) bytes->data, bytes->len);

  if (is_key (key, key_size, "xt"))
    take_hash (self, text);
  else if (is_key (key, key_size, "tr"))
    take_url (magnet->trackers, TRACKERS_MAX, bytes);
  else if (is_key (key, key_size, "ws"))
    take_url (magnet->web_seeds, WEB_SEEDS_MAX, bytes);
  else if (is_key (key, key_size, "x.pe"))
    take_peer (magnet, text);
  else if (is_key (key, key_size, "so"))
    take_selection (magnet, text);
}

static void
take_parameters (Parse *self, const char *text, const char *end)
{
  while (text < end)
    {
      gsize       left = (gsize) (end - text);
      const char *next = memchr (text, '&', left);
      const char *stop = next == NULL ? end : next;
      const char *equals = memchr (text, '=', (gsize) (stop - text));

      if (equals != NULL)
        take_parameter (self, text, (gsize) (equals - text), equals + 1, (gsize) (stop - equals - 1));
      text = next == NULL ? end : next + 1;
    }
}

gboolean
btfw_magnet_is_link (const char *text)
{
  g_return_val_if_fail (text != NULL, FALSE);

  return g_ascii_strncasecmp (text, SCHEME, strlen (SCHEME)) == 0;
}

static gboolean
finish_parse (Parse *self, GError **error)
{
  if (self->error != NULL && self->v1 == NULL)
    {
      g_propagate_error (error, g_steal_pointer (&self->error));
      return FALSE;
    }
  if (self->v1 == NULL && self->v2 == NULL)
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID,
                   _("the magnet link does not name a torrent: it has no “xt=urn:btih:” with a hash"));
      return FALSE;
    }
  self->magnet->info_hash = btfw_info_hash_new (self->v1 == NULL ? NULL : btfw_info_hash_get_v1 (self->v1),
                                                self->v2 == NULL ? NULL : btfw_info_hash_get_v2 (self->v2));
  return TRUE;
}

BtfwMagnet *
btfw_magnet_parse (const char *link, GError **error)
{
  g_autoptr (BtfwMagnet) magnet = NULL;
  Parse       parse = { 0 };
  gsize       size;
  const char *end;
  gboolean    ok;

  g_return_val_if_fail (link != NULL, NULL);

  size = strnlen (link, LINK_SIZE_MAX + 1);
  if (!btfw_magnet_is_link (link) || size > LINK_SIZE_MAX)
    {
      g_set_error (error, BTFW_ERROR, size > LINK_SIZE_MAX ? BTFW_ERROR_LIMIT : BTFW_ERROR_INVALID,
                   size > LINK_SIZE_MAX ? _("the magnet link is longer than 2 MiB") : _("this is not a magnet link"));
      return NULL;
    }

  magnet = parse.magnet = new_empty ();
  link += strlen (SCHEME);
  if (*link == '?')
    link++;
  end = link + strcspn (link, "#");
  take_parameters (&parse, link, end);
  ok = finish_parse (&parse, error);
  g_clear_pointer (&parse.v1, btfw_info_hash_unref);
  g_clear_pointer (&parse.v2, btfw_info_hash_unref);
  g_clear_error (&parse.error);
  return ok ? g_steal_pointer (&magnet) : NULL;
}

BtfwMagnet *
btfw_magnet_new_for_metainfo (BtfwMetainfo *metainfo)
{
  BtfwMagnet        *self;
  const char *const *urls;

  g_return_val_if_fail (metainfo != NULL, NULL);

  self = new_empty ();
  self->info_hash = btfw_info_hash_ref (btfw_metainfo_get_info_hash (metainfo));
  self->name = g_strdup (btfw_metainfo_get_name (metainfo));
  for (guint i = 0; i < btfw_metainfo_get_n_tiers (metainfo); i++)
    {
      urls = btfw_metainfo_get_tier (metainfo, i);
      for (guint k = 0; urls[k] != NULL && self->trackers->len < TRACKERS_MAX; k++)
        g_ptr_array_add (self->trackers, g_strdup (urls[k]));
    }
  urls = btfw_metainfo_get_web_seeds (metainfo);
  for (guint i = 0; urls[i] != NULL && i < WEB_SEEDS_MAX; i++)
    g_ptr_array_add (self->web_seeds, g_strdup (urls[i]));
  return self;
}

BtfwMagnet *
btfw_magnet_ref (BtfwMagnet *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  btfw_ref_count_inc (&self->ref_count);
  return self;
}

void
btfw_magnet_unref (BtfwMagnet *self)
{
  g_return_if_fail (self != NULL);

  if (!btfw_ref_count_dec (&self->ref_count))
    return;
  g_clear_pointer (&self->info_hash, btfw_info_hash_unref);
  g_clear_pointer (&self->ranges, g_array_unref);
  g_ptr_array_unref (self->trackers);
  g_ptr_array_unref (self->web_seeds);
  g_array_unref (self->peers);
  g_free (self->name);
  g_free (self);
}

/* --- What it says --- */

BtfwInfoHash *
btfw_magnet_get_info_hash (const BtfwMagnet *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->info_hash;
}

const char *
btfw_magnet_get_name (const BtfwMagnet *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->name;
}

/* An array that never had a member has no end, either. */
static const char *const *
get_strings (const GPtrArray *strings)
{
  static const char *const none[] = { NULL };

  return strings->len == 0 ? none : (const char *const *) strings->pdata;
}

const char *const *
btfw_magnet_get_trackers (const BtfwMagnet *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return get_strings (self->trackers);
}

const char *const *
btfw_magnet_get_web_seeds (const BtfwMagnet *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return get_strings (self->web_seeds);
}

guint
btfw_magnet_get_n_peers (const BtfwMagnet *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->peers->len;
}

const char *
btfw_magnet_get_peer (const BtfwMagnet *self, guint i, guint16 *port)
{
  const NamedPeer *peer;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (i < self->peers->len, NULL);

  peer = &g_array_index (self->peers, NamedPeer, i);
  if (port != NULL)
    *port = peer->port;
  return peer->host;
}

gboolean
btfw_magnet_has_selection (const BtfwMagnet *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->ranges != NULL;
}

gboolean
btfw_magnet_selects (const BtfwMagnet *self, guint32 file)
{
  g_return_val_if_fail (self != NULL, FALSE);

  if (self->ranges == NULL)
    return TRUE;
  for (guint i = 0; i < self->ranges->len; i++)
    {
      const Range *range = &g_array_index (self->ranges, Range, i);

      if (file >= range->first && file <= range->last)
        return TRUE;
    }
  return FALSE;
}

/* --- Printing --- */

static void
append_hashes (const BtfwMagnet *self, GString *link)
{
  const guint8    *v1 = btfw_info_hash_get_v1 (self->info_hash);
  const guint8    *v2 = btfw_info_hash_get_v2 (self->info_hash);
  const char      *separator = "?";

  if (v1 != NULL)
    {
      g_autofree char *hex = btfw_info_hash_to_string (self->info_hash);

      g_string_append_printf (link, "%sxt=" V1_PREFIX "%s", separator, hex);
      separator = "&";
    }
  if (v2 != NULL)
    {
      g_string_append_printf (link, "%sxt=" V2_PREFIX MULTIHASH_SHA256, separator);
      for (guint i = 0; i < BTFW_INFO_HASH_V2_SIZE; i++)
        g_string_append_printf (link, "%02x", v2[i]);
    }
}

/* Slashes, colons and the like have no meaning of their own in a value, and stay readable. */
static void
append_value (GString *link, const char *key, const char *value)
{
  g_string_append_printf (link, "&%s=", key);
  g_string_append_uri_escaped (link, value, NULL, FALSE);
}

static void
append_selection (const BtfwMagnet *self, GString *link)
{
  for (guint i = 0; self->ranges != NULL && i < self->ranges->len; i++)
    {
      const Range *range = &g_array_index (self->ranges, Range, i);

      g_string_append_printf (link, "%s%u", i == 0 ? "&so=" : ",", range->first);
      if (range->last > range->first)
        g_string_append_printf (link, "-%u", range->last);
    }
}

char *
btfw_magnet_to_string (const BtfwMagnet *self)
{
  GString *link;

  g_return_val_if_fail (self != NULL, NULL);

  link = g_string_new (SCHEME);
  append_hashes (self, link);
  if (self->name != NULL)
    append_value (link, "dn", self->name);
  for (guint i = 0; i < self->trackers->len; i++)
    append_value (link, "tr", g_ptr_array_index (self->trackers, i));
  for (guint i = 0; i < self->web_seeds->len; i++)
    append_value (link, "ws", g_ptr_array_index (self->web_seeds, i));
  append_selection (self, link);
  for (guint i = 0; i < self->peers->len; i++)
    {
      const NamedPeer *peer = &g_array_index (self->peers, NamedPeer, i);
      gboolean         brackets = strchr (peer->host, ':') != NULL;

      g_string_append_printf (link, "&x.pe=%s%s%s:%u", brackets ? "[" : "", peer->host, brackets ? "]" : "", peer->port);
    }
  return g_string_free (link, FALSE);
}

/* --- From a link to a torrent --- */

gboolean
btfw_magnet_fits (const BtfwMagnet *self, GBytes *info)
{
  const guint8 *v1 = btfw_info_hash_get_v1 (self->info_hash);
  const guint8 *v2 = btfw_info_hash_get_v2 (self->info_hash);
  guint8        hash[BTFW_INFO_HASH_V2_SIZE];
  gsize         size;
  const guint8 *data = g_bytes_get_data (info, &size);

  if (v1 != NULL)
    {
      btfw_hash_once (BTFW_HASH_SHA1, data, size, hash);
      if (memcmp (hash, v1, BTFW_INFO_HASH_V1_SIZE) != 0)
        return FALSE;
    }
  if (v2 != NULL)
    {
      btfw_hash_once (BTFW_HASH_SHA256, data, size, hash);
      if (memcmp (hash, v2, BTFW_INFO_HASH_V2_SIZE) != 0)
        return FALSE;
    }
  return TRUE;
}

BtfwMetainfo *
btfw_magnet_complete (const BtfwMagnet *self, GBytes *info, GError **error)
{
  /* The hash first: nothing else of a liar's bytes is looked at. */
  if (g_bytes_get_size (info) > BTFW_METADATA_SIZE_MAX || !btfw_magnet_fits (self, info))
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID, _("the metadata does not fit the info-hash"));
      return NULL;
    }
  return btfw_metainfo_new_from_peers (info, btfw_magnet_get_trackers (self), btfw_magnet_get_web_seeds (self), error);
}

BtfwMetainfo *
btfw_magnet_complete_from_torrent (const BtfwMagnet *self, GBytes *torrent, GError **error)
{
  gsize                   size;
  const guint8           *data = g_bytes_get_data (torrent, &size);
  g_autoptr (BtfwBencode) document = btfw_bencode_parse (data, size, BTFW_BENCODE_TOKENS_MAX, NULL, error);
  g_autoptr (GBytes)      info = NULL;
  const guint8           *raw;
  guint32                 node;

  if (document == NULL)
    return NULL;
  node = btfw_bencode_get_type (document, 0) != BTFW_BENCODE_DICT ? BTFW_BENCODE_NONE : btfw_bencode_lookup (document, 0, "info");
  raw = btfw_bencode_get_raw (document, node, &size);
  info = g_bytes_new (raw, size);
  return btfw_magnet_complete (self, info, error);
}
