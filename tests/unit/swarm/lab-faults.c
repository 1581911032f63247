/* lab-faults.c: tests of clients whose disk is full, broken, or whose memory is short. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lab-peer.h"

static const LabNodeSpec seed_spec = { .has_all = TRUE };
static const LabNodeSpec leecher_spec = { 0 };

/* --- Writing --- */

typedef struct
{
  const char      *name;
  BtfwStorageError fault;
} FaultCase;

static const FaultCase fault_cases[] = {
  { "full", BTFW_STORAGE_ERROR_FULL },
  { "absent", BTFW_STORAGE_ERROR_ABSENT },
  { "refused", BTFW_STORAGE_ERROR_REFUSED },
  { "broken", BTFW_STORAGE_ERROR_BROKEN },
};

/* It waits, says so once, goes on serving what it has, blames nobody, does not
 * ask for the same again and again, and goes on by itself. */
static void
test_write_fault (gconstpointer data)
{
  const FaultCase *fault = data;
  g_autoptr (Lab)  lab = lab_new (1, 8 * MIB, 128 * KIB);
  LabNode         *from;
  LabNode         *to;
  guint32          n_have;

  lab->link.rate = 2 * MIB;
  from = lab_add (lab, &seed_spec);
  to = lab_add (lab, &leecher_spec);
  lab_dial (to, from);
  lab_run (lab, SECONDS (1));
  to->storage->write_fault = (int) fault->fault;
  lab_run (lab, SECONDS (60));

  n_have = to->swarm->map.have.n_set;
  g_assert_cmpuint (n_have, >, 0);
  g_assert_cmpuint (n_have, <, to->swarm->map.n_pieces);
  g_assert_error (to->swarm->error, BTFW_STORAGE_ERROR, (int) fault->fault);
  g_assert_true (btfw_swarm_serves (to->swarm));
  g_assert_cmpuint (to->n_notices, ==, 1);
  g_test_message ("%u failed writes, %.1f MB came", to->storage->n_write_faults, (double) to->swarm->downloaded / 1e6);
  g_assert_cmpuint (to->swarm->downloaded, <, 6 * MIB);

  to->storage->write_fault = LAB_NO_FAULT;
  g_assert_true (lab_run_until (lab, lab_node_is_complete, to, SECONDS (120)));
  lab_node_assert_content (to);
  g_assert_no_error (to->swarm->error);
  g_assert_false (btfw_candidates_is_banned (&to->swarm->candidates, &from->address));
}

/* --- Reading --- */

typedef struct
{
  const char      *name;
  BtfwStorageError fault;
  gboolean         has_leases;
} ReadCase;

static const ReadCase read_cases[] = {
  { "gone", BTFW_STORAGE_ERROR_GONE, FALSE },
  { "broken", BTFW_STORAGE_ERROR_BROKEN, FALSE },
  { "gone-with-leases", BTFW_STORAGE_ERROR_GONE, TRUE },
  { "broken-with-leases", BTFW_STORAGE_ERROR_BROKEN, TRUE },
};

/* One piece cannot be read back: that one is lost, the others are served. */
static void
test_read_fault (gconstpointer data)
{
  const ReadCase   *fault = data;
  const LabNodeSpec seed = { .has_all = TRUE, .has_leases = fault->has_leases };
  g_autoptr (Lab)   lab = lab_new (1, 4 * MIB, 64 * KIB);
  LabNode          *from = lab_add (lab, &seed);
  LabNode          *to = lab_add (lab, &leecher_spec);

  lab_run (lab, MILLISECONDS (10));
  lab_storage_break (from->storage, fault->fault, 20 * 64 * KIB + 100, 20 * 64 * KIB + 101);
  lab_dial (to, from);
  lab_run (lab, SECONDS (30));

  g_assert_cmpuint (from->swarm->map.have.n_set, ==, 63);
  g_assert_false (btfw_bitfield_get (&from->swarm->map.have, 20));
  g_assert_cmpint (from->swarm->state, ==, BTFW_TORRENT_DOWNLOADING);
  g_assert_cmpuint (to->swarm->map.have.n_set, ==, 63);
  g_assert_cmpuint (from->n_notices, ==, 1);
}

/* What a check cannot read is missing, like what is wrong; the rest is there. */
static void
test_unreadable_piece_is_missing (void)
{
  g_autoptr (Lab) lab = lab_new (1, 4 * MIB, 64 * KIB);
  LabNode        *broken = lab_add_idle (lab, &seed_spec);
  LabNode        *whole = lab_add (lab, &seed_spec);

  lab_storage_break (broken->storage, BTFW_STORAGE_ERROR_BROKEN, 20 * 64 * KIB + 100, 20 * 64 * KIB + 101);
  btfw_swarm_begin (broken->swarm);
  lab_run (lab, MILLISECONDS (10));
  g_assert_cmpuint (broken->swarm->map.have.n_set, ==, 63);
  g_assert_cmpint (broken->swarm->state, ==, BTFW_TORRENT_DOWNLOADING);
  g_assert_no_error (broken->swarm->error);
  g_assert_cmpuint (broken->n_notices, ==, 1);

  broken->storage->read_fault = LAB_NO_FAULT;
  lab_dial (broken, whole);
  g_assert_true (lab_run_until (lab, lab_node_is_complete, broken, SECONDS (120)));
  lab_node_assert_content (broken);
}

