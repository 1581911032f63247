/* metainfo.c: what a .torrent file says. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "base/bencode.h"
#include "base/hash.h"
#include "meta/fields.h"
#include "meta/info.h"
#include "meta/metainfo.h"
#include "meta/ref-count.h"
#include "meta/sources.h"
#include "meta/torrent-file.h"

#include <btfw/btfw-metainfo.h>
#include <btfw/btfw-text.h>
#include <glib/gi18n-lib.h>

/* What peers give is no file that a person chose, so it gets less. */
#define TOKENS_FROM_PEERS_MAX 2500000

struct _BtfwMetainfo
{
  BtfwRefCount  ref_count;
  BtfwInfo      info;
  GBytes       *info_bytes;
  BtfwInfoHash *info_hash;
  char         *comment;
  char         *created_by;
  gint64        creation_date;
  GPtrArray    *tiers; /* of char ** */
  char        **web_seeds;
  char        **nodes;
  char        **warnings;
};

G_DEFINE_BOXED_TYPE (BtfwMetainfo, btfw_metainfo, btfw_metainfo_ref, btfw_metainfo_unref)

static void
btfw_metainfo_free (BtfwMetainfo *self)
{
  btfw_info_clear (&self->info);
  g_clear_pointer (&self->info_bytes, g_bytes_unref);
  g_clear_pointer (&self->info_hash, btfw_info_hash_unref);
  g_clear_pointer (&self->tiers, g_ptr_array_unref);
  g_free (self->comment);
  g_free (self->created_by);
  g_strfreev (self->web_seeds);
  g_strfreev (self->nodes);
  g_strfreev (self->warnings);
  g_free (self);
}

static BtfwInfoHash *
hash_info (const guint8 *data, gsize size, BtfwProtocol protocols)
{
  guint8 v1[BTFW_INFO_HASH_V1_SIZE];
  guint8 v2[BTFW_INFO_HASH_V2_SIZE];

  if (protocols & BTFW_PROTOCOL_V1)
    btfw_hash_once (BTFW_HASH_SHA1, data, size, v1);
  if (protocols & BTFW_PROTOCOL_V2)
    btfw_hash_once (BTFW_HASH_SHA256, data, size, v2);

  return btfw_info_hash_new (protocols & BTFW_PROTOCOL_V1 ? v1 : NULL,
                             protocols & BTFW_PROTOCOL_V2 ? v2 : NULL);
}

static gboolean
check_supported (const BtfwInfo *info, GError **error)
{
  if (info->protocols & BTFW_PROTOCOL_V1)
    return TRUE;

  return btfw_field_fail (error, BTFW_ERROR_UNSUPPORTED,
                          _("“%s” is a v2-only torrent, which btfw cannot download yet"), info->name);
}

/* @torrent: BTFW_BENCODE_NONE when the document is the info dictionary alone. */
static BtfwMetainfo *
read_info (GBytes            *bytes,
           const BtfwBencode *document,
           guint32            torrent,
           guint32            info_node,
           BtfwWarnings      *warnings,
           GError           **error)
{
  BtfwMetainfo *self;
  BtfwInfo      info;
  const guint8 *raw;
  gsize         size;

  if (!btfw_info_read (&info, document, torrent, info_node, warnings, error))
    return NULL;
  if (!check_supported (&info, error))
    {
      btfw_info_clear (&info);
      return NULL;
    }

  self = g_new0 (BtfwMetainfo, 1);
  btfw_ref_count_init (&self->ref_count);
  self->info = info;
  raw = btfw_bencode_get_raw (document, info_node, &size);
  self->info_bytes = g_bytes_new_from_bytes (bytes, (gsize) (raw - (const guint8 *) g_bytes_get_data (bytes, NULL)), size);
  self->info_hash = hash_info (raw, size, info.protocols);
  return self;
}

