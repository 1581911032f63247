/* file-tree.h: reads the files of a v2 torrent, one by one (BEP 52). */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "meta/file-record.h"

/* Walks the tree without recursion. At each level it stands on a key: the name
 * of a folder that it is in, or of a file. */
typedef struct
{
  const BtfwBencode *document;
  guint32            dicts[BTFW_PATH_DEPTH_MAX];
  guint32            keys[BTFW_PATH_DEPTH_MAX];
  guint              depth; /* levels; 0 at the end */
  guint32            n_files;
} BtfwFileTree;

/* @tree: the dictionary "file tree". */
void           btfw_file_tree_init (BtfwFileTree *self, const BtfwBencode *document, guint32 tree);
BtfwFileResult btfw_file_tree_next (BtfwFileTree *self, BtfwFileRecord *record, GError **error);
