/* resume.c: tests of what is remembered between two runs. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "disk/resume.h"

#include "sample.h"

#include <string.h>

static const SampleFile files[] = {
  { .path = "a", .length = 40000 },
  { .path = "b", .length = 10000 },
  { .path = "empty", .length = 0 },
  { .path = "c", .length = 100000 },
  { NULL },
};

static const SampleFile others[] = {
  { .path = "z", .length = 150000 },
  { NULL },
};

#define PIECE 16384u

typedef struct
{
  Sample     sample;
  BtfwResume resume;
} Fixture;

static void
set_up (Fixture *fixture, gconstpointer data)
{
  static const guint8 priorities[] = { 2, 0, 3, 1 };

  sample_init (&fixture->sample, files, PIECE);
  g_assert_true (btfw_resume_init (&fixture->resume, fixture->sample.metainfo));
  g_assert_cmpuint (fixture->resume.n_files, ==, 4);
  for (guint i = 0; i < 4; i++)
    fixture->resume.stats[i] = (BtfwFileStat){ .exists = i != 2, .size = files[i].length, .mtime = -5 + (gint64) i * 1000 };
  btfw_bitfield_set (&fixture->resume.have, 0);
  btfw_bitfield_set (&fixture->resume.have, 2);
  btfw_bitfield_set (&fixture->resume.have, 9);
  btfw_bitfield_set (&fixture->resume.unproven, 9);
  fixture->resume.priorities = g_memdup2 (priorities, 4);
  fixture->resume.uploaded = 1234567890123;
  fixture->resume.downloaded = 42;
  fixture->resume.added = 1700000000;
  fixture->resume.completed = 1700000001;
  fixture->resume.stopped = TRUE;
  fixture->resume.dir_id = 4711;
}

static void
tear_down (Fixture *fixture, gconstpointer data)
{
  btfw_resume_clear (&fixture->resume);
  sample_clear (&fixture->sample);
}

static void
test_comes_back_the_same (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) bytes = btfw_resume_save (&fixture->resume, fixture->sample.metainfo, "/some/../dir");
  g_autoptr (GError) error = NULL;
  BtfwResume         loaded;

  g_assert_true (btfw_resume_load (&loaded, fixture->sample.metainfo, "/dir", bytes, &error));
  g_assert_no_error (error);
  g_assert_cmpmem (loaded.have.words, 8, fixture->resume.have.words, 8);
  g_assert_cmpuint (loaded.have.n_set, ==, 3);
  g_assert_cmpuint (loaded.unproven.n_set, ==, 1);
  for (guint i = 0; i < 4; i++)
    {
      g_assert_cmpint (loaded.stats[i].exists, ==, fixture->resume.stats[i].exists);
      g_assert_cmpuint (loaded.stats[i].size, ==, fixture->resume.stats[i].size);
      g_assert_cmpint (loaded.stats[i].mtime, ==, fixture->resume.stats[i].mtime);
    }
  g_assert_cmpmem (loaded.priorities, 4, fixture->resume.priorities, 4);
  g_assert_cmpuint (loaded.uploaded, ==, 1234567890123);
  g_assert_cmpuint (loaded.downloaded, ==, 42);
  g_assert_cmpint (loaded.added, ==, 1700000000);
  g_assert_cmpint (loaded.completed, ==, 1700000001);
  g_assert_true (loaded.stopped);
  g_assert_cmpuint (loaded.dir_id, ==, 4711);
  btfw_resume_clear (&loaded);
}

static void
assert_refused (Fixture *fixture, GBytes *bytes, const char *dir, BtfwError code)
{
  g_autoptr (GError) error = NULL;
  BtfwResume         loaded;

  g_assert_false (btfw_resume_load (&loaded, fixture->sample.metainfo, dir, bytes, &error));
  g_assert_error (error, BTFW_ERROR, (gint) code);
  g_assert_null (loaded.have.words);
  g_assert_null (loaded.stats);
}

static void
test_other_torrent_is_refused (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) bytes = NULL;
  Sample             other;
  BtfwResume         resume;

  sample_init (&other, others, PIECE);
  g_assert_true (btfw_resume_init (&resume, other.metainfo));
  bytes = btfw_resume_save (&resume, other.metainfo, "/dir");
  assert_refused (fixture, bytes, "/dir", BTFW_ERROR_INVALID);
  btfw_resume_clear (&resume);
  sample_clear (&other);
}

static void
test_other_folder_is_refused (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) bytes = btfw_resume_save (&fixture->resume, fixture->sample.metainfo, "/dir");

  assert_refused (fixture, bytes, "/dir2", BTFW_ERROR_INVALID);
}

/* Replaces a stretch of the record, which need not keep its length. */
static GBytes *
with_change (GBytes *bytes, const char *what, const char *replacement)
{
  gsize       size;
  const char *text = g_bytes_get_data (bytes, &size);
  const char *found = memmem (text, size, what, strlen (what));
  GByteArray *changed = g_byte_array_new ();

  g_assert_nonnull (found);
  g_byte_array_append (changed, (const guint8 *) text, (guint) (found - text));
  g_byte_array_append (changed, (const guint8 *) replacement, (guint) strlen (replacement));
  found += strlen (what);
  g_byte_array_append (changed, (const guint8 *) found, (guint) (text + size - found));
  return g_byte_array_free_to_bytes (changed);
}

