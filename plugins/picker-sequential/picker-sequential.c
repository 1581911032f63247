/* picker-sequential.c: a picker that asks for pieces in file order, for
 * watching a file while it downloads. It makes a swarm weaker, so it is never
 * the default. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw.h>

#include <glib/gi18n-lib.h>

struct _BtfwSequentialPicker
{
  GObject        parent_instance;
  BtfwSwarmView *swarm; /* owned, from attach() to detach() */
  guint          window;
};

#define BTFW_TYPE_SEQUENTIAL_PICKER (btfw_sequential_picker_get_type ())
G_DECLARE_FINAL_TYPE (BtfwSequentialPicker, btfw_sequential_picker, BTFW, SEQUENTIAL_PICKER, GObject)

enum
{
  PROP_WINDOW = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void picker_iface_init (BtfwPickerInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BtfwSequentialPicker, btfw_sequential_picker, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_PICKER, picker_iface_init));

static void
btfw_sequential_picker_attach (BtfwPicker *picker, BtfwSwarmView *swarm)
{
  BTFW_SEQUENTIAL_PICKER (picker)->swarm = btfw_swarm_view_ref (swarm);
}

static void
btfw_sequential_picker_detach (BtfwPicker *picker)
{
  g_clear_pointer (&BTFW_SEQUENTIAL_PICKER (picker)->swarm, btfw_swarm_view_unref);
}

/* The pieces of one priority inside the window. Answers whether the peer has
 * enough. */
static gboolean
offer_priority (BtfwSequentialPicker *self, BtfwPeerView *peer, BtfwPicks *picks, BtfwPriority priority, BtfwPickKind kind)
{
  guint32 piece = BTFW_PIECE_NONE;

  for (guint i = 0; i < self->window; i++)
    {
      piece = btfw_swarm_view_next_wanted (self->swarm, piece);
      if (piece == BTFW_PIECE_NONE)
        return FALSE;

      if (btfw_swarm_view_get_priority (self->swarm, piece) == priority &&
          btfw_peer_view_can_request (peer, piece) &&
          btfw_picks_add (picks, piece, kind) == BTFW_PICK_ENOUGH)
        return TRUE;
    }
  return FALSE;
}

static void
btfw_sequential_picker_pick (BtfwPicker *picker, BtfwPeerView *peer, BtfwPicks *picks)
{
  BtfwSequentialPicker *self = BTFW_SEQUENTIAL_PICKER (picker);

  for (BtfwPriority priority = BTFW_PRIORITY_HIGH; priority > BTFW_PRIORITY_SKIP; priority--)
    if (offer_priority (self, peer, picks, priority, BTFW_PICK_NEW))
      return;

  /* The window is asked for as a whole: whoever is idle helps with its
   * beginning, which is what is waited for. The core skips what does not fit. */
  for (BtfwPriority priority = BTFW_PRIORITY_HIGH; priority > BTFW_PRIORITY_SKIP; priority--)
    if (offer_priority (self, peer, picks, priority, BTFW_PICK_DUPLICATE))
      return;
}

static void
picker_iface_init (BtfwPickerInterface *iface)
{
  iface->attach = btfw_sequential_picker_attach;
  iface->detach = btfw_sequential_picker_detach;
  iface->pick = btfw_sequential_picker_pick;
}

static void
btfw_sequential_picker_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_WINDOW)
    g_value_set_uint (value, BTFW_SEQUENTIAL_PICKER (object)->window);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
btfw_sequential_picker_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  if (id == PROP_WINDOW)
    BTFW_SEQUENTIAL_PICKER (object)->window = g_value_get_uint (value);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
btfw_sequential_picker_class_init (BtfwSequentialPickerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = btfw_sequential_picker_get_property;
  object_class->set_property = btfw_sequential_picker_set_property;

  properties[PROP_WINDOW] =
    g_param_spec_uint ("window", NULL, N_("how many pieces ahead may be asked for"), 1, 1000000, 32,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
btfw_sequential_picker_init (BtfwSequentialPicker *self)
{
}

BTFW_PLUGIN_DEFINE (picker, sequential, btfw_sequential_picker_get_type,
                    .version = "1.0",
                    .description = "pieces in file order",
                    .license = "LGPL-2.1-or-later",
                    .origin = "btfw");
