/* udp-client.c: questions to UDP trackers: connection ids, retransmission, and whose answer is whose. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "udp-client.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>

/* How long a connection id may be used after it came (BEP 15). */
#define CONNECTION_AGE_MAX (60 * G_TIME_SPAN_SECOND)
/* The first wait for an answer; it doubles with each packet. */
#define WAIT_FIRST (15 * G_TIME_SPAN_SECOND)
#define DOUBLINGS_MAX 8
/* So long a tracker has at all: three packets, after 0, 15 and 45 s, and the time
 * for an answer to the third. The core asks again, and waits longer each time. */
#define PATIENCE (UDP_PATIENCE * G_TIME_SPAN_SECOND)
/* Past so many trackers those whose connection has expired are forgotten. */
#define CONNECTIONS_MAX 64

struct _UdpClient
{
  BtfwNet      *net;
  BtfwDatagram *datagram;
  BtfwClock    *clock;
  guint         handler; /* 0 before the first question */
  GHashTable   *slots;   /* by transaction id; of UdpSlot */
  GHashTable   *connections; /* by endpoint; of UdpConnection */
  GQueue        questions;   /* of UdpQuestion, oldest first */
  guint64       n_asked;
};

/* What a tracker gave us to prove that we are where we say. */
struct _UdpConnection
{
  UdpSlot    slot; /* first; with a transaction while a new id is asked for */
  UdpClient *client;
  guint64    id;
  gint64     since; /* when it came; 0 for none */
  guint      n_sent;
  guint64    timer;
  GQueue     waiting; /* of UdpQuestion */
};

static gint64
get_time (UdpClient *self)
{
  return btfw_clock_get_time (self->clock);
}

static gint64
get_wait (guint n_sent)
{
  return WAIT_FIRST << MIN (n_sent - 1, DOUBLINGS_MAX);
}

/* --- Transactions --- */

/* Ids cannot be guessed, so that only who saw the question can answer it. */
static void
take_transaction (UdpClient *self, UdpSlot *slot)
{
  guint32 id;

  do
    btfw_net_make_secret (self->net, (guint8 *) &id, sizeof id);
  while (id == 0 || g_hash_table_contains (self->slots, GUINT_TO_POINTER (id)));
  slot->transaction = id;
  g_hash_table_insert (self->slots, GUINT_TO_POINTER (id), slot);
}

static void
drop_transaction (UdpClient *self, UdpSlot *slot)
{
  if (slot->transaction != 0)
    g_hash_table_remove (self->slots, GUINT_TO_POINTER (slot->transaction));
  slot->transaction = 0;
}

static gboolean
match (const guint8 *data, gsize size, gpointer user_data)
{
  PacketAction action;
  guint32      transaction;

  return packet_read_header (data, size, &action, &transaction);
}

static void
receive (const guint8 *data, gsize size, const BtfwEndpoint *from, gpointer user_data)
{
  UdpClient   *self = user_data;
  PacketAction action;
  guint32      transaction;
  UdpSlot     *slot;

  if (!packet_read_header (data, size, &action, &transaction))
    return;
  slot = g_hash_table_lookup (self->slots, GUINT_TO_POINTER (transaction));
  if (slot != NULL && btfw_endpoint_equal (&slot->to, from))
    slot->receive (slot, action, data, size);
}

/* --- The end of a question --- */

static void
question_leave_line (UdpQuestion *self)
{
  btfw_clock_cancel_timer (self->client->clock, self->timer);
  self->timer = 0;
  if (self->waits_for != NULL)
    g_queue_unlink (&self->waits_for->waiting, &self->waiting);
  self->waits_for = NULL;
}

static void
question_stop_waiting (UdpQuestion *self)
{
  question_leave_line (self);
  drop_transaction (self->client, &self->slot);
}

void
udp_question_cancel (UdpQuestion *self)
{
  if (self->client == NULL)
    return;

  question_stop_waiting (self);
  g_queue_unlink (&self->client->questions, &self->link);
  g_clear_error (&self->error);
  self->client = NULL;
}

static void
question_fail (UdpQuestion *self, const char *refusal, GError *failure)
{
  g_autoptr (GError) error = failure;

  udp_question_cancel (self);
  self->failed (self, refusal, error);
}

static void question_go (UdpQuestion *self);

/* The address that was asked is of no use: the next one, or the end. */
static void
question_try_next (UdpQuestion *self, GError *failure)
{
  if (self->current + 1 >= self->n_endpoints)
    {
      question_fail (self, NULL, failure);
      return;
    }

  g_error_free (failure);
  question_stop_waiting (self);
  self->current++;
  self->n_sent = 0;
  question_go (self);
}

static GError *
make_silence_error (const UdpQuestion *self)
{
  g_autofree char *where = btfw_endpoint_to_string (&self->endpoints[self->current]);

  return g_error_new (BTFW_ERROR, BTFW_ERROR_NETWORK, _("no answer from %s"), where);
}

/* --- Connections --- */

static gboolean
connection_is_valid (const UdpConnection *self, gint64 now)
{
  return self->since != 0 && now - self->since < CONNECTION_AGE_MAX;
}

