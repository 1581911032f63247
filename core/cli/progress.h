/* progress.h: shows people or programs how a run goes. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cli/item.h"
#include "cli/options.h"

typedef enum
{
  BTFW_PROGRESS_AUTO, /* a bar on a terminal, else plain */
  BTFW_PROGRESS_BAR,
  BTFW_PROGRESS_PLAIN,
  BTFW_PROGRESS_JSON,
  BTFW_PROGRESS_NONE,
} BtfwProgressKind;

/* What can happen to an item. */
typedef enum
{
  BTFW_EVENT_ADDED,
  BTFW_EVENT_METADATA, /* what a magnet link stands for is known */
  BTFW_EVENT_STATE, /* it does something else than before; more than once */
  BTFW_EVENT_COMPLETE,
  BTFW_EVENT_FAILED,
  BTFW_EVENT_END, /* the program ends; the item has its last word */
} BtfwEvent;

typedef struct _BtfwProgress BtfwProgress;

/* One way to show it. Whatever is NULL is left out. */
typedef struct
{
  gsize  instance_size;
  gint64 period; /* µs between two updates */
  void (*start) (BtfwProgress *self);
  /* Something may have changed, and the period has passed. */
  void (*update) (BtfwProgress *self, gint64 now);
  void (*event) (BtfwProgress *self, BtfwItem *item, BtfwEvent event);
  /* @item is NULL for what concerns the whole program. */
  void (*notice) (BtfwProgress *self, BtfwItem *item, BtfwNoticeLevel level, const char *text);
  /* A line for people that is a result, not news. */
  void (*result) (BtfwProgress *self, const char *text);
  /* Where others can get the torrent that is shared: @url for programs, a line
   * for people. */
  void (*invite) (BtfwProgress *self, const char *url, const char *text);
  /* No update comes after it. */
  void (*stop) (BtfwProgress *self, int exit_code);
} BtfwProgressClass;

/* Begins the struct of every display. */
struct _BtfwProgress
{
  const BtfwProgressClass *class;
  GPtrArray               *items; /* of BtfwItem, borrowed */
  gint64                   last_update;
  guint                    timer;
};

extern const BtfwProgressClass btfw_progress_bar_class;
extern const BtfwProgressClass btfw_progress_plain_class;
extern const BtfwProgressClass btfw_progress_json_class;

/* For an option whose offset is that of a BtfwProgressKind. */
gboolean btfw_progress_take_kind (gpointer target, const BtfwOption *option, const char *value, GError **error);

BtfwProgress *btfw_progress_new (BtfwProgressKind kind, GPtrArray *items);
void          btfw_progress_free (BtfwProgress *self);

/* Tells of changes, as often as they come; they are shown once a period. */
void btfw_progress_update (BtfwProgress *self);
void btfw_progress_event (BtfwProgress *self, BtfwItem *item, BtfwEvent event);
void btfw_progress_notice (BtfwProgress *self, BtfwItem *item, BtfwNoticeLevel level, const char *text);
void btfw_progress_result (BtfwProgress *self, const char *text);
void btfw_progress_invite (BtfwProgress *self, const char *url, const char *text);
void btfw_progress_stop (BtfwProgress *self, int exit_code);

/* "downloading", …: for people, translated. */
const char *btfw_progress_describe_state (const BtfwItem *item);
/* "12 peers (3 seeds)" */
char       *btfw_progress_describe_peers (const BtfwItem *item);
/* "1 min 12 s", or NULL when it is unknown. */
char       *btfw_progress_describe_eta (const BtfwItem *item);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwProgress, btfw_progress_free)
