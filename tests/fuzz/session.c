/* session.c: a torrent among peers, in virtual time: any messages, in any order,
 * and whatever can happen to it meanwhile. The input is read as a list of events;
 * after each of them everything that is counted must add up. In the end the
 * world is healed, and the download must come to its end with the right bytes. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz.h"

#include "base/reader.h"
#include "lab-peer.h"

#include <string.h>

#define N_PEERS 4u
#define PIECE (32 * KIB)
#define N_PIECES 10u
#define SIZE ((guint64) PIECE * N_PIECES - 5000)
/* So long may one input be, in events and in virtual time. */
#define EVENTS_MAX 300u
#define TIME_MAX SECONDS (300)
#define MEMORY (4 * MIB)

GType btfw_plugin_extension_metadata_get_type (void);
GType btfw_plugin_extension_donthave_get_type (void);

/* Who is at the other ends; all of them also say what the input tells them to. */
static const LabPeerSpec peer_specs[N_PEERS] = {
  { .is_silent = TRUE },
  { .is_silent = TRUE, .features = BTFW_FEATURE_FAST | BTFW_FEATURE_EXTENSION, .answers = TRUE },
  { .answers = TRUE, .features = BTFW_FEATURE_FAST, .poison_every = 5, .delay = MILLISECONDS (20) },
  { .answers = TRUE, .reject_every = 7, .features = BTFW_FEATURE_FAST | BTFW_FEATURE_EXTENSION, .delay = MILLISECONDS (3) },
};

typedef struct
{
  Lab     *lab;
  LabNode *node; /* the one that is looked at */
  LabNode *seed; /* an honest one */
  LabPeer *peers[N_PEERS];
  gboolean has_lied; /* the disk has: what is claimed since may be wrong */
} World;

static void
add_extensions (BtfwExtensionSet *set)
{
  btfw_extension_set_add (set, g_object_new (btfw_plugin_extension_metadata_get_type (), NULL), 0, NULL);
  btfw_extension_set_add (set, g_object_new (btfw_plugin_extension_donthave_get_type (), NULL), 0, NULL);
}

/* --- What must hold --- */

static guint
count_requests (const BtfwSwarm *swarm, guint32 piece, guint32 block)
{
  guint n = 0;

  for (guint i = 0; i < swarm->peers->len; i++)
    {
      const BtfwPeer *peer = g_ptr_array_index (swarm->peers, i);

      for (guint j = 0; j < peer->requests.n; j++)
        {
          const BtfwRequest *request = btfw_ring_get (&peer->requests, j);

          n += request->piece == piece && request->block == block;
        }
    }
  return n;
}

static guint
check_active (const BtfwSwarm *swarm, const BtfwActivePiece *active)
{
  guint n_free = 0;
  guint n_received = 0;

  for (guint32 i = 0; i < active->n_blocks; i++)
    {
      const BtfwActiveBlock *block = &active->blocks[i];

      n_free += block->state == BTFW_BLOCK_FREE;
      n_received += block->state > BTFW_BLOCK_ASKED;
      g_assert_cmpuint (block->n_asked, ==, count_requests (swarm, active->piece, i));
      g_assert_true (block->state != BTFW_BLOCK_FREE || block->n_asked == 0);
    }
  g_assert_cmpuint (active->n_free, ==, n_free);
  g_assert_cmpuint (active->n_received, ==, n_received);
  g_assert_false (btfw_bitfield_get (&swarm->map.have, active->piece));
  return n_received;
}

static void
check_actives (const BtfwSwarm *swarm)
{
  guint n_received = 0;

  for (guint i = 0; i < btfw_actives_get_n (&swarm->actives); i++)
    n_received += check_active (swarm, btfw_actives_get (&swarm->actives, i));
  g_assert_cmpuint (swarm->n_blocks_active, ==, n_received);
}

