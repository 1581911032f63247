/* storage-crypt.c: sectors, records, headers and keys; and what the whole does with
 * files that somebody changed, exchanged, or that a kill left half-written. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "disk/storage-context.h"
#include "meta/layout.h"

#include "key-file.h"
#include "record.h"
#include "sectors.h"

#include <btfw/btfw-plugins.h>

#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PIECE (64u * 1024)
#define HEADER BTFW_CRYPT_HEADER_SIZE
#define RECORD (BTFW_SECTOR_SIZE + BTFW_RECORD_END_SIZE)
#define THREADS 4

static const guint8 some_hash[20] = { 5 };
static const guint8 other_hash[20] = { 6 };

static BtfwPlugins *plugins;

/* --- Sectors --- */

typedef struct
{
  const char *name;
  guint32     piece_size;
  guint64     lengths[6];
  guint32     pads; /* bits: which are pads */
} LayoutCase;

static const LayoutCase layout_cases[] = {
  { "one-file", PIECE, { 1000000 }, 0 },
  { "many", PIECE, { 100001, 0, 1, 31070, 400000, 7 }, 1 << 3 },
  { "smaller-pieces-than-sectors", 1000, { 5000, 1, 999, 1001, 16384, 3 }, 0 },
  { "odd-pieces", 50001, { 50001, 1, 200000, 16384, 16385, 16383 }, 0 },
  { "one-byte", 16384, { 1 }, 0 },
  { "whole-sectors", 16384, { 16384, 32768, 16384 }, 0 },
};

static BtfwLayout *
make_layout (const LayoutCase *row)
{
  BtfwLayoutBuilder *builder = btfw_layout_builder_new (BTFW_LAYOUT_PACKED, row->piece_size);

  for (guint i = 0; i < G_N_ELEMENTS (row->lengths) && (i == 0 || row->lengths[i] > 0 || row->lengths[i + 1 < 6 ? i + 1 : i] > 0); i++)
    {
      g_autofree char *path = g_strdup_printf ("t/%u", i);

      g_assert_true (btfw_layout_builder_add (builder, path, row->lengths[i], row->pads >> i & 1 ? BTFW_FILE_PAD : 0, NULL));
    }
  return btfw_layout_builder_finish (builder);
}

/* Each byte is in one sector; sectors lie side by side, in both layouts, and none
 * reaches over the end of a piece. */
static void
test_sectors_cover_every_file (gconstpointer data)
{
  g_autoptr (BtfwLayout) layout = make_layout (data);
  g_autoptr (BtfwLayout) below = btfw_sectors_derive (layout);
  guint32                piece_size = btfw_layout_get_piece_size (layout);

  g_assert_cmpuint (btfw_layout_get_n_files (below), ==, btfw_layout_get_n_files (layout));
  for (guint32 file = 0; file < btfw_layout_get_n_files (layout); file++)
    {
      guint64 offset = btfw_layout_get_file_offset (layout, file);
      guint64 end = offset + btfw_layout_get_file_length (layout, file);
      guint64 place = btfw_layout_get_file_offset (below, file) + HEADER;

      if (offset == end || btfw_sectors_is_pad (layout, file))
        {
          g_assert_cmpuint (btfw_layout_get_file_length (below, file), ==, 0);
          continue;
        }
      for (guint64 number = 0; offset < end; number++)
        {
          BtfwSector sector = btfw_sectors_find (layout, below, offset);
          BtfwSector same = btfw_sectors_find (layout, below, offset + sector.length - 1);

          g_assert_cmpuint (sector.number, ==, same.number);
          g_assert_cmpuint (sector.offset, ==, same.offset);
          g_assert_cmpuint (sector.file, ==, file);
          g_assert_cmpuint (sector.number, ==, number);
          g_assert_cmpuint (sector.offset, ==, offset);
          g_assert_cmpuint (sector.place, ==, place);
          g_assert_cmpuint (sector.length, >, 0);
          g_assert_cmpuint (sector.length, <=, BTFW_SECTOR_SIZE);
          g_assert_cmpuint (offset / piece_size, ==, (offset + sector.length - 1) / piece_size);
          offset += sector.length;
          place += sector.length + BTFW_RECORD_END_SIZE;
        }
      g_assert_cmpuint (offset, ==, end);
      g_assert_cmpuint (place, ==, btfw_layout_get_file_offset (below, file) + btfw_layout_get_file_length (below, file));
    }
}

