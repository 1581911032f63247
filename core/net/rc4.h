/* rc4.h: the stream cipher of encrypted peers: it hides the protocol, and no more. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

typedef struct
{
  guint8 s[256];
  guint8 i;
  guint8 j;
} BtfwRc4;

void btfw_rc4_init (BtfwRc4 *self, const guint8 *key, gsize key_size);
/* @from and @to may be the same. */
void btfw_rc4_apply (BtfwRc4 *self, const guint8 *from, guint8 *to, gsize size);
/* Passes over so many bytes of its stream. */
void btfw_rc4_skip (BtfwRc4 *self, gsize size);
