/* engine.h: everything that runs on the loop's thread: the torrents and what they share. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "session/reception.h"
#include "session/wishes.h"
#include "swarm/resources.h"
#include "swarm/swarm.h"

#include <btfw/btfw-config.h>
#include <btfw/btfw-fetcher.h>
#include <btfw/btfw-service.h>

typedef struct _BtfwEngine        BtfwEngine;
typedef struct _BtfwEngineTorrent BtfwEngineTorrent;

/* What the engine tells: on the loop's thread. */
typedef struct
{
  void (*torrent_changed) (gpointer owner, guint32 torrent);
  /* Its metainfo is known now. */
  void (*torrent_named) (gpointer owner, guint32 torrent);
  void (*torrent_notice) (gpointer owner, guint32 torrent, BtfwNoticeLevel level, const char *text);
  void (*notice) (gpointer owner, BtfwNoticeLevel level, const char *text);
} BtfwEngineFuncs;

struct _BtfwEngineTorrent
{
  BtfwEngine *engine;
  guint32     id; /* from 1; never used twice */
  BtfwSwarm  *swarm;
  BtfwAddOptions *options; /* as it was added */
  BtfwWishes      wishes;  /* what of it, of rules and settings is in force */
  gboolean    is_removed; /* goes as soon as it is stopped */
  gboolean    is_moving;    /* to another folder; stopped meanwhile */
  gboolean    starts_again; /* afterwards */
  GArray     *waiters;    /* those who wait for its stop */
  guint8      obfuscated_hash[20]; /* what encrypted handshakes call it */
};

/* Neither frees nor starts the torrent. */
typedef void (*BtfwEngineStopped) (BtfwEngineTorrent *torrent, gpointer user_data);

struct _BtfwEngine
{
  GMainContext          *context;
  BtfwConfig            *config;
  BtfwSettings          *settings;
  const BtfwEngineFuncs *funcs;
  gpointer               owner;
  BtfwResources          resources;
  BtfwReception         *reception;
  GPtrArray             *torrents;
  GHashTable            *by_hash;  /* 20 bytes → BtfwEngineTorrent */
  GHashTable            *by_obfuscated_hash; /* the same */
  GPtrArray             *services; /* those that run */
  GHashTable            *fetchers; /* by name, those that were needed; NULL until the first */
  guint32                next_id;
  guint                  n_removals; /* and moves, under way */
  char                  *state_path;
};

/* Reads the settings and makes everything, but starts nothing. */
BtfwEngine *btfw_engine_new (BtfwConfig *config, const BtfwEngineFuncs *funcs, gpointer owner, GError **error);
/* All torrents must be gone. */
void        btfw_engine_free (BtfwEngine *self);
/* Listens. */
gboolean    btfw_engine_start (BtfwEngine *self, GError **error);

/* Either @metainfo or @magnet. NULL with @error: another one of that hash is
 * there, a plugin is missing, … */
BtfwEngineTorrent *btfw_engine_add (BtfwEngine     *self,
                                    BtfwMetainfo   *metainfo,
                                    BtfwMagnet     *magnet,
                                    BtfwAddOptions *options,
                                    GError        **error);
/* Not one that is being removed. */
BtfwEngineTorrent *btfw_engine_find (BtfwEngine *self, guint32 id);
/* See btfw_swarm_stop(); nobody starts it again before @stopped. */
void               btfw_engine_stop (BtfwEngineTorrent *torrent, guint timeout_ms, BtfwEngineStopped stopped, gpointer user_data);
/* The torrent must be idle. */
void               btfw_engine_drop (BtfwEngine *self, BtfwEngineTorrent *torrent);
/* Takes limits and the like from the settings again. */
void               btfw_engine_apply_limits (BtfwEngine *self);
/* Takes the settings and the rules of @config over, as far as they can change
 * while torrents run: limits, pickers, chokers. */
gboolean            btfw_engine_reload (BtfwEngine *self, BtfwConfig *config, GError **error);
/* (transfer none) */
BtfwFetcher       *btfw_engine_get_fetcher (BtfwEngine *self, const char *url, GError **error);
/* A name is looked up first. */
void               btfw_engine_add_peer (BtfwEngineTorrent *torrent, const char *host, guint16 port);
