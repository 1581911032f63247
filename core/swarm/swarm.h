/* swarm.h: one torrent among its sources: brings the parts together, and decides nothing itself. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "swarm/active.h"
#include "swarm/allowed-fast.h"
#include "swarm/blame.h"
#include "swarm/candidates.h"
#include "swarm/choking.h"
#include "swarm/crowd.h"
#include "swarm/dialing.h"
#include "swarm/discoveries.h"
#include "swarm/extensions.h"
#include "swarm/hints.h"
#include "swarm/metadata.h"
#include "swarm/opening.h"
#include "swarm/peer.h"
#include "swarm/saving.h"
#include "swarm/shadow.h"
#include "swarm/trackers.h"
#include "swarm/trust.h"
#include "swarm/views.h"

#include <btfw/btfw-magnet.h>
#include <btfw/btfw-session.h>
#include <btfw/btfw-status.h>

/* How much somebody wants a file; kept by its number until there are files. */
typedef struct
{
  guint32      file;
  BtfwPriority priority;
} BtfwFileWish;

/* How a torrent is to be run. */
typedef struct
{
  char    *dir;
  char    *state_dir; /* nullable; until the volume is made */
  guint8  *priorities; /* one a file; NULL for all normal */
  GArray  *wishes;     /* of BtfwFileWish, until the files are known; NULL for none */
  BtfwMagnet *magnet;  /* when there is no metainfo yet; NULL otherwise */
  gboolean has_sources; /* peers may come from elsewhere than trackers, even if none is known */
  gboolean holds;      /* once the metadata is there it waits for btfw_swarm_start() */
  gboolean overwrite;
  gboolean trust_files;
  gboolean check;
  gboolean stopped; /* stay so once it is opened */
  gboolean all_tiers;
} BtfwSwarmOptions;

/* What the swarm tells its owner; never from inside a call of the owner's. */
typedef struct
{
  /* The state, or its error, is another one. */
  void (*changed) (gpointer owner);
  /* The metainfo has come, and nothing is made of it yet: the moment for
   * btfw_swarm_arrange(). FALSE with @error: it cannot go on. Optional. */
  gboolean (*learned) (gpointer owner, BtfwMetainfo *metainfo, GError **error);
  /* The metainfo is known now. Optional. */
  void (*named) (gpointer owner);
  void (*notice) (gpointer owner, BtfwNoticeLevel level, const char *text);
  /* After btfw_swarm_stop(): nothing is under way any more, all is saved. */
  void (*stopped) (gpointer owner);
} BtfwSwarmFuncs;

struct _BtfwSwarm
{
  BtfwResources        *resources;
  const BtfwSwarmFuncs *funcs;
  gpointer              owner;
  BtfwInfoHash         *info_hash;
  char                 *hex; /* the same, as text */
  BtfwMetainfo         *metainfo; /* NULL while only a magnet link is known; so is all that needs it: volume, view, layouts */
  BtfwSwarmOptions      options;
  BtfwTorrentState      state;
  GError               *error; /* of the storage while it lasts, or why it failed */

  BtfwPieceMap   map;
  BtfwBitfield   unproven; /* claimed without a hash; no bits when there are none */
  BtfwActives    actives;
  BtfwBlame      blame;
  BtfwTrust      trust;
  guint64        n_blocks_active; /* received, of pieces that are not whole yet */
  guint64        pick_serial;     /* grows when there may be something to pick again */
  BtfwPicker    *picker;
  BtfwSwarmView *view; /* the picker's */
  BtfwShadow    *shadow; /* NULL for none */
  BtfwChoking    choking;
  BtfwExtensions extensions;
  BtfwDiscoveries discoveries;

  GPtrArray     *stack; /* of storages, top first */
  BtfwVolume    *volume;
  guint          n_jobs;  /* pieces with workers */
  guint          n_reads; /* uploads, and files on their way, with workers */
  gboolean       is_hot;  /* leases need no warming */
  gboolean       has_no_leases;
  BtfwFastGrants fast_grants;
  BtfwHotPieces  hot_pieces;

  GPtrArray     *peers;
  BtfwCandidates candidates;
  BtfwDialing    dialing;
  BtfwTrackers  *trackers;
  BtfwMetadata   metadata;
  BtfwOpening    opening;
  BtfwSaving     saving;
  BtfwRandom     random;

