/* kit-discovery.c: what every discovery plugin must do. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/kit.h"

#include <string.h>

#define KIB 1024u
#define SECONDS(n) ((gint64) (n) * G_USEC_PER_SEC)
/* Until a cancelled look-up must have come back. */
#define PATIENCE_CANCEL 3.0
#define PATIENCE_LOOK_UP 20.0

static gboolean
is_complete_interface (BtfwKit *kit)
{
  BtfwDiscoveryInterface *iface = g_type_interface_peek (g_type_class_peek (kit->type), BTFW_TYPE_DISCOVERY);

  return btfw_kit_needs (iface->start != NULL, "start") & btfw_kit_needs (iface->torrent_added != NULL, "torrent_added") &
         btfw_kit_needs (iface->torrent_removed != NULL, "torrent_removed") &
         btfw_kit_needs ((iface->look_up_async == NULL) == (iface->look_up_finish == NULL),
                         iface->look_up_async == NULL ? "look_up_async" : "look_up_finish");
}

/* One instance in a session of its own, of which nothing leaves the machine. */
typedef struct
{
  BtfwTestSwarm *swarm; /* whose clock it has */
  BtfwNet       *net;
  BtfwDiscovery *plugin; /* NULL when it does not run */
} Session;

static gboolean
session_begin (Session *self, BtfwKit *kit, const char *state_dir)
{
  const BtfwTestFile     file = { "torrent", 20 * 32 * KIB, 0 };
  g_autoptr (BtfwLayout) layout = btfw_test_layout_new (32 * KIB, &file, 1);
  g_autoptr (GError)     error = NULL;
  gboolean               started;

  *self = (Session){ btfw_test_swarm_new (layout, 3), btfw_test_net_new_offline (), btfw_kit_make (kit) };
  if (self->plugin == NULL)
    return FALSE;
  btfw_kit_begin ("start");
  started = btfw_discovery_start (self->plugin, self->net, btfw_test_swarm_get_clock (self->swarm), state_dir, &error);
  btfw_kit_end ();
  btfw_kit_judge_error ("start", started, error);
  if (!started)
    btfw_kit_find ("failed", "start() with the defaults failed: %s", error != NULL ? error->message : "no error");
  return started;
}

static void
session_end (Session *self, gboolean has_started)
{
  gboolean never = FALSE;

  if (self->plugin != NULL && has_started)
    {
      btfw_kit_begin ("stop");
      btfw_discovery_stop (self->plugin);
      btfw_kit_end ();
      btfw_kit_at ("timers and sockets after stop()");
      btfw_test_swarm_run (self->swarm, SECONDS (600));
      btfw_kit_wait (&never, 0.02);
    }
  if (self->plugin != NULL)
    btfw_kit_drop (self->plugin);
  btfw_kit_take_faults (self->swarm, "a discovery plugin");
  btfw_net_unref (self->net);
  btfw_test_swarm_free (self->swarm);
}

static void
run (Session *self, gint64 time)
{
  gboolean never = FALSE;

  btfw_kit_at ("timers");
  btfw_test_swarm_run (self->swarm, time);
  btfw_kit_wait (&never, 0.005);
}

static void
add (Session *self, BtfwTestSwarm *swarm)
{
  btfw_kit_begin ("torrent_added");
  btfw_discovery_torrent_added (self->plugin, btfw_test_swarm_get_view (swarm));
  btfw_kit_end ();
}

static void
remove_torrent (Session *self, BtfwTestSwarm *swarm)
{
  btfw_kit_begin ("torrent_removed");
  btfw_discovery_torrent_removed (self->plugin, btfw_test_swarm_get_view (swarm));
  btfw_kit_end ();
}

static void
want_peers (Session *self, BtfwTestSwarm *swarm)
{
  btfw_kit_begin ("peers_wanted");
  btfw_discovery_peers_wanted (self->plugin, btfw_test_swarm_get_view (swarm));
  btfw_kit_end ();
}

/* --- What it is told and tells --- */

