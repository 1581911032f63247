/* kit-service.c: what every service must do. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/kit.h"

static BtfwSession *session;

static gboolean
is_complete_interface (BtfwKit *kit)
{
  BtfwServiceInterface *iface = g_type_interface_peek (g_type_class_peek (kit->type), BTFW_TYPE_SERVICE);

  return btfw_kit_needs (iface->start != NULL, "start") & btfw_kit_needs (iface->stop != NULL, "stop");
}

/* A session on loopback, as an application has one. */
static gboolean
begin_session (BtfwKit *kit)
{
  g_autoptr (BtfwConfig) config = btfw_config_new ();
  g_autoptr (GError)     error = NULL;

  if (!btfw_config_set (config, "session", "bind", "127.0.0.1", "check", &error) ||
      !btfw_config_set (config, "session", "port", "0", "check", &error) ||
      !btfw_config_set (config, "session", "state-dir", kit->folder, "check", &error) ||
      (session = btfw_session_new (config, &error)) == NULL || !btfw_session_start (session, &error))
    {
      btfw_kit_find ("failed", "no session could be made for it: %s", error->message);
      g_clear_object (&session);
    }
  return session != NULL;
}

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer data)
{
  btfw_session_stop_finish (BTFW_SESSION (source), result, NULL);
  *(gboolean *) data = TRUE;
}

static void
end_session (void)
{
  static gboolean is_done;

  btfw_kit_at ("the end of the session");
  btfw_session_stop_async (session, 100, on_stopped, &is_done);
  btfw_kit_wait (&is_done, 5);
  g_clear_object (&session);
}

static void
check_url (BtfwService *service)
{
  g_autofree char *url = NULL;
  g_autoptr (GUri) uri = NULL;

  btfw_kit_at ("get_url()");
  url = btfw_service_get_url (service);
  if (url == NULL)
    return;
  uri = g_uri_parse (url, G_URI_FLAGS_NONE, NULL);
  if (!g_utf8_validate (url, -1, NULL) || uri == NULL)
    btfw_kit_find ("url", "get_url() gives what is no URL: “%s”", url);
}

static void
live_once (BtfwKit *kit)
{
  BtfwService       *service = btfw_kit_make (kit);
  g_autoptr (GError) error = NULL;
  gboolean           started, never = FALSE;

  if (service == NULL)
    return;
  btfw_kit_at ("start()");
  started = btfw_service_start (service, session, &error);
  btfw_kit_judge_error ("start", started, error);
  if (!started)
    btfw_kit_find ("failed", "start() with the defaults failed: %s", error != NULL ? error->message : "no error");
  else
    {
      check_url (service);
      btfw_kit_wait (&never, 0.02);
      btfw_kit_at ("stop()");
      btfw_service_stop (service);
    }
  btfw_kit_drop (service);
}

static void
check_starts (BtfwKit *kit)
{
  if (!is_complete_interface (kit) || !begin_session (kit))
    return;
  live_once (kit);
  btfw_kit_watch_growth (kit, live_once, 30);
  end_session ();
}

const BtfwKitCheck btfw_kit_service_checks[] = {
  { "service-starts", "service", 60, FALSE, check_starts },
  { NULL, NULL, 0, FALSE, NULL },
};