static void
check_peers (const BtfwSwarm *swarm)
{
  guint n_seeds = 0;

  g_assert_cmpuint (swarm->peers->len, <=, swarm->resources->limits.max_peers);
  for (guint i = 0; i < swarm->peers->len; i++)
    {
      const BtfwPeer *peer = g_ptr_array_index (swarm->peers, i);

      g_assert_cmpuint (peer->place, ==, i);
      g_assert_cmpuint (peer->requests.n, <=, 2000);
      g_assert_cmpuint (peer->uploads.n, <=, 2000);
      n_seeds += peer->has_all;
      if (swarm->metainfo == NULL)
        continue;
      g_assert_true (peer->pieces.n_bits == 0 || peer->pieces.n_bits == swarm->map.n_pieces);
      if (peer->has_all)
        g_assert_cmpuint (peer->n_interesting, ==, swarm->map.missing.n_set);
      else if (peer->pieces.n_bits > 0)
        g_assert_cmpuint (peer->n_interesting, ==, btfw_bitfield_count_and (&peer->pieces, &swarm->map.missing));
      else
        g_assert_cmpuint (peer->n_interesting, ==, 0);
    }
  if (swarm->metainfo != NULL)
    g_assert_cmpuint (swarm->map.n_seeds, ==, n_seeds);
}

/* No piece is claimed that is not what the torrent says. */
static void
check_pieces (World *self)
{
  const BtfwPieceMap *map = &self->node->swarm->map;

  if (self->has_lied)
    return;
  for (guint32 piece = 0; piece < map->n_pieces; piece++)
    {
      guint64 offset = (guint64) piece * PIECE;

      if (btfw_bitfield_get (&map->have, piece))
        g_assert_cmpint (memcmp (self->node->storage->bytes + offset, self->lab->content + offset, MIN (PIECE, SIZE - offset)), ==, 0);
    }
}

static void
check (World *self)
{
  const BtfwSwarm *swarm = self->node->swarm;
  BtfwBuffers     *buffers = self->node->resources.buffers;

  g_assert_cmpuint (btfw_buffers_get_n_used (buffers), <=, btfw_buffers_get_n_max (buffers));
  if (swarm == NULL)
    return;
  check_peers (swarm);
  g_assert_cmpuint (swarm->candidates.list->len, <=, BTFW_CANDIDATES_MAX);
  g_assert_cmpuint (swarm->blame.n_sums, <=, BTFW_BLAME_SUMS_MAX);
  if (swarm->metainfo == NULL)
    return;
  check_actives (swarm);
  check_pieces (self);
}

/* --- What peers say --- */

static guint8
take (BtfwReader *in)
{
  guint8 byte = 0;

  btfw_reader_get_u8 (in, &byte);
  return byte;
}

/* Mostly inside the torrent, at times right at its border, or far out. */
static BtfwBlock
take_block (BtfwReader *in)
{
  static const guint32 offsets[] = { 0, 16 * KIB, 1, 32 * KIB, 27768, 32 * KIB - 1, G_MAXUINT32, 0 };
  static const guint32 lengths[] = { 16 * KIB, 16 * KIB, 1, 0, 32 * KIB, 128 * KIB, 128 * KIB + 1, G_MAXUINT32, 11384 };
  guint8               piece = take (in);
  guint8               place = take (in);

  return (BtfwBlock){ piece == 255 ? G_MAXUINT32 : piece % (N_PIECES + 2), offsets[place % G_N_ELEMENTS (offsets)],
                      lengths[(place / 8) % G_N_ELEMENTS (lengths)] };
}

static void
say_bytes (LabPeer *peer, BtfwReader *in)
{
  const guint8 *bytes;
  guint         n = take (in) % 64;

  n = (guint) MIN (n, in->left);
  btfw_reader_get_bytes (in, n, &bytes);
  g_byte_array_append (peer->out, bytes, n);
}

static void
say_bitfield (LabPeer *peer, BtfwReader *in)
{
  gsize   size = (gsize) 2 + take (in) % 8 / 7; /* now and then too long */
  guint8 *bits = btfw_wire_put_bitfield (peer->out, size);

  bits[0] = take (in);
  bits[1] = take (in);
  if (bits[1] % 8 != 1)
    bits[1] &= 0xc0; /* mostly without spare bits */
  if (size > 2)
    bits[2] = 0;
}

