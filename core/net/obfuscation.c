/* obfuscation.c: the handshake of encrypted peers, as Azureus, µTorrent and all others speak it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "net/obfuscation.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <string.h>

#define HASH_SIZE 20u
#define CHECK_SIZE 8u /* zero bytes that show that keys are the same */
/* Of the ciphers' beginnings, which tell of their keys. */
#define SKIPPED 1024u
/* Nobody sends more before the other side's key has come. */
#define FIRST_MAX (BTFW_KEY_SIZE + BTFW_OBFUSCATION_PAD_MAX)

typedef enum
{
  STATE_KEY,     /* the other side's */
  STATE_SYNC,    /* padding, then a mark */
  STATE_TORRENT, /* which one, incoming only */
  STATE_METHOD,
  STATE_PAD,
  STATE_PAYLOAD, /* incoming only */
  STATE_DONE,
} State;

struct _BtfwObfuscation
{
  State               state;
  BtfwEncryption      encryption;
  gboolean            is_incoming;
  BtfwObfuscationFind find;
  gpointer            user_data;
  guint8              info_hash[HASH_SIZE];
  guint8              secret[BTFW_SECRET_SIZE];
  guint8              ours[BTFW_KEY_SIZE];
  guint8              shared[BTFW_KEY_SIZE];
  guint8              mark[HASH_SIZE]; /* what ends the padding */
  guint               mark_size;
  guint               methods; /* offered */
  BtfwMethod          method;
  guint               n_left; /* of padding, then of payload */
  BtfwRc4             cipher_in;
  BtfwRc4             cipher_out;
  GByteArray         *payload;
  GByteArray         *in;
  GByteArray         *out;
};

static gboolean
fail (GError **error, const char *message)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA, "encryption: %s", message);
  return FALSE;
}

/* SHA-1 of a word and one or two numbers; @b may be NULL. */
static void
hash (const char *word, const guint8 *a, gsize a_size, const guint8 *b, guint8 *result)
{
  guint8 bytes[4 + BTFW_KEY_SIZE + HASH_SIZE];
  gsize  size = 4 + a_size;

  memcpy (bytes, word, 4);
  memcpy (bytes + 4, a, a_size);
  if (b != NULL)
    {
      memcpy (bytes + size, b, HASH_SIZE);
      size += HASH_SIZE;
    }
  gnutls_hash_fast (GNUTLS_DIG_SHA1, bytes, size, result);
}

void
btfw_obfuscation_hash_torrent (const guint8 *info_hash, guint8 *result)
{
  hash ("req2", info_hash, HASH_SIZE, NULL, result);
}

static void
init_cipher (BtfwObfuscation *self, BtfwRc4 *cipher, const char *word)
{
  guint8 key[HASH_SIZE];

  hash (word, self->shared, BTFW_KEY_SIZE, self->info_hash, key);
  btfw_rc4_init (cipher, key, sizeof key);
  btfw_rc4_skip (cipher, SKIPPED);
}

static void
init_ciphers (BtfwObfuscation *self)
{
  init_cipher (self, self->is_incoming ? &self->cipher_in : &self->cipher_out, "keyA");
  init_cipher (self, self->is_incoming ? &self->cipher_out : &self->cipher_in, "keyB");
}

/* --- What we say --- */

static void
put_u16 (GByteArray *bytes, guint16 value)
{
  value = GUINT16_TO_BE (value);
  g_byte_array_append (bytes, (const guint8 *) &value, sizeof value);
}

static void
put_u32 (GByteArray *bytes, guint32 value)
{
  value = GUINT32_TO_BE (value);
  g_byte_array_append (bytes, (const guint8 *) &value, sizeof value);
}

static void
put_noise (GByteArray *bytes)
{
  guint8  noise[BTFW_OBFUSCATION_PAD_MAX];
  guint16 size = 0;

  gnutls_rnd (GNUTLS_RND_NONCE, &size, sizeof size);
  size %= sizeof noise + 1;
  gnutls_rnd (GNUTLS_RND_NONCE, noise, sizeof noise);
  g_byte_array_append (bytes, noise, size);
}

