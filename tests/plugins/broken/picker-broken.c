/* picker-broken.c: a picker with one of many faults, for the tests of the kit. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "broken.h"

typedef struct
{
  GObject        parent_instance;
  BtfwSwarmView *swarm;
  BtfwPicks     *kept;
  guint          n_peers;    /* counted by peer_changed() alone */
  guint          n_attached;
  guint32        done_before; /* pieces that were here, of whichever torrent */
  guint          window;
} TestBrokenPicker;

typedef struct
{
  GObjectClass parent_class;
} TestBrokenPickerClass;

static void picker_iface_init (BtfwPickerInterface *iface);
GType       test_broken_picker_get_type (void);

G_DEFINE_TYPE_WITH_CODE (TestBrokenPicker, test_broken_picker, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (BTFW_TYPE_PICKER, picker_iface_init));

static gpointer
look_from_elsewhere (gpointer data)
{
  btfw_swarm_view_get_n_pieces (data);
  return NULL;
}

static void
attach (BtfwPicker *picker, BtfwSwarmView *swarm)
{
  TestBrokenPicker *self = (TestBrokenPicker *) picker;

  self->swarm = btfw_swarm_view_ref (swarm);
  self->n_attached++;
  if (has_fault ("exit"))
    exit (0);
  if (has_fault ("wrong-thread"))
    g_thread_join (g_thread_new ("elsewhere", look_from_elsewhere, swarm));
}

static void
detach (BtfwPicker *picker)
{
  TestBrokenPicker *self = (TestBrokenPicker *) picker;

  if (!has_fault ("keeps-the-view"))
    btfw_swarm_view_unref (self->swarm);
  self->swarm = NULL;
}

static void
offer_wrongly (TestBrokenPicker *self, BtfwPeerView *peer, BtfwPicks *picks)
{
  if (has_fault ("no-such-piece"))
    btfw_picks_add (picks, btfw_swarm_view_get_n_pieces (self->swarm), BTFW_PICK_NEW);
  if (has_fault ("what-is-here") && btfw_swarm_view_get_state (self->swarm, 0) == BTFW_PIECE_HAVE)
    btfw_picks_add (picks, 0, BTFW_PICK_NEW);
  if (has_fault ("what-is-not-there"))
    for (guint32 i = 0; i < btfw_swarm_view_get_n_pieces (self->swarm); i++)
      if (!btfw_peer_view_has_piece (peer, i) && btfw_swarm_view_get_state (self->swarm, i) == BTFW_PIECE_MISSING)
        btfw_picks_add (picks, i, BTFW_PICK_NEW);
}

static void
misbehave (TestBrokenPicker *self, BtfwPeerView *peer)
{
  if (has_fault ("gives-back-too-much"))
    btfw_peer_view_unref (peer);
  if (has_fault ("crashes"))
    raise (SIGSEGV);
  if (has_fault ("aborts"))
    abort ();
  if (has_fault ("sleeps"))
    sleep_once ();
  if (has_fault ("leaks"))
    lose_memory ();
  if (has_fault ("complains"))
    g_critical ("something is wrong");
  while (has_fault ("hangs"))
    self->window++;
}

static gboolean
holds_back (TestBrokenPicker *self)
{
  return (has_fault ("counts-on-joining") && self->n_peers == 0) ||
         (has_fault ("serves-one-torrent") && self->n_attached > 1) ||
         (has_fault ("never-the-last") && btfw_swarm_view_get_n_wanted (self->swarm) == 1);
}

static void
pick (BtfwPicker *picker, BtfwPeerView *peer, BtfwPicks *picks)
{
  TestBrokenPicker *self = (TestBrokenPicker *) picker;
  guint32           n = btfw_swarm_view_get_n_pieces (self->swarm);
  guint32           start = has_fault ("own-dice") ? g_random_int_range (0, (gint32) n) : 0;

  misbehave (self, peer);
  offer_wrongly (self, peer, picks);
  for (guint32 i = 0; i < n && !holds_back (self); i++)
    {
      guint32 piece = (start + i) % n;

      if (btfw_peer_view_can_request (peer, piece) && btfw_picks_add (picks, piece, BTFW_PICK_NEW) == BTFW_PICK_ENOUGH &&
          !has_fault ("never-enough"))
        return;
    }
}

static void
peer_changed (BtfwPicker *picker, BtfwPeerView *peer, BtfwPeerChange what)
{
  TestBrokenPicker *self = (TestBrokenPicker *) picker;

  self->n_peers += what == BTFW_PEER_JOINED ? 1 : -1;
  if (has_fault ("keeps-peers") && what == BTFW_PEER_JOINED)
    btfw_peer_view_ref (peer);
}

static void
picker_iface_init (BtfwPickerInterface *iface)
{
  iface->attach = attach;
  iface->detach = detach;
  iface->pick = has_fault ("no-pick") ? NULL : pick;
  iface->peer_changed = peer_changed;
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  g_value_set_uint (value, ((TestBrokenPicker *) object)->window);
}

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  if (!has_fault ("forgets-settings"))
    ((TestBrokenPicker *) object)->window = g_value_get_uint (value);
}

static void
finalize (GObject *object)
{
  G_OBJECT_CLASS (test_broken_picker_parent_class)->finalize (object);
}

static void
test_broken_picker_class_init (TestBrokenPickerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = finalize;
  object_class->get_property = get_property;
  object_class->set_property = set_property;
  g_object_class_install_property (object_class, 1,
    g_param_spec_uint ("window", NULL, has_fault ("no-blurb") ? "" : "how many pieces are looked at", 1, 100, 10,
                       G_PARAM_READWRITE | (has_fault ("false-default") ? 0 : G_PARAM_CONSTRUCT) | G_PARAM_STATIC_STRINGS));
}

static void
test_broken_picker_init (TestBrokenPicker *self)
{
  if (has_fault ("never-dies"))
    g_object_ref (self);
}

BTFW_PLUGIN_DEFINE (picker, broken, test_broken_picker_get_type,
                    .version = "1.0",
                    .description = "broken on purpose",
                    .license = "LGPL-2.1-or-later",
                    .origin = "btfw's tests");
