/* state.h: the state store: small files that survive kills and power cuts. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "disk/disk.h"

/* A folder of records, one a key. A record is written whole: to a temporary
 * file beside it, synced, the older generation kept, renamed, the folder
 * synced. A record that is damaged is set aside and the older generation used. One that
 * was not written for 400 days is removed when the store is opened. */
typedef struct _BtfwStateStore BtfwStateStore;

/* @path: made when missing, 0700. */
BtfwStateStore *btfw_state_store_new (const char *path, GError **error);
BtfwStateStore *btfw_state_store_ref (BtfwStateStore *self);
void            btfw_state_store_unref (BtfwStateStore *self);
const char     *btfw_state_store_get_path (BtfwStateStore *self);

/* These block: call them on a worker, at most one at a time for one key. @notice
 * gets a sentence for people when something was set aside. A missing record, also
 * one that was damaged in all generations, is BTFW_ERROR_NOT_FOUND. One of a newer
 * btfw is BTFW_ERROR_UNSUPPORTED, and stays as it is.
 * Without @sync, a write survives the end of the process, and a power cut costs no
 * more than going back to what was last synced. */
GBytes  *btfw_state_store_read (BtfwStateStore *self, const char *key, char **notice, GError **error);
gboolean btfw_state_store_write (BtfwStateStore *self, const char *key, GBytes *data, gboolean sync, GError **error);
gboolean btfw_state_store_remove (BtfwStateStore *self, const char *key, GError **error);

/* Gives a record another name, KEY.WHY-N, where nothing overwrites it: for one
 * that is whole but that its reader cannot use ("newer"). @notice says so. */
gboolean btfw_state_store_set_aside (BtfwStateStore *self, const char *key, const char *why, char **notice, GError **error);

/* A lock on a key, held by this process until it is freed or the process ends.
 * BTFW_ERROR_BUSY names the holder. */
typedef struct _BtfwStateLock BtfwStateLock;
BtfwStateLock *btfw_state_store_lock (BtfwStateStore *self, const char *key, GError **error);
void           btfw_state_lock_free (BtfwStateLock *self);
