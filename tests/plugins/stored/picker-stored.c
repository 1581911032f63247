/* picker-stored.c: a picker that gets the beginning and the end of every file
 * first, so that players and archive tools can look into files early. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw.h>

/* Names of types are shared by the whole process: yours begin with a word of
 * your own, never with Btfw. */
struct _StoredPicker
{
  GObject        parent_instance;
  BtfwSwarmView *swarm; /* owned, from attach() to detach() */
  GArray        *edges; /* pieces at the ends of files, in file order; some more than once */
  guint          n_done; /* how many of these are here, from the first on */
  guint64        edge_size;
};

#define STORED_TYPE_PICKER (stored_picker_get_type ())
G_DECLARE_FINAL_TYPE (StoredPicker, stored_picker, STORED, PICKER, GObject)

/* The properties of a plugin are its settings: this one is
 * --picker=stored,edge-size=4M, or edge-size=4M in the group [picker-stored]
 * of the keyfile. */
enum
{
  PROP_EDGE_SIZE = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void picker_iface_init (BtfwPickerInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (StoredPicker, stored_picker, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_PICKER, picker_iface_init));

static void
add_pieces (StoredPicker *self, guint32 first, guint32 last)
{
  for (guint32 piece = first; piece <= last; piece++)
    g_array_append_val (self->edges, piece);
}

/* Adds the pieces that hold the first and the last edge_size bytes of a file. */
static void
add_file (StoredPicker *self, BtfwLayout *layout, guint32 file)
{
  guint64 offset = btfw_layout_get_file_offset (layout, file);
  guint64 length = btfw_layout_get_file_length (layout, file);
  guint64 edge = MIN (self->edge_size, length);
  guint32 piece_size = btfw_layout_get_piece_size (layout);
  guint32 first, last;

  if ((btfw_layout_get_file_flags (layout, file) & BTFW_FILE_PAD) ||
      !btfw_layout_get_file_pieces (layout, file, &first, &last))
    return;

  add_pieces (self, first, (guint32) ((offset + edge - 1) / piece_size));
  add_pieces (self, (guint32) ((offset + length - edge) / piece_size), last);
}

static void
stored_picker_attach (BtfwPicker *picker, BtfwSwarmView *swarm)
{
  StoredPicker *self = STORED_PICKER (picker);
  BtfwLayout    *layout = btfw_swarm_view_get_layout (swarm);

  self->swarm = btfw_swarm_view_ref (swarm);
  for (guint32 file = 0; file < btfw_layout_get_n_files (layout); file++)
    add_file (self, layout, file);
}

static void
stored_picker_detach (BtfwPicker *picker)
{
  StoredPicker *self = STORED_PICKER (picker);

  g_array_set_size (self->edges, 0);
  self->n_done = 0;
  g_clear_pointer (&self->swarm, btfw_swarm_view_unref);
}

/* Each of these answers whether the peer has enough to do. */

static gboolean
offer (StoredPicker *self, guint32 piece, BtfwPeerView *peer, BtfwPicks *picks)
{
  BtfwPickKind kind = btfw_swarm_view_get_state (self->swarm, piece) == BTFW_PIECE_MISSING
                        ? BTFW_PICK_NEW
                        : BTFW_PICK_BEGUN;

  return btfw_peer_view_can_request (peer, piece) && btfw_picks_add (picks, piece, kind) == BTFW_PICK_ENOUGH;
}

static gboolean
offer_edges (StoredPicker *self, BtfwPeerView *peer, BtfwPicks *picks)
{
  while (self->n_done < self->edges->len &&
         btfw_swarm_view_get_state (self->swarm, g_array_index (self->edges, guint32, self->n_done)) == BTFW_PIECE_HAVE)
    self->n_done++;

  for (guint i = self->n_done; i < self->edges->len; i++)
    if (offer (self, g_array_index (self->edges, guint32, i), peer, picks))
      return TRUE;

  return FALSE;
}

/* What the peer has, from a random piece on and around: if all went the same
 * way, all would have the same and nothing to give one another. */
static gboolean
offer_rest (StoredPicker *self, BtfwPeerView *peer, BtfwPicks *picks)
{
  guint32 start = btfw_swarm_view_random (self->swarm, btfw_swarm_view_get_n_pieces (self->swarm));
  guint32 piece = start;

  while ((piece = btfw_peer_view_next_interesting (peer, piece)) != BTFW_PIECE_NONE)
    if (offer (self, piece, peer, picks))
      return TRUE;

  piece = BTFW_PIECE_NONE;
  while ((piece = btfw_peer_view_next_interesting (peer, piece)) != BTFW_PIECE_NONE && piece <= start)
    if (offer (self, piece, peer, picks))
      return TRUE;

  return FALSE;
}

/* Nothing is left that nobody was asked for: whoever is idle helps with what
 * others owe us, or one slow peer would keep us waiting at the end. */
static void
offer_duplicates (StoredPicker *self, BtfwPeerView *peer, BtfwPicks *picks)
{
  guint32 piece = BTFW_PIECE_NONE;

  while ((piece = btfw_peer_view_next_interesting (peer, piece)) != BTFW_PIECE_NONE)
    if (btfw_peer_view_can_request (peer, piece) &&
        btfw_picks_add (picks, piece, BTFW_PICK_DUPLICATE) == BTFW_PICK_ENOUGH)
      return;
}

static void
stored_picker_pick (BtfwPicker *picker, BtfwPeerView *peer, BtfwPicks *picks)
{
  StoredPicker *self = STORED_PICKER (picker);

  if (!offer_edges (self, peer, picks) && !offer_rest (self, peer, picks))
    offer_duplicates (self, peer, picks);
}

static void
picker_iface_init (BtfwPickerInterface *iface)
{
  iface->attach = stored_picker_attach;
  iface->detach = stored_picker_detach;
  iface->pick = stored_picker_pick;
}

static void
stored_picker_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_EDGE_SIZE)
    g_value_set_uint64 (value, STORED_PICKER (object)->edge_size);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
stored_picker_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  if (id == PROP_EDGE_SIZE)
    STORED_PICKER (object)->edge_size = g_value_get_uint64 (value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
stored_picker_finalize (GObject *object)
{
  g_array_unref (STORED_PICKER (object)->edges);
  G_OBJECT_CLASS (stored_picker_parent_class)->finalize (object);
}

static void
stored_picker_class_init (StoredPickerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = stored_picker_finalize;
  object_class->get_property = stored_picker_get_property;
  object_class->set_property = stored_picker_set_property;

  /* Range, default and blurb are what “btfw inspect picker-stored” shows, and
   * what a wrong setting is answered with. */
  properties[PROP_EDGE_SIZE] =
    g_param_spec_uint64 ("edge-size", NULL, "how much of each end of a file comes first", 1, G_MAXUINT32, 1024 * 1024,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS);
  btfw_param_spec_with_unit (properties[PROP_EDGE_SIZE], BTFW_UNIT_BYTES);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
stored_picker_init (StoredPicker *self)
{
  self->edges = g_array_new (FALSE, FALSE, sizeof (guint32));
}

BTFW_PLUGIN_DEFINE (picker, stored, stored_picker_get_type,
                    .version = "1.0",
                    .description = "both ends of every file first",
                    .license = "LGPL-2.1-or-later",
                    .origin = "https://example.org/picker-stored");
