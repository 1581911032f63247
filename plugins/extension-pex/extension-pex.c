/* extension-pex.c: peers tell one another of peers (BEP 11). */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "directory.h"

#include <btfw/btfw-plugin.h>

/* Who comes is told of soon, but together with who comes beside it. */
#define GATHER_TIME (2 * G_USEC_PER_SEC)
/* A peer gets at most one message in this time, … */
#define TELL_INTERVAL (60 * G_USEC_PER_SEC)
/* … and we look so often whether one is due. */
#define LOOK_INTERVAL (15 * G_USEC_PER_SEC)
/* A peer that tells us more often is not listened to, and in the end closed. Some
 * send their first two messages close together. */
#define HEAR_INTERVAL (45 * G_USEC_PER_SEC)
#define EARLY_FREE 2
#define EARLY_MAX 50

typedef struct
{
  BtfwPeerView *view; /* owned */
  DirectoryTold told;
  gint64        told_when; /* 0 for never */
  gint64        heard_when;
  guint         n_early; /* messages that came too soon */
} Member;

typedef struct
{
  struct _BtfwPexExtension *extension;
  BtfwSwarmView            *view;    /* owned */
  GPtrArray                *members; /* of Member: those that speak the extension protocol */
  GHashTable               *by_view; /* BtfwPeerView → Member; only looked up; NULL while nobody came */
  Directory                *directory; /* NULL while there is nobody to be told */
  guint64                   timer; /* 0 for none */
  gint64                    due;   /* when it goes off */
} Torrent;

#define BTFW_TYPE_PEX_EXTENSION (btfw_pex_extension_get_type ())
G_DECLARE_FINAL_TYPE (BtfwPexExtension, btfw_pex_extension, BTFW, PEX_EXTENSION, GObject)

struct _BtfwPexExtension
{
  GObject     parent_instance;
  BtfwClock  *clock;
  GHashTable *torrents; /* BtfwSwarmView → Torrent; only looked up */
};

static void extension_iface_init (BtfwExtensionInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BtfwPexExtension, btfw_pex_extension, G_TYPE_OBJECT,
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

  btfw_clock_cancel_timer (torrent->extension->clock, torrent->timer);
  g_clear_pointer (&torrent->directory, directory_free);
  g_clear_pointer (&torrent->by_view, g_hash_table_unref);
  g_ptr_array_unref (torrent->members);
  btfw_swarm_view_unref (torrent->view);
  g_free (torrent);
}

static Torrent *
find_torrent (BtfwExtension *extension, BtfwSwarmView *view)
{
  return g_hash_table_lookup (BTFW_PEX_EXTENSION (extension)->torrents, view);
}

static Member *
find_member (Torrent *torrent, BtfwPeerView *peer)
{
  return torrent->by_view == NULL ? NULL : g_hash_table_lookup (torrent->by_view, peer);
}

/* --- Telling --- */

/* FALSE when nobody could reach it. */
static gboolean
get_address (BtfwPeerView *peer, PexAddress *address)
{
  BtfwPeerFlags flags = btfw_peer_view_get_flags (peer);

  *address = (PexAddress){ .port = btfw_peer_view_get_listen_port (peer) };
  address->ip_size = (guint8) btfw_peer_view_get_ip (peer, address->ip);
  address->flags |= flags & BTFW_PEER_ENCRYPTED ? PEX_FLAG_ENCRYPTED : 0;
  address->flags |= flags & BTFW_PEER_UPLOAD_ONLY ? PEX_FLAG_UPLOAD_ONLY : 0;
  address->flags |= flags & BTFW_PEER_INCOMING ? 0 : PEX_FLAG_REACHABLE;
  return address->port != 0 && address->ip_size != 0;
}

static void
update_directory (Torrent *torrent)
{
  g_autoptr (GPtrArray) told = g_ptr_array_new ();

  for (guint i = 0; i < torrent->members->len; i++)
    g_ptr_array_add (told, &((Member *) g_ptr_array_index (torrent->members, i))->told);
  if (torrent->directory == NULL)
    torrent->directory = directory_new ();
  directory_begin_update (torrent->directory);
  for (guint i = 0; i < btfw_swarm_view_get_n_peers (torrent->view); i++)
    {
      BtfwPeerView *peer = btfw_swarm_view_get_peer (torrent->view, i);
      PexAddress    address;

      if (get_address (peer, &address))
        directory_name (torrent->directory, &address, btfw_peer_view_is_local (peer), told);
    }
}

