/* picker-rarest.c: the picker that keeps a swarm healthy: it finishes what is
 * begun, then begins what the fewest peers have, and near the end asks idle
 * peers for what others owe. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rarity-order.h"

#include <btfw/btfw.h>

#include <glib/gi18n-lib.h>

/* Peers with so few pieces of use are asked for what they have, word by word,
 * instead of looking through the order for it. */
#define FEW 64
/* More than this share of all pieces is sorted anew rather than one by one. */
#define BULK_SHARE 16
/* How far the order is looked through for one peer; then its own pieces are. */
#define STEPS_MAX 4096

struct _BtfwRarestPicker
{
  GObject        parent_instance;
  BtfwSwarmView *swarm; /* owned, from attach() to detach() */
  gboolean       is_ready; /* what follows is up to date, and kept so */
  RarityOrder    order; /* of pieces that are missing and not begun */
  GArray        *begun; /* pieces with blocks that nobody was asked for, oldest first */
  GArray        *asked; /* pieces whose blocks are all asked for */
  guint8        *states; /* by piece: the BtfwPieceState that is known of it */
  guint          random_first;
  guint          endgame_blocks;
};

#define BTFW_TYPE_RAREST_PICKER (btfw_rarest_picker_get_type ())
G_DECLARE_FINAL_TYPE (BtfwRarestPicker, btfw_rarest_picker, BTFW, RAREST_PICKER, GObject)

enum
{
  PROP_RANDOM_FIRST = 1,
  PROP_ENDGAME_BLOCKS,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void picker_iface_init (BtfwPickerInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BtfwRarestPicker, btfw_rarest_picker, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_PICKER, picker_iface_init));

/* --- Book-keeping --- */

static void
remove_from (GArray *pieces, guint32 piece)
{
  for (guint i = 0; i < pieces->len; i++)
    if (g_array_index (pieces, guint32, i) == piece)
      {
        g_array_remove_index (pieces, i);
        return;
      }
}

static guint
get_level (gpointer data, guint32 piece)
{
  BtfwRarestPicker *self = data;
  BtfwPriority      priority = btfw_swarm_view_get_priority (self->swarm, piece);
  guint             availability = MIN (btfw_swarm_view_get_availability (self->swarm, piece), RARITY_MAX);

  if (self->states[piece] != BTFW_PIECE_MISSING || priority == BTFW_PRIORITY_SKIP)
    return RARITY_OUT;
  return (guint) (BTFW_PRIORITY_HIGH - priority) * (RARITY_MAX + 1) + availability;
}

static void
update_state (BtfwRarestPicker *self, guint32 piece)
{
  BtfwPieceState state = btfw_swarm_view_get_state (self->swarm, piece);

  if (state == (BtfwPieceState) self->states[piece])
    return;
  if (self->states[piece] == BTFW_PIECE_BEGUN)
    remove_from (self->begun, piece);
  else if (self->states[piece] == BTFW_PIECE_ASKED)
    remove_from (self->asked, piece);

  self->states[piece] = (guint8) state;
  if (state == BTFW_PIECE_BEGUN)
    g_array_append_val (self->begun, piece);
  else if (state == BTFW_PIECE_ASKED)
    g_array_append_val (self->asked, piece);
}

static guint32
roll (gpointer swarm, guint32 n)
{
  return btfw_swarm_view_random (swarm, n);
}

/* Only now, when something is to be picked: a torrent that is complete needs no order. */
static void
get_ready (BtfwRarestPicker *self)
{
  guint32 n_pieces = btfw_swarm_view_get_n_pieces (self->swarm);

  if (self->is_ready)
    return;

  if (self->states == NULL)
    {
      self->states = g_malloc0 (MAX (n_pieces, 1));
      self->begun = g_array_new (FALSE, FALSE, sizeof (guint32));
      self->asked = g_array_new (FALSE, FALSE, sizeof (guint32));
      rarity_order_init (&self->order, n_pieces, roll, self->swarm);
    }
  for (guint32 piece = 0; piece < n_pieces; piece++)
    update_state (self, piece);
  rarity_order_sort (&self->order, get_level, self);
  self->is_ready = TRUE;
}

static void
forget (BtfwRarestPicker *self)
{
  self->is_ready = FALSE;
  rarity_order_clear (&self->order);
  g_clear_pointer (&self->begun, g_array_unref);
  g_clear_pointer (&self->asked, g_array_unref);
  g_clear_pointer (&self->states, g_free);
}

static void
btfw_rarest_picker_pieces_changed (BtfwPicker     *picker,
                                   guint32         first,
                                   guint32         n_pieces,
                                   BtfwPieceChange what)
{
  BtfwRarestPicker *self = BTFW_RAREST_PICKER (picker);

  if (!self->is_ready)
    return;
  if (btfw_swarm_view_get_n_wanted (self->swarm) == 0)
    {
      forget (self);
      return;
    }
  if (n_pieces > MAX (self->order.n_pieces / BULK_SHARE, 1))
    {
      self->is_ready = FALSE;
      return;
    }

  for (guint32 piece = first; piece - first < n_pieces && piece < self->order.n_pieces; piece++)
    {
      if (what & BTFW_PIECE_CHANGE_STATE)
        update_state (self, piece);
      rarity_order_set_level (&self->order, piece, get_level (self, piece));
    }
}

