/* key-exchange.c: Diffie and Hellman's, in the group of encrypted peers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "net/key-exchange.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

#if BTFW_HAVE_GMP
#include <gmp.h>

#define PRIME "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74" \
              "020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437" \
              "4FE1356D6D51C245E485B576625E7EC6F44C42E9A63A36210000000000090563"
#define GENERATOR 2

gboolean
btfw_key_exchange_is_available (void)
{
  return TRUE;
}

static void
import_number (mpz_t number, const guint8 *bytes, gsize size)
{
  mpz_init (number);
  mpz_import (number, size, 1, 1, 1, 0, bytes);
}

static void
export_number (const mpz_t number, guint8 bytes[BTFW_KEY_SIZE])
{
  gsize n = (mpz_sizeinbase (number, 2) + 7) / 8;

  for (gsize i = 0; i < BTFW_KEY_SIZE; i++)
    bytes[i] = 0;
  mpz_export (bytes + BTFW_KEY_SIZE - n, NULL, 1, 1, 1, 0, number);
}

/* @base to the power of the secret, by a way that takes the same time for each secret. */
static void
raise_to (const mpz_t base, const guint8 secret[BTFW_SECRET_SIZE], const mpz_t prime, guint8 result[BTFW_KEY_SIZE])
{
  mpz_t exponent;
  mpz_t power;

  import_number (exponent, secret, BTFW_SECRET_SIZE);
  mpz_init (power);
  mpz_powm_sec (power, base, exponent, prime);
  export_number (power, result);
  mpz_clear (power);
  mpz_clear (exponent);
}

gboolean
btfw_key_exchange_begin (guint8 secret[BTFW_SECRET_SIZE], guint8 ours[BTFW_KEY_SIZE])
{
  mpz_t prime;
  mpz_t generator;

  if (gnutls_rnd (GNUTLS_RND_KEY, secret, BTFW_SECRET_SIZE) < 0)
    return FALSE;
  /* Never 0, and always of full length. */
  secret[0] |= 0x80;
  mpz_init_set_str (prime, PRIME, 16);
  mpz_init_set_ui (generator, GENERATOR);
  raise_to (generator, secret, prime, ours);
  mpz_clear (generator);
  mpz_clear (prime);
  return TRUE;
}

gboolean
btfw_key_exchange_finish (const guint8 secret[BTFW_SECRET_SIZE],
                          const guint8 theirs[BTFW_KEY_SIZE],
                          guint8       shared[BTFW_KEY_SIZE])
{
  mpz_t    prime;
  mpz_t    last; /* that is too great */
  mpz_t    key;
  gboolean ok;

  mpz_init_set_str (prime, PRIME, 16);
  mpz_init (last);
  mpz_sub_ui (last, prime, 1);
  import_number (key, theirs, BTFW_KEY_SIZE);
  ok = mpz_cmp_ui (key, 1) > 0 && mpz_cmp (key, last) < 0;
  if (ok)
    raise_to (key, secret, prime, shared);
  mpz_clear (key);
  mpz_clear (last);
  mpz_clear (prime);
  return ok;
}

#else

gboolean
btfw_key_exchange_is_available (void)
{
  return FALSE;
}

gboolean
btfw_key_exchange_begin (guint8 secret[BTFW_SECRET_SIZE], guint8 ours[BTFW_KEY_SIZE])
{
  return FALSE;
}

gboolean
btfw_key_exchange_finish (const guint8 secret[BTFW_SECRET_SIZE],
                          const guint8 theirs[BTFW_KEY_SIZE],
                          guint8       shared[BTFW_KEY_SIZE])
{
  return FALSE;
}

#endif
