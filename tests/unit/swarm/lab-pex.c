/* lab-pex.c: tests of peers that tell one another of peers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lab-peer.h"

#include "../../../plugins/extension-pex/directory.h"

#include <string.h>

GType btfw_plugin_extension_pex_get_type (void);

static void
add_extensions (BtfwExtensionSet *set)
{
  g_assert_true (btfw_extension_set_add (set, g_object_new (btfw_plugin_extension_pex_get_type (), NULL),
                                         BTFW_PLUGIN_EXCHANGES_PEERS, NULL));
}

static const LabNodeSpec leecher_spec = { .add_extensions = add_extensions };
static const LabNodeSpec seed_spec = { .has_all = TRUE, .upload = 50 * KIB, .add_extensions = add_extensions };

static gboolean
knows (LabNode *node, LabNode *other)
{
  BtfwCandidate *candidate = btfw_candidates_find (&node->swarm->candidates, &other->address);

  return candidate != NULL && candidate->source == BTFW_SOURCE_EXCHANGE;
}

/* --- Who hears of whom --- */

/* Both know only the one in the middle, and soon one another. */
static void
test_two_learn_of_one_another (void)
{
  g_autoptr (Lab) lab = lab_new (1, 4 * MIB, 64 * KIB);
  LabNode        *middle = lab_add (lab, &leecher_spec);
  LabNode        *seed = lab_add (lab, &seed_spec);
  LabNode        *leecher = lab_add (lab, &leecher_spec);

  lab_dial (middle, seed);
  lab_dial (middle, leecher);
  lab_run (lab, SECONDS (10));
  g_assert_true (knows (seed, leecher));
  g_assert_true (knows (leecher, seed));
  g_assert_cmpuint (leecher->swarm->peers->len, ==, 2);
  g_assert_cmpuint (seed->swarm->peers->len, ==, 2);
}

static void
test_nobody_is_told_of_private_torrents (void)
{
  g_autoptr (Lab) lab = lab_new (1, 4 * MIB, 64 * KIB);
  LabNode        *middle;
  LabNode        *seed;
  LabNode        *leecher;

  lab_make_private (lab);
  middle = lab_add (lab, &leecher_spec);
  seed = lab_add (lab, &seed_spec);
  leecher = lab_add (lab, &leecher_spec);
  lab_dial (middle, seed);
  lab_dial (middle, leecher);
  lab_run (lab, SECONDS (200));
  g_assert_false (knows (seed, leecher));
  g_assert_false (knows (leecher, seed));
}

/* --- How often, and how much --- */

typedef struct
{
  LabPeer *peer;
  guint8   id; /* of its messages at the node */
} Talker;

static Talker
add_talker (LabNode *node, guint number, const LabPeerSpec *spec)
{
  Talker      talker = { .peer = lab_peer_new (node, number, spec), .id = 1 };
  const char *greeting = "d1:md6:ut_pexi9eee";

  btfw_wire_put_extended (talker.peer->out, 0, (const guint8 *) greeting, strlen (greeting));
  lab_peer_flush (talker.peer);
  return talker;
}

static void
say (Talker *talker, guint first, guint n)
{
  g_autoptr (GArray) added = g_array_new (FALSE, FALSE, sizeof (PexAddress));
  g_autoptr (GArray) dropped = g_array_new (FALSE, FALSE, sizeof (PexAddress));
  g_autoptr (GBytes) message = NULL;
  gsize              size;
  const guint8      *data;

  for (guint i = 0; i < n; i++)
    {
      PexAddress address = { .ip = { 40, (guint8) ((first + i) >> 8), (guint8) (first + i), 1 }, .ip_size = 4, .port = 6881 };

      g_array_append_val (added, address);
    }
  message = pex_message_write (added, dropped);
  data = g_bytes_get_data (message, &size);
  btfw_wire_put_extended (talker->peer->out, talker->id, data, size);
  lab_peer_flush (talker->peer);
}

static const LabPeerSpec talker_spec = { .features = BTFW_FEATURE_EXTENSION | BTFW_FEATURE_FAST };

static void
test_fifty_a_message (void)
{
  g_autoptr (Lab) lab = lab_new (1, 4 * MIB, 64 * KIB);
  LabNode        *node = lab_add (lab, &leecher_spec);
  Talker          talker;

  lab_run (lab, SECONDS (1));
  talker = add_talker (node, 1, &talker_spec);
  say (&talker, 0, 1000);
  lab_run (lab, SECONDS (1));
  g_assert_cmpuint (node->swarm->candidates.list->len, ==, 50);
  lab_peer_free (talker.peer);
}

