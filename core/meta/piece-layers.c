/* piece-layers.c: the hashes of the pieces of v2 files, which stand outside of the info dictionary. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "meta/piece-layers.h"

#include "meta/fields.h"
#include "meta/file-tree.h"
#include "meta/layout.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define HASH_SIZE BTFW_PIECES_ROOT_SIZE

/* A layer that must be there. Files with the same bytes share one. */
typedef struct
{
  const guint8 *root;
  guint64       n_pieces;
  gboolean      is_found;
} Layer;

static int
compare_layers (gconstpointer a, gconstpointer b)
{
  return memcmp (((const Layer *) a)->root, ((const Layer *) b)->root, HASH_SIZE);
}

/* All files that need a layer, ordered by root. */
static GArray *
collect_layers (const BtfwBencode *document, guint32 tree_node, guint32 piece_size)
{
  GArray        *layers = g_array_new (FALSE, FALSE, sizeof (Layer));
  BtfwFileTree   tree;
  BtfwFileRecord file;

  btfw_file_tree_init (&tree, document, tree_node);
  while (btfw_file_tree_next (&tree, &file, NULL) == BTFW_FILE_READ)
    {
      Layer layer = { file.pieces_root, btfw_count_pieces (file.length, piece_size), FALSE };

      if (file.length > piece_size)
        g_array_append_val (layers, layer);
    }

  g_array_sort (layers, compare_layers);
  return layers;
}

/* The first of the layers with that root; others like it stand behind it. */
static guint
find_layer (GArray *layers, const guint8 *root)
{
  guint low = 0, high = layers->len;

  while (low < high)
    {
      guint middle = low + (high - low) / 2;

      if (memcmp (g_array_index (layers, Layer, middle).root, root, HASH_SIZE) < 0)
        low = middle + 1;
      else
        high = middle;
    }

  return low;
}

/* Compares one entry with all files that have its root. */
static gboolean
check_entry (const BtfwBencode *document, guint32 key, GArray *layers, GError **error)
{
  const char *root, *hashes;
  gsize       root_size, size;

  btfw_bencode_get_string (document, key, &root, &root_size);
  if (root_size != HASH_SIZE || !btfw_bencode_get_string (document, btfw_bencode_get_value (document, key), &hashes, &size))
    return btfw_field_fail (error, BTFW_ERROR_INVALID, _("piece layers: this must have texts under roots of %u bytes"), HASH_SIZE);

  for (guint i = find_layer (layers, (const guint8 *) root); i < layers->len; i++)
    {
      Layer *layer = &g_array_index (layers, Layer, i);

      if (memcmp (layer->root, root, HASH_SIZE) != 0)
        break;
      if (size != layer->n_pieces * HASH_SIZE)
        return btfw_field_fail (error, BTFW_ERROR_INVALID,
                                _("piece layers: a file of %llu pieces has %zu bytes of hashes instead of %llu"),
                                (unsigned long long) layer->n_pieces, size, (unsigned long long) layer->n_pieces * HASH_SIZE);
      layer->is_found = TRUE;
    }

  return TRUE;
}

static gboolean
check_all_found (GArray *layers, GError **error)
{
  guint n_missing = 0;

  for (guint i = 0; i < layers->len; i++)
    n_missing += !g_array_index (layers, Layer, i).is_found;

  if (n_missing > 0)
    return btfw_field_fail (error, BTFW_ERROR_INVALID,
                            _("piece layers: %u of %u files that are longer than a piece have none"), n_missing, layers->len);
  return TRUE;
}

gboolean
btfw_piece_layers_check (const BtfwBencode *document,
                         guint32            torrent,
                         guint32            info,
                         guint32            piece_size,
                         GError           **error)
{
  g_autoptr (GArray) layers = NULL;
  guint32            tree = btfw_bencode_lookup_type (document, info, "file tree", BTFW_BENCODE_DICT);
  guint32            dict;

  if (!btfw_field_find (document, torrent, "piece layers", BTFW_BENCODE_DICT, &dict, error))
    return FALSE;
  /* What came by a link never has them. Version 1 is whole without. */
  if (dict == BTFW_BENCODE_NONE && btfw_bencode_lookup_type (document, info, "pieces", BTFW_BENCODE_STRING) != BTFW_BENCODE_NONE)
    return TRUE;

  layers = collect_layers (document, tree, piece_size);
  for (guint32 key = dict == BTFW_BENCODE_NONE ? dict : btfw_bencode_first (document, dict);
       key != BTFW_BENCODE_NONE;
       key = btfw_bencode_next (document, dict, key))
    {
      if (!check_entry (document, key, layers, error))
        return FALSE;
    }

  return check_all_found (layers, error);
}
