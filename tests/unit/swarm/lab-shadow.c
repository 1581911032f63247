/* lab-shadow.c: a picker that only looks on changes nothing. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lab.h"

static const LabNodeSpec seed_spec = { .has_all = TRUE };

/* A hash of every packet, with its time. */
static guint64
run (guint64 seed, const char *shadow, guint64 *n_picks, guint64 *n_other)
{
  g_autoptr (Lab) lab = lab_new (seed, 4 * MIB, 64 * KIB);
  LabNodeSpec     spec = { 0 };
  LabNode        *node;
  guint64         trace;

  lab->link.rate = 512 * KIB;
  lab_add (lab, &seed_spec);
  node = lab_add (lab, &spec);
  lab_add (lab, &spec);
  if (shadow != NULL)
    btfw_shadow_set (&node->swarm->shadow, node->swarm, lab_make_picker (shadow), shadow);
  lab_dial_all (lab);
  g_assert_true (lab_run_until (lab, lab_all_are_complete, NULL, SECONDS (300)));
  lab_node_assert_content (node);
  trace = lab->trace;
  *n_picks = node->swarm->shadow.n_picks;
  *n_other = node->swarm->shadow.n_other;
  return trace;
}

static void
test_no_packet_changes (void)
{
  for (guint64 seed = 1; seed <= 5; seed++)
    {
      guint64 n_picks, n_other;
      guint64 alone = run (seed, NULL, &n_picks, &n_other);

      g_assert_cmpuint (n_picks, ==, 0);
      g_assert_cmpuint (run (seed, "sequential", &n_picks, &n_other), ==, alone);
      g_test_message ("sequential: %" G_GUINT64_FORMAT " of %" G_GUINT64_FORMAT, n_other, n_picks);
      g_assert_cmpuint (n_other, >, 0);
      g_assert_cmpuint (n_other, <=, n_picks);
      g_assert_cmpuint (run (seed, "rarest", &n_picks, &n_other), ==, alone);
      g_assert_cmpuint (n_picks, >, 0);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/lab/shadow/no-packet-changes", test_no_packet_changes);
  return g_test_run ();
}