/* A file that was cut has the bytes of its whole records, and no others. */
static void
test_plain_size_is_of_whole_records (gconstpointer data)
{
  g_autoptr (BtfwLayout) layout = make_layout (data);
  g_autoptr (BtfwLayout) below = btfw_sectors_derive (layout);

  for (guint32 file = 0; file < btfw_layout_get_n_files (layout); file++)
    {
      guint64 begin = btfw_layout_get_file_offset (layout, file);
      guint64 length = btfw_layout_get_file_length (layout, file);
      guint64 whole = btfw_layout_get_file_length (below, file);
      guint64 expected = 0;

      if (whole == 0)
        continue;
      for (guint64 size = 0; size < whole; size += size % 977 == 0 ? 1 : MIN (977, whole - size))
        {
          while (expected < length)
            {
              BtfwSector next = btfw_sectors_find (layout, below, begin + expected);

              if (next.place + next.length + BTFW_RECORD_END_SIZE - btfw_layout_get_file_offset (below, file) > size)
                break;
              expected += next.length;
            }
          g_assert_cmpuint (btfw_sectors_get_plain_size (layout, below, file, size), ==, expected);
        }
      g_assert_cmpuint (btfw_sectors_get_plain_size (layout, below, file, whole - 1), <, length);
      g_assert_cmpuint (btfw_sectors_get_plain_size (layout, below, file, whole), ==, length);
      g_assert_cmpuint (btfw_sectors_get_plain_size (layout, below, file, whole + 5), ==, length + 5);
    }
}

/* --- Records --- */

static BtfwSealer *
make_sealer (BtfwCryptCipher cipher, guint8 first)
{
  BtfwFileKey key = { cipher, { first } };

  return btfw_sealer_new (&key);
}

static void
test_record_opens_only_as_it_was (gconstpointer data)
{
  BtfwCryptCipher        cipher = GPOINTER_TO_UINT (data);
  g_autoptr (BtfwSealer) sealer = make_sealer (cipher, 1);
  g_autoptr (BtfwSealer) other = make_sealer (cipher, 2);
  guint8                 plain[300], back[301], record[300 + BTFW_RECORD_END_SIZE], again[sizeof record];

  for (guint i = 0; i < sizeof plain; i++)
    plain[i] = (guint8) i;
  g_assert_true (btfw_sealer_seal (sealer, 7, plain, sizeof plain, record));
  g_assert_true (btfw_sealer_seal (sealer, 7, plain, sizeof plain, again));
  g_assert_cmpint (memcmp (record, again, sizeof plain), !=, 0);
  g_assert_cmpint (btfw_sealer_open (sealer, 7, record, sizeof plain, back), ==, BTFW_RECORD_WHOLE);
  g_assert_cmpmem (back, sizeof plain, plain, sizeof plain);

  /* Another place, key or length. */
  g_assert_cmpint (btfw_sealer_open (sealer, 8, record, sizeof plain, back), ==, BTFW_RECORD_TAMPERED);
  g_assert_cmpint (btfw_sealer_open (other, 7, record, sizeof plain, back), ==, BTFW_RECORD_TAMPERED);
  for (guint i = 0; i < sizeof plain; i++)
    g_assert_cmpint (back[i], ==, 0);
  for (guint i = 0; i < sizeof record; i++)
    for (guint bit = 0; bit < 8; bit += 7)
      {
        record[i] ^= (guint8) (1 << bit);
        g_assert_cmpint (btfw_sealer_open (sealer, 7, record, sizeof plain, back), !=, BTFW_RECORD_WHOLE);
        g_assert_cmpint (btfw_sealer_open (sealer, 7, record, sizeof plain, back), ==,
                         record[sizeof record - 1] == 0 ? BTFW_RECORD_ABSENT : BTFW_RECORD_TAMPERED);
        record[i] ^= (guint8) (1 << bit);
      }
  memset (record, 0, sizeof record);
  g_assert_cmpint (btfw_sealer_open (sealer, 7, record, sizeof plain, back), ==, BTFW_RECORD_ABSENT);
}

