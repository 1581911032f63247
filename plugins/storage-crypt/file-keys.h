/* file-keys.h: the keys of files, from their headers, which are made where there are none. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "record.h"

#include <btfw/btfw-storage.h>

typedef struct
{
  BtfwStorage        *lower;   /* open, and borrowed */
  BtfwStorageContext *context; /* of the layer above it; borrowed */
  BtfwLayout         *below;   /* the layout of the lower one; borrowed */
  const char         *key_path;
  gboolean            may_make_key; /* when there is none, with the first byte that is written */
  BtfwCryptCipher     cipher;       /* of new files */
} BtfwFileKeysSetup;

typedef struct _BtfwFileKeys BtfwFileKeys;

/* Reads the key, and looks at what is there already: with another key it fails. */
BtfwFileKeys *btfw_file_keys_new (const BtfwFileKeysSetup *setup, GError **error);
void          btfw_file_keys_free (BtfwFileKeys *self);

/* BTFW_STORAGE_ERROR_GONE when nothing was ever written to the file. */
gboolean btfw_file_keys_find (BtfwFileKeys *self, guint32 file, BtfwFileKey *key, GError **error);
/* Writes the header when there is none yet. */
gboolean btfw_file_keys_need (BtfwFileKeys *self, guint32 file, BtfwFileKey *key, GError **error);
/* After a record did not fit: whether the file has another header by now. */
gboolean btfw_file_keys_have_changed (BtfwFileKeys *self, guint32 file);
void     btfw_file_keys_forget (BtfwFileKeys *self);
/* The same torrent in another folder. */
void     btfw_file_keys_set_context (BtfwFileKeys *self, BtfwStorageContext *context);
/* The file's path, for messages. */
char    *btfw_file_keys_make_path (BtfwFileKeys *self, guint32 file);
