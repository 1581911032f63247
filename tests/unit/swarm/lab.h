/* lab.h: a whole swarm in one process, without sockets, in virtual time. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "lab-pipe.h"
#include "lab-storage.h"
#include "swarm/swarm.h"

#define KIB 1024u
#define MIB (1024u * 1024u)
#define SECONDS(n) ((gint64) (n) * G_USEC_PER_SEC)
#define MILLISECONDS(n) ((gint64) (n) * 1000)

typedef struct _Lab     Lab;
typedef struct _LabNode LabNode;

/* One torrent, and those who share it. The same seed, the same run. */
struct _Lab
{
  BtfwLoop     *loop;
  BtfwDisk     *disk;
  guint8       *content;
  guint64       size;
  guint32       piece_size;
  BtfwMetainfo *metainfo;
  GPtrArray    *nodes;
  GPtrArray    *connections; /* of LabConnection: handshakes of those who were dialled */
  LabLink       link;        /* of connections from now on */
  guint         n_pipes;
  guint64       trace; /* a hash of all that was said, and when */
  gint64        start;
};

/* How a client is made; all zero is one with nothing, and without limits. */
typedef struct
{
  gboolean    has_all;
  guint64     upload;   /* bytes a second; 0 for no limit */
  guint64     download;
  gsize       memory;   /* 0 for 64 MiB */
  const char *picker;   /* "rarest" (NULL) or "sequential" */
  gboolean    has_leases;
  guint       upload_slots;
  guint       max_peers; /* 0 for 200 */
  gboolean    trusts_files;
  gboolean    has_link; /* knows only the torrent's magnet link */
  gboolean    holds;    /* once it knows more, it waits */
  void (*add_extensions) (BtfwExtensionSet *set); /* NULL for none */
} LabNodeSpec;

/* A client with one torrent. */
struct _LabNode
{
  Lab          *lab;
  BtfwAddress   address;
  BtfwResources resources;
  LabStorage   *storage;
  BtfwSwarm    *swarm; /* NULL once removed */
  gint64        completed; /* when it had everything, since the start; -1 before */
  guint         n_stopped;
  guint         n_named;
  guint         n_notices;
  guint         n_attempts; /* to connect to somebody */
  guint         max_buffers; /* the most that were ever in use, seen at the steps of lab_run() */
};

/* Where plugins come from: in lab-plugins.c they are linked in, and a program that
 * tests others has its own. @name: NULL for the usual one. */
BtfwPicker *lab_make_picker (const char *name);
BtfwChoker *lab_make_choker (void);

Lab     *lab_new (guint64 seed, guint64 size, guint32 piece_size);
/* Stops whoever runs, and sees that nothing is left of anybody. */
void     lab_free (Lab *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Lab, lab_free)

/* From now on it is a private torrent; before anybody is added. */
void     lab_make_private (Lab *self);
LabNode *lab_add (Lab *self, const LabNodeSpec *spec);
/* The same, not begun. */
LabNode *lab_add_idle (Lab *self, const LabNodeSpec *spec);
void     lab_node_remove (LabNode *self);
/* @self dials @other, by way of its candidates. */
void     lab_dial (LabNode *self, LabNode *other);
/* Everybody dials whoever was added before. */
void     lab_dial_all (Lab *self);
/* A stream that has just finished its handshake with @self, as the other side
 * holds it; @number makes address and peer id. */
BtfwStream *lab_join (LabNode *self, guint number, BtfwFeatures features);
/* The same, as another peer of the same address: @life is in its peer id. */
BtfwStream *lab_join_again (LabNode *self, guint number, guint life, BtfwFeatures features);
/* IPv6 from that number on. */
#define LAB_FIRST_V6 0x10000u
BtfwAddress lab_get_address (guint number);

/* Time since the lab was made. */
gint64   lab_get_time (const Lab *self);
void     lab_run (Lab *self, gint64 microseconds);
/* FALSE when @until did not come true in that time. */
gboolean lab_run_until (Lab *self, gboolean (*until) (Lab *self, gpointer user_data), gpointer user_data, gint64 timeout);
/* For lab_run_until(): all nodes are complete; the one in @node is; it is stopped. */
gboolean lab_all_are_complete (Lab *self, gpointer unused);
gboolean lab_node_is_complete (Lab *self, gpointer node);
gboolean lab_node_is_stopped (Lab *self, gpointer node);

void     lab_node_stop (LabNode *self);
/* That what it has is what the torrent says. */
void     lab_node_assert_content (const LabNode *self);