static void on_connection_due (gpointer user_data);

static void
connection_set_timer (UdpConnection *self, gint64 delay)
{
  btfw_clock_cancel_timer (self->client->clock, self->timer);
  self->timer = btfw_clock_set_timer (self->client->clock, delay, on_connection_due, self, NULL);
}

static void
connection_stop (UdpConnection *self)
{
  btfw_clock_cancel_timer (self->client->clock, self->timer);
  self->timer = 0;
  drop_transaction (self->client, &self->slot);
  self->n_sent = 0;
}

static void
connection_send (UdpConnection *self)
{
  guint8 packet[PACKET_SIZE_MAX];
  gsize  size;

  if (self->slot.transaction == 0)
    take_transaction (self->client, &self->slot);
  size = packet_write_connect (packet, self->slot.transaction);
  self->n_sent++;
  btfw_datagram_send (self->client->datagram, &self->slot.to, packet, size);
  connection_set_timer (self, get_wait (self->n_sent));
}

/* Nobody is asked on behalf of nobody. */
static void
on_connection_due (gpointer user_data)
{
  UdpConnection *self = user_data;

  self->timer = 0;
  if (g_queue_is_empty (&self->waiting))
    connection_stop (self);
  else
    connection_send (self);
}

/* Each takes the line's first, as the answer to one may end others. */
static void
connection_go_on (UdpConnection *self)
{
  guint n = self->waiting.length;

  for (; n > 0 && !g_queue_is_empty (&self->waiting); n--)
    {
      UdpQuestion *question = self->waiting.head->data;

      question_leave_line (question);
      question_go (question);
    }
}

static void
connection_refuse (UdpConnection *self, const guint8 *data, gsize size)
{
  g_autofree char *text = packet_read_error (data, size);
  guint            n = self->waiting.length;

  for (; n > 0 && !g_queue_is_empty (&self->waiting); n--)
    question_fail (self->waiting.head->data, text, NULL);
}

static void
connection_receive (UdpSlot *slot, PacketAction action, const guint8 *data, gsize size)
{
  UdpConnection *self = (UdpConnection *) slot;

  if (action == PACKET_ERROR)
    {
      connection_stop (self);
      connection_refuse (self, data, size);
    }
  else if (action == PACKET_CONNECT && packet_read_connect (data, size, &self->id))
    {
      connection_stop (self);
      self->since = get_time (self->client);
      connection_go_on (self);
    }
}

static void
connection_free (gpointer data)
{
  UdpConnection *self = data;

  connection_stop (self);
  g_free (self);
}

static gboolean
is_forgettable (gpointer key, gpointer value, gpointer user_data)
{
  const UdpConnection *connection = value;

  return g_queue_is_empty ((GQueue *) &connection->waiting) &&
         !connection_is_valid (connection, *(const gint64 *) user_data);
}

static UdpConnection *
get_connection (UdpClient *self, const BtfwEndpoint *to)
{
  UdpConnection *connection = g_hash_table_lookup (self->connections, to);
  gint64         now = get_time (self);

  if (connection != NULL)
    return connection;
  if (g_hash_table_size (self->connections) >= CONNECTIONS_MAX)
    g_hash_table_foreach_remove (self->connections, is_forgettable, &now);

  connection = g_new0 (UdpConnection, 1);
  connection->client = self;
  connection->slot.to = *to;
  connection->slot.receive = connection_receive;
  g_queue_init (&connection->waiting);
  g_hash_table_insert (self->connections, &connection->slot.to, connection);
  return connection;
}

/* --- Questions --- */

static void
on_question_due (gpointer user_data)
{
  UdpQuestion *self = user_data;
  GError      *error = g_steal_pointer (&self->error);

  self->timer = 0;
  if (error != NULL)
    question_try_next (self, error);
  else if (get_time (self->client) >= self->deadline)
    question_fail (self, NULL, make_silence_error (self));
  else
    question_go (self);
}

static void
question_set_timer (UdpQuestion *self, gint64 delay)
{
  BtfwClock *clock = self->client->clock;
  gint64     left = MAX (self->deadline - btfw_clock_get_time (clock), 0);

  btfw_clock_cancel_timer (clock, self->timer);
  self->timer = btfw_clock_set_timer (clock, MIN (delay, left), on_question_due, self, NULL);
}

static void
question_send (UdpQuestion *self, const UdpConnection *connection)
{
  UdpClient *client = self->client;
  guint8     packet[PACKET_SIZE_MAX];
  gsize      size;

  /* One id for all its packets: an answer to an earlier one is an answer. */
  if (self->slot.transaction == 0)
    take_transaction (client, &self->slot);
  size = self->write (self, connection->id, packet);
  self->n_sent++;
  self->sent = get_time (client);
  if (!btfw_datagram_send (client->datagram, &self->slot.to, packet, size) && self->error == NULL)
    g_set_error (&self->error, BTFW_ERROR, BTFW_ERROR_NETWORK, _("its address cannot be used"));
  question_set_timer (self, self->error != NULL ? 0 : get_wait (self->n_sent));
}

