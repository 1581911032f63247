/* choker-standard.c: serves those who serve us best, and now and then a
 * stranger, as the mainline client does. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw.h>

#include <glib/gi18n-lib.h>

/* A round, in milliseconds. */
#define PERIOD 10000
/* A stranger has his chance for so many rounds. */
#define OPTIMISTIC_ROUNDS 3
/* A peer is new for so long, and then more likely to be the lucky one. */
#define NEWCOMER_AGE (60 * G_USEC_PER_SEC)
#define NEWCOMER_WEIGHT 3

/* What counts of a peer in one round. */
typedef struct
{
  guint    index; /* in the group */
  guint32  luck;  /* ties are broken at random */
  guint64  rate;
  gboolean is_snubbed;
} Rival;

struct _BtfwStandardChoker
{
  GObject parent_instance;
  GArray *optimistic; /* ids of the peers that have their chance */
  guint   n_rounds;
  guint   optimistic_slots;
};

#define BTFW_TYPE_STANDARD_CHOKER (btfw_standard_choker_get_type ())
G_DECLARE_FINAL_TYPE (BtfwStandardChoker, btfw_standard_choker, BTFW, STANDARD_CHOKER, GObject)

enum
{
  PROP_OPTIMISTIC_SLOTS = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void choker_iface_init (BtfwChokerInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BtfwStandardChoker, btfw_standard_choker, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_CHOKER, choker_iface_init));

static gboolean
is_interested (BtfwPeerView *peer)
{
  return btfw_peer_view_get_flags (peer) & BTFW_PEER_INTERESTED_IN_US;
}

/* Who gives us most; once we want nothing, who takes most, as that spreads the
 * torrent fastest. */
static guint64
get_rate (BtfwPeerGroup *group, BtfwPeerView *peer)
{
  return btfw_peer_group_is_seeding (group) ? btfw_peer_view_get_upload_rate (peer)
                                            : btfw_peer_view_get_download_rate (peer);
}

static gint
compare_rivals (gconstpointer a, gconstpointer b)
{
  const Rival *rival_a = a;
  const Rival *rival_b = b;

  if (rival_a->is_snubbed != rival_b->is_snubbed)
    return rival_a->is_snubbed ? 1 : -1;
  if (rival_a->rate != rival_b->rate)
    return rival_a->rate > rival_b->rate ? -1 : 1;
  return rival_a->luck < rival_b->luck ? -1 : rival_a->luck > rival_b->luck;
}

/* The peers that want something, best first. */
static GArray *
rank (BtfwPeerGroup *group)
{
  GArray *rivals = g_array_new (FALSE, FALSE, sizeof (Rival));

  for (guint i = 0; i < btfw_peer_group_get_n_peers (group); i++)
    {
      BtfwPeerView *peer = btfw_peer_group_get_peer (group, i);
      Rival         rival = {
        .index = i,
        .luck = btfw_peer_group_random (group, G_MAXUINT32),
        .rate = get_rate (group, peer),
        .is_snubbed = (btfw_peer_view_get_flags (peer) & BTFW_PEER_SNUBBED) != 0,
      };

      if (is_interested (peer))
        g_array_append_val (rivals, rival);
    }
  g_array_sort (rivals, compare_rivals);
  return rivals;
}

/* --- The chance for strangers --- */

static gboolean
has_chance (BtfwStandardChoker *self, guint64 id)
{
  for (guint i = 0; i < self->optimistic->len; i++)
    if (g_array_index (self->optimistic, guint64, i) == id)
      return TRUE;
  return FALSE;
}

static guint
get_weight (BtfwPeerView *peer)
{
  return btfw_peer_view_get_age (peer) < NEWCOMER_AGE ? NEWCOMER_WEIGHT : 1;
}

/* One of those that @rivals has from @first on, newcomers more likely. */
static guint
draw (BtfwPeerGroup *group, GArray *rivals, guint first)
{
  guint total = 0;
  guint ticket;
  guint i;

  for (i = first; i < rivals->len; i++)
    total += get_weight (btfw_peer_group_get_peer (group, g_array_index (rivals, Rival, i).index));
  ticket = btfw_peer_group_random (group, total);
  for (i = first; i < rivals->len - 1; i++)
    {
      guint weight = get_weight (btfw_peer_group_get_peer (group, g_array_index (rivals, Rival, i).index));

      if (ticket < weight)
        break;
      ticket -= weight;
    }
  return i;
}