typedef struct
{
  const char *name;
  const char *what;
  const char *replacement;
  BtfwError   code;
} Change;

static const Change changes[] = {
  { "newer-version", "7:versioni1e", "7:versioni2e", BTFW_ERROR_UNSUPPORTED },
  { "no-version", "7:versioni1e", "7:visioni1e", BTFW_ERROR_INVALID },
  { "version-zero", "7:versioni1e", "7:versioni0e", BTFW_ERROR_INVALID },
  { "negative-counter", "8:uploadedi1", "8:uploadedi-1", BTFW_ERROR_INVALID },
  { "counter-is-text", "10:downloadedi42e", "10:downloaded2:42", BTFW_ERROR_INVALID },
  { "unknown-priority", "10:priorities4:\002", "10:priorities4:\007", BTFW_ERROR_INVALID },
  { "few-priorities", "10:priorities4:\002", "10:priorities3:", BTFW_ERROR_INVALID },
  { "few-bits", "8:unproven2:", "8:unproven1:", BTFW_ERROR_INVALID },
  { "no-bits", "4:have", "4:hive", BTFW_ERROR_INVALID },
  { "files-are-a-list", "5:files68:", "5:filesle1:x68:", BTFW_ERROR_INVALID },
};

static void
test_change (gconstpointer data)
{
  const Change      *change = data;
  Fixture            fixture;
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GBytes) changed = NULL;

  set_up (&fixture, NULL);
  bytes = btfw_resume_save (&fixture.resume, fixture.sample.metainfo, "/dir");
  changed = with_change (bytes, change->what, change->replacement);
  assert_refused (&fixture, changed, "/dir", change->code);
  tear_down (&fixture, NULL);
}

/* However it is cut or altered, it is refused or taken, never more. */
static void
test_any_damage_is_survived (Fixture *fixture, gconstpointer data)
{
  g_autoptr (GBytes) bytes = btfw_resume_save (&fixture->resume, fixture->sample.metainfo, "/dir");
  gsize              size;
  const guint8      *content = g_bytes_get_data (bytes, &size);

  for (gsize i = 0; i < size * 9; i++)
    {
      g_autofree guint8 *copy = g_memdup2 (content, size);
      gsize              left = i < size * 8 ? size : i - size * 8;
      g_autoptr (GBytes) damaged = NULL;
      BtfwResume         loaded;

      if (i < size * 8)
        copy[i / 8] ^= (guint8) (1 << i % 8);
      damaged = g_bytes_new (copy, left);
      if (btfw_resume_load (&loaded, fixture->sample.metainfo, "/dir", damaged, NULL))
        btfw_resume_clear (&loaded);
    }
}

static void
test_unchanged_files_raise_no_doubt (Fixture *fixture, gconstpointer data)
{
  BtfwBitfield doubtful;

  g_assert_true (btfw_resume_compare (&fixture->resume, fixture->sample.metainfo, fixture->resume.stats, &doubtful));
  g_assert_cmpuint (doubtful.n_set, ==, 0);
  g_assert_cmpuint (fixture->resume.have.n_set, ==, 3);
  btfw_bitfield_clear (&doubtful);
}

/* A file and the pieces that have bytes of it. */
typedef struct
{
  const char  *name;
  guint        file;
  BtfwFileStat now;
  guint        first;
  guint        last;
} Difference;

