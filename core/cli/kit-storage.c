/* kit-storage.c: what every storage must do. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/kit.h"

#include "cli/kit-memory.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define PIECE (64u * 1024)
#define CANARY 64
#define THREADS 8

/* Files of odd sizes, empty ones, and a pad. */
static const BtfwTestFile files[] = {
  { "t/first", 100001, 0 },
  { "t/empty", 0, 0 },
  { "t/byte", 1, 0 },
  { "t/pad", 31070, BTFW_FILE_PAD },
  { "t/deep/er/large", 400000, 0 },
  { "t/last", 7, 0 },
};

typedef struct
{
  BtfwKit            *kit;
  BtfwLayout         *layout;
  BtfwStorage        *storage;
  BtfwStorage        *lower; /* for a layer of a stack */
  BtfwStorageContext *context;
  char               *dir;
  char               *state;
  guint8             *content; /* what should be there */
  gsize               size;
  GRand              *dice;
} Place;

static gboolean
is_complete_interface (BtfwKit *kit)
{
  BtfwStorageInterface *iface = g_type_interface_peek (g_type_class_peek (kit->type), BTFW_TYPE_STORAGE);

  return btfw_kit_needs (iface->open != NULL, "open") & btfw_kit_needs (iface->readv != NULL, "readv") &
         btfw_kit_needs (iface->writev != NULL, "writev") & btfw_kit_needs (iface->flush != NULL, "flush") &
         btfw_kit_needs (iface->close != NULL, "close") & btfw_kit_needs (iface->stat != NULL, "stat") &
         btfw_kit_needs (iface->remove != NULL, "remove");
}

/* --- Calls, judged --- */

static gboolean
judge (const char *method, gboolean succeeded, GError **place)
{
  const GError *error = *place; /* looked at after the call, whose result comes with it */

  btfw_kit_judge_error (method, succeeded, error);
  if (error != NULL && error->domain != BTFW_STORAGE_ERROR)
    btfw_kit_find ("error-domain", "%s() failed with an error of the domain “%s” instead of BTFW_STORAGE_ERROR: %s",
                   method, g_quark_to_string (error->domain), error->message);
  return succeeded;
}

static gboolean
must (const char *method, gboolean succeeded, GError **error)
{
  judge (method, succeeded, error);
  if (!succeeded)
    btfw_kit_find ("failed", "%s() failed: %s", method, *error != NULL ? (*error)->message : "without an error");
  return succeeded;
}

static gboolean
open_storage (Place *self)
{
  g_autoptr (GError) error = NULL;

  btfw_kit_at ("open()");
  return must ("open", btfw_storage_open (self->storage, self->context, &error), &error);
}

static gboolean
flush_storage (Place *self)
{
  g_autoptr (GError) error = NULL;

  btfw_kit_at ("flush()");
  return must ("flush", btfw_storage_flush (self->storage, &error), &error);
}

/* --- A place --- */

/* A layer says at once that nothing lies below it; then it gets memory. */
static void
find_lower (Place *self)
{
  g_autoptr (GError)             error = NULL;
  g_autoptr (BtfwStorageContext) alone = btfw_test_storage_context_new (self->layout, self->storage, NULL, self->dir, self->state);

  btfw_kit_at ("open()");
  if (btfw_storage_open (self->storage, alone, &error))
    {
      btfw_storage_close (self->storage);
      return;
    }
  self->lower = btfw_kit_memory_new ();
}

static Place *
place_new (BtfwKit *kit)
{
  static guint n_places;
  Place       *self;
  BtfwStorage *storage = is_complete_interface (kit) ? btfw_kit_make (kit) : NULL;

  if (storage == NULL)
    return NULL;

  self = g_new0 (Place, 1);
  self->kit = kit;
  self->storage = storage;
  self->dice = g_rand_new_with_seed (7);
  self->dir = g_strdup_printf ("%s/save-%u", kit->folder, n_places);
  self->state = g_strdup_printf ("%s/state-%u", kit->folder, n_places++);
  g_mkdir_with_parents (self->dir, 0700);
  self->layout = btfw_test_layout_new (PIECE, files, G_N_ELEMENTS (files));
  self->size = btfw_layout_get_size (self->layout);
  self->content = g_malloc0 (self->size);
  find_lower (self);
  self->context = btfw_test_storage_context_new (self->layout, storage, self->lower, self->dir, self->state);
  return self;
}

