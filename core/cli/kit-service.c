/* kit-service.c: what every service must do. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/kit.h"

#include <string.h>

static gboolean
is_complete_interface (BtfwKit *kit)
{
  BtfwServiceInterface *iface = g_type_interface_peek (g_type_class_peek (kit->type), BTFW_TYPE_SERVICE);

  return btfw_kit_needs (iface->start != NULL, "start") & btfw_kit_needs (iface->stop != NULL, "stop");
}

/* A session on loopback that meets nobody, as an application has one. */
static BtfwSession *
begin_session (BtfwKit *kit)
{
  static const char *const settings[][2] = { { "bind", "127.0.0.1" }, { "port", "0" }, { "discovery", "" }, { "storage", "memory" },
                                             { "services", "" } };
  g_autoptr (BtfwConfig)   config = btfw_config_new ();
  g_autoptr (BtfwSession)  session = NULL;
  g_autoptr (GError)       error = NULL;
  gboolean                 ok = btfw_config_set (config, "session", "state-dir", kit->folder, "check", &error);

  for (guint i = 0; ok && i < G_N_ELEMENTS (settings); i++)
    ok = btfw_config_set (config, "session", settings[i][0], settings[i][1], "check", &error);
  if (ok)
    session = btfw_session_new (config, &error);
  if (session != NULL && btfw_session_start (session, &error))
    return g_steal_pointer (&session);
  btfw_kit_find ("failed", "no session could be made for it: %s", error->message);
  return NULL;
}

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer data)
{
  btfw_session_stop_finish (BTFW_SESSION (source), result, NULL);
  *(gboolean *) data = TRUE;
}

/* Takes the session. */
static void
end_session (BtfwSession *session)
{
  gboolean is_done = FALSE;

  btfw_kit_at ("the end of the session");
  btfw_session_stop_async (session, 100, on_stopped, &is_done);
  btfw_kit_wait (&is_done, 5);
  g_object_unref (session);
}

static void
check_url (BtfwService *service, const char *when)
{
  g_autofree char *url = NULL;
  g_autoptr (GUri) uri = NULL;

  btfw_kit_begin ("get_url");
  url = btfw_service_get_url (service);
  btfw_kit_end ();
  if (url == NULL)
    return;
  uri = g_utf8_validate (url, -1, NULL) ? g_uri_parse (url, G_URI_FLAGS_NONE, NULL) : NULL;
  if (uri == NULL)
    btfw_kit_find ("url", "get_url() gives what is no URL, %s: “%s”", when, url);
}

static gboolean
start (BtfwService *service, BtfwSession *session)
{
  g_autoptr (GError) error = NULL;
  gboolean           started;

  btfw_kit_begin ("start");
  started = btfw_service_start (service, session, &error);
  btfw_kit_end ();
  btfw_kit_judge_error ("start", started, error);
  if (!started)
    btfw_kit_find ("failed", "start() with the defaults failed: %s", error != NULL ? error->message : "no error");
  return started;
}

static void
stop (BtfwService *service)
{
  btfw_kit_begin ("stop");
  btfw_service_stop (service);
  btfw_kit_end ();
}

static void
idle (double seconds)
{
  gboolean never = FALSE;

  btfw_kit_at ("what it does by itself");
  btfw_kit_wait (&never, seconds);
}

/* --- Lives --- */

/* Sessions follow one another, each with an instance of its own; what one had,
 * a port above all, is free for the next. */
static void
live_once (BtfwKit *kit)
{
  BtfwSession *session = begin_session (kit);
  BtfwService *service = session != NULL ? btfw_kit_make (kit) : NULL;

  if (service != NULL)
    {
      check_url (service, "before start()");
      if (start (service, session))
        {
          check_url (service, "while it runs");
          idle (0.02);
          stop (service);
          check_url (service, "after stop()");
        }
      btfw_kit_drop (service);
    }
  if (session != NULL)
    end_session (session);
}

static void
check_starts (BtfwKit *kit)
{
  if (!is_complete_interface (kit))
    return;
  live_once (kit);
  live_once (kit);
}