static gboolean
say_key (BtfwObfuscation *self)
{
  if (!btfw_key_exchange_begin (self->secret, self->ours))
    return FALSE;
  g_byte_array_append (self->out, self->ours, sizeof self->ours);
  put_noise (self->out);
  return TRUE;
}

static void
encrypt_from (BtfwObfuscation *self, guint start)
{
  btfw_rc4_apply (&self->cipher_out, self->out->data + start, self->out->data + start, self->out->len - start);
}

static void
say_torrent (BtfwObfuscation *self)
{
  static const guint8 check[CHECK_SIZE];
  guint8              req1[HASH_SIZE];
  guint8              req2[HASH_SIZE];
  guint8              req3[HASH_SIZE];
  guint               start;

  hash ("req1", self->shared, BTFW_KEY_SIZE, NULL, req1);
  btfw_obfuscation_hash_torrent (self->info_hash, req2);
  hash ("req3", self->shared, BTFW_KEY_SIZE, NULL, req3);
  for (guint i = 0; i < HASH_SIZE; i++)
    req2[i] ^= req3[i];
  g_byte_array_append (self->out, req1, sizeof req1);
  g_byte_array_append (self->out, req2, sizeof req2);

  start = self->out->len;
  g_byte_array_append (self->out, check, sizeof check);
  put_u32 (self->out, self->methods);
  put_u16 (self->out, 0);
  put_u16 (self->out, (guint16) self->payload->len);
  g_byte_array_append (self->out, self->payload->data, self->payload->len);
  encrypt_from (self, start);
}

static void
say_method (BtfwObfuscation *self)
{
  static const guint8 check[CHECK_SIZE];
  guint               start = self->out->len;

  g_byte_array_append (self->out, check, sizeof check);
  put_u32 (self->out, self->method);
  put_u16 (self->out, 0);
  encrypt_from (self, start);
}

/* --- What comes. Each answers TRUE when it went one state on. --- */

static void
consume (BtfwObfuscation *self, guint size)
{
  g_byte_array_remove_range (self->in, 0, size);
}

/* Speaks of something else, to which nothing is answered. */
static gboolean
is_foreign (const GByteArray *in)
{
  static const char *const openings[] = { "GET ", "POST", "HEAD", "\x16\x03\x01", "\x16\x03\x03", "SSH-" };

  for (guint i = 0; i < G_N_ELEMENTS (openings); i++)
    if (in->len >= strlen (openings[i]) && memcmp (in->data, openings[i], strlen (openings[i])) == 0)
      return TRUE;
  return in->len >= 20 && memcmp (in->data + 1, "BitTorrent protocol", 19) == 0;
}

static gboolean
on_key (BtfwObfuscation *self, GError **error)
{
  if (self->is_incoming && (self->in->len > FIRST_MAX || is_foreign (self->in)))
    return fail (error, "this is something else");
  if (self->in->len < BTFW_KEY_SIZE)
    return FALSE;
  if (self->is_incoming && !say_key (self))
    return fail (error, "no key of our own");
  if (!btfw_key_exchange_finish (self->secret, self->in->data, self->shared))
    return fail (error, "a key that hides nothing");

  consume (self, BTFW_KEY_SIZE);
  if (self->is_incoming)
    {
      hash ("req1", self->shared, BTFW_KEY_SIZE, NULL, self->mark);
      self->mark_size = HASH_SIZE;
    }
  else
    {
      BtfwRc4 cipher;

      init_ciphers (self);
      say_torrent (self);
      cipher = self->cipher_in;
      memset (self->mark, 0, CHECK_SIZE);
      btfw_rc4_apply (&cipher, self->mark, self->mark, CHECK_SIZE);
      self->mark_size = CHECK_SIZE;
    }
  self->state = STATE_SYNC;
  return TRUE;
}

