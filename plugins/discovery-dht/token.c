/* token.c: what shows that an announcing peer is where it says. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "token.h"

#include <string.h>

static void
make_with (const guint8 *secret, const BtfwEndpoint *to, const DhtId *info_hash, DhtToken *token)
{
  GHmac *hmac = g_hmac_new (G_CHECKSUM_SHA1, secret, DHT_SECRET_SIZE);
  guint8 digest[20];
  gsize  size = sizeof digest;

  /* Without the port: some announce from another socket than they ask from. */
  g_hmac_update (hmac, to->ip, sizeof to->ip);
  g_hmac_update (hmac, info_hash->bytes, DHT_ID_SIZE);
  g_hmac_get_digest (hmac, digest, &size);
  g_hmac_unref (hmac);

  token->size = DHT_OWN_TOKEN_SIZE;
  memcpy (token->bytes, digest, DHT_OWN_TOKEN_SIZE);
}

void
dht_tokens_make (const DhtTokens *self, const BtfwEndpoint *to, const DhtId *info_hash, DhtToken *token)
{
  make_with (self->secrets[0], to, info_hash, token);
}

gboolean
dht_tokens_check (const DhtTokens *self, const BtfwEndpoint *from, const DhtId *info_hash, const DhtToken *token)
{
  for (guint i = 0; i < 2; i++)
    {
      DhtToken expected;
      guint8   difference = 0;

      make_with (self->secrets[i], from, info_hash, &expected);
      if (token->size != expected.size)
        return FALSE;
      for (guint byte = 0; byte < expected.size; byte++)
        difference |= token->bytes[byte] ^ expected.bytes[byte];
      if (difference == 0)
        return TRUE;
    }
  return FALSE;
}
