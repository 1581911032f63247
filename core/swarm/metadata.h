/* metadata.h: the time in which a torrent is only known by a magnet link. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "swarm/peer.h"

typedef struct _BtfwMetadataRun BtfwMetadataRun;

typedef struct
{
  BtfwSwarm       *swarm;
  char            *key; /* of what is kept, once the torrent has another folder; NULL otherwise */
  BtfwMetadataRun *run; /* while a worker is busy for it; NULL otherwise */
  guint32          done; /* bytes that have come, and how many there are; for people */
  guint32          size;
} BtfwMetadata;

void     btfw_metadata_init (BtfwMetadata *self, BtfwSwarm *swarm);
void     btfw_metadata_clear (BtfwMetadata *self);
/* Takes the lock, and what an earlier run has kept, or else asks peers. */
void     btfw_metadata_begin (BtfwMetadata *self);
gboolean btfw_metadata_is_busy (const BtfwMetadata *self);
/* Has it looked at by a worker; FALSE when it is not wanted now. */
gboolean btfw_metadata_offer (BtfwMetadata *self, GBytes *offered);
void     btfw_metadata_set_progress (BtfwMetadata *self, guint32 done, guint32 size);
/* The name of the record in which it is kept. (transfer full) */
char    *btfw_metadata_make_key (const BtfwSwarm *swarm);
/* From now on the key does not follow the folder. */
void     btfw_metadata_fix_key (BtfwMetadata *self);

/* What peers say of their pieces before it is known how many there are is kept
 * until then. FALSE with @error ends the peer. */
gboolean btfw_metadata_keep_have (BtfwPeer *peer, guint32 piece, GError **error);
gboolean btfw_metadata_keep_bitfield (BtfwPeer *peer, BtfwReader *body, GError **error);
void     btfw_metadata_tell_kept (BtfwPeer *peer);