/* Draws new ones among those that did not earn a slot. */
static void
draw_optimistic (BtfwStandardChoker *self, BtfwPeerGroup *group, GArray *rivals, guint n_earned, guint n_slots)
{
  g_array_set_size (self->optimistic, 0);
  for (guint n = 0; n < n_slots && n_earned < rivals->len; n++)
    {
      guint   i = draw (group, rivals, n_earned);
      Rival   lucky = g_array_index (rivals, Rival, i);
      guint64 id = btfw_peer_view_get_id (btfw_peer_group_get_peer (group, lucky.index));

      g_array_append_val (self->optimistic, id);
      /* Out of the draw: the first of the others takes the place. */
      g_array_index (rivals, Rival, i) = g_array_index (rivals, Rival, n_earned);
      g_array_index (rivals, Rival, n_earned) = lucky;
      n_earned++;
    }
}

static void
unchoke_optimistic (BtfwStandardChoker *self, BtfwPeerGroup *group)
{
  for (guint i = 0; i < btfw_peer_group_get_n_peers (group); i++)
    {
      BtfwPeerView *peer = btfw_peer_group_get_peer (group, i);

      if (has_chance (self, btfw_peer_view_get_id (peer)) && is_interested (peer))
        btfw_peer_group_unchoke (group, i);
    }
}

/* --- Rounds --- */

static void
unchoke_ranked (BtfwPeerGroup *group, GArray *rivals, guint n)
{
  for (guint i = 0; i < MIN (n, rivals->len); i++)
    btfw_peer_group_unchoke (group, g_array_index (rivals, Rival, i).index);
}

static void
do_round (BtfwStandardChoker *self, BtfwPeerGroup *group)
{
  g_autoptr (GArray) rivals = rank (group);
  guint n_slots = btfw_peer_group_get_slots (group);
  guint n_optimistic = MIN (self->optimistic_slots, n_slots);
  guint n_earned = MIN (n_slots - n_optimistic, rivals->len);

  unchoke_ranked (group, rivals, n_earned);
  if (self->n_rounds++ % OPTIMISTIC_ROUNDS == 0 || self->optimistic->len == 0)
    draw_optimistic (self, group, rivals, n_earned, n_optimistic);
  unchoke_optimistic (self, group);
  /* A chance that nobody took is a slot for the next best. */
  unchoke_ranked (group, rivals, rivals->len);
}

/* Between rounds nobody loses a slot; those that are free go to whoever came. */
static void
fill_slots (BtfwStandardChoker *self, BtfwPeerGroup *group)
{
  g_autoptr (GArray) rivals = rank (group);

  for (guint i = 0; i < rivals->len; i++)
    {
      guint index = g_array_index (rivals, Rival, i).index;

      if (!(btfw_peer_view_get_flags (btfw_peer_group_get_peer (group, index)) & BTFW_PEER_CHOKED_BY_US))
        btfw_peer_group_unchoke (group, index);
    }
  unchoke_ranked (group, rivals, rivals->len);
}

static void
btfw_standard_choker_rechoke (BtfwChoker *choker, BtfwPeerGroup *group, gboolean is_round)
{
  BtfwStandardChoker *self = BTFW_STANDARD_CHOKER (choker);

  if (is_round)
    do_round (self, group);
  else
    fill_slots (self, group);
}

static guint
btfw_standard_choker_get_period (BtfwChoker *choker)
{
  return PERIOD;
}

static void
choker_iface_init (BtfwChokerInterface *iface)
{
  iface->rechoke = btfw_standard_choker_rechoke;
  iface->get_period = btfw_standard_choker_get_period;
}

/* --- The object --- */

static void
btfw_standard_choker_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_OPTIMISTIC_SLOTS)
    g_value_set_uint (value, BTFW_STANDARD_CHOKER (object)->optimistic_slots);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
btfw_standard_choker_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  if (id == PROP_OPTIMISTIC_SLOTS)
    BTFW_STANDARD_CHOKER (object)->optimistic_slots = g_value_get_uint (value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
btfw_standard_choker_finalize (GObject *object)
{
  g_array_unref (BTFW_STANDARD_CHOKER (object)->optimistic);

  G_OBJECT_CLASS (btfw_standard_choker_parent_class)->finalize (object);
}

static void
btfw_standard_choker_class_init (BtfwStandardChokerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = btfw_standard_choker_finalize;
  object_class->get_property = btfw_standard_choker_get_property;
  object_class->set_property = btfw_standard_choker_set_property;

  properties[PROP_OPTIMISTIC_SLOTS] =
    g_param_spec_uint ("optimistic-slots", NULL, N_("how many slots go to strangers, in turn"), 0, 1000, 1,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
btfw_standard_choker_init (BtfwStandardChoker *self)
{
  self->optimistic = g_array_new (FALSE, FALSE, sizeof (guint64));
}

BTFW_PLUGIN_DEFINE (choker, standard, btfw_standard_choker_get_type,
                    .version = "1.0",
                    .description = "serves those who serve us best, and a stranger in turn",
                    .license = "LGPL-2.1-or-later",
                    .origin = "btfw");