/* Ends in the moment in which it began, and is never started at all. */
static void
check_nothing (BtfwKit *kit)
{
  BtfwSession *session = is_complete_interface (kit) ? begin_session (kit) : NULL;
  BtfwService *service;

  if (session == NULL)
    return;
  service = btfw_kit_make (kit);
  if (service != NULL)
    {
      if (start (service, session))
        stop (service);
      btfw_kit_drop (service);
    }
  service = btfw_kit_make (kit);
  if (service != NULL)
    btfw_kit_drop (service);
  end_session (session);
}

static BtfwSession *shared;

static void
serve_once (BtfwKit *kit)
{
  BtfwService *service = btfw_kit_make (kit);

  if (service == NULL)
    return;
  if (start (service, shared))
    {
      idle (0.01);
      stop (service);
    }
  btfw_kit_drop (service);
}

static void
check_leaks (BtfwKit *kit)
{
  shared = is_complete_interface (kit) ? begin_session (kit) : NULL;
  if (shared == NULL)
    return;
  btfw_kit_watch_growth (kit, serve_once, 30);
  end_session (shared);
}

/* --- Torrents --- */

typedef struct
{
  gboolean     is_done;
  BtfwTorrent *torrent;
} Adding;

static void
on_added (GObject *source, GAsyncResult *result, gpointer data)
{
  Adding *self = data;

  self->torrent = btfw_session_add_finish (BTFW_SESSION (source), result, NULL);
  self->is_done = TRUE;
}

static void
on_removed (GObject *source, GAsyncResult *result, gpointer data)
{
  btfw_session_remove_finish (BTFW_SESSION (source), result, NULL);
  *(gboolean *) data = TRUE;
}

/* A torrent of @size bytes, of which nobody has any. */
static BtfwMetainfo *
make_metainfo (guint number)
{
  g_autofree char   *text = g_strdup_printf ("d4:infod6:lengthi%ue4:name9:nothing%02u12:piece lengthi32768e6:pieces20:%020uee",
                                             20000 + number, number, number);
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));

  return btfw_metainfo_new_from_bytes (bytes, NULL);
}

static void
add_and_remove (BtfwSession *session, guint number)
{
  g_autoptr (BtfwMetainfo)   metainfo = make_metainfo (number);
  g_autoptr (BtfwAddOptions) options = btfw_add_options_new ();
  Adding                     adding = { FALSE, NULL };
  gboolean                   is_removed = FALSE;

  btfw_kit_at ("what it does when a torrent is added and removed");
  btfw_session_add_async (session, metainfo, options, NULL, on_added, &adding);
  if (!btfw_kit_wait (&adding.is_done, 10) || adding.torrent == NULL)
    return;
  idle (0.02);
  btfw_session_remove_async (session, adding.torrent, FALSE, on_removed, &is_removed);
  btfw_kit_wait (&is_removed, 10);
  g_object_unref (adding.torrent);
}

/* Torrents come and go while it runs, before it runs, and after it was stopped. */
static void
check_torrents (BtfwKit *kit)
{
  BtfwSession *session = is_complete_interface (kit) ? begin_session (kit) : NULL;
  BtfwService *service = session != NULL ? btfw_kit_make (kit) : NULL;

  if (service != NULL)
    {
      add_and_remove (session, 1);
      if (start (service, session))
        {
          for (guint i = 2; i < 6; i++)
            add_and_remove (session, i);
          stop (service);
          add_and_remove (session, 6);
        }
      btfw_kit_drop (service);
    }
  if (session != NULL)
    end_session (session);
}

const BtfwKitCheck btfw_kit_service_checks[] = {
  { "service-starts", "service", 60, FALSE, check_starts, NULL },
  { "service-nothing", "service", 30, FALSE, check_nothing, NULL },
  { "service-torrents", "service", 60, FALSE, check_torrents, NULL },
  { "service-leaks", "service", 60, FALSE, check_leaks, NULL },
  { NULL, NULL, 0, FALSE, NULL, NULL },
};
