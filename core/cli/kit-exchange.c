/* kit-exchange.c: questions that are answered later: what trackers and fetchers share. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/kit-exchange.h"

#include <string.h>

/* A refusal comes at once over TCP; over UDP a plugin may not hear of it and ask again. */
#define PATIENCE 40.0
/* Until a cancelled question must have come back. */
#define PATIENCE_CANCEL 3.0

/* One question. */
typedef struct
{
  const BtfwKitExchange *exchange;
  gpointer               plugin;
  GThread               *thread;
  gboolean               is_inside; /* the call that asks runs */
  gboolean               is_done;
  guint                  n_callbacks;
  gboolean               succeeded;
} Question;

/* A server of nothing: it takes what comes over TCP or UDP at one port, and
 * answers nothing, or nonsense. */
typedef struct
{
  GSocketService *service;
  GSocket        *datagrams;
  GSource        *source;
  guint16         port;
  gboolean        answers;
  gsize           n_received; /* bytes */
  GPtrArray      *connections;
} Server;

/* --- The server --- */

static void
on_read (GObject *stream, GAsyncResult *result, gpointer data)
{
  Server            *self = data;
  g_autoptr (GBytes) bytes = g_input_stream_read_bytes_finish (G_INPUT_STREAM (stream), result, NULL);

  if (bytes != NULL)
    self->n_received += g_bytes_get_size (bytes);
}

static gboolean
on_connection (GSocketService *service, GSocketConnection *connection, GObject *source, gpointer data)
{
  static const char nonsense[] = "\377\376HTTP/9.9 ??? \r\n\0\1\2d8:intervali-1e5:peers3:abc\r\n\r\n";
  Server           *self = data;
  GIOStream        *stream = G_IO_STREAM (connection);

  g_ptr_array_add (self->connections, g_object_ref (connection));
  g_input_stream_read_bytes_async (g_io_stream_get_input_stream (stream), 4096, G_PRIORITY_DEFAULT, NULL, on_read, self);
  if (!self->answers)
    return TRUE;
  g_output_stream_write_all (g_io_stream_get_output_stream (stream), nonsense, sizeof nonsense, NULL, NULL, NULL);
  g_output_stream_close (g_io_stream_get_output_stream (stream), NULL, NULL);
  return TRUE;
}

static gboolean
on_datagram (GSocket *socket, GIOCondition condition, gpointer data)
{
  Server                    *self = data;
  g_autoptr (GSocketAddress) from = NULL;
  char                       buffer[2048];
  gssize                     n = g_socket_receive_from (socket, &from, buffer, sizeof buffer, NULL, NULL);

  if (n <= 0)
    return TRUE;
  self->n_received += (gsize) n;
  if (self->answers && from != NULL)
    {
      memset (buffer, 0xff, 60);
      g_socket_send_to (socket, from, buffer, (gsize) n % 60, NULL, NULL);
    }
  return TRUE;
}

static Server *
server_new (gboolean answers)
{
  Server                    *self = g_new0 (Server, 1);
  g_autoptr (GInetAddress)   loopback = g_inet_address_new_loopback (G_SOCKET_FAMILY_IPV4);
  g_autoptr (GSocketAddress) any = g_inet_socket_address_new (loopback, 0);
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GSocketAddress) same = NULL;

  self->answers = answers;
  self->connections = g_ptr_array_new_with_free_func (g_object_unref);
  self->service = g_socket_service_new ();
  g_socket_listener_add_address (G_SOCKET_LISTENER (self->service), any, G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP,
                                 NULL, &address, NULL);
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address));
  g_signal_connect (self->service, "incoming", G_CALLBACK (on_connection), self);
  g_socket_service_start (self->service);

  same = g_inet_socket_address_new (loopback, self->port);
  self->datagrams = g_socket_new (G_SOCKET_FAMILY_IPV4, G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);
  g_socket_set_blocking (self->datagrams, FALSE);
  if (g_socket_bind (self->datagrams, same, FALSE, NULL))
    {
      self->source = g_socket_create_source (self->datagrams, G_IO_IN, NULL);
      g_source_set_callback (self->source, G_SOURCE_FUNC (on_datagram), self, NULL);
      g_source_attach (self->source, NULL);
    }
  return self;
}