static void
btfw_rarest_picker_attach (BtfwPicker *picker, BtfwSwarmView *swarm)
{
  BTFW_RAREST_PICKER (picker)->swarm = btfw_swarm_view_ref (swarm);
}

static void
btfw_rarest_picker_detach (BtfwPicker *picker)
{
  BtfwRarestPicker *self = BTFW_RAREST_PICKER (picker);

  forget (self);
  g_clear_pointer (&self->swarm, btfw_swarm_view_unref);
}

/* --- Picking: each of these answers whether the peer has enough --- */

typedef struct
{
  BtfwRarestPicker *self;
  BtfwPeerView     *peer;
  BtfwPicks        *picks;
  guint             n_taken;
} Turn;

static gboolean
offer (Turn *turn, guint32 piece, BtfwPickKind kind)
{
  BtfwPickAnswer answer;

  if (!btfw_peer_view_can_request (turn->peer, piece))
    return FALSE;

  answer = btfw_picks_add (turn->picks, piece, kind);
  turn->n_taken += answer != BTFW_PICK_SKIPPED;
  return answer == BTFW_PICK_ENOUGH;
}

static gboolean
offer_begun (Turn *turn)
{
  GArray *begun = turn->self->begun;

  for (guint i = 0; i < begun->len; i++)
    if (offer (turn, g_array_index (begun, guint32, i), BTFW_PICK_BEGUN))
      return TRUE;
  return FALSE;
}

static gboolean
offer_new (Turn *turn, guint32 piece)
{
  return rarity_order_get_level (&turn->self->order, piece) != RARITY_OUT && offer (turn, piece, BTFW_PICK_NEW);
}

/* Whatever the peer has, from a random piece on: rarity means nothing yet,
 * and a piece to share is wanted soon. */
static gboolean
offer_random (Turn *turn)
{
  guint32 n_pieces = turn->self->order.n_pieces;
  guint32 piece = btfw_swarm_view_random (turn->self->swarm, n_pieces);

  for (guint i = 0; i < FEW; i++)
    {
      piece = btfw_peer_view_next_interesting (turn->peer, piece);
      if (piece == BTFW_PIECE_NONE)
        piece = btfw_peer_view_next_interesting (turn->peer, BTFW_PIECE_NONE);
      if (piece == BTFW_PIECE_NONE)
        return FALSE;
      if (offer_new (turn, piece))
        return TRUE;
    }
  return FALSE;
}

static gint
compare_levels (gconstpointer a, gconstpointer b, gpointer user_data)
{
  const RarityOrder *order = user_data;

  return (gint) order->places[*(const guint32 *) a] - (gint) order->places[*(const guint32 *) b];
}

/* What the peer has, put into order. */
static gboolean
offer_few (Turn *turn)
{
  guint32 pieces[FEW];
  guint   n = 0;

  for (guint32 piece = btfw_peer_view_next_interesting (turn->peer, BTFW_PIECE_NONE);
       piece != BTFW_PIECE_NONE && n < FEW; piece = btfw_peer_view_next_interesting (turn->peer, piece))
    pieces[n++] = piece;

  g_qsort_with_data (pieces, (gint) n, sizeof pieces[0], compare_levels, &turn->self->order);
  for (guint i = 0; i < n; i++)
    if (offer_new (turn, pieces[i]))
      return TRUE;
  return FALSE;
}

/* Through the order, as far as is reasonable. */
static gboolean
offer_rarest (Turn *turn)
{
  const RarityOrder *order = &turn->self->order;
  guint32            n = MIN (rarity_order_get_n (order), STEPS_MAX);

  for (guint32 i = 0; i < n; i++)
    if (offer (turn, rarity_order_get (order, i), BTFW_PICK_NEW))
      return TRUE;
  /* Only what others have was at the front. */
  return turn->n_taken == 0 && n == STEPS_MAX && offer_random (turn);
}

/* While it chokes us, there is only what it serves at any time. */
static gboolean
offer_allowed (Turn *turn)
{
  guint32 piece;

  for (guint i = 0; (piece = btfw_peer_view_get_allowed_fast (turn->peer, i)) != BTFW_PIECE_NONE; i++)
    if (piece < turn->self->order.n_pieces && offer_new (turn, piece))
      return TRUE;
  return FALSE;
}

