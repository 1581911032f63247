/* check-report.c: which files a check found incomplete. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/check-report.h"

#include <glib/gi18n-lib.h>

#define FILES_MAX 20

typedef struct
{
  BtfwLayout   *layout;
  const guint8 *bits;
} Pieces;

/* How many of the file's pieces are not here. */
static guint32
count_missing (const Pieces *pieces, guint32 file, guint32 *n_pieces)
{
  guint32 first = 0;
  guint32 last = 0;
  guint32 missing = 0;

  *n_pieces = 0;
  if ((btfw_layout_get_file_flags (pieces->layout, file) & BTFW_FILE_PAD) != 0 ||
      !btfw_layout_get_file_pieces (pieces->layout, file, &first, &last))
    return 0;

  for (guint32 piece = first; piece <= last; piece++)
    missing += (pieces->bits[piece / 8] & (0x80 >> (piece % 8))) == 0;
  *n_pieces = last - first + 1;
  return missing;
}

static void
tell_file (BtfwProgress *progress, const char *path, guint32 missing, guint32 n_pieces)
{
  g_autofree char *line =
    g_strdup_printf (g_dngettext (GETTEXT_PACKAGE,
                                  "  %s: %u of %u piece is missing or wrong",
                                  "  %s: %u of %u pieces are missing or wrong", n_pieces),
                     path, missing, n_pieces);

  btfw_progress_result (progress, line);
}

static void
tell_files (BtfwProgress *progress, const Pieces *pieces)
{
  guint32 n_told = 0;
  guint32 n_others = 0;

  for (guint32 file = 0; file < btfw_layout_get_n_files (pieces->layout); file++)
    {
      guint32 n_pieces;
      guint32 missing = count_missing (pieces, file, &n_pieces);

      if (missing > 0 && n_told < FILES_MAX)
        {
          tell_file (progress, btfw_layout_get_file_path (pieces->layout, file), missing, n_pieces);
          n_told++;
        }
      else if (missing > 0)
        n_others++;
    }

  if (n_others > 0)
    {
      g_autofree char *line =
        g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "  and %u more file", "  and %u more files", n_others), n_others);

      btfw_progress_result (progress, line);
    }
}

void
btfw_check_report (BtfwProgress *progress, const BtfwItem *item)
{
  BtfwTorrentStatus *status = btfw_item_get_status (item);
  BtfwMetainfo      *metainfo = btfw_torrent_get_metainfo (item->torrent);
  GBytes            *bits = btfw_torrent_status_get_pieces (status);
  Pieces             pieces;
  gsize              size = 0;

  if (metainfo == NULL || bits == NULL ||
      btfw_torrent_status_get_wanted (status) < btfw_torrent_status_get_size (status))
    return;

  pieces.layout = btfw_metainfo_get_layout (metainfo);
  pieces.bits = g_bytes_get_data (bits, &size);
  if (size >= ((gsize) btfw_layout_get_n_pieces (pieces.layout) + 7) / 8)
    tell_files (progress, &pieces);
}
