/* resources.h: what the torrents of a session share. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "base/rate.h"
#include "disk/buffers.h"
#include "disk/disk.h"
#include "disk/state.h"
#include "net/limiter.h"
#include "net/network.h"
#include "net/obfuscation.h"
#include "swarm/own-address.h"
#include "wire/handshake.h"
#include "wire/receiver.h"

#include <btfw/btfw-plugins.h>

typedef struct _BtfwTrackerPool  BtfwTrackerPool;
typedef struct _BtfwExtensionSet BtfwExtensionSet;
typedef struct _BtfwDiscoverySet BtfwDiscoverySet;

/* Settings of the session that bear on a swarm, in the units of their use. */
typedef struct
{
  guint   max_peers;         /* of a torrent */
  guint   peers_per_address; /* at most so many connections to one address */
  guint   upload_slots;      /* 0: as the upload limit suggests */
  guint64 max_upload;        /* bytes a second, 0 for no limit */
  BtfwEncryption encryption; /* of streams in both directions */
} BtfwSwarmLimits;

typedef struct _BtfwResources BtfwResources;

struct _BtfwResources
{
  BtfwLoop        *loop;
  BtfwDisk        *disk;
  BtfwBuffers     *buffers;
  BtfwNetwork     *network;
  BtfwPlugins     *plugins;
  BtfwTrackerPool *trackers;
  BtfwExtensionSet *extensions; /* NULL for none */
  BtfwDiscoverySet *discovery;  /* NULL for none */
  BtfwStateStore  *state;
  BtfwScratch     *scratch;
  BtfwPicks       *picks; /* of whichever picker is asked now */
  BtfwLimiter      download;
  BtfwLimiter      upload;
  BtfwSwarmLimits  limits;
  BtfwBucket       connects; /* new outgoing connections: so many tokens for an attempt: */
#define BTFW_CONNECT_TOKENS (BTFW_BUCKET_PACKET / 10) /* after a rest ten at once */
  BtfwBucket       first_connects; /* the very first of each torrent, so that a hundred can begin together */
#define BTFW_FIRST_CONNECT_TOKENS (BTFW_BUCKET_PACKET / 100)
  guint8           peer_id[BTFW_PEER_ID_SIZE];
  BtfwOwnAddress   own;
  guint32          next_peer; /* ids of peers, never 0 and never used twice */
  BtfwPieceJob    *free_jobs;
  GPtrArray       *swarms;
  guint            n_jobs;    /* pieces with workers, which give buffers back */
  gsize            backlog;   /* bytes that they have */
  GQueue           starving;  /* links of peers that wait for a buffer */
  BtfwIdle         relieve;   /* see btfw_resources_queue_relief() */

  /* How connections are made: by the network, unless somebody sets others, who
   * needs no network then. They keep to what network.h says of its own. */
  void (*connect) (BtfwResources *self, BtfwConnect *connect, guint timeout_ms);
  void (*cancel) (BtfwResources *self, BtfwConnect *connect);
};

/* Jobs are kept, as one is needed for each 256 KiB that come in. */
BtfwPieceJob *btfw_resources_take_job (BtfwResources *self);
void          btfw_resources_give_job (BtfwResources *self, BtfwPieceJob *job);
/* Peers wait for buffers. While workers are busy there will be some soon; once
 * they are not, whatever any torrent holds is written, also out of turn. */
void          btfw_resources_queue_relief (BtfwResources *self);
/* What workers have is as much as they need to be busy: what came on top of it
 * would only leave the processor's cache before they get to it. */
gboolean      btfw_resources_has_backlog (const BtfwResources *self);
/* Where peers can reach us; 0 when they cannot. */
guint16       btfw_resources_get_port (const BtfwResources *self);
/* How dear a connection with @peer is (BEP 40); 0 while our own address is not known. */
guint32       btfw_resources_get_priority (const BtfwResources *self, const BtfwAddress *peer);
/* There are buffers again: whoever waits for one reads on. For btfw_buffers_set_refill(). */
void          btfw_resources_feed (gpointer resources);
/* Sets up the parts that are of plain memory; the rest is the session's. */
void          btfw_resources_init (BtfwResources *self, BtfwLoop *loop);
void          btfw_resources_clear (BtfwResources *self);
