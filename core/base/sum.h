/* sum.h: tells bytes from other bytes, also when whoever sent them wants them mistaken. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

#define BTFW_SUM_KEY_SIZE 16

/* SipHash-2-4: who does not know the key cannot make two blocks of one sum. */
guint64 btfw_sum_keyed (const guint8 *key, const guint8 *data, gsize size);
/* With a key that this process drew for itself. Any thread. */
guint64 btfw_sum (const guint8 *data, gsize size);
