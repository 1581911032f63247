/* file-list.h: reads the files of a v1 torrent, one by one (BEP 3). */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "meta/file-record.h"

/* Stands before the next file of "files", or before the one file of a torrent
 * without that list. */
typedef struct
{
  const BtfwBencode *document;
  guint32            info;
  guint32            files; /* BTFW_BENCODE_NONE for a single file */
  guint32            next;  /* member of files, or info itself; BTFW_BENCODE_NONE at the end */
  guint32            index;
  BtfwName           name; /* of the torrent */
} BtfwFileList;

/* @name: what a single file is called. Checks that there is exactly one of
 * "length" and "files", with no more files than there may be. */
gboolean btfw_file_list_init (BtfwFileList      *self,
                              const BtfwBencode *document,
                              guint32            info,
                              BtfwName           name,
                              GError           **error);
/* Paths of a torrent with several files do not have its name in them. */
BtfwFileResult btfw_file_list_next (BtfwFileList *self, BtfwFileRecord *record, GError **error);