static void
tell (Torrent *torrent, Member *member, gint64 now)
{
  g_autoptr (GArray) added = g_array_new (FALSE, FALSE, sizeof (PexAddress));
  g_autoptr (GArray) dropped = g_array_new (FALSE, FALSE, sizeof (PexAddress));
  g_autoptr (GBytes) message = NULL;
  PexAddress         own;
  gsize              size;
  const guint8      *data;

  get_address (member->view, &own);
  directory_collect (torrent->directory, &member->told, &own, btfw_peer_view_is_local (member->view), added, dropped);
  /* Nobody needs to be told that nothing is new. */
  if (added->len + dropped->len == 0)
    return;
  message = pex_message_write (added, dropped);
  data = g_bytes_get_data (message, &size);
  /* Whoever does not read is told of everybody later. */
  if (!btfw_extension_send (BTFW_EXTENSION (torrent->extension), member->view, data, size))
    member->told = (DirectoryTold){ 0 };
  member->told_when = now;
}

static void look_after (Torrent *torrent, gint64 delay);

static void
on_look (gpointer data)
{
  Torrent *torrent = data;
  gint64   now = btfw_clock_get_time (torrent->extension->clock);

  torrent->timer = 0;
  if (torrent->members->len == 0)
    return;
  update_directory (torrent);
  for (guint i = 0; i < torrent->members->len; i++)
    {
      Member *member = g_ptr_array_index (torrent->members, i);

      if (btfw_extension_can_send (BTFW_EXTENSION (torrent->extension), member->view) &&
          (member->told_when == 0 || now - member->told_when >= TELL_INTERVAL))
        tell (torrent, member, now);
    }
  look_after (torrent, LOOK_INTERVAL);
}

static void
look_after (Torrent *torrent, gint64 delay)
{
  BtfwClock *clock = torrent->extension->clock;
  gint64     due = btfw_clock_get_time (clock) + delay;

  if (torrent->timer != 0 && torrent->due <= due)
    return;
  btfw_clock_cancel_timer (clock, torrent->timer);
  torrent->due = due;
  torrent->timer = btfw_clock_set_timer (clock, delay, on_look, torrent, NULL);
}

/* --- Hearing --- */

static BtfwCandidateFlags
read_flags (guint8 flags)
{
  return (flags & PEX_FLAG_ENCRYPTED ? BTFW_CANDIDATE_ENCRYPTED : 0) |
         (flags & PEX_FLAG_UPLOAD_ONLY ? BTFW_CANDIDATE_UPLOAD_ONLY : 0) |
         (flags & PEX_FLAG_UTP ? BTFW_CANDIDATE_UTP : 0) | (flags & PEX_FLAG_REACHABLE ? BTFW_CANDIDATE_REACHABLE : 0);
}

/* Whether a message that comes now is listened to. */
static gboolean
is_welcome (Torrent *torrent, Member *member)
{
  gint64   now = btfw_clock_get_time (torrent->extension->clock);
  gboolean is_early = member->heard_when != 0 && now - member->heard_when < HEAR_INTERVAL;

  if (is_early && ++member->n_early > EARLY_FREE)
    return FALSE;
  member->heard_when = now;
  return TRUE;
}

static gboolean
btfw_pex_extension_message (BtfwExtension *extension,
                            BtfwSwarmView *view,
                            BtfwPeerView  *peer,
                            const guint8  *data,
                            gsize          size,
                            GError       **error)
{
  Torrent   *torrent = find_torrent (extension, view);
  Member    *member = find_member (torrent, peer);
  PexAddress added[2 * PEX_ADDED_MAX];
  int        n;

  if (member == NULL)
    return TRUE;
  if (!is_welcome (torrent, member))
    {
      if (member->n_early <= EARLY_MAX)
        return TRUE;
      g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_LIMIT, "it tells of peers far too often");
      return FALSE;
    }
  n = pex_message_read (data, size, added, error);
  for (int i = 0; i < n; i++)
    btfw_extension_add_candidate (extension, view, peer, added[i].ip, added[i].ip_size, added[i].port, read_flags (added[i].flags));
  return n >= 0;
}

