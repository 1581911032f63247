/* file-keys.c: a bounded number of files' keys, each from the header of its file. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "file-keys.h"

#include "key-file.h"
#include "sectors.h"

#include <glib/gi18n-lib.h>
#include <gnutls/crypto.h>
#include <pthread.h>
#include <string.h>

#define SLOTS 64
/* So many files are looked at when the storage is opened, until one of them is ours. */
#define FILES_PROBED_MAX 64

/* One file's; another one that comes takes its place. The lock is held while the
 * header is read or made, so that it is made once. */
typedef struct
{
  pthread_mutex_t mutex;
  gboolean        is_set;
  guint32         file;
  guint8          header[BTFW_CRYPT_HEADER_SIZE];
  BtfwFileKey     key;
} Slot;

struct _BtfwFileKeys
{
  BtfwFileKeysSetup setup;
  BtfwLayout       *layout;
  BtfwInfoHash     *info_hash;
  pthread_mutex_t   mutex; /* guards the key */
  gboolean          has_key;
  guint8            master[BTFW_CRYPT_KEY_SIZE];
  guint8           *seen; /* one a file, atomic: it had a header, so when there is none it vanished */
  Slot              slots[SLOTS];
};

static Slot *
lock_slot (BtfwFileKeys *self, guint32 file)
{
  Slot *slot = &self->slots[file % SLOTS];

  pthread_mutex_lock (&slot->mutex);
  return slot;
}

static gboolean
is_gone (const GError *error)
{
  return g_error_matches (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE);
}

char *
btfw_file_keys_make_path (BtfwFileKeys *self, guint32 file)
{
  g_autoptr (BtfwDir) dir = btfw_storage_context_find_dir (self->setup.context, NULL);
  g_autofree char    *path = g_build_filename (dir != NULL ? btfw_dir_get_path (dir) : "",
                                               btfw_layout_get_file_path (self->layout, file), NULL);

  return g_filename_display_name (path);
}

/* --- The key --- */

/* Every use of the key comes after this, so that each thread sees it whole. That
 * there is none is not about a file of the torrent, whose loss would be another
 * kind of error. */
static gboolean
need_key (BtfwFileKeys *self, gboolean make, GError **error)
{
  g_autoptr (GError) local = NULL;
  gboolean           has_key;

  pthread_mutex_lock (&self->mutex);
  if (!self->has_key)
    self->has_key = btfw_key_file_read (self->setup.key_path, self->master, &local);
  if (!self->has_key && make && self->setup.may_make_key && is_gone (local))
    {
      g_clear_error (&local);
      self->has_key = btfw_key_file_make (self->setup.key_path, self->master, &local);
    }
  has_key = self->has_key;
  pthread_mutex_unlock (&self->mutex);

  if (is_gone (local))
    local->code = BTFW_STORAGE_ERROR_REFUSED;
  if (!has_key)
    g_propagate_error (error, g_steal_pointer (&local));
  return has_key;
}

/* --- Headers --- */

static gboolean
read_header (BtfwFileKeys *self, guint32 file, guint8 *header, GError **error)
{
  GInputVector vector = { header, BTFW_CRYPT_HEADER_SIZE };

  return btfw_storage_readv (self->setup.lower, btfw_layout_get_file_offset (self->setup.below, file), &vector, 1, error);
}

static gboolean
fail_verdict (BtfwFileKeys *self, guint32 file, BtfwHeaderVerdict verdict, GError **error)
{
  g_autofree char *path = btfw_file_keys_make_path (self, file);
  g_autofree char *key = g_filename_display_name (self->setup.key_path);

  switch (verdict)
    {
    case BTFW_HEADER_ABSENT:
      g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE, _("nothing was ever written to “%s”"), path);
      break;
    case BTFW_HEADER_FOREIGN:
      g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_REFUSED,
                   _("“%s” is there already and is not encrypted; choose another folder with --dir, or move it away"), path);
      break;
    case BTFW_HEADER_NEWER:
      g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_REFUSED,
                   _("“%s” was encrypted in a way that this version does not know"), path);
      break;
    case BTFW_HEADER_OTHER_KEY:
      g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_REFUSED,
                   _("“%s” was encrypted with another key than the one in “%s”; name the right one with key-file="), path, key);
      break;
    case BTFW_HEADER_MISPLACED:
      g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_BROKEN,
                   _("“%s” was tampered with: its header is not that of this file of this torrent; remove it, and it comes anew"), path);
      break;
    case BTFW_HEADER_VALID:
    default:
      g_assert_not_reached ();
    }
  return FALSE;
}

