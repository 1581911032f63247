/* extensions.c: the extension protocol of one torrent. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/extensions.h"

#include "swarm/choking.h"
#include "swarm/swarm.h"
#include "swarm/views.h"
#include "wire/extension-handshake.h"

#include <btfw/btfw-version.h>

/* How many requests we let a peer queue with us (reqq). */
#define OUR_REQUEST_MAX 2000
/* Whoever says again and again what it understands wants to keep us busy. */
#define HANDSHAKES_MAX 100

static const BtfwExtensionEntry *
get_entry (const BtfwExtensions *self, guint i)
{
  return btfw_extension_set_get (self->swarm->resources->extensions, i);
}

void
btfw_extensions_init (BtfwExtensions *self, BtfwSwarm *swarm)
{
  gboolean is_private = btfw_swarm_is_private (swarm);

  self->swarm = swarm;
  self->n = btfw_extension_set_get_n (swarm->resources->extensions);
  self->views = g_new0 (BtfwSwarmView *, self->n);
  for (guint i = 0; i < self->n; i++)
    {
      const BtfwExtensionEntry *entry = get_entry (self, i);

      if (is_private && entry->exchanges_peers)
        continue;
      self->views[i] = btfw_swarm_view_new (swarm, G_OBJECT_TYPE_NAME (entry->plugin));
      btfw_extension_torrent_added (entry->plugin, self->views[i]);
    }
}

static void
withdraw (BtfwExtensions *self, guint i)
{
  if (self->views[i] == NULL)
    return;
  btfw_extension_torrent_removed (get_entry (self, i)->plugin, self->views[i]);
  g_clear_pointer (&self->views[i], btfw_swarm_view_kill);
}

void
btfw_extensions_clear (BtfwExtensions *self)
{
  for (guint i = 0; i < self->n; i++)
    withdraw (self, i);
  g_clear_pointer (&self->views, g_free);
  self->n = 0;
}

void
btfw_extensions_withdraw_exchange (BtfwExtensions *self)
{
  self->has_withdrawn = TRUE;
  for (guint i = 0; i < self->n; i++)
    if (get_entry (self, i)->exchanges_peers)
      withdraw (self, i);
}

/* --- What we say --- */

static BtfwExtensionHandshake *
make_handshake (BtfwPeer *peer)
{
  BtfwSwarm              *swarm = peer->swarm;
  BtfwExtensions         *self = &swarm->extensions;
  BtfwExtensionHandshake *handshake = btfw_extension_handshake_new ();
  BtfwCoreWords           words = {
    .client = (char *) "btfw " BTFW_VERSION_STRING,
    .request_max = OUR_REQUEST_MAX,
    .port = btfw_resources_get_port (swarm->resources),
    .upload_only = btfw_swarm_is_seeding (swarm),
    /* Who was told that we want nothing more is told when we do again. */
    .says_upload_only = btfw_swarm_is_seeding (swarm) || peer->was_greeted,
  };

  words.seen_ip_size = btfw_address_get_ip (&peer->address, words.seen_ip);
  btfw_core_words_write (&words, handshake);
  for (guint i = 0; i < self->n; i++)
    {
      const BtfwExtensionEntry *entry = get_entry (self, i);

      /* Who was told of it before the torrent was known to be private is told that it is off. */
      if (entry->message != NULL && (self->views[i] != NULL || (self->has_withdrawn && peer->was_greeted)))
        btfw_extension_handshake_set_message (handshake, entry->message, self->views[i] == NULL ? 0 : (guint8) (i + 1));
      if (self->views[i] == NULL)
        continue;
      btfw_extension_write_handshake (entry->plugin, self->views[i], btfw_peer_get_view (peer), handshake);
    }
  return handshake;
}

void
btfw_extensions_greet (BtfwPeer *peer)
{
  g_autoptr (GByteArray)  body = g_byte_array_new ();
  BtfwExtensionHandshake *handshake;

  if (!(peer->features & BTFW_FEATURE_EXTENSION) || peer->is_closing)
    return;

  handshake = make_handshake (peer);
  btfw_extension_handshake_write (handshake, body);
  btfw_extension_handshake_kill (handshake);
  peer->was_greeted = TRUE;
  btfw_wire_put_extended (btfw_sender_get_messages (&peer->sender), 0, body->data, body->len);
  btfw_peer_queue_write (peer);
}