static void
test_a_message_a_minute (void)
{
  g_autoptr (Lab) lab = lab_new (1, 4 * MIB, 64 * KIB);
  LabNode        *node = lab_add (lab, &leecher_spec);
  Talker          talker;

  lab_run (lab, SECONDS (1));
  talker = add_talker (node, 1, &talker_spec);
  for (guint i = 0; i < 40; i++)
    {
      say (&talker, i * 10, 10);
      lab_run (lab, MILLISECONDS (100));
    }
  /* The first, and two that came too early. */
  g_assert_cmpuint (node->swarm->candidates.list->len, ==, 30);
  g_assert_nonnull (talker.peer->stream);
  for (guint i = 0; i < 40; i++)
    say (&talker, 0, 1);
  lab_run (lab, SECONDS (1));
  g_assert_null (talker.peer->stream);
  lab_peer_free (talker.peer);
}

static void
test_a_minute_later_it_is_heard (void)
{
  g_autoptr (Lab) lab = lab_new (1, 4 * MIB, 64 * KIB);
  LabNode        *node = lab_add (lab, &leecher_spec);
  Talker          talker;

  lab_run (lab, SECONDS (1));
  talker = add_talker (node, 1, &talker_spec);
  for (guint i = 0; i < 10; i++)
    {
      say (&talker, i * 10, 10);
      lab_run (lab, SECONDS (60));
    }
  g_assert_cmpuint (node->swarm->candidates.list->len, ==, 100);
  lab_peer_free (talker.peer);
}

/* One victim's host, with a thousand ports, is tried at a few. */
static void
test_one_victim (void)
{
  g_autoptr (Lab)    lab = lab_new (1, 4 * MIB, 64 * KIB);
  g_autoptr (GArray) dropped = g_array_new (FALSE, FALSE, sizeof (PexAddress));
  g_autoptr (GArray) added = g_array_new (FALSE, FALSE, sizeof (PexAddress));
  g_autoptr (GBytes) message = NULL;
  LabNode           *node = lab_add (lab, &leecher_spec);
  Talker             talker;
  gsize              size;
  const guint8      *data;

  for (guint16 i = 0; i < 50; i++)
    {
      PexAddress address = { .ip = { 41, 1, 1, 1 }, .ip_size = 4, .port = (guint16) (i + 1) };

      g_array_append_val (added, address);
    }
  message = pex_message_write (added, dropped);
  data = g_bytes_get_data (message, &size);
  lab_run (lab, SECONDS (1));
  talker = add_talker (node, 1, &talker_spec);
  btfw_wire_put_extended (talker.peer->out, talker.id, data, size);
  lab_peer_flush (talker.peer);
  lab_run (lab, SECONDS (1));
  g_assert_cmpuint (node->swarm->candidates.list->len, <=, 8);
  lab_peer_free (talker.peer);
}

/* --- The message --- */

typedef struct
{
  const char *name;
  const char *body;
  gsize       size;
  int         n; /* -1: a breach */
} Row;

#define BODY(text) text, sizeof text - 1

static const Row rows[] = {
  { "one", BODY ("d5:added6:\1\2\3\4\0\5e"), 1 },
  { "one-of-each", BODY ("d5:added6:\1\2\3\4\0\5" "6:added618:abcdefghijklmnop\0\5e"), 2 },
  { "half-an-address", BODY ("d5:added9:\1\2\3\4\0\5\1\2\3e"), 1 },
  { "no-strings", BODY ("d5:addedi1e6:added6lee"), 0 },
  { "flags-without-addresses", BODY ("d7:added.f3:abce"), 0 },
  { "empty", BODY ("de"), 0 },
  { "a-list", BODY ("le"), -1 },
  { "nothing", BODY (""), -1 },
  { "cut", BODY ("d5:added6:\1\2"), -1 },
};

static void
test_read (gconstpointer data)
{
  const Row         *row = data;
  g_autofree guint8 *exact = g_memdup2 (row->body, MAX (row->size, 1));
  g_autoptr (GError) error = NULL;
  PexAddress         added[2 * PEX_ADDED_MAX];

  g_assert_cmpint (pex_message_read (exact, row->size, added, &error), ==, row->n);
  g_assert_cmpint (error != NULL, ==, row->n < 0);
  if (row->n > 0)
    {
      g_assert_cmpuint (added[0].port, ==, 5);
      g_assert_cmpmem (added[0].ip, added[0].ip_size, "\1\2\3\4", 4);
    }
}

