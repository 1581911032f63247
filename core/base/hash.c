/* hash.c: streams of SHA-1 and SHA-256, and how they share the engines. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/hash-engine.h"

#include <string.h>

/* How many parts are put in order of their length at a time. */
#define QUEUE_SIZE 64

static const guint32 first_words[BTFW_HASH_N_KINDS][8] = {
  [BTFW_HASH_SHA1] = { 0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0 },
  [BTFW_HASH_SHA256] = { 0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19 },
};

/* The parts of one kind in one call, on their way through the lanes. */
typedef struct
{
  const BtfwHashPlan *plan;
  BtfwHashKind        kind;
  const BtfwHashPart *parts; /* those that were not looked at yet */
  guint               n_parts;
  guint               n_streams; /* of this kind, in the whole call */
  guint               n_queued;
  guint               n_active;
  BtfwHashLane        queue[QUEUE_SIZE]; /* the longest last */
  BtfwHashLane        active[BTFW_HASH_LANES_MAX];
} Batch;

gsize
btfw_hash_get_size (BtfwHashKind kind)
{
  return kind == BTFW_HASH_SHA1 ? 20 : 32;
}

void
btfw_hasher_init (BtfwHasher *self, BtfwHashKind kind)
{
  self->kind = kind;
  memcpy (self->words, first_words[kind], sizeof self->words);
  self->n_bytes = 0;
  self->handle = NULL;
}

void
btfw_hasher_clear (BtfwHasher *self)
{
  if (self->handle)
    btfw_hash_gnutls_end (self, NULL);
}

/* Decides with the first byte whose the stream is: see BtfwHashPlan. */
static void
btfw_hasher_begin (BtfwHasher *self, const BtfwHashPlan *plan, guint n_streams)
{
  if (self->n_bytes == 0 && !self->handle && n_streams < plan->ours_from[self->kind])
    btfw_hash_gnutls_begin (self);
}

static void
btfw_hasher_hash_alone (BtfwHasher         *self,
                        const BtfwHashPlan *plan,
                        const guint8       *data,
                        gsize               n_blocks)
{
  BtfwHashLane lane = { .words = self->words, .data = data };

  if (n_blocks > 0)
    plan->few->hash_blocks[self->kind](&lane, 1, n_blocks);
}

/* Takes a part in, but for the whole blocks in its middle, which it leaves in
 * @lane. The tail can be kept already, as nothing needs its place any more. */
static void
btfw_hasher_take (BtfwHasher         *self,
                  const BtfwHashPlan *plan,
                  const guint8       *data,
                  gsize               size,
                  BtfwHashLane       *lane)
{
  gsize used = self->n_bytes % BTFW_HASH_BLOCK_SIZE;

  *lane = (BtfwHashLane){ .words = self->words };
  self->n_bytes += size;

  if (used > 0)
    {
      gsize head = MIN (size, BTFW_HASH_BLOCK_SIZE - used);

      memcpy (self->tail + used, data, head);
      if (used + head < BTFW_HASH_BLOCK_SIZE)
        return;

      btfw_hasher_hash_alone (self, plan, self->tail, 1);
      data += head;
      size -= head;
    }

  lane->data = data;
  lane->n_blocks = size / BTFW_HASH_BLOCK_SIZE;
  memcpy (self->tail, data + lane->n_blocks * BTFW_HASH_BLOCK_SIZE, size % BTFW_HASH_BLOCK_SIZE);
}

void
btfw_hasher_update (BtfwHasher *self, const guint8 *data, gsize size)
{
  const BtfwHashPlan *plan = btfw_hash_get_plan ();
  BtfwHashLane        lane;

  if (size == 0)
    return;

  btfw_hasher_begin (self, plan, 1);
  if (self->handle)
    {
      btfw_hash_gnutls_update (self, data, size);
      return;
    }

  btfw_hasher_take (self, plan, data, size, &lane);
  btfw_hasher_hash_alone (self, plan, lane.data, lane.n_blocks);
}

/* The end of a message: a one bit, zeros, and its length in bits. */
static void
btfw_hasher_pad (BtfwHasher *self)
{
  guint8  end[2 * BTFW_HASH_BLOCK_SIZE] = { 0 };
  gsize   used = self->n_bytes % BTFW_HASH_BLOCK_SIZE;
  guint64 n_bits = GUINT64_TO_BE (self->n_bytes * 8);
  gsize   n_blocks = used + 1 + sizeof n_bits <= BTFW_HASH_BLOCK_SIZE ? 1 : 2;

  memcpy (end, self->tail, used);
  end[used] = 0x80;
  memcpy (end + n_blocks * BTFW_HASH_BLOCK_SIZE - sizeof n_bits, &n_bits, sizeof n_bits);

  btfw_hasher_hash_alone (self, btfw_hash_get_plan (), end, n_blocks);
}

