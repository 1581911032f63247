/* lab-crowd.c: tests of a client among many who want its places, its time and its memory. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lab-peer.h"

static const LabNodeSpec seed_spec = { .has_all = TRUE };
static const LabNodeSpec leecher_spec = { 0 };

static GPtrArray *
new_peers (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) lab_peer_free);
}

static void
add_peers (GPtrArray *peers, LabNode *node, guint n, const LabPeerSpec *spec)
{
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (peers, lab_peer_new (node, peers->len, spec));
}

static guint
count_open (GPtrArray *peers)
{
  guint n = 0;

  for (guint i = 0; i < peers->len; i++)
    n += ((LabPeer *) g_ptr_array_index (peers, i))->stream != NULL;
  return n;
}

/* --- Places --- */

static const LabPeerSpec idler = { .is_silent = TRUE };

/* Idlers take all places that strangers can have; one who is known gets one at once. */
static void
test_some_places_are_kept (void)
{
  g_autoptr (Lab)       lab = lab_new (1, 4 * MIB, 64 * KIB);
  g_autoptr (GPtrArray) idlers = new_peers ();
  LabNode              *from = lab_add (lab, &seed_spec);
  LabNode              *node = lab_add (lab, &leecher_spec);

  lab_run (lab, MILLISECONDS (10));
  add_peers (idlers, node, 300, &idler);
  lab_run (lab, MILLISECONDS (100));
  g_assert_cmpuint (count_open (idlers), ==, 188);
  lab_dial (node, from);
  g_assert_true (lab_run_until (lab, lab_node_is_complete, node, SECONDS (5)));
  g_ptr_array_set_size (idlers, 0);
}

/* Whoever comes by itself gets the place of an idler, a little later; those who are of use stay. */
static void
test_idlers_make_place (void)
{
  static const LabPeerSpec useful = { .answers = TRUE, .delay = MILLISECONDS (100) };
  const LabNodeSpec        few = { .max_peers = 16 };
  g_autoptr (Lab)          lab = lab_new (1, 4 * MIB, 64 * KIB);
  g_autoptr (GPtrArray)    idlers = new_peers ();
  g_autoptr (GPtrArray)    others = new_peers ();
  LabNode                 *node = lab_add (lab, &few);

  lab->link.rate = 100 * KIB;
  lab_run (lab, MILLISECONDS (10));
  g_ptr_array_add (others, lab_peer_new (node, 500, &useful));
  add_peers (idlers, node, 40, &idler);
  lab_run (lab, SECONDS (1));
  g_assert_cmpuint (count_open (idlers), ==, 14);

  lab_run (lab, SECONDS (11));
  g_ptr_array_add (others, lab_peer_new (node, 501, &useful));
  lab_run (lab, SECONDS (1));
  g_assert_cmpuint (count_open (idlers), ==, 13);
  g_assert_cmpuint (count_open (others), ==, 2);
  g_assert_true (lab_run_until (lab, lab_node_is_complete, node, SECONDS (120)));
  g_ptr_array_set_size (idlers, 0);
}

/* Also a seed is not shut by those who want nothing. */
static void
test_a_seed_stays_open (void)
{
  const LabNodeSpec     few = { .has_all = TRUE, .max_peers = 16 };
  g_autoptr (Lab)       lab = lab_new (1, 4 * MIB, 64 * KIB);
  g_autoptr (GPtrArray) idlers = new_peers ();
  LabNode              *from = lab_add (lab, &few);
  LabNode              *node = lab_add (lab, &leecher_spec);

  lab_run (lab, MILLISECONDS (10));
  add_peers (idlers, from, 40, &idler);
  g_assert_cmpuint (count_open (idlers), ==, 40);
  lab_run (lab, SECONDS (15));
  g_assert_cmpuint (count_open (idlers), ==, 16);
  lab_dial (node, from);
  g_assert_true (lab_run_until (lab, lab_node_is_complete, node, SECONDS (60)));
  g_ptr_array_set_size (idlers, 0);
}

/* --- All at once (CASES T03) --- */

#define N_HOSTILE 500u
/* So many come every quarter of a second. */
#define ARRIVALS 20u