/* What still comes for it finds nobody; it is not freed, since reads may be under way. */
static void
server_stop (Server *self)
{
  g_socket_service_stop (self->service);
  g_socket_listener_close (G_SOCKET_LISTENER (self->service));
  if (self->source != NULL)
    g_source_destroy (self->source);
  g_socket_close (self->datagrams, NULL);
  for (guint i = 0; i < self->connections->len; i++)
    g_io_stream_close (g_ptr_array_index (self->connections, i), NULL, NULL);
}

/* A port at which nobody listens. */
static guint16
find_closed_port (void)
{
  Server *server = server_new (FALSE);
  guint16 port = server->port;

  server_stop (server);
  return port;
}

/* --- Questions --- */

static void
on_answer (GObject *source, GAsyncResult *result, gpointer data)
{
  Question          *self = data;
  g_autoptr (GError) error = NULL;

  if (self->is_inside)
    btfw_kit_find ("callback-inside", "the callback was called before %s() had returned", self->exchange->ask_name);
  if (g_thread_self () != self->thread)
    btfw_kit_find ("callback-thread", "the callback was called on another thread");
  if (self->n_callbacks++ > 0)
    {
      btfw_kit_find ("callback-twice", "the callback of one %s() was called again", self->exchange->ask_name);
      return;
    }

  btfw_kit_at (self->exchange->finish_name);
  self->succeeded = self->exchange->finish (self->plugin, result, &error);
  btfw_kit_judge_error (self->exchange->finish_name, self->succeeded, error);
  self->is_done = TRUE;
}

static void
ask (Question *self, const BtfwKitExchange *exchange, gpointer plugin, const char *url, GCancellable *cancellable)
{
  *self = (Question){ exchange, plugin, g_thread_self (), TRUE, FALSE, 0, FALSE };
  btfw_kit_begin (exchange->ask_name);
  exchange->ask (plugin, url, cancellable, on_answer, self);
  btfw_kit_end ();
  self->is_inside = FALSE;
}

static void
settle (void)
{
  gboolean never = FALSE;

  btfw_kit_wait (&never, 0.05);
}

static gboolean
wait_for (Question *self, double seconds, const char *id, const char *situation)
{
  if (!btfw_kit_wait (&self->is_done, seconds))
    {
      btfw_kit_find (id, "%s: no callback within %.0f s", situation, seconds);
      return FALSE;
    }
  settle ();
  return TRUE;
}

static gpointer
begin (BtfwKit *kit, const BtfwKitExchange *exchange, gboolean allow_local, BtfwNet **net)
{
  gpointer plugin = exchange->is_complete (kit) ? btfw_kit_make (kit) : NULL;

  *net = NULL;
  if (plugin == NULL)
    return NULL;
  *net = btfw_test_net_new (allow_local);
  btfw_kit_at ("start()");
  exchange->start (plugin, *net);
  return plugin;
}

static const char *
get_scheme (BtfwKit *kit)
{
  const char *const *schemes = btfw_plugin_info_get_schemes (kit->info);

  return schemes[0] != NULL ? schemes[0] : "x-none";
}

static char *
make_url (BtfwKit *kit, guint16 port, const char *path)
{
  return g_strdup_printf ("%s://127.0.0.1:%u%s", get_scheme (kit), port, path);
}

/* --- Checks --- */

/* Whoever listens at no port gives no answer, and says so. */
void
btfw_kit_exchange_check_refused (BtfwKit *kit)
{
  const BtfwKitExchange *exchange = kit->driver;
  g_autoptr (BtfwNet)    net = NULL;
  gpointer               plugin = begin (kit, exchange, TRUE, &net);
  g_autofree char       *url = make_url (kit, find_closed_port (), "/announce");
  static Question        question; /* a late callback still finds it */

  if (plugin == NULL)
    return;
  ask (&question, exchange, plugin, url, NULL);
  if (wait_for (&question, PATIENCE, "no-callback", "nobody listens at the address"))
    btfw_kit_drop (plugin);
}

