/* replay.c: a target without libFuzzer: over its corpus, and over what becomes of it.
 *
 *   replay-NAME CORPUS [ROUNDS]   every file, and so many damaged copies of it
 *   replay-NAME FILE              one input, as libFuzzer left it
 *
 * The same seed, the same copies: this keeps targets and corpora alive with any
 * compiler, and looks at the nearest neighbours of each input. It cannot see
 * which way an input took; that is libFuzzer's (README.md). */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define ROUNDS_DEFAULT 200
/* One folder is through after so long, so that it stays cheap on a slow machine. */
#define TIME_MAX (4 * G_USEC_PER_SEC)
#define INPUT_MAX (64u * 1024)

static gint64        deadline;
static guint         n_runs;
static const guint8 *current; /* for on_crash() */
static gsize         current_size;

/* The input that ends the program is left in the folder where it runs. */
static void
on_crash (int number)
{
  static const char told[] = "the input is in replay-failed\n";
  int               fd = open ("replay-failed", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

  if (fd >= 0 && write (fd, current, current_size) == (gssize) current_size && write (STDERR_FILENO, told, sizeof told - 1) > 0)
    close (fd);
  signal (number, SIG_DFL);
  raise (number);
}

static void
run (const guint8 *data, gsize size)
{
  /* In memory of exactly its size, so that one byte too far is seen. */
  g_autofree guint8 *copy = g_memdup2 (data, size);

  current = copy;
  current_size = size;
  LLVMFuzzerTestOneInput (copy != NULL ? copy : (const guint8 *) "", size);
  n_runs++;
}

/* --- Damage --- */

static guint32
below (GRand *rand, gsize end)
{
  return end == 0 ? 0 : (guint32) g_rand_int_range (rand, 0, (gint32) end);
}

static void
damage_once (GRand *rand, GByteArray *bytes)
{
  static const guint8 telling[] = { 0, 1, 0x7f, 0x80, 0xff, ':', 'd', 'e', 'i', 'l', '-', '0', '9' };
  gsize               place = below (rand, bytes->len);
  gsize               run = 1 + below (rand, 8);
  guint               n = (guint) MIN (bytes->len - place, run);

  switch (bytes->len == 0 ? 4 : below (rand, 6))
    {
    case 0:
      bytes->data[place] ^= (guint8) (1u << below (rand, 8));
      break;
    case 1:
      bytes->data[place] = telling[below (rand, sizeof telling)];
      break;
    case 2:
      g_byte_array_set_size (bytes, (guint) place);
      break;
    case 3:
      g_byte_array_remove_range (bytes, (guint) place, n);
      break;
    case 4:
      g_byte_array_append (bytes, &telling[below (rand, sizeof telling)], 1);
      break;
    default:
      {
        guint8 kept[8];

        /* Some bytes once more, at the end or over others. */
        memcpy (kept, bytes->data + place, n);
        memcpy (bytes->data + below (rand, bytes->len - n + 1), kept, n);
        g_byte_array_append (bytes, kept, n);
      }
    }
}

static void
run_damaged (GRand *rand, const guint8 *data, gsize size, guint rounds)
{
  for (guint i = 0; i < rounds && g_get_monotonic_time () < deadline; i++)
    {
      g_autoptr (GByteArray) bytes = g_byte_array_new ();

      g_byte_array_append (bytes, data, (guint) MIN (size, INPUT_MAX));
      for (guint n = 1 + below (rand, 4); n > 0; n--)
        damage_once (rand, bytes);
      run (bytes->data, bytes->len);
    }
}

/* --- Corpora --- */

static void
run_file (const char *path, GRand *rand, guint rounds)
{
  g_autofree char   *contents = NULL;
  g_autoptr (GError) error = NULL;
  gsize              size;

  if (!g_file_get_contents (path, &contents, &size, &error))
    g_error ("%s", error->message);
  run ((const guint8 *) contents, size);
  run_damaged (rand, (const guint8 *) contents, size, rounds);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *) a, *(const char *const *) b);
}

static GPtrArray *
list_folder (const char *path)
{
  GPtrArray         *names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  g_autoptr (GDir)   dir = g_dir_open (path, 0, &error);
  const char        *name;

  if (dir == NULL)
    g_error ("%s", error->message);
  while ((name = g_dir_read_name (dir)) != NULL)
    g_ptr_array_add (names, g_build_filename (path, name, NULL));
  g_ptr_array_sort (names, compare);
  return names;
}

static int
run_folder (const char *path, guint rounds)
{
  g_autoptr (GPtrArray) files = list_folder (path);
  g_autoptr (GRand)     rand = g_rand_new_with_seed (1);

  deadline = g_get_monotonic_time () + TIME_MAX;
  g_print ("1..1\n");
  for (guint i = 0; i < files->len; i++)
    run_file (g_ptr_array_index (files, i), rand, rounds);
  g_print ("# %u inputs of %u files\n", n_runs, files->len);
  g_print ("%s 1 every input is read\n", files->len > 0 ? "ok" : "not ok");
  return files->len > 0 ? 0 : 1;
}

int
main (int argc, char **argv)
{
  LLVMFuzzerInitialize (&argc, &argv);
  signal (SIGABRT, on_crash);
  signal (SIGTRAP, on_crash);
  if (argc < 2)
    {
      g_printerr ("usage: %s CORPUS [ROUNDS] | FILE\n", argv[0]);
      return 2;
    }
  if (g_file_test (argv[1], G_FILE_TEST_IS_DIR))
    return run_folder (argv[1], argc > 2 ? (guint) g_ascii_strtoull (argv[2], NULL, 10) : ROUNDS_DEFAULT);
  run_file (argv[1], NULL, 0);
  return 0;
}
