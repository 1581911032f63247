/* key-exchange.h: Diffie and Hellman's, in the group of encrypted peers (768 bits). */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

#define BTFW_KEY_SIZE 96u
/* Of the exponent: 160 bits, as everybody uses. */
#define BTFW_SECRET_SIZE 20u

/* Whether this build has it; without GMP the functions below fail. */
gboolean btfw_key_exchange_is_available (void);
/* A fresh secret, and what the other side gets to know of it. */
gboolean btfw_key_exchange_begin (guint8 secret[BTFW_SECRET_SIZE], guint8 ours[BTFW_KEY_SIZE]);
/* FALSE for a key whose result anybody could guess: 0, 1, p - 1, and what is not below p. */
gboolean btfw_key_exchange_finish (const guint8 secret[BTFW_SECRET_SIZE],
                                   const guint8 theirs[BTFW_KEY_SIZE],
                                   guint8       shared[BTFW_KEY_SIZE]);