static char *
read_text (const BtfwBencode *document, guint32 torrent, const char *key, const char *utf8_key)
{
  const char *text;
  gsize       size;

  if (!btfw_bencode_lookup_string (document, torrent, utf8_key, &text, &size) &&
      !btfw_bencode_lookup_string (document, torrent, key, &text, &size))
    return NULL;

  return size > 0 ? btfw_text_clean (text, (gssize) size) : NULL;
}

static void
btfw_metainfo_read_rest (BtfwMetainfo *self, const BtfwBencode *document, guint32 torrent, BtfwWarnings *warnings)
{
  gint64 date;

  self->comment = read_text (document, torrent, "comment", "comment.utf-8");
  self->created_by = read_text (document, torrent, "created by", "created by.utf-8");
  if (btfw_bencode_lookup_integer (document, torrent, "creation date", &date) && date > 0)
    self->creation_date = date;
  self->tiers = btfw_sources_read_tiers (document, torrent, warnings);
  self->web_seeds = btfw_sources_read_web_seeds (document, torrent, warnings);
  self->nodes = btfw_sources_read_nodes (document, torrent, warnings);
}

static BtfwMetainfo *
read_torrent (GBytes *bytes, const BtfwBencode *document, BtfwWarnings *warnings, GError **error)
{
  BtfwMetainfo *self;
  guint32       info;

  if (btfw_bencode_get_type (document, 0) != BTFW_BENCODE_DICT)
    {
      btfw_field_fail (error, BTFW_ERROR_INVALID, _("this is not a torrent: it is not a dictionary"));
      return NULL;
    }

  info = btfw_field_require (document, 0, "info", BTFW_BENCODE_DICT, error);
  if (info == BTFW_BENCODE_NONE)
    return NULL;

  self = read_info (bytes, document, 0, info, warnings, error);
  if (self != NULL)
    btfw_metainfo_read_rest (self, document, 0, warnings);
  return self;
}

static BtfwBencode *
parse_document (GBytes *bytes, guint32 max_tokens, gsize *rest, GError **error)
{
  gsize         size;
  const guint8 *data = g_bytes_get_data (bytes, &size);
  BtfwBencode  *document;

  if (size > BTFW_TORRENT_FILE_SIZE_MAX)
    {
      btfw_field_fail (error, BTFW_ERROR_LIMIT, _("its %zu bytes are too many for a torrent (%u at most)"),
                       size, BTFW_TORRENT_FILE_SIZE_MAX);
      return NULL;
    }

  document = btfw_bencode_parse (data, size, max_tokens, rest, error);
  if (document == NULL)
    g_prefix_error (error, "%s", _("this is not a torrent: "));
  return document;
}

BtfwMetainfo *
btfw_metainfo_new_from_bytes (GBytes *bytes, GError **error)
{
  g_autoptr (BtfwBencode) document = NULL;
  BtfwMetainfo           *self;
  BtfwWarnings            warnings;
  gsize                   rest;

  g_return_val_if_fail (bytes != NULL, NULL);

  document = parse_document (bytes, BTFW_BENCODE_TOKENS_MAX, &rest, error);
  if (document == NULL)
    return NULL;

  btfw_warnings_init (&warnings);
  if (rest > 0)
    btfw_warnings_add (&warnings, _("the last %zu bytes do not belong to the torrent"), rest);

  self = read_torrent (bytes, document, &warnings, error);
  if (self != NULL)
    self->warnings = btfw_warnings_finish (&warnings);
  btfw_warnings_clear (&warnings);
  return self;
}

BtfwMetainfo *
btfw_metainfo_new_from_path (const char *path, GError **error)
{
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char   *shown = NULL;
  BtfwMetainfo      *self;

  g_return_val_if_fail (path != NULL, NULL);

  bytes = btfw_torrent_file_read (path, error);
  if (bytes == NULL)
    return NULL;

  self = btfw_metainfo_new_from_bytes (bytes, error);
  if (self == NULL)
    {
      shown = btfw_text_clean (path, -1);
      g_prefix_error (error, "“%s”: ", shown);
    }
  return self;
}

