/* transfer.h: one run of the program with a session: from the sources that
 * were named to the exit code. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cli/progress.h"
#include "cli/setup.h"

/* How a torrent is to be added, for each one as it is opened; @metainfo is NULL
 * for a magnet link. NULL with @error set when it cannot be. */
typedef BtfwAddOptions *(*BtfwTransferOptionsFunc) (BtfwMetainfo *metainfo, gpointer user_data, GError **error);

/* What a magnet link stands for is known. FALSE with @error when that is of no use. */
typedef gboolean (*BtfwTransferMetainfoFunc) (BtfwTorrent *torrent, gpointer user_data, GError **error);

/* The session has @item, which runs. */
typedef void (*BtfwTransferItemFunc) (BtfwItem *item, gpointer user_data);

typedef struct
{
  BtfwProgressKind        progress;
  gboolean                verbose;
  gboolean                check;      /* only verify what is there */
  double                  seed_ratio; /* leave at it: 0 at once, INFINITY never; negative for the setting */
  guint64                 give_up;    /* seconds without anything new, or 0 */
  guint64                 wait;       /* seconds after which it ends well, however far it is, or 0 */
  const char             *on_complete;
  gboolean                metadata_only; /* of magnet links nothing else is wanted */
  BtfwTransferOptionsFunc make_options;
  BtfwTransferItemFunc    on_waited;  /* for each torrent, when it has waited; NULL for nothing to be done */
  BtfwTransferMetainfoFunc on_metainfo; /* NULL for nothing to be done */
  gpointer                make_options_data;
} BtfwTransferPlan;

typedef struct _BtfwTransfer BtfwTransfer;

/* Makes and starts the session. @plan and @setup must outlive it. */
BtfwTransfer *btfw_transfer_new (const BtfwTransferPlan *plan, const BtfwSetup *setup, GError **error);
void          btfw_transfer_free (BtfwTransfer *self);

BtfwSession  *btfw_transfer_get_session (BtfwTransfer *self);
BtfwProgress *btfw_transfer_get_progress (BtfwTransfer *self);
/* Used as soon as the program is asked to stop. */
GCancellable *btfw_transfer_get_cancellable (BtfwTransfer *self);

/* A file or a URL, as the user named it. */
void btfw_transfer_add_source (BtfwTransfer *self, const char *source);
void btfw_transfer_add_metainfo (BtfwTransfer *self, const char *source, BtfwMetainfo *metainfo);
/* What was to become a torrent did not; takes @error. */
void btfw_transfer_fail (BtfwTransfer *self, const char *source, GError *error);

/* Runs until all is done, or a signal came; stops the session in good order.
 * Returns the exit code. */
int btfw_transfer_run (BtfwTransfer *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwTransfer, btfw_transfer_free)
