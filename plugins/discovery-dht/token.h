/* token.h: what shows that an announcing peer is where it says. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "message.h"

#define DHT_SECRET_SIZE 20
/* A token is good for one such time, and for the one after it. */
#define DHT_SECRET_TIME (5 * 60 * G_USEC_PER_SEC)
#define DHT_OWN_TOKEN_SIZE 8

typedef struct
{
  guint8 secrets[2][DHT_SECRET_SIZE]; /* the present one first */
  gint64 since;
} DhtTokens;

/* For the address and the torrent of a query. */
void     dht_tokens_make (const DhtTokens *self, const BtfwEndpoint *to, const DhtId *info_hash, DhtToken *token);
gboolean dht_tokens_check (const DhtTokens *self, const BtfwEndpoint *from, const DhtId *info_hash, const DhtToken *token);
