/* lab-reasons.c: each cause that lets a torrent stand still has a sentence of its own. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lab-peer.h"
#include "swarm/reasons.h"

#include <string.h>

static const LabNodeSpec seed_spec = { .has_all = TRUE };
static const LabPeerSpec silent = { .is_silent = TRUE };
static const LabPeerSpec mute = { .answers = FALSE };
static const LabPeerSpec one_piece = { .answers = TRUE, .has_one = TRUE };

/* --- A picker that offers nothing --- */

#define TYPE_IDLE_PICKER (idle_picker_get_type ())
G_DECLARE_FINAL_TYPE (IdlePicker, idle_picker, IDLE, PICKER, GObject)

struct _IdlePicker
{
  GObject parent_instance;
};

static void
idle_picker_attach (BtfwPicker *picker, BtfwSwarmView *view)
{
}

static void
idle_picker_pick (BtfwPicker *picker, BtfwPeerView *peer, BtfwPicks *picks)
{
}

static void
idle_picker_detach (BtfwPicker *picker)
{
}

static void
idle_picker_iface_init (BtfwPickerInterface *iface)
{
  iface->detach = idle_picker_detach;
  iface->attach = idle_picker_attach;
  iface->pick = idle_picker_pick;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (IdlePicker, idle_picker, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_PICKER, idle_picker_iface_init));

static void
idle_picker_class_init (IdlePickerClass *klass)
{
}

static void
idle_picker_init (IdlePicker *self)
{
}

/* --- A choker that serves nobody --- */

#define TYPE_STRICT_CHOKER (strict_choker_get_type ())
G_DECLARE_FINAL_TYPE (StrictChoker, strict_choker, STRICT, CHOKER, GObject)

struct _StrictChoker
{
  GObject parent_instance;
};

static void
strict_choker_rechoke (BtfwChoker *choker, BtfwPeerGroup *group, gboolean is_round)
{
}

static void
strict_choker_iface_init (BtfwChokerInterface *iface)
{
  iface->rechoke = strict_choker_rechoke;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (StrictChoker, strict_choker, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_CHOKER, strict_choker_iface_init));

static void
strict_choker_class_init (StrictChokerClass *klass)
{
}

static void
strict_choker_init (StrictChoker *self)
{
}

/* --- Staging --- */

typedef struct
{
  Lab     *lab;
  LabNode *node;
  LabPeer *peer; /* NULL for none */
} Stage;

static void
add_nobody (Stage *stage)
{
}

static void
add_seed (Stage *stage)
{
  lab_dial (stage->node, lab_add (stage->lab, &seed_spec));
}

static void
add_stranger_who_is_not_there (Stage *stage)
{
  BtfwAddress address = lab_get_address (77);

  btfw_swarm_add_address (stage->node->swarm, &address, BTFW_SOURCE_USER);
}

static void
add_silent_peer (Stage *stage)
{
  stage->peer = lab_peer_new (stage->node, 1, &silent);
}

static void
add_mute_peer (Stage *stage)
{
  stage->peer = lab_peer_new (stage->node, 1, &mute);
}

static void
add_peer_with_one_piece (Stage *stage)
{
  stage->peer = lab_peer_new (stage->node, 1, &one_piece);
}

static void
add_strict_seed (Stage *stage)
{
  LabNode *seed = lab_add (stage->lab, &seed_spec);

  btfw_swarm_set_choker (seed->swarm, g_object_new (TYPE_STRICT_CHOKER, NULL));
  lab_dial (stage->node, seed);
}

static void
set_limit (Stage *stage)
{
  btfw_limiter_set_rate (&stage->node->swarm->download, 500);
  add_seed (stage);
}

static void
set_limit_of_all (Stage *stage)
{
  btfw_limiter_set_rate (&stage->node->resources.download, 500);
  add_seed (stage);
}

static void
fill_disk (Stage *stage)
{
  stage->node->storage->write_fault = BTFW_STORAGE_ERROR_FULL;
  add_seed (stage);
}

static void
set_idle_picker (Stage *stage)
{
  btfw_swarm_set_picker (stage->node->swarm, g_object_new (TYPE_IDLE_PICKER, NULL));
  add_seed (stage);
}

static const struct
{
  const char *name;
  void (*stage) (Stage *stage);
  const char *sentence; /* a part of it that no other one has */
} causes[] = {
  { "nobody-to-ask", add_nobody, "the torrent names no tracker" },
  { "nobody-answers", add_stranger_who_is_not_there, "does not answer" },
  { "peer-without-pieces", add_silent_peer, "exist nowhere" },
  { "peer-that-owes", add_mute_peer, "does not answer our requests" },
  { "all-choke-us", add_strict_seed, "it chokes us" },
  { "piece-that-nobody-has", add_peer_with_one_piece, "exist nowhere" },
  { "limit-of-the-torrent", set_limit, "limit of this torrent's downloads" },
  { "limit-of-all", set_limit_of_all, "limit of all downloads" },
  { "disk-full", fill_disk, NULL },
  { "picker-offers-nothing", set_idle_picker, "the picker asks for none of it" },
};

static void
test_cause (gconstpointer data)
{
  gsize            i = GPOINTER_TO_SIZE (data);
  g_autoptr (Lab)  lab = lab_new (1, 4 * MIB, 128 * KIB);
  LabNodeSpec      spec = { 0 };
  Stage            stage = { lab, lab_add (lab, &spec), NULL };
  g_autofree char *reason = NULL;

  lab_run (lab, SECONDS (1));
  causes[i].stage (&stage);
  lab_run (lab, SECONDS (100));
  /* Under a limit a block still comes now and then, and explains itself. */
  for (guint n = 0; n < 20 && reason == NULL; n++)
    {
      lab_run (lab, SECONDS (1));
      reason = btfw_reasons_get (stage.node->swarm);
    }
  g_assert_nonnull (reason);
  g_test_message ("%s", reason);
  if (causes[i].sentence != NULL)
    g_assert_nonnull (strstr (reason, causes[i].sentence));
  else
    g_assert_cmpstr (reason, ==, stage.node->swarm->error->message);
  g_clear_pointer (&stage.peer, lab_peer_free);
}

/* And nothing is said while all goes well. */
static void
test_nothing_to_explain (void)
{
  g_autoptr (Lab) lab = lab_new (1, 4 * MIB, 128 * KIB);
  LabNodeSpec     spec = { 0 };
  LabNode        *node;
  LabNode        *from;

  lab->link.rate = 256 * KIB;
  from = lab_add (lab, &seed_spec);
  node = lab_add (lab, &spec);
  lab_dial (node, from);
  for (guint i = 0; i < 10; i++)
    {
      lab_run (lab, SECONDS (1));
      g_assert_null (btfw_reasons_get (node->swarm));
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (causes); i++)
    {
      g_autofree char *path = g_strdup_printf ("/lab/reasons/%s", causes[i].name);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_cause);
    }
  g_test_add_func ("/lab/reasons/nothing-to-explain", test_nothing_to_explain);
  return g_test_run ();
}