/* Hints of strangers: nobody's address, our own, and one of each family. */
static void
hint_at_nodes (Session *self)
{
  static const char *const nodes[] = { "0.0.0.0:1", "127.0.0.1:1", "10.1.2.3:6881", "192.0.2.1:65535", "[::1]:1", "[2001:db8::1]:6881" };

  for (guint i = 0; i < G_N_ELEMENTS (nodes); i++)
    {
      BtfwEndpoint node;

      if (!btfw_endpoint_parse (&node, nodes[i]))
        continue;
      btfw_kit_begin ("add_node");
      btfw_discovery_add_node (self->plugin, &node);
      btfw_kit_end ();
    }
}

static void
judge_status (GVariant *status, const char *method)
{
  g_autofree char *text = NULL;

  if (status == NULL)
    return;
  if (!g_variant_is_of_type (status, G_VARIANT_TYPE_VARDICT))
    btfw_kit_find ("status", "%s() gives a value of type “%s”, and not a dictionary", method, g_variant_get_type_string (status));
  if (!g_variant_is_normal_form (status))
    btfw_kit_find ("status", "%s() gives what is not in normal form", method);
  text = g_variant_print (status, TRUE);
  if (strlen (text) > 4096 * KIB)
    btfw_kit_find ("status", "%s() gives %zu bytes of text", method, strlen (text));
}

static void
ask_status (Session *self)
{
  g_autoptr (GVariant) status = NULL;
  const GSocketFamily  families[] = { G_SOCKET_FAMILY_IPV4, G_SOCKET_FAMILY_IPV6 };

  btfw_kit_begin ("get_status");
  status = btfw_discovery_get_status (self->plugin);
  btfw_kit_end ();
  judge_status (status, "get_status");
  for (guint i = 0; i < G_N_ELEMENTS (families); i++)
    {
      guint16 first, second;

      btfw_kit_begin ("get_node_port");
      first = btfw_discovery_get_node_port (self->plugin, families[i]);
      second = btfw_discovery_get_node_port (self->plugin, families[i]);
      btfw_kit_end ();
      if (first != second)
        btfw_kit_find ("node-port", "get_node_port() gives %u, and %u a moment later", first, second);
    }
}

/* --- Lives --- */

static BtfwTestSwarm *
make_swarm (guint64 seed)
{
  const BtfwTestFile     file = { "torrent", (guint64) (20 + seed) * 32 * KIB, 0 };
  g_autoptr (BtfwLayout) layout = btfw_test_layout_new (32 * KIB, &file, 1);

  return btfw_test_swarm_new (layout, seed);
}

static void
live (BtfwKit *kit, const char *state_dir)
{
  Session  session;
  gboolean started = session_begin (&session, kit, state_dir);

  if (started)
    {
      add (&session, session.swarm);
      run (&session, SECONDS (1));
      hint_at_nodes (&session);
      want_peers (&session, session.swarm);
      ask_status (&session);
      run (&session, SECONDS (120));
      remove_torrent (&session, session.swarm);
      run (&session, SECONDS (1));
    }
  session_end (&session, started);
}

/* What one session keeps another one finds: also a folder that is not there yet. */
static void
check_life (BtfwKit *kit)
{
  g_autofree char *state_dir = g_build_filename (kit->folder, "state", "of-the-kit", NULL);

  if (!is_complete_interface (kit))
    return;
  live (kit, state_dir);
  live (kit, state_dir);
  live (kit, NULL);
}

/* Sessions that end before anything has begun. */
static void
check_nothing (BtfwKit *kit)
{
  Session  session;
  gboolean started;

  if (!is_complete_interface (kit))
    return;
  for (guint i = 0; i < 3; i++)
    {
      started = session_begin (&session, kit, i == 2 ? "/proc/no/such/folder" : NULL);
      if (started && i > 0)
        {
          ask_status (&session);
          hint_at_nodes (&session);
          run (&session, SECONDS (30));
        }
      session_end (&session, started);
    }
}

/* Many torrents; some go at once, some come again, and their views die. */
static void
check_torrents (BtfwKit *kit)
{
  enum { N = 20 };
  BtfwTestSwarm *swarms[N];
  Session        session;
  gboolean       started;

  if (!is_complete_interface (kit))
    return;
  started = session_begin (&session, kit, NULL);
  for (guint i = 0; i < N; i++)
    swarms[i] = make_swarm (i + 1);
  for (guint i = 0; started && i < N; i++)
    {
      add (&session, swarms[i]);
      if (i % 3 == 0)
        remove_torrent (&session, swarms[i]);
      if (i % 6 == 0)
        add (&session, swarms[i]);
      want_peers (&session, swarms[i - i % 2]);
    }
  if (started)
    run (&session, SECONDS (300));
  for (guint i = 0; started && i < N; i++)
    if (i % 3 != 0 || i % 6 == 0)
      remove_torrent (&session, swarms[i]);
  for (guint i = 0; i < N; i++)
    {
      btfw_kit_take_faults (swarms[i], "one of many torrents");
      btfw_test_swarm_free (swarms[i]);
    }
  /* What was to be done for them falls due now. */
  if (started)
    run (&session, SECONDS (1200));
  session_end (&session, started);
}

