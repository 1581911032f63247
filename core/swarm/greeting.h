/* greeting.h: the handshake of a connection, in both directions, before there is a peer. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "net/filter.h"
#include "net/network.h"
#include "wire/handshake.h"

/* The whole handshake must be through by then (CASES C01). */
#define BTFW_GREETING_TIME (10 * G_USEC_PER_SEC)

typedef struct _BtfwGreeting BtfwGreeting;

typedef struct
{
  /* Incoming only: the info-hash is known. Answers whether we serve it, and
   * fills what we say ourselves. */
  gboolean (*on_hash) (BtfwGreeting *self, const guint8 *info_hash, BtfwHandshake *ours, gpointer user_data);
  /* Incoming only: which torrent an encrypted handshake means, see obfuscation.h. */
  BtfwObfuscationFind find;
  /* Through: the stream is the callee's; @theirs has the features of both. Frees nothing of the greeting. */
  void (*on_done) (BtfwGreeting *self, BtfwStream *stream, const BtfwHandshake *theirs, gpointer user_data);
  /* Not through: the stream is closed. @error is borrowed. */
  void (*on_failed) (BtfwGreeting *self, const GError *error, gpointer user_data);
} BtfwGreetingClass;

struct _BtfwGreeting
{
  const BtfwGreetingClass *klass;
  gpointer                 user_data;
  BtfwLoop                *loop;
  BtfwStream              *stream;
  BtfwAddress              address;
  BtfwTimer                deadline;
  BtfwHandshake            ours;
  BtfwHandshake            theirs;
  gboolean                 is_incoming;
  gboolean                 has_answered; /* ours is being sent, or was */
  gboolean                 has_heard;    /* anything at all */
  BtfwEncryption           encryption;
  BtfwObfuscation         *obfuscation; /* NULL unless its handshake is under way */
  guint8                   in[BTFW_HANDSHAKE_SIZE];
  guint8                   out[BTFW_HANDSHAKE_SIZE];
  guint                    n_in;
  guint                    n_out;
};

/* Takes the stream. @ours: what we say; NULL for one that comes in, whose hash
 * decides. Exactly one of on_done and on_failed comes, never from inside this
 * call, unless it is cleared before. */
void btfw_greeting_begin (BtfwGreeting            *self,
                          const BtfwGreetingClass *klass,
                          gpointer                 user_data,
                          BtfwStream              *stream,
                          const BtfwAddress       *address,
                          const BtfwHandshake     *ours);
/* Right after it began: what is asked of the stream; off unless this is called.
 * @encrypts: outgoing only, begins with an encrypted handshake. */
void btfw_greeting_set_encryption (BtfwGreeting *self, BtfwEncryption encryption, gboolean encrypts);
void btfw_greeting_clear (BtfwGreeting *self);
