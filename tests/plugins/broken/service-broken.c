/* service-broken.c: a service with one of many faults, for the tests of the kit. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "broken.h"

typedef struct
{
  GObject      parent_instance;
  BtfwSession *session;
  GSocket     *socket;
  gulong       handler;
  guint        source;
  int          level;
} TestBrokenService;

typedef struct
{
  GObjectClass parent_class;
} TestBrokenServiceClass;

static void service_iface_init (BtfwServiceInterface *iface);
GType       test_broken_service_get_type (void);

G_DEFINE_TYPE_WITH_CODE (TestBrokenService, test_broken_service, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (BTFW_TYPE_SERVICE, service_iface_init));

static void
on_torrent_added (BtfwSession *session, BtfwTorrent *torrent, gpointer service)
{
  TestBrokenService *self = service;

  /* After stop() it is not its business any more. */
  if (self->session == NULL)
    raise (SIGSEGV);
  if (has_fault ("crashes-on-a-torrent"))
    raise (SIGSEGV);
  if (has_fault ("complains-on-a-torrent"))
    g_warning ("what is this?");
}

static gpointer
run_on (gpointer unused)
{
  for (;;)
    g_usleep (G_USEC_PER_SEC);
  return NULL;
}

static gboolean
start (BtfwService *service, BtfwSession *session, GError **error)
{
  TestBrokenService *self = (TestBrokenService *) service;

  take_long ();
  misbehave_once ();
  if (has_fault ("silent-failure"))
    return FALSE;
  if (has_fault ("refuses"))
    {
      g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_FAILED, "not with these settings");
      return FALSE;
    }
  if (has_fault ("error-and-success"))
    g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_FAILED, "somehow");
  if (has_fault ("leaks-threads"))
    g_thread_unref (g_thread_new ("for-ever", run_on, NULL));
  self->session = g_object_ref (session);
  self->handler = g_signal_connect (session, "torrent-added", G_CALLBACK (on_torrent_added), self);
  if (has_fault ("never-dies"))
    g_object_ref (self);
  return TRUE;
}

static void
stop (BtfwService *service)
{
  TestBrokenService *self = (TestBrokenService *) service;

  if (has_fault ("crashes-at-the-end"))
    raise (SIGSEGV);
  if (!has_fault ("hears-on"))
    g_signal_handler_disconnect (self->session, self->handler);
  if (!has_fault ("keeps-the-session"))
    g_clear_object (&self->session);
  else
    self->session = NULL;
}

static char *
get_url (BtfwService *service)
{
  if (has_fault ("no-url"))
    return g_strdup ("here and there");
  if (has_fault ("no-text"))
    return g_strdup ("http://\377\376/");
  return NULL;
}

static void
service_iface_init (BtfwServiceInterface *iface)
{
  iface->start = start;
  iface->stop = has_fault ("no-stop") ? NULL : stop;
  iface->get_url = get_url;
}

static void
test_broken_service_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  g_value_set_int (value, has_fault ("forgets-settings") ? 1 : ((TestBrokenService *) object)->level);
}

static void
test_broken_service_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  ((TestBrokenService *) object)->level = g_value_get_int (value);
}

static void
test_broken_service_class_init (TestBrokenServiceClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = test_broken_service_get_property;
  object_class->set_property = test_broken_service_set_property;
  g_object_class_install_property (object_class, 1,
                                   g_param_spec_int ("level", NULL, "how much of it", 1, 9, 1,
                                                     G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS));
}

static void
test_broken_service_init (TestBrokenService *self)
{
}

BTFW_PLUGIN_DEFINE (service, broken, test_broken_service_get_type,
                    .version = "1.0",
                    .description = "broken on purpose",
                    .license = "LGPL-2.1-or-later",
                    .origin = "btfw's tests");
