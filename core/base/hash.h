/* hash.h: SHA-1 and SHA-256, one stream alone or many side by side. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

typedef enum
{
  BTFW_HASH_SHA1,
  BTFW_HASH_SHA256,
} BtfwHashKind;

#define BTFW_HASH_SIZE_MAX 32
#define BTFW_HASH_LANES_MAX 16

gsize btfw_hash_get_size (BtfwHashKind kind);

/* The state of one stream that is hashed in order, in as many parts as it
 * comes. Plain memory of one owner at a time; it may wander between threads
 * with a hand-over. */
typedef struct
{
  BtfwHashKind kind;
  guint32      words[8];
  guint64      n_bytes;
  guint8       tail[64];
  gpointer     handle; /* GnuTLS's, where no engine of ours serves */
} BtfwHasher;

void btfw_hasher_init (BtfwHasher *self, BtfwHashKind kind);
/* Frees what an unfinished hasher holds. */
void btfw_hasher_clear (BtfwHasher *self);
void btfw_hasher_update (BtfwHasher *self, const guint8 *data, gsize size);
/* Gives btfw_hash_get_size() bytes and ends the stream, as clear() does. */
void btfw_hasher_finish (BtfwHasher *self, guint8 *digest);

/* A part for one stream; no two parts of a call may be for the same one. */
typedef struct
{
  BtfwHasher   *hasher;
  const guint8 *data;
  gsize         size;
} BtfwHashPart;

/* Updates up to thousands of streams side by side, with whichever engine is
 * cheapest for their number; never slower than one after another. */
void btfw_hasher_update_many (BtfwHashPart *parts, guint n_parts);

/* How many streams side by side bring nearly all that this machine can gain. */
guint btfw_hash_get_good_company (BtfwHashKind kind);

/* One whole message. */
void btfw_hash_once (BtfwHashKind kind, const guint8 *data, gsize size, guint8 *digest);

/* For tests and benchmarks: the engines of this machine by name ("avx512",
 * "avx2", "sha-ni", "gnutls"), and the choice of one; NULL lets btfw choose. */
const char *const *btfw_hash_list_engines (void);
gboolean           btfw_hash_use_engine (const char *name);
