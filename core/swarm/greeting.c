/* greeting.c: the handshake of a connection, before there is a peer. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/greeting.h"

#include <errno.h>
#include <string.h>

/* As far as this must have come before we answer: all but the peer id. */
#define HASH_END 48u
/* What is read at a time while an encrypted handshake is under way; larger than
 * all that may come before we answer. */
#define OBFUSCATED_READ 2048u

void
btfw_greeting_clear (BtfwGreeting *self)
{
  btfw_loop_clear_timer (self->loop, &self->deadline);
  g_clear_pointer (&self->obfuscation, btfw_obfuscation_free);
  g_clear_pointer (&self->stream, btfw_stream_close);
}

static void
fail (BtfwGreeting *self, GError *error)
{
  btfw_greeting_clear (self);
  self->klass->on_failed (self, error, self->user_data);
  g_error_free (error);
}

static void
fail_errno (BtfwGreeting *self, int errnum)
{
  fail (self, g_error_new (G_IO_ERROR, g_io_error_from_errno (errnum), "handshake: %s", g_strerror (errnum)));
}

static void
on_deadline (BtfwTimer *timer)
{
  BtfwGreeting *self = (BtfwGreeting *) ((guint8 *) timer - G_STRUCT_OFFSET (BtfwGreeting, deadline));

  fail (self, g_error_new (G_IO_ERROR, G_IO_ERROR_TIMED_OUT, "the handshake was not through in time"));
}

/* FALSE when the greeting ended. */
static gboolean
send_ours (BtfwGreeting *self)
{
  while (self->has_answered && self->n_out < BTFW_HANDSHAKE_SIZE && (self->stream->watch.ready & BTFW_READY_WRITE))
    {
      struct iovec vector = { self->out + self->n_out, BTFW_HANDSHAKE_SIZE - self->n_out };
      gssize       n = btfw_stream_writev (self->stream, &vector, 1, FALSE);

      if (n == -EAGAIN)
        break;
      if (n < 0)
        {
          fail_errno (self, (int) -n);
          return FALSE;
        }
      self->n_out += (guint) n;
    }
  return TRUE;
}

/* --- Encrypted --- */

/* FALSE when the greeting ended. */
static gboolean
send_obfuscated (BtfwGreeting *self)
{
  GByteArray *out = btfw_obfuscation_get_out (self->obfuscation);

  while (out->len > 0 && (self->stream->watch.ready & BTFW_READY_WRITE))
    {
      struct iovec vector = { out->data, out->len };
      gssize       n = btfw_stream_writev (self->stream, &vector, 1, FALSE);

      if (n == -EAGAIN)
        break;
      if (n < 0)
        {
          fail_errno (self, (int) -n);
          return FALSE;
        }
      g_byte_array_remove_range (out, 0, (guint) n);
    }
  return TRUE;
}

static gboolean
read_obfuscated (BtfwGreeting *self)
{
  while (!btfw_obfuscation_is_done (self->obfuscation) && (self->stream->watch.ready & BTFW_READY_READ))
    {
      guint8       bytes[OBFUSCATED_READ];
      struct iovec vector = { bytes, sizeof bytes };
      gssize       n = btfw_stream_readv (self->stream, &vector, 1);
      GError      *error = NULL;

      if (n == -EAGAIN)
        break;
      if (n <= 0)
        {
          fail_errno (self, n == 0 ? ECONNRESET : (int) -n);
          return FALSE;
        }
      self->has_heard = TRUE;
      if (!btfw_obfuscation_feed (self->obfuscation, bytes, (gsize) n, &error))
        {
          fail (self, error);
          return FALSE;
        }
    }
  return TRUE;
}

/* Until it is through the loop has nothing else to do here. FALSE when the
 * greeting ended, or must wait. */
static gboolean
go_on_obfuscated (BtfwGreeting *self)
{
  if (self->obfuscation == NULL)
    return TRUE;
  if (!send_obfuscated (self) || !read_obfuscated (self) || !send_obfuscated (self))
    return FALSE;
  if (!btfw_obfuscation_is_done (self->obfuscation) || btfw_obfuscation_get_out (self->obfuscation)->len > 0)
    return FALSE;

  btfw_stream_set_filter (self->stream, self->obfuscation);
  g_clear_pointer (&self->obfuscation, btfw_obfuscation_free);
  /* Bytes may be here already, of which no edge tells. */
  self->stream->watch.ready |= BTFW_READY_READ;
  return TRUE;
}

/* What came is no plain handshake: it may be an encrypted one. FALSE when the greeting ended. */
static gboolean
begin_obfuscated (BtfwGreeting *self)
{
  GError *error = NULL;

  self->obfuscation = btfw_obfuscation_new_incoming (self->encryption, self->klass->find, self->user_data);
  if (btfw_obfuscation_feed (self->obfuscation, self->in, self->n_in, &error))
    {
      self->n_in = 0;
      return TRUE;
    }
  fail (self, error);
  return FALSE;
}

