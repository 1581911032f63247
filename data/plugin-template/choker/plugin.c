/* choker-@name@.c: a choker that lets everybody have a turn: whoever has waited
 * longest is served next, for a while. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw.h>

/* Names of types are shared by the whole process: yours begin with a word of
 * your own, never with Btfw. */
struct _@Name@Choker
{
  GObject parent_instance;
  guint   turn; /* seconds */
};

#define @NAME@_TYPE_CHOKER (@name@_choker_get_type ())
G_DECLARE_FINAL_TYPE (@Name@Choker, @name@_choker, @NAME@, CHOKER, GObject)

/* The properties of a plugin are its settings: this one is --choker=@name@,turn=60,
 * or turn=60 in the group [choker-@name@] of the keyfile. */
enum
{
  PROP_TURN = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void choker_iface_init (BtfwChokerInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (@Name@Choker, @name@_choker, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_CHOKER, choker_iface_init));

static guint
@name@_choker_get_period (BtfwChoker *choker)
{
  return 10000;
}

static gboolean
is_interested (BtfwPeerView *peer)
{
  return (btfw_peer_view_get_flags (peer) & BTFW_PEER_INTERESTED_IN_US) != 0;
}

/* How long it has waited, in microseconds; who never had a turn has waited longest. */
static gint64
get_waiting_time (BtfwPeerView *peer)
{
  gint64 last = btfw_peer_view_get_last_unchoked (peer);

  return last < 0 ? G_MAXINT64 : last;
}

/* The interested peer that waited longest and is not chosen yet, or -1. */
static int
find_next (BtfwPeerGroup *group, const gboolean *is_chosen)
{
  gint64 longest = -1;
  int    found = -1;

  for (guint i = 0; i < btfw_peer_group_get_n_peers (group); i++)
    {
      BtfwPeerView *peer = btfw_peer_group_get_peer (group, i);

      if (!is_chosen[i] && is_interested (peer) && get_waiting_time (peer) > longest)
        {
          longest = get_waiting_time (peer);
          found = (int) i;
        }
    }
  return found;
}

static void
@name@_choker_rechoke (BtfwChoker *choker, BtfwPeerGroup *group, gboolean is_round)
{
  @Name@Choker        *self = @NAME@_CHOKER (choker);
  guint                n = btfw_peer_group_get_n_peers (group);
  g_autofree gboolean *is_chosen = g_new0 (gboolean, n + 1);
  int                  next;

  /* Those whose turn is not over go on; whoever is not unchoked here is choked. */
  for (guint i = 0; i < n; i++)
    {
      BtfwPeerView *peer = btfw_peer_group_get_peer (group, i);
      gint64        served = btfw_peer_view_get_unchoked_for (peer);

      if (is_interested (peer) && served > 0 && served < (gint64) self->turn * G_USEC_PER_SEC)
        is_chosen[i] = btfw_peer_group_unchoke (group, i);
    }

  while ((next = find_next (group, is_chosen)) >= 0 && btfw_peer_group_unchoke (group, (guint) next))
    is_chosen[next] = TRUE;
}

static void
choker_iface_init (BtfwChokerInterface *iface)
{
  iface->get_period = @name@_choker_get_period;
  iface->rechoke = @name@_choker_rechoke;
}

static void
@name@_choker_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_TURN)
    g_value_set_uint (value, @NAME@_CHOKER (object)->turn);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
@name@_choker_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  if (id == PROP_TURN)
    @NAME@_CHOKER (object)->turn = g_value_get_uint (value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
@name@_choker_class_init (@Name@ChokerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = @name@_choker_get_property;
  object_class->set_property = @name@_choker_set_property;

  /* Range, default and blurb are what “btfw inspect choker-@name@” shows, and
   * what a wrong setting is answered with. */
  properties[PROP_TURN] =
    g_param_spec_uint ("turn", NULL, "how long a peer is served before the next one has its turn", 10, 3600, 30,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS);
  btfw_param_spec_with_unit (properties[PROP_TURN], BTFW_UNIT_SECONDS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
@name@_choker_init (@Name@Choker *self)
{
}

BTFW_PLUGIN_DEFINE (choker, @name@, @name@_choker_get_type,
                    .version = "0.1",
                    .description = "everybody in turn, who waited longest first",
                    .license = "LGPL-2.1-or-later",
                    .origin = "https://example.org/choker-@name@");