static void
test_header_tells_what_is_wrong (void)
{
  static const guint8      key[32] = { 1 }, other_key[32] = { 2 };
  g_autoptr (BtfwInfoHash) hash = btfw_info_hash_new (some_hash, NULL);
  g_autoptr (BtfwInfoHash) other = btfw_info_hash_new (other_hash, NULL);
  guint8                   header[HEADER], twin[HEADER], changed[HEADER];
  BtfwFileKey              made, read, second;

  g_assert_true (btfw_header_make (header, BTFW_CIPHER_AES_256_GCM, key, hash, 3, 1000, &made));
  g_assert_true (btfw_header_make (twin, BTFW_CIPHER_AES_256_GCM, key, hash, 3, 1000, &second));
  g_assert_cmpint (memcmp (made.key, second.key, sizeof made.key), !=, 0);
  g_assert_cmpint (btfw_header_read (header, key, hash, 3, &read), ==, BTFW_HEADER_VALID);
  g_assert_cmpmem (read.key, sizeof read.key, made.key, sizeof made.key);
  g_assert_cmpint (btfw_header_read (header, other_key, hash, 3, &read), ==, BTFW_HEADER_OTHER_KEY);
  g_assert_cmpint (btfw_header_read (header, key, other, 3, &read), ==, BTFW_HEADER_MISPLACED);
  g_assert_cmpint (btfw_header_read (header, key, hash, 4, &read), ==, BTFW_HEADER_MISPLACED);

  for (guint i = 0; i < HEADER; i++)
    {
      memcpy (changed, header, HEADER);
      changed[i] ^= 0x80;
      g_assert_cmpint (btfw_header_read (changed, key, hash, 3, &read), !=, BTFW_HEADER_VALID);
    }
  memcpy (changed, header, HEADER);
  changed[8] = BTFW_CIPHER_CHACHA20_POLY1305;
  g_assert_cmpint (btfw_header_read (changed, key, hash, 3, &read), ==, BTFW_HEADER_MISPLACED);
  changed[7] = 9;
  g_assert_cmpint (btfw_header_read (changed, key, hash, 3, &read), ==, BTFW_HEADER_NEWER);
  memcpy (changed, header, HEADER);
  memset (changed + 96, 0, 32);
  g_assert_cmpint (btfw_header_read (changed, key, hash, 3, &read), ==, BTFW_HEADER_ABSENT);
  memset (changed, 0, HEADER);
  g_assert_cmpint (btfw_header_read (changed, key, hash, 3, &read), ==, BTFW_HEADER_ABSENT);
  memset (changed, 'a', HEADER);
  g_assert_cmpint (btfw_header_read (changed, key, hash, 3, &read), ==, BTFW_HEADER_FOREIGN);
}

/* --- The key file --- */

typedef struct
{
  const char *name;
  guint       size;
  guint       mode;
  gboolean    is_taken;
} KeyCase;

static const KeyCase key_cases[] = {
  { "right", 32, 0600, TRUE },
  { "read-only", 32, 0400, TRUE },
  { "group-may-read", 32, 0640, FALSE },
  { "others-may-read", 32, 0604, FALSE },
  { "others-may-write", 32, 0602, FALSE },
  { "short", 31, 0600, FALSE },
  { "long", 33, 0600, FALSE },
  { "empty", 0, 0600, FALSE },
};

static void
test_key_file (gconstpointer data)
{
  const KeyCase     *row = data;
  g_autofree char   *folder = g_dir_make_tmp ("btfw-key-XXXXXX", NULL);
  g_autofree char   *path = g_build_filename (folder, "the key", NULL);
  g_autoptr (GError) error = NULL;
  char               bytes[33];
  guint8             key[32];

  memset (bytes, 'k', sizeof bytes);
  g_assert_true (g_file_set_contents (path, bytes, row->size, NULL));
  g_assert_cmpint (g_chmod (path, row->mode), ==, 0);
  g_assert_cmpint (btfw_key_file_read (path, key, &error), ==, row->is_taken);
  if (row->is_taken)
    g_assert_cmpmem (key, 32, bytes, 32);
  else
    {
      g_assert_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_REFUSED);
      g_assert_nonnull (strstr (error->message, path));
      g_assert_nonnull (strstr (error->message, row->mode == 0600 ? "head -c 32 /dev/urandom" : "chmod 600 '"));
    }
  g_remove (path);
  g_rmdir (folder);
}

static void
test_key_file_is_made_once (void)
{
  g_autofree char   *folder = g_dir_make_tmp ("btfw-key-XXXXXX", NULL);
  g_autofree char   *inside = g_build_filename (folder, "a", NULL);
  g_autofree char   *path = g_build_filename (inside, "key", NULL);
  g_autoptr (GError) error = NULL;
  guint8             first[32], second[32], third[32];
  struct stat        st;

  g_assert_false (btfw_key_file_read (path, first, &error));
  g_assert_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE);
  g_assert_nonnull (strstr (error->message, "head -c 32 /dev/urandom"));
  g_clear_error (&error);
  g_assert_true (btfw_key_file_make (path, first, &error));
  g_assert_true (btfw_key_file_make (path, second, &error));
  g_assert_true (btfw_key_file_read (path, third, &error));
  g_assert_no_error (error);
  g_assert_cmpmem (first, 32, second, 32);
  g_assert_cmpmem (first, 32, third, 32);
  g_assert_cmpint (g_stat (path, &st), ==, 0);
  g_assert_cmpint (st.st_mode & 0777, ==, 0600);
  g_remove (path);
  g_assert_cmpint (g_rmdir (inside), ==, 0); /* with nothing left beside it */
  g_rmdir (folder);
}

/* --- The whole --- */

typedef struct
{
  char               *root;
  char               *save;
  char               *key;
  BtfwLayout         *layout;
  GPtrArray          *stack;
  BtfwStorage        *top;
  BtfwStorageContext *context;
  guint8             *content;
  gsize               size;
} Place;

static const LayoutCase place_layout = { "", PIECE, { 100001, 50000, 200000 }, 0 };

