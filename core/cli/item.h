/* item.h: one torrent of a run, as the displays see it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw.h>

typedef struct _BtfwWhyNote BtfwWhyNote;

typedef enum
{
  BTFW_ITEM_OPENING, /* the .torrent file is fetched or read */
  BTFW_ITEM_RUNNING, /* the session has it */
  BTFW_ITEM_DONE,    /* as far as it was to go */
  BTFW_ITEM_FAILED,
} BtfwItemPhase;

typedef struct
{
  guint         number; /* from 1, in the order they were named */
  char         *source; /* as it was named, fit for a terminal */
  BtfwItemPhase phase;
  BtfwTorrent  *torrent;       /* NULL until the session has it */
  gboolean      is_complete;   /* all that is wanted is here */
  gboolean      was_missing;   /* something had to be downloaded in this run */
  int           last_state;    /* a BtfwTorrentState, or -1 */
  guint64       last_moved_sum;
  gint64        last_moved; /* monotonic; when bytes last came, went, or were checked */
  GError       *error;      /* why it failed */
  BtfwWhyNote  *note;       /* for “btfw why”; the transfer's; NULL for none */
} BtfwItem;

BtfwItem *btfw_item_new (guint number, const char *source);
void      btfw_item_free (BtfwItem *self);

/* Takes the newest snapshot into account. */
void btfw_item_update (BtfwItem *self, gint64 now);

/* NULL until the session has it. */
BtfwTorrentStatus *btfw_item_get_status (const BtfwItem *self);
/* Its name, or how it was named while that is unknown. */
const char        *btfw_item_get_name (const BtfwItem *self);
/* Where its file or its folder is. */
char              *btfw_item_dup_path (const BtfwItem *self);
/* Bytes that are wanted; of a magnet link at first those of its metadata, or 0. */
guint64            btfw_item_get_size (const BtfwItem *self);
/* From 0 to 1. */
double             btfw_item_get_fraction (const BtfwItem *self);
/* Uploaded for each byte that was downloaded; of the size when nothing was. */
double             btfw_item_get_ratio (const BtfwItem *self);
/* A sentence that people should see now: what is wrong with it, or why nothing
 * has moved for some time. NULL when all is well. */
const char        *btfw_item_get_trouble (const BtfwItem *self, gint64 now);

/* Why the program ends. */
typedef enum
{
  BTFW_ITEM_END_LEFT, /* all is done, or it gave up */
  BTFW_ITEM_END_CHECKED,
  BTFW_ITEM_END_INTERRUPTED,
} BtfwItemEnd;

/* What is left to say then, or NULL. @seed_ratio is the ratio that was asked
 * for: with 0 it is said how to stay. */
char *btfw_item_describe_end (const BtfwItem *self, BtfwItemEnd how, double seed_ratio);