static void
place_free (Place *self)
{
  gpointer storage = self->storage;

  btfw_storage_context_unref (self->context);
  btfw_kit_drop (storage);
  g_clear_object (&self->lower);
  btfw_layout_unref (self->layout);
  g_rand_free (self->dice);
  g_free (self->content);
  g_free (self->dir);
  g_free (self->state);
  g_free (self);
}

static Place *
begin (BtfwKit *kit)
{
  Place *self = place_new (kit);

  if (self != NULL && !open_storage (self))
    {
      btfw_kit_find ("not-opened", "it cannot be opened in an empty folder");
      g_clear_pointer (&self, place_free);
    }
  return self;
}

static void
end (Place *self)
{
  btfw_kit_at ("close()");
  btfw_storage_close (self->storage);
  place_free (self);
}

static gboolean
is_pad (Place *self, guint64 offset)
{
  return btfw_layout_get_file_flags (self->layout, btfw_layout_find_file (self->layout, offset)) & BTFW_FILE_PAD;
}

/* --- Bytes --- */

/* In up to four parts, some of them empty. */
static guint
cut (Place *self, guint8 *data, gsize size, GOutputVector *vectors)
{
  gsize first = size == 0 ? 0 : (gsize) g_rand_int_range (self->dice, 0, (gint32) size + 1);

  vectors[0] = (GOutputVector){ data, 0 };
  vectors[1] = (GOutputVector){ data, first };
  vectors[2] = (GOutputVector){ data + first, 0 };
  vectors[3] = (GOutputVector){ data + first, size - first };
  return 4;
}

static gboolean
write_bytes (Place *self, gsize offset, gsize size)
{
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *data = g_malloc (size + 1);
  g_autofree guint8 *before = NULL;
  GOutputVector      vectors[4];
  guint              n;

  for (gsize i = 0; i < size; i++)
    {
      data[i] = (guint8) g_rand_int (self->dice);
      self->content[offset + i] = is_pad (self, offset + i) ? 0 : data[i];
    }
  before = g_memdup2 (data, size + 1);
  n = cut (self, data, size, vectors);
  btfw_kit_at ("writev()");
  if (!must ("writev", btfw_storage_writev (self->storage, offset, vectors, n, &error), &error))
    return FALSE;
  if (memcmp (before, data, size) != 0)
    btfw_kit_find ("buffer-changed", "writev() changed the bytes that it was handed, which are somebody else's");
  return TRUE;
}

/* Tells a pad that does not read as zeros from other bytes that are wrong. */
static void
compare (Place *self, gsize offset, gsize size, const guint8 *data, const char *id, const char *situation)
{
  for (gsize i = 0; i < size; i++)
    if (data[i] != self->content[offset + i])
      {
        btfw_kit_find (is_pad (self, offset + i) ? "pad-bytes" : id,
                       "%s: the byte at offset %zu is %u instead of %u", situation, offset + i, data[i],
                       self->content[offset + i]);
        return;
      }
}

static void
expect_bytes (Place *self, gsize offset, gsize size, const char *id, const char *situation)
{
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *room = g_malloc (size + 2 * CANARY);
  guint8            *data = room + CANARY;
  GOutputVector      vectors[4];
  guint              n = cut (self, data, size, vectors);

  memset (room, 0xa5, size + 2 * CANARY);
  btfw_kit_at ("readv()");
  if (!judge ("readv", btfw_storage_readv (self->storage, offset, (const GInputVector *) vectors, n, &error), &error))
    {
      btfw_kit_find (id, "%s: %zu bytes at offset %zu cannot be read: %s", situation, size, offset,
                     error != NULL ? error->message : "no error");
      return;
    }
  for (gsize i = 0; i < CANARY; i++)
    if (room[i] != 0xa5 || data[size + i] != 0xa5)
      {
        btfw_kit_find ("buffer-overrun", "readv() wrote outside of the buffers that it was handed");
        return;
      }
  compare (self, offset, size, data, id, situation);
}

static gboolean
write_everything (Place *self)
{
  for (gsize offset = 0; offset < self->size; offset += PIECE)
    if (!write_bytes (self, offset, MIN (PIECE, self->size - offset)))
      return FALSE;
  return TRUE;
}

/* --- Checks --- */

