/* btfw-test.h: what plugins are tested with: a swarm without a network, in virtual time. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-choker.h>
#include <btfw/btfw-clock.h>
#include <btfw/btfw-extension.h>
#include <btfw/btfw-net.h>
#include <btfw/btfw-picker.h>
#include <btfw/btfw-storage.h>
#include <btfw/btfw-tracker.h>

G_BEGIN_DECLS

/* For the tests of plugins, and for “btfw plugin check”, which is made of this.
 * Everything here is used in one thread. It stands outside of the promise that
 * the ABI of libbtfw stays: tests are compiled anew. */

/**
 * BtfwTestFile: (skip)
 * @path: relative, with '/'
 * @length: in bytes
 * @flags: %BTFW_FILE_PAD for one that only fills
 */
typedef struct
{
  const char   *path;
  guint64       length;
  BtfwFileFlags flags;
} BtfwTestFile;

/**
 * btfw_test_layout_new: (skip)
 * @piece_size: nominal size of pieces
 * @files: (array length=n_files): one behind the other
 *
 * Returns: (transfer full): a layout of these files
 */
BTFW_API BtfwLayout *btfw_test_layout_new (guint32 piece_size, const BtfwTestFile *files, guint n_files);

/**
 * BtfwTestSwarm: (skip)
 *
 * One torrent and its peers, for a picker, a choker or an extension, with the
 * rules that the real one has, but without bytes. Nothing moves until
 * btfw_test_swarm_run(). The same seed, the same run.
 *
 * While it runs it watches what the plugin does. What breaks a rule is a fault:
 * see btfw_test_swarm_get_fault().
 */
typedef struct _BtfwTestSwarm BtfwTestSwarm;

/**
 * BtfwTestPeerSpec: (skip)
 * @has_everything: it is a seed
 * @pieces: (nullable): else what it has
 * @n_pieces: how many @pieces
 * @gives: bytes a second that it sends us; 0 for nothing
 * @takes: bytes a second that it can take from us
 * @chokes_us: it does not serve us
 * @wants_nothing: it is not interested in us
 */
typedef struct
{
  gboolean       has_everything;
  const guint32 *pieces;
  guint          n_pieces;
  guint64        gives;
  guint64        takes;
  gboolean       chokes_us;
  gboolean       wants_nothing;
} BtfwTestPeerSpec;

/**
 * btfw_test_swarm_new: (skip)
 * @layout: of the torrent, of which nothing is here yet
 * @seed: of the dice
 *
 * Returns: (transfer full):
 */
BTFW_API BtfwTestSwarm *btfw_test_swarm_new (BtfwLayout *layout, guint64 seed);
/**
 * btfw_test_swarm_free: (skip)
 *
 * Detaches the picker, lets the peers go, and ends it.
 */
BTFW_API void           btfw_test_swarm_free (BtfwTestSwarm *self);
/**
 * btfw_test_swarm_get_view: (skip)
 *
 * Returns: (transfer none): what plugins are handed
 */
BTFW_API BtfwSwarmView *btfw_test_swarm_get_view (BtfwTestSwarm *self);
/**
 * btfw_test_swarm_get_clock: (skip)
 *
 * Returns: (transfer none): a clock that runs with the swarm
 */
BTFW_API BtfwClock     *btfw_test_swarm_get_clock (BtfwTestSwarm *self);
/**
 * btfw_test_swarm_set_picker: (skip)
 * @picker: (nullable): it is attached; the one before it is detached
 */
BTFW_API void           btfw_test_swarm_set_picker (BtfwTestSwarm *self, BtfwPicker *picker);
/**
 * btfw_test_swarm_set_choker: (skip)
 * @choker: (nullable): one to ask each period, and when something changes
 * @slots: how many may be served at a time
 */
BTFW_API void           btfw_test_swarm_set_choker (BtfwTestSwarm *self, BtfwChoker *choker, guint slots);

/**
 * btfw_test_swarm_add_peer: (skip)
 *
 * Returns: its number: 0 for the first one; numbers are not used again
 */
BTFW_API guint          btfw_test_swarm_add_peer (BtfwTestSwarm *self, const BtfwTestPeerSpec *spec);
/**
 * btfw_test_swarm_remove_peer: (skip)
 *
 * It goes.
 */
BTFW_API void           btfw_test_swarm_remove_peer (BtfwTestSwarm *self, guint peer);
/**
 * btfw_test_swarm_get_peer: (skip)
 *
 * Returns: (transfer none) (nullable): its view, or %NULL when it is gone
 */
BTFW_API BtfwPeerView  *btfw_test_swarm_get_peer (BtfwTestSwarm *self, guint peer);
/**
 * btfw_test_swarm_add_piece: (skip)
 *
 * The peer has @piece from now on.
 */
BTFW_API void           btfw_test_swarm_add_piece (BtfwTestSwarm *self, guint peer, guint32 piece);
/**
 * btfw_test_swarm_set_choking: (skip)
 *
 * It serves us from now on, or not any more.
 */
BTFW_API void           btfw_test_swarm_set_choking (BtfwTestSwarm *self, guint peer, gboolean chokes_us);
/**
 * btfw_test_swarm_set_interested: (skip)
 *
 * It wants something of us from now on, or not any more.
 */
BTFW_API void           btfw_test_swarm_set_interested (BtfwTestSwarm *self, guint peer, gboolean wants_something);
/**
 * btfw_test_swarm_set_have: (skip)
 *
 * We have @piece from now on, or not any more.
 */
