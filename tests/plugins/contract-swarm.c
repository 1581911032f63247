/* contract-swarm.c: what every picker and every choker must do, a stranger's too. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/lab-peer.h"
#include "swarm/views.h"

#define ATTACHMENTS 1000

static BtfwPlugins *plugins;
static const char  *picker_name = "rarest";
static const char  *choker_name = "standard";

static const LabNodeSpec seed_spec = { .has_all = TRUE };
static const LabNodeSpec leecher_spec = { 0 };

static gpointer
make (const char *kind, const char *name)
{
  g_autoptr (GError) error = NULL;
  gpointer           made = btfw_plugins_create (plugins, kind, name, &error);

  g_assert_no_error (error);
  return made;
}

BtfwPicker *
lab_make_picker (const char *name)
{
  return make ("picker", name == NULL ? picker_name : name);
}

BtfwChoker *
lab_make_choker (void)
{
  return make ("choker", choker_name);
}

/* --- Pickers --- */

static void
download (guint64 size, guint32 piece_size)
{
  g_autoptr (Lab) lab = lab_new (1, size, piece_size);
  LabNode        *from = lab_add (lab, &seed_spec);
  LabNode        *to = lab_add (lab, &leecher_spec);

  lab_dial (to, from);
  g_assert_true (lab_run_until (lab, lab_node_is_complete, to, SECONDS (60)));
  lab_node_assert_content (to);
}

static void
test_picker_finds_every_piece (gconstpointer name)
{
  picker_name = name;
  download (1, 16 * KIB);
  download (16 * KIB, 16 * KIB);
  download (2 * MIB + 1, 16 * KIB);
  download (MIB, 100 * KIB);
  download (5 * MIB, 4 * MIB);
}

/* Each piece is with another peer, and each peer has one. */
static void
test_picker_asks_whoever_has_it (gconstpointer name)
{
  static const LabPeerSpec one_piece = { .answers = TRUE, .has_one = TRUE };
  g_autoptr (Lab)          lab = lab_new (1, 40 * 32 * KIB, 32 * KIB);
  g_autoptr (GPtrArray)    peers = g_ptr_array_new_with_free_func ((GDestroyNotify) lab_peer_free);
  LabNode                 *node;

  picker_name = name;
  node = lab_add (lab, &leecher_spec);
  lab_run (lab, MILLISECONDS (10));
  for (guint i = 0; i < 40; i++)
    g_ptr_array_add (peers, lab_peer_new (node, i, &one_piece));
  g_assert_true (lab_run_until (lab, lab_node_is_complete, node, SECONDS (60)));
  lab_node_assert_content (node);
}

/* Nothing that is not wanted is asked for, and all once it is. */
static void
test_picker_heeds_priorities (gconstpointer name)
{
  g_autoptr (Lab) lab = lab_new (1, MIB, 32 * KIB);
  LabNode        *from;
  LabNode        *to;

  picker_name = name;
  from = lab_add (lab, &seed_spec);
  to = lab_add (lab, &leecher_spec);
  lab_run (lab, MILLISECONDS (10));
  btfw_swarm_set_file_priority (to->swarm, 0, BTFW_PRIORITY_SKIP);
  lab_dial (to, from);
  lab_run (lab, SECONDS (2));
  g_assert_cmpuint (to->swarm->downloaded, ==, 0);
  to->completed = -1;
  btfw_swarm_set_file_priority (to->swarm, 0, BTFW_PRIORITY_LOW);
  lab_run (lab, SECONDS (60));
  lab_node_assert_content (to);
}

static void
test_picker_is_attached_and_detached (gconstpointer name)
{
  g_autoptr (Lab)        lab = lab_new (1, 4 * MIB, 32 * KIB);
  g_autoptr (BtfwPicker) again = NULL;
  LabNode               *from;
  LabNode               *to;

  picker_name = name;
  lab->link.rate = 2 * MIB;
  again = lab_make_picker (NULL);
  from = lab_add (lab, &seed_spec);
  to = lab_add (lab, &leecher_spec);
  lab_dial (to, from);
  for (guint i = 0; i < ATTACHMENTS; i++)
    {
      BtfwSwarmView *view = btfw_swarm_view_new (to->swarm, "contract");

      /* The same instance again and again, and new ones in the midst of it. */
      btfw_picker_attach (again, view);
      btfw_picker_detach (again);
      btfw_swarm_view_kill (view);
      btfw_swarm_set_picker (to->swarm, lab_make_picker (NULL));
      lab_run (lab, MILLISECONDS (1));
    }
  g_assert_true (lab_run_until (lab, lab_node_is_complete, to, SECONDS (60)));
  lab_node_assert_content (to);
  g_assert_cmpuint (to->swarm->downloaded, ==, lab->size);
}

