/* lab-life.c: tests of clients that stop, go, lose connections, and change their minds. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lab-peer.h"

#include <glib/gstdio.h>

static const LabNodeSpec seed_spec = { .has_all = TRUE };
static const LabNodeSpec leecher_spec = { 0 };

/* --- Durable --- */

/* What came is claimed after half of 5 s or of 256 MiB, so that there is time to sync. */
typedef struct
{
  const char *name;
  guint64     rate;
  guint64     least;  /* what has come when something is durable, in bytes */
  guint64     most;
  gint64      latest; /* since the first piece */
} DurableCase;

static const DurableCase durable_cases[] = {
  { "after-some-seconds", 10 * MIB, 0, 60 * MIB, SECONDS (5) },
  { "after-many-bytes", 100 * MIB, 128 * MIB, 140 * MIB, SECONDS (2) },
};

static void
remove_folder (const char *path)
{
  GDir       *dir = g_dir_open (path, 0, NULL);
  const char *name;

  while ((name = g_dir_read_name (dir)))
    {
      g_autofree char *file = g_build_filename (path, name, NULL);

      g_assert_cmpint (g_unlink (file), ==, 0);
    }
  g_dir_close (dir);
  g_assert_cmpint (g_rmdir (path), ==, 0);
}

static guint64
get_done (LabNode *node)
{
  return node->swarm->map.done_bytes;
}

static gboolean
has_first_piece (Lab *lab, gpointer node)
{
  return get_done (node) > 0;
}

static gboolean
has_durable_piece (Lab *lab, gpointer node)
{
  return btfw_saving_get_durable (&((LabNode *) node)->swarm->saving) > 0;
}

static void
test_durable (gconstpointer data)
{
  const DurableCase *row = data;
  g_autoptr (GError) error = NULL;
  g_autofree char   *folder = g_dir_make_tmp ("btfw-lab-XXXXXX", &error);
  BtfwStateStore    *state = btfw_state_store_new (folder, &error);
  Lab               *lab = lab_new (1, 150 * MIB, MIB);
  LabNode           *from;
  LabNode           *to;
  gint64             first;

  g_assert_no_error (error);
  lab->link.rate = row->rate;
  from = lab_add (lab, &seed_spec);
  to = lab_add_idle (lab, &leecher_spec);
  to->resources.state = state;
  btfw_swarm_begin (to->swarm);
  lab_dial (to, from);
  g_assert_true (lab_run_until (lab, has_first_piece, to, SECONDS (10)));
  first = lab_get_time (lab);
  g_assert_true (lab_run_until (lab, has_durable_piece, to, SECONDS (20)));
  g_assert_cmpuint (get_done (to), >=, row->least);
  g_assert_cmpuint (get_done (to), <=, row->most);
  g_assert_cmpint (lab_get_time (lab) - first, <, row->latest);

  lab_free (lab);
  btfw_state_store_unref (state);
  remove_folder (folder);
}

/* --- Stopping --- */

typedef enum
{
  STOP_LEECHER,
  STOP_SEED,
  STOP_BOTH,
  CUT_CONNECTION,
  REMOVE_LEECHER,
  N_WAYS_TO_STOP
} WayToStop;

static const char *const way_names[] = { "leecher", "seed", "both", "connection", "remove-leecher" };

static void
cut_connections (LabNode *node)
{
  for (guint i = 0; i < node->swarm->peers->len; i++)
    lab_pipe_cut (((BtfwPeer *) g_ptr_array_index (node->swarm->peers, i))->stream);
}

static void
stop (WayToStop way, LabNode *from, LabNode *to)
{
  if (way == STOP_LEECHER || way == STOP_BOTH || way == REMOVE_LEECHER)
    lab_node_stop (to);
  if (way == STOP_SEED || way == STOP_BOTH)
    lab_node_stop (from);
  if (way == CUT_CONNECTION)
    cut_connections (to);
  if (way == REMOVE_LEECHER)
    {
      g_assert_true (lab_run_until (to->lab, lab_node_is_stopped, to, SECONDS (10)));
      lab_node_remove (to);
    }
}

/* At each millisecond of a short download, from the first connection to the end. */
static void
test_stop_at_every_millisecond (gconstpointer data)
{
  const WayToStop way = (WayToStop) GPOINTER_TO_UINT (data);
  gboolean        was_through = FALSE;

  for (gint64 time = 0; !was_through; time += MILLISECONDS (1))
    {
      g_autoptr (Lab) lab = lab_new (1, 512 * KIB, 64 * KIB);
      LabNode        *from;
      LabNode        *to;

      lab->link = (LabLink){ .rate = 5 * MIB, .delay = MILLISECONDS (2) };
      from = lab_add (lab, &seed_spec);
      to = lab_add (lab, &leecher_spec);
      lab_dial (to, from);
      btfw_loop_advance (lab->loop, lab->start + time);
      was_through = to->completed >= 0;
      stop (way, from, to);
      lab_run (lab, SECONDS (2));
      g_assert_cmpint (time, <, SECONDS (2));
    }
}

