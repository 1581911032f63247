/* selection.c: which files of a torrent are wanted (--files). */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/selection.h"

#include <fnmatch.h>
#include <glib/gi18n-lib.h>
#include <string.h>

/* What is being chosen from. Pad files have no number. */
typedef struct
{
  BtfwMetainfo *metainfo;
  BtfwLayout   *layout;
  guint32      *files; /* number - 1 -> index in the layout */
  guint32       n_files;
  gboolean     *chosen; /* by number - 1 */
} Selection;

static void
selection_clear (Selection *self)
{
  g_free (self->files);
  g_free (self->chosen);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Selection, selection_clear)

static void
selection_init (Selection *self, BtfwMetainfo *metainfo)
{
  BtfwLayout *layout = btfw_metainfo_get_layout (metainfo);
  guint32     n = btfw_layout_get_n_files (layout);

  self->metainfo = metainfo;
  self->layout = layout;
  self->files = g_new (guint32, n);
  self->chosen = g_new0 (gboolean, n);
  self->n_files = 0;
  for (guint32 i = 0; i < n; i++)
    if ((btfw_layout_get_file_flags (layout, i) & BTFW_FILE_PAD) == 0)
      self->files[self->n_files++] = i;
}

/* Reads "3", "3-5", "3-" (to the end) or "-5". FALSE for anything else, which
 * then is a pattern. */
static gboolean
parse_range (const char *text, guint32 n_files, guint64 *first, guint64 *last)
{
  const char *dash = strchr (text, '-');
  const char *end = text + strlen (text);
  const char *first_end = dash != NULL ? dash : end;

  if (*text == '\0' || strcmp (text, "-") == 0 || strspn (text, "0123456789-") != (gsize) (end - text) ||
      (dash != NULL && strchr (dash + 1, '-') != NULL))
    return FALSE;

  *first = first_end > text ? g_ascii_strtoull (text, NULL, 10) : 1;
  *last = *first;
  if (dash != NULL)
    *last = dash[1] != '\0' ? g_ascii_strtoull (dash + 1, NULL, 10) : n_files;
  return TRUE;
}

static gboolean
choose_range (Selection *self, const char *text, guint64 first, guint64 last, GError **error)
{
  if (first < 1 || last > self->n_files || first > last)
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND,
                   g_dngettext (GETTEXT_PACKAGE,
                                "--files: “%s” does not fit; “%s” has only file 1",
                                "--files: “%s” does not fit; “%s” has files 1 to %u", self->n_files),
                   text, btfw_metainfo_get_name (self->metainfo), self->n_files);
      return FALSE;
    }

  for (guint64 number = first; number <= last; number++)
    self->chosen[number - 1] = TRUE;
  return TRUE;
}

/* A pattern may leave out the folder that all files lie in, and folders as
 * such: "*.flac" is every such file. */
static gboolean
matches (Selection *self, const char *pattern, const char *path)
{
  const char *below_top = strchr (path, '/');
  const char *name = strrchr (path, '/');

  return fnmatch (pattern, path, 0) == 0 ||
         (btfw_metainfo_is_multi_file (self->metainfo) && below_top != NULL && fnmatch (pattern, below_top + 1, 0) == 0) ||
         (name != NULL && fnmatch (pattern, name + 1, 0) == 0);
}

static gboolean
choose_pattern (Selection *self, const char *pattern, GError **error)
{
  g_autofree char *shown = NULL;
  gboolean         found = FALSE;

  for (guint32 i = 0; i < self->n_files; i++)
    if (matches (self, pattern, btfw_layout_get_file_path (self->layout, self->files[i])))
      found = self->chosen[i] = TRUE;

  if (found)
    return TRUE;

  shown = btfw_text_clean (pattern, -1);
  g_set_error (error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND,
               _("--files: no file of “%s” is called “%s”; “btfw show” lists them"),
               btfw_metainfo_get_name (self->metainfo), shown);
  return FALSE;
}

static gboolean
choose (Selection *self, const char *list, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (list, ",", -1);

  for (char **part = parts; *part != NULL; part++)
    {
      guint64  first;
      guint64  last;
      gboolean is_range = parse_range (*part, self->n_files, &first, &last);

      if (is_range ? !choose_range (self, *part, first, last, error) : !choose_pattern (self, *part, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
choose_all (Selection *self, GPtrArray *lists, BtfwMetainfo *metainfo, GError **error)
{
  selection_init (self, metainfo);
  for (guint i = 0; i < lists->len; i++)
    if (!choose (self, g_ptr_array_index (lists, i), error))
      return FALSE;
  return TRUE;
}

gboolean
btfw_selection_apply_to_torrent (GPtrArray *lists, BtfwTorrent *torrent, GError **error)
{
  g_auto (Selection)  self = { 0 };
  g_autofree guint8  *priorities = NULL;
  guint32             n_files;

  if (!choose_all (&self, lists, btfw_torrent_get_metainfo (torrent), error))
    return FALSE;

  n_files = btfw_layout_get_n_files (self.layout);
  priorities = g_malloc0 (MAX (n_files, 1));
  for (guint32 i = 0; i < self.n_files; i++)
    priorities[self.files[i]] = self.chosen[i] ? BTFW_PRIORITY_NORMAL : BTFW_PRIORITY_SKIP;
  btfw_torrent_set_file_priorities (torrent, priorities, n_files);
  return TRUE;
}

gboolean
btfw_selection_apply (GPtrArray *lists, BtfwMetainfo *metainfo, BtfwAddOptions *options, GError **error)
{
  g_auto (Selection) self = { 0 };

  if (!choose_all (&self, lists, metainfo, error))
    return FALSE;
  for (guint32 i = 0; i < self.n_files; i++)
    if (!self.chosen[i])
      btfw_add_options_set_file_priority (options, self.files[i], BTFW_PRIORITY_SKIP);
  return TRUE;
}
