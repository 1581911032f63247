/* announce.h: what is asked of a tracker, and what it answered. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "net/address.h"

#include <btfw/btfw-tracker.h>

/* What trackers are told when they do not say how long to wait, in seconds. */
#define BTFW_ANNOUNCE_INTERVAL_DEFAULT 1800

/* How many peers of one reply are kept at all. */
#define BTFW_ANNOUNCE_PEERS_MAX 1000

/* The content of an announce; texts and bytes are copied. */
typedef struct
{
  const char       *url;
  const guint8     *info_hash; /* 20 bytes */
  const guint8     *peer_id;   /* 20 bytes */
  const char       *tracker_id; /* nullable */
  guint64           uploaded;
  guint64           downloaded;
  guint64           left;
  BtfwAnnounceEvent event;
  GSocketFamily     family;
  int               num_want;
  guint32           key;
  guint16           port;
} BtfwAnnounceValues;

BtfwAnnounce *btfw_announce_new (const BtfwAnnounceValues *values);

/* The peers of a reply, without those that nobody can connect to. Borrowed. */
const BtfwAddress *btfw_announce_reply_get_addresses (BtfwAnnounceReply *self, guint *n);

/* For tests of plugins. */
guint btfw_announce_get_n_refs (BtfwAnnounce *self);