void
btfw_kit_exchange_check_nonsense (BtfwKit *kit)
{
  const BtfwKitExchange *exchange = kit->driver;
  g_autoptr (BtfwNet)    net = NULL;
  gpointer               plugin = begin (kit, exchange, TRUE, &net);
  Server                *server = server_new (TRUE);
  g_autofree char       *url = make_url (kit, server->port, "/announce");
  static Question        question; /* a late callback still finds it */
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  if (plugin == NULL)
    return;
  /* It may take nonsense for silence. */
  ask (&question, exchange, plugin, url, cancellable);
  if (!btfw_kit_wait (&question.is_done, 2))
    g_cancellable_cancel (cancellable);
  if (wait_for (&question, PATIENCE_CANCEL, "no-callback", "the answer is nonsense"))
    btfw_kit_drop (plugin);
  server_stop (server);
}

/* URLs as torrents have them: each is answered, none ends the program. */
void
btfw_kit_exchange_check_urls (BtfwKit *kit)
{
  const BtfwKitExchange *exchange = kit->driver;
  static const char *const rests[] = { "", ":", "://", "://:80/", "://[::1", "://127.0.0.1:99999/announce",
                                       "://127.0.0.1:0/announce", "://%00/announce", "://127.0.0.1:-1/", "://\303\244.invalid/" };
  g_autoptr (BtfwNet)      net = NULL;
  gpointer                 plugin = begin (kit, exchange, TRUE, &net);
  g_autofree char         *tail = g_strnfill (70000, 'a');
  gboolean                 all_done = plugin != NULL;
  static Question          questions[G_N_ELEMENTS (rests) + 1]; /* a late callback still finds its own */

  for (guint i = 0; plugin != NULL && i <= G_N_ELEMENTS (rests); i++)
    {
      g_autofree char         *url = g_strconcat (get_scheme (kit), i < G_N_ELEMENTS (rests) ? rests[i] : "://127.0.0.1:1/", i < G_N_ELEMENTS (rests) ? NULL : tail, NULL);
      g_autofree char         *situation = g_strdup_printf ("the URL “%.60s”", url);
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();

      ask (&questions[i], exchange, plugin, url, cancellable);
      if (!btfw_kit_wait (&questions[i].is_done, 0.3))
        g_cancellable_cancel (cancellable);
      all_done &= wait_for (&questions[i], PATIENCE_CANCEL, "no-callback", situation);
    }
  if (all_done)
    btfw_kit_drop (plugin);
}

void
btfw_kit_exchange_check_cancel (BtfwKit *kit)
{
  const BtfwKitExchange *exchange = kit->driver;
  g_autoptr (BtfwNet)    net = NULL;
  gpointer               plugin = begin (kit, exchange, TRUE, &net);
  Server                *server = server_new (FALSE);
  g_autofree char       *url = make_url (kit, server->port, "/announce");
  gboolean            all_done = plugin != NULL;
  static Question     questions[3]; /* a late callback still finds its own */

  for (guint i = 0; plugin != NULL && i < 3; i++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      gboolean                 never = FALSE;

      if (i == 0)
        g_cancellable_cancel (cancellable);
      ask (&questions[i], exchange, plugin, url, cancellable);
      if (i == 2)
        btfw_kit_wait (&never, 0.2);
      g_cancellable_cancel (cancellable);
      all_done &= wait_for (&questions[i], PATIENCE_CANCEL, "ignores-cancel",
                            i == 0 ? "cancelled before it was asked" : "cancelled while the other side is silent");
      if (i == 0 && questions[i].is_done && questions[i].succeeded)
        btfw_kit_find ("ignores-cancel", "a question that was cancelled before it was asked was answered");
    }
  if (all_done)
    btfw_kit_drop (plugin);
  server_stop (server);
}

