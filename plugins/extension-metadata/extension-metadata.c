/* extension-metadata.c: what a magnet link stands for, from peers and for peers (BEP 9). */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fetching.h"
#include "serving.h"

#include <btfw/btfw-plugin.h>

/* Who does not answer is noticed so often. */
#define TICK G_USEC_PER_SEC
/* A peer that reads slowly is looked at again after so long. */
#define PUMP_DELAY (50 * 1000)

typedef struct _BtfwMetadataExtension BtfwMetadataExtension;

typedef struct
{
  BtfwMetadataExtension *extension;
  BtfwSwarmView         *view; /* owned */
  GPtrArray             *members;  /* of Member, in the order of their coming */
  GHashTable            *by_view;  /* BtfwPeerView → Member; only looked up; NULL while nobody came */
  Fetching              *fetching; /* NULL once the metadata is here */
  guint64                tick;     /* timers; 0 for none */
  guint64                pump;
} Torrent;

#define BTFW_TYPE_METADATA_EXTENSION (btfw_metadata_extension_get_type ())
G_DECLARE_FINAL_TYPE (BtfwMetadataExtension, btfw_metadata_extension, BTFW, METADATA_EXTENSION, GObject)

struct _BtfwMetadataExtension
{
  GObject     parent_instance;
  BtfwClock  *clock;
  GHashTable *torrents; /* BtfwSwarmView → Torrent; only looked up */
};

static void extension_iface_init (BtfwExtensionInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BtfwMetadataExtension, btfw_metadata_extension, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_EXTENSION, extension_iface_init));

static void
member_free (gpointer data)
{
  Member *member = data;

  btfw_peer_view_unref (member->view);
  g_free (member);
}

static void
torrent_free (gpointer data)
{
  Torrent *torrent = data;

  btfw_clock_cancel_timer (torrent->extension->clock, torrent->tick);
  btfw_clock_cancel_timer (torrent->extension->clock, torrent->pump);
  g_clear_pointer (&torrent->fetching, fetching_free);
  g_clear_pointer (&torrent->by_view, g_hash_table_unref);
  g_ptr_array_unref (torrent->members);
  btfw_swarm_view_unref (torrent->view);
  g_free (torrent);
}

static Torrent *
find_torrent (BtfwExtension *extension, BtfwSwarmView *view)
{
  return g_hash_table_lookup (BTFW_METADATA_EXTENSION (extension)->torrents, view);
}

static Member *
find_member (Torrent *torrent, BtfwPeerView *peer)
{
  return torrent->by_view == NULL ? NULL : g_hash_table_lookup (torrent->by_view, peer);
}

/* --- Time --- */

static void
on_tick (gpointer data)
{
  Torrent *torrent = data;

  torrent->tick = 0;
  if (torrent->fetching == NULL || torrent->members->len == 0)
    return;
  fetching_tick (torrent->fetching, torrent->members);
  torrent->tick = btfw_clock_set_timer (torrent->extension->clock, TICK, on_tick, torrent, NULL);
}

static void
want_ticks (Torrent *torrent)
{
  if (torrent->tick == 0 && torrent->fetching != NULL)
    torrent->tick = btfw_clock_set_timer (torrent->extension->clock, TICK, on_tick, torrent, NULL);
}

static void
on_pump (gpointer data)
{
  Torrent *torrent = data;
  GBytes  *metadata = btfw_swarm_view_get_metadata (torrent->view);
  gboolean more = FALSE;

  torrent->pump = 0;
  for (guint i = 0; metadata != NULL && i < torrent->members->len; i++)
    more |= serving_pump (BTFW_EXTENSION (torrent->extension), g_ptr_array_index (torrent->members, i), metadata);
  if (more)
    torrent->pump = btfw_clock_set_timer (torrent->extension->clock, PUMP_DELAY, on_pump, torrent, NULL);
}

/* --- The interface --- */

static void
btfw_metadata_extension_start (BtfwExtension *extension, BtfwClock *clock)
{
  BTFW_METADATA_EXTENSION (extension)->clock = btfw_clock_ref (clock);
}

