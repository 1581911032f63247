/* extension-broken.c: an extension with one of many faults, for the tests of the kit. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "broken.h"

typedef struct
{
  GObject        parent_instance;
  BtfwClock     *clock;
  GHashTable    *torrents; /* of BtfwSwarmView, with a reference */
  BtfwPeerView  *peer;     /* that was kept */
  int            level;
} TestBrokenExtension;

typedef struct
{
  GObjectClass parent_class;
} TestBrokenExtensionClass;

static void extension_iface_init (BtfwExtensionInterface *iface);
GType       test_broken_extension_get_type (void);

G_DEFINE_TYPE_WITH_CODE (TestBrokenExtension, test_broken_extension, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (BTFW_TYPE_EXTENSION, extension_iface_init));

static void
start (BtfwExtension *extension, BtfwClock *clock)
{
  TestBrokenExtension *self = (TestBrokenExtension *) extension;

  take_long ();
  self->clock = btfw_clock_ref (clock);
  if (has_fault ("never-dies"))
    g_object_ref (self);
  if (has_fault ("gives-back-too-much"))
    btfw_clock_unref (clock);
}

static const char *
get_message (BtfwExtension *extension)
{
  static int n;

  if (has_fault ("no-name"))
    return "";
  if (has_fault ("other-names"))
    return n++ % 2 == 0 ? "xx_broken" : "xx_other";
  return "xx_broken";
}

static gpointer
look_from_elsewhere (gpointer view)
{
  btfw_swarm_view_get_n_pieces (view);
  return NULL;
}

static void
torrent_added (BtfwExtension *extension, BtfwSwarmView *torrent)
{
  TestBrokenExtension *self = (TestBrokenExtension *) extension;

  misbehave_once ();
  if (has_fault ("one-torrent-only") && g_hash_table_size (self->torrents) > 0)
    raise (SIGSEGV);
  if (has_fault ("wrong-thread"))
    g_thread_join (g_thread_new ("elsewhere", look_from_elsewhere, torrent));
  g_hash_table_insert (self->torrents, torrent, btfw_swarm_view_ref (torrent));
}

static void
torrent_removed (BtfwExtension *extension, BtfwSwarmView *torrent)
{
  g_hash_table_remove (((TestBrokenExtension *) extension)->torrents, torrent);
}

static void
write_handshake (BtfwExtension *extension, BtfwSwarmView *torrent, BtfwPeerView *peer, BtfwExtensionHandshake *handshake)
{
  if (has_fault ("words-of-the-core"))
    btfw_extension_handshake_set_integer (handshake, "p", 1);
  btfw_extension_handshake_set_integer (handshake, "xx_level", 1);
}

static gboolean
message (BtfwExtension *extension, BtfwSwarmView *torrent, BtfwPeerView *peer, const guint8 *data, gsize size, GError **error)
{
  guint8 room[4];

  if (has_fault ("believes-anything"))
    return TRUE;
  if (has_fault ("fills-a-small-room") && size > sizeof room)
    raise (SIGSEGV);
  if (has_fault ("silent-failure") && size > 4)
    return FALSE;
  if (has_fault ("error-and-success") && size > 4)
    {
      g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_LIMIT, "too long");
      return TRUE;
    }
  if (size <= sizeof room)
    return TRUE;
  g_set_error (error, BTFW_ERROR, BTFW_ERROR_LIMIT, "a message of %zu bytes", size);
  return FALSE;
}

static void
extension_iface_init (BtfwExtensionInterface *iface)
{
  iface->start = start;
  iface->get_message = has_fault ("no-message") ? NULL : get_message;
  iface->torrent_added = torrent_added;
  iface->torrent_removed = torrent_removed;
  iface->write_handshake = write_handshake;
  iface->message = message;
}

static void
test_broken_extension_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  g_value_set_int (value, has_fault ("forgets-settings") ? 1 : ((TestBrokenExtension *) object)->level);
}

static void
test_broken_extension_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  ((TestBrokenExtension *) object)->level = g_value_get_int (value);
}

static void
test_broken_extension_finalize (GObject *object)
{
  TestBrokenExtension *self = (TestBrokenExtension *) object;

  g_clear_pointer (&self->clock, btfw_clock_unref);
  g_hash_table_unref (self->torrents);
  G_OBJECT_CLASS (test_broken_extension_parent_class)->finalize (object);
}

static void
test_broken_extension_class_init (TestBrokenExtensionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = test_broken_extension_get_property;
  object_class->set_property = test_broken_extension_set_property;
  object_class->finalize = test_broken_extension_finalize;
  g_object_class_install_property (object_class, 1,
                                   g_param_spec_int ("level", NULL, has_fault ("no-blurb") ? NULL : "how much of it", 1, 9, 1,
                                                     G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS));
}

static void
test_broken_extension_init (TestBrokenExtension *self)
{
  self->torrents = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) btfw_swarm_view_unref);
}

BTFW_PLUGIN_DEFINE (extension, broken, test_broken_extension_get_type,
                    .version = "1.0",
                    .description = "broken on purpose",
                    .license = "LGPL-2.1-or-later",
                    .origin = "btfw's tests");
