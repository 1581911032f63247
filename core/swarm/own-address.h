/* own-address.h: where we are, as others see it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "net/address.h"

/* So many are heard; the oldest voice goes first. */
#define BTFW_OWN_ADDRESS_VOICES 8

typedef struct
{
  BtfwAddress who;
  BtfwAddress said;
} BtfwOwnAddressVoice;

/* IPv4 and IPv6, in the internet and on local networks, each by itself: who is
 * near sees another address of ours than who is far. */
typedef struct
{
  BtfwOwnAddressVoice voices[BTFW_OWN_ADDRESS_VOICES];
  guint               n;    /* ever heard */
  BtfwAddress         best; /* what most of them say; port 0 */
  gboolean            is_known;
} BtfwOwnAddressKind;

/* All zero bytes: nothing is known yet. */
typedef struct
{
  BtfwOwnAddressKind kinds[4];
  guint              serial; /* another one whenever any of it changed */
} BtfwOwnAddress;

/* @who says that our address is @ip; each has one voice. What does not fit where
 * @who is, is passed over. */
void               btfw_own_address_hear (BtfwOwnAddress *self, const BtfwAddress *who, const guint8 *ip, gsize ip_size);
/* As those see us who are where @peer is; NULL for not known. */
const BtfwAddress *btfw_own_address_get (const BtfwOwnAddress *self, const BtfwAddress *peer);
/* Of a connection between us, who listen at @port, and @peer; 0 for not known. */
guint32            btfw_own_address_get_priority (const BtfwOwnAddress *self, guint16 port, const BtfwAddress *peer);