static void
make_key (const char *path, char fill)
{
  char bytes[32];

  memset (bytes, fill, sizeof bytes);
  g_assert_true (g_file_set_contents_full (path, bytes, sizeof bytes, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
}

static void
stack_up (Place *self, const char *format, const guint8 *hash)
{
  g_autoptr (BtfwInfoHash) info_hash = btfw_info_hash_new (hash, NULL);
  g_autofree char         *state = g_build_filename (self->root, "state", NULL);
  g_auto (GStrv)           parts = g_strsplit (format, "KEY", -1);
  g_autofree char         *setting = g_strconcat ("key-file=", self->key, NULL);
  g_autofree char         *spec = g_strjoinv (setting, parts);
  g_autoptr (GError)       error = NULL;

  g_clear_pointer (&self->context, btfw_storage_context_unref);
  g_clear_pointer (&self->stack, g_ptr_array_unref);
  self->stack = btfw_plugins_create_stack (plugins, "storage", spec, &error);
  g_assert_no_error (error);
  self->top = g_ptr_array_index (self->stack, 0);
  self->context = btfw_storage_context_new (info_hash, self->layout, self->stack, self->save, state);
}

static Place *
place_new (const char *format)
{
  Place *self = g_new0 (Place, 1);

  self->root = g_dir_make_tmp ("btfw-crypt-XXXXXX", NULL);
  self->save = g_build_filename (self->root, "save", NULL);
  self->key = g_build_filename (self->root, "key", NULL);
  make_key (self->key, 'k');
  self->layout = make_layout (&place_layout);
  self->size = btfw_layout_get_size (self->layout);
  self->content = g_malloc (self->size);
  for (gsize i = 0; i < self->size; i++)
    self->content[i] = (guint8) g_test_rand_int ();
  stack_up (self, format, some_hash);
  return self;
}

static void
open_place (Place *self)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (btfw_storage_open (self->top, self->context, &error));
  g_assert_no_error (error);
}

static void
reopen (Place *self)
{
  btfw_storage_close (self->top);
  open_place (self);
}

static void
remove_tree (const char *path)
{
  GDir       *dir = g_dir_open (path, 0, NULL);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      remove_tree (child);
    }
  g_clear_pointer (&dir, g_dir_close);
  g_remove (path);
}

static void
place_free (Place *self)
{
  btfw_storage_close (self->top);
  btfw_storage_context_unref (self->context);
  g_ptr_array_unref (self->stack);
  btfw_layout_unref (self->layout);
  remove_tree (self->root);
  g_free (self->root);
  g_free (self->save);
  g_free (self->key);
  g_free (self->content);
  g_free (self);
}

static gboolean
try_write (Place *self, gsize offset, gsize size, GError **error)
{
  GOutputVector vectors[2] = { { self->content + offset, size / 3 }, { self->content + offset + size / 3, size - size / 3 } };

  return btfw_storage_writev (self->top, offset, vectors, 2, error);
}

static void
write_range (Place *self, gsize offset, gsize size)
{
  g_autoptr (GError) error = NULL;

  g_assert_true (try_write (self, offset, size, &error));
  g_assert_no_error (error);
}

static gboolean
try_read (Place *self, gsize offset, gsize size, guint8 *data, GError **error)
{
  GInputVector vectors[2] = { { data, size / 2 }, { data + size / 2, size - size / 2 } };

  return btfw_storage_readv (self->top, offset, vectors, 2, error);
}

static void
assert_range (Place *self, gsize offset, gsize size)
{
  g_autofree guint8 *data = g_malloc (size);
  g_autoptr (GError) error = NULL;

  g_assert_true (try_read (self, offset, size, data, &error));
  g_assert_no_error (error);
  g_assert_cmpmem (data, size, self->content + offset, size);
}

static void
assert_fails (Place *self, gsize offset, gsize size, BtfwStorageError kind, const char *text)
{
  g_autofree guint8 *data = g_malloc (size);
  g_autoptr (GError) error = NULL;

  g_assert_false (try_read (self, offset, size, data, &error));
  g_assert_error (error, BTFW_STORAGE_ERROR, (int) kind);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, text));
}

static char *
make_path (Place *self, guint file)
{
  g_autofree char *name = g_strdup_printf ("t/%u", file);

  return g_build_filename (self->save, name, NULL);
}

/* What is in the file, changed by a function's hand. */
static void
change_file (Place *self, guint file, gsize at, const void *bytes, gsize size)
{
  g_autofree char *path = make_path (self, file);
  int              fd = g_open (path, O_WRONLY, 0);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (pwrite (fd, bytes, size, (off_t) at), ==, (gssize) size);
  close (fd);
}

