/* blame.c: whose fault a piece is that fails its hash. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/blame.h"

#include "swarm/swarm.h"

/* Shared pieces that failed, less those that were good, before a host that had a
 * part in them is banned without a proof. */
#define BAD_PIECES_MAX 4
#define DEPARTED_MAX 256
#define SUSPECTS_MAX 1024
/* In place of a sender of whom nothing is known any more. */
#define NOBODY G_MAXUINT16

typedef struct
{
  guint32     id;
  BtfwAddress address;
} Departed;

typedef struct
{
  BtfwAddress address;
  guint       n_bad;
} Suspect;

/* A failed attempt at a piece. */
typedef struct
{
  guint32   piece;
  guint32   n_blocks;
  GArray   *hosts;   /* of BtfwAddress: who had a part in it */
  guint16  *senders; /* one a block: a place in hosts, or NOBODY */
  guint64  *sums;    /* one a block */
} Attempt;

/* --- Who it was --- */

static const BtfwAddress *
find_address (BtfwSwarm *swarm, guint32 source)
{
  for (guint i = 0; i < swarm->peers->len; i++)
    {
      const BtfwPeer *peer = g_ptr_array_index (swarm->peers, i);

      if (peer->id == source)
        return &peer->address;
    }
  for (guint i = swarm->blame.departed.n; i > 0; i--)
    {
      const Departed *departed = btfw_ring_get (&swarm->blame.departed, i - 1);

      if (departed->id == source)
        return &departed->address;
    }
  return NULL;
}

void
btfw_blame_on_peer_gone (BtfwBlame *self, const BtfwPeer *peer)
{
  Departed departed = { peer->id, peer->address };

  if (peer->downloaded == 0)
    return;
  btfw_ring_push (&self->departed, &departed);
  if (self->departed.n > DEPARTED_MAX)
    btfw_ring_remove (&self->departed, 0, &departed);
}

static guint16
find_host (const Attempt *self, const BtfwAddress *address)
{
  for (guint i = 0; i < self->hosts->len; i++)
    if (btfw_address_same_host (&g_array_index (self->hosts, BtfwAddress, i), address))
      return (guint16) i;
  return NOBODY;
}

static guint16
add_host (Attempt *self, const BtfwAddress *address)
{
  guint16 place = address == NULL ? NOBODY : find_host (self, address);

  if (address == NULL || place != NOBODY || self->hosts->len >= NOBODY)
    return place;
  g_array_append_val (self->hosts, *address);
  return (guint16) (self->hosts->len - 1);
}

/* --- Attempts --- */

static void
attempt_free (gpointer data)
{
  Attempt *self = data;

  g_array_unref (self->hosts);
  g_free (self->senders);
  g_free (self->sums);
  g_free (self);
}

/* Takes the sums. */
static Attempt *
attempt_new (BtfwSwarm *swarm, const BtfwActivePiece *active, guint64 *sums)
{
  Attempt *self = g_new (Attempt, 1);

  *self = (Attempt){
    .piece = active->piece,
    .n_blocks = active->n_blocks,
    .hosts = g_array_new (FALSE, FALSE, sizeof (BtfwAddress)),
    .senders = g_new (guint16, active->n_blocks),
    .sums = sums,
  };
  for (guint32 i = 0; i < active->n_blocks; i++)
    {
      guint32 source = active->blocks[i].source;

      /* One who sent many in a row is looked for once. */
      if (i > 0 && active->blocks[i - 1].source == source)
        self->senders[i] = self->senders[i - 1];
      else
        self->senders[i] = add_host (self, find_address (swarm, source));
    }
  return self;
}

/* The one host that sent all of it, or NULL. */
static const BtfwAddress *
get_sole_host (const Attempt *self)
{
  for (guint32 i = 0; i < self->n_blocks; i++)
    if (self->senders[i] != self->senders[0] || self->senders[0] == NOBODY)
      return NULL;
  return &g_array_index (self->hosts, BtfwAddress, self->senders[0]);
}