  guint       max_peers; /* 0: as for all torrents */
  BtfwLimiter download;
  BtfwLimiter upload;
  BtfwRate    download_rate;
  BtfwRate    upload_rate;
  guint64     downloaded; /* payload of this run */
  guint64     uploaded;
  guint64     downloaded_before;
  guint64     uploaded_before;
  guint64     wasted;
  gint64      active_since; /* 0 unless downloading */
  gint64      active_time;  /* of this run, until active_since */
  gint64      last_sent_away; /* when a peer last had to go to make a place */
  gint64      last_moved;   /* when a block last came */
  gint64      last_backlog; /* when a peer was last not read from, as workers had enough; 0 for never */
  gint64      last_starved; /* or as there was no memory for its blocks */
  guint       n_filtered;   /* addresses of local networks that a tracker named last, who is elsewhere */
  guint32     key;          /* for trackers */

  BtfwTimer tick;
  BtfwTimer disk_retry;
  BtfwWork  room_work;
  guint64   room;            /* what the disk has, when it was last looked at */
  gboolean  is_looking;      /* at it */
  gboolean  is_unsettled;    /* files that are wanted by now stand elsewhere, as the storage failed */
  guint     n_disk_failures; /* in a row */
  int       disk_fault;      /* the kind of the last one */
  gint64    last_loss; /* when a person was told of pieces that are no longer here */
  BtfwIdle  reap;
  gboolean  is_short_of_memory;
  gboolean  is_stopping;
  gboolean  keeps_peers; /* while it is checked: those that brought the metadata */
  gboolean  wants_check; /* of everything, once no worker is busy */
  gboolean  wants_start; /* once it has stopped */
  gboolean  announces;   /* trackers know that we are here */
  gboolean  trackers_stopped;
  guint     stop_timeout;

  BtfwCheck *proof; /* of pieces that were taken on trust; NULL while none is under way */
  gint64     proof_begun;
  guint32    proof_size; /* how many bytes of them at a time, if not one piece */
};

/* Takes the storages (container and all), picker and choker. @metainfo: NULL
 * when the options have a magnet link. */
BtfwSwarm *btfw_swarm_new (BtfwResources        *resources,
                           BtfwMetainfo         *metainfo,
                           BtfwSwarmOptions     *options,
                           GPtrArray            *stack,
                           BtfwPicker           *picker,
                           BtfwChoker           *choker,
                           const BtfwSwarmFuncs *funcs,
                           gpointer              owner);
/* Only when it is stopped or failed, and nothing is under way. */
void       btfw_swarm_free (BtfwSwarm *self);
void       btfw_swarm_options_clear (BtfwSwarmOptions *options);

/* The first start, after which it stays stopped when the options say so. */
void       btfw_swarm_begin (BtfwSwarm *self);
void       btfw_swarm_start (BtfwSwarm *self);
/* At most @timeout_ms for trackers to hear of it; stopped() comes when it is through. */
void       btfw_swarm_stop (BtfwSwarm *self, guint timeout_ms);
gboolean   btfw_swarm_is_idle (BtfwSwarm *self);
/* Verifies everything again. */
void       btfw_swarm_check (BtfwSwarm *self);
/* A connection from outside that asked for this torrent; takes the stream. */
void       btfw_swarm_accept (BtfwSwarm *self, BtfwStream *stream, const BtfwAddress *address, const BtfwHandshake *handshake);
void       btfw_swarm_add_address (BtfwSwarm *self, const BtfwAddress *address, BtfwCandidateSource source);
/* One a file; passed over when their number is another one. */
void       btfw_swarm_set_file_priorities (BtfwSwarm *self, const guint8 *priorities, guint32 n_files);
void       btfw_swarm_set_file_priority (BtfwSwarm *self, guint32 file, BtfwPriority priority);
/* They take the reference, and take over while the torrent runs. */
void       btfw_swarm_set_picker (BtfwSwarm *self, BtfwPicker *picker);
/* Another place and other plugins, which are taken, for a torrent of which only a link was known. */
void          btfw_swarm_arrange (BtfwSwarm *self, const char *dir, GPtrArray *stack, BtfwPicker *picker, BtfwChoker *choker);
/* How many peers it may have. */
guint         btfw_swarm_get_max_peers (const BtfwSwarm *self);
void       btfw_swarm_set_choker (BtfwSwarm *self, BtfwChoker *choker);
/* What we say first to a peer. */
void       btfw_swarm_fill_handshake (BtfwSwarm *self, BtfwHandshake *handshake);

/* --- For the parts of a swarm --- */

