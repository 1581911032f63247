/* root.h: the save folder, and whether it is still the one that it was. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-storage.h>

/* When a drive is taken away, what is left at its place is an empty folder: to
 * write there would be to begin again. So the folder is remembered by what it
 * is, and not by its path. One thread at a time. */
typedef struct
{
  BtfwStorageContext *context; /* the owner's */
  BtfwDir            *dir;     /* NULL while it was never there */
  dev_t               device;
  ino_t               inode;
  char               *witness; /* a file that was seen in it, and which one that was */
  ino_t               witness_inode;
  gint64              checked; /* ms */
  gboolean            created; /* by us, and not synced yet */
} BtfwRoot;

void btfw_root_clear (BtfwRoot *self);

/* (transfer none): With @create it is made if it was never there.
 * BTFW_STORAGE_ERROR_ABSENT when it was there, and is not now; GONE when it never
 * was. @changed (nullable) is set when it came back as another one: what is open
 * belongs to the one before. */
BtfwDir *btfw_root_get (BtfwRoot *self, gboolean create, gboolean *changed, GError **error);
/* The same, looked at anew, however short ago that was done. */
gboolean btfw_root_check_now (BtfwRoot *self, GError **error);
void     btfw_root_note_witness (BtfwRoot *self, const char *path, ino_t inode);

/* A clock for such things; in ms. */
gint64   btfw_root_get_time (void);
/* Whether what was seen at that time is still taken for true. */
gboolean btfw_root_is_fresh (gint64 checked, gint64 now);
/* For tests: for how many ms it is; 1000 otherwise. */
void     btfw_root_set_fresh_time (gint64 fresh_time);
