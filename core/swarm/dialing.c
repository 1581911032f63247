/* dialing.c: connects to candidates while a torrent wants more peers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/dialing.h"

#include "swarm/greeting.h"
#include "swarm/swarm.h"

#include <errno.h>
#include <string.h>

/* Attempts of one torrent at the same time. */
#define ATTEMPTS_MAX 30
#define CONNECT_TIMEOUT_MS 10000

typedef struct
{
  BtfwConnect  connect;
  BtfwGreeting greeting;
  BtfwDialing *dialing;
  BtfwAddress  address;
  gboolean     is_greeting;
  gboolean     encrypts;
} Attempt;

static void
remove_attempt (Attempt *attempt)
{
  g_ptr_array_remove_fast (attempt->dialing->attempts, attempt);
  g_free (attempt);
}

static BtfwTrouble
name_errno (int errnum)
{
  switch (errnum)
    {
    case ECONNREFUSED:
      return BTFW_TROUBLE_REFUSED;
    case ETIMEDOUT:
      return BTFW_TROUBLE_SILENT;
    case EPERM:
      return BTFW_TROUBLE_FORBIDDEN;
    case EMFILE:
    case ENFILE:
      return BTFW_TROUBLE_FULL;
    case EDEADLK:
      return BTFW_TROUBLE_OURSELVES;
    default:
      return BTFW_TROUBLE_UNREACHABLE;
    }
}

/* Why there was no handshake. Who has nothing to do with our way to begin either
 * goes without a word or says something that is none. */
static BtfwTrouble
name_greeting (const Attempt *attempt, const GError *error)
{
  const BtfwSwarm *swarm = attempt->dialing->swarm;

  if (memcmp (attempt->greeting.theirs.peer_id, swarm->resources->peer_id, BTFW_PEER_ID_SIZE) == 0)
    return BTFW_TROUBLE_OURSELVES;
  if (attempt->encrypts && swarm->resources->limits.encryption == BTFW_ENCRYPTION_REQUIRE)
    return BTFW_TROUBLE_HUNG_UP;
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT))
    return BTFW_TROUBLE_SILENT;
  return error->domain == G_IO_ERROR && !attempt->greeting.has_heard ? BTFW_TROUBLE_HUNG_UP : BTFW_TROUBLE_FOREIGN;
}

static void
note_trouble (const Attempt *attempt, const GError *error, BtfwCandidate *candidate)
{
  candidate->trouble_errno = attempt->connect.errnum;
  candidate->trouble = attempt->is_greeting ? name_greeting (attempt, error) : name_errno (attempt->connect.errnum);
}

/* It is our own network that is not there. */
static gboolean
is_offline (const Attempt *attempt)
{
  int errnum = attempt->connect.errnum;

  return errnum == ENETUNREACH || errnum == ENETDOWN || errnum == EADDRNOTAVAIL;
}

static void
on_failed (Attempt *attempt, const GError *error)
{
  BtfwSwarm        *swarm = attempt->dialing->swarm;
  BtfwCandidate    *candidate = btfw_candidates_find (&swarm->candidates, &attempt->address);
  g_autofree char  *address = btfw_address_to_string (&attempt->address);

  g_debug ("swarm: %s: %s", address, error->message);
  if (candidate != NULL)
    {
      note_trouble (attempt, error, candidate);
      if (is_offline (attempt))
        btfw_candidates_on_offline (candidate, btfw_loop_get_time (swarm->resources->loop), &swarm->random);
      else
        btfw_candidates_on_failed (candidate, btfw_loop_get_time (swarm->resources->loop), &swarm->random);
    }
  remove_attempt (attempt);
  btfw_dialing_wake (&swarm->dialing);
  /* Why nobody is here is another matter now. */
  swarm->funcs->changed (swarm->owner);
}

/* Who hangs up on the one way to begin may take the other one, as Transmission
 * and libtorrent do: at once, and once. */