static void
test_survives_the_way (void)
{
  g_autoptr (GArray) added = g_array_new (FALSE, FALSE, sizeof (PexAddress));
  g_autoptr (GArray) dropped = g_array_new (FALSE, FALSE, sizeof (PexAddress));
  g_autoptr (GBytes) message = NULL;
  PexAddress         four = { .ip = { 1, 2, 3, 4 }, .ip_size = 4, .port = 51413, .flags = PEX_FLAG_REACHABLE };
  PexAddress         six = { .ip = { 0x20, 1 }, .ip_size = 16, .port = 1, .flags = PEX_FLAG_UPLOAD_ONLY };
  PexAddress         read[2 * PEX_ADDED_MAX];

  g_array_append_val (added, six);
  g_array_append_val (added, four);
  g_array_append_val (dropped, four);
  message = pex_message_write (added, dropped);
  g_assert_cmpint (pex_message_read (g_bytes_get_data (message, NULL), g_bytes_get_size (message), read, NULL), ==, 2);
  g_assert_true (pex_address_equal (&read[0], &four));
  g_assert_cmpuint (read[0].flags, ==, PEX_FLAG_REACHABLE);
  g_assert_true (pex_address_equal (&read[1], &six));
  g_assert_cmpuint (read[1].flags, ==, PEX_FLAG_UPLOAD_ONLY);
}

/* --- The directory --- */

static PexAddress
make_address (guint number)
{
  return (PexAddress){ .ip = { 50, (guint8) (number >> 16), (guint8) (number >> 8), (guint8) number }, .ip_size = 4, .port = 1 };
}

static guint
collect (Directory *directory, DirectoryTold *told, gboolean for_local, guint *n_dropped)
{
  g_autoptr (GArray) added = g_array_new (FALSE, FALSE, sizeof (PexAddress));
  g_autoptr (GArray) dropped = g_array_new (FALSE, FALSE, sizeof (PexAddress));
  PexAddress         own = make_address (0);

  directory_collect (directory, told, &own, for_local, added, dropped);
  *n_dropped = dropped->len;
  return added->len;
}

static void
name_all (Directory *directory, guint first, guint end, GPtrArray *told)
{
  directory_begin_update (directory);
  for (guint i = first; i < end; i++)
    {
      PexAddress address = make_address (i);

      directory_name (directory, &address, i % 10 == 9, told);
    }
}

static void
test_directory (void)
{
  Directory            *directory = directory_new ();
  g_autoptr (GPtrArray) everybody = g_ptr_array_new ();
  DirectoryTold         told = { 0 };
  DirectoryTold         local = { 0 };
  guint                 n_dropped;

  g_ptr_array_add (everybody, &told);
  g_ptr_array_add (everybody, &local);
  name_all (directory, 0, 20, everybody);
  /* Neither itself, nor those of local networks. */
  g_assert_cmpuint (collect (directory, &told, FALSE, &n_dropped), ==, 17);
  g_assert_cmpuint (collect (directory, &local, TRUE, &n_dropped), ==, 19);
  g_assert_cmpuint (collect (directory, &told, FALSE, &n_dropped), ==, 0);
  g_assert_cmpuint (n_dropped, ==, 0);

  name_all (directory, 5, 25, everybody);
  g_assert_cmpuint (collect (directory, &told, FALSE, &n_dropped), ==, 5);
  g_assert_cmpuint (n_dropped, ==, 4);

  /* Fifty at a time, and in the end all. */
  name_all (directory, 5, 205, everybody);
  for (guint n = 0, all = 0; all < 162; all += n)
    {
      n = collect (directory, &told, FALSE, &n_dropped);
      g_assert_cmpuint (n, >, 0);
      g_assert_cmpuint (n, <=, PEX_ADDED_MAX);
    }
  g_assert_cmpuint (collect (directory, &told, FALSE, &n_dropped), ==, 0);

  /* A slot that somebody else gets is told anew; more than there is room for are passed over. */
  for (guint round = 0; round < 20; round++)
    {
      name_all (directory, round * 1000, round * 1000 + 600, everybody);
      g_assert_cmpuint (g_hash_table_size (directory->by_address), <=, DIRECTORY_SLOTS);
      g_assert_cmpuint (collect (directory, &told, FALSE, &n_dropped), ==, PEX_ADDED_MAX);
    }
  directory_free (directory);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/lab/pex/two-learn-of-one-another", test_two_learn_of_one_another);
  g_test_add_func ("/lab/pex/nobody-is-told-of-private-torrents", test_nobody_is_told_of_private_torrents);
  g_test_add_func ("/lab/pex/fifty-a-message", test_fifty_a_message);
  g_test_add_func ("/lab/pex/a-message-a-minute", test_a_message_a_minute);
  g_test_add_func ("/lab/pex/a-minute-later-it-is-heard", test_a_minute_later_it_is_heard);
  g_test_add_func ("/lab/pex/one-victim", test_one_victim);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/pex/read/%s", rows[i].name);

      g_test_add_data_func (path, &rows[i], test_read);
    }
  g_test_add_func ("/pex/survives-the-way", test_survives_the_way);
  g_test_add_func ("/pex/directory", test_directory);
  return g_test_run ();
}