/* And comes back from others who have it. */
static void
test_lost_piece_comes_back (void)
{
  g_autoptr (Lab) lab = lab_new (1, 4 * MIB, 64 * KIB);
  LabNode        *broken = lab_add (lab, &seed_spec);
  LabNode        *whole = lab_add (lab, &seed_spec);
  LabNode        *to = lab_add (lab, &leecher_spec);

  lab_run (lab, MILLISECONDS (10));
  lab_storage_break (broken->storage, BTFW_STORAGE_ERROR_GONE, 20 * 64 * KIB, 21 * 64 * KIB);
  lab_dial (to, broken);
  lab_run (lab, SECONDS (10));
  broken->storage->read_fault = LAB_NO_FAULT;
  broken->completed = -1;
  lab_dial (broken, whole);
  g_assert_true (lab_run_until (lab, lab_all_are_complete, NULL, SECONDS (120)));
  lab_node_assert_content (broken);
  lab_node_assert_content (to);
}

/* Files taken on trust, of which one piece is another: it is never served. */
static void
test_trusted_files_are_proved (void)
{
  const LabNodeSpec trusting = { .has_all = TRUE, .trusts_files = TRUE };
  g_autoptr (Lab)   lab = lab_new (1, 2 * MIB, 64 * KIB);
  LabNode          *from = lab_add_idle (lab, &trusting);
  LabNode          *to = lab_add (lab, &leecher_spec);

  from->storage->bytes[5 * 64 * KIB] ^= 1;
  btfw_swarm_begin (from->swarm);
  lab_run (lab, MILLISECONDS (10));
  g_assert_cmpuint (from->swarm->map.have.n_set, ==, 32);
  lab_dial (to, from);
  lab_run (lab, SECONDS (30));
  g_assert_cmpuint (to->swarm->map.have.n_set, ==, 31);
  g_assert_false (btfw_bitfield_get (&to->swarm->map.have, 5));
  g_assert_false (btfw_candidates_is_banned (&to->swarm->candidates, &from->address));
}

/* --- Memory --- */

/* Thirty peers, each of which has another large piece, and 8 MiB for all. */
static void
test_little_memory_is_enough (void)
{
  static const LabPeerSpec one_piece = { .answers = TRUE, .has_one = TRUE, .delay = MILLISECONDS (10) };
  const LabNodeSpec        spec = { .memory = 8 * MIB };
  g_autoptr (Lab)          lab = lab_new (1, (guint64) 30 * 4 * MIB, 4 * MIB);
  g_autoptr (GPtrArray)    peers = g_ptr_array_new_with_free_func ((GDestroyNotify) lab_peer_free);
  LabNode                 *node;

  lab->link.rate = 2 * MIB;
  node = lab_add (lab, &spec);
  lab_run (lab, MILLISECONDS (10));
  for (guint i = 0; i < 30; i++)
    g_ptr_array_add (peers, lab_peer_new (node, i, &one_piece));
  g_assert_true (lab_run_until (lab, lab_node_is_complete, node, SECONDS (120)));
  lab_node_assert_content (node);
  g_test_message ("%.1f s, %u of %u buffers, %.1f MB wasted", (double) node->completed / 1e6, node->max_buffers,
                  btfw_buffers_get_n_max (node->resources.buffers), (double) node->swarm->wasted / 1e6);
  g_assert_cmpuint (node->max_buffers, <=, 8 * MIB / BTFW_BLOCK_SIZE);
  g_assert_cmpuint (node->swarm->wasted, <, lab->size / 20);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (fault_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/lab/write-fault/%s", fault_cases[i].name);

      g_test_add_data_func (path, &fault_cases[i], test_write_fault);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (read_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/lab/read-fault/%s", read_cases[i].name);

      g_test_add_data_func (path, &read_cases[i], test_read_fault);
    }
  g_test_add_func ("/lab/read-fault/unreadable-piece-is-missing", test_unreadable_piece_is_missing);
  g_test_add_func ("/lab/read-fault/lost-piece-comes-back", test_lost_piece_comes_back);
  g_test_add_func ("/lab/read-fault/trusted-files-are-proved", test_trusted_files_are_proved);
  g_test_add_func ("/lab/little-memory-is-enough", test_little_memory_is_enough);
  return g_test_run ();
}