/* --- The interface --- */

static void
btfw_pex_extension_start (BtfwExtension *extension, BtfwClock *clock)
{
  BTFW_PEX_EXTENSION (extension)->clock = btfw_clock_ref (clock);
}

static const char *
btfw_pex_extension_get_message (BtfwExtension *extension)
{
  return "ut_pex";
}

static void
btfw_pex_extension_torrent_added (BtfwExtension *extension, BtfwSwarmView *view)
{
  BtfwPexExtension *self = BTFW_PEX_EXTENSION (extension);
  Torrent          *torrent = g_new0 (Torrent, 1);

  torrent->extension = self;
  torrent->view = btfw_swarm_view_ref (view);
  torrent->members = g_ptr_array_new_with_free_func (member_free);
  g_hash_table_insert (self->torrents, view, torrent);
}

static void
btfw_pex_extension_torrent_removed (BtfwExtension *extension, BtfwSwarmView *view)
{
  g_hash_table_remove (BTFW_PEX_EXTENSION (extension)->torrents, view);
}

static void
btfw_pex_extension_handshake (BtfwExtension          *extension,
                              BtfwSwarmView          *view,
                              BtfwPeerView           *peer,
                              BtfwExtensionHandshake *handshake)
{
  Torrent *torrent = find_torrent (extension, view);
  Member  *member = find_member (torrent, peer);

  if (member == NULL)
    {
      member = g_new0 (Member, 1);
      member->view = btfw_peer_view_ref (peer);
      g_ptr_array_add (torrent->members, member);
      if (torrent->by_view == NULL)
        torrent->by_view = g_hash_table_new (NULL, NULL);
      g_hash_table_insert (torrent->by_view, peer, member);
    }
  /* By now it is known where it can be reached: others may hear of it. */
  look_after (torrent, GATHER_TIME);
}

static void
btfw_pex_extension_peer_gone (BtfwExtension *extension, BtfwSwarmView *view, BtfwPeerView *peer)
{
  Torrent *torrent = find_torrent (extension, view);
  Member  *member = find_member (torrent, peer);

  if (member == NULL)
    return;
  g_hash_table_remove (torrent->by_view, peer);
  g_ptr_array_remove (torrent->members, member);
  if (torrent->members->len == 0)
    g_clear_pointer (&torrent->directory, directory_free);
}

static void
extension_iface_init (BtfwExtensionInterface *iface)
{
  iface->start = btfw_pex_extension_start;
  iface->get_message = btfw_pex_extension_get_message;
  iface->torrent_added = btfw_pex_extension_torrent_added;
  iface->torrent_removed = btfw_pex_extension_torrent_removed;
  iface->handshake = btfw_pex_extension_handshake;
  iface->message = btfw_pex_extension_message;
  iface->peer_gone = btfw_pex_extension_peer_gone;
}

static void
btfw_pex_extension_finalize (GObject *object)
{
  BtfwPexExtension *self = BTFW_PEX_EXTENSION (object);

  g_hash_table_unref (self->torrents);
  g_clear_pointer (&self->clock, btfw_clock_unref);

  G_OBJECT_CLASS (btfw_pex_extension_parent_class)->finalize (object);
}

static void
btfw_pex_extension_class_init (BtfwPexExtensionClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = btfw_pex_extension_finalize;
}

static void
btfw_pex_extension_init (BtfwPexExtension *self)
{
  self->torrents = g_hash_table_new_full (NULL, NULL, NULL, torrent_free);
}

BTFW_PLUGIN_DEFINE (extension, pex, btfw_pex_extension_get_type,
                    .flags = BTFW_PLUGIN_EXCHANGES_PEERS,
                    .version = "1.0",
                    .description = "peers tell one another of peers (BEP 11)",
                    .license = "LGPL-2.1-or-later",
                    .origin = "btfw");
