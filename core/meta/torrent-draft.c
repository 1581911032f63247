/* torrent-draft.c: what a new torrent shall say, and how it is written. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "meta/torrent-draft.h"

#include "base/bencode.h"
#include "meta/fields.h"
#include "meta/layout.h"
#include "meta/names.h"
#include "meta/piece-hasher.h"
#include "meta/sources.h"
#include "meta/torrent-file.h"

#include <btfw/btfw-text.h>
#include <glib/gi18n-lib.h>
#include <string.h>

#define PIECE_SIZE_AT_LEAST (16u << 10)
#define PIECE_SIZE_CHOSEN_MAX (16u << 20)
#define PIECES_CHOSEN_MAX 2000u

/* The most hashes that leave room in 32 MiB for everything else. */
#define PIECES_THAT_FIT 1500000u

static void
free_tracker (gpointer data)
{
  BtfwDraftTracker *tracker = data;

  g_free (tracker->url);
  g_free (tracker);
}

void
btfw_torrent_draft_init (BtfwTorrentDraft *self)
{
  *self = (BtfwTorrentDraft){
    .trackers = g_ptr_array_new_with_free_func (free_tracker),
    .web_seeds = g_ptr_array_new_with_free_func (g_free),
  };
}

void
btfw_torrent_draft_copy (BtfwTorrentDraft *self, const BtfwTorrentDraft *other)
{
  btfw_torrent_draft_init (self);
  self->name = g_strdup (other->name);
  self->comment = g_strdup (other->comment);
  self->piece_size = other->piece_size;
  self->is_private = other->is_private;
  self->creation_date = other->creation_date;

  for (guint i = 0; i < other->trackers->len; i++)
    {
      const BtfwDraftTracker *tracker = g_ptr_array_index (other->trackers, i);

      btfw_torrent_draft_add_tracker (self, tracker->url, tracker->tier);
    }
  for (guint i = 0; i < other->web_seeds->len; i++)
    btfw_torrent_draft_add_web_seed (self, g_ptr_array_index (other->web_seeds, i));
}

void
btfw_torrent_draft_clear (BtfwTorrentDraft *self)
{
  g_clear_pointer (&self->name, g_free);
  g_clear_pointer (&self->comment, g_free);
  g_clear_pointer (&self->trackers, g_ptr_array_unref);
  g_clear_pointer (&self->web_seeds, g_ptr_array_unref);
}

void
btfw_torrent_draft_add_tracker (BtfwTorrentDraft *self, const char *url, guint tier)
{
  BtfwDraftTracker *added;
  guint             place = 0;

  for (guint i = 0; i < self->trackers->len; i++)
    {
      const BtfwDraftTracker *tracker = g_ptr_array_index (self->trackers, i);

      if (strcmp (tracker->url, url) == 0)
        return;
      if (tracker->tier <= tier)
        place = i + 1;
    }

  added = g_new (BtfwDraftTracker, 1);
  added->tier = tier;
  added->url = g_strdup (url);
  g_ptr_array_insert (self->trackers, (int) place, added);
}

void
btfw_torrent_draft_add_web_seed (BtfwTorrentDraft *self, const char *url)
{
  for (guint i = 0; i < self->web_seeds->len; i++)
    {
      if (strcmp (g_ptr_array_index (self->web_seeds, i), url) == 0)
        return;
    }

  g_ptr_array_add (self->web_seeds, g_strdup (url));
}

static const char *
btfw_torrent_draft_get_name (const BtfwTorrentDraft *self, const BtfwFileWalk *walk)
{
  return self->name != NULL ? self->name : walk->name;
}

static gboolean
check_url (const char *url, GError **error)
{
  g_autofree char *clean = NULL;
  g_autofree char *shown = NULL;

  if (btfw_sources_is_url (url, strlen (url)))
    return TRUE;

  clean = btfw_text_clean (url, -1);
  shown = btfw_text_redact_url (clean);
  return btfw_field_fail (error, BTFW_ERROR_INVALID, _("“%s” is not a URL"), shown);
}

