/* btfw-storage.h: where the bytes of a torrent live. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-dir.h>
#include <btfw/btfw-error.h>
#include <btfw/btfw-layout.h>

G_BEGIN_DECLS

#define BTFW_TYPE_STORAGE (btfw_storage_get_type ())
BTFW_API
G_DECLARE_INTERFACE (BtfwStorage, btfw_storage, BTFW, STORAGE, GObject)

/**
 * BtfwStorageContext:
 *
 * What a storage instance knows of its torrent. Ref-counted, may be used on
 * every thread.
 */
#define BTFW_TYPE_STORAGE_CONTEXT (btfw_storage_context_get_type ())
BTFW_API GType btfw_storage_context_get_type (void) G_GNUC_CONST;

BTFW_API BtfwStorageContext *btfw_storage_context_ref (BtfwStorageContext *self);
BTFW_API void                btfw_storage_context_unref (BtfwStorageContext *self);
/**
 * btfw_storage_context_get_layout:
 *
 * Returns: (transfer none): the files, as this layer shall keep them
 */
BTFW_API BtfwLayout         *btfw_storage_context_get_layout (BtfwStorageContext *self);
/**
 * btfw_storage_context_get_info_hash:
 *
 * Returns: (transfer none):
 */
BTFW_API BtfwInfoHash       *btfw_storage_context_get_info_hash (BtfwStorageContext *self);
/**
 * btfw_storage_context_get_dir:
 *
 * Opens the save folder, making it when it is missing.
 *
 * Returns: (transfer full) (nullable): the folder, or %NULL with @error set
 */
BTFW_API BtfwDir            *btfw_storage_context_get_dir (BtfwStorageContext *self, GError **error);
/**
 * btfw_storage_context_find_dir:
 *
 * Opens the save folder, and makes nothing. When it is not there the error is
 * %BTFW_STORAGE_ERROR_ABSENT.
 *
 * Returns: (transfer full) (nullable): the folder, or %NULL with @error set
 */
BTFW_API BtfwDir            *btfw_storage_context_find_dir (BtfwStorageContext *self, GError **error);
/**
 * btfw_storage_context_get_state_dir:
 *
 * A folder of this torrent and this plugin alone, for what does not belong
 * among the user's files. It is removed together with the torrent.
 *
 * Returns: (transfer full) (nullable):
 */
BTFW_API BtfwDir            *btfw_storage_context_get_state_dir (BtfwStorageContext *self, GError **error);
/**
 * btfw_storage_context_find_state_dir:
 *
 * The same, but makes nothing: when there is none, the error is
 * %BTFW_STORAGE_ERROR_GONE.
 *
 * Returns: (transfer full) (nullable):
 */
BTFW_API BtfwDir            *btfw_storage_context_find_state_dir (BtfwStorageContext *self, GError **error);
/**
 * btfw_storage_context_is_wanted:
 *
 * Returns: %TRUE when the user wants @file; others need not be created
 */
BTFW_API gboolean            btfw_storage_context_is_wanted (BtfwStorageContext *self, guint32 file);
/**
 * btfw_storage_context_get_lower:
 *
 * The storage below this one in a stack. It is not opened yet: call
 * btfw_storage_open() with a context of btfw_storage_context_derive().
 *
 * Returns: (transfer none) (nullable): %NULL at the bottom
 */
BTFW_API BtfwStorage        *btfw_storage_context_get_lower (BtfwStorageContext *self);
/**
 * btfw_storage_context_derive:
 * @layout: (nullable): what the layer below shall keep; %NULL for the same
 *
 * btfw_layout_new_derived() makes a layout with the same files and other
 * lengths: then btfw_storage_context_is_wanted() has the same answers below.
 * Of a layout with another number of files, all are wanted.
 *
 * Returns: (transfer full): a context for btfw_storage_context_get_lower()
 */
BTFW_API BtfwStorageContext *btfw_storage_context_derive (BtfwStorageContext *self, BtfwLayout *layout);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwStorageContext, btfw_storage_context_unref)

/**
 * BtfwFileStat:
 * @exists: %FALSE when there is no such file
 * @size: its length in bytes; pieces that reach behind it are not remembered
 * @mtime: when it was last written to, in nanoseconds since 1970
 *
 * What tells whether a file is still as it was when resume data was written.
 */
typedef struct
{
  gboolean exists;
  guint64  size;
  gint64   mtime;
} BtfwFileStat;

/**
 * BtfwLease:
 *
 * A piece of an open file that bytes can be sent from without copying them.
 * The descriptor stays open until the last reference is gone.
 */