/* With the slot's lock. */
static void
set_slot (BtfwFileKeys *self, Slot *slot, guint32 file, const guint8 *header, const BtfwFileKey *key)
{
  slot->is_set = TRUE;
  slot->file = file;
  memcpy (slot->header, header, BTFW_CRYPT_HEADER_SIZE);
  slot->key = *key;
  __atomic_store_n (&self->seen[file], 1, __ATOMIC_RELAXED);
}

static gboolean
has_header (const Slot *slot, guint32 file, const guint8 *header)
{
  return slot->is_set && slot->file == file && memcmp (slot->header, header, BTFW_CRYPT_HEADER_SIZE) == 0;
}

static BtfwHeaderVerdict
judge (BtfwFileKeys *self, guint32 file, const guint8 *header, BtfwFileKey *key)
{
  return btfw_header_read (header, self->master, self->info_hash, file, key);
}

/* Into the slot, with its lock. */
static gboolean
load (BtfwFileKeys *self, Slot *slot, guint32 file, GError **error)
{
  guint8            header[BTFW_CRYPT_HEADER_SIZE];
  BtfwFileKey       key;
  BtfwHeaderVerdict verdict;

  if (slot->is_set && slot->file == file)
    return TRUE;
  if (!read_header (self, file, header, error))
    return FALSE;
  if (btfw_header_is_ours (header) && !need_key (self, FALSE, error))
    return FALSE;

  verdict = judge (self, file, header, &key);
  if (verdict != BTFW_HEADER_VALID)
    return fail_verdict (self, file, verdict, error);
  set_slot (self, slot, file, header, &key);
  gnutls_memset (&key, 0, sizeof key);
  return TRUE;
}

gboolean
btfw_file_keys_find (BtfwFileKeys *self, guint32 file, BtfwFileKey *key, GError **error)
{
  Slot    *slot = lock_slot (self, file);
  gboolean found = load (self, slot, file, error);

  if (found)
    *key = slot->key;
  pthread_mutex_unlock (&slot->mutex);
  return found;
}

static gboolean
fail_vanished (BtfwFileKeys *self, Slot *slot, guint32 file, GError **error)
{
  g_autofree char *path = btfw_file_keys_make_path (self, file);

  /* Told once; then it may be made anew. */
  __atomic_store_n (&self->seen[file], 0, __ATOMIC_RELAXED);
  slot->is_set = FALSE;
  g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE, _("“%s” vanished or was exchanged"), path);
  return FALSE;
}

static gboolean
fail_cipher (GError **error)
{
  g_set_error_literal (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_BROKEN, _("the cryptographic library does not encrypt"));
  return FALSE;
}

static gboolean
write_header (BtfwFileKeys *self, Slot *slot, guint32 file, GError **error)
{
  guint8        header[BTFW_CRYPT_HEADER_SIZE];
  GOutputVector vector = { header, sizeof header };
  BtfwFileKey   key;

  if (__atomic_load_n (&self->seen[file], __ATOMIC_RELAXED))
    return fail_vanished (self, slot, file, error);
  if (!btfw_header_make (header, self->setup.cipher, self->master, self->info_hash, file,
                         btfw_layout_get_file_length (self->layout, file), &key))
    return fail_cipher (error);
  if (!btfw_storage_writev (self->setup.lower, btfw_layout_get_file_offset (self->setup.below, file), &vector, 1, error))
    return FALSE;

  set_slot (self, slot, file, header, &key);
  gnutls_memset (&key, 0, sizeof key);
  return TRUE;
}

/* The header is looked at each time: a file that was removed meanwhile is made
 * anew below, and records without a header could never be read. */