static void
check_bytes (BtfwKit *kit)
{
  Place *self = begin (kit);

  if (self == NULL)
    return;
  if (write_everything (self))
    expect_bytes (self, 0, self->size, "bytes-differ", "what was written, read at once");
  for (guint i = 0; i < 300; i++)
    {
      gsize offset = (gsize) g_rand_int_range (self->dice, 0, (gint32) self->size);
      gsize wanted = (gsize) g_rand_int_range (self->dice, 0, 60000);
      gsize size = MIN (wanted, self->size - offset);

      if (i % 3 == 0 && !write_bytes (self, offset, size))
        break;
      expect_bytes (self, offset, size, "bytes-differ", "ranges of any size, over the ends of files");
    }
  expect_bytes (self, 0, self->size, "bytes-differ", "all of it, after many writes");
  end (self);
}

/* A piece of 16 MiB arrives in so many blocks. */
static void
check_many_buffers (BtfwKit *kit)
{
  Place             *self = begin (kit);
  g_autoptr (GError) error = NULL;
  GOutputVector      vectors[1500];

  if (self == NULL)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (vectors); i++)
    {
      self->content[i] = (guint8) i;
      vectors[i] = (GOutputVector){ self->content + i, 1 };
    }
  btfw_kit_at ("writev() of 1,500 buffers");
  if (must ("writev", btfw_storage_writev (self->storage, 0, vectors, G_N_ELEMENTS (vectors), &error), &error))
    expect_bytes (self, 0, G_N_ELEMENTS (vectors), "bytes-differ", "written from 1,500 buffers");
  end (self);
}

static gboolean
has_made_files (Place *self)
{
  for (guint32 i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autofree char *path = g_build_filename (self->dir, files[i].path, NULL);

      if (g_file_test (path, G_FILE_TEST_EXISTS))
        return TRUE;
    }
  return FALSE;
}

static void
expect_stat (Place *self, gboolean exists, const char *situation)
{
  for (guint32 i = 0; i < G_N_ELEMENTS (files); i++)
    {
      g_autoptr (GError) error = NULL;
      BtfwFileStat       st = { -1, G_MAXUINT64, 0 };

      if (files[i].length == 0 || (files[i].flags & BTFW_FILE_PAD))
        continue;
      btfw_kit_at ("stat()");
      if (!judge ("stat", btfw_storage_stat (self->storage, i, &st, &error), &error))
        btfw_kit_find ("stat", "%s: stat() of “%s” failed: %s", situation, files[i].path, error != NULL ? error->message : "");
      else if (st.exists != exists)
        btfw_kit_find ("stat", "%s: stat() says that “%s” %s", situation, files[i].path, st.exists ? "is there" : "is not there");
      else if (exists && self->lower == NULL && st.size != files[i].length)
        btfw_kit_find ("stat", "%s: stat() says that “%s” has %" G_GUINT64_FORMAT " bytes instead of %" G_GUINT64_FORMAT,
                       situation, files[i].path, st.size, files[i].length);
    }
}

static void
check_emptiness (BtfwKit *kit)
{
  Place             *self = begin (kit);
  g_autoptr (GError) error = NULL;
  guint8             bytes[100];
  GInputVector       vector = { bytes, sizeof bytes };

  if (self == NULL)
    return;
  if (has_made_files (self))
    btfw_kit_find ("open-creates", "open() made files of the torrent, before anything was written");
  expect_stat (self, FALSE, "nothing was written yet");
  btfw_kit_at ("readv() of what was never written");
  if (judge ("readv", btfw_storage_readv (self->storage, 0, &vector, 1, &error), &error))
    btfw_kit_find ("reads-nothing", "readv() gives bytes that nobody ever wrote");
  else if (error != NULL && !g_error_matches (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE))
    btfw_kit_find ("reads-nothing", "readv() of what was never written is not BTFW_STORAGE_ERROR_GONE: %s", error->message);
  flush_storage (self);
  end (self);
}

static void
check_stat (BtfwKit *kit)
{
  Place *self = begin (kit);

  if (self == NULL)
    return;
  if (write_everything (self) && flush_storage (self))
    expect_stat (self, TRUE, "all was written");
  end (self);
}

static void
check_reopening (BtfwKit *kit)
{
  Place *self = begin (kit);

  if (self == NULL)
    return;
  write_everything (self);
  flush_storage (self);
  for (guint i = 0; i < 100; i++)
    {
      btfw_kit_at ("close()");
      btfw_storage_close (self->storage);
      if (!open_storage (self))
        break;
      expect_bytes (self, i * 5000 % (self->size - 5), 5, "bytes-lost", "closed and opened again");
    }
  expect_bytes (self, 0, self->size, "bytes-lost", "closed and opened again");
  end (self);
}

