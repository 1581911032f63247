/* directory.h: whom a torrent is connected with, and who was told of whom. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "message.h"

/* More addresses than a torrent usually has peers, with those that went lately. */
#define DIRECTORY_SLOTS 512u

/* What one peer was told: a bit for each slot. */
typedef struct
{
  guint64 slots[DIRECTORY_SLOTS / 64];
} DirectoryTold;

typedef struct
{
  PexAddress address;
  gboolean   is_used;
  gboolean   is_here; /* connected, as of the last update */
  gboolean   is_local;
  guint      last_update; /* in which it was last here */
} DirectorySlot;

typedef struct
{
  DirectorySlot slots[DIRECTORY_SLOTS];
  GHashTable   *by_address; /* PexAddress in its slot → the slot */
  guint         n_updates;
} Directory;

Directory *directory_new (void);
void       directory_free (Directory *self);

/* Begins an update; then each connected peer is named; then it ends. A slot that
 * somebody else gets is cleared from what @told (of DirectoryTold *) have. */
void directory_begin_update (Directory *self);
void directory_name (Directory *self, const PexAddress *address, gboolean is_local, GPtrArray *told);

/* What is new since @told, and what is gone, but not @own, and local ones only for
 * @for_local; marks it as told. */
void directory_collect (Directory *self, DirectoryTold *told, const PexAddress *own, gboolean for_local, GArray *added, GArray *dropped);