static const LabPeerSpec kinds[] = {
  { .is_silent = TRUE },
  { .features = BTFW_FEATURE_FAST },
  { .features = BTFW_FEATURE_FAST, .answers = TRUE, .reject_every = 1 },
  { .answers = TRUE, .delay = SECONDS (9) },
  { .is_silent = TRUE },
  { .features = BTFW_FEATURE_FAST, .answers = TRUE, .choke_every = 2 },
  { .answers = TRUE, .poisons = TRUE },
  { .features = BTFW_FEATURE_FAST },
  { .is_silent = TRUE },
  { .answers = TRUE, .delay = SECONDS (20) },
  { .answers = TRUE, .poison_every = 7, .delay = MILLISECONDS (20) },
  { .answers = TRUE, .poison_every = 3, .leaves = TRUE, .delay = MILLISECONDS (5) },
  { .babbles = TRUE },
  { .answers = TRUE, .copies = 3 },
};

/* They come and come again, whatever becomes of them. */
static void
renew (GPtrArray *peers, LabNode *node, guint *next)
{
  for (guint i = 0; i < peers->len; i++)
    {
      LabPeer *peer = g_ptr_array_index (peers, i);

      if (peer->stream != NULL || btfw_timer_is_set (&peer->comeback))
        continue;
      lab_peer_free (peer);
      peers->pdata[i] = lab_peer_new (node, i, &kinds[*next % G_N_ELEMENTS (kinds)]);
      (*next)++;
    }
}

typedef struct
{
  const char *name;
  guint64     seed;
  gint64      head_start; /* of the hostile ones */
  guint       max_waste;  /* percent; what they send while nobody else is there is not counted on */
} HostileCase;

/* Each of them has twice the seed's bandwidth. */
static gint64
time_among (guint n_hostile, const HostileCase *hostile)
{
  g_autoptr (Lab)       lab = lab_new (hostile->seed, 64 * MIB, 256 * KIB);
  g_autoptr (GPtrArray) peers = new_peers ();
  const LabNodeSpec     slow_seed = { .has_all = TRUE, .upload = 2 * MIB };
  LabNode              *from = lab_add (lab, &slow_seed);
  LabNode              *node = lab_add (lab, &leecher_spec);
  guint                 next = (guint) hostile->seed;
  gboolean              has_dialled = FALSE;

  lab->link.rate = 4 * MIB;
  lab_run (lab, MILLISECONDS (10));
  for (guint i = 0; i < 600 && !lab_node_is_complete (lab, node); i++)
    {
      if (!has_dialled && lab_get_time (lab) >= hostile->head_start)
        {
          lab_dial (node, from);
          has_dialled = TRUE;
        }
      lab_run (lab, MILLISECONDS (250));
      for (guint n = 0; n < ARRIVALS && peers->len < n_hostile; n++)
        g_ptr_array_add (peers, lab_peer_new (node, peers->len, &kinds[next++ % G_N_ELEMENTS (kinds)]));
      renew (peers, node, &next);
    }
  g_assert_cmpint (node->completed, >=, 0);
  lab_node_assert_content (node);
  g_assert_false (btfw_candidates_is_banned (&node->swarm->candidates, &from->address));
  g_test_message ("%u hostile, %s: %.1f s, %.1f %% wasted, %u connections, at most %u buffers", n_hostile, hostile->name, (double) node->completed / 1e6,
                  100.0 * (double) node->swarm->wasted / (double) lab->size, next, node->max_buffers);
  g_assert_cmpuint (node->max_buffers, <=, 64 * MIB / BTFW_BLOCK_SIZE);
  g_assert_cmpuint (node->swarm->wasted, <=, lab->size * hostile->max_waste / 100);
  return node->completed;
}

static const HostileCase hostile_cases[] = {
  { "1", 1, 0, 10 },
  { "2", 2, 0, 10 },
  { "late-4", 4, SECONDS (2), 10 },
  { "later-5", 5, SECONDS (5), 15 },
};

static void
test_five_hundred (gconstpointer data)
{
  static gint64 alone = 0;

  if (alone == 0)
    alone = time_among (0, &hostile_cases[0]);
  g_assert_cmpint (time_among (N_HOSTILE, data), <=, 3 * alone);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/lab/crowd/some-places-are-kept", test_some_places_are_kept);
  g_test_add_func ("/lab/crowd/idlers-make-place", test_idlers_make_place);
  g_test_add_func ("/lab/crowd/a-seed-stays-open", test_a_seed_stays_open);
  for (gsize i = 0; i < G_N_ELEMENTS (hostile_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/lab/crowd/five-hundred/%s", hostile_cases[i].name);

      g_test_add_data_func (path, &hostile_cases[i], test_five_hundred);
    }
  return g_test_run ();
}