static void
assert_encrypted (Place *self, guint file)
{
  g_autofree char *path = make_path (self, file);
  g_autofree char *bytes = NULL;
  gsize            size;

  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  g_assert_cmpuint (size, >, btfw_layout_get_file_length (self->layout, file));
  for (gsize at = 0; at + 64 < btfw_layout_get_file_length (self->layout, file); at += 500)
    g_assert_null (memmem (bytes, size, self->content + btfw_layout_get_file_offset (self->layout, file) + at, 16));
}

static void
test_stack_gives_back_what_it_took (gconstpointer data)
{
  Place       *place = place_new (data);
  BtfwFileStat st;

  open_place (place);
  write_range (place, 0, place->size);
  assert_range (place, 0, place->size);
  g_assert_true (btfw_storage_flush (place->top, NULL));
  reopen (place);
  assert_range (place, 0, place->size);
  for (guint32 file = 0; file < 3; file++)
    {
      g_assert_true (btfw_storage_stat (place->top, file, &st, NULL));
      g_assert_true (st.exists);
      g_assert_cmpuint (st.size, ==, btfw_layout_get_file_length (place->layout, file));
      assert_encrypted (place, file);
    }
  g_assert_null (btfw_storage_lease (place->top, 0, 1000));
  place_free (place);
}

static void
test_tampered_sector_is_named (void)
{
  Place *place = place_new ("crypt,KEY+file");

  open_place (place);
  write_range (place, 0, place->size);
  change_file (place, 2, HEADER + 2 * RECORD + 77, "x", 1);
  assert_range (place, 0, 150001);
  assert_fails (place, 150001, 200000, BTFW_STORAGE_ERROR_BROKEN, "t/2");
  /* Written anew it is whole again. */
  write_range (place, 150001 + BTFW_SECTOR_SIZE, 60000);
  assert_range (place, 0, place->size);
  place_free (place);
}

/* Records of one file exchanged; a whole file put in the place of another; the
 * records of one under the header of the other. */
static void
test_exchanged_bytes_are_noticed (void)
{
  Place           *place = place_new ("crypt,KEY+file");
  g_autofree char *second = make_path (place, 1);
  g_autofree char *third = make_path (place, 2);
  g_autofree char *bytes = NULL;
  g_autofree char *others = NULL;
  gsize            size, others_size;

  open_place (place);
  write_range (place, 0, place->size);
  g_assert_true (g_file_get_contents (third, &bytes, &size, NULL));
  g_assert_true (g_file_get_contents (second, &others, &others_size, NULL));

  change_file (place, 2, HEADER, bytes + HEADER + 4 * RECORD, 2 * RECORD);
  assert_fails (place, 150001, 100, BTFW_STORAGE_ERROR_BROKEN, "t/2");
  change_file (place, 2, 0, bytes, size);
  assert_range (place, 0, place->size);

  change_file (place, 2, 0, others, others_size);
  assert_fails (place, 150001, 100, BTFW_STORAGE_ERROR_BROKEN, "t/2");
  reopen (place);
  assert_fails (place, 150001, 100, BTFW_STORAGE_ERROR_BROKEN, "t/2");
  change_file (place, 2, 0, bytes, HEADER);
  assert_fails (place, 150001, 100, BTFW_STORAGE_ERROR_BROKEN, "t/2");
  change_file (place, 2, 0, bytes, size);
  assert_range (place, 0, place->size);
  place_free (place);
}

static void
test_other_torrent_cannot_read_it (void)
{
  Place *place = place_new ("crypt,KEY+file");

  open_place (place);
  write_range (place, 0, place->size);
  btfw_storage_close (place->top);
  stack_up (place, "crypt,KEY+file", other_hash);
  open_place (place);
  assert_fails (place, 0, 100, BTFW_STORAGE_ERROR_BROKEN, "t/0");
  place_free (place);
}

static void
test_what_was_wiped_or_never_written_is_gone (void)
{
  Place           *place = place_new ("crypt,KEY+file");
  g_autofree char *path = make_path (place, 0);
  static char      zeros[RECORD];

  open_place (place);
  assert_fails (place, 0, 100, BTFW_STORAGE_ERROR_GONE, "save");
  write_range (place, 0, 16384);
  write_range (place, 49152, 16384);
  assert_fails (place, 16384, 100, BTFW_STORAGE_ERROR_GONE, "t/0");
  assert_fails (place, 0, 20000, BTFW_STORAGE_ERROR_GONE, "t/0");
  assert_fails (place, 90000, 100, BTFW_STORAGE_ERROR_GONE, "t/0");
  assert_range (place, 0, 16384);
  assert_range (place, 49152, 16384);
  change_file (place, 0, HEADER, zeros, RECORD);
  assert_fails (place, 0, 16384, BTFW_STORAGE_ERROR_GONE, "t/0");
  g_assert_cmpint (truncate (path, HEADER + 4 * RECORD - 1), ==, 0);
  assert_fails (place, 49152, 16384, BTFW_STORAGE_ERROR_GONE, "t/0");
  place_free (place);
}