static const Difference differences[] = {
  { "touched", 1, { .exists = TRUE, .size = 10000, .mtime = 996 }, 2, 3 },
  { "shorter", 1, { .exists = TRUE, .size = 9999, .mtime = 995 }, 2, 3 },
  { "vanished", 0, { .exists = FALSE }, 0, 2 },
  { "came", 2, { .exists = TRUE }, 1, 0 },
};

static void
test_difference (gconstpointer data)
{
  const Difference *difference = data;
  Fixture           fixture;
  BtfwFileStat      now[4];
  BtfwBitfield      doubtful;

  set_up (&fixture, NULL);
  memcpy (now, fixture.resume.stats, sizeof now);
  now[difference->file] = difference->now;
  g_assert_true (btfw_resume_compare (&fixture.resume, fixture.sample.metainfo, now, &doubtful));
  for (guint piece = 0; piece < doubtful.n_bits; piece++)
    {
      gboolean concerned = piece >= difference->first && piece <= difference->last;

      g_assert_cmpint (btfw_bitfield_get (&doubtful, piece), ==, concerned);
      g_assert_cmpint (btfw_bitfield_get (&fixture.resume.have, piece), ==, !concerned && (piece == 0 || piece == 2 || piece == 9));
    }
  btfw_bitfield_clear (&doubtful);
  tear_down (&fixture, NULL);
}

static void
test_absent_drive_is_noticed (Fixture *fixture, gconstpointer data)
{
  BtfwFileStat nothing[4] = { { 0 } };
  BtfwFileStat something[4] = { { 0 }, { .exists = TRUE }, { 0 }, { 0 } };

  fixture->resume.dir_id = 7;
  g_assert_true (btfw_resume_is_absent (&fixture->resume, nothing, 0));
  g_assert_true (btfw_resume_is_absent (&fixture->resume, nothing, 8));
  /* The same folder, so somebody deleted them. */
  g_assert_false (btfw_resume_is_absent (&fixture->resume, nothing, 7));
  g_assert_false (btfw_resume_is_absent (&fixture->resume, something, 8));

  for (guint i = 0; i < 4; i++)
    fixture->resume.stats[i].exists = FALSE;
  g_assert_false (btfw_resume_is_absent (&fixture->resume, nothing, 0));

  g_assert_cmpuint (btfw_resume_get_dir_id (fixture->sample.root), !=, 0);
  /* A folder that was removed, or is still to be made, is on its parent's drive. */
  g_assert_cmpuint (btfw_resume_get_dir_id (fixture->sample.dir), ==, btfw_resume_get_dir_id (fixture->sample.root));
  g_assert_cmpuint (btfw_resume_get_dir_id ("/proc"), !=, btfw_resume_get_dir_id (fixture->sample.root));
}

static void
test_key_tells_folders_apart (Fixture *fixture, gconstpointer data)
{
  BtfwInfoHash    *hash = btfw_metainfo_get_info_hash (fixture->sample.metainfo);
  g_autofree char *a = btfw_resume_make_key (hash, "/a");
  g_autofree char *same = btfw_resume_make_key (hash, "/b/../a/");
  g_autofree char *other = btfw_resume_make_key (hash, "/b");

  g_assert_cmpstr (a, ==, same);
  g_assert_cmpstr (a, !=, other);
  g_assert_cmpuint (strlen (a), ==, 40 + 1 + 16);
  g_assert_null (strchr (a, '/'));
}

#define ADD(path, test) g_test_add ("/resume/" path, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  ADD ("comes-back-the-same", test_comes_back_the_same);
  ADD ("other-torrent-is-refused", test_other_torrent_is_refused);
  ADD ("other-folder-is-refused", test_other_folder_is_refused);
  ADD ("any-damage-is-survived", test_any_damage_is_survived);
  ADD ("unchanged-files-raise-no-doubt", test_unchanged_files_raise_no_doubt);
  ADD ("absent-drive-is-noticed", test_absent_drive_is_noticed);
  ADD ("key-tells-folders-apart", test_key_tells_folders_apart);
  for (guint i = 0; i < G_N_ELEMENTS (changes); i++)
    {
      g_autofree char *path = g_strconcat ("/resume/refused/", changes[i].name, NULL);

      g_test_add_data_func (path, &changes[i], test_change);
    }
  for (guint i = 0; i < G_N_ELEMENTS (differences); i++)
    {
      g_autofree char *path = g_strconcat ("/resume/doubt/", differences[i].name, NULL);

      g_test_add_data_func (path, &differences[i], test_difference);
    }
  return g_test_run ();
}
