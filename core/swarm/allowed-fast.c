/* allowed-fast.c: pieces that a starting peer gets although it is choked. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/allowed-fast.h"

#include "swarm/swarm.h"

#include <gnutls/crypto.h>
#include <string.h>

#define HASH_SIZE 20u
/* The first bytes of an address that count, so that a network is one. */
#define PREFIX_SIZE 3u
/* Hosts that are remembered for a torrent. */
#define GRANTS_MAX 256u
/* So much of a torrent is given away to one host: its tenth, and not more than this. */
#define SHARE 10u
#define BYTES_MAX (16u * 1024 * 1024)

static gboolean
contains (const guint32 *pieces, guint n, guint32 piece)
{
  for (guint i = 0; i < n; i++)
    if (pieces[i] == piece)
      return TRUE;
  return FALSE;
}

static guint32
read_u32 (const guint8 *bytes)
{
  guint32 value;

  memcpy (&value, bytes, sizeof value);
  return GUINT32_FROM_BE (value);
}

guint
btfw_fast_set_make (const guint8 ip[4], const guint8 info_hash[20], guint32 n_pieces, guint k, guint32 *pieces)
{
  guint8 seed[4 + HASH_SIZE] = { 0 };
  guint8 hash[HASH_SIZE];
  guint  n = 0;

  k = MIN (k, n_pieces);
  memcpy (seed, ip, PREFIX_SIZE);
  memcpy (seed + 4, info_hash, HASH_SIZE);
  gnutls_hash_fast (GNUTLS_DIG_SHA1, seed, sizeof seed, hash);
  while (n < k)
    {
      for (guint i = 0; i < HASH_SIZE && n < k; i += 4)
        {
          guint32 piece = read_u32 (hash + i) % n_pieces;

          if (!contains (pieces, n, piece))
            pieces[n++] = piece;
        }
      gnutls_hash_fast (GNUTLS_DIG_SHA1, hash, sizeof hash, hash);
    }
  return n;
}

/* --- What was granted --- */

static BtfwFastGrant *
find_grant (BtfwFastGrants *self, const guint8 ip[4])
{
  for (guint i = 0; self->grants != NULL && i < self->grants->len; i++)
    {
      BtfwFastGrant *grant = &g_array_index (self->grants, BtfwFastGrant, i);

      if (memcmp (grant->ip, ip, sizeof grant->ip) == 0)
        return grant;
    }
  return NULL;
}

static BtfwFastGrant *
add_grant (BtfwFastGrants *self)
{
  if (self->grants == NULL)
    self->grants = g_array_new (FALSE, TRUE, sizeof (BtfwFastGrant));
  if (self->grants->len < GRANTS_MAX)
    g_array_set_size (self->grants, self->grants->len + 1);
  return &g_array_index (self->grants, BtfwFastGrant, self->n_made++ % GRANTS_MAX);
}

/* Small torrents are not given away as a whole, nor large pieces by the dozen. */
static guint
get_set_size (const BtfwSwarm *swarm)
{
  guint32 by_share = swarm->map.n_pieces / SHARE;
  guint32 by_bytes = BYTES_MAX / btfw_layout_get_piece_size (swarm->map.layout);

  return CLAMP (MIN (by_share, by_bytes), 1, BTFW_FAST_SET_MAX);
}

static BtfwFastGrant *
make_grant (BtfwSwarm *swarm, const guint8 ip[4])
{
  BtfwFastGrant *self = add_grant (&swarm->fast_grants);

  memcpy (self->ip, ip, sizeof self->ip);
  self->n = btfw_fast_set_make (ip, btfw_info_hash_get_short (swarm->info_hash), swarm->map.n_pieces,
                                get_set_size (swarm), self->pieces);
  for (guint i = 0; i < self->n; i++)
    self->left[i] = btfw_layout_get_piece_length (swarm->map.layout, self->pieces[i]);
  return self;
}

void
btfw_fast_grants_clear (BtfwFastGrants *self)
{
  g_clear_pointer (&self->grants, g_array_unref);
  self->n_made = 0;
}

/* --- With one peer --- */

/* The rule is for IPv4 only. */
static gboolean
get_ip (const BtfwPeer *peer, guint8 ip[4])
{
  guint8 bytes[BTFW_IP_MAX];

  if (btfw_address_get_ip (&peer->address, bytes) != 4)
    return FALSE;
  memcpy (ip, bytes, 4);
  return TRUE;
}

static gboolean
is_starting (const BtfwPeer *peer, guint n_pieces_max)
{
  return !peer->is_upload_only && btfw_peer_get_n_pieces (peer) <= n_pieces_max;
}

void
btfw_allowed_fast_offer (BtfwPeer *peer)
{
  BtfwSwarm     *swarm = peer->swarm;
  BtfwFastGrant *grant;
  guint8         ip[4];

  if (!(peer->features & BTFW_FEATURE_FAST) || peer->is_allowed_fast || peer->is_closing || !btfw_swarm_serves (swarm) ||
      !is_starting (peer, BTFW_FAST_SET_MAX - 1) || !get_ip (peer, ip))
    return;

  grant = find_grant (&swarm->fast_grants, ip);
  if (grant == NULL)
    grant = make_grant (swarm, ip);
  peer->is_allowed_fast = TRUE;
  for (guint i = 0; i < grant->n; i++)
    if (grant->left[i] > 0)
      btfw_wire_put_piece_index (btfw_sender_get_messages (&peer->sender), BTFW_WIRE_ALLOWED_FAST, grant->pieces[i]);
  btfw_peer_queue_write (peer);
}

gboolean
btfw_allowed_fast_take (BtfwPeer *peer, const BtfwBlock *block)
{
  BtfwFastGrant *grant;
  guint8         ip[4];

  if (!peer->is_allowed_fast || !is_starting (peer, BTFW_FAST_SET_MAX) || !get_ip (peer, ip))
    return FALSE;
  grant = find_grant (&peer->swarm->fast_grants, ip);
  for (guint i = 0; grant != NULL && i < grant->n; i++)
    if (grant->pieces[i] == block->piece && grant->left[i] >= block->length)
      {
        grant->left[i] -= block->length;
        return TRUE;
      }
  return FALSE;
}