static void
expect_lease (Place *self, gsize offset, gsize size)
{
  g_autoptr (BtfwLease) lease = NULL;
  g_autofree guint8    *data = g_malloc (size);
  gsize                 length;

  btfw_kit_at ("lease()");
  lease = btfw_storage_lease (self->storage, offset, size);
  if (lease == NULL)
    return;
  length = btfw_lease_get_length (lease);
  if (length == 0 || length > size)
    btfw_kit_find ("lease", "lease() of %zu bytes gives %zu", size, length);
  else if (pread (btfw_lease_get_fd (lease), data, length, btfw_lease_get_offset (lease)) != (gssize) length)
    btfw_kit_find ("lease", "a lease of %zu bytes cannot be read from its descriptor", length);
  else
    compare (self, offset, length, data, "lease", "what is leased");
}

static void
check_leases (BtfwKit *kit)
{
  Place *self = begin (kit);

  if (self == NULL)
    return;
  write_everything (self);
  for (guint i = 0; i < 100; i++)
    {
      gsize offset = (gsize) g_rand_int_range (self->dice, 0, (gint32) self->size);

      expect_lease (self, offset, (gsize) g_rand_int_range (self->dice, 1, (gint32) (self->size - offset) + 1));
    }
  expect_bytes (self, 0, self->size, "bytes-differ", "read beside leases");
  end (self);
}

static void
check_removal (BtfwKit *kit)
{
  Place             *self = begin (kit);
  g_autofree char   *stranger = NULL;
  g_autofree char   *inside = NULL;
  gboolean           was_inside;
  g_autoptr (GError) error = NULL;

  if (self == NULL)
    return;
  write_everything (self);
  stranger = g_build_filename (self->dir, "stranger", NULL);
  inside = g_build_filename (self->dir, "t", "stranger", NULL);
  g_file_set_contents (stranger, "mine", -1, NULL);
  was_inside = g_file_set_contents (inside, "mine", -1, NULL);

  btfw_kit_at ("remove()");
  must ("remove", btfw_storage_remove (self->storage, &error), &error);
  if (!g_file_test (stranger, G_FILE_TEST_EXISTS) || (was_inside && !g_file_test (inside, G_FILE_TEST_EXISTS)))
    btfw_kit_find ("remove-others", "remove() took a file with it that is not the torrent's");
  if (has_made_files (self))
    btfw_kit_find ("remove", "remove() left files of the torrent behind");
  expect_stat (self, FALSE, "removed");
  if (write_everything (self))
    expect_bytes (self, 0, self->size, "bytes-differ", "begun anew after remove()");
  end (self);
}

static gboolean
is_inhabited (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);

  return dir != NULL && g_dir_read_name (dir) != NULL;
}

static void
check_moving (BtfwKit *kit)
{
  Place                         *self = begin (kit);
  g_autofree char               *elsewhere = g_build_filename (kit->folder, "elsewhere", NULL);
  g_autoptr (BtfwStorageContext) target = NULL;
  g_autoptr (GCancellable)       cancelled = g_cancellable_new ();
  g_autoptr (GError)             error = NULL;

  if (self == NULL)
    return;
  if (BTFW_STORAGE_GET_IFACE (self->storage)->move != NULL && self->lower == NULL && write_everything (self))
    {
      g_mkdir_with_parents (elsewhere, 0700);
      target = btfw_test_storage_context_new_at (self->context, elsewhere);
      g_cancellable_cancel (cancelled);
      btfw_kit_at ("move() that is cancelled");
      if (btfw_storage_move (self->storage, target, NULL, NULL, cancelled, &error) && is_inhabited (elsewhere))
        btfw_kit_find ("move-cancelled", "move() went on though it was cancelled before it began");
      else
        expect_bytes (self, 0, self->size, "move-cancelled", "after a move that was cancelled");
      g_clear_error (&error);
      btfw_kit_at ("move()");
      if (must ("move", btfw_storage_move (self->storage, target, NULL, NULL, NULL, &error), &error))
        expect_bytes (self, 0, self->size, "move", "moved to another folder");
      g_clear_pointer (&target, btfw_storage_context_unref);
      if (has_made_files (self))
        btfw_kit_find ("move", "move() left files behind in the folder that it came from");
    }
  end (self);
}

/* --- Side by side --- */

typedef struct
{
  Place *place;
  guint  number;
  guint  n_wrong;
  guint  n_failed;
} Worker;

