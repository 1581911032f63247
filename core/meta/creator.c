/* creator.c: makes a .torrent file from files on disk. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "meta/fields.h"
#include "meta/file-walk.h"
#include "meta/layout.h"
#include "meta/piece-hasher.h"
#include "meta/torrent-draft.h"

#include <btfw/btfw-creator.h>
#include <errno.h>
#include <glib/gi18n-lib.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#define PIECE_SIZE_MIN (16u << 10)
#define PIECE_SIZE_ASKED_MAX (64u << 20)

/* How often progress is told. */
#define PROGRESS_MILLISECONDS 100

struct _BtfwCreator
{
  GObject          parent_instance;
  char            *path;
  BtfwTorrentDraft draft;
};

/* One run. The context that asked for it owns everything; a thread of its own
 * works on it from its start to where it is joined, and reads only what does not
 * change meanwhile. */
typedef struct
{
  GTask              *task;
  GMainContext       *context;
  GSource            *timer; /* NULL when nobody wants to hear of progress */
  BtfwCreatorProgress progress;
  gpointer            progress_data;
  GDestroyNotify      progress_free;
  GCancellable       *cancellable;
  pthread_t           thread;
  char               *path;
  BtfwTorrentDraft    draft;
  atomic_ullong       total; /* 0 until the files are found */
  atomic_ullong       done;
  GBytes             *bytes; /* the result */
  GError             *error;
} Run;

G_DEFINE_FINAL_TYPE (BtfwCreator, btfw_creator, G_TYPE_OBJECT)

static void
run_free (Run *self)
{
  if (self->timer != NULL)
    {
      g_source_destroy (self->timer);
      g_source_unref (self->timer);
    }
  if (self->progress_free != NULL)
    self->progress_free (self->progress_data);
  g_main_context_unref (self->context);
  g_clear_object (&self->cancellable);
  btfw_torrent_draft_clear (&self->draft);
  g_free (self->path);
  g_clear_pointer (&self->bytes, g_bytes_unref);
  g_clear_error (&self->error);
  g_object_unref (self->task);
  g_free (self);
}

static BtfwLayout *
lay_out (const BtfwFileWalk *walk, guint32 piece_size, GError **error)
{
  g_autoptr (BtfwLayoutBuilder) builder = btfw_layout_builder_new (BTFW_LAYOUT_PACKED, piece_size);

  for (guint i = 0; i < walk->files->len; i++)
    {
      const BtfwWalkFile *file = &g_array_index (walk->files, BtfwWalkFile, i);

      if (!btfw_layout_builder_add (builder, file->path, file->size, 0, error))
        return NULL;
    }

  return btfw_layout_builder_finish (g_steal_pointer (&builder));
}

static GBytes *
hash_and_write (Run *self, const BtfwFileWalk *walk, GError **error)
{
  g_autoptr (BtfwLayout) layout = NULL;
  g_autofree guint8     *hashes = NULL;
  guint32                piece_size = btfw_torrent_draft_get_piece_size (&self->draft, walk->size, error);

  if (piece_size == 0)
    return NULL;

  layout = lay_out (walk, piece_size, error);
  if (layout == NULL)
    return NULL;

  hashes = g_try_malloc_n (btfw_layout_get_n_pieces (layout), BTFW_PIECE_HASH_SIZE);
  if (hashes == NULL)
    {
      btfw_field_fail (error, BTFW_ERROR_LIMIT, _("there is not enough memory for the hashes"));
      return NULL;
    }

  if (!btfw_piece_hasher_run (walk, layout, hashes, &self->done, self->cancellable, error) ||
      !btfw_file_walk_check (walk, error))
    return NULL;

  return btfw_torrent_draft_write (&self->draft, walk, layout, hashes, error);
}

static GBytes *
run_make (Run *self, GError **error)
{
  g_autoptr (BtfwFileWalk) walk = btfw_file_walk_new (self->path, self->cancellable, error);

  if (walk == NULL || !btfw_torrent_draft_check (&self->draft, walk, error))
    return NULL;

  atomic_store (&self->total, walk->size);
  return hash_and_write (self, walk, error);
}

static void
run_tell_progress (Run *self)
{
  guint64 total = atomic_load (&self->total);

  if (self->progress != NULL && total > 0)
    self->progress (g_task_get_source_object (self->task), atomic_load (&self->done), total, self->progress_data);
}

static gboolean
on_time_for_progress (gpointer data)
{
  run_tell_progress (data);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_thread_done (gpointer data)
{
  Run *self = data;

  pthread_join (self->thread, NULL);
  if (self->error != NULL)
    g_task_return_error (self->task, g_steal_pointer (&self->error));
  else
    {
      run_tell_progress (self);
      g_task_return_pointer (self->task, g_steal_pointer (&self->bytes), (GDestroyNotify) g_bytes_unref);
    }

  run_free (self);
  return G_SOURCE_REMOVE;
}

static void *
run_thread (void *data)
{
  Run                *self = data;
  g_autoptr (GSource) source = g_idle_source_new ();
  sigset_t            all;

  /* Signals are for the threads of the application. */
  sigfillset (&all);
  pthread_sigmask (SIG_BLOCK, &all, NULL);

  self->bytes = run_make (self, &self->error);

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_thread_done, self, NULL);
  g_source_attach (source, self->context);
  return NULL;
}