#define BTFW_TYPE_LEASE (btfw_lease_get_type ())
BTFW_API GType btfw_lease_get_type (void) G_GNUC_CONST;

/**
 * btfw_lease_new:
 * @fd: an open, readable descriptor
 * @offset: where the range begins in it
 * @length: how long the range is
 * @is_hot: %TRUE when reading never waits for a disk (tmpfs, memory)
 * @release: (nullable) (scope notified) (closure data): called on any thread
 *   when the last reference is gone
 *
 * Returns: (transfer full):
 */
BTFW_API BtfwLease *btfw_lease_new (int fd, gint64 offset, gsize length, gboolean is_hot, GDestroyNotify release, gpointer data);
BTFW_API BtfwLease *btfw_lease_ref (BtfwLease *self);
BTFW_API void       btfw_lease_unref (BtfwLease *self);
/**
 * btfw_lease_get_fd:
 *
 * Returns: the descriptor; it belongs to the lease
 */
BTFW_API int        btfw_lease_get_fd (BtfwLease *self);
/**
 * btfw_lease_get_offset:
 *
 * Returns: where the range begins in it
 */
BTFW_API gint64     btfw_lease_get_offset (BtfwLease *self);
/**
 * btfw_lease_get_length:
 *
 * Returns: how long the range is
 */
BTFW_API gsize      btfw_lease_get_length (BtfwLease *self);
/**
 * btfw_lease_is_hot:
 *
 * Returns: whether reading never waits for a disk
 */
BTFW_API gboolean   btfw_lease_is_hot (BtfwLease *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwLease, btfw_lease_unref)

/**
 * BtfwStorageProgress:
 * @done: bytes moved
 * @total: bytes in all
 *
 * Called on the worker thread that runs move().
 */
typedef void (*BtfwStorageProgress) (guint64 done, guint64 total, gpointer user_data);

/**
 * BtfwStorageInterface:
 *
 * One storage keeps one torrent. Methods are called on worker threads and may
 * block. readv() and writev() run at the same time on disjoint ranges, and
 * flush() or stat() beside them; otherwise no method runs beside another one.
 * Failures are of %BTFW_STORAGE_ERROR, whose kind decides
 * what the core does, and name the path. Offsets are torrent offsets: they run
 * over all files of the layout, pad files included, which read as zeros and
 * swallow what is written.
 */
struct _BtfwStorageInterface
{
  /*< private >*/
  GTypeInterface g_iface;

  /*< public >*/
  /**
   * BtfwStorageInterface::open:
   * @context: the torrent; keep a reference
   *
   * Gets ready. Must not create or change files of the torrent: that waits
   * for the first writev(). Called once before anything else, and again after
   * close(). Required.
   */
  gboolean (*open) (BtfwStorage *self, BtfwStorageContext *context, GError **error);

  /**
   * BtfwStorageInterface::readv:
   * @offset: torrent offset
   * @vectors: (array length=n_vectors): buffers to fill, one after another
   *
   * Reads exactly as many bytes as the buffers hold. What was never written
   * is %BTFW_STORAGE_ERROR_GONE. Required.
   */
  gboolean (*readv) (BtfwStorage        *self,
                     guint64             offset,
                     const GInputVector *vectors,
                     guint               n_vectors,
                     GError            **error);

  /**
   * BtfwStorageInterface::writev:
   * @offset: torrent offset
   * @vectors: (array length=n_vectors): the bytes
   *
   * Writes all of it. Required.
   */
  gboolean (*writev) (BtfwStorage         *self,
                      guint64              offset,
                      const GOutputVector *vectors,
                      guint                n_vectors,
                      GError             **error);

  /**
   * BtfwStorageInterface::flush:
   *
   * Returns when all that was written before survives a power cut. Runs beside
   * readv() and writev(). Required.
   */
  gboolean (*flush) (BtfwStorage *self, GError **error);

  /**
   * BtfwStorageInterface::close:
   *
   * Lets go of descriptors and memory. What was written stays. Required.
   */
  void (*close) (BtfwStorage *self);

  /**
   * BtfwStorageInterface::stat:
   * @file: index in the layout
   * @stat: (out caller-allocates): filled
   *
   * A file that does not exist is no error. Runs beside readv() and writev().
   * Required.
   */
  gboolean (*stat) (BtfwStorage *self, guint32 file, BtfwFileStat *stat, GError **error);

