/* reception.c: connections from outside, until it is known which torrent they are for. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/reception.h"

/* Strangers that have not said what they want. Past it the one that has been
 * silent longest goes, so that slow ones keep nobody out (CASES C01, C02). */
#define GUESTS_MAX 200

typedef struct
{
  BtfwGreeting   greeting;
  BtfwReception *reception;
  GList          link;
} Guest;

struct _BtfwReception
{
  BtfwReceptionFind   find;
  BtfwObfuscationFind find_obfuscated;
  gpointer            user_data;
  BtfwEncryption      encryption;
  GQueue            guests; /* the oldest first */
};

static void
remove_guest (Guest *guest)
{
  g_queue_unlink (&guest->reception->guests, &guest->link);
  g_free (guest);
}

static gboolean
on_hash (BtfwGreeting *greeting, const guint8 *info_hash, BtfwHandshake *ours, gpointer user_data)
{
  Guest     *guest = user_data;
  BtfwSwarm *swarm = guest->reception->find (info_hash, guest->reception->user_data);

  if (swarm == NULL || !btfw_swarm_admits (swarm))
    return FALSE;
  btfw_swarm_fill_handshake (swarm, ours);
  return TRUE;
}

static gboolean
find_obfuscated (const guint8 *wanted, guint8 *info_hash, gpointer user_data)
{
  BtfwReception *self = ((Guest *) user_data)->reception;

  return self->find_obfuscated (wanted, info_hash, self->user_data);
}

static void
on_done (BtfwGreeting *greeting, BtfwStream *stream, const BtfwHandshake *theirs, gpointer user_data)
{
  Guest        *guest = user_data;
  BtfwSwarm    *swarm = guest->reception->find (theirs->info_hash, guest->reception->user_data);
  BtfwHandshake handshake = *theirs;
  BtfwAddress   address = greeting->address;

  remove_guest (guest);
  if (swarm == NULL)
    btfw_stream_close (stream);
  else
    btfw_swarm_accept (swarm, stream, &address, &handshake);
}

static void
on_failed (BtfwGreeting *greeting, const GError *error, gpointer user_data)
{
  g_debug ("session: a connection from outside: %s", error->message);
  remove_guest (user_data);
}

static const BtfwGreetingClass greeting_class = {
  .on_hash = on_hash,
  .find = find_obfuscated,
  .on_done = on_done,
  .on_failed = on_failed,
};

static void
dismiss (Guest *guest)
{
  btfw_greeting_clear (&guest->greeting);
  remove_guest (guest);
}

gboolean
btfw_reception_make_room (BtfwNetwork *network, gpointer user_data)
{
  BtfwReception *self = user_data;

  if (g_queue_is_empty (&self->guests))
    return FALSE;
  dismiss (g_queue_peek_head (&self->guests));
  return TRUE;
}

void
btfw_reception_accept (BtfwNetwork *network, BtfwStream *stream, const BtfwAddress *from, gpointer user_data)
{
  BtfwReception *self = user_data;
  Guest         *guest;

  if (self->guests.length >= GUESTS_MAX)
    dismiss (g_queue_peek_head (&self->guests));

  guest = g_new0 (Guest, 1);
  guest->reception = self;
  guest->link.data = guest;
  g_queue_push_tail_link (&self->guests, &guest->link);
  btfw_greeting_begin (&guest->greeting, &greeting_class, guest, stream, from, NULL);
  btfw_greeting_set_encryption (&guest->greeting, self->encryption, FALSE);
}

BtfwReception *
btfw_reception_new (BtfwReceptionFind find, BtfwObfuscationFind obfuscated, gpointer user_data)
{
  BtfwReception *self = g_new0 (BtfwReception, 1);

  self->find = find;
  self->find_obfuscated = obfuscated;
  self->user_data = user_data;
  g_queue_init (&self->guests);
  return self;
}

void
btfw_reception_free (BtfwReception *self)
{
  while (!g_queue_is_empty (&self->guests))
    dismiss (g_queue_peek_head (&self->guests));
  g_free (self);
}

void
btfw_reception_set_encryption (BtfwReception *self, BtfwEncryption encryption)
{
  self->encryption = encryption;
}