static void
assert_not_opened (Place *place, const char *text, const char *more)
{
  g_autoptr (GError) error = NULL;

  g_assert_false (btfw_storage_open (place->top, place->context, &error));
  g_assert_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_REFUSED);
  g_test_message ("%s", error->message);
  g_assert_nonnull (strstr (error->message, text));
  g_assert_nonnull (strstr (error->message, more));
}

static void
test_wrong_key_is_named (void)
{
  Place *place = place_new ("crypt,KEY+file");

  open_place (place);
  write_range (place, 0, place->size);
  btfw_storage_close (place->top);
  make_key (place->key, 'x');
  assert_not_opened (place, "another key", place->key);
  g_remove (place->key);
  assert_not_opened (place, place->key, "head -c 32");
  make_key (place->key, 'k');
  open_place (place);
  assert_range (place, 0, place->size);
  place_free (place);
}

/* Files that are not encrypted are somebody's. */
static void
test_plain_files_are_left_alone (void)
{
  Place             *place = place_new ("crypt,KEY+file");
  g_autofree char   *path = make_path (place, 1);
  g_autofree char   *folder = g_path_get_dirname (path);
  g_autofree char   *bytes = NULL;
  g_autoptr (GError) error = NULL;
  gsize              size;

  g_mkdir_with_parents (folder, 0700);
  open_place (place);
  g_assert_true (g_file_set_contents (path, (const char *) place->content, 5000, NULL));
  g_assert_false (try_write (place, 0, place->size, &error));
  g_assert_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_REFUSED);
  btfw_storage_close (place->top);
  g_assert_true (g_file_get_contents (path, &bytes, &size, NULL));
  g_assert_cmpmem (bytes, size, place->content, 5000);
  g_remove (path);
  open_place (place);
  g_assert_true (g_file_set_contents (path, (const char *) place->content, 5000, NULL));
  btfw_storage_close (place->top);
  change_file (place, 0, 0, place->content, 500);
  assert_not_opened (place, "t/0", "not encrypted");
  place_free (place);
}

/* Told once, as of an ordinary file; what comes afterwards can be read. */
static void
test_file_that_vanished_gets_a_header_again (void)
{
  Place             *place = place_new ("crypt,KEY+file");
  g_autofree char   *path = make_path (place, 0);
  g_autoptr (GError) error = NULL;

  open_place (place);
  write_range (place, 0, 65536);
  g_assert_cmpint (truncate (path, 0), ==, 0);
  g_assert_false (try_write (place, 65536, 16384, &error));
  g_assert_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE);
  write_range (place, 65536, 16384);
  assert_range (place, 65536, 16384);
  assert_fails (place, 0, 16384, BTFW_STORAGE_ERROR_GONE, "t/0");
  reopen (place);
  assert_range (place, 65536, 16384);
  place_free (place);
}

/* After a kill the file has any beginning of what was being written, and the rest
 * of what was there. Whatever it is, nothing else than the truth is read, and what
 * belongs to other pieces is untouched. */
static void
test_writes_cut_short_never_lie (void)
{
  Place              *place = place_new ("crypt,KEY+file");
  g_autofree char    *path = make_path (place, 0);
  g_autofree char    *before = NULL;
  g_autofree char    *after = NULL;
  g_autofree guint8  *data = g_malloc (32768);
  gsize               size, after_size;
  guint               n_gone = 0;

  open_place (place);
  write_range (place, 0, 65536);
  g_assert_true (g_file_get_contents (path, &before, &size, NULL));
  write_range (place, 65536, 32768);
  g_assert_true (g_file_get_contents (path, &after, &after_size, NULL));
  g_assert_cmpuint (after_size, ==, size + 2 * RECORD);
  g_assert_cmpmem (after, size, before, size);

  for (gsize cut = size; cut < after_size; cut += cut + 40 > after_size || (cut - size) % RECORD > RECORD - 40 ? 1 : 500)
    {
      g_autoptr (GError) error = NULL;

      g_assert_cmpint (truncate (path, (off_t) cut), ==, 0);
      if (cut % 2 == 0) /* the length may come before the bytes */
        g_assert_cmpint (truncate (path, (off_t) after_size), ==, 0);
      if (!try_read (place, 65536, 32768, data, &error))
        {
          g_assert_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE);
          n_gone++;
        }
      g_assert_true (error != NULL || cut == after_size);
      assert_range (place, 0, 65536);
      change_file (place, 0, 0, after, after_size);
    }
  g_assert_cmpuint (n_gone, >, 60);
  assert_range (place, 0, 98304);
  place_free (place);
}

/* The same where something was written before, with a storage below that fails in
 * the middle of any of its writes. */
