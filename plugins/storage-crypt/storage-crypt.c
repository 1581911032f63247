/* storage-crypt.c: a layer that encrypts what the storage below it keeps, sector by
 * sector, with authentication. record.h has the format and what it gives. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "file-keys.h"
#include "key-file.h"
#include "record.h"
#include "sectors.h"
#include "vectors.h"

#include <btfw/btfw-plugin.h>

#include <glib/gi18n-lib.h>
#include <gnutls/crypto.h>
#include <pthread.h>
#include <string.h>

/* Sectors that go down in one call. */
#define RUN_MAX 16
#define RECORD_SIZE_MAX (BTFW_SECTOR_SIZE + BTFW_RECORD_END_SIZE)
#define RUN_SIZE_MAX (RUN_MAX * RECORD_SIZE_MAX)

/* Readers and writers of disjoint ranges may meet in one sector. Each sector
 * belongs to one of these locks; those of a run to the same one. */
#define LOCKS 64
#define LOCK_RANGE_SHIFT 20

#define SPARE_MAX 4

#define BTFW_TYPE_CRYPT_STORAGE (btfw_crypt_storage_get_type ())
G_DECLARE_FINAL_TYPE (BtfwCryptStorage, btfw_crypt_storage, BTFW, CRYPT_STORAGE, GObject)

struct _BtfwCryptStorage
{
  GObject         parent_instance;
  char           *key_file;
  BtfwCryptCipher cipher;

  /* From open() to close(), owned. */
  BtfwStorage        *lower;
  BtfwStorageContext *context;
  BtfwLayout         *layout; /* of context */
  BtfwLayout         *below;
  BtfwFileKeys       *keys;
  char               *key_path;

  pthread_rwlock_t locks[LOCKS];
  pthread_mutex_t  mutex; /* guards what follows */
  guint8          *spare[SPARE_MAX]; /* of RUN_SIZE_MAX: records have no secrets */
  guint            n_spare;
};

/* Sectors side by side in one file, under one lock. */
typedef struct
{
  BtfwSector sectors[RUN_MAX];
  guint      n;
  gsize      size; /* of their records */
} Run;

enum
{
  PROP_KEY_FILE = 1,
  PROP_CIPHER,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

static void btfw_crypt_storage_iface_init (BtfwStorageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BtfwCryptStorage, btfw_crypt_storage, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_STORAGE, btfw_crypt_storage_iface_init));

static const GEnumValue cipher_values[] = {
  { BTFW_CIPHER_AES_256_GCM, "BTFW_CIPHER_AES_256_GCM", "aes-256-gcm" },
  { BTFW_CIPHER_CHACHA20_POLY1305, "BTFW_CIPHER_CHACHA20_POLY1305", "chacha20-poly1305" },
  { 0, NULL, NULL },
};

/* --- Room for records --- */

static guint8 *
take_room (BtfwCryptStorage *self)
{
  guint8 *room = NULL;

  pthread_mutex_lock (&self->mutex);
  if (self->n_spare > 0)
    room = self->spare[--self->n_spare];
  pthread_mutex_unlock (&self->mutex);

  return room != NULL ? room : g_malloc (RUN_SIZE_MAX);
}

static void
give_room (BtfwCryptStorage *self, guint8 *room)
{
  pthread_mutex_lock (&self->mutex);
  if (self->n_spare < SPARE_MAX)
    self->spare[self->n_spare++] = g_steal_pointer (&room);
  pthread_mutex_unlock (&self->mutex);

  g_free (room);
}

/* --- Runs --- */

static guint
get_lock_number (const BtfwSector *sector)
{
  return (sector->offset >> LOCK_RANGE_SHIFT) % LOCKS;
}

static pthread_rwlock_t *
get_lock (BtfwCryptStorage *self, const Run *run)
{
  return &self->locks[get_lock_number (&run->sectors[0])];
}

static gsize
get_record_size (const BtfwSector *sector)
{
  return sector->length + BTFW_RECORD_END_SIZE;
}

