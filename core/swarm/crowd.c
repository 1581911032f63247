/* crowd.c: who has to go when there are more peers than places. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/crowd.h"

#include "swarm/swarm.h"

/* Nobody is asked to go for idleness before: by then choking and snubbing had their
 * say. And nobody that we connected to for any reason. */
#define GRACE (10 * G_USEC_PER_SEC)
/* Not more idle ones, so that a crowd at the door cannot turn the room over. */
#define PERIOD (G_USEC_PER_SEC / 4)
/* One part in so many of all places is for those that we connect to. */
#define RESERVE 16
/* A peer is of use for so long after its last block. */
#define USE_TIME (60 * G_USEC_PER_SEC)

/* --- Who may go --- */

static gboolean
was_named_by_person (BtfwSwarm *swarm, const BtfwPeer *peer)
{
  const BtfwCandidate *candidate = btfw_candidates_find (&swarm->candidates, &peer->address);

  return candidate != NULL && candidate->source == BTFW_SOURCE_USER;
}

static gboolean
may_go (BtfwSwarm *swarm, const BtfwPeer *peer, gint64 now)
{
  return !peer->is_closing && (peer->is_incoming || now - peer->connected >= GRACE) && !was_named_by_person (swarm, peer);
}

/* --- The idle --- */

/* Nothing moves in either direction. */
static gboolean
is_idle (BtfwPeer *peer, gint64 now)
{
  return now - peer->connected >= GRACE && btfw_rate_get (&peer->download, now) == 0 && btfw_rate_get (&peer->upload, now) == 0;
}

/* Of two idle ones, whoever has been of less use goes, then whoever had more time for it. */
static gboolean
is_worse (const BtfwPeer *peer, const BtfwPeer *other)
{
  guint64 use = peer->downloaded + peer->uploaded;
  guint64 use_of_other = other->downloaded + other->uploaded;

  return use != use_of_other ? use < use_of_other : peer->connected < other->connected;
}

static BtfwPeer *
find_idle (BtfwSwarm *swarm, gint64 now)
{
  BtfwPeer *worst = NULL;

  if (now - swarm->last_sent_away < PERIOD)
    return NULL;
  for (guint i = 0; i < swarm->peers->len; i++)
    {
      BtfwPeer *peer = g_ptr_array_index (swarm->peers, i);

      if (may_go (swarm, peer, now) && is_idle (peer, now) && (worst == NULL || is_worse (peer, worst)))
        worst = peer;
    }
  return worst;
}

/* --- The less dear --- */

/* Whoever gives us blocks or gets some does not go for a stranger. */
static gboolean
is_of_use (const BtfwPeer *peer, gint64 now)
{
  return (peer->last_block != 0 && now - peer->last_block < USE_TIME) || (!peer->choked_by_us && peer->is_interested);
}

static guint32
get_priority (BtfwSwarm *swarm, const BtfwAddress *address, guint16 listen_port)
{
  BtfwAddress reached = *address;

  if (listen_port != 0)
    reached.port = listen_port;
  return btfw_resources_get_priority (swarm->resources, &reached);
}

/* All who are full prefer the same connections (BEP 40): whoever is new gets in
 * somewhere, and a crowd of one network cannot take all places. */
static BtfwPeer *
find_less_dear (BtfwSwarm *swarm, const BtfwAddress *address, gint64 now)
{
  guint32   least = get_priority (swarm, address, 0);
  BtfwPeer *last = NULL;

  for (guint i = 0; i < swarm->peers->len && least > 0; i++)
    {
      BtfwPeer *peer = g_ptr_array_index (swarm->peers, i);
      guint32   priority = get_priority (swarm, &peer->address, peer->listen_port);

      if (priority >= least || is_of_use (peer, now) || !may_go (swarm, peer, now))
        continue;
      least = priority;
      last = peer;
    }
  return last;
}

/* --- Places --- */

/* Makes one place at the end of this dispatch, if somebody may go for that:
 * @address: (nullable): who wants it. */
static gboolean
make_place (BtfwSwarm *swarm, const BtfwAddress *address, gint64 now)
{
  BtfwPeer *peer = find_idle (swarm, now);

  if (peer != NULL)
    {
      swarm->last_sent_away = now;
      btfw_peer_close (peer, "its place is for others, as nothing moves");
      return TRUE;
    }
  peer = address == NULL ? NULL : find_less_dear (swarm, address, now);
  if (peer != NULL)
    btfw_peer_close (peer, "somebody of a higher priority came");
  return peer != NULL;
}

static guint
count_open (const BtfwSwarm *swarm)
{
  guint n = 0;

  for (guint i = 0; i < swarm->peers->len; i++)
    n += !((BtfwPeer *) g_ptr_array_index (swarm->peers, i))->is_closing;
  return n;
}

/* Attempts to connect have their places already. */
static guint
count_places (const BtfwSwarm *swarm, gboolean is_incoming)
{
  guint max = btfw_swarm_get_max_peers (swarm);
  guint taken = is_incoming ? btfw_dialing_get_n (&swarm->dialing) : 0;

  if (is_incoming && !btfw_swarm_is_seeding (swarm))
    taken = MAX (taken, max / RESERVE);
  return max > taken ? max - taken : 0;
}

gboolean
btfw_crowd_admits (BtfwSwarm *swarm, const BtfwAddress *address, gboolean is_incoming)
{
  return count_open (swarm) < count_places (swarm, is_incoming) ||
         make_place (swarm, address, btfw_loop_get_time (swarm->resources->loop));
}

void
btfw_crowd_tick (BtfwSwarm *swarm, gint64 now)
{
  gint64 when;

  if (swarm->peers->len + btfw_dialing_get_n (&swarm->dialing) >= btfw_swarm_get_max_peers (swarm) &&
      btfw_candidates_choose (&swarm->candidates, now, &when) != NULL)
    make_place (swarm, NULL, now);
}