static BtfwKit *growing;

static void
live_without_state (BtfwKit *kit)
{
  live (growing, NULL);
}

static void
check_leaks (BtfwKit *kit)
{
  if (!is_complete_interface (kit))
    return;
  growing = kit;
  btfw_kit_watch_growth (kit, live_without_state, 30);
}

/* --- Look-ups --- */

typedef struct
{
  GThread *thread;
  gboolean is_inside;
  gboolean is_done;
} LookUp;

static void
on_looked_up (GObject *source, GAsyncResult *result, gpointer data)
{
  LookUp              *self = data;
  g_autoptr (GError)   error = NULL;
  g_autoptr (GVariant) found = NULL;

  if (self->is_inside)
    btfw_kit_find ("callback-inside", "the callback was called before look_up_async() had returned");
  if (g_thread_self () != self->thread)
    btfw_kit_find ("callback-thread", "the callback of look_up_async() came on another thread");
  if (self->is_done)
    {
      btfw_kit_find ("callback-twice", "the callback of one look_up_async() was called again");
      return;
    }
  btfw_kit_at ("look_up_finish");
  found = btfw_discovery_look_up_finish (BTFW_DISCOVERY (source), result, &error);
  btfw_kit_judge_error ("look_up_finish", found != NULL, error);
  judge_status (found, "look_up_finish");
  self->is_done = TRUE;
}

static void
look_up (Session *session, LookUp *self, GCancellable *cancellable)
{
  static const guint8 hash[20] = "whose peers are here";

  *self = (LookUp){ .thread = g_thread_self (), .is_inside = TRUE };
  btfw_kit_begin ("look_up_async");
  btfw_discovery_look_up_async (session->plugin, hash, cancellable, on_looked_up, self);
  btfw_kit_end ();
  self->is_inside = FALSE;
}

/* Time goes on for both: the plugin's, and that of its sockets. */
static gboolean
wait_for (Session *session, const LookUp *look_up, double seconds)
{
  for (guint i = 0; i < (guint) (seconds * 100) && !look_up->is_done; i++)
    {
      gboolean never = FALSE;

      btfw_test_swarm_run (session->swarm, SECONDS (1));
      btfw_kit_wait (&never, 0.01);
    }
  return look_up->is_done;
}

static void
check_look_up (BtfwKit *kit)
{
  static LookUp            first, second; /* a late callback still finds them */
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  Session                  session;
  gboolean                 started;

  if (!is_complete_interface (kit))
    return;
  started = session_begin (&session, kit, NULL);
  if (started)
    {
      look_up (&session, &first, NULL);
      if (!wait_for (&session, &first, PATIENCE_LOOK_UP))
        btfw_kit_find ("no-callback", "a look-up in a network of nobody did not end");
      look_up (&session, &second, cancellable);
      g_cancellable_cancel (cancellable);
      if (!wait_for (&session, &second, PATIENCE_CANCEL))
        btfw_kit_find ("ignores-cancel", "a cancelled look-up did not come back within %.0f s", PATIENCE_CANCEL);
    }
  if (!started || (first.is_done && second.is_done))
    session_end (&session, started);
}

const BtfwKitCheck btfw_kit_discovery_checks[] = {
  { "discovery-life", "discovery", 60, FALSE, check_life, NULL },
  { "discovery-nothing", "discovery", 30, FALSE, check_nothing, NULL },
  { "discovery-torrents", "discovery", 60, FALSE, check_torrents, NULL },
  { "discovery-look-up", "discovery", 60, FALSE, check_look_up, NULL },
  { "discovery-leaks", "discovery", 90, FALSE, check_leaks, NULL },
  { NULL, NULL, 0, FALSE, NULL, NULL },
};