/* As many sectors as have bytes of the range, from the first one on. */
static void
find_run (BtfwCryptStorage *self, guint64 offset, gsize size, Run *run)
{
  guint64 end = offset + size;

  run->n = 0;
  run->size = 0;
  do
    {
      BtfwSector sector = btfw_sectors_find (self->layout, self->below, offset);

      if (run->n > 0 && (sector.file != run->sectors[0].file || get_lock_number (&sector) != get_lock_number (&run->sectors[0])))
        return;
      run->sectors[run->n++] = sector;
      run->size += get_record_size (&sector);
      offset = sector.offset + sector.length;
    }
  while (run->n < RUN_MAX && offset < end);
}

static gboolean
fail_tampered (BtfwCryptStorage *self, const BtfwSector *sector, GError **error)
{
  g_autofree char *path = btfw_file_keys_make_path (self->keys, sector->file);

  g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_BROKEN,
               _("“%s” was tampered with, or is damaged: the sector of byte %llu (at %llu in the encrypted file) does not fit its tag"), path,
               (unsigned long long) (sector->offset - btfw_layout_get_file_offset (self->layout, sector->file)),
               (unsigned long long) (sector->place - btfw_layout_get_file_offset (self->below, sector->file)));
  return FALSE;
}

static gboolean
fail_absent (BtfwCryptStorage *self, const BtfwSector *sector, GError **error)
{
  g_autofree char *path = btfw_file_keys_make_path (self->keys, sector->file);

  g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE, _("byte %llu of “%s” was never written"),
               (unsigned long long) (sector->offset - btfw_layout_get_file_offset (self->layout, sector->file)), path);
  return FALSE;
}

static BtfwSealer *
make_sealer (const BtfwFileKey *key, GError **error)
{
  BtfwSealer *sealer = btfw_sealer_new (key);

  if (sealer == NULL)
    g_set_error_literal (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_REFUSED, _("the cryptographic library does not have the cipher"));
  return sealer;
}

static gboolean
read_records (BtfwCryptStorage *self, const Run *run, guint8 *records, GError **error)
{
  GInputVector vector = { records, run->size };

  return btfw_storage_readv (self->lower, run->sectors[0].place, &vector, 1, error);
}

/* --- Reading --- */

/* The part of a sector that is asked for; a whole one goes straight to its place. */
static BtfwRecordVerdict
open_into (BtfwSealer *sealer, const BtfwSector *sector, const guint8 *record, gsize skip, gsize size, BtfwVectors *to)
{
  guint8            room[BTFW_SECTOR_SIZE];
  guint8           *at = size == sector->length ? btfw_vectors_take (to, size) : NULL;
  BtfwRecordVerdict verdict;

  if (at != NULL)
    return btfw_sealer_open (sealer, sector->number, record, sector->length, at);

  verdict = btfw_sealer_open (sealer, sector->number, record, sector->length, room);
  btfw_vectors_scatter (to, room + skip, size);
  gnutls_memset (room, 0, sector->length);
  return verdict;
}

static BtfwRecordVerdict
open_run (const Run *run, BtfwSealer *sealer, const guint8 *records, guint64 offset, gsize size, BtfwVectors *to, guint *at)
{
  for (guint i = 0; i < run->n; i++)
    {
      const BtfwSector *sector = &run->sectors[i];
      gsize             skip = (gsize) (offset - sector->offset);
      gsize             part = MIN (size, sector->length - skip);
      BtfwRecordVerdict verdict = open_into (sealer, sector, records, skip, part, to);

      if (verdict != BTFW_RECORD_WHOLE)
        {
          *at = i;
          return verdict;
        }
      records += get_record_size (sector);
      offset += part;
      size -= part;
    }
  return BTFW_RECORD_WHOLE;
}

