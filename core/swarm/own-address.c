/* own-address.c: where we are, as others see it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/own-address.h"

#include "net/peer-priority.h"

static guint
get_kind (const BtfwAddress *address)
{
  return (btfw_address_is_v4 (address) ? 2u : 0u) + (btfw_address_is_local (address) ? 1u : 0u);
}

static guint
count_voices (const BtfwOwnAddressKind *kind, const BtfwAddress *said)
{
  guint n = 0;

  for (guint i = 0; i < MIN (kind->n, BTFW_OWN_ADDRESS_VOICES); i++)
    n += btfw_address_same_host (&kind->voices[i].said, said);
  return n;
}

/* The one that @who already has, or the oldest. */
static BtfwOwnAddressVoice *
find_voice (BtfwOwnAddressKind *kind, const BtfwAddress *who)
{
  for (guint i = 0; i < MIN (kind->n, BTFW_OWN_ADDRESS_VOICES); i++)
    if (btfw_address_same_host (&kind->voices[i].who, who))
      return &kind->voices[i];
  return &kind->voices[kind->n++ % BTFW_OWN_ADDRESS_VOICES];
}

/* What was believed stays so until more say something else. */
static gboolean
count_again (BtfwOwnAddressKind *kind)
{
  BtfwAddress best = kind->best;
  guint       n_best = kind->is_known ? count_voices (kind, &best) : 0;

  for (guint i = 0; i < MIN (kind->n, BTFW_OWN_ADDRESS_VOICES); i++)
    {
      guint n = count_voices (kind, &kind->voices[i].said);

      if (n <= n_best)
        continue;
      n_best = n;
      best = kind->voices[i].said;
    }
  if (kind->is_known && btfw_address_same_host (&best, &kind->best))
    return FALSE;
  kind->best = best;
  kind->is_known = TRUE;
  return TRUE;
}

void
btfw_own_address_hear (BtfwOwnAddress *self, const BtfwAddress *who, const guint8 *ip, gsize ip_size)
{
  BtfwOwnAddressKind  *kind = &self->kinds[get_kind (who)];
  BtfwOwnAddressVoice *voice;
  BtfwAddress          said;

  if (!btfw_address_from_ip (&said, ip, ip_size, 1) || !btfw_address_is_usable (&said) || get_kind (&said) != get_kind (who))
    return;

  said.port = 0;
  voice = find_voice (kind, who);
  voice->who = *who;
  voice->said = said;
  if (count_again (kind))
    self->serial++;
}

const BtfwAddress *
btfw_own_address_get (const BtfwOwnAddress *self, const BtfwAddress *peer)
{
  const BtfwOwnAddressKind *kind = &self->kinds[get_kind (peer)];

  return kind->is_known ? &kind->best : NULL;
}

guint32
btfw_own_address_get_priority (const BtfwOwnAddress *self, guint16 port, const BtfwAddress *peer)
{
  const BtfwAddress *known = btfw_own_address_get (self, peer);
  BtfwAddress        own;

  if (known == NULL)
    return 0;
  own = *known;
  own.port = port;
  return btfw_peer_priority (&own, peer);
}