static gboolean
on_sync (BtfwObfuscation *self, GError **error)
{
  guint   size = MIN (self->in->len, BTFW_OBFUSCATION_PAD_MAX + self->mark_size);
  guint8 *found = size == 0 ? NULL : memmem (self->in->data, size, self->mark, self->mark_size);

  if (found == NULL)
    return self->in->len < BTFW_OBFUSCATION_PAD_MAX + self->mark_size ? FALSE : fail (error, "no mark behind the padding");

  /* The check bytes are a part of what is encrypted. */
  consume (self, (guint) (found - self->in->data) + (self->is_incoming ? HASH_SIZE : 0));
  self->state = self->is_incoming ? STATE_TORRENT : STATE_METHOD;
  return TRUE;
}

static gboolean
on_torrent (BtfwObfuscation *self, GError **error)
{
  guint8 wanted[HASH_SIZE];

  if (self->in->len < HASH_SIZE)
    return FALSE;
  hash ("req3", self->shared, BTFW_KEY_SIZE, NULL, wanted);
  for (guint i = 0; i < HASH_SIZE; i++)
    wanted[i] ^= self->in->data[i];
  if (!self->find (wanted, self->info_hash, self->user_data))
    return fail (error, "a torrent that is not served here");

  consume (self, HASH_SIZE);
  init_ciphers (self);
  self->state = STATE_METHOD;
  return TRUE;
}

static guint
get_wanted_methods (BtfwEncryption encryption)
{
  return encryption == BTFW_ENCRYPTION_REQUIRE ? BTFW_METHOD_RC4 : BTFW_METHOD_RC4 | BTFW_METHOD_PLAIN;
}

/* Incoming: one of those that are offered. Outgoing: exactly one that we offered. */
static gboolean
choose_method (BtfwObfuscation *self, guint32 theirs)
{
  guint common = theirs & self->methods;
  guint first = self->encryption == BTFW_ENCRYPTION_ALLOW ? BTFW_METHOD_PLAIN : BTFW_METHOD_RC4;

  if (!self->is_incoming && theirs != BTFW_METHOD_PLAIN && theirs != BTFW_METHOD_RC4)
    return FALSE;
  self->method = common & first ? first : common;
  return common != 0;
}

static gboolean
on_method (BtfwObfuscation *self, GError **error)
{
  static const guint8 check[CHECK_SIZE];
  guint8              bytes[CHECK_SIZE + 4 + 2];
  guint32             methods;
  guint16             pad;

  if (self->in->len < sizeof bytes)
    return FALSE;
  btfw_rc4_apply (&self->cipher_in, self->in->data, bytes, sizeof bytes);
  consume (self, sizeof bytes);
  memcpy (&methods, bytes + CHECK_SIZE, sizeof methods);
  memcpy (&pad, bytes + CHECK_SIZE + 4, sizeof pad);
  self->n_left = GUINT16_FROM_BE (pad);
  if (memcmp (bytes, check, sizeof check) != 0)
    return fail (error, "keys differ");
  if (self->n_left > BTFW_OBFUSCATION_PAD_MAX)
    return fail (error, "too much padding");
  if (!choose_method (self, GUINT32_FROM_BE (methods)))
    return fail (error, "no method in common");
  self->state = STATE_PAD;
  return TRUE;
}

static gboolean
on_pad (BtfwObfuscation *self, GError **error)
{
  guint8  bytes[BTFW_OBFUSCATION_PAD_MAX + 2];
  guint   size = self->n_left + (self->is_incoming ? 2 : 0);
  guint16 payload;

  if (self->in->len < size)
    return FALSE;
  btfw_rc4_apply (&self->cipher_in, self->in->data, bytes, size);
  consume (self, size);
  if (!self->is_incoming)
    {
      self->n_left = 0;
      self->state = STATE_DONE;
      return TRUE;
    }
  memcpy (&payload, bytes + self->n_left, sizeof payload);
  self->n_left = GUINT16_FROM_BE (payload);
  if (self->n_left > BTFW_OBFUSCATION_PAYLOAD_MAX)
    return fail (error, "too long a first payload");
  self->state = STATE_PAYLOAD;
  return TRUE;
}

