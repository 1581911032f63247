/* extension-@name@.c: two clients that have it greet one another: a message of
 * the extension protocol (BEP 10) with a line of text. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw.h>

#include <string.h>

/* Words of your own, so that no other extension has the same. */
#define MESSAGE "xx_@name@"
#define GREETING_MAX 200

/* Names of types are shared by the whole process: yours begin with a word of
 * your own, never with Btfw. */
struct _@Name@Extension
{
  GObject parent_instance;
  char   *greeting;
};

#define @NAME@_TYPE_EXTENSION (@name@_extension_get_type ())
G_DECLARE_FINAL_TYPE (@Name@Extension, @name@_extension, @NAME@, EXTENSION, GObject)

/* The properties of a plugin are its settings: this one is greeting=Ahoy in the
 * group [extension-@name@] of the keyfile, or --set extension-@name@.greeting=Ahoy. */
enum
{
  PROP_GREETING = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void extension_iface_init (BtfwExtensionInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (@Name@Extension, @name@_extension, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_EXTENSION, extension_iface_init));

static const char *
@name@_extension_get_message (BtfwExtension *extension)
{
  return MESSAGE;
}

/* Comes for every peer that speaks the extension protocol; only some have this one. */
static void
@name@_extension_handshake (BtfwExtension          *extension,
                            BtfwSwarmView          *torrent,
                            BtfwPeerView           *peer,
                            BtfwExtensionHandshake *handshake)
{
  @Name@Extension *self = @NAME@_EXTENSION (extension);

  if (self->greeting != NULL && btfw_extension_can_send (extension, peer))
    btfw_extension_send (extension, peer, (const guint8 *) self->greeting, strlen (self->greeting));
}

/* A stranger sent this: nothing of it is believed before it was looked at. */
static gboolean
@name@_extension_message (BtfwExtension *extension,
                          BtfwSwarmView *torrent,
                          BtfwPeerView  *peer,
                          const guint8  *data,
                          gsize          size,
                          GError       **error)
{
  g_autofree char *clean = NULL;

  if (size > GREETING_MAX)
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_LIMIT, "a greeting of %zu bytes", size);
      return FALSE;
    }

  clean = btfw_text_clean ((const char *) data, (gssize) size);
  g_debug (MESSAGE ": peer %" G_GUINT64_FORMAT " says: %s", btfw_peer_view_get_id (peer), clean);
  return TRUE;
}

static void
extension_iface_init (BtfwExtensionInterface *iface)
{
  iface->get_message = @name@_extension_get_message;
  iface->handshake = @name@_extension_handshake;
  iface->message = @name@_extension_message;
}

static void
@name@_extension_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_GREETING)
    g_value_set_string (value, @NAME@_EXTENSION (object)->greeting);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
@name@_extension_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  @Name@Extension *self = @NAME@_EXTENSION (object);

  if (id != PROP_GREETING)
    {
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      return;
    }
  g_free (self->greeting);
  self->greeting = g_value_dup_string (value);
}

static void
@name@_extension_finalize (GObject *object)
{
  g_free (@NAME@_EXTENSION (object)->greeting);
  G_OBJECT_CLASS (@name@_extension_parent_class)->finalize (object);
}

static void
@name@_extension_class_init (@Name@ExtensionClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = @name@_extension_finalize;
  object_class->get_property = @name@_extension_get_property;
  object_class->set_property = @name@_extension_set_property;

  properties[PROP_GREETING] =
    g_param_spec_string ("greeting", NULL, "what is said to peers that have this extension", "Hello",
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
@name@_extension_init (@Name@Extension *self)
{
}

BTFW_PLUGIN_DEFINE (extension, @name@, @name@_extension_get_type,
                    .version = "0.1",
                    .description = "clients greet one another",
                    .license = "LGPL-2.1-or-later",
                    .origin = "https://example.org/extension-@name@");
