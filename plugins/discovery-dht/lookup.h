/* lookup.h: the way to the nodes nearest to a target: whom to ask next. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "message.h"
#include "table.h"

/* Questions under way at a time; those to nodes that are slow do not count. */
#define DHT_ALPHA 4
#define DHT_IN_FLIGHT_MAX 12
/* The nearest that answered, of whom the search ends with so many: some more than
 * hear announces, as some may lie and some have come since. */
#define DHT_WIDTH 16
/* Questions in all, whatever others make up. */
#define DHT_QUESTIONS_MAX 160
#define DHT_CANDIDATES_MAX 100

typedef enum
{
  DHT_CANDIDATE_NEW,
  DHT_CANDIDATE_ASKED,
  DHT_CANDIDATE_SLOW, /* still asked, but not waited for */
  DHT_CANDIDATE_ANSWERED,
  DHT_CANDIDATE_FAILED,
} DhtCandidateState;

/* Who named a candidate: its number among those that were asked; 0 is ourselves. */
typedef guint16 DhtSourceNumber;

typedef struct
{
  DhtContact        contact;
  DhtCandidateState state;
  gboolean          is_secure;
  gboolean          has_id; /* FALSE for a place to begin at, of which only the address is known */
  DhtSourceNumber   named_by;
  DhtSourceNumber   number; /* as a source; 0 before it is asked */
  DhtToken          token;
} DhtCandidate;

/* Of somebody who named others: do these exist? */
typedef struct
{
  guint8 n_asked;
  guint8 n_answered;
  guint8 n_failed;
} DhtNamed;

typedef struct
{
  DhtId        target;
  gboolean     is_v4;
  guint        n_candidates;
  guint        n_questions;
  guint        n_answers;
  guint        n_tried; /* of those that somebody named so many are tried, now */
  DhtCandidate candidates[DHT_CANDIDATES_MAX]; /* nearest first; those without an id last */
  DhtNamed     named[DHT_QUESTIONS_MAX + 1];   /* by source */
} DhtLookup;

void          dht_lookup_init (DhtLookup *self, const DhtId *target, gboolean is_v4);
/* @by: who named it, or NULL for us. A local address counts only from a local
 * node. One block of addresses has one candidate. */
void          dht_lookup_add (DhtLookup *self, const DhtContact *contact, const DhtCandidate *by);
/* A place to begin at. */
void          dht_lookup_add_endpoint (DhtLookup *self, const BtfwEndpoint *endpoint);
/* Whom to ask now, marked as asked; NULL for nobody at present. */
DhtCandidate *dht_lookup_next (DhtLookup *self);
/* Nobody is left to ask, and nobody waited for. */
gboolean      dht_lookup_is_done (const DhtLookup *self);
DhtCandidate *dht_lookup_find (DhtLookup *self, const BtfwEndpoint *endpoint);
/* It answered; @id is what it calls itself. The candidate may move. */
void          dht_lookup_on_answer (DhtLookup *self, DhtCandidate *candidate, const DhtMessage *reply);
void          dht_lookup_on_slow (DhtLookup *self, DhtCandidate *candidate);
void          dht_lookup_on_failure (DhtLookup *self, DhtCandidate *candidate);
/* The nearest that answered, at most @max. */
guint         dht_lookup_get_nearest (const DhtLookup *self, const DhtCandidate **nearest, guint max);