static const char *
btfw_metadata_extension_get_message (BtfwExtension *extension)
{
  return "ut_metadata";
}

static void
btfw_metadata_extension_torrent_added (BtfwExtension *extension, BtfwSwarmView *view)
{
  BtfwMetadataExtension *self = BTFW_METADATA_EXTENSION (extension);
  Torrent               *torrent = g_new0 (Torrent, 1);

  torrent->extension = self;
  torrent->view = btfw_swarm_view_ref (view);
  torrent->members = g_ptr_array_new_with_free_func (member_free);
  if (btfw_swarm_view_get_metadata (view) == NULL)
    torrent->fetching = fetching_new (extension, torrent->view, self->clock);
  g_hash_table_insert (self->torrents, view, torrent);
}

static void
btfw_metadata_extension_torrent_removed (BtfwExtension *extension, BtfwSwarmView *view)
{
  g_hash_table_remove (BTFW_METADATA_EXTENSION (extension)->torrents, view);
}

static void
btfw_metadata_extension_write_handshake (BtfwExtension          *extension,
                                         BtfwSwarmView          *view,
                                         BtfwPeerView           *peer,
                                         BtfwExtensionHandshake *handshake)
{
  GBytes *metadata = btfw_swarm_view_get_metadata (view);

  if (metadata != NULL && g_bytes_get_size (metadata) <= METADATA_SIZE_MAX)
    btfw_extension_handshake_set_integer (handshake, "metadata_size", (gint64) g_bytes_get_size (metadata));
}

static Member *
add_member (Torrent *torrent, BtfwPeerView *peer)
{
  Member *member = g_new0 (Member, 1);

  member->view = btfw_peer_view_ref (peer);
  member->id = btfw_peer_view_get_id (peer);
  member->ip_size = btfw_peer_view_get_ip (peer, member->ip);
  g_ptr_array_add (torrent->members, member);
  if (torrent->by_view == NULL)
    torrent->by_view = g_hash_table_new (NULL, NULL);
  g_hash_table_insert (torrent->by_view, peer, member);
  return member;
}

/* What makes no sense is as good as none; what is not said again stays as it was. */
static guint32
read_size (BtfwExtensionHandshake *handshake, guint32 before)
{
  gint64 size;

  if (!btfw_extension_handshake_get_integer (handshake, "metadata_size", &size))
    return before;
  return size > 0 && size <= METADATA_SIZE_MAX ? (guint32) size : 0;
}

static void
btfw_metadata_extension_handshake (BtfwExtension          *extension,
                                   BtfwSwarmView          *view,
                                   BtfwPeerView           *peer,
                                   BtfwExtensionHandshake *handshake)
{
  Torrent *torrent = find_torrent (extension, view);
  Member  *member = find_member (torrent, peer);
  guint32  size;

  if (member == NULL)
    member = add_member (torrent, peer);
  size = read_size (handshake, member->size);
  if (torrent->fetching == NULL)
    {
      member->size = size;
      return;
    }
  /* What it owes belongs to the size that it named before. */
  if (size != member->size)
    fetching_on_gone (torrent->fetching, member);
  member->size = size;
  fetching_fill (torrent->fetching, torrent->members);
  want_ticks (torrent);
}

static gboolean
on_data (Torrent *torrent, Member *member, const MetadataMessage *message, const guint8 *data, gsize size, GError **error)
{
  if (torrent->fetching == NULL)
    return TRUE;
  if (!fetching_on_data (torrent->fetching, member, message->block, message->total, data + message->offset,
                         size - message->offset, error))
    return FALSE;
  fetching_fill (torrent->fetching, torrent->members);
  return TRUE;
}

static gboolean
on_request (Torrent *torrent, Member *member, const MetadataMessage *message, GError **error)
{
  BtfwExtension *extension = BTFW_EXTENSION (torrent->extension);
  GBytes        *metadata = btfw_swarm_view_get_metadata (torrent->view);

  if (!serving_on_request (extension, member, message->block, metadata, btfw_clock_get_time (torrent->extension->clock), error))
    return FALSE;
  if (metadata != NULL && torrent->pump == 0 && serving_pump (extension, member, metadata))
    torrent->pump = btfw_clock_set_timer (torrent->extension->clock, PUMP_DELAY, on_pump, torrent, NULL);
  return TRUE;
}

