/* choking.c: the rounds in which the choker plugin shares out the upload slots. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/choking.h"

#include "swarm/swarm.h"
#include "swarm/views.h"

#include <math.h>

/* A plugin cannot make us spin. */
#define PERIOD_MIN (100)
#define PERIOD_MAX (10 * 60 * 1000)
#define SLOTS_UNLIMITED 16
#define SLOTS_MIN 4
#define SLOTS_MAX 64

/* Without a number from the user: the mainline client's rule, which gives each
 * slot a rate that grows with the whole. */
static guint
get_slots (const BtfwSwarm *swarm, guint64 capacity)
{
  if (swarm->resources->limits.upload_slots > 0)
    return swarm->resources->limits.upload_slots;
  if (capacity == 0)
    return SLOTS_UNLIMITED;
  return CLAMP ((guint) sqrt ((double) capacity / 1000 * 0.6), SLOTS_MIN, SLOTS_MAX);
}

static guint64
get_capacity (const BtfwSwarm *swarm)
{
  guint64 own = btfw_limiter_get_rate (&swarm->upload);
  guint64 all = swarm->resources->limits.max_upload;

  return own == 0 || (all != 0 && all < own) ? all : own;
}

static void
rechoke (BtfwChoking *self, gboolean is_round)
{
  BtfwSwarm     *swarm = self->swarm;
  guint64        capacity = get_capacity (swarm);
  BtfwPeerGroup *group;

  if (swarm->peers->len == 0)
    return;

  group = btfw_peer_group_new (swarm, &self->random, get_slots (swarm, capacity), capacity);
  btfw_choker_rechoke (self->choker, group, is_round);
  /* Chokes first, so that a slot is never served twice. */
  for (guint i = 0; i < swarm->peers->len; i++)
    if (!btfw_peer_group_is_chosen (group, i))
      btfw_peer_set_choked (g_ptr_array_index (swarm->peers, i), TRUE);
  for (guint i = 0; i < swarm->peers->len; i++)
    if (btfw_peer_group_is_chosen (group, i))
      btfw_peer_set_choked (g_ptr_array_index (swarm->peers, i), FALSE);
  btfw_peer_group_kill (group);
}

static void
set_round (BtfwChoking *self)
{
  guint period = CLAMP (btfw_choker_get_period (self->choker), PERIOD_MIN, PERIOD_MAX);

  btfw_loop_set_timer (self->swarm->resources->loop, &self->round,
                       btfw_loop_get_time (self->swarm->resources->loop) + (gint64) period * 1000);
}

static void
on_round (BtfwTimer *timer)
{
  BtfwChoking *self = (BtfwChoking *) ((guint8 *) timer - G_STRUCT_OFFSET (BtfwChoking, round));

  /* Without peers there are no rounds; the first one to come begins them again. */
  if (self->swarm->peers->len == 0)
    return;
  rechoke (self, TRUE);
  set_round (self);
}

static void
on_change (BtfwIdle *idle)
{
  BtfwChoking *self = (BtfwChoking *) ((guint8 *) idle - G_STRUCT_OFFSET (BtfwChoking, change));

  if (self->swarm->peers->len == 0)
    return;
  if (btfw_timer_is_set (&self->round))
    rechoke (self, FALSE);
  else
    {
      rechoke (self, TRUE);
      set_round (self);
    }
}

void
btfw_choking_init (BtfwChoking *self, BtfwSwarm *swarm, BtfwChoker *choker)
{
  *self = (BtfwChoking){
    .swarm = swarm,
    .choker = choker,
    .round.on_due = on_round,
    .change.run = on_change,
  };
  btfw_loop_fork_random (swarm->resources->loop, G_OBJECT_TYPE_NAME (choker), &self->random);
}

void
btfw_choking_clear (BtfwChoking *self)
{
  if (self->swarm == NULL)
    return;

  btfw_loop_clear_timer (self->swarm->resources->loop, &self->round);
  btfw_loop_cancel_idle (self->swarm->resources->loop, &self->change);
  g_clear_object (&self->choker);
  self->swarm = NULL;
}

void
btfw_choking_queue (BtfwSwarm *swarm)
{
  if (swarm->choking.swarm != NULL)
    btfw_loop_queue_idle (swarm->resources->loop, &swarm->choking.change);
}

void
btfw_choking_exchange (BtfwChoking *self, BtfwChoker *choker)
{
  g_set_object (&self->choker, choker);
  g_object_unref (choker);
  btfw_loop_fork_random (self->swarm->resources->loop, G_OBJECT_TYPE_NAME (choker), &self->random);
  btfw_loop_clear_timer (self->swarm->resources->loop, &self->round);
  btfw_choking_queue (self->swarm);
}