/* --- Chokers --- */

static guint
count_served (LabNode *node)
{
  guint n = 0;

  for (guint i = 0; i < node->swarm->peers->len; i++)
    {
      const BtfwPeer *peer = g_ptr_array_index (node->swarm->peers, i);

      n += peer->is_interested && !peer->choked_by_us;
    }
  return n;
}

/* Few slots for many: never more than there are, and everybody has a turn. */
static void
test_choker_serves_everybody (gconstpointer name)
{
  const LabNodeSpec seed = { .has_all = TRUE, .upload = MIB, .upload_slots = 2 };
  g_autoptr (Lab)   lab = lab_new (1, 4 * MIB, 64 * KIB);
  LabNode          *from;

  choker_name = name;
  from = lab_add (lab, &seed);
  for (guint i = 0; i < 6; i++)
    lab_dial (lab_add (lab, &leecher_spec), from);
  for (guint i = 0; i < 3000 && !lab_all_are_complete (lab, NULL); i++)
    {
      lab_run (lab, MILLISECONDS (200));
      g_assert_cmpuint (count_served (from), <=, 2);
    }
  g_assert_true (lab_all_are_complete (lab, NULL));
  choker_name = "standard";
}

static void
test_choker_is_exchanged (gconstpointer name)
{
  g_autoptr (Lab) lab = lab_new (1, 2 * MIB, 32 * KIB);
  LabNode        *from;
  LabNode        *to;

  choker_name = name;
  lab->link.rate = MIB;
  from = lab_add (lab, &seed_spec);
  to = lab_add (lab, &leecher_spec);
  lab_dial (to, from);
  for (guint i = 0; i < ATTACHMENTS; i++)
    {
      btfw_swarm_set_choker (from->swarm, lab_make_choker ());
      lab_run (lab, MILLISECONDS (1));
    }
  g_assert_true (lab_run_until (lab, lab_node_is_complete, to, SECONDS (60)));
  lab_node_assert_content (to);
  choker_name = "standard";
}

static void
test_choker_alone (gconstpointer name)
{
  g_autoptr (Lab) lab = lab_new (1, MIB, 32 * KIB);

  choker_name = name;
  lab_add (lab, &seed_spec);
  lab_run (lab, SECONDS (100));
  choker_name = "standard";
}

static void
add (const char *kind, const char *name, const char *what, GTestDataFunc test)
{
  g_autofree char *path = g_strdup_printf ("/contract/%s/%s/%s", kind, name, what);

  g_test_add_data_func_full (path, g_strdup (name), test, g_free);
}

static void
add_tests (const char *kind, const char *name)
{
  if (g_str_equal (kind, "picker"))
    {
      add (kind, name, "finds-every-piece", test_picker_finds_every_piece);
      add (kind, name, "asks-whoever-has-it", test_picker_asks_whoever_has_it);
      add (kind, name, "heeds-priorities", test_picker_heeds_priorities);
      add (kind, name, "is-attached-and-detached", test_picker_is_attached_and_detached);
    }
  else
    {
      add (kind, name, "serves-everybody", test_choker_serves_everybody);
      add (kind, name, "is-exchanged", test_choker_is_exchanged);
      add (kind, name, "alone", test_choker_alone);
    }
}

int
main (int argc, char **argv)
{
  static const char *const kinds[] = { "choker", "picker" };
  g_autoptr (BtfwConfig)   config = NULL;
  int                      result;

  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  config = btfw_config_new ();
  plugins = btfw_plugins_new (config);
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    {
      g_autoptr (GPtrArray) list = btfw_plugins_list (plugins, kinds[i]);

      for (guint j = 0; j < list->len; j++)
        if (btfw_plugin_info_get_status (g_ptr_array_index (list, j)) == BTFW_PLUGIN_USABLE)
          add_tests (kinds[i], btfw_plugin_info_get_name (g_ptr_array_index (list, j)));
    }
  result = g_test_run ();
  g_object_unref (plugins);
  return result;
}