static gboolean
check_urls (const BtfwTorrentDraft *self, GError **error)
{
  for (guint i = 0; i < self->trackers->len; i++)
    {
      if (!check_url (((const BtfwDraftTracker *) g_ptr_array_index (self->trackers, i))->url, error))
        return FALSE;
    }
  for (guint i = 0; i < self->web_seeds->len; i++)
    {
      if (!check_url (g_ptr_array_index (self->web_seeds, i), error))
        return FALSE;
    }

  return TRUE;
}

/* Splits a path at its '/'; answers how many elements there are. */
static guint
split_path (const char *path, BtfwName *elements)
{
  guint n = 0;

  for (;;)
    {
      const char *end = strchrnul (path, '/');

      elements[n++] = (BtfwName){ path, (gsize) (end - path) };
      if (*end == '\0')
        return n;
      path = end + 1;
    }
}

static gboolean
check_name (BtfwNames *taken, const BtfwName *elements, guint n_elements, GString *path, GError **error)
{
  g_autofree char *shown = NULL;

  if (!btfw_names_add (taken, elements, n_elements, path, error))
    return FALSE;
  if (btfw_names_match (elements, n_elements, path->str))
    return TRUE;

  shown = btfw_names_show (elements, n_elements);
  return btfw_field_fail (error, BTFW_ERROR_INVALID,
                          _("“%s” cannot have this name everywhere, it would be saved as “%s”; rename it first"),
                          shown, path->str);
}

/* Names that downloads would change, this computer could not share either: it
 * would look for the changed names. */
static gboolean
check_names (const BtfwTorrentDraft *self, const BtfwFileWalk *walk, GError **error)
{
  g_autoptr (BtfwNames) taken = btfw_names_new ();
  g_autoptr (GString)   path = g_string_new (NULL);
  BtfwName              elements[BTFW_PATH_DEPTH_MAX + 1];
  const char           *name = btfw_torrent_draft_get_name (self, walk);

  elements[0] = (BtfwName){ name, strlen (name) };
  if (walk->is_file)
    return check_name (taken, elements, 1, path, error);

  for (guint i = 0; i < walk->files->len; i++)
    {
      guint n = split_path (g_array_index (walk->files, BtfwWalkFile, i).path, elements + 1);

      if (!check_name (taken, elements, n + 1, path, error))
        return FALSE;
    }

  return TRUE;
}

gboolean
btfw_torrent_draft_check (const BtfwTorrentDraft *self, const BtfwFileWalk *walk, GError **error)
{
  g_autofree char *shown = btfw_text_clean (btfw_torrent_draft_get_name (self, walk), -1);

  if (walk->size == 0)
    return btfw_field_fail (error, BTFW_ERROR_INVALID, _("“%s” has no file with anything in it"), shown);

  return check_urls (self, error) && check_names (self, walk, error);
}

static guint32
choose_piece_size (guint64 size)
{
  guint32 piece_size = PIECE_SIZE_AT_LEAST;

  while ((size / piece_size >= PIECES_CHOSEN_MAX && piece_size < PIECE_SIZE_CHOSEN_MAX) ||
         (size / piece_size >= PIECES_THAT_FIT && piece_size < BTFW_PIECE_SIZE_MAX))
    piece_size *= 2;

  return piece_size;
}

guint32
btfw_torrent_draft_get_piece_size (const BtfwTorrentDraft *self, guint64 size, GError **error)
{
  guint32 piece_size = self->piece_size > 0 ? self->piece_size : choose_piece_size (size);
  guint64 n_pieces = btfw_count_pieces (size, piece_size);

  if (n_pieces <= BTFW_PIECES_MAX)
    return piece_size;

  btfw_field_fail (error, BTFW_ERROR_LIMIT,
                   _("%llu bytes in pieces of %u are %llu pieces (%u at most); choose larger ones"),
                   (unsigned long long) size, piece_size, (unsigned long long) n_pieces, BTFW_PIECES_MAX);
  return 0;
}

static void
put_key (GByteArray *out, const char *key)
{
  btfw_bencode_put_string (out, key, -1);
}

static void
put_text (GByteArray *out, const char *key, const char *text)
{
  put_key (out, key);
  btfw_bencode_put_string (out, text, -1);
}

static void
put_integer (GByteArray *out, const char *key, guint64 value)
{
  put_key (out, key);
  btfw_bencode_put_integer (out, (gint64) value);
}