static gboolean
begin_otherwise (Attempt *attempt)
{
  BtfwSwarm     *swarm = attempt->dialing->swarm;
  BtfwEncryption encryption = swarm->resources->limits.encryption;
  BtfwCandidate *candidate = btfw_candidates_find (&swarm->candidates, &attempt->address);

  if (candidate == NULL || attempt->greeting.has_heard || !btfw_key_exchange_is_available () ||
      (encryption != BTFW_ENCRYPTION_ALLOW && encryption != BTFW_ENCRYPTION_PREFER))
    return FALSE;
  candidate->is_known = FALSE;
  candidate->wants_other = !candidate->wants_other;
  if (!candidate->wants_other)
    return FALSE;
  candidate->is_connected = FALSE;
  candidate->next_try = 0;
  return TRUE;
}

static gboolean
encrypts (const BtfwSwarm *swarm, const BtfwCandidate *candidate)
{
  BtfwEncryption encryption = swarm->resources->limits.encryption;
  gboolean       first = encryption == BTFW_ENCRYPTION_PREFER ||
                   (encryption == BTFW_ENCRYPTION_ALLOW && (candidate->flags & BTFW_CANDIDATE_ENCRYPTED) != 0);

  if (encryption == BTFW_ENCRYPTION_OFF || encryption == BTFW_ENCRYPTION_REQUIRE || !btfw_key_exchange_is_available ())
    return encryption == BTFW_ENCRYPTION_REQUIRE;
  return candidate->is_known ? candidate->is_encrypted : first != candidate->wants_other;
}

static void
remember (Attempt *attempt)
{
  BtfwCandidate *candidate = btfw_candidates_find (&attempt->dialing->swarm->candidates, &attempt->address);

  if (candidate == NULL)
    return;
  candidate->trouble = BTFW_TROUBLE_NONE;
  candidate->wants_other = FALSE;
  candidate->is_known = TRUE;
  candidate->is_encrypted = attempt->encrypts;
}

static void
on_greeting_failed (BtfwGreeting *greeting, const GError *error, gpointer user_data)
{
  Attempt   *attempt = user_data;
  BtfwSwarm *swarm = attempt->dialing->swarm;

  if (begin_otherwise (attempt))
    {
      remove_attempt (attempt);
      btfw_dialing_wake (&swarm->dialing);
    }
  else
    on_failed (attempt, error);
}

static void
on_greeting_done (BtfwGreeting *greeting, BtfwStream *stream, const BtfwHandshake *theirs, gpointer user_data)
{
  Attempt      *attempt = user_data;
  BtfwSwarm    *swarm = attempt->dialing->swarm;
  BtfwAddress   address = attempt->address;
  BtfwHandshake handshake = *theirs;

  remember (attempt);
  remove_attempt (attempt);
  btfw_swarm_join (swarm, stream, &address, &handshake, FALSE);
  btfw_dialing_wake (&swarm->dialing);
}

static const BtfwGreetingClass greeting_class = {
  .on_done = on_greeting_done,
  .on_failed = on_greeting_failed,
};

static void
on_connected (BtfwConnect *connect, BtfwStream *stream, const GError *error)
{
  Attempt      *attempt = (Attempt *) ((guint8 *) connect - G_STRUCT_OFFSET (Attempt, connect));
  BtfwHandshake ours;

  if (stream == NULL)
    {
      on_failed (attempt, error);
      return;
    }

  btfw_swarm_fill_handshake (attempt->dialing->swarm, &ours);
  attempt->is_greeting = TRUE;
  btfw_greeting_begin (&attempt->greeting, &greeting_class, attempt, stream, &attempt->address, &ours);
  btfw_greeting_set_encryption (&attempt->greeting, attempt->dialing->swarm->resources->limits.encryption, attempt->encrypts);
}