static gboolean
load_or_make (BtfwFileKeys *self, Slot *slot, guint32 file, GError **error)
{
  g_autoptr (GError) local = NULL;
  guint8             header[BTFW_CRYPT_HEADER_SIZE];
  BtfwHeaderVerdict  verdict;
  BtfwFileKey        key;

  if (!read_header (self, file, header, &local))
    {
      if (is_gone (local))
        return write_header (self, slot, file, error);
      g_propagate_error (error, g_steal_pointer (&local));
      return FALSE;
    }
  if (has_header (slot, file, header))
    return TRUE;

  verdict = judge (self, file, header, &key);
  if (verdict == BTFW_HEADER_ABSENT)
    return write_header (self, slot, file, error);
  if (verdict != BTFW_HEADER_VALID)
    return fail_verdict (self, file, verdict, error);
  set_slot (self, slot, file, header, &key);
  gnutls_memset (&key, 0, sizeof key);
  return TRUE;
}

gboolean
btfw_file_keys_need (BtfwFileKeys *self, guint32 file, BtfwFileKey *key, GError **error)
{
  Slot    *slot;
  gboolean found;

  if (!need_key (self, TRUE, error))
    return FALSE;

  slot = lock_slot (self, file);
  found = load_or_make (self, slot, file, error);
  if (found)
    *key = slot->key;
  pthread_mutex_unlock (&slot->mutex);
  return found;
}

gboolean
btfw_file_keys_have_changed (BtfwFileKeys *self, guint32 file)
{
  guint8   header[BTFW_CRYPT_HEADER_SIZE];
  Slot    *slot = lock_slot (self, file);
  gboolean changed = read_header (self, file, header, NULL) && !has_header (slot, file, header);

  if (changed && slot->file == file)
    slot->is_set = FALSE;
  pthread_mutex_unlock (&slot->mutex);
  return changed;
}

void
btfw_file_keys_forget (BtfwFileKeys *self)
{
  for (guint i = 0; i < SLOTS; i++)
    {
      self->slots[i].is_set = FALSE;
      gnutls_memset (&self->slots[i].key, 0, sizeof self->slots[i].key);
    }
  memset (self->seen, 0, btfw_layout_get_n_files (self->layout));
}

void
btfw_file_keys_set_context (BtfwFileKeys *self, BtfwStorageContext *context)
{
  self->setup.context = context;
}

/* --- From open to close --- */

/* With a wrong key, or where other files are, nothing is to be begun. What else may
 * be wrong with them shows when they are read. */
static gboolean
probe (BtfwFileKeys *self, GError **error)
{
  guint32 n_files = btfw_layout_get_n_files (self->layout);
  guint   n_probed = 0;

  for (guint32 file = 0; file < n_files && n_probed < FILES_PROBED_MAX; file++)
    {
      g_autoptr (GError) local = NULL;
      BtfwFileStat       st;
      BtfwFileKey        key;

      if (btfw_sectors_is_pad (self->layout, file) || btfw_layout_get_file_length (self->layout, file) == 0)
        continue;
      n_probed++;
      if (!btfw_storage_stat (self->setup.lower, file, &st, NULL) || !st.exists || st.size < BTFW_CRYPT_HEADER_SIZE)
        continue;
      if (btfw_file_keys_find (self, file, &key, &local))
        return TRUE;
      if (g_error_matches (local, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_REFUSED))
        {
          g_propagate_error (error, g_steal_pointer (&local));
          return FALSE;
        }
    }
  return TRUE;
}

BtfwFileKeys *
btfw_file_keys_new (const BtfwFileKeysSetup *setup, GError **error)
{
  BtfwFileKeys *self = g_new0 (BtfwFileKeys, 1);

  self->setup = *setup;
  self->layout = btfw_storage_context_get_layout (setup->context);
  self->info_hash = btfw_storage_context_get_info_hash (setup->context);
  self->seen = g_malloc0 (MAX (btfw_layout_get_n_files (self->layout), 1));
  pthread_mutex_init (&self->mutex, NULL);
  for (guint i = 0; i < SLOTS; i++)
    pthread_mutex_init (&self->slots[i].mutex, NULL);

  /* Where a key may be made, it is only missed when something is to be read. */
  if ((setup->may_make_key || need_key (self, FALSE, error)) && probe (self, error))
    return self;

  btfw_file_keys_free (self);
  return NULL;
}

void
btfw_file_keys_free (BtfwFileKeys *self)
{
  for (guint i = 0; i < SLOTS; i++)
    pthread_mutex_destroy (&self->slots[i].mutex);
  pthread_mutex_destroy (&self->mutex);
  g_free (self->seen);
  gnutls_memset (self, 0, sizeof *self);
  g_free (self);
}