static gboolean
try_run (BtfwCryptStorage *self, const Run *run, guint8 *records, guint64 offset, gsize size, BtfwVectors to, gboolean *again, GError **error)
{
  g_autoptr (BtfwSealer) sealer = NULL;
  BtfwFileKey       key;
  BtfwRecordVerdict verdict;
  gboolean          is_read;
  guint             at = 0;

  if (!btfw_file_keys_find (self->keys, run->sectors[0].file, &key, error))
    return FALSE;
  sealer = make_sealer (&key, error);
  gnutls_memset (&key, 0, sizeof key);
  if (sealer == NULL)
    return FALSE;

  pthread_rwlock_rdlock (get_lock (self, run));
  is_read = read_records (self, run, records, error);
  pthread_rwlock_unlock (get_lock (self, run));
  if (!is_read)
    return FALSE;

  verdict = open_run (run, sealer, records, offset, size, &to, &at);
  if (verdict == BTFW_RECORD_ABSENT)
    return fail_absent (self, &run->sectors[at], error);
  if (verdict == BTFW_RECORD_WHOLE)
    return TRUE;
  *again = !*again && btfw_file_keys_have_changed (self->keys, run->sectors[at].file);
  return *again ? FALSE : fail_tampered (self, &run->sectors[at], error);
}

/* Bytes of one run; how many, or 0 when they could not be read. Where somebody has put
 * another file in place, it is tried with that one's key. */
static gsize
read_run (BtfwCryptStorage *self, guint64 offset, gsize size, BtfwVectors *to, GError **error)
{
  guint8  *records = take_room (self);
  gboolean again = FALSE;
  gboolean is_read;
  Run      run;
  gsize    part;

  find_run (self, offset, size, &run);
  part = (gsize) MIN (size, run.sectors[run.n - 1].offset + run.sectors[run.n - 1].length - offset);
  is_read = try_run (self, &run, records, offset, part, *to, &again, error);
  if (again)
    is_read = try_run (self, &run, records, offset, part, *to, &again, error);
  give_room (self, records);

  btfw_vectors_skip (to, part);
  return is_read ? part : 0;
}

/* --- Writing --- */

/* Whether the record at that place may have its mark, with so many bytes in the file. */
static gboolean
may_be_marked (BtfwCryptStorage *self, const BtfwSector *sector, const BtfwFileStat *st)
{
  guint64 end = sector->place + get_record_size (sector) - btfw_layout_get_file_offset (self->below, sector->file);

  return !st->exists || st->size >= end;
}

/* Before it is written over: cut short, it must not look like a whole one. */
static gboolean
take_mark_away (BtfwCryptStorage *self, const BtfwSector *sector, GError **error)
{
  guint64       place = sector->place + get_record_size (sector) - 1;
  guint8        mark = 0;
  GInputVector  in = { &mark, 1 };
  GOutputVector out = { &mark, 1 };

  if (!btfw_storage_readv (self->lower, place, &in, 1, NULL) || mark == 0)
    return TRUE;
  mark = 0;
  return btfw_storage_writev (self->lower, place, &out, 1, error);
}

/* With the lock. */
static gboolean
write_records (BtfwCryptStorage *self, const Run *run, const guint8 *records, GError **error)
{
  GOutputVector vector = { records, run->size };
  BtfwFileStat  st = { 0 };

  if (!btfw_storage_stat (self->lower, run->sectors[0].file, &st, NULL))
    st.exists = FALSE;
  for (guint i = 0; i < run->n; i++)
    if (may_be_marked (self, &run->sectors[i], &st) && !take_mark_away (self, &run->sectors[i], error))
      return FALSE;
  return btfw_storage_writev (self->lower, run->sectors[0].place, &vector, 1, error);
}

static gboolean
seal (BtfwSealer *sealer, const BtfwSector *sector, const guint8 *plain, guint8 *record, GError **error)
{
  if (btfw_sealer_seal (sealer, sector->number, plain, sector->length, record))
    return TRUE;

  g_set_error_literal (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_BROKEN, _("the cryptographic library does not encrypt"));
  return FALSE;
}