/* How rare the rarest piece is that the peer can be asked for. */
static guint
find_best_level (Turn *turn)
{
  const RarityOrder *order = &turn->self->order;
  guint32            n = MIN (rarity_order_get_n (order), STEPS_MAX);

  for (guint32 i = 0; i < n; i++)
    if (btfw_peer_view_can_request (turn->peer, rarity_order_get (order, i)))
      return rarity_order_get_level (order, rarity_order_get (order, i));
  return RARITY_OUT;
}

/* A suggestion decides among equals: it is no reason to take what is more common. */
static gboolean
offer_suggested (Turn *turn, gboolean any)
{
  const RarityOrder *order = &turn->self->order;
  guint              best = any ? 0 : RARITY_OUT;
  guint32            piece;

  for (guint i = 0; (piece = btfw_peer_view_get_suggestion (turn->peer, i)) != BTFW_PIECE_NONE; i++)
    {
      if (piece >= order->n_pieces || rarity_order_get_level (order, piece) == RARITY_OUT)
        continue;
      if (best == RARITY_OUT)
        best = find_best_level (turn);
      if ((any || rarity_order_get_level (order, piece) == best) && offer_new (turn, piece))
        return TRUE;
    }
  return FALSE;
}

/* Everything is asked for. Before that, a peer that has nothing new for us waits:
 * what came twice would have been paid for with what others lack. */
static gboolean
is_endgame (const BtfwRarestPicker *self)
{
  return self->endgame_blocks > 0 && self->begun->len == 0 && rarity_order_get_n (&self->order) == 0;
}

/* The peer has nothing else to do: it may be the faster one for what others
 * owe us, or the only honest one. */
static void
offer_duplicates (Turn *turn)
{
  BtfwRarestPicker *self = turn->self;
  guint             n = self->asked->len;
  guint             start = n == 0 ? 0 : btfw_swarm_view_random (self->swarm, n);

  for (guint i = 0; i < n && turn->n_taken < self->endgame_blocks; i++)
    if (offer (turn, g_array_index (self->asked, guint32, (start + i) % n), BTFW_PICK_DUPLICATE))
      return;
}

static void
btfw_rarest_picker_pick (BtfwPicker *picker, BtfwPeerView *peer, BtfwPicks *picks)
{
  BtfwRarestPicker *self = BTFW_RAREST_PICKER (picker);
  Turn              turn = { self, peer, picks, 0 };
  gboolean          is_first;

  get_ready (self);
  is_first = btfw_swarm_view_get_n_have (self->swarm) < self->random_first;
  if (offer_begun (&turn))
    return;
  if (btfw_peer_view_get_flags (peer) & BTFW_PEER_CHOKES_US)
    {
      offer_allowed (&turn);
      return;
    }
  if (offer_suggested (&turn, is_first) || (is_first && offer_random (&turn)))
    return;
  if (btfw_peer_view_get_n_interesting (peer) <= FEW ? offer_few (&turn) : offer_rarest (&turn))
    return;
  if (turn.n_taken == 0 && is_endgame (self))
    offer_duplicates (&turn);
}

static void
picker_iface_init (BtfwPickerInterface *iface)
{
  iface->attach = btfw_rarest_picker_attach;
  iface->detach = btfw_rarest_picker_detach;
  iface->pick = btfw_rarest_picker_pick;
  iface->pieces_changed = btfw_rarest_picker_pieces_changed;
}

/* --- The object --- */

static void
btfw_rarest_picker_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  BtfwRarestPicker *self = BTFW_RAREST_PICKER (object);

  switch (id)
    {
    case PROP_RANDOM_FIRST:
      g_value_set_uint (value, self->random_first);
      break;
    case PROP_ENDGAME_BLOCKS:
      g_value_set_uint (value, self->endgame_blocks);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
btfw_rarest_picker_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  BtfwRarestPicker *self = BTFW_RAREST_PICKER (object);

  switch (id)
    {
    case PROP_RANDOM_FIRST:
      self->random_first = g_value_get_uint (value);
      break;
    case PROP_ENDGAME_BLOCKS:
      self->endgame_blocks = g_value_get_uint (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
btfw_rarest_picker_class_init (BtfwRarestPickerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = btfw_rarest_picker_get_property;
  object_class->set_property = btfw_rarest_picker_set_property;

  properties[PROP_RANDOM_FIRST] =
    g_param_spec_uint ("random-first", NULL, N_("how many pieces are taken at random before rarity counts"),
                       0, G_MAXUINT, 4, G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS);
  properties[PROP_ENDGAME_BLOCKS] =
    g_param_spec_uint ("endgame-blocks", NULL,
                       N_("in how many pieces an idle peer is also asked for blocks that others owe; 0 for none"),
                       0, G_MAXUINT, 20, G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
btfw_rarest_picker_init (BtfwRarestPicker *self)
{
}

BTFW_PLUGIN_DEFINE (picker, rarest, btfw_rarest_picker_get_type,
                    .version = "1.0",
                    .description = "what is begun first, then what the fewest peers have",
                    .license = "LGPL-2.1-or-later",
                    .origin = "btfw");
