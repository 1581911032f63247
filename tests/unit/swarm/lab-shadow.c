/* lab-shadow.c: a picker that only looks on changes nothing. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lab.h"
#include "session/status.h"

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
    node->swarm->shadow = btfw_shadow_new (node->swarm, lab_make_picker (shadow), shadow);
  lab_dial_all (lab);
  g_assert_true (lab_run_until (lab, lab_all_are_complete, NULL, SECONDS (300)));
  lab_node_assert_content (node);
  trace = lab->trace;
  *n_picks = shadow == NULL ? 0 : node->swarm->shadow->n_picks;
  *n_other = shadow == NULL ? 0 : node->swarm->shadow->n_other;
  return trace;
}

/* What applications are told is what was counted, and the last choices are those of the run. */
static void
test_report (void)
{
  g_autoptr (Lab)               lab = lab_new (3, 4 * MIB, 64 * KIB);
  g_autoptr (BtfwTorrentStatus) before = NULL;
  g_autoptr (BtfwTorrentStatus) status = NULL;
  LabNodeSpec                   spec = { 0 };
  LabNode                      *node = lab_add (lab, &spec);
  guint32                       chosen, other;

  lab->link.rate = 512 * KIB;
  before = btfw_torrent_status_new (node->swarm, NULL);
  g_assert_null (btfw_torrent_status_get_shadow_picker (before));
  g_assert_cmpuint (btfw_torrent_status_get_n_shadow_choices (before), ==, 0);

  node->swarm->shadow = btfw_shadow_new (node->swarm, lab_make_picker ("sequential"), "sequential,window=8");
  lab_dial (node, lab_add (lab, &seed_spec));
  g_assert_true (lab_run_until (lab, lab_node_is_complete, node, SECONDS (300)));
  status = btfw_torrent_status_new (node->swarm, before);
  g_assert_cmpstr (btfw_torrent_status_get_shadow_picker (status), ==, "sequential,window=8");
  g_assert_cmpuint (btfw_torrent_status_get_shadow_picks (status), ==, node->swarm->shadow->n_picks);
  g_assert_cmpuint (btfw_torrent_status_get_shadow_differences (status), ==, node->swarm->shadow->n_other);
  g_assert_cmpuint (btfw_torrent_status_get_shadow_firsts (status), >=, BTFW_SHADOW_KEPT);
  g_assert_cmpuint (btfw_torrent_status_get_shadow_firsts (status), <=, btfw_torrent_status_get_shadow_differences (status));
  g_assert_cmpuint (btfw_torrent_status_get_n_shadow_choices (status), ==, BTFW_SHADOW_KEPT);
  for (guint i = 0; i < BTFW_SHADOW_KEPT; i++)
    {
      btfw_torrent_status_get_shadow_choice (status, i, &chosen, &other);
      g_assert_cmpuint (chosen, !=, other);
      g_assert_true (chosen < 64 || chosen == BTFW_PIECE_NONE);
    }
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
  g_test_add_func ("/lab/shadow/report", test_report);
  return g_test_run ();
}