/* Encrypted whatever the method is. */
static gboolean
on_payload (BtfwObfuscation *self)
{
  if (self->in->len < self->n_left)
    return FALSE;
  btfw_rc4_apply (&self->cipher_in, self->in->data, self->in->data, self->n_left);
  say_method (self);
  self->state = STATE_DONE;
  return TRUE;
}

static gboolean
step (BtfwObfuscation *self, GError **error)
{
  switch (self->state)
    {
    case STATE_KEY:
      return on_key (self, error);
    case STATE_SYNC:
      return on_sync (self, error);
    case STATE_TORRENT:
      return on_torrent (self, error);
    case STATE_METHOD:
      return on_method (self, error);
    case STATE_PAD:
      return on_pad (self, error);
    case STATE_PAYLOAD:
      return on_payload (self);
    case STATE_DONE:
      break;
    }
  return FALSE;
}

gboolean
btfw_obfuscation_feed (BtfwObfuscation *self, const guint8 *data, gsize size, GError **error)
{
  GError *failure = NULL;

  g_byte_array_append (self->in, data, (guint) size);
  while (step (self, &failure))
    ;
  if (failure != NULL)
    {
      g_propagate_error (error, failure);
      return FALSE;
    }
  /* The rest of what came is the stream's: readable from here on. */
  if (self->state == STATE_DONE && self->method == BTFW_METHOD_RC4 && self->in->len > self->n_left)
    {
      guint8 *rest = self->in->data + self->n_left;

      btfw_rc4_apply (&self->cipher_in, rest, rest, self->in->len - self->n_left);
    }
  return TRUE;
}

GByteArray *
btfw_obfuscation_get_out (BtfwObfuscation *self)
{
  return self->out;
}

gboolean
btfw_obfuscation_is_done (const BtfwObfuscation *self)
{
  return self->state == STATE_DONE;
}

BtfwMethod
btfw_obfuscation_get_method (const BtfwObfuscation *self)
{
  return self->method;
}

void
btfw_obfuscation_get_ciphers (const BtfwObfuscation *self, BtfwRc4 *in, BtfwRc4 *out)
{
  *in = self->cipher_in;
  *out = self->cipher_out;
}

GByteArray *
btfw_obfuscation_take_rest (BtfwObfuscation *self)
{
  return g_steal_pointer (&self->in);
}

static BtfwObfuscation *
make (BtfwEncryption encryption)
{
  BtfwObfuscation *self = g_new0 (BtfwObfuscation, 1);

  self->encryption = encryption;
  self->methods = get_wanted_methods (encryption);
  self->in = g_byte_array_new ();
  self->out = g_byte_array_new ();
  self->payload = g_byte_array_new ();
  return self;
}

BtfwObfuscation *
btfw_obfuscation_new_outgoing (const guint8  *info_hash,
                               BtfwEncryption encryption,
                               const guint8  *payload,
                               gsize          payload_size)
{
  BtfwObfuscation *self = make (encryption);

  memcpy (self->info_hash, info_hash, HASH_SIZE);
  g_byte_array_append (self->payload, payload, (guint) payload_size);
  if (say_key (self))
    return self;
  btfw_obfuscation_free (self);
  return NULL;
}

BtfwObfuscation *
btfw_obfuscation_new_incoming (BtfwEncryption encryption, BtfwObfuscationFind find, gpointer user_data)
{
  BtfwObfuscation *self = make (encryption);

  self->is_incoming = TRUE;
  self->find = find;
  self->user_data = user_data;
  return self;
}

void
btfw_obfuscation_free (BtfwObfuscation *self)
{
  g_clear_pointer (&self->in, g_byte_array_unref);
  g_byte_array_unref (self->out);
  g_byte_array_unref (self->payload);
  gnutls_memset (self, 0, sizeof *self);
  g_free (self);
}
