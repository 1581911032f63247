/* handshake.h: the first 68 bytes in each direction (BEP 3). */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "wire/wire.h"

#define BTFW_HANDSHAKE_SIZE 68u
#define BTFW_PEER_ID_SIZE 20u

typedef enum
{
  BTFW_FEATURE_DHT = 1 << 0,       /* BEP 5 */
  BTFW_FEATURE_FAST = 1 << 1,      /* BEP 6 */
  BTFW_FEATURE_EXTENSION = 1 << 2, /* BEP 10 */
} BtfwFeatures;

typedef struct
{
  BtfwFeatures features;
  guint8       info_hash[20];
  guint8       peer_id[BTFW_PEER_ID_SIZE];
} BtfwHandshake;

void     btfw_handshake_write (const BtfwHandshake *self, guint8 bytes[BTFW_HANDSHAKE_SIZE]);
/* Takes as many bytes as have come so far, and fails at the first wrong one,
 * so that strangers are known early. The hash counts from 48 bytes on, the
 * peer id from 68. */
gboolean btfw_handshake_read (BtfwHandshake *self, const guint8 *bytes, gsize size, GError **error);