static void
run_start_timer (Run *self)
{
  if (self->progress == NULL)
    return;

  self->timer = g_timeout_source_new (PROGRESS_MILLISECONDS);
  g_source_set_callback (self->timer, on_time_for_progress, self, NULL);
  g_source_attach (self->timer, self->context);
}

static void
btfw_creator_finalize (GObject *object)
{
  BtfwCreator *self = BTFW_CREATOR (object);

  g_free (self->path);
  btfw_torrent_draft_clear (&self->draft);

  G_OBJECT_CLASS (btfw_creator_parent_class)->finalize (object);
}

static void
btfw_creator_class_init (BtfwCreatorClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = btfw_creator_finalize;
}

static void
btfw_creator_init (BtfwCreator *self)
{
  btfw_torrent_draft_init (&self->draft);
}

BtfwCreator *
btfw_creator_new (const char *path)
{
  BtfwCreator *self;

  g_return_val_if_fail (path != NULL, NULL);

  self = g_object_new (BTFW_TYPE_CREATOR, NULL);
  self->path = g_strdup (path);
  return self;
}

gboolean
btfw_creator_set_piece_size (BtfwCreator *self, guint32 piece_size, GError **error)
{
  g_return_val_if_fail (BTFW_IS_CREATOR (self), FALSE);

  if (piece_size != 0 &&
      (piece_size < PIECE_SIZE_MIN || piece_size > PIECE_SIZE_ASKED_MAX || (piece_size & (piece_size - 1)) != 0))
    return btfw_field_fail (error, BTFW_ERROR_INVALID,
                            _("a piece cannot have %u bytes, but a power of two from 16 KiB to 64 MiB"), piece_size);

  self->draft.piece_size = piece_size;
  return TRUE;
}

void
btfw_creator_set_private (BtfwCreator *self, gboolean is_private)
{
  g_return_if_fail (BTFW_IS_CREATOR (self));

  self->draft.is_private = is_private;
}

void
btfw_creator_set_name (BtfwCreator *self, const char *name)
{
  g_return_if_fail (BTFW_IS_CREATOR (self));

  g_free (self->draft.name);
  self->draft.name = g_strdup (name);
}

void
btfw_creator_set_comment (BtfwCreator *self, const char *comment)
{
  g_return_if_fail (BTFW_IS_CREATOR (self));

  g_free (self->draft.comment);
  self->draft.comment = comment != NULL ? g_utf8_make_valid (comment, -1) : NULL;
}

void
btfw_creator_set_creation_date (BtfwCreator *self, gint64 seconds)
{
  g_return_if_fail (BTFW_IS_CREATOR (self));

  self->draft.creation_date = MAX (seconds, 0);
}

void
btfw_creator_add_tracker (BtfwCreator *self, const char *url, guint tier)
{
  g_return_if_fail (BTFW_IS_CREATOR (self) && url != NULL);

  btfw_torrent_draft_add_tracker (&self->draft, url, tier);
}

void
btfw_creator_add_web_seed (BtfwCreator *self, const char *url)
{
  g_return_if_fail (BTFW_IS_CREATOR (self) && url != NULL);

  btfw_torrent_draft_add_web_seed (&self->draft, url);
}

void
btfw_creator_run_async (BtfwCreator        *self,
                        BtfwCreatorProgress progress,
                        gpointer            progress_data,
                        GDestroyNotify      progress_free,
                        GCancellable       *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer            user_data)
{
  Run *run;
  int  errnum;

  g_return_if_fail (BTFW_IS_CREATOR (self));

  run = g_new0 (Run, 1);
  run->task = g_task_new (self, cancellable, callback, user_data);
  g_task_set_source_tag (run->task, btfw_creator_run_async);
  run->context = g_main_context_ref (g_task_get_context (run->task));
  run->progress = progress;
  run->progress_data = progress_data;
  run->progress_free = progress_free;
  run->cancellable = cancellable != NULL ? g_object_ref (cancellable) : NULL;
  run->path = g_strdup (self->path);
  btfw_torrent_draft_copy (&run->draft, &self->draft);
  atomic_init (&run->total, 0);
  atomic_init (&run->done, 0);
  run_start_timer (run);

  errnum = pthread_create (&run->thread, NULL, run_thread, run);
  if (errnum == 0)
    return;

  g_task_return_new_error (run->task, BTFW_ERROR, BTFW_ERROR_FAILED,
                           _("cannot start a thread: %s"), g_strerror (errnum));
  run_free (run);
}

GBytes *
btfw_creator_run_finish (BtfwCreator *self, GAsyncResult *result, GError **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