static void
dial (BtfwDialing *self, BtfwCandidate *candidate)
{
  Attempt *attempt = g_new0 (Attempt, 1);

  candidate->is_connected = TRUE;
  attempt->dialing = self;
  attempt->address = candidate->address;
  attempt->encrypts = encrypts (self->swarm, candidate);
  attempt->connect.address = candidate->address;
  attempt->connect.done = on_connected;
  if (self->attempts == NULL)
    self->attempts = g_ptr_array_new ();
  g_ptr_array_add (self->attempts, attempt);
  self->swarm->resources->connect (self->swarm->resources, &attempt->connect, CONNECT_TIMEOUT_MS);
}

/* FALSE with the time in @when at which there is a turn again. */
static gboolean
take_turn (BtfwDialing *self, gint64 now, gint64 *when)
{
  BtfwResources *resources = self->swarm->resources;

  if (!self->has_dialled && btfw_bucket_get (&resources->first_connects, now) >= BTFW_FIRST_CONNECT_TOKENS)
    {
      btfw_bucket_take (&resources->first_connects, BTFW_FIRST_CONNECT_TOKENS);
      return TRUE;
    }
  if (btfw_bucket_get (&resources->connects, now) < BTFW_CONNECT_TOKENS)
    {
      *when = btfw_bucket_get_ready_time (&resources->connects, now, BTFW_CONNECT_TOKENS);
      return FALSE;
    }
  btfw_bucket_take (&resources->connects, BTFW_CONNECT_TOKENS);
  return TRUE;
}

static gboolean
wants_more (const BtfwDialing *self)
{
  const BtfwSwarm *swarm = self->swarm;
  guint            n = btfw_dialing_get_n (self);

  return btfw_swarm_admits (swarm) && n < ATTEMPTS_MAX &&
         swarm->peers->len + n < btfw_swarm_get_max_peers (swarm);
}

static void
on_due (BtfwTimer *timer)
{
  BtfwDialing   *self = (BtfwDialing *) ((guint8 *) timer - G_STRUCT_OFFSET (BtfwDialing, next));
  BtfwResources *resources = self->swarm->resources;
  gint64         now = btfw_loop_get_time (resources->loop);
  gint64         when = G_MAXINT64;

  btfw_candidates_set_own (&self->swarm->candidates, &resources->own, btfw_resources_get_port (resources));
  while (wants_more (self))
    {
      BtfwCandidate *candidate = btfw_candidates_choose (&self->swarm->candidates, now, &when);

      if (candidate == NULL)
        break;
      if (!take_turn (self, now, &when))
        break;
      self->has_dialled = TRUE;
      dial (self, candidate);
    }

  if (when != G_MAXINT64 && wants_more (self))
    btfw_loop_set_timer (resources->loop, &self->next, MAX (when, now + 1000));
}

void
btfw_dialing_wake (BtfwDialing *self)
{
  BtfwLoop *loop = self->swarm->resources->loop;

  if (wants_more (self))
    btfw_loop_set_timer (loop, &self->next, btfw_loop_get_time (loop));
}

guint
btfw_dialing_get_n (const BtfwDialing *self)
{
  return self->attempts == NULL ? 0 : self->attempts->len;
}

void
btfw_dialing_init (BtfwDialing *self, BtfwSwarm *swarm)
{
  *self = (BtfwDialing){ .swarm = swarm, .next.on_due = on_due };
}

void
btfw_dialing_stop (BtfwDialing *self)
{
  BtfwResources *resources = self->swarm->resources;

  btfw_loop_clear_timer (resources->loop, &self->next);
  while (btfw_dialing_get_n (self) > 0)
    {
      Attempt       *attempt = g_ptr_array_index (self->attempts, self->attempts->len - 1);
      BtfwCandidate *candidate = btfw_candidates_find (&self->swarm->candidates, &attempt->address);

      if (candidate != NULL)
        candidate->is_connected = FALSE;
      if (attempt->is_greeting)
        btfw_greeting_clear (&attempt->greeting);
      else
        resources->cancel (resources, &attempt->connect);
      remove_attempt (attempt);
    }
}

void
btfw_dialing_clear (BtfwDialing *self)
{
  btfw_dialing_stop (self);
  g_clear_pointer (&self->attempts, g_ptr_array_unref);
}