static void
forget (BtfwBlame *self, guint i)
{
  self->n_sums -= ((Attempt *) g_ptr_array_index (self->attempts, i))->n_blocks;
  g_ptr_array_remove_index (self->attempts, i);
}

static void
remember (BtfwBlame *self, Attempt *attempt)
{
  if (self->attempts == NULL)
    self->attempts = g_ptr_array_new_with_free_func (attempt_free);
  g_ptr_array_add (self->attempts, attempt);
  self->n_sums += attempt->n_blocks;
  while (self->n_sums > BTFW_BLAME_SUMS_MAX)
    forget (self, 0);
}

gboolean
btfw_blame_is_open (const BtfwBlame *self, guint32 piece)
{
  if (self->attempts == NULL)
    return FALSE;
  for (guint i = 0; i < self->attempts->len; i++)
    if (((const Attempt *) g_ptr_array_index (self->attempts, i))->piece == piece)
      return TRUE;
  return FALSE;
}

/* --- Bans --- */

static gboolean
had_part (const BtfwActivePiece *active, guint32 source)
{
  for (guint32 i = 0; i < active->n_blocks; i++)
    if (active->blocks[i].source == source)
      return TRUE;
  return FALSE;
}

/* What else it had a part in may fail too, and is then its fault alone. */
static void
taint_pieces (BtfwSwarm *swarm, guint32 source)
{
  for (guint i = 0; i < btfw_actives_get_n (&swarm->actives); i++)
    {
      BtfwActivePiece *active = btfw_actives_get (&swarm->actives, i);

      active->tainted |= had_part (active, source);
    }
}

void
btfw_swarm_ban (BtfwSwarm *swarm, const BtfwAddress *address, const char *reason)
{
  g_autofree char *text = btfw_address_to_string (address);

  g_debug ("swarm: %s is banned: %s", text, reason);
  btfw_candidates_ban (&swarm->candidates, address);
  for (guint i = 0; i < swarm->peers->len; i++)
    {
      BtfwPeer *peer = g_ptr_array_index (swarm->peers, i);

      if (!btfw_address_same_host (&peer->address, address))
        continue;
      taint_pieces (swarm, peer->id);
      btfw_peer_close (peer, "it is banned");
    }
}

/* Now that somebody is convicted, those who shared pieces with it may have been
 * suspected for nothing. */
static void
convict (BtfwSwarm *swarm, const BtfwAddress *address, const char *reason)
{
  if (!btfw_candidates_is_banned (&swarm->candidates, address))
    btfw_swarm_ban (swarm, address, reason);
  btfw_ring_clear (&swarm->blame.suspects);
}

/* --- Suspicion, where nothing can be proved --- */

static Suspect *
get_suspect (BtfwBlame *self, const BtfwAddress *address)
{
  Suspect fresh = { *address, 0 };

  for (guint i = 0; i < self->suspects.n; i++)
    {
      Suspect *suspect = btfw_ring_get (&self->suspects, i);

      if (btfw_address_same_host (&suspect->address, address))
        return suspect;
    }
  if (self->suspects.n >= SUSPECTS_MAX)
    btfw_ring_remove (&self->suspects, 0, &(Suspect){ 0 });
  btfw_ring_push (&self->suspects, &fresh);
  return btfw_ring_get (&self->suspects, self->suspects.n - 1);
}

/* Of those who shared such pieces, only one that did so more often than all
 * others is banned: who poisons must not take honest peers along. While they
 * are even, another try tells more. */
