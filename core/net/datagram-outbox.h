/* datagram-outbox.h: datagrams that wait to be sent. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "net/address.h"

/* More are refused: so much waits only when the system takes nothing. */
#define BTFW_OUTBOX_DATAGRAMS_MAX 1024u
#define BTFW_OUTBOX_BYTES_MAX (256u * 1024)

typedef struct
{
  BtfwAddress to;
  guint32     offset;
  guint32     size;
} BtfwOutboxEntry;

typedef struct
{
  GArray     *entries; /* of BtfwOutboxEntry */
  GByteArray *bytes;
  guint       first; /* the next to go */
} BtfwDatagramOutbox;

void     btfw_datagram_outbox_init (BtfwDatagramOutbox *self);
void     btfw_datagram_outbox_clear (BtfwDatagramOutbox *self);
/* FALSE when there is no room. */
gboolean btfw_datagram_outbox_add (BtfwDatagramOutbox *self, const BtfwAddress *to, const guint8 *data, gsize size);
gboolean btfw_datagram_outbox_is_empty (const BtfwDatagramOutbox *self);

/* Sends what it can through @fd, many with one call. Answers 0 when all is
 * sent, else an errno value: EAGAIN, or of the one that is next. */
int      btfw_datagram_outbox_flush (BtfwDatagramOutbox *self, int fd);
/* Gives up the one that is next; answers where it was to go. */
BtfwAddress btfw_datagram_outbox_skip (BtfwDatagramOutbox *self);
