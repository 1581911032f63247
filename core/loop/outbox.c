/* outbox.c: gathers messages by queue. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "loop/outbox.h"

typedef struct
{
  BtfwQueue   *queue;
  BtfwMessage *first;
  BtfwMessage *last;
  guint        n_messages;
} BtfwBundle;

void
btfw_outbox_clear (BtfwOutbox *self)
{
  g_clear_pointer (&self->bundles, g_array_unref);
}

/* Few queues are ever sent to in one dispatch: walking them is enough. */
static BtfwBundle *
btfw_outbox_get_bundle (BtfwOutbox *self, BtfwQueue *queue)
{
  BtfwBundle fresh = { .queue = queue };

  if (self->bundles == NULL)
    self->bundles = g_array_new (FALSE, FALSE, sizeof (BtfwBundle));

  for (guint i = 0; i < self->bundles->len; i++)
    {
      BtfwBundle *bundle = &g_array_index (self->bundles, BtfwBundle, i);

      if (bundle->queue == queue)
        return bundle;
    }

  g_array_append_val (self->bundles, fresh);
  return &g_array_index (self->bundles, BtfwBundle, self->bundles->len - 1);
}

void
btfw_outbox_add (BtfwOutbox *self, BtfwQueue *queue, BtfwMessage *message)
{
  BtfwBundle *bundle = btfw_outbox_get_bundle (self, queue);

  message->next = NULL;
  if (bundle->last != NULL)
    bundle->last->next = message;
  else
    bundle->first = message;
  bundle->last = message;
  bundle->n_messages++;
}

gboolean
btfw_outbox_is_empty (const BtfwOutbox *self)
{
  return self->bundles == NULL || self->bundles->len == 0;
}

void
btfw_outbox_flush (BtfwOutbox *self)
{
  if (btfw_outbox_is_empty (self))
    return;

  for (guint i = 0; i < self->bundles->len; i++)
    {
      BtfwBundle *bundle = &g_array_index (self->bundles, BtfwBundle, i);

      btfw_queue_push_all (bundle->queue, bundle->first, bundle->last, bundle->n_messages);
    }
  /* A queue may be freed before it is sent to again: keep none of them. */
  g_array_set_size (self->bundles, 0);
}
