/* move.c: the storage in files, as an application would have it move a torrent.
 *
 *   fault-move TORRENT DIR STATE [TO]
 *
 * Opens the storage in DIR, which takes back what was moved by halves; with TO it then moves it there.
 * Ends with 0 when that is done. changes.py kills it meanwhile. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "disk/storage-context.h"

#include <btfw/btfw.h>
#include <btfw/btfw-plugin.h>
#include <btfw/btfw-storage.h>

#include <stdio.h>

GType btfw_plugin_storage_file_get_type (void);

static gboolean
move (BtfwStorage *storage, BtfwStorageContext *context, const char *to, GError **error)
{
  g_autoptr (BtfwStorageContext) there = btfw_storage_context_new_at (context, to);

  return btfw_storage_move (storage, there, NULL, NULL, NULL, error);
}

static gboolean
run (const char *torrent, const char *dir, const char *state, const char *to, GError **error)
{
  g_autoptr (BtfwMetainfo)       metainfo = btfw_metainfo_new_from_path (torrent, error);
  g_autoptr (GPtrArray)          stack = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (BtfwStorageContext) context = NULL;
  BtfwStorage                   *storage = g_object_new (btfw_plugin_storage_file_get_type (), NULL);
  gboolean                       done;

  g_ptr_array_add (stack, storage);
  if (metainfo == NULL)
    return FALSE;
  context = btfw_storage_context_new (btfw_metainfo_get_info_hash (metainfo), btfw_metainfo_get_layout (metainfo),
                                      stack, dir, state);
  if (!btfw_storage_open (storage, context, error))
    return FALSE;
  done = to == NULL || move (storage, context, to, error);
  btfw_storage_close (storage);
  return done;
}

int
main (int argc, char *argv[])
{
  g_autoptr (GError) error = NULL;

  if (argc < 4 || argc > 5)
    return 2;
  if (run (argv[1], argv[2], argv[3], argc == 5 ? argv[4] : NULL, &error))
    return 0;
  fprintf (stderr, "fault-move: %s\n", error->message);
  return 1;
}
