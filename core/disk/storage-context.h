/* storage-context.h: makes what storages know of their torrent. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-metainfo.h>
#include <btfw/btfw-storage.h>

/* @stack: instances of BtfwStorage, top first; the context is for the top.
 * @state_dir: (nullable) */
BtfwStorageContext *btfw_storage_context_new (BtfwInfoHash *info_hash,
                                              BtfwLayout   *layout,
                                              GPtrArray    *stack,
                                              const char   *dir,
                                              const char   *state_dir);
/* The same torrent with another save folder. */
BtfwStorageContext *btfw_storage_context_new_at (BtfwStorageContext *self, const char *dir);
const char         *btfw_storage_context_get_path (BtfwStorageContext *self);
/* For all contexts of the torrent, on every thread, from now on. */
void                btfw_storage_context_set_wanted (BtfwStorageContext *self, const guint8 *wanted, guint32 n_files);
/* Removes the state folders of all layers. Blocks. */
gboolean            btfw_storage_context_remove_state (BtfwStorageContext *self, GError **error);
