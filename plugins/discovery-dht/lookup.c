/* lookup.c: the way to the nodes nearest to a target: whom to ask next. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lookup.h"

#include <string.h>

/* Of those that somebody named so many are tried first: when one of them answers
 * the others are worth asking, when all fall silent they were probably made up. So
 * a liar, who can name any number of nodes that are as near as he likes, costs two
 * questions. When nobody else is left, some more are tried. */
#define TRIED_FIRST 2
#define TRIED_MAX 8
/* Of those whose ids were chosen (BEP 42), so many are asked at a time. */
#define INSECURE_IN_FLIGHT_MAX 1

void
dht_lookup_init (DhtLookup *self, const DhtId *target, gboolean is_v4)
{
  memset (self, 0, sizeof *self);
  self->target = *target;
  self->is_v4 = is_v4;
  self->n_tried = TRIED_FIRST;
}

static DhtCandidate *
find_known (DhtLookup *self, const DhtContact *contact, gboolean has_id)
{
  for (guint i = 0; i < self->n_candidates; i++)
    {
      DhtCandidate *candidate = &self->candidates[i];

      if (btfw_endpoint_equal (&candidate->contact.endpoint, &contact->endpoint) ||
          dht_endpoint_same_block (&candidate->contact.endpoint, &contact->endpoint) ||
          (has_id && candidate->has_id && dht_id_equal (&candidate->contact.id, &contact->id)))
        return candidate;
    }
  return NULL;
}

static guint
find_place (const DhtLookup *self, const DhtCandidate *candidate)
{
  guint place = self->n_candidates;

  while (candidate->has_id && place > 0 &&
         (!self->candidates[place - 1].has_id ||
          dht_id_compare (&self->target, &candidate->contact.id, &self->candidates[place - 1].contact.id) < 0))
    place--;
  return place;
}

static void
remove_candidate (DhtLookup *self, guint i)
{
  self->n_candidates--;
  memmove (&self->candidates[i], &self->candidates[i + 1], (self->n_candidates - i) * sizeof *self->candidates);
}

/* Whether those that this one's source named are still being tried. */
static gboolean
is_on_trial (const DhtLookup *self, const DhtCandidate *candidate)
{
  const DhtNamed *named = &self->named[candidate->named_by];

  return candidate->named_by != 0 && named->n_answered == 0 && named->n_asked >= self->n_tried;
}

static gboolean
remove_farthest_new (DhtLookup *self, gboolean on_trial)
{
  for (guint i = self->n_candidates; i > 0; i--)
    if (self->candidates[i - 1].state == DHT_CANDIDATE_NEW && (!on_trial || is_on_trial (self, &self->candidates[i - 1])))
      {
        remove_candidate (self, i - 1);
        return TRUE;
      }
  return FALSE;
}

/* Of those that were not asked the doubtful go first, however near they say that
 * they are, then the farthest. FALSE when it is @candidate that has no place. */
static gboolean
make_room (DhtLookup *self, const DhtCandidate *candidate)
{
  if (self->n_candidates < DHT_CANDIDATES_MAX || remove_farthest_new (self, TRUE))
    return TRUE;

  return find_place (self, candidate) < DHT_CANDIDATES_MAX && remove_farthest_new (self, FALSE);
}

static void
insert (DhtLookup *self, const DhtCandidate *candidate)
{
  guint place;

  if (!make_room (self, candidate))
    return;

  place = find_place (self, candidate);
  memmove (&self->candidates[place + 1], &self->candidates[place], (self->n_candidates - place) * sizeof *candidate);
  self->candidates[place] = *candidate;
  self->n_candidates++;
}

void
dht_lookup_add (DhtLookup *self, const DhtContact *contact, const DhtCandidate *by)
{
  DhtCandidate candidate = {
    .contact = *contact,
    .has_id = TRUE,
    .is_secure = dht_id_is_secure (&contact->id, &contact->endpoint),
    .named_by = by == NULL ? 0 : by->number,
  };
  DhtCandidate *known;

  if (!btfw_endpoint_is_usable (&contact->endpoint) || btfw_endpoint_is_v4 (&contact->endpoint) != self->is_v4)
    return;
  if (by != NULL && btfw_endpoint_is_local (&contact->endpoint) && !btfw_endpoint_is_local (&by->contact.endpoint))
    return;
  known = find_known (self, contact, TRUE);
  if (known == NULL)
    insert (self, &candidate);
  else if (known->state == DHT_CANDIDATE_NEW && is_on_trial (self, known))
    known->named_by = candidate.named_by;
}

void
dht_lookup_add_endpoint (DhtLookup *self, const BtfwEndpoint *endpoint)
{
  DhtCandidate candidate = { .contact.endpoint = *endpoint };

  if (btfw_endpoint_is_v4 (endpoint) == self->is_v4 && find_known (self, &candidate.contact, FALSE) == NULL)
    insert (self, &candidate);
}

typedef struct
{
  guint n_waited_for;
  guint n_in_flight;
  guint n_insecure;
} Flight;

static Flight
count_flight (const DhtLookup *self)
{
  Flight flight = { 0 };

  for (guint i = 0; i < self->n_candidates; i++)
    {
      const DhtCandidate *candidate = &self->candidates[i];
      gboolean            asked = candidate->state == DHT_CANDIDATE_ASKED;

      flight.n_waited_for += asked;
      flight.n_in_flight += asked || candidate->state == DHT_CANDIDATE_SLOW;
      flight.n_insecure += asked && !candidate->is_secure && candidate->has_id;
    }
  return flight;
}