/* One instance serves a whole session, so one is asked again and again. */
static struct
{
  const BtfwKitExchange *exchange;
  gpointer               plugin;
  char                  *url;
} growing;

static void
ask_once (BtfwKit *kit)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  static Question          question;

  ask (&question, growing.exchange, growing.plugin, growing.url, cancellable);
  if (!btfw_kit_wait (&question.is_done, 0.05))
    g_cancellable_cancel (cancellable);
  btfw_kit_wait (&question.is_done, PATIENCE_CANCEL);
}

/* Many at a time, and many after another. */
void
btfw_kit_exchange_check_many (BtfwKit *kit)
{
  const BtfwKitExchange   *exchange = kit->driver;
  g_autoptr (BtfwNet)      net = NULL;
  gpointer                 plugin = begin (kit, exchange, TRUE, &net);
  g_autofree char         *url = make_url (kit, find_closed_port (), "/announce");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  static Question          questions[100];
  guint                    n_done = 0;

  if (plugin == NULL)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (questions); i++)
    ask (&questions[i], exchange, plugin, url, cancellable);
  if (!btfw_kit_wait (&questions[99].is_done, 1))
    g_cancellable_cancel (cancellable);
  for (guint i = 0; i < G_N_ELEMENTS (questions); i++)
    n_done += btfw_kit_wait (&questions[i].is_done, PATIENCE_CANCEL / 10);
  if (n_done < G_N_ELEMENTS (questions))
    btfw_kit_find ("no-callback", "of %u questions at a time, %u were not answered",
                   (guint) G_N_ELEMENTS (questions), (guint) G_N_ELEMENTS (questions) - n_done);
  else
    {
      growing.exchange = exchange;
      growing.plugin = plugin;
      growing.url = url;
      btfw_kit_watch_growth (kit, ask_once, 60);
      settle ();
      btfw_kit_drop (plugin);
    }
}

/* What a torrent names must not lead to whatever else listens on this machine. */
void
btfw_kit_exchange_check_local (BtfwKit *kit)
{
  const BtfwKitExchange   *exchange = kit->driver;
  g_autoptr (BtfwNet)      net = NULL;
  gpointer                 plugin = begin (kit, exchange, FALSE, &net);
  Server                  *server = server_new (FALSE);
  g_autofree char         *url = make_url (kit, server->port, "/admin?do=reboot");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  static Question          question;

  if (plugin == NULL)
    return;
  ask (&question, exchange, plugin, url, cancellable);
  if (!btfw_kit_wait (&question.is_done, 2))
    g_cancellable_cancel (cancellable);
  if (wait_for (&question, PATIENCE_CANCEL, "ignores-cancel", "cancelled while the other side is silent"))
    btfw_kit_drop (plugin);
  if (server->n_received > 0)
    btfw_kit_find ("local-address", "a URL of a torrent made it send %zu bytes to a service on 127.0.0.1", server->n_received);
  server_stop (server);
}

/* More than what is usual is not waited out here: the core ends that by itself. */
static gboolean
takes_longer (const BtfwKitExchange *exchange, gpointer plugin)
{
  return exchange->get_patience != NULL && exchange->get_patience (plugin) > 30;
}

/* Nobody waits for ever. */
void
btfw_kit_exchange_check_silence (BtfwKit *kit)
{
  const BtfwKitExchange   *exchange = kit->driver;
  g_autoptr (BtfwNet)      net = NULL;
  gpointer                 plugin = begin (kit, exchange, TRUE, &net);
  Server                  *server = server_new (FALSE);
  g_autofree char         *url = make_url (kit, server->port, "/announce");
  static Question          question; /* a late callback still finds it */
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();

  if (plugin == NULL)
    return;
  ask (&question, exchange, plugin, url, takes_longer (exchange, plugin) ? cancellable : NULL);
  if (takes_longer (exchange, plugin) && !btfw_kit_wait (&question.is_done, 2))
    g_cancellable_cancel (cancellable);
  if (wait_for (&question, PATIENCE, "never-gives-up", "the other side is silent"))
    btfw_kit_drop (plugin);
  server_stop (server);
}
