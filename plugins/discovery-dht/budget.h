/* budget.h: how much of our time and bandwidth strangers get. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-net.h>

/* What we answer with in all, and what may come in one go. */
#define DHT_ANSWER_RATE 8000 /* bytes a second */
#define DHT_ANSWER_BURST 16000
/* Queries of one host: so many a second over ten seconds are too many. */
#define DHT_SOURCE_RATE 20
#define DHT_SOURCE_BURST 200
#define DHT_IGNORE_TIME (5 * 60 * G_USEC_PER_SEC)
#define DHT_SOURCES 1024 /* remembered at a time */
/* How much longer than its query an answer may be while it is not sure that the
 * asker is where it says. */
#define DHT_UNPROVEN_FACTOR 3

typedef struct
{
  guint64 host; /* a hash of it, with a secret; 0 for none */
  gint64  since;
  guint32 tokens;
  gint64  ignored_until;
  gint64  proven_until;
} DhtSource;

typedef struct
{
  guint64   secret;
  gint64    tokens; /* of bytes to answer with */
  gint64    since;
  guint64   n_ignored; /* queries */
  DhtSource sources[DHT_SOURCES];
} DhtBudget;

/* @secret: nobody shall know which hosts share a place. */
void     dht_budget_init (DhtBudget *self, guint64 secret, gint64 now);
/* Whether a query of that host is looked at. */
gboolean dht_budget_allow_query (DhtBudget *self, const BtfwEndpoint *from, gint64 now);
/* Whether an answer of that size may be sent; takes it. */
gboolean dht_budget_allow_answer (DhtBudget *self, gsize size, gint64 now);
/* It has shown that it gets what is sent to its address. */
void     dht_budget_prove (DhtBudget *self, const BtfwEndpoint *from, gint64 now);
gboolean dht_budget_is_proven (DhtBudget *self, const BtfwEndpoint *from, gint64 now);