void
btfw_extensions_greet_all (BtfwExtensions *self)
{
  for (guint i = 0; i < self->swarm->peers->len; i++)
    btfw_extensions_greet (g_ptr_array_index (self->swarm->peers, i));
}

/* --- What a peer says --- */

static void
take_words (BtfwPeer *peer, BtfwCoreWords *words)
{
  if (words->client != NULL)
    {
      g_free (peer->client);
      peer->client = g_steal_pointer (&words->client);
    }
  if (words->request_max > 0)
    peer->request_max = words->request_max;
  if (words->port > 0)
    peer->listen_port = words->port;
  if (words->seen_ip_size > 0)
    btfw_own_address_hear (&peer->swarm->resources->own, &peer->address, words->seen_ip, words->seen_ip_size);
  if (words->says_upload_only && words->upload_only != peer->is_upload_only)
    {
      peer->is_upload_only = words->upload_only;
      btfw_choking_queue (peer->swarm);
    }
  btfw_core_words_clear (words);
}

/* A number that stands for two messages stands for the first. */
static gboolean
is_taken (const BtfwPeer *peer, guint i, guint8 id)
{
  for (guint k = 0; k < i; k++)
    if (peer->extension_ids[k] == id)
      return TRUE;
  return FALSE;
}

static void
take_messages (BtfwPeer *peer, const BtfwExtensionHandshake *said)
{
  BtfwExtensions *self = &peer->swarm->extensions;

  if (peer->extension_ids == NULL)
    peer->extension_ids = g_new0 (guint8, MAX (self->n, 1));
  for (guint i = 0; i < self->n; i++)
    {
      const char *message = get_entry (self, i)->message;
      guint8      id;

      /* What a later handshake does not speak of stays as it was. */
      if (message != NULL && btfw_extension_handshake_get_message (said, message, &id))
        peer->extension_ids[i] = id != 0 && !is_taken (peer, i, id) ? id : 0;
    }
}

gboolean
btfw_extensions_on_handshake (BtfwPeer *peer, BtfwReader *body, GError **error)
{
  BtfwExtensions         *self = &peer->swarm->extensions;
  BtfwExtensionHandshake *said;
  BtfwCoreWords           words;

  if (++peer->n_handshakes > HANDSHAKES_MAX)
    return btfw_wire_fail (error, BTFW_WIRE_ERROR_STATE, "more than %u extension handshakes", HANDSHAKES_MAX);
  said = btfw_extension_handshake_parse (body->data, body->left, error);
  if (said == NULL)
    return FALSE;

  btfw_core_words_read (&words, said);
  take_words (peer, &words);
  take_messages (peer, said);
  for (guint i = 0; i < self->n; i++)
    if (self->views[i] != NULL && !peer->is_closing)
      btfw_extension_handshake (get_entry (self, i)->plugin, self->views[i], btfw_peer_get_view (peer), said);
  btfw_extension_handshake_kill (said);
  return TRUE;
}

gboolean
btfw_extensions_on_message (BtfwPeer *peer, guint8 id, BtfwReader *body, GError **error)
{
  BtfwExtensions *self = &peer->swarm->extensions;
  guint           i = id - 1u;

  /* A peer that has not yet said what it understands may use what we do. */
  if (i >= self->n || self->views[i] == NULL || get_entry (self, i)->message == NULL)
    return TRUE;
  return btfw_extension_message (get_entry (self, i)->plugin, self->views[i], btfw_peer_get_view (peer),
                                 body->data, body->left, error);
}

void
btfw_extensions_on_peer_gone (BtfwPeer *peer)
{
  BtfwExtensions *self = &peer->swarm->extensions;

  for (guint i = 0; i < self->n && peer->n_handshakes > 0; i++)
    if (self->views[i] != NULL)
      btfw_extension_peer_gone (get_entry (self, i)->plugin, self->views[i], btfw_peer_get_view (peer));
}

void
btfw_extensions_on_metadata (BtfwExtensions *self, gboolean is_right)
{
  for (guint i = 0; i < self->n; i++)
    if (self->views[i] != NULL)
      btfw_extension_metadata_checked (get_entry (self, i)->plugin, self->views[i], is_right);
}

void
btfw_extensions_on_piece_lost (BtfwExtensions *self, guint32 piece)
{
  for (guint i = 0; i < self->n; i++)
    if (self->views[i] != NULL)
      btfw_extension_piece_lost (get_entry (self, i)->plugin, self->views[i], piece);
}