static void
say_extended (LabPeer *peer, BtfwReader *in)
{
  static const char *const bodies[] = {
    "d1:md11:lt_donthavei7e11:ut_metadatai3ee13:metadata_sizei100ee", "d1:md11:ut_metadatai0eee", "d8:msg_typei0e5:piecei0ee",
    "d8:msg_typei2e5:piecei0ee", "d8:msg_typei1e5:piecei0e10:total_sizei100ee0123456789", "de", "i1e",
  };
  guint8        id = take (in);
  guint8        which = take (in);
  const guint8 *bytes;
  guint         n;

  if (which < G_N_ELEMENTS (bodies))
    {
      btfw_wire_put_extended (peer->out, id % 4, (const guint8 *) bodies[which], strlen (bodies[which]));
      return;
    }
  n = (guint) MIN (which % 48u, in->left);
  btfw_reader_get_bytes (in, n, &bytes);
  btfw_wire_put_extended (peer->out, id, bytes, n);
}

static void
send_block (LabPeer *peer, BtfwReader *in)
{
  BtfwBlock block = take_block (in);

  if ((guint64) block.piece * PIECE + block.offset + block.length <= SIZE)
    lab_peer_send_block (peer, &block, take (in) % 4 == 0);
}

static void
say (LabPeer *peer, BtfwReader *in)
{
  static const BtfwWireId bare[] = { BTFW_WIRE_CHOKE, BTFW_WIRE_UNCHOKE, BTFW_WIRE_INTERESTED, BTFW_WIRE_NOT_INTERESTED, BTFW_WIRE_HAVE_ALL, BTFW_WIRE_HAVE_NONE };
  static const BtfwWireId indexed[] = { BTFW_WIRE_HAVE, BTFW_WIRE_SUGGEST, BTFW_WIRE_ALLOWED_FAST };
  static const BtfwWireId blocks[] = { BTFW_WIRE_REQUEST, BTFW_WIRE_CANCEL, BTFW_WIRE_REJECT };
  guint8                  what = take (in);
  BtfwBlock               block;

  switch (what % 9)
    {
    case 0:
    case 1:
      btfw_wire_put_bare (peer->out, bare[what / 9 % G_N_ELEMENTS (bare)]);
      break;
    case 2:
      btfw_wire_put_piece_index (peer->out, indexed[what / 9 % G_N_ELEMENTS (indexed)], take_block (in).piece);
      break;
    case 3:
      say_bitfield (peer, in);
      break;
    case 4:
    case 5:
      block = take_block (in);
      btfw_wire_put_block (peer->out, blocks[what / 9 % G_N_ELEMENTS (blocks)], &block);
      break;
    case 6:
      send_block (peer, in);
      break;
    case 7:
      say_extended (peer, in);
      break;
    default:
      say_bytes (peer, in);
    }
}

/* --- What happens --- */

static LabPeer *
get_peer (World *self, guint i)
{
  if (self->peers[i] != NULL && self->peers[i]->stream == NULL)
    g_clear_pointer (&self->peers[i], lab_peer_free);
  if (self->peers[i] == NULL && self->node->swarm != NULL && btfw_swarm_admits (self->node->swarm))
    self->peers[i] = lab_peer_new (self->node, i, &peer_specs[i]);
  return self->peers[i];
}

static void
drop_peers (World *self)
{
  for (guint i = 0; i < N_PEERS; i++)
    g_clear_pointer (&self->peers[i], lab_peer_free);
}

static void
change_disk (World *self, guint8 how)
{
  static const BtfwStorageError kinds[] = { BTFW_STORAGE_ERROR_FULL, BTFW_STORAGE_ERROR_ABSENT, BTFW_STORAGE_ERROR_GONE, BTFW_STORAGE_ERROR_BROKEN };
  LabStorage                   *storage = self->node->storage;

  switch (how % 4)
    {
    case 0:
      storage->write_fault = (int) kinds[how / 4 % G_N_ELEMENTS (kinds)];
      break;
    case 1:
      lab_storage_break (storage, kinds[how / 4 % G_N_ELEMENTS (kinds)], how * KIB, how * KIB + PIECE);
      break;
    default:
      storage->write_fault = LAB_NO_FAULT;
      storage->read_fault = LAB_NO_FAULT;
    }
}

