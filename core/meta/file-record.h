/* file-record.h: what a torrent says of one file, in either of its lists. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "base/bencode.h"
#include "meta/names.h"

#include <btfw/btfw-layout.h>

#define BTFW_PIECES_ROOT_SIZE 32

/* Names and root point into the document. */
typedef struct
{
  BtfwName      elements[BTFW_PATH_DEPTH_MAX];
  guint         n_elements;
  guint64       length; /* 0 for a symbolic link, whatever it says */
  BtfwFileFlags flags;
  const guint8 *pieces_root; /* of v2 files that are not empty; else NULL */
} BtfwFileRecord;

/* What a reader of a list of files came to. */
typedef enum
{
  BTFW_FILE_READ,
  BTFW_FILE_END,
  BTFW_FILE_ERROR,
} BtfwFileResult;

/* Reads length and attributes (BEP 47) of @dict. */
gboolean btfw_file_record_read (BtfwFileRecord *self, const BtfwBencode *document, guint32 dict, GError **error);