static gboolean
btfw_metadata_extension_message (BtfwExtension *extension,
                                 BtfwSwarmView *view,
                                 BtfwPeerView  *peer,
                                 const guint8  *data,
                                 gsize          size,
                                 GError       **error)
{
  Torrent        *torrent = find_torrent (extension, view);
  Member         *member = find_member (torrent, peer);
  MetadataMessage message;

  if (!metadata_message_read (&message, data, size, error))
    return FALSE;
  /* Before its handshake there is no number to answer with. */
  if (member == NULL)
    return TRUE;
  switch (message.kind)
    {
    case METADATA_REQUEST:
      return on_request (torrent, member, &message, error);
    case METADATA_DATA:
      return on_data (torrent, member, &message, data, size, error);
    case METADATA_REJECT:
      if (torrent->fetching != NULL)
        {
          fetching_on_reject (torrent->fetching, member, message.block);
          fetching_fill (torrent->fetching, torrent->members);
        }
      return TRUE;
    case METADATA_UNKNOWN:
      return TRUE;
    }
  return TRUE;
}

static void
btfw_metadata_extension_peer_gone (BtfwExtension *extension, BtfwSwarmView *view, BtfwPeerView *peer)
{
  Torrent *torrent = find_torrent (extension, view);
  Member  *member = find_member (torrent, peer);

  if (member == NULL)
    return;
  g_hash_table_remove (torrent->by_view, peer);
  if (torrent->fetching != NULL)
    fetching_on_gone (torrent->fetching, member);
  g_ptr_array_remove (torrent->members, member);
  if (torrent->fetching != NULL)
    fetching_fill (torrent->fetching, torrent->members);
}

static void
btfw_metadata_extension_metadata_checked (BtfwExtension *extension, BtfwSwarmView *view, gboolean is_right)
{
  Torrent *torrent = find_torrent (extension, view);

  if (torrent->fetching == NULL)
    return;
  fetching_on_checked (torrent->fetching, torrent->members, is_right);
  if (is_right)
    g_clear_pointer (&torrent->fetching, fetching_free);
  else
    fetching_fill (torrent->fetching, torrent->members);
}

static void
extension_iface_init (BtfwExtensionInterface *iface)
{
  iface->start = btfw_metadata_extension_start;
  iface->get_message = btfw_metadata_extension_get_message;
  iface->torrent_added = btfw_metadata_extension_torrent_added;
  iface->torrent_removed = btfw_metadata_extension_torrent_removed;
  iface->write_handshake = btfw_metadata_extension_write_handshake;
  iface->handshake = btfw_metadata_extension_handshake;
  iface->message = btfw_metadata_extension_message;
  iface->peer_gone = btfw_metadata_extension_peer_gone;
  iface->metadata_checked = btfw_metadata_extension_metadata_checked;
}

static void
btfw_metadata_extension_finalize (GObject *object)
{
  BtfwMetadataExtension *self = BTFW_METADATA_EXTENSION (object);

  g_hash_table_unref (self->torrents);
  g_clear_pointer (&self->clock, btfw_clock_unref);

  G_OBJECT_CLASS (btfw_metadata_extension_parent_class)->finalize (object);
}

static void
btfw_metadata_extension_class_init (BtfwMetadataExtensionClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = btfw_metadata_extension_finalize;
}

static void
btfw_metadata_extension_init (BtfwMetadataExtension *self)
{
  self->torrents = g_hash_table_new_full (NULL, NULL, NULL, torrent_free);
}

BTFW_PLUGIN_DEFINE (extension, metadata, btfw_metadata_extension_get_type,
                    .version = "1.0",
                    .description = "metadata of magnet links, from peers and for peers (BEP 9)",
                    .license = "LGPL-2.1-or-later",
                    .origin = "btfw");