static void
test_rewrites_cut_short_never_lie (void)
{
  for (guint after = 0; after < 8; after++)
    {
      g_autofree char   *spec = g_strdup_printf ("crypt,KEY+fault,rate=1,ops=write,kind=full,short=true,count=1,after=%u+file", after);
      Place             *place = place_new ("crypt,KEY+file");
      g_autofree guint8 *old = NULL;
      g_autofree guint8 *data = g_malloc (16384);

      open_place (place);
      write_range (place, 0, 65536);
      old = g_memdup2 (place->content, place->size);
      btfw_storage_close (place->top);
      stack_up (place, spec, some_hash);
      open_place (place);
      for (guint i = 0; i < 3 * 16384; i++)
        place->content[i] ^= 0x55;
      if (try_write (place, 0, 3 * 16384, NULL))
        g_assert_cmpuint (after, >=, 4); /* three marks, and the records */
      for (guint i = 0; i < 4; i++)
        {
          g_autoptr (GError) error = NULL;

          if (try_read (place, i * 16384, 16384, data, &error))
            g_assert_true (memcmp (data, place->content + i * 16384, 16384) == 0 || memcmp (data, old + i * 16384, 16384) == 0);
          else
            g_assert_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE);
        }
      assert_range (place, 3 * 16384, 16384);
      if (!try_write (place, 0, 65536, NULL))
        write_range (place, 0, 65536);
      assert_range (place, 0, 65536);
      place_free (place);
    }
}

/* Parts of sectors, on several threads at the same time. */
typedef struct
{
  Place *place;
  guint  number;
  guint  n_failed;
} Worker;

static gpointer
work (gpointer data)
{
  Worker *self = data;
  guint8  back[100];

  for (gsize at = self->number * 100; at + 100 <= 100000; at += THREADS * 100)
    {
      self->n_failed += !try_write (self->place, at, 100, NULL);
      self->n_failed += !try_read (self->place, at, 100, back, NULL) || memcmp (back, self->place->content + at, 100) != 0;
    }
  return NULL;
}

static void
test_threads_meet_in_a_sector (void)
{
  Place   *place = place_new ("crypt,KEY+memory");
  GThread *threads[THREADS];
  Worker   workers[THREADS];

  open_place (place);
  for (guint i = 0; i < THREADS; i++)
    {
      workers[i] = (Worker){ place, i, 0 };
      threads[i] = g_thread_new ("work", work, &workers[i]);
    }
  for (guint i = 0; i < THREADS; i++)
    {
      g_thread_join (threads[i]);
      g_assert_cmpuint (workers[i].n_failed, ==, 0);
    }
  assert_range (place, 0, 100000);
  place_free (place);
}

static void
test_moves_with_the_stack (void)
{
  Place                         *place = place_new ("crypt,KEY+fault+file");
  g_autofree char               *elsewhere = g_build_filename (place->root, "elsewhere", NULL);
  g_autofree char               *left = make_path (place, 0);
  g_autofree char               *there = g_build_filename (elsewhere, "t", "0", NULL);
  g_autoptr (BtfwStorageContext) target = btfw_storage_context_new_at (place->context, elsewhere);
  g_autoptr (GCancellable)       cancelled = g_cancellable_new ();
  g_autoptr (GError)             error = NULL;

  open_place (place);
  write_range (place, 0, place->size);
  g_cancellable_cancel (cancelled);
  g_assert_false (btfw_storage_move (place->top, target, NULL, NULL, cancelled, NULL));
  assert_range (place, 0, place->size);
  g_assert_true (btfw_storage_move (place->top, target, NULL, NULL, NULL, &error));
  g_assert_no_error (error);
  assert_range (place, 0, place->size);
  g_assert_false (g_file_test (left, G_FILE_TEST_EXISTS));
  g_assert_true (g_file_test (there, G_FILE_TEST_EXISTS));
  write_range (place, 100, 5000);
  assert_range (place, 0, place->size);
  g_assert_true (btfw_storage_remove (place->top, &error));
  g_assert_false (g_file_test (there, G_FILE_TEST_EXISTS));
  place_free (place);
}

/* What stands in for a file that is not wanted is encrypted like the file. */
static void
test_files_that_become_wanted (void)
{
  static const guint8 some[] = { 1, 0, 1 };
  static const guint8 all[] = { 1, 1, 1 };
  Place              *place = place_new ("crypt,KEY+file");
  g_autofree char    *path = make_path (place, 1);

  btfw_storage_context_set_wanted (place->context, some, 3);
  open_place (place);
  write_range (place, 98304, 16384);
  assert_range (place, 98304, 16384);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  reopen (place);
  assert_range (place, 98304, 16384);
  btfw_storage_context_set_wanted (place->context, all, 3);
  g_assert_true (btfw_storage_wanted_changed (place->top, NULL));
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  assert_range (place, 98304, 16384);
  write_range (place, 0, place->size);
  assert_range (place, 0, place->size);
  place_free (place);
}

