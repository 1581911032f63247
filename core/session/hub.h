/* hub.h: between the engine's thread and the sessions that speak with it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "session/engine.h"

/* The engine, its thread, and its clients: the session object that began it,
 * and those that services were given. Whatever crosses is a message: calls go
 * to the loop's queue, everything else to the client's inbox. */
typedef struct _BtfwHub         BtfwHub;
typedef struct _BtfwClient      BtfwClient;
typedef struct _BtfwClientClass BtfwClientClass;

/* A session as the hub knows it; embedded in it. */
struct _BtfwClient
{
  BtfwHub               *hub;
  BtfwQueue             *inbox;
  const BtfwClientClass *klass; /* set when it joins; messages may come in after the hub has gone */
};

/* A call: run() on the loop's thread, then reply() in the client's context,
 * which frees it. What run() takes longer for, it answers later with btfw_hub_reply(). */
typedef struct _BtfwCall BtfwCall;
struct _BtfwCall
{
  BtfwMessage     message; /* first */
  BtfwClient     *client;
  BtfwHub        *hub; /* NULL for what still runs when it is gone */
  void (*run) (BtfwCall *call);
  void (*reply) (BtfwCall *call); /* NULL: nobody waits for it */
  GTask          *task;   /* touched in the client's context only */
  guint32         torrent;
  BtfwMetainfo   *metainfo;
  BtfwMagnet     *magnet;
  BtfwAddOptions *options;
  BtfwConfig     *config;
  GCancellable   *cancellable; /* the call's own */
  GCancellable   *caller;      /* that it follows */
  gulong          caller_id;
  char           *text;
  guint64         numbers[2];
  guint           n_left; /* of what run() waits for */
  guint8          hash[20];
  GBytes         *bytes;  /* results, from here on */
  GVariant       *variant;
  GPtrArray      *list;
  GError         *error;
};

BtfwCall *btfw_call_new (BtfwClient *client, void (*run) (BtfwCall *call), void (*reply) (BtfwCall *call));
void      btfw_call_free (BtfwCall *self);
/* For what takes its time: it can be ended by the caller, and by the end of the session. */
void      btfw_call_make_cancellable (BtfwCall *self, GCancellable *caller);
/* From the client's context. */
void      btfw_hub_call (BtfwHub *self, BtfwCall *call);
/* On the loop's thread. */
void      btfw_hub_reply (BtfwCall *call);

/* What a client gets in its inbox about torrents. */
typedef struct _BtfwTorrentLink BtfwTorrentLink;

typedef enum
{
  BTFW_EVENT_ADDED,
  BTFW_EVENT_NAMED, /* its metainfo is known now */
  BTFW_EVENT_MOVED, /* to another folder */
  BTFW_EVENT_REMOVED, /* with it the link is the receiver's to free */
  BTFW_EVENT_NOTICE,
} BtfwEventKind;

typedef struct
{
  BtfwMessage      message; /* first */
  BtfwClient      *client;
  BtfwEventKind    kind;
  guint32          torrent; /* 0: of the session as a whole */
  BtfwMetainfo    *metainfo; /* nullable */
  BtfwInfoHash    *info_hash;
  char            *dir;
  BtfwNoticeLevel  level;
  char            *text;
  BtfwTorrentLink *link;
} BtfwEvent;

/* The newest snapshot on its way to one client: one slot, so that a client that
 * stalls gets one when it wakes up, not thousands. */
struct _BtfwTorrentLink
{
  BtfwMessage message; /* first */
  BtfwClient *client;
  guint32     torrent;
  gpointer    slot; /* atomic: a BtfwTorrentStatus, or NULL */
};

/* Receivers of messages in an inbox; set by the session. */
struct _BtfwClientClass
{
  void (*on_event) (BtfwEvent *event); /* frees it */
  void (*on_status) (BtfwTorrentLink *link, BtfwTorrentStatus *status); /* (transfer full) */
};

void      btfw_event_free (BtfwEvent *self);

/* Nothing runs yet. */
BtfwHub    *btfw_hub_new (BtfwConfig *config, const BtfwClientClass *klass, GError **error);
/* Listens, and starts the thread. */
gboolean    btfw_hub_start (BtfwHub *self, GError **error);
/* Stops whatever still runs, waits for the thread, frees all. */
void        btfw_hub_free (BtfwHub *self);
BtfwEngine *btfw_hub_get_engine (BtfwHub *self);
/* On the loop's thread, or before it is started. The client hears of the torrents that are there. */
void        btfw_hub_join (BtfwHub *self, BtfwClient *client);
void        btfw_hub_leave (BtfwHub *self, BtfwClient *client);
/* On the loop's thread: tells all clients. */
void        btfw_hub_tell_added (BtfwHub *self, BtfwEngineTorrent *torrent);
void        btfw_hub_tell_moved (BtfwHub *self, BtfwEngineTorrent *torrent);
void        btfw_hub_drop (BtfwHub *self, BtfwEngineTorrent *torrent);