static void
change_life (World *self, guint8 how)
{
  BtfwSwarm *swarm = self->node->swarm;
  guint8     priorities[1] = { (how / 8) % 4 };

  switch (how % 8)
    {
    case 0:
      lab_node_stop (self->node);
      break;
    case 1:
    case 2:
      btfw_swarm_start (swarm);
      break;
    case 3:
      btfw_swarm_check (swarm);
      break;
    case 4:
      btfw_swarm_set_picker (swarm, lab_make_picker (how & 0x80 ? "rarest" : "sequential"));
      break;
    case 5:
      btfw_swarm_set_choker (swarm, lab_make_choker ());
      break;
    case 6:
      btfw_swarm_set_file_priorities (swarm, priorities, 1);
      break;
    default:
      if (how == 0xff && lab_node_is_stopped (self->lab, self->node))
        {
          drop_peers (self);
          lab_node_remove (self->node);
        }
      else
        lab_dial (self->node, self->seed);
    }
}

static void
cut_connection (World *self, guint8 which)
{
  GPtrArray *peers = self->node->swarm->peers;

  if (peers->len > 0)
    lab_pipe_cut (((BtfwPeer *) g_ptr_array_index (peers, which % peers->len))->stream);
}

static void
do_event (World *self, BtfwReader *in)
{
  guint8   event = take (in);
  LabPeer *peer;

  switch (event % 8)
    {
    case 0:
    case 1:
    case 2:
    case 3:
      peer = get_peer (self, event / 8 % N_PEERS);
      if (peer == NULL || peer->stream == NULL)
        break;
      say (peer, in);
      lab_peer_flush (peer);
      break;
    case 4:
    case 5:
      lab_run (self->lab, event & 0x40 ? SECONDS (event / 8 % 8) : MILLISECONDS (event / 8 % 8 * 10));
      break;
    case 6:
      change_life (self, take (in));
      break;
    default:
      if (event & 8)
        change_disk (self, take (in));
      else if (event & 16)
        cut_connection (self, take (in));
      else
        g_clear_pointer (&self->peers[event / 32 % N_PEERS], lab_peer_free);
    }
}

/* Once all is well again, and all others are gone, it comes to its end. */
static void
heal (World *self)
{
  const guint8 normal[1] = { BTFW_PRIORITY_NORMAL };
  LabNode     *node = self->node;

  drop_peers (self);
  node->storage->write_fault = LAB_NO_FAULT;
  node->storage->read_fault = LAB_NO_FAULT;
  g_assert_false (btfw_candidates_is_banned (&node->swarm->candidates, &self->seed->address));
  node->completed = -1;
  for (guint i = 0; i < 4 && node->swarm->state != BTFW_TORRENT_SEEDING; i++)
    {
      btfw_swarm_start (node->swarm);
      lab_dial (node, self->seed);
      lab_run (self->lab, SECONDS (60));
      btfw_swarm_set_file_priorities (node->swarm, normal, 1);
      lab_run_until (self->lab, lab_node_is_complete, node, SECONDS (900));
      check (self);
    }
  /* It may have been content with nothing. */
  btfw_swarm_set_file_priorities (node->swarm, normal, 1);
  lab_dial (node, self->seed);
  lab_run (self->lab, SECONDS (5));
  g_assert_true (node->swarm->state == BTFW_TORRENT_SEEDING || lab_run_until (self->lab, lab_node_is_complete, node, SECONDS (3600)));
  lab_node_assert_content (node);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  BtfwReader        in = BTFW_READER (data, size);
  guint8            how = take (&in);
  const LabNodeSpec spec = {
    .has_all = (how & 3) == 1,
    .has_link = (how & 3) == 2,
    .has_leases = how & 4,
    .memory = MEMORY,
    .add_extensions = add_extensions,
  };
  const LabNodeSpec seed_spec = { .has_all = TRUE, .upload = how & 8 ? 64 * KIB : 0, .add_extensions = add_extensions };
  World             world = { .lab = lab_new (how, SIZE, PIECE) };

  world.lab->link.rate = how & 16 ? 256 * KIB : 0;
  world.seed = lab_add (world.lab, &seed_spec);
  world.node = lab_add (world.lab, &spec);
  lab_run (world.lab, MILLISECONDS (10));
  for (guint i = 0; i < EVENTS_MAX && in.left > 0 && world.node->swarm != NULL && lab_get_time (world.lab) < TIME_MAX; i++)
    {
      do_event (&world, &in);
      check (&world);
    }
  if (world.node->swarm != NULL)
    heal (&world);
  drop_peers (&world);
  lab_free (world.lab);
  return 0;
}