static void
test_needs_something_below (void)
{
  Place             *place = place_new ("crypt,KEY");
  g_autoptr (GError) error = NULL;

  g_assert_false (btfw_storage_open (place->top, place->context, &error));
  g_assert_nonnull (strstr (error->message, "crypt+file"));
  place_free (place);
}

/* With the first byte, and not before. */
static void
test_default_key_is_made (void)
{
  Place             *place = place_new ("crypt+file");
  g_autofree char   *path = btfw_key_file_make_default_path ();
  g_autoptr (GError) error = NULL;

  g_remove (path);
  open_place (place);
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  write_range (place, 0, place->size);
  g_assert_true (g_file_test (path, G_FILE_TEST_EXISTS));
  reopen (place);
  assert_range (place, 0, place->size);
  btfw_storage_close (place->top);
  g_remove (path);
  assert_not_opened (place, "storage-crypt.key", "head -c 32");
  g_assert_false (g_file_test (path, G_FILE_TEST_EXISTS));
  place_free (place);
}

static void
add_tables (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (layout_cases); i++)
    {
      g_autofree char *cover = g_strconcat ("/crypt/sectors/cover-every-file/", layout_cases[i].name, NULL);
      g_autofree char *size = g_strconcat ("/crypt/sectors/plain-size/", layout_cases[i].name, NULL);

      g_test_add_data_func (cover, &layout_cases[i], test_sectors_cover_every_file);
      g_test_add_data_func (size, &layout_cases[i], test_plain_size_is_of_whole_records);
    }
  for (guint i = 0; i < G_N_ELEMENTS (key_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/crypt/key-file/", key_cases[i].name, NULL);

      g_test_add_data_func (path, &key_cases[i], test_key_file);
    }
  g_test_add_data_func ("/crypt/record/aes-256-gcm", GUINT_TO_POINTER (1), test_record_opens_only_as_it_was);
  g_test_add_data_func ("/crypt/record/chacha20-poly1305", GUINT_TO_POINTER (2), test_record_opens_only_as_it_was);
  g_test_add_data_func ("/crypt/stack/file", "crypt,KEY+file", test_stack_gives_back_what_it_took);
  g_test_add_data_func ("/crypt/stack/chacha20", "crypt,KEY,cipher=chacha20-poly1305+file", test_stack_gives_back_what_it_took);
  g_test_add_data_func ("/crypt/stack/fault-above", "fault+crypt,KEY+file", test_stack_gives_back_what_it_took);
  g_test_add_data_func ("/crypt/stack/fault-below", "crypt,KEY+fault+file", test_stack_gives_back_what_it_took);
  g_test_add_data_func ("/crypt/stack/twice", "crypt,KEY+crypt,KEY+file", test_stack_gives_back_what_it_took);
}

int
main (int argc, char **argv)
{
  g_autoptr (BtfwConfig) config = NULL;
  int                    result;

  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  config = btfw_config_new ();
  plugins = btfw_plugins_new (config);
  add_tables ();
  g_test_add_func ("/crypt/header", test_header_tells_what_is_wrong);
  g_test_add_func ("/crypt/key-file/is-made-once", test_key_file_is_made_once);
  g_test_add_func ("/crypt/tampered-sector-is-named", test_tampered_sector_is_named);
  g_test_add_func ("/crypt/exchanged-bytes-are-noticed", test_exchanged_bytes_are_noticed);
  g_test_add_func ("/crypt/other-torrent-cannot-read-it", test_other_torrent_cannot_read_it);
  g_test_add_func ("/crypt/what-was-wiped-or-never-written-is-gone", test_what_was_wiped_or_never_written_is_gone);
  g_test_add_func ("/crypt/wrong-key-is-named", test_wrong_key_is_named);
  g_test_add_func ("/crypt/plain-files-are-left-alone", test_plain_files_are_left_alone);
  g_test_add_func ("/crypt/file-that-vanished-gets-a-header-again", test_file_that_vanished_gets_a_header_again);
  g_test_add_func ("/crypt/writes-cut-short-never-lie", test_writes_cut_short_never_lie);
  g_test_add_func ("/crypt/rewrites-cut-short-never-lie", test_rewrites_cut_short_never_lie);
  g_test_add_func ("/crypt/threads-meet-in-a-sector", test_threads_meet_in_a_sector);
  g_test_add_func ("/crypt/moves-with-the-stack", test_moves_with_the_stack);
  g_test_add_func ("/crypt/files-that-become-wanted", test_files_that_become_wanted);
  g_test_add_func ("/crypt/needs-something-below", test_needs_something_below);
  g_test_add_func ("/crypt/default-key-is-made", test_default_key_is_made);
  result = g_test_run ();
  g_object_unref (plugins);
  return result;
}
