/* extension-donthave.c: tells peers of pieces that are not here any more, and believes them (BEP 54). */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw-extension.h>
#include <btfw/btfw-plugin.h>

#define BTFW_TYPE_DONTHAVE_EXTENSION (btfw_donthave_extension_get_type ())
G_DECLARE_FINAL_TYPE (BtfwDonthaveExtension, btfw_donthave_extension, BTFW, DONTHAVE_EXTENSION, GObject)

struct _BtfwDonthaveExtension
{
  GObject parent_instance;
};

static void extension_iface_init (BtfwExtensionInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BtfwDonthaveExtension, btfw_donthave_extension, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_EXTENSION, extension_iface_init));

static const char *
btfw_donthave_extension_get_message (BtfwExtension *extension)
{
  return "lt_donthave";
}

/* A piece as it goes over the wire: four bytes, the highest first. */
static void
btfw_donthave_extension_piece_lost (BtfwExtension *extension, BtfwSwarmView *torrent, guint32 piece)
{
  guint32 wire = GUINT32_TO_BE (piece);

  for (guint i = 0; i < btfw_swarm_view_get_n_peers (torrent); i++)
    {
      BtfwPeerView *peer = btfw_swarm_view_get_peer (torrent, i);

      if (btfw_extension_can_send (extension, peer))
        btfw_extension_send (extension, peer, (const guint8 *) &wire, sizeof wire);
    }
}

static gboolean
btfw_donthave_extension_message (BtfwExtension *extension,
                                 BtfwSwarmView *torrent,
                                 BtfwPeerView  *peer,
                                 const guint8  *data,
                                 gsize          size,
                                 GError       **error)
{
  guint32 piece;

  if (size != sizeof piece)
    {
      g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_INVALID, "“don't have” must be 4 bytes long");
      return FALSE;
    }
  piece = (guint32) data[0] << 24 | (guint32) data[1] << 16 | (guint32) data[2] << 8 | data[3];
  if (btfw_extension_forget_piece (extension, peer, piece))
    return TRUE;
  g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID, "it does not have piece %u, which there is not", piece);
  return FALSE;
}

static void
extension_iface_init (BtfwExtensionInterface *iface)
{
  iface->get_message = btfw_donthave_extension_get_message;
  iface->piece_lost = btfw_donthave_extension_piece_lost;
  iface->message = btfw_donthave_extension_message;
}

static void
btfw_donthave_extension_class_init (BtfwDonthaveExtensionClass *klass)
{
}

static void
btfw_donthave_extension_init (BtfwDonthaveExtension *self)
{
}

BTFW_PLUGIN_DEFINE (extension, donthave, btfw_donthave_extension_get_type,
                    .version = "1.0",
                    .description = "pieces that peers do not have any more (BEP 54)",
                    .license = "LGPL-2.1-or-later",
                    .origin = "btfw");