BtfwMetainfo *
btfw_metainfo_new_from_peers (GBytes            *info,
                              const char *const *trackers,
                              const char *const *web_seeds,
                              GError           **error)
{
  g_autoptr (BtfwBencode) document = NULL;
  BtfwMetainfo           *self = NULL;
  BtfwWarnings            warnings;

  g_return_val_if_fail (info != NULL, NULL);

  document = parse_document (info, TOKENS_FROM_PEERS_MAX, NULL, error);
  if (document == NULL)
    return NULL;
  if (btfw_bencode_get_type (document, 0) != BTFW_BENCODE_DICT)
    {
      btfw_field_fail (error, BTFW_ERROR_INVALID, _("info: this must be a dictionary"));
      return NULL;
    }

  btfw_warnings_init (&warnings);
  self = read_info (info, document, BTFW_BENCODE_NONE, 0, &warnings, error);
  if (self != NULL)
    {
      self->tiers = btfw_sources_make_tiers (trackers, &warnings);
      self->web_seeds = web_seeds == NULL ? g_new0 (char *, 1) : g_strdupv ((char **) web_seeds);
      self->nodes = g_new0 (char *, 1);
      self->warnings = btfw_warnings_finish (&warnings);
    }
  btfw_warnings_clear (&warnings);
  return self;
}

BtfwMetainfo *
btfw_metainfo_new_from_info (GBytes *info, const char *const *trackers, GError **error)
{
  return btfw_metainfo_new_from_peers (info, trackers, NULL, error);
}

BtfwMetainfo *
btfw_metainfo_ref (BtfwMetainfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  btfw_ref_count_inc (&self->ref_count);
  return self;
}

void
btfw_metainfo_unref (BtfwMetainfo *self)
{
  g_return_if_fail (self != NULL);

  if (btfw_ref_count_dec (&self->ref_count))
    btfw_metainfo_free (self);
}

const char *
btfw_metainfo_get_name (const BtfwMetainfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->info.name;
}

const char *
btfw_metainfo_get_comment (const BtfwMetainfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->comment;
}

const char *
btfw_metainfo_get_created_by (const BtfwMetainfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->created_by;
}

gint64
btfw_metainfo_get_creation_date (const BtfwMetainfo *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->creation_date;
}

gboolean
btfw_metainfo_is_private (const BtfwMetainfo *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->info.is_private;
}

gboolean
btfw_metainfo_is_multi_file (const BtfwMetainfo *self)
{
  g_return_val_if_fail (self != NULL, FALSE);

  return self->info.is_multi_file;
}

BtfwProtocol
btfw_metainfo_get_protocols (const BtfwMetainfo *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->info.protocols;
}

BtfwLayout *
btfw_metainfo_get_layout (const BtfwMetainfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->info.layout;
}

BtfwInfoHash *
btfw_metainfo_get_info_hash (const BtfwMetainfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->info_hash;
}

GBytes *
btfw_metainfo_get_info (const BtfwMetainfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->info_bytes;
}

const guint8 *
btfw_metainfo_get_piece_hash (const BtfwMetainfo *self, guint32 piece)
{
  g_return_val_if_fail (self != NULL && piece < btfw_layout_get_n_pieces (self->info.layout), NULL);

  if (self->info.piece_hashes == NULL)
    return NULL;

  return self->info.piece_hashes + (gsize) piece * BTFW_INFO_HASH_V1_SIZE;
}

guint
btfw_metainfo_get_n_tiers (const BtfwMetainfo *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->tiers->len;
}

const char *const *
btfw_metainfo_get_tier (const BtfwMetainfo *self, guint tier)
{
  g_return_val_if_fail (self != NULL && tier < self->tiers->len, NULL);

  return g_ptr_array_index (self->tiers, tier);
}

const char *const *
btfw_metainfo_get_web_seeds (const BtfwMetainfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return (const char *const *) self->web_seeds;
}

const char *const *
btfw_metainfo_get_nodes (const BtfwMetainfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return (const char *const *) self->nodes;
}

const char *const *
btfw_metainfo_get_warnings (const BtfwMetainfo *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return (const char *const *) self->warnings;
}