static gpointer
work (gpointer data)
{
  Worker *self = data;
  Place  *place = self->place;
  gsize   share = place->size / THREADS;
  guint8 *mine = g_malloc (share);
  guint8 *back = g_malloc (share);

  for (guint i = 0; i < 40; i++)
    {
      gsize         at = self->number * share;
      gsize         size = share - i * 11;
      GOutputVector out = { mine, size };
      GInputVector  in = { back, size };

      memset (mine, (int) (self->number * 40 + i), size);
      self->n_failed += !btfw_storage_writev (place->storage, at, &out, 1, NULL);
      self->n_failed += !btfw_storage_readv (place->storage, at, &in, 1, NULL);
      for (gsize k = 0; k < size; k++)
        self->n_wrong += back[k] != mine[k] && !is_pad (place, at + k);
    }
  g_free (mine);
  g_free (back);
  return NULL;
}

/* flush() and stat() come beside them. */
static void
check_side_by_side (BtfwKit *kit)
{
  Place   *self = begin (kit);
  Worker   workers[THREADS];
  GThread *threads[THREADS];
  guint    n_wrong = 0, n_failed = 0;

  if (self == NULL)
    return;
  btfw_kit_at ("readv(), writev(), flush(), stat() on eight threads");
  for (guint i = 0; i < THREADS; i++)
    {
      workers[i] = (Worker){ self, i, 0, 0 };
      threads[i] = g_thread_new ("kit", work, &workers[i]);
    }
  for (guint i = 0; i < 20; i++)
    {
      BtfwFileStat st;

      n_failed += !btfw_storage_flush (self->storage, NULL);
      n_failed += !btfw_storage_stat (self->storage, 0, &st, NULL);
    }
  for (guint i = 0; i < THREADS; i++)
    {
      g_thread_join (threads[i]);
      n_wrong += workers[i].n_wrong;
      n_failed += workers[i].n_failed;
    }
  if (n_wrong > 0)
    btfw_kit_find ("concurrent", "disjoint ranges, written and read on eight threads: %u bytes were wrong", n_wrong);
  if (n_failed > 0)
    btfw_kit_find ("concurrent", "disjoint ranges on eight threads: %u calls failed", n_failed);
  end (self);
}

/* --- Failures --- */

/* Where the save folder should be, there is a file: nothing can be kept. */
static void
check_failures (BtfwKit *kit)
{
  Place             *self = place_new (kit);
  g_autoptr (GError) error = NULL;
  GOutputVector      vector;

  if (self == NULL)
    return;
  g_rmdir (self->dir);
  g_file_set_contents (self->dir, "a file", -1, NULL);
  vector = (GOutputVector){ self->content, 1000 };
  btfw_kit_at ("open() where the save folder is a file");
  if (judge ("open", btfw_storage_open (self->storage, self->context, &error), &error))
    {
      btfw_kit_at ("writev() where the save folder is a file");
      judge ("writev", btfw_storage_writev (self->storage, 0, &vector, 1, &error), &error);
      g_clear_error (&error);
      judge ("flush", btfw_storage_flush (self->storage, &error), &error);
      btfw_kit_at ("close()");
      btfw_storage_close (self->storage);
    }
  g_unlink (self->dir);
  place_free (self);
}

static void
live_once (BtfwKit *kit)
{
  Place *self = begin (kit);

  if (self == NULL)
    return;
  write_bytes (self, 0, 1000);
  expect_bytes (self, 0, 1000, "bytes-differ", "opened and closed many times");
  expect_lease (self, 0, 100);
  flush_storage (self);
  btfw_storage_remove (self->storage, NULL);
  end (self);
}

static void
check_leaks (BtfwKit *kit)
{
  btfw_kit_watch_growth (kit, live_once, 100);
}

const BtfwKitCheck btfw_kit_storage_checks[] = {
  { "storage-bytes", "storage", 30, FALSE, check_bytes, NULL },
  { "storage-many-buffers", "storage", 20, FALSE, check_many_buffers, NULL },
  { "storage-emptiness", "storage", 20, FALSE, check_emptiness, NULL },
  { "storage-stat", "storage", 20, FALSE, check_stat, NULL },
  { "storage-reopening", "storage", 30, FALSE, check_reopening, NULL },
  { "storage-leases", "storage", 20, FALSE, check_leases, NULL },
  { "storage-removal", "storage", 20, FALSE, check_removal, NULL },
  { "storage-moving", "storage", 20, FALSE, check_moving, NULL },
  { "storage-side-by-side", "storage", 40, FALSE, check_side_by_side, NULL },
  { "storage-failures", "storage", 20, FALSE, check_failures, NULL },
  { "storage-leaks", "storage", 40, FALSE, check_leaks, NULL },
  { NULL, NULL, 0, FALSE, NULL, NULL },
};