/* Who is next, by distance; nobody is once enough of the nearest have answered. */
static DhtCandidate *
find_next (DhtLookup *self, gboolean allow_insecure)
{
  guint n_answered = 0;

  for (guint i = 0; i < self->n_candidates && n_answered < DHT_WIDTH; i++)
    {
      DhtCandidate *candidate = &self->candidates[i];

      n_answered += candidate->state == DHT_CANDIDATE_ANSWERED;
      if (candidate->state == DHT_CANDIDATE_NEW && !is_on_trial (self, candidate) &&
          (candidate->is_secure || !candidate->has_id || allow_insecure))
        return candidate;
    }
  return NULL;
}

DhtCandidate *
dht_lookup_next (DhtLookup *self)
{
  Flight        flight = count_flight (self);
  DhtCandidate *next;

  if (flight.n_waited_for >= DHT_ALPHA || flight.n_in_flight >= DHT_IN_FLIGHT_MAX || self->n_questions >= DHT_QUESTIONS_MAX)
    return NULL;

  next = find_next (self, flight.n_insecure < INSECURE_IN_FLIGHT_MAX);
  while (next == NULL && flight.n_waited_for == 0 && self->n_tried < TRIED_MAX)
    {
      self->n_tried++;
      next = find_next (self, TRUE);
    }
  if (next == NULL)
    return NULL;
  next->state = DHT_CANDIDATE_ASKED;
  next->number = (DhtSourceNumber) ++self->n_questions;
  self->named[next->named_by].n_asked = (guint8) MIN (self->named[next->named_by].n_asked + 1, 100);
  return next;
}

/* Whether somebody is asked who may turn out to be one of the nearest. */
static gboolean
waits_for_near (const DhtLookup *self)
{
  guint n_answered = 0;

  for (guint i = 0; i < self->n_candidates && n_answered < DHT_K; i++)
    {
      DhtCandidateState state = self->candidates[i].state;

      if (state == DHT_CANDIDATE_ASKED || state == DHT_CANDIDATE_SLOW)
        return TRUE;
      n_answered += state == DHT_CANDIDATE_ANSWERED;
    }
  return FALSE;
}

gboolean
dht_lookup_is_done (const DhtLookup *self)
{
  if (count_flight (self).n_waited_for > 0 || waits_for_near (self))
    return FALSE;

  return self->n_questions >= DHT_QUESTIONS_MAX || find_next ((DhtLookup *) self, TRUE) == NULL;
}

DhtCandidate *
dht_lookup_find (DhtLookup *self, const BtfwEndpoint *endpoint)
{
  for (guint i = 0; i < self->n_candidates; i++)
    if (btfw_endpoint_equal (&self->candidates[i].contact.endpoint, endpoint))
      return &self->candidates[i];
  return NULL;
}

/* Gives it the place that goes with its id. */
static DhtCandidate *
place_anew (DhtLookup *self, DhtCandidate *candidate, const DhtId *id)
{
  DhtCandidate moved = *candidate;
  BtfwEndpoint endpoint = candidate->contact.endpoint;

  remove_candidate (self, (guint) (candidate - self->candidates));
  moved.contact.id = *id;
  moved.has_id = TRUE;
  moved.is_secure = dht_id_is_secure (id, &endpoint);
  insert (self, &moved);
  return dht_lookup_find (self, &endpoint);
}

void
dht_lookup_on_answer (DhtLookup *self, DhtCandidate *candidate, const DhtMessage *reply)
{
  DhtCandidate by;

  self->named[candidate->named_by].n_answered = (guint8) MIN (self->named[candidate->named_by].n_answered + 1, 100);
  self->n_answers++;
  candidate->state = DHT_CANDIDATE_ANSWERED;
  candidate->token = reply->token;
  if (!candidate->has_id || !dht_id_equal (&candidate->contact.id, &reply->id))
    candidate = place_anew (self, candidate, &reply->id);
  if (candidate == NULL)
    return;

  /* A copy, as adding moves them. */
  by = *candidate;
  for (guint i = 0; i < MIN (reply->n_contacts, 2 * DHT_K); i++)
    dht_lookup_add (self, &reply->contacts[i], &by);
}

void
dht_lookup_on_slow (DhtLookup *self, DhtCandidate *candidate)
{
  if (candidate->state == DHT_CANDIDATE_ASKED)
    candidate->state = DHT_CANDIDATE_SLOW;
}

/* Forgets whom it named and nobody has asked yet. */
static void
drop_named_by (DhtLookup *self, DhtSourceNumber source)
{
  for (guint i = self->n_candidates; i > 0; i--)
    if (self->candidates[i - 1].named_by == source && self->candidates[i - 1].state == DHT_CANDIDATE_NEW)
      remove_candidate (self, i - 1);
}

void
dht_lookup_on_failure (DhtLookup *self, DhtCandidate *candidate)
{
  DhtSourceNumber source = candidate->named_by;
  DhtNamed       *named = &self->named[source];

  candidate->state = DHT_CANDIDATE_FAILED;
  named->n_failed = (guint8) MIN (named->n_failed + 1, 100);
  if (source != 0 && named->n_answered == 0 && named->n_failed >= TRIED_MAX)
    drop_named_by (self, source);
}

guint
dht_lookup_get_nearest (const DhtLookup *self, const DhtCandidate **nearest, guint max)
{
  guint n = 0;

  for (guint i = 0; i < self->n_candidates && n < max; i++)
    if (self->candidates[i].state == DHT_CANDIDATE_ANSWERED)
      nearest[n++] = &self->candidates[i];
  return n;
}