/* What was stopped goes on where it was. */
static void
test_goes_on_after_a_stop (void)
{
  g_autoptr (Lab) lab = lab_new (1, 4 * MIB, 64 * KIB);
  LabNode        *from;
  LabNode        *to;

  lab->link.rate = 2 * MIB;
  from = lab_add (lab, &seed_spec);
  to = lab_add (lab, &leecher_spec);
  lab_dial (to, from);
  lab_run (lab, SECONDS (1));
  lab_node_stop (to);
  g_assert_true (lab_run_until (lab, lab_node_is_stopped, to, SECONDS (10)));
  g_assert_cmpuint (to->n_stopped, ==, 1);
  g_assert_cmpuint (to->swarm->map.have.n_set, >, 10);
  g_assert_cmpuint (btfw_buffers_get_n_used (to->resources.buffers), ==, 0);

  btfw_swarm_start (to->swarm);
  g_assert_true (lab_run_until (lab, lab_node_is_complete, to, SECONDS (5)));
  lab_node_assert_content (to);
  g_assert_cmpuint (to->storage->n_rewritten, <, MIB);
}

/* Verified again in the middle of it: what is there stays, what is not comes. */
static void
test_goes_on_after_a_check (void)
{
  g_autoptr (Lab) lab = lab_new (1, 4 * MIB, 64 * KIB);
  LabNode        *from;
  LabNode        *to;

  lab->link.rate = 2 * MIB;
  from = lab_add (lab, &seed_spec);
  to = lab_add (lab, &leecher_spec);
  lab_dial (to, from);
  lab_run (lab, SECONDS (1));
  to->storage->bytes[100] ^= 1;
  btfw_swarm_check (to->swarm);
  g_assert_true (lab_run_until (lab, lab_node_is_complete, to, SECONDS (120)));
  lab_node_assert_content (to);
}

/* --- Changing one's mind --- */

static void
change_plugins (LabNode *node, guint turn)
{
  btfw_swarm_set_picker (node->swarm, lab_make_picker (turn % 2 ? "rarest" : "sequential"));
  btfw_swarm_set_choker (node->swarm, lab_make_choker ());
}

/* A hundred times while it runs; nothing comes twice because of it. */
static void
test_plugins_are_exchanged (void)
{
  g_autoptr (Lab) lab = lab_new (1, 8 * MIB, 64 * KIB);
  LabNode        *from;
  LabNode        *to;

  lab->link.rate = 4 * MIB;
  from = lab_add (lab, &seed_spec);
  to = lab_add (lab, &leecher_spec);
  lab_dial (to, from);
  for (guint turn = 0; turn < 100; turn++)
    {
      change_plugins (to, turn);
      change_plugins (from, turn);
      lab_run (lab, MILLISECONDS (15));
    }
  g_assert_true (lab_run_until (lab, lab_node_is_complete, to, SECONDS (60)));
  lab_node_assert_content (to);
  g_assert_cmpuint (to->swarm->downloaded, ==, lab->size);
  g_assert_cmpuint (to->swarm->wasted, ==, 0);
}

/* --- Any order of events (CASES C28) --- */

static void
do_something (Lab *lab, GRand *rand)
{
  LabNode *node = g_ptr_array_index (lab->nodes, g_rand_int_range (rand, 0, (gint32) lab->nodes->len));
  LabNode *other = g_ptr_array_index (lab->nodes, g_rand_int_range (rand, 0, (gint32) lab->nodes->len));

  if (node->swarm == NULL)
    return;
  switch (g_rand_int_range (rand, 0, 10))
    {
    case 0:
      lab_node_stop (node);
      return;
    case 1:
    case 2:
      btfw_swarm_start (node->swarm);
      return;
    case 3:
      if (lab_node_is_stopped (lab, node))
        lab_node_remove (node);
      return;
    case 4:
      cut_connections (node);
      return;
    case 5:
      btfw_swarm_check (node->swarm);
      return;
    case 6:
      change_plugins (node, g_rand_int (rand));
      return;
    case 7:
      btfw_swarm_set_file_priority (node->swarm, 0, g_rand_boolean (rand) ? BTFW_PRIORITY_SKIP : BTFW_PRIORITY_NORMAL);
      return;
    default:
      lab_dial (node, other);
    }
}

static void
run_random (guint64 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed ((guint32) seed);
  g_autoptr (Lab)   lab = lab_new (seed, 512 * KIB, 32 * KIB);

  lab->link = (LabLink){ .rate = 4 * MIB, .delay = MILLISECONDS (1) };
  lab_add (lab, &seed_spec);
  for (guint i = 0; i < 3; i++)
    lab_add (lab, &leecher_spec);
  lab_dial_all (lab);
  for (guint step = 0; step < 40; step++)
    {
      btfw_loop_advance (lab->loop, btfw_loop_get_time (lab->loop) + g_rand_int_range (rand, 0, 20000));
      do_something (lab, rand);
    }
}

static void
test_any_order (void)
{
  for (guint64 seed = 1; seed <= 1000; seed++)
    run_random (seed);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (guint way = 0; way < N_WAYS_TO_STOP; way++)
    {
      g_autofree char *path = g_strdup_printf ("/lab/stop-at-every-millisecond/%s", way_names[way]);

      g_test_add_data_func (path, GUINT_TO_POINTER (way), test_stop_at_every_millisecond);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (durable_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/lab/durable/", durable_cases[i].name, NULL);

      g_test_add_data_func (path, &durable_cases[i], test_durable);
    }
  g_test_add_func ("/lab/goes-on/after-a-stop", test_goes_on_after_a_stop);
  g_test_add_func ("/lab/goes-on/after-a-check", test_goes_on_after_a_check);
  g_test_add_func ("/lab/plugins-are-exchanged", test_plugins_are_exchanged);
  g_test_add_func ("/lab/any-order-of-events", test_any_order);
  return g_test_run ();
}
