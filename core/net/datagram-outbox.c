/* datagram-outbox.c: datagrams that wait to be sent. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "net/datagram-outbox.h"

#include <errno.h>

/* So many with one system call. */
#define BATCH 32

void
btfw_datagram_outbox_init (BtfwDatagramOutbox *self)
{
  *self = (BtfwDatagramOutbox){
    .entries = g_array_new (FALSE, FALSE, sizeof (BtfwOutboxEntry)),
    .bytes = g_byte_array_new (),
  };
}

void
btfw_datagram_outbox_clear (BtfwDatagramOutbox *self)
{
  g_clear_pointer (&self->entries, g_array_unref);
  g_clear_pointer (&self->bytes, g_byte_array_unref);
}

gboolean
btfw_datagram_outbox_is_empty (const BtfwDatagramOutbox *self)
{
  return self->first == self->entries->len;
}

gboolean
btfw_datagram_outbox_add (BtfwDatagramOutbox *self, const BtfwAddress *to, const guint8 *data, gsize size)
{
  BtfwOutboxEntry entry = { .to = *to, .offset = self->bytes->len, .size = (guint32) size };

  if (self->entries->len >= BTFW_OUTBOX_DATAGRAMS_MAX || self->bytes->len + size > BTFW_OUTBOX_BYTES_MAX)
    return FALSE;

  g_byte_array_append (self->bytes, data, (guint) size);
  g_array_append_val (self->entries, entry);
  return TRUE;
}

/* Room is reused once nothing is left in it. */
static void
advance (BtfwDatagramOutbox *self, guint n)
{
  self->first += n;
  if (self->first < self->entries->len)
    return;

  g_array_set_size (self->entries, 0);
  g_byte_array_set_size (self->bytes, 0);
  self->first = 0;
}

static int
send_batch (BtfwDatagramOutbox *self, int fd)
{
  struct mmsghdr          messages[BATCH];
  struct iovec            vectors[BATCH];
  struct sockaddr_storage names[BATCH];
  guint                   n = MIN (self->entries->len - self->first, BATCH);
  int                     n_sent;

  for (guint i = 0; i < n; i++)
    {
      const BtfwOutboxEntry *entry = &g_array_index (self->entries, BtfwOutboxEntry, self->first + i);

      vectors[i] = (struct iovec){ .iov_base = self->bytes->data + entry->offset, .iov_len = entry->size };
      messages[i] = (struct mmsghdr){ .msg_hdr = { .msg_name = &names[i], .msg_iov = &vectors[i], .msg_iovlen = 1 } };
      messages[i].msg_hdr.msg_namelen = btfw_address_to_sockaddr (&entry->to, &names[i]);
    }

  do
    n_sent = sendmmsg (fd, messages, n, 0);
  while (n_sent < 0 && errno == EINTR);
  if (n_sent < 0)
    return errno;
  advance (self, (guint) n_sent);
  return 0;
}

int
btfw_datagram_outbox_flush (BtfwDatagramOutbox *self, int fd)
{
  int errnum = 0;

  while (errnum == 0 && !btfw_datagram_outbox_is_empty (self))
    errnum = send_batch (self, fd);
  return errnum;
}

BtfwAddress
btfw_datagram_outbox_skip (BtfwDatagramOutbox *self)
{
  BtfwAddress to = g_array_index (self->entries, BtfwOutboxEntry, self->first).to;

  advance (self, 1);
  return to;
}