void     btfw_swarm_set_state (BtfwSwarm *self, BtfwTorrentState state);
void     btfw_swarm_fail (BtfwSwarm *self, GError *error);
void     btfw_swarm_notice (BtfwSwarm *self, BtfwNoticeLevel level, const char *format, ...) G_GNUC_PRINTF (3, 4);
/* The opening is through: goes on to where the pieces lead. */
void     btfw_swarm_on_opened (BtfwSwarm *self);
/* A part finished something that a stop may wait for. */
void     btfw_swarm_check_stopped (BtfwSwarm *self);

/* Nothing that is wanted is missing. */
gboolean btfw_swarm_is_seeding (const BtfwSwarm *self);
gboolean btfw_swarm_wants_blocks (const BtfwSwarm *self);
gboolean btfw_swarm_serves (const BtfwSwarm *self);
gboolean btfw_swarm_is_private (const BtfwSwarm *self);
/* Whether peers may come now. */
gboolean btfw_swarm_admits (const BtfwSwarm *self);
/* What it is called for people. */
const char *btfw_swarm_get_name (const BtfwSwarm *self);
/* Trackers are asked, and peers are connected to. */
void     btfw_swarm_go_online (BtfwSwarm *self);
/* What the magnet link stands for is known: goes on from there. */
void     btfw_swarm_take_metainfo (BtfwSwarm *self, BtfwMetainfo *metainfo);
/* Those who gave us the metadata stay while it is looked at what is here. */
void     btfw_swarm_open_with_peers (BtfwSwarm *self);
/* Makes all that needs the files and pieces. */
void     btfw_swarm_init_content (BtfwSwarm *self);
/* Which peers have something that is missing here. */
void     btfw_swarm_recount_interest (BtfwSwarm *self);
void     btfw_swarm_settle_files (BtfwSwarm *self);
guint64  btfw_swarm_get_n_blocks_left (const BtfwSwarm *self);

gboolean btfw_swarm_on_have (BtfwSwarm *self, BtfwPeer *peer, guint32 piece, GError **error);
/* In place of what it said before. Takes the bits. */
void     btfw_swarm_on_pieces (BtfwSwarm *self, BtfwPeer *peer, BtfwBitfield *pieces);
void     btfw_swarm_on_have_all (BtfwSwarm *self, BtfwPeer *peer);
/* It had @piece, and has it no more. */
void     btfw_swarm_on_piece_gone (BtfwSwarm *self, BtfwPeer *peer, guint32 piece);
/* Those that are of no more use, as both of us have everything. */
void     btfw_swarm_close_useless (BtfwSwarm *self);
void     btfw_swarm_on_piece_here (BtfwSwarm *self, guint32 piece);
void     btfw_swarm_lose_piece (BtfwSwarm *self, guint32 piece);
/* Nothing counts as here any more, until it is looked at. */
void     btfw_swarm_forget_pieces (BtfwSwarm *self);
void     btfw_swarm_piece_changed (BtfwSwarm *self, guint32 piece, BtfwPieceChange what);
void     btfw_swarm_pieces_changed (BtfwSwarm *self, const BtfwBitfield *pieces);
/* Whether a piece that was taken on trust was looked at; if not, that begins. */
gboolean btfw_swarm_prove_piece (BtfwSwarm *self, guint32 piece);
void     btfw_swarm_on_storage_error (BtfwSwarm *self, const GError *error, guint32 piece);
/* The same for a block that was being sent; the sentence gets the path. */
void     btfw_swarm_on_send_error (BtfwSwarm *self, const GError *error, const BtfwBlock *block);
/* Says so when the disk has not enough room for what is to come. */
void     btfw_swarm_warn_if_small (BtfwSwarm *self, guint64 room);
/* The torrent waits, and is tried again; it goes on serving what it has. */
void     btfw_swarm_wait_for_storage (BtfwSwarm *self, const GError *error);
void     btfw_swarm_init_disk (BtfwSwarm *self);
void     btfw_swarm_on_job_done (BtfwSwarm *self);
void     btfw_swarm_on_read_done (BtfwSwarm *self);
gboolean btfw_swarm_is_short_of_memory (const BtfwSwarm *self);
void     btfw_swarm_queue_reap (BtfwSwarm *self);
/* A stream whose handshake is through becomes a peer, or is closed. */
void     btfw_swarm_join (BtfwSwarm           *self,
                          BtfwStream          *stream,
                          const BtfwAddress   *address,
                          const BtfwHandshake *handshake,
                          gboolean             is_incoming);

void     btfw_swarm_count_download (BtfwSwarm *self, gsize bytes);
void     btfw_swarm_count_upload (BtfwSwarm *self, gsize bytes);
void     btfw_swarm_count_waste (BtfwSwarm *self, gsize bytes);