void
btfw_hasher_finish (BtfwHasher *self, guint8 *digest)
{
  gsize size = btfw_hash_get_size (self->kind);

  btfw_hasher_begin (self, btfw_hash_get_plan (), 1);
  if (self->handle)
    {
      btfw_hash_gnutls_end (self, digest);
      return;
    }

  btfw_hasher_pad (self);
  for (gsize i = 0; i < size / 4; i++)
    {
      guint32 word = GUINT32_TO_BE (self->words[i]);

      memcpy (digest + 4 * i, &word, sizeof word);
    }
}

/* Keeps the queue in order. Parts are mostly equally long, and then this is
 * one comparison. */
static void
batch_queue (Batch *self, const BtfwHashLane *lane)
{
  guint place = self->n_queued++;

  for (; place > 0 && self->queue[place - 1].n_blocks > lane->n_blocks; place--)
    self->queue[place] = self->queue[place - 1];

  self->queue[place] = *lane;
}

/* Looks at one more part, which may leave blocks for the queue. */
static void
batch_look (Batch *self)
{
  const BtfwHashPart *part = self->parts++;
  BtfwHashLane        lane;

  self->n_parts--;
  if (part->hasher->kind != self->kind || part->size == 0)
    return;

  btfw_hasher_begin (part->hasher, self->plan, self->n_streams);
  if (part->hasher->handle)
    {
      btfw_hash_gnutls_update (part->hasher, part->data, part->size);
      return;
    }

  btfw_hasher_take (part->hasher, self->plan, part->data, part->size, &lane);
  if (lane.n_blocks > 0)
    batch_queue (self, &lane);
}

/* Fills the lanes that are free, with the longest first, so that in the end
 * they are done at about the same time. */
static void
batch_fill (Batch *self)
{
  while (self->n_active < BTFW_HASH_LANES_MAX)
    {
      while (self->n_queued < QUEUE_SIZE && self->n_parts > 0)
        batch_look (self);
      if (self->n_queued == 0)
        return;

      self->active[self->n_active++] = self->queue[--self->n_queued];
    }
}

/* Hashes until the shortest of the lanes is done, and frees that. */
static void
batch_step (Batch *self)
{
  gboolean              many = self->n_active >= self->plan->many_from[self->kind];
  const BtfwHashEngine *engine = many ? self->plan->many : self->plan->few;
  guint                 n_lanes = MIN (self->n_active, engine->n_lanes);
  gsize                 n_blocks = G_MAXSIZE;
  guint                 kept = 0;

  for (guint i = 0; i < n_lanes; i++)
    n_blocks = MIN (n_blocks, self->active[i].n_blocks);

  engine->hash_blocks[self->kind](self->active, n_lanes, n_blocks);

  for (guint i = 0; i < self->n_active; i++)
    {
      BtfwHashLane *lane = &self->active[i];

      if (i < n_lanes)
        {
          lane->data += n_blocks * BTFW_HASH_BLOCK_SIZE;
          lane->n_blocks -= n_blocks;
        }
      if (lane->n_blocks > 0)
        self->active[kept++] = *lane;
    }

  self->n_active = kept;
}

/* How many streams of a kind could be hashed by engines of ours. */
static guint
count_streams (const BtfwHashPart *parts, guint n_parts, BtfwHashKind kind)
{
  guint n = 0;

  for (guint i = 0; i < n_parts; i++)
    n += parts[i].size > 0 && parts[i].hasher->kind == kind && !parts[i].hasher->handle;

  return n;
}

static void
update_kind (const BtfwHashPart *parts, guint n_parts, BtfwHashKind kind)
{
  Batch batch;

  batch.plan = btfw_hash_get_plan ();
  batch.kind = kind;
  batch.parts = parts;
  batch.n_parts = n_parts;
  batch.n_streams = count_streams (parts, n_parts, kind);
  batch.n_queued = 0;
  batch.n_active = 0;

  for (batch_fill (&batch); batch.n_active > 0; batch_fill (&batch))
    batch_step (&batch);
}

void
btfw_hasher_update_many (BtfwHashPart *parts, guint n_parts)
{
  update_kind (parts, n_parts, BTFW_HASH_SHA1);
  update_kind (parts, n_parts, BTFW_HASH_SHA256);
}

void
btfw_hash_once (BtfwHashKind kind, const guint8 *data, gsize size, guint8 *digest)
{
  BtfwHasher hasher;

  btfw_hasher_init (&hasher, kind);
  btfw_hasher_update (&hasher, data, size);
  btfw_hasher_finish (&hasher, digest);
}