void
btfw_greeting_set_encryption (BtfwGreeting *self, BtfwEncryption encryption, gboolean encrypts)
{
  /* What is required and cannot be had is not left out. */
  self->encryption = btfw_key_exchange_is_available () || encryption == BTFW_ENCRYPTION_REQUIRE ? encryption : BTFW_ENCRYPTION_OFF;
  if (self->is_incoming || !encrypts || self->encryption == BTFW_ENCRYPTION_OFF)
    return;
  self->obfuscation = btfw_obfuscation_new_outgoing (self->ours.info_hash, encryption, self->out, sizeof self->out);
  /* It takes our handshake along. Without it nothing is said, until the deadline. */
  if (self->obfuscation != NULL)
    self->n_out = sizeof self->out;
  else
    self->has_answered = FALSE;
}

/* --- Plain, or within --- */

static void
answer (BtfwGreeting *self, const BtfwHandshake *ours)
{
  self->ours = *ours;
  self->has_answered = TRUE;
  btfw_handshake_write (ours, self->out);
}

/* What has come so far: FALSE when the greeting ended. */
static gboolean
check_theirs (BtfwGreeting *self)
{
  BtfwHandshake ours = { 0 };
  GError       *error = NULL;
  gboolean      ok = btfw_handshake_read (&self->theirs, self->in, self->n_in, &error);

  if (ok && self->is_incoming && self->encryption == BTFW_ENCRYPTION_REQUIRE && !self->stream->klass->is_encrypted)
    ok = btfw_wire_fail (&error, BTFW_WIRE_ERROR_HANDSHAKE, "it is not encrypted");
  if (ok && self->n_in >= HASH_END)
    {
      if (self->is_incoming && !self->has_answered)
        {
          ok = self->klass->on_hash (self, self->theirs.info_hash, &ours, self->user_data) ||
               btfw_wire_fail (&error, BTFW_WIRE_ERROR_HANDSHAKE, "a torrent that is not served here");
          if (ok)
            answer (self, &ours);
        }
      else if (memcmp (self->theirs.info_hash, self->ours.info_hash, sizeof self->ours.info_hash) != 0)
        ok = btfw_wire_fail (&error, BTFW_WIRE_ERROR_HANDSHAKE, "it answers for another torrent");
    }
  if (ok && self->n_in == BTFW_HANDSHAKE_SIZE && memcmp (self->theirs.peer_id, self->ours.peer_id, BTFW_PEER_ID_SIZE) == 0)
    ok = btfw_wire_fail (&error, BTFW_WIRE_ERROR_HANDSHAKE, "we met ourselves");
  if (!ok)
    fail (self, error);
  return ok;
}

/* Only who comes in may begin with either, and no more than once. */
static gboolean
is_obfuscated (const BtfwGreeting *self)
{
  BtfwHandshake theirs;

  return self->is_incoming && self->encryption != BTFW_ENCRYPTION_OFF && self->stream->filter == NULL &&
         !btfw_handshake_read (&theirs, self->in, self->n_in, NULL);
}

/* FALSE when the greeting ended. */
static gboolean
read_theirs (BtfwGreeting *self)
{
  while (self->n_in < BTFW_HANDSHAKE_SIZE && (self->stream->watch.ready & BTFW_READY_READ))
    {
      struct iovec vector = { self->in + self->n_in, BTFW_HANDSHAKE_SIZE - self->n_in };
      gssize       n = btfw_stream_readv (self->stream, &vector, 1);

      if (n == -EAGAIN)
        break;
      if (n <= 0)
        {
          fail_errno (self, n == 0 ? ECONNRESET : (int) -n);
          return FALSE;
        }
      self->n_in += (guint) n;
      self->has_heard = TRUE;
      if (is_obfuscated (self))
        return begin_obfuscated (self);
      if (!check_theirs (self))
        return FALSE;
    }
  return TRUE;
}

static void
on_ready (BtfwStream *stream)
{
  BtfwGreeting *self = stream->owner;

  if (!go_on_obfuscated (self))
    return;
  if (!send_ours (self) || !read_theirs (self))
    return;
  /* It turned out to be encrypted. */
  if (self->obfuscation != NULL)
    {
      on_ready (stream);
      return;
    }
  if (!send_ours (self) ||
      self->n_in < BTFW_HANDSHAKE_SIZE || self->n_out < BTFW_HANDSHAKE_SIZE)
    return;

  btfw_loop_clear_timer (self->loop, &self->deadline);
  self->stream = NULL;
  self->theirs.features &= self->ours.features;
  self->klass->on_done (self, stream, &self->theirs, self->user_data);
}

void
btfw_greeting_begin (BtfwGreeting            *self,
                     const BtfwGreetingClass *klass,
                     gpointer                 user_data,
                     BtfwStream              *stream,
                     const BtfwAddress       *address,
                     const BtfwHandshake     *ours)
{
  *self = (BtfwGreeting){
    .klass = klass,
    .user_data = user_data,
    .loop = stream->loop,
    .stream = stream,
    .address = *address,
    .is_incoming = ours == NULL,
    .deadline.on_due = on_deadline,
  };
  if (ours != NULL)
    answer (self, ours);

  stream->owner = self;
  stream->on_ready = on_ready;
  btfw_loop_set_timer (self->loop, &self->deadline, btfw_loop_get_time (self->loop) + BTFW_GREETING_TIME);
  btfw_loop_queue_watch (self->loop, &stream->watch);
}
