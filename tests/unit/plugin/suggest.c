/* suggest.c: tests that slips are told from other words. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "plugin/suggest.h"

#include <locale.h>

static const char *const known[] = { "max-download", "max-peers", "max-upload", "port", "seed", "seed-ratio", NULL };

typedef struct
{
  const char *name;
  const char *word;
  const char *expected; /* NULL for none */
} Case;

static const Case cases[] = {
  { "left-out", "max-uplod", "max-upload" },
  { "put-in", "ports", "port" },
  { "changed", "pord", "port" },
  { "swapped", "prot", "port" },
  { "underscore", "max_peers", "max-peers" },
  { "nearest-of-several", "seed-rati", "seed-ratio" },
  { "equal", "seed", "seed" },
  { "another-word", "colour", NULL },
  { "one-letter", "x", NULL },
  { "empty", "", NULL },
  { "endless", "ppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppppport", NULL },
};

static void
test_finds (gconstpointer data)
{
  const Case *row = data;

  g_assert_cmpstr (btfw_suggest (row->word, known), ==, row->expected);
}

static void
test_without_words (void)
{
  const char *const none[] = { NULL };
  g_autofree char  *sentence = btfw_suggest_sentence ("port", none);

  g_assert_null (btfw_suggest ("port", none));
  g_assert_cmpstr (sentence, ==, "");
}

static void
test_sentence_lists_all (void)
{
  g_autofree char *sentence = btfw_suggest_sentence ("colour", known);

  g_assert_cmpstr (sentence, ==, "; there are: max-download, max-peers, max-upload, port, seed, seed-ratio");
}

int
main (int    argc,
      char **argv)
{
  setlocale (LC_ALL, "C");
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/suggest/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_finds);
    }
  g_test_add_func ("/suggest/nothing-among-nothing", test_without_words);
  g_test_add_func ("/suggest/sentence-lists-all-when-none-is-near", test_sentence_lists_all);

  return g_test_run ();
}