static void
suspect_hosts (BtfwSwarm *swarm, const Attempt *attempt)
{
  Suspect *worst = NULL;
  gboolean is_even = FALSE;

  for (guint i = 0; i < attempt->hosts->len; i++)
    get_suspect (&swarm->blame, &g_array_index (attempt->hosts, BtfwAddress, i))->n_bad++;

  for (guint i = 0; i < swarm->blame.suspects.n; i++)
    {
      Suspect *suspect = btfw_ring_get (&swarm->blame.suspects, i);

      if (worst != NULL && suspect->n_bad == worst->n_bad)
        is_even = TRUE;
      else if (worst == NULL || suspect->n_bad > worst->n_bad)
        {
          worst = suspect;
          is_even = FALSE;
        }
    }
  if (worst != NULL && !is_even && worst->n_bad >= BAD_PIECES_MAX)
    {
      BtfwAddress address = worst->address;

      convict (swarm, &address, "it had a part in too many pieces that fail their hash");
    }
}

static void
clear_suspicion (BtfwSwarm *swarm, const BtfwActivePiece *active)
{
  for (guint i = 0; i < swarm->blame.suspects.n; i++)
    {
      Suspect *suspect = btfw_ring_get (&swarm->blame.suspects, i);

      for (guint j = 0; suspect->n_bad > 0 && j < swarm->peers->len; j++)
        {
          const BtfwPeer *peer = g_ptr_array_index (swarm->peers, j);

          if (btfw_address_same_host (&peer->address, &suspect->address) && had_part (active, peer->id))
            suspect->n_bad--;
        }
    }
}

/* --- Verdicts --- */

void
btfw_blame_on_bad (BtfwSwarm *swarm, const BtfwActivePiece *active, guint64 *sums)
{
  Attempt           *attempt = attempt_new (swarm, active, sums);
  const BtfwAddress *sole = get_sole_host (attempt);

  swarm->blame.wasted += active->length;
  if (sole != NULL)
    convict (swarm, sole, "it alone sent a piece that fails its hash");
  else if (sums != NULL)
    {
      remember (&swarm->blame, attempt);
      return;
    }
  else if (!active->tainted)
    suspect_hosts (swarm, attempt);
  attempt_free (attempt);
}

void
btfw_blame_on_doubt (BtfwSwarm *swarm, const BtfwActivePiece *active, guint64 *sums)
{
  Attempt *attempt = attempt_new (swarm, active, sums);

  for (guint32 i = 0; i < active->n_blocks; i++)
    {
      if (sums[i] == 0)
        attempt->senders[i] = NOBODY;
      else
        swarm->blame.wasted += btfw_active_get_block_size (active, i);
    }
  remember (&swarm->blame, attempt);
}

static void
compare (BtfwSwarm *swarm, const Attempt *attempt, const guint64 *sums)
{
  for (guint32 i = 0; i < attempt->n_blocks; i++)
    if (attempt->sums[i] != sums[i] && attempt->senders[i] != NOBODY)
      convict (swarm, &g_array_index (attempt->hosts, BtfwAddress, attempt->senders[i]), "it sent a block of a piece that is another one");
}

void
btfw_blame_on_good (BtfwSwarm *swarm, const BtfwActivePiece *active, const guint64 *sums)
{
  BtfwBlame *self = &swarm->blame;

  for (guint i = self->attempts == NULL ? 0 : self->attempts->len; i > 0; i--)
    {
      const Attempt *attempt = g_ptr_array_index (self->attempts, i - 1);

      if (attempt->piece != active->piece)
        continue;
      if (sums != NULL)
        compare (swarm, attempt, sums);
      forget (self, i - 1);
    }
  if (self->suspects.n > 0)
    clear_suspicion (swarm, active);
}

/* --- Life --- */

void
btfw_blame_init (BtfwBlame *self)
{
  *self = (BtfwBlame){
    .departed = { .item_size = sizeof (Departed) },
    .suspects = { .item_size = sizeof (Suspect) },
  };
}

void
btfw_blame_clear (BtfwBlame *self)
{
  g_clear_pointer (&self->attempts, g_ptr_array_unref);
  btfw_ring_clear (&self->departed);
  btfw_ring_clear (&self->suspects);
  self->n_sums = 0;
}
