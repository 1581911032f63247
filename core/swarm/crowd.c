/* crowd.c: who has to go when there are more peers than places. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/crowd.h"

#include "swarm/swarm.h"

/* Nobody is asked to go before: by then choking and snubbing had their say. */
#define GRACE (10 * G_USEC_PER_SEC)
/* Not more often, so that a crowd at the door cannot turn the room over. */
#define PERIOD (G_USEC_PER_SEC / 4)
/* One part in so many of all places is for those that we connect to. */
#define RESERVE 16

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

/* TRUE when there is one place more at the end of this dispatch. */
static gboolean
make_place (BtfwSwarm *swarm, gint64 now)
{
  BtfwPeer *worst = NULL;

  if (now - swarm->last_sent_away < PERIOD)
    return FALSE;
  for (guint i = 0; i < swarm->peers->len; i++)
    {
      BtfwPeer *peer = g_ptr_array_index (swarm->peers, i);

      if (!peer->is_closing && is_idle (peer, now) && (worst == NULL || is_worse (peer, worst)))
        worst = peer;
    }
  if (worst == NULL)
    return FALSE;

  swarm->last_sent_away = now;
  btfw_peer_close (worst, "its place is for others, as nothing moves");
  return TRUE;
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
btfw_crowd_has_place (BtfwSwarm *swarm, gboolean is_incoming)
{
  return count_open (swarm) < count_places (swarm, is_incoming) || make_place (swarm, btfw_loop_get_time (swarm->resources->loop));
}

void
btfw_crowd_tick (BtfwSwarm *swarm, gint64 now)
{
  gint64 when;

  if (swarm->peers->len + btfw_dialing_get_n (&swarm->dialing) >= btfw_swarm_get_max_peers (swarm) &&
      btfw_candidates_choose (&swarm->candidates, now, &when) != NULL)
    make_place (swarm, now);
}
