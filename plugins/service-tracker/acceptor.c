/* acceptor.c: hands connections to a SoupServer, no more than it can bear. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "acceptor.h"

#define CONNECTIONS_MAX 256

/* How long a connection may be silent, and how long it may last, in seconds. */
#define SILENCE_MAX 10
#define LIFE_MAX 60

/* How long to wait after the system refused to accept (no descriptors), in milliseconds. */
#define PAUSE 500

/* One turn of the loop takes so many, for others wait for it too. */
#define BATCH 16

typedef struct
{
  Acceptor *owner;
  GSocket  *socket;
  gint64    deadline;
  GList     link;
} Guest;

struct _Acceptor
{
  SoupServer *server;
  GSocket    *listener;
  GSource    *ready;     /* NULL while there is no room */
  GSource    *timer;     /* ends the oldest guest, or a pause; NULL when neither is due */
  gboolean    is_paused; /* until the timer comes */
  GQueue      guests;    /* of Guest, by their deadlines */
};

static void acceptor_update (Acceptor *self);

static void
source_clear (GSource **source)
{
  if (*source != NULL)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

/* The server let go of the connection. */
static void
on_connection_gone (gpointer data, GObject *where_the_object_was)
{
  Guest    *guest = data;
  Acceptor *self = guest->owner;

  if (self != NULL)
    g_queue_unlink (&self->guests, &guest->link);
  g_object_unref (guest->socket);
  g_free (guest);
  if (self != NULL)
    acceptor_update (self);
}

static void
acceptor_welcome (Acceptor *self, GSocket *socket)
{
  g_autoptr (GSocketConnection) connection = g_socket_connection_factory_create_connection (socket);
  g_autoptr (GSocketAddress)    local = g_socket_get_local_address (socket, NULL);
  g_autoptr (GSocketAddress)    remote = g_socket_get_remote_address (socket, NULL);
  Guest                        *guest;

  /* Gone again already. */
  if (local == NULL || remote == NULL)
    return;

  g_socket_set_timeout (socket, SILENCE_MAX);
  guest = g_new0 (Guest, 1);
  guest->owner = self;
  guest->socket = g_object_ref (socket);
  guest->deadline = g_get_monotonic_time () + LIFE_MAX * G_TIME_SPAN_SECOND;
  guest->link.data = guest;
  g_queue_push_tail_link (&self->guests, &guest->link);
  g_object_weak_ref (G_OBJECT (connection), on_connection_gone, guest);
  soup_server_accept_iostream (self->server, G_IO_STREAM (connection), local, remote, NULL);
}

static gboolean
on_timer (gpointer user_data)
{
  Acceptor *self = user_data;
  gint64    now = g_get_monotonic_time ();
  Guest    *guest;

  source_clear (&self->timer);
  self->is_paused = FALSE;
  while ((guest = g_queue_peek_head (&self->guests)) != NULL && guest->deadline <= now)
    {
      /* The server meets the end of the stream then, and lets go. */
      g_socket_shutdown (guest->socket, TRUE, TRUE, NULL);
      guest->deadline = now + LIFE_MAX * G_TIME_SPAN_SECOND;
      g_queue_unlink (&self->guests, &guest->link);
      g_queue_push_tail_link (&self->guests, &guest->link);
    }

  acceptor_update (self);
  return G_SOURCE_REMOVE;
}

static void
acceptor_set_timer (Acceptor *self, gint64 milliseconds)
{
  source_clear (&self->timer);
  self->timer = g_timeout_source_new ((guint) CLAMP (milliseconds, 0, LIFE_MAX * 1000));
  g_source_set_callback (self->timer, on_timer, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
}

static gboolean
on_ready (GSocket *listener, GIOCondition condition, gpointer user_data)
{
  Acceptor *self = user_data;

  for (guint i = 0; i < BATCH && self->guests.length < CONNECTIONS_MAX; i++)
    {
      g_autoptr (GError)  error = NULL;
      g_autoptr (GSocket) socket = g_socket_accept (listener, NULL, &error);

      if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
        break;

      if (socket == NULL)
        {
          source_clear (&self->ready);
          self->is_paused = TRUE;
          acceptor_set_timer (self, PAUSE);
          return G_SOURCE_REMOVE;
        }

      acceptor_welcome (self, socket);
    }

  acceptor_update (self);
  return self->ready != NULL ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void
acceptor_listen (Acceptor *self)
{
  self->ready = g_socket_create_source (self->listener, G_IO_IN, NULL);
  g_source_set_callback (self->ready, G_SOURCE_FUNC (on_ready), self, NULL);
  g_source_attach (self->ready, g_main_context_get_thread_default ());
}

/* Listens while there is room, and keeps the clock of the oldest guest. */
static void
acceptor_update (Acceptor *self)
{
  const Guest *oldest = self->guests.head != NULL ? self->guests.head->data : NULL;

  if (self->guests.length >= CONNECTIONS_MAX)
    source_clear (&self->ready);
  else if (self->ready == NULL && !self->is_paused)
    acceptor_listen (self);

  if (oldest != NULL && self->timer == NULL)
    acceptor_set_timer (self, (oldest->deadline - g_get_monotonic_time ()) / 1000 + 1);
}

Acceptor *
acceptor_new (SoupServer *server, GSocket *listener)
{
  Acceptor *self = g_new0 (Acceptor, 1);

  self->server = g_object_ref (server);
  self->listener = g_object_ref (listener);
  acceptor_update (self);
  return self;
}

void
acceptor_free (Acceptor *self)
{
  source_clear (&self->ready);
  source_clear (&self->timer);
  for (GList *link = self->guests.head; link != NULL; link = link->next)
    ((Guest *) link->data)->owner = NULL;

  soup_server_disconnect (self->server);
  g_object_unref (self->server);
  g_object_unref (self->listener);
  g_free (self);
}