static gboolean
seal_whole (BtfwSealer *sealer, const BtfwSector *sector, BtfwVectors *from, guint8 *record, GError **error)
{
  guint8   room[BTFW_SECTOR_SIZE];
  guint8  *at = btfw_vectors_take (from, sector->length);
  gboolean sealed;

  if (at != NULL)
    return seal (sealer, sector, at, record, error);

  btfw_vectors_gather (from, room, sector->length);
  sealed = seal (sealer, sector, room, record, error);
  gnutls_memset (room, 0, sector->length);
  return sealed;
}

static gboolean
write_whole_sectors (BtfwCryptStorage *self, BtfwSealer *sealer, const Run *run, guint8 *records, BtfwVectors *from, GError **error)
{
  guint8  *record = records;
  gboolean written;

  for (guint i = 0; i < run->n; i++)
    {
      if (!seal_whole (sealer, &run->sectors[i], from, record, error))
        return FALSE;
      record += get_record_size (&run->sectors[i]);
    }

  pthread_rwlock_wrlock (get_lock (self, run));
  written = write_records (self, run, records, error);
  pthread_rwlock_unlock (get_lock (self, run));
  return written;
}

/* What the sector has now; zeros where nothing was written. With the lock. */
static gboolean
read_old (BtfwCryptStorage *self, BtfwSealer *sealer, const Run *run, guint8 *record, guint8 *plain, GError **error)
{
  g_autoptr (GError) local = NULL;
  const BtfwSector  *sector = &run->sectors[0];

  memset (plain, 0, sector->length);
  if (!read_records (self, run, record, &local))
    {
      if (g_error_matches (local, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE))
        return TRUE;
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  return btfw_sealer_open (sealer, sector->number, record, sector->length, plain) != BTFW_RECORD_TAMPERED ||
         fail_tampered (self, sector, error);
}

/* Blocks are whole sectors, so this is for other users of a storage. */
static gboolean
write_part_of_sector (BtfwCryptStorage *self,
                      BtfwSealer       *sealer,
                      const Run        *run,
                      guint8           *record,
                      guint64           offset,
                      gsize             size,
                      BtfwVectors      *from,
                      GError          **error)
{
  const BtfwSector *sector = &run->sectors[0];
  guint8            plain[BTFW_SECTOR_SIZE];
  gboolean          written;

  pthread_rwlock_wrlock (get_lock (self, run));
  written = read_old (self, sealer, run, record, plain, error);
  if (written)
    {
      btfw_vectors_gather (from, plain + (offset - sector->offset), size);
      written = seal (sealer, sector, plain, record, error) && write_records (self, run, record, error);
    }
  pthread_rwlock_unlock (get_lock (self, run));

  gnutls_memset (plain, 0, sizeof plain);
  return written;
}

static gboolean
is_whole (const BtfwSector *sector, guint64 offset, guint64 end)
{
  return sector->offset >= offset && sector->offset + sector->length <= end;
}

/* Whole sectors from the first on, or one of which only a part is written. */
static void
find_run_to_write (BtfwCryptStorage *self, guint64 offset, gsize size, Run *run)
{
  find_run (self, offset, size, run);
  while (run->n > 1 && !is_whole (&run->sectors[run->n - 1], offset, offset + size))
    run->size -= get_record_size (&run->sectors[--run->n]);
  if (run->n > 1 && !is_whole (&run->sectors[0], offset, offset + size))
    {
      run->n = 1;
      run->size = get_record_size (&run->sectors[0]);
    }
}

/* How many bytes, or 0 when they could not be written. */
static gsize
write_run (BtfwCryptStorage *self, guint64 offset, gsize size, BtfwVectors *from, GError **error)
{
  g_autoptr (BtfwSealer) sealer = NULL;
  guint8     *records;
  BtfwFileKey key;
  gboolean    written;
  Run         run;
  gsize       part;

  find_run_to_write (self, offset, size, &run);
  if (!btfw_file_keys_need (self->keys, run.sectors[0].file, &key, error))
    return 0;
  sealer = make_sealer (&key, error);
  gnutls_memset (&key, 0, sizeof key);
  if (sealer == NULL)
    return 0;

  part = (gsize) MIN (size, run.sectors[run.n - 1].offset + run.sectors[run.n - 1].length - offset);
  records = take_room (self);
  if (is_whole (&run.sectors[0], offset, offset + size))
    written = write_whole_sectors (self, sealer, &run, records, from, error);
  else
    written = write_part_of_sector (self, sealer, &run, records, offset, part, from, error);
  give_room (self, records);
  return written ? part : 0;
}

/* --- Methods --- */

static gboolean
check_range (BtfwCryptStorage *self, guint64 offset, gsize size, GError **error)
{
  if (self->lower == NULL)
    {
      g_set_error_literal (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_ABSENT, _("the storage is not open"));
      return FALSE;
    }
  if (offset <= btfw_layout_get_size (self->layout) && size <= btfw_layout_get_size (self->layout) - offset)
    return TRUE;

  g_set_error_literal (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE, _("there are no bytes behind the end of a torrent"));
  return FALSE;
}

/* How many of the bytes are of a pad file. */
static gsize
count_pad (BtfwCryptStorage *self, guint64 offset, gsize size)
{
  guint32 file = btfw_layout_find_file (self->layout, offset);
  guint64 end = btfw_layout_get_file_offset (self->layout, file) + btfw_layout_get_file_length (self->layout, file);

  return btfw_sectors_is_pad (self->layout, file) ? (gsize) MIN (size, end - offset) : 0;
}

static gboolean
btfw_crypt_storage_readv (BtfwStorage        *storage,
                          guint64             offset,
                          const GInputVector *vectors,
                          guint               n_vectors,
                          GError            **error)
{
  BtfwCryptStorage    *self = BTFW_CRYPT_STORAGE (storage);
  const GOutputVector *same = (const GOutputVector *) vectors;
  BtfwVectors          to = { same, 0 };
  gsize                size = btfw_vectors_count (same, n_vectors);

  if (!check_range (self, offset, size, error))
    return FALSE;

  while (size > 0)
    {
      gsize part = count_pad (self, offset, size);

      if (part > 0)
        btfw_vectors_clear (&to, part);
      else
        part = read_run (self, offset, size, &to, error);
      if (part == 0)
        return FALSE;
      offset += part;
      size -= part;
    }
  return TRUE;
}

static gboolean
btfw_crypt_storage_writev (BtfwStorage         *storage,
                           guint64              offset,
                           const GOutputVector *vectors,
                           guint                n_vectors,
                           GError             **error)
{
  BtfwCryptStorage *self = BTFW_CRYPT_STORAGE (storage);
  BtfwVectors       from = { vectors, 0 };
  gsize             size = btfw_vectors_count (vectors, n_vectors);

  if (!check_range (self, offset, size, error))
    return FALSE;

  while (size > 0)
    {
      gsize part = count_pad (self, offset, size);

      if (part > 0)
        btfw_vectors_skip (&from, part);
      else
        part = write_run (self, offset, size, &from, error);
      if (part == 0)
        return FALSE;
      offset += part;
      size -= part;
    }
  return TRUE;
}

static gboolean
btfw_crypt_storage_flush (BtfwStorage *storage, GError **error)
{
  BtfwCryptStorage *self = BTFW_CRYPT_STORAGE (storage);

  return check_range (self, 0, 0, error) && btfw_storage_flush (self->lower, error);
}

static void
let_go (BtfwCryptStorage *self)
{
  g_clear_pointer (&self->keys, btfw_file_keys_free);
  g_clear_pointer (&self->below, btfw_layout_unref);
  g_clear_pointer (&self->context, btfw_storage_context_unref);
  g_clear_pointer (&self->key_path, g_free);
  g_clear_object (&self->lower);
  self->layout = NULL;
  while (self->n_spare > 0)
    g_free (self->spare[--self->n_spare]);
}

static void
btfw_crypt_storage_close (BtfwStorage *storage)
{
  BtfwCryptStorage *self = BTFW_CRYPT_STORAGE (storage);

  if (self->lower != NULL)
    btfw_storage_close (self->lower);
  let_go (self);
}

static gboolean
open_keys (BtfwCryptStorage *self, GError **error)
{
  gboolean          is_default = self->key_file == NULL || self->key_file[0] == '\0';
  BtfwFileKeysSetup setup = {
    .lower = self->lower,
    .context = self->context,
    .below = self->below,
    .may_make_key = is_default,
    .cipher = self->cipher,
  };

  self->key_path = is_default ? btfw_key_file_make_default_path () : g_canonicalize_filename (self->key_file, NULL);
  setup.key_path = self->key_path;
  self->keys = btfw_file_keys_new (&setup, error);
  return self->keys != NULL;
}

static gboolean
open_lower (BtfwCryptStorage *self, BtfwStorageContext *context, BtfwStorage *lower, GError **error)
{
  g_autoptr (BtfwStorageContext) derived = NULL;

  self->below = btfw_sectors_derive (btfw_storage_context_get_layout (context));
  if (self->below == NULL)
    {
      g_set_error_literal (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_REFUSED, _("the torrent is too large to be encrypted"));
      return FALSE;
    }
  derived = btfw_storage_context_derive (context, self->below);
  if (!btfw_storage_open (lower, derived, error))
    return FALSE;

  self->lower = g_object_ref (lower);
  self->context = btfw_storage_context_ref (context);
  self->layout = btfw_storage_context_get_layout (context);
  return TRUE;
}

static gboolean
btfw_crypt_storage_open (BtfwStorage *storage, BtfwStorageContext *context, GError **error)
{
  BtfwCryptStorage *self = BTFW_CRYPT_STORAGE (storage);
  BtfwStorage      *lower = btfw_storage_context_get_lower (context);

  if (lower == NULL)
    {
      g_set_error_literal (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_REFUSED,
                           _("storage-crypt encrypts for a storage below it, as in --storage=crypt+file"));
      return FALSE;
    }
  if (open_lower (self, context, lower, error) && open_keys (self, error))
    return TRUE;

  btfw_crypt_storage_close (storage);
  return FALSE;
}

static gboolean
btfw_crypt_storage_stat (BtfwStorage *storage, guint32 file, BtfwFileStat *stat, GError **error)
{
  BtfwCryptStorage *self = BTFW_CRYPT_STORAGE (storage);

  if (!check_range (self, 0, 0, error) || !btfw_storage_stat (self->lower, file, stat, error))
    return FALSE;
  if (stat->exists)
    stat->size = btfw_sectors_get_plain_size (self->layout, self->below, file, stat->size);
  return TRUE;
}

static gboolean
btfw_crypt_storage_move (BtfwStorage        *storage,
                         BtfwStorageContext *context,
                         BtfwStorageProgress progress,
                         gpointer            user_data,
                         GCancellable       *cancellable,
                         GError            **error)
{
  BtfwCryptStorage              *self = BTFW_CRYPT_STORAGE (storage);
  g_autoptr (BtfwStorageContext) derived = NULL;

  if (!check_range (self, 0, 0, error))
    return FALSE;
  derived = btfw_storage_context_derive (context, self->below);
  if (!btfw_storage_move (self->lower, derived, progress, user_data, cancellable, error))
    return FALSE;

  btfw_storage_context_unref (self->context);
  self->context = btfw_storage_context_ref (context);
  btfw_file_keys_set_context (self->keys, context);
  return TRUE;
}

static gboolean
btfw_crypt_storage_remove (BtfwStorage *storage, GError **error)
{
  BtfwCryptStorage *self = BTFW_CRYPT_STORAGE (storage);

  if (!check_range (self, 0, 0, error) || !btfw_storage_remove (self->lower, error))
    return FALSE;
  btfw_file_keys_forget (self->keys);
  return TRUE;
}

static gboolean
btfw_crypt_storage_wanted_changed (BtfwStorage *storage, GError **error)
{
  BtfwCryptStorage *self = BTFW_CRYPT_STORAGE (storage);

  return check_range (self, 0, 0, error) && btfw_storage_wanted_changed (self->lower, error);
}

/* No lease: what lies below is encrypted. */
static void
btfw_crypt_storage_iface_init (BtfwStorageInterface *iface)
{
  iface->open = btfw_crypt_storage_open;
  iface->readv = btfw_crypt_storage_readv;
  iface->writev = btfw_crypt_storage_writev;
  iface->flush = btfw_crypt_storage_flush;
  iface->close = btfw_crypt_storage_close;
  iface->stat = btfw_crypt_storage_stat;
  iface->move = btfw_crypt_storage_move;
  iface->remove = btfw_crypt_storage_remove;
  iface->wanted_changed = btfw_crypt_storage_wanted_changed;
}

/* --- Settings --- */

static void
btfw_crypt_storage_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  BtfwCryptStorage *self = BTFW_CRYPT_STORAGE (object);

  switch (id)
    {
    case PROP_KEY_FILE:
      g_value_set_string (value, self->key_file);
      break;
    case PROP_CIPHER:
      g_value_set_enum (value, (gint) self->cipher);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
btfw_crypt_storage_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  BtfwCryptStorage *self = BTFW_CRYPT_STORAGE (object);

  switch (id)
    {
    case PROP_KEY_FILE:
      g_free (self->key_file);
      self->key_file = g_value_dup_string (value);
      break;
    case PROP_CIPHER:
      self->cipher = (BtfwCryptCipher) g_value_get_enum (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
btfw_crypt_storage_dispose (GObject *object)
{
  btfw_crypt_storage_close (BTFW_STORAGE (object));
  G_OBJECT_CLASS (btfw_crypt_storage_parent_class)->dispose (object);
}

static void
btfw_crypt_storage_finalize (GObject *object)
{
  BtfwCryptStorage *self = BTFW_CRYPT_STORAGE (object);

  for (guint i = 0; i < LOCKS; i++)
    pthread_rwlock_destroy (&self->locks[i]);
  pthread_mutex_destroy (&self->mutex);
  g_free (self->key_file);
  G_OBJECT_CLASS (btfw_crypt_storage_parent_class)->finalize (object);
}

#define FLAGS (G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS)

static void
btfw_crypt_storage_class_init (BtfwCryptStorageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = btfw_crypt_storage_dispose;
  object_class->finalize = btfw_crypt_storage_finalize;
  object_class->get_property = btfw_crypt_storage_get_property;
  object_class->set_property = btfw_crypt_storage_set_property;

  props[PROP_KEY_FILE] =
    g_param_spec_string ("key-file", NULL,
                         N_("the file with the key, 32 bytes; empty for one in the configuration folder, which is made when it is missing"),
                         "", FLAGS);
  props[PROP_CIPHER] = g_param_spec_enum ("cipher", NULL, N_("what new files are encrypted with"),
                                          g_enum_register_static ("BtfwCryptCipher", cipher_values), BTFW_CIPHER_AES_256_GCM, FLAGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
btfw_crypt_storage_init (BtfwCryptStorage *self)
{
  pthread_mutex_init (&self->mutex, NULL);
  for (guint i = 0; i < LOCKS; i++)
    pthread_rwlock_init (&self->locks[i], NULL);
}

BTFW_PLUGIN_DEFINE (storage, crypt, btfw_crypt_storage_get_type,
                    .version = BTFW_VERSION,
                    .description = "encrypts what the storage below it keeps",
                    .license = "LGPL-2.1-or-later",
                    .origin = "btfw");