  /**
   * BtfwStorageInterface::move:
   * @context: the same torrent with another save folder
   * @progress: (nullable) (scope call) (closure user_data): told now and then
   *
   * Moves what is there; on failure or cancellation everything is where it
   * was. What the storage keeps in its state folder moves too: @context has
   * another one, and the old one is removed afterwards. Optional.
   */
  gboolean (*move) (BtfwStorage        *self,
                    BtfwStorageContext *context,
                    BtfwStorageProgress progress,
                    gpointer            user_data,
                    GCancellable       *cancellable,
                    GError            **error);

  /**
   * BtfwStorageInterface::remove:
   *
   * Removes the files of the torrent, and nothing else. Required.
   */
  gboolean (*remove) (BtfwStorage *self, GError **error);

  /**
   * BtfwStorageInterface::wanted_changed:
   *
   * btfw_storage_context_is_wanted() has other answers now. Optional.
   */
  gboolean (*wanted_changed) (BtfwStorage *self, GError **error);

  /**
   * BtfwStorageInterface::lease:
   * @offset: torrent offset
   * @length: bytes wanted
   *
   * Gives a descriptor for the range that begins at @offset, which may be
   * shorter than @length where a file ends. Called on any thread, beside any
   * other method; never blocks for long. Optional: %NULL when bytes must go
   * through readv(). A layer that changes bytes never gives a lease.
   *
   * Returns: (transfer full) (nullable): %NULL when there is none for this range
   */
  BtfwLease *(*lease) (BtfwStorage *self, guint64 offset, gsize length);

  /*< private >*/
  gpointer submit; /* reserved for asynchronous storages */
  gpointer padding[7];
};

/**
 * btfw_storage_open:
 *
 * Calls open() of the plugin, as the core does; for tests, and for plugins that stand on
 * others.
 */
BTFW_API gboolean   btfw_storage_open (BtfwStorage *self, BtfwStorageContext *context, GError **error);
/**
 * btfw_storage_readv:
 * @vectors: (array length=n_vectors): buffers to fill, one after another
 *
 * Calls readv() of the plugin, as the core does; for tests, and for plugins that stand on
 * others.
 */
BTFW_API gboolean   btfw_storage_readv (BtfwStorage        *self,
                                        guint64             offset,
                                        const GInputVector *vectors,
                                        guint               n_vectors,
                                        GError            **error);
/**
 * btfw_storage_writev:
 * @vectors: (array length=n_vectors): the bytes
 *
 * Calls writev() of the plugin, as the core does; for tests, and for plugins that stand on
 * others.
 */
BTFW_API gboolean   btfw_storage_writev (BtfwStorage         *self,
                                         guint64              offset,
                                         const GOutputVector *vectors,
                                         guint                n_vectors,
                                         GError             **error);
/**
 * btfw_storage_flush:
 *
 * Calls flush() of the plugin, as the core does; for tests, and for plugins that stand on
 * others.
 */
BTFW_API gboolean   btfw_storage_flush (BtfwStorage *self, GError **error);
/**
 * btfw_storage_close:
 *
 * Calls close() of the plugin, as the core does; for tests, and for plugins that stand on
 * others.
 */
BTFW_API void       btfw_storage_close (BtfwStorage *self);
/**
 * btfw_storage_stat:
 * @stat: (out caller-allocates): filled
 *
 * Calls stat() of the plugin, as the core does; for tests, and for plugins that stand on
 * others.
 */
BTFW_API gboolean   btfw_storage_stat (BtfwStorage *self, guint32 file, BtfwFileStat *stat, GError **error);
/**
 * btfw_storage_move:
 * @progress: (nullable) (scope call) (closure user_data):
 */
BTFW_API gboolean   btfw_storage_move (BtfwStorage        *self,
                                       BtfwStorageContext *context,
                                       BtfwStorageProgress progress,
                                       gpointer            user_data,
                                       GCancellable       *cancellable,
                                       GError            **error);
/**
 * btfw_storage_remove:
 *
 * Calls remove() of the plugin, as the core does; for tests, and for plugins that stand on
 * others.
 */
BTFW_API gboolean   btfw_storage_remove (BtfwStorage *self, GError **error);
/**
 * btfw_storage_wanted_changed:
 *
 * Calls wanted_changed() of the plugin, as the core does; for tests, and for plugins that stand
 * on others.
 */
BTFW_API gboolean   btfw_storage_wanted_changed (BtfwStorage *self, GError **error);
/**
 * btfw_storage_lease:
 *
 * Returns: (transfer full) (nullable):
 */
BTFW_API BtfwLease *btfw_storage_lease (BtfwStorage *self, guint64 offset, gsize length);

G_END_DECLS