static void
question_wait (UdpQuestion *self, UdpConnection *connection)
{
  self->waits_for = connection;
  self->waiting = (GList){ .data = self };
  g_queue_push_tail_link (&connection->waiting, &self->waiting);
  question_set_timer (self, G_MAXINT64);
  if (connection->slot.transaction == 0)
    connection_send (connection);
}

/* An id that led to silence may be one that the tracker does not know any more. */
static void
question_go (UdpQuestion *self)
{
  UdpClient     *client = self->client;
  UdpConnection *connection = get_connection (client, &self->endpoints[self->current]);

  self->slot.to = self->endpoints[self->current];
  if (connection_is_valid (connection, get_time (client)) && (self->n_sent == 0 || connection->since > self->sent))
    question_send (self, connection);
  else
    question_wait (self, connection);
}

/* What a tracker does not like may be the id that we kept; some say so. */
static gboolean
may_be_about_connection (const UdpQuestion *self, const UdpConnection *connection, const char *text)
{
  g_autofree char *folded = g_ascii_strdown (text, -1);

  return !self->was_refused && connection->since != 0 &&
         (connection->since < self->began || strstr (folded, "connection") != NULL);
}

static void
question_on_error (UdpQuestion *self, const guint8 *data, gsize size)
{
  UdpConnection   *connection = get_connection (self->client, &self->slot.to);
  g_autofree char *text = packet_read_error (data, size);

  if (may_be_about_connection (self, connection, text))
    {
      self->was_refused = TRUE;
      connection->since = 0;
      question_stop_waiting (self);
      question_go (self);
      return;
    }
  question_fail (self, text, NULL);
}

static void
question_receive (UdpSlot *slot, PacketAction action, const guint8 *data, gsize size)
{
  UdpQuestion *self = (UdpQuestion *) slot;

  if (action == PACKET_ERROR)
    question_on_error (self, data, size);
  else if (action == self->action && self->read (self, data, size))
    {
      udp_question_cancel (self);
      self->answered (self);
    }
}

/* --- The client --- */

/* Of those that were asked before this was told, as a failure may lead to new
 * questions. */
static UdpQuestion *
find_question_to (UdpClient *self, const BtfwEndpoint *to, guint64 last)
{
  for (GList *i = self->questions.head; i != NULL; i = i->next)
    {
      UdpQuestion *question = i->data;

      if (question->serial <= last && btfw_endpoint_equal (&question->slot.to, to))
        return question;
    }
  return NULL;
}

static void
unreachable (const BtfwEndpoint *to, int errnum, gpointer user_data)
{
  UdpClient    *self = user_data;
  guint64       last = self->n_asked;
  UdpQuestion  *question;

  if (errnum == EMSGSIZE)
    return;
  while ((question = find_question_to (self, to, last)) != NULL)
    {
      g_autofree char *where = btfw_endpoint_to_string (to);

      question_try_next (question, g_error_new (BTFW_ERROR, BTFW_ERROR_NETWORK, _("cannot reach %s: %s"), where,
                                                g_strerror (errnum)));
    }
}

static const BtfwDatagramFuncs datagram_funcs = {
  .match = match,
  .receive = receive,
  .unreachable = unreachable,
};

static guint
hash_endpoint (gconstpointer endpoint)
{
  return btfw_endpoint_hash (endpoint);
}

static gboolean
equal_endpoints (gconstpointer a, gconstpointer b)
{
  return btfw_endpoint_equal (a, b);
}

UdpClient *
udp_client_new (BtfwNet *net)
{
  UdpClient *self = g_new0 (UdpClient, 1);

  self->net = btfw_net_ref (net);
  self->datagram = btfw_datagram_ref (btfw_net_get_datagram (net));
  self->clock = btfw_net_make_clock (net, "tracker-udp");
  self->slots = g_hash_table_new (NULL, NULL);
  self->connections = g_hash_table_new_full (hash_endpoint, equal_endpoints, NULL, connection_free);
  g_queue_init (&self->questions);
  return self;
}

void
udp_client_free (UdpClient *self)
{
  btfw_datagram_remove_handler (self->datagram, self->handler);
  g_hash_table_unref (self->connections);
  g_hash_table_unref (self->slots);
  btfw_clock_unref (self->clock);
  btfw_datagram_unref (self->datagram);
  btfw_net_unref (self->net);
  g_free (self);
}

BtfwClock *
udp_client_get_clock (UdpClient *self)
{
  return self->clock;
}

void
udp_question_ask (UdpQuestion *self, UdpClient *client)
{
  self->client = client;
  self->slot = (UdpSlot){ .receive = question_receive };
  self->current = self->n_sent = 0;
  self->was_refused = FALSE;
  self->timer = 0;
  self->began = get_time (client);
  self->deadline = self->began + PATIENCE;
  self->serial = ++client->n_asked;
  self->link = (GList){ .data = self };
  g_queue_push_tail_link (&client->questions, &self->link);

  if (client->handler == 0)
    client->handler = btfw_datagram_add_handler (client->datagram, &datagram_funcs, client, &self->error);
  if (self->error != NULL)
    question_set_timer (self, 0);
  else
    question_go (self);
}
