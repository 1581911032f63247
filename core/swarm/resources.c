/* resources.c: what the torrents of a session share. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/resources.h"

#include "swarm/assembly.h"
#include "swarm/peer.h"
#include "swarm/views.h"

/* CASES: new outgoing connections a second, for the whole session. */
#define CONNECTS_PER_SECOND 30

#define BACKLOG_MAX (8u * 1024 * 1024)

BtfwPieceJob *
btfw_resources_take_job (BtfwResources *self)
{
  BtfwPieceJob *job = self->free_jobs;

  if (job == NULL)
    return g_new0 (BtfwPieceJob, 1);

  self->free_jobs = (BtfwPieceJob *) job->message.next;
  job->message.next = NULL;
  return job;
}

void
btfw_resources_give_job (BtfwResources *self, BtfwPieceJob *job)
{
  g_clear_error (&job->error);
  g_clear_pointer (&job->sums, g_free);
  job->message.next = (BtfwMessage *) self->free_jobs;
  self->free_jobs = job;
}

static void
on_relieve (BtfwIdle *idle)
{
  BtfwResources *self = (BtfwResources *) ((guint8 *) idle - G_STRUCT_OFFSET (BtfwResources, relieve));

  if (self->n_jobs > 0 || g_queue_is_empty (&self->starving))
    return;
  for (guint i = 0; i < self->swarms->len; i++)
    btfw_assembly_relieve (g_ptr_array_index (self->swarms, i));
}

void
btfw_resources_queue_relief (BtfwResources *self)
{
  if (self->n_jobs == 0 && !g_queue_is_empty (&self->starving))
    btfw_loop_queue_idle (self->loop, &self->relieve);
}

gboolean
btfw_resources_has_backlog (const BtfwResources *self)
{
  return self->backlog >= BACKLOG_MAX;
}

guint16
btfw_resources_get_port (const BtfwResources *self)
{
  return self->network == NULL ? 0 : btfw_network_get_port (self->network);
}

guint32
btfw_resources_get_priority (const BtfwResources *self, const BtfwAddress *peer)
{
  return btfw_own_address_get_priority (&self->own, btfw_resources_get_port (self), peer);
}

void
btfw_resources_feed (gpointer resources)
{
  BtfwResources *self = resources;

  while (!g_queue_is_empty (&self->starving))
    {
      GList    *link = g_queue_pop_head_link (&self->starving);
      BtfwPeer *peer = link->data;

      peer->is_starving = FALSE;
      btfw_peer_queue_write (peer);
    }
}

static void
connect_by_network (BtfwResources *self, BtfwConnect *connect, guint timeout_ms)
{
  btfw_network_connect (self->network, connect, timeout_ms);
}

static void
cancel_by_network (BtfwResources *self, BtfwConnect *connect)
{
  btfw_network_cancel (self->network, connect);
}

void
btfw_resources_init (BtfwResources *self, BtfwLoop *loop)
{
  *self = (BtfwResources){
    .loop = loop,
    .next_peer = 1,
    .connect = connect_by_network,
    .cancel = cancel_by_network,
  };
  self->scratch = g_new (BtfwScratch, 1);
  self->picks = btfw_picks_new ();
  self->swarms = g_ptr_array_new ();
  self->relieve.run = on_relieve;
  g_queue_init (&self->starving);
  btfw_limiter_init (&self->download, loop, NULL);
  btfw_limiter_init (&self->upload, loop, NULL);
  btfw_bucket_set_rate (&self->connects, btfw_loop_get_time (loop), CONNECTS_PER_SECOND * BTFW_CONNECT_TOKENS);
  /* The first ones need not wait. */
  self->connects.tokens = BTFW_BUCKET_PACKET;
  btfw_bucket_set_rate (&self->first_connects, btfw_loop_get_time (loop), CONNECTS_PER_SECOND * BTFW_FIRST_CONNECT_TOKENS);
  self->first_connects.tokens = BTFW_BUCKET_PACKET;
}

void
btfw_resources_clear (BtfwResources *self)
{
  g_assert (g_queue_is_empty (&self->starving) && self->swarms->len == 0);

  btfw_loop_cancel_idle (self->loop, &self->relieve);
  g_clear_pointer (&self->swarms, g_ptr_array_unref);
  while (self->free_jobs != NULL)
    g_free (btfw_resources_take_job (self));
  btfw_limiter_clear (&self->download);
  btfw_limiter_clear (&self->upload);
  g_clear_pointer (&self->scratch, g_free);
  g_clear_pointer (&self->picks, btfw_picks_unref);
}
