/* serving.c: gives the metadata to those who ask for it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "serving.h"

#include <string.h>

/* So much may lie in front of a peer that does not read. */
#define WAITING_MAX (64u * 1024)
/* Everything so many times, and some more, is what a peer may take at once; then a
 * block a second. An honest one takes it once. */
#define TIMES_MAX 2.0
#define BLOCKS_EXTRA 16.0
#define BLOCKS_PER_SECOND 1.0
/* Refusals before the peer is closed. */
#define REFUSED_MAX 1000u

static void
send_block (BtfwExtension *extension, Member *member, guint32 block, GBytes *metadata)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();
  gsize                  size;
  const guint8          *data = g_bytes_get_data (metadata, &size);

  metadata_message_put (message, METADATA_DATA, block, (guint32) size);
  g_byte_array_append (message, data + (gsize) block * METADATA_BLOCK_SIZE, metadata_get_block_size ((guint32) size, block));
  btfw_extension_send (extension, member->view, message->data, message->len);
}

static gboolean
refuse (BtfwExtension *extension, Member *member, guint32 block, GError **error)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();

  metadata_message_put (message, METADATA_REJECT, block, 0);
  btfw_extension_send (extension, member->view, message->data, message->len);
  if (++member->n_refused <= REFUSED_MAX)
    return TRUE;
  g_set_error (error, BTFW_ERROR, BTFW_ERROR_LIMIT, "more than %u requests for metadata that had to be refused", REFUSED_MAX);
  return FALSE;
}

static gboolean
take_budget (Member *member, guint32 n_blocks, gint64 now)
{
  double most = TIMES_MAX * n_blocks + BLOCKS_EXTRA;

  if (member->budget_time == 0)
    member->budget = most;
  else
    member->budget = MIN (most, member->budget + BLOCKS_PER_SECOND * (double) (now - member->budget_time) / G_USEC_PER_SEC);
  member->budget_time = now;
  if (member->budget < 1)
    return FALSE;
  member->budget--;
  return TRUE;
}

gboolean
serving_on_request (BtfwExtension *extension, Member *member, guint32 block, GBytes *metadata, gint64 now, GError **error)
{
  guint32 size = metadata == NULL ? 0 : (guint32) g_bytes_get_size (metadata);

  if (block >= metadata_count_blocks (size) || member->n_queued == MEMBER_QUEUE_MAX ||
      !take_budget (member, metadata_count_blocks (size), now))
    return refuse (extension, member, block, error);

  member->queue[member->n_queued++] = block;
  return TRUE;
}

gboolean
serving_pump (BtfwExtension *extension, Member *member, GBytes *metadata)
{
  guint n = 0;

  while (n < member->n_queued && btfw_extension_get_n_waiting (extension, member->view) < WAITING_MAX)
    send_block (extension, member, member->queue[n++], metadata);
  member->n_queued -= n;
  memmove (member->queue, member->queue + n, member->n_queued * sizeof member->queue[0]);
  return member->n_queued > 0;
}