BTFW_API void           btfw_test_swarm_set_have (BtfwTestSwarm *self, guint32 piece, gboolean have);
/**
 * btfw_test_swarm_set_priority: (skip)
 *
 * How much @piece is wanted from now on.
 */
BTFW_API void           btfw_test_swarm_set_priority (BtfwTestSwarm *self, guint32 piece, BtfwPriority priority);

/**
 * btfw_test_swarm_pick: (skip)
 * @peer: whom to ask
 * @n_blocks: how many blocks it may be asked for
 * @n_pieces: (out): how many pieces there are in the answer
 *
 * Asks the picker once. What it offered and what was taken is asked for from then on.
 *
 * Returns: (transfer full) (array length=n_pieces): the pieces that were taken, in order
 */
BTFW_API guint32       *btfw_test_swarm_pick (BtfwTestSwarm *self, guint peer, guint n_blocks, guint *n_pieces);
/**
 * btfw_test_swarm_rechoke: (skip)
 *
 * Asks the choker once.
 *
 * Returns: how many interested peers are served now
 */
BTFW_API guint          btfw_test_swarm_rechoke (BtfwTestSwarm *self, gboolean is_round);
/**
 * btfw_test_swarm_run: (skip)
 * @microseconds: of virtual time; it ends earlier once everything wanted is here,
 *   unless there is a choker
 *
 * Returns: whether everything wanted is here
 */
BTFW_API gboolean       btfw_test_swarm_run (BtfwTestSwarm *self, gint64 microseconds);
/**
 * btfw_test_swarm_is_served: (skip)
 *
 * Returns: whether we serve the peer now
 */
BTFW_API gboolean       btfw_test_swarm_is_served (BtfwTestSwarm *self, guint peer);
/**
 * btfw_test_swarm_get_n_duplicates: (skip)
 *
 * Returns: how many blocks were asked of more than one peer
 */
BTFW_API guint64        btfw_test_swarm_get_n_duplicates (BtfwTestSwarm *self);
/**
 * btfw_test_swarm_get_trace: (skip)
 *
 * Returns: a hash of all that the plugin decided, and when
 */
BTFW_API guint64        btfw_test_swarm_get_trace (BtfwTestSwarm *self);
/**
 * btfw_test_swarm_get_fault: (skip)
 * @i: from 0 on
 * @text: (out) (optional) (transfer none): what was seen
 *
 * Returns: (nullable): the word for the rule that was broken, as
 *   "offer-after-enough"; %NULL when there is no further one
 */
BTFW_API const char    *btfw_test_swarm_get_fault (BtfwTestSwarm *self, guint i, const char **text);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwTestSwarm, btfw_test_swarm_free)

/**
 * btfw_test_storage_context_new: (skip)
 * @layout: the files
 * @storage: whom it is for
 * @lower: (nullable): the storage below it
 * @dir: (type filename): the save folder
 * @state_dir: (type filename) (nullable): a folder for the state of storages
 *
 * Returns: (transfer full): what btfw_storage_open() is called with
 */
BTFW_API BtfwStorageContext *btfw_test_storage_context_new (BtfwLayout  *layout,
                                                            BtfwStorage *storage,
                                                            BtfwStorage *lower,
                                                            const char  *dir,
                                                            const char  *state_dir);
/**
 * btfw_test_storage_context_new_at: (skip)
 *
 * Returns: (transfer full): the same with another save folder, for btfw_storage_move()
 */
BTFW_API BtfwStorageContext *btfw_test_storage_context_new_at (BtfwStorageContext *self, const char *dir);
/**
 * btfw_test_storage_context_set_wanted: (skip)
 * @wanted: (array length=n_files): 0 for files that nobody wants
 */
BTFW_API void                btfw_test_storage_context_set_wanted (BtfwStorageContext *self, const guint8 *wanted, guint32 n_files);

/**
 * btfw_test_announce_new: (skip)
 * @url: of the tracker
 * @event: why
 *
 * Returns: (transfer full): a question, for 50 peers, of a client at port 6881
 */
BTFW_API BtfwAnnounce *btfw_test_announce_new (const char *url, BtfwAnnounceEvent event);
/**
 * btfw_test_announce_get_n_refs: (skip)
 *
 * Returns: how many references there are
 */
BTFW_API guint         btfw_test_announce_get_n_refs (BtfwAnnounce *self);
/**
 * btfw_test_net_new: (skip)
 * @allow_local: whether torrents may lead to local addresses, as in a test with a server of its own
 *
 * Returns: (transfer full):
 */
BTFW_API BtfwNet      *btfw_test_net_new (gboolean allow_local);
/**
 * btfw_test_net_new_offline: (skip)
 *
 * Nothing leaves this machine: sockets are bound to its own address, and no names are looked up.
 *
 * Returns: (transfer full):
 */
BTFW_API BtfwNet      *btfw_test_net_new_offline (void);
/**
 * btfw_test_judge_errors: (skip)
 *
 * From now on a method that fails without an error, or succeeds with one, is seen as it is. Otherwise libbtfw
 * makes such answers consistent before anybody acts on them.
 */
BTFW_API void          btfw_test_judge_errors (void);
/**
 * btfw_test_handshake_new: (skip)
 * @body: (array length=size) (nullable): a bencoded dictionary that came; %NULL for one to be written
 *
 * Returns: (transfer full) (nullable): %NULL when @body is no dictionary
 */
BTFW_API BtfwExtensionHandshake *btfw_test_handshake_new (const guint8 *body, gsize size);

G_END_DECLS
