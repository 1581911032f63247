/* choker-broken.c: a choker with one of many faults, for the tests of the kit. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "broken.h"

typedef struct
{
  GObject        parent_instance;
  guint          turn;
  BtfwPeerGroup *kept;
} TestBrokenChoker;

typedef struct
{
  GObjectClass parent_class;
} TestBrokenChokerClass;

static void choker_iface_init (BtfwChokerInterface *iface);
GType       test_broken_choker_get_type (void);

G_DEFINE_TYPE_WITH_CODE (TestBrokenChoker, test_broken_choker, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (BTFW_TYPE_CHOKER, choker_iface_init));

static guint
get_period (BtfwChoker *choker)
{
  return has_fault ("no-period") ? 0 : 10000;
}

static gpointer
look_from_elsewhere (gpointer data)
{
  btfw_peer_group_get_slots (data);
  return NULL;
}

static void
misbehave (TestBrokenChoker *self, BtfwPeerGroup *group, guint n)
{
  if (has_fault ("keeps-the-group"))
    self->kept = btfw_peer_group_ref (group);
  if (has_fault ("gives-back-too-much") && n > 0)
    btfw_peer_view_unref (btfw_peer_group_get_peer (group, 0));
  if (has_fault ("keeps-peers") && n > 0)
    btfw_peer_view_ref (btfw_peer_group_get_peer (group, n - 1));
  if (has_fault ("one-too-many"))
    btfw_peer_group_unchoke (group, n);
  if (has_fault ("crashes") && n == 0)
    raise (SIGSEGV);
  if (has_fault ("sleeps"))
    sleep_once ();
  if (has_fault ("leaks"))
    lose_memory ();
  if (has_fault ("exits"))
    exit (0);
  if (has_fault ("wrong-thread"))
    g_thread_join (g_thread_new ("elsewhere", look_from_elsewhere, group));
  while (has_fault ("hangs"))
    self->turn++;
}

static void
rechoke (BtfwChoker *choker, BtfwPeerGroup *group, gboolean is_round)
{
  TestBrokenChoker *self = (TestBrokenChoker *) choker;
  guint             n = btfw_peer_group_get_n_peers (group);
  guint             start = 0;

  misbehave (self, group, n);
  if (n == 0 || has_fault ("serves-nobody"))
    return;
  if (!has_fault ("serves-the-first"))
    start = has_fault ("own-dice") ? (guint) g_random_int_range (0, (gint32) n) : btfw_peer_group_random (group, n);
  for (guint i = 0; i < n; i++)
    {
      guint who = (start + i) % n;

      if (btfw_peer_view_get_flags (btfw_peer_group_get_peer (group, who)) & BTFW_PEER_INTERESTED_IN_US)
        btfw_peer_group_unchoke (group, who);
    }
}

static void
choker_iface_init (BtfwChokerInterface *iface)
{
  iface->get_period = get_period;
  iface->rechoke = has_fault ("no-rechoke") ? NULL : rechoke;
}

static void
get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  g_value_set_uint (value, ((TestBrokenChoker *) object)->turn);
}

static void
set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  if (!has_fault ("forgets-settings"))
    ((TestBrokenChoker *) object)->turn = g_value_get_uint (value);
}

static void
test_broken_choker_class_init (TestBrokenChokerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = get_property;
  object_class->set_property = set_property;
  g_object_class_install_property (object_class, 1,
    g_param_spec_uint ("turn", NULL, "how long a turn is", 1, 100, 10,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS));
}

static void
test_broken_choker_init (TestBrokenChoker *self)
{
}

BTFW_PLUGIN_DEFINE (choker, broken, test_broken_choker_get_type,
                    .version = "1.0",
                    .description = "broken on purpose",
                    .license = "LGPL-2.1-or-later",
                    .origin = "btfw's tests");
