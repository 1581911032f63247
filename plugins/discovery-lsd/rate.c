/* rate.c: how much is listened to, from each sender and in all. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rate.h"

static guint
find_sender (const LsdRate *self, const BtfwEndpoint *from)
{
  guint i = 0;

  while (i < self->n_senders && !btfw_endpoint_same_host (&self->senders[i].from, from))
    i++;
  return i;
}

gboolean
lsd_rate_allows (LsdRate *self, const BtfwEndpoint *from, gint64 now)
{
  guint i;

  if (self->began == 0 || now - self->began >= LSD_WINDOW)
    {
      self->began = now;
      self->n = self->n_senders = 0;
    }
  if (self->n >= LSD_FROM_ALL_MAX)
    return FALSE;

  i = find_sender (self, from);
  if (i == LSD_SENDERS_MAX)
    return FALSE;
  if (i == self->n_senders)
    {
      self->senders[i].from = *from;
      self->senders[i].n = 0;
      self->n_senders++;
    }
  if (self->senders[i].n >= LSD_FROM_ONE_MAX)
    return FALSE;
  self->senders[i].n++;
  self->n++;
  return TRUE;
}