static void
put_files (GByteArray *out, const BtfwFileWalk *walk)
{
  BtfwName elements[BTFW_PATH_DEPTH_MAX];

  put_key (out, "files");
  btfw_bencode_begin_list (out);
  for (guint i = 0; i < walk->files->len; i++)
    {
      const BtfwWalkFile *file = &g_array_index (walk->files, BtfwWalkFile, i);
      guint               n = split_path (file->path, elements);

      btfw_bencode_begin_dict (out);
      put_integer (out, "length", file->size);
      put_key (out, "path");
      btfw_bencode_begin_list (out);
      for (guint j = 0; j < n; j++)
        btfw_bencode_put_string (out, elements[j].bytes, (gssize) elements[j].size);
      btfw_bencode_end (out);
      btfw_bencode_end (out);
    }
  btfw_bencode_end (out);
}

static void
put_info (GByteArray             *out,
          const BtfwTorrentDraft *self,
          const BtfwFileWalk     *walk,
          const BtfwLayout       *layout,
          const guint8           *hashes)
{
  gsize hashes_size = (gsize) btfw_layout_get_n_pieces (layout) * BTFW_PIECE_HASH_SIZE;

  put_key (out, "info");
  btfw_bencode_begin_dict (out);
  if (walk->is_file)
    put_integer (out, "length", walk->size);
  else
    put_files (out, walk);
  put_text (out, "name", btfw_torrent_draft_get_name (self, walk));
  put_integer (out, "piece length", btfw_layout_get_piece_size (layout));
  put_key (out, "pieces");
  btfw_bencode_put_string (out, (const char *) hashes, (gssize) hashes_size);
  if (self->is_private)
    put_integer (out, "private", 1);
  btfw_bencode_end (out);
}

/* The list of tiers (BEP 12) is of use only beside a second tracker. */
static void
put_trackers (GByteArray *out, const BtfwTorrentDraft *self)
{
  const BtfwDraftTracker *previous = NULL;

  if (self->trackers->len == 0)
    return;

  put_text (out, "announce", ((const BtfwDraftTracker *) g_ptr_array_index (self->trackers, 0))->url);
  if (self->trackers->len == 1)
    return;

  put_key (out, "announce-list");
  btfw_bencode_begin_list (out);
  for (guint i = 0; i < self->trackers->len; i++)
    {
      const BtfwDraftTracker *tracker = g_ptr_array_index (self->trackers, i);
      gboolean                is_new_tier = previous == NULL || previous->tier != tracker->tier;

      if (is_new_tier && previous != NULL)
        btfw_bencode_end (out);
      if (is_new_tier)
        btfw_bencode_begin_list (out);
      btfw_bencode_put_string (out, tracker->url, -1);
      previous = tracker;
    }
  btfw_bencode_end (out);
  btfw_bencode_end (out);
}

static void
put_web_seeds (GByteArray *out, const BtfwTorrentDraft *self)
{
  if (self->web_seeds->len == 0)
    return;

  put_key (out, "url-list");
  btfw_bencode_begin_list (out);
  for (guint i = 0; i < self->web_seeds->len; i++)
    btfw_bencode_put_string (out, g_ptr_array_index (self->web_seeds, i), -1);
  btfw_bencode_end (out);
}

GBytes *
btfw_torrent_draft_write (const BtfwTorrentDraft *self,
                          const BtfwFileWalk     *walk,
                          const BtfwLayout       *layout,
                          const guint8           *hashes,
                          GError                **error)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();

  btfw_bencode_begin_dict (out);
  put_trackers (out, self);
  if (self->comment != NULL && *self->comment != '\0')
    put_text (out, "comment", self->comment);
  put_text (out, "created by", "btfw " BTFW_VERSION);
  if (self->creation_date > 0)
    put_integer (out, "creation date", (guint64) self->creation_date);
  put_info (out, self, walk, layout, hashes);
  put_web_seeds (out, self);
  btfw_bencode_end (out);

  if (out->len > BTFW_TORRENT_FILE_SIZE_MAX)
    {
      btfw_field_fail (error, BTFW_ERROR_LIMIT,
                       _("the torrent would have %u bytes (%u at most); choose larger pieces, or fewer files"),
                       out->len, BTFW_TORRENT_FILE_SIZE_MAX);
      return NULL;
    }

  return g_byte_array_free_to_bytes (g_steal_pointer (&out));
}
