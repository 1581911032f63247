/* test-run.c: how a swarm without a network moves: peers come and go, blocks arrive, slots change hands. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/test-swarm.h"

#include "swarm/views.h"

#include <string.h>
#include <sys/resource.h>

#define HERE G_MAXUINT8
#define ASKED_MAX 3
/* One step of the time, and how many blocks a peer owes us at most. */
#define STEP (G_USEC_PER_SEC / 10)
#define QUEUE 16
/* Whatever takes longer on the loop's thread, and sleeps meanwhile, blocks it. */
#define BLOCKED (20 * 1000)

/* A call of a plugin, and what it must leave as it was. */
typedef struct
{
  const char *method;
  gint64      begun;
  glong       n_sleeps;
} Call;

static void
note (BtfwTestSwarm *self, guint64 what)
{
  self->trace = (self->trace ^ what) * G_GUINT64_CONSTANT (0x100000001b3);
}

static glong
count_sleeps (void)
{
  struct rusage usage;

  return getrusage (RUSAGE_THREAD, &usage) == 0 ? usage.ru_nvcsw : 0;
}

static Call
begin_call (const char *method)
{
  return (Call){ method, g_get_monotonic_time (), count_sleeps () };
}

/* On a busy machine a call can be long without any fault of its own; only one
 * that gave the processor away has waited for something. */
static void
end_call (BtfwTestSwarm *self, const Call *call)
{
  gint64 took = g_get_monotonic_time () - call->begun;

  if (took > BLOCKED && count_sleeps () > call->n_sleeps)
    btfw_test_swarm_fault (self, "blocks", "%s() waited for %" G_GINT64_FORMAT " ms on the loop's thread",
                           call->method, took / 1000);
  if (btfw_swarm_view_count_test (self->view) < 0)
    btfw_test_swarm_fault (self, "unref-borrowed", "%s() gave back a reference to the swarm view that it did not take",
                           call->method);
  for (guint i = 0; i < self->present->len; i++)
    if (btfw_peer_view_count_test (((BtfwTestPeer *) g_ptr_array_index (self->present, i))->view) < 0)
      btfw_test_swarm_fault (self, "unref-borrowed", "%s() gave back a reference to a peer that it did not take", call->method);
}

static void
tell_pieces (BtfwTestSwarm *self, guint32 first, guint32 n, BtfwPieceChange what)
{
  Call call = begin_call ("pieces_changed");

  if (self->picker == NULL)
    return;
  btfw_picker_pieces_changed (self->picker, first, n, what);
  end_call (self, &call);
}

static void
tell_peer (BtfwTestSwarm *self, BtfwTestPeer *peer, BtfwPeerChange what)
{
  Call call = begin_call ("peer_changed");

  if (self->picker == NULL)
    return;
  btfw_picker_peer_changed (self->picker, peer->view, what);
  end_call (self, &call);
}

/* --- Blocks --- */

static void
drop_request (BtfwTestPeer *peer, guint32 piece, guint32 block)
{
  for (guint i = 0; i < peer->requests->len; i++)
    {
      const BtfwTestRequest *request = &g_array_index (peer->requests, BtfwTestRequest, i);

      if (request->piece == piece && request->block == block)
        {
          g_array_remove_index (peer->requests, i);
          return;
        }
    }
}

static gboolean
is_owed (BtfwTestPeer *peer, guint32 piece, guint32 block)
{
  for (guint i = 0; i < peer->requests->len; i++)
    {
      const BtfwTestRequest *request = &g_array_index (peer->requests, BtfwTestRequest, i);

      if (request->piece == piece && request->block == block)
        return TRUE;
    }
  return FALSE;
}

static void
forget_blocks (BtfwTestSwarm *self, guint32 piece)
{
  guint32 n_blocks = btfw_test_swarm_get_n_blocks (self, piece);

  for (guint32 i = 0; self->blocks[piece] != NULL && i < n_blocks; i++)
    self->n_blocks_here -= self->blocks[piece][i] == HERE;
  for (guint i = 0; i < self->present->len; i++)
    for (guint32 k = 0; k < n_blocks; k++)
      drop_request (g_ptr_array_index (self->present, i), piece, k);
  g_clear_pointer (&self->blocks[piece], g_free);
}

void
btfw_test_swarm_set_have (BtfwTestSwarm *self, guint32 piece, gboolean have)
{
  g_return_if_fail (self != NULL && piece < self->n_pieces);

  forget_blocks (self, piece);
  if (have)
    {
      btfw_bitfield_set (&self->have, piece);
      btfw_bitfield_unset (&self->missing, piece);
    }
  else
    {
      btfw_bitfield_unset (&self->have, piece);
      if (self->priorities[piece] != BTFW_PRIORITY_SKIP)
        btfw_bitfield_set (&self->missing, piece);
    }
  tell_pieces (self, piece, 1, BTFW_PIECE_CHANGE_STATE);
}

void
btfw_test_swarm_set_priority (BtfwTestSwarm *self, guint32 piece, BtfwPriority priority)
{
  g_return_if_fail (self != NULL && piece < self->n_pieces);

  self->priorities[piece] = priority;
  if (priority == BTFW_PRIORITY_SKIP)
    btfw_bitfield_unset (&self->missing, piece);
  else if (!btfw_bitfield_get (&self->have, piece))
    btfw_bitfield_set (&self->missing, piece);
  tell_pieces (self, piece, 1, BTFW_PIECE_CHANGE_PRIORITY);
}

static void
ask_for_block (BtfwTestPeer *peer, guint32 piece, guint32 block)
{
  BtfwTestSwarm  *swarm = peer->swarm;
  BtfwTestRequest request = { piece, block };

  swarm->n_duplicates += swarm->blocks[piece][block] > 0;
  swarm->blocks[piece][block]++;
  g_array_append_val (peer->requests, request);
}

static void
ask_for_piece (BtfwTestPeer *peer, guint32 piece, BtfwPickKind kind, guint max)
{
  BtfwTestSwarm *swarm = peer->swarm;
  BtfwPieceState before = btfw_test_swarm_get_state (swarm, piece);
  guint32        n_blocks = btfw_test_swarm_get_n_blocks (swarm, piece);

  if (swarm->blocks[piece] == NULL)
    swarm->blocks[piece] = g_new0 (guint8, n_blocks);

  for (guint32 i = 0; i < n_blocks && max > 0; i++)
    {
      guint8 asked = swarm->blocks[piece][i];

      if (kind == BTFW_PICK_DUPLICATE ? asked == 0 || asked >= ASKED_MAX || is_owed (peer, piece, i) : asked != 0)
        continue;
      ask_for_block (peer, piece, i);
      max--;
    }

  if (btfw_test_swarm_get_state (swarm, piece) != before)
    tell_pieces (swarm, piece, 1, BTFW_PIECE_CHANGE_STATE);
}

/* Asks the picker, and turns what it offered into requests. */
static void
fill (BtfwTestPeer *peer, guint n_blocks)
{
  BtfwTestSwarm *self = peer->swarm;
  BtfwPicks     *picks = self->picks = btfw_picks_renew (self->picks);
  Call           call;

  picks->test = peer;
  picks->n_wanted = n_blocks;
  picks->n_taken = picks->n_items = 0;
  call = begin_call ("pick");
  btfw_picker_pick (self->picker, peer->view, picks);
  end_call (self, &call);
  picks->test = NULL;

  note (self, peer->id << 32 | picks->n_items);
  for (guint i = 0; i < picks->n_items; i++)
    {
      note (self, (guint64) picks->items[i].piece << 8 | picks->items[i].kind);
      ask_for_piece (peer, picks->items[i].piece, picks->items[i].kind, MAX (QUEUE, n_blocks) - MIN (peer->requests->len, MAX (QUEUE, n_blocks)));
    }
}

guint32 *
btfw_test_swarm_pick (BtfwTestSwarm *self, guint peer, guint n_blocks, guint *n_pieces)
{
  guint32 *pieces;

  g_return_val_if_fail (self != NULL && self->picker != NULL && peer < self->peers->len, NULL);
  g_return_val_if_fail (g_ptr_array_index (self->peers, peer) != NULL && n_pieces != NULL, NULL);

  fill (g_ptr_array_index (self->peers, peer), n_blocks);
  *n_pieces = self->picks->n_items;
  pieces = g_new0 (guint32, *n_pieces + 1);
  for (guint i = 0; i < *n_pieces; i++)
    pieces[i] = self->picks->items[i].piece;
  return pieces;
}

static gboolean
is_whole (BtfwTestSwarm *self, guint32 piece)
{
  guint32 n_blocks = btfw_test_swarm_get_n_blocks (self, piece);

  for (guint32 i = 0; i < n_blocks; i++)
    if (self->blocks[piece][i] != HERE)
      return FALSE;
  return TRUE;
}

static void
receive (BtfwTestPeer *peer, BtfwTestRequest request)
{
  BtfwTestSwarm *self = peer->swarm;

  for (guint i = 0; i < self->present->len; i++)
    drop_request (g_ptr_array_index (self->present, i), request.piece, request.block);
  peer->downloaded += BTFW_BLOCK_SIZE;
  if (btfw_bitfield_get (&self->have, request.piece) || self->blocks[request.piece] == NULL)
    return;

  self->blocks[request.piece][request.block] = HERE;
  self->n_blocks_here++;
  if (is_whole (self, request.piece))
    btfw_test_swarm_set_have (self, request.piece, TRUE);
}

static void
deliver (BtfwTestPeer *peer)
{
  guint64 before = peer->downloaded;

  peer->credit += peer->gives * STEP / G_USEC_PER_SEC;
  while (peer->requests->len > 0 && peer->credit >= BTFW_BLOCK_SIZE && !peer->chokes_us)
    {
      peer->credit -= BTFW_BLOCK_SIZE;
      receive (peer, g_array_index (peer->requests, BtfwTestRequest, 0));
    }
  if (peer->requests->len == 0)
    peer->credit = MIN (peer->credit, BTFW_BLOCK_SIZE);
  peer->download_rate += ((double) (peer->downloaded - before) * G_USEC_PER_SEC / STEP - peer->download_rate) / 20;
}

/* What the peer owed us is free again. */
static void
release (BtfwTestPeer *peer)
{
  BtfwTestSwarm *self = peer->swarm;

  while (peer->requests->len > 0)
    {
      BtfwTestRequest request = g_array_index (peer->requests, BtfwTestRequest, 0);
      BtfwPieceState  before = btfw_test_swarm_get_state (self, request.piece);

      g_array_remove_index (peer->requests, 0);
      if (self->blocks[request.piece] != NULL && self->blocks[request.piece][request.block] != HERE)
        self->blocks[request.piece][request.block]--;
      if (btfw_test_swarm_get_state (self, request.piece) != before)
        tell_pieces (self, request.piece, 1, BTFW_PIECE_CHANGE_STATE);
    }
}

/* --- Slots --- */

static void
apply_choice (BtfwTestSwarm *self, BtfwPeerGroup *group)
{
  gint64 now = btfw_loop_get_time (self->loop);

  for (guint i = 0; i < self->present->len; i++)
    {
      BtfwTestPeer *peer = g_ptr_array_index (self->present, i);
      gboolean      is_served = btfw_peer_group_is_chosen (group, i);

      if (is_served && !peer->is_served)
        peer->unchoked = now;
      if (is_served || peer->is_served)
        peer->last_unchoked = now;
      peer->is_served = is_served;
      note (self, peer->id << 1 | is_served);
    }
}

static guint
count_served (BtfwTestSwarm *self)
{
  guint n = 0;

  for (guint i = 0; i < self->present->len; i++)
    {
      const BtfwTestPeer *peer = g_ptr_array_index (self->present, i);

      n += peer->is_served && peer->wants_something;
    }
  return n;
}

guint
btfw_test_swarm_rechoke (BtfwTestSwarm *self, gboolean is_round)
{
  BtfwPeerGroup *group;
  Call           call;
  int            n_kept;

  g_return_val_if_fail (self != NULL && self->choker != NULL, 0);

  group = self->group = btfw_peer_group_new_test (self, self->slots);
  call = begin_call ("rechoke");
  btfw_choker_rechoke (self->choker, group, is_round);
  end_call (self, &call);
  self->group = NULL;

  apply_choice (self, group);
  n_kept = btfw_peer_group_count_test (group);
  if (n_kept != 0)
    btfw_test_swarm_fault (self, n_kept > 0 ? "group-kept" : "unref-borrowed",
                           n_kept > 0 ? "rechoke() kept a reference to the group, which is valid only during the call"
                                      : "rechoke() gave back a reference to the group that it did not take");
  btfw_peer_group_end_test (group);
  return count_served (self);
}

static void
wake_choker (BtfwTestSwarm *self)
{
  if (self->choker != NULL && self->group == NULL)
    btfw_test_swarm_rechoke (self, FALSE);
}

static void
run_choker (BtfwTestSwarm *self)
{
  gint64 now = btfw_loop_get_time (self->loop);
  Call   call = begin_call ("get_period");
  guint  period;

  if (self->choker == NULL || now < self->next_round)
    return;
  period = btfw_choker_get_period (self->choker);
  end_call (self, &call);
  if (period == 0 || period > 3600 * 1000)
    btfw_test_swarm_fault (self, "period", "get_period() answered %u ms, which is %s", period,
                           period == 0 ? "no time at all" : "more than an hour");
  self->next_round = now + (gint64) CLAMP (period, 1000, 60 * 1000) * 1000;
  btfw_test_swarm_rechoke (self, TRUE);
}

static void
upload (BtfwTestPeer *peer)
{
  guint64 bytes = peer->is_served && peer->wants_something ? peer->takes * STEP / G_USEC_PER_SEC : 0;

  peer->uploaded += bytes;
  peer->upload_rate += ((double) bytes * G_USEC_PER_SEC / STEP - peer->upload_rate) / 20;
}

/* --- Peers --- */

static BtfwTestPeer *
get_peer (BtfwTestSwarm *self, guint number)
{
  return number < self->peers->len ? g_ptr_array_index (self->peers, number) : NULL;
}

static void
count_peer (BtfwTestPeer *peer, int change)
{
  BtfwTestSwarm *self = peer->swarm;

  if (peer->is_seed)
    self->n_seeds += change;
  for (guint32 piece = 0; piece < self->n_pieces && !peer->is_seed; piece++)
    if (btfw_bitfield_get (&peer->has, piece))
      {
        self->counts[piece] += change;
        tell_pieces (self, piece, 1, BTFW_PIECE_CHANGE_AVAILABILITY);
      }
}

guint
btfw_test_swarm_add_peer (BtfwTestSwarm *self, const BtfwTestPeerSpec *spec)
{
  BtfwTestPeer *peer;

  g_return_val_if_fail (self != NULL && spec != NULL, 0);

  peer = g_new0 (BtfwTestPeer, 1);
  peer->swarm = self;
  peer->number = self->peers->len;
  peer->id = 1000 + 7 * peer->number;
  peer->chokes_us = spec->chokes_us;
  peer->wants_something = !spec->wants_nothing;
  peer->gives = spec->gives;
  peer->takes = spec->takes;
  peer->connected = btfw_loop_get_time (self->loop);
  peer->requests = g_array_new (FALSE, FALSE, sizeof (BtfwTestRequest));
  btfw_bitfield_init (&peer->has, self->n_pieces);
  for (guint i = 0; i < spec->n_pieces; i++)
    btfw_bitfield_set (&peer->has, spec->pieces[i]);
  if (spec->has_everything)
    btfw_bitfield_set_all (&peer->has);
  peer->is_seed = btfw_bitfield_is_full (&peer->has);
  peer->view = btfw_peer_view_new_test (peer);
  g_ptr_array_add (self->peers, peer);
  g_ptr_array_add (self->present, peer);

  count_peer (peer, 1);
  tell_peer (self, peer, BTFW_PEER_JOINED);
  wake_choker (self);
  return peer->number;
}

static void
peer_free (BtfwTestPeer *peer)
{
  btfw_peer_view_end_test (peer->view);
  g_array_unref (peer->requests);
  btfw_bitfield_clear (&peer->has);
  g_free (peer);
}

void
btfw_test_swarm_remove_peer (BtfwTestSwarm *self, guint number)
{
  BtfwTestPeer *peer = get_peer (self, number);

  g_return_if_fail (peer != NULL);

  release (peer);
  tell_peer (self, peer, BTFW_PEER_LEFT);
  g_ptr_array_remove (self->present, peer);
  count_peer (peer, -1);
  self->peers->pdata[number] = NULL;
  peer_free (peer);
  wake_choker (self);
}

BtfwPeerView *
btfw_test_swarm_get_peer (BtfwTestSwarm *self, guint number)
{
  BtfwTestPeer *peer = get_peer (self, number);

  return peer != NULL ? peer->view : NULL;
}

void
btfw_test_swarm_add_piece (BtfwTestSwarm *self, guint number, guint32 piece)
{
  BtfwTestPeer *peer = get_peer (self, number);

  g_return_if_fail (peer != NULL && piece < self->n_pieces);

  if (!btfw_bitfield_set (&peer->has, piece))
    return;
  self->counts[piece]++;
  tell_pieces (self, piece, 1, BTFW_PIECE_CHANGE_AVAILABILITY);
  if (!btfw_bitfield_is_full (&peer->has))
    return;

  /* A seed is one counter, not a count for each piece. */
  count_peer (peer, -1);
  peer->is_seed = TRUE;
  self->n_seeds++;
}

void
btfw_test_swarm_set_choking (BtfwTestSwarm *self, guint number, gboolean chokes_us)
{
  BtfwTestPeer *peer = get_peer (self, number);

  g_return_if_fail (peer != NULL);

  peer->chokes_us = chokes_us;
  if (chokes_us)
    release (peer);
}

void
btfw_test_swarm_set_interested (BtfwTestSwarm *self, guint number, gboolean wants_something)
{
  BtfwTestPeer *peer = get_peer (self, number);

  g_return_if_fail (peer != NULL);

  peer->wants_something = wants_something;
  wake_choker (self);
}

gboolean
btfw_test_swarm_is_served (BtfwTestSwarm *self, guint number)
{
  BtfwTestPeer *peer = get_peer (self, number);

  return peer != NULL && peer->is_served;
}

/* --- Time --- */

static void
step (BtfwTestSwarm *self)
{
  btfw_loop_advance (self->loop, btfw_loop_get_time (self->loop) + STEP);
  for (guint i = 0; i < self->present->len; i++)
    {
      deliver (g_ptr_array_index (self->present, i));
      upload (g_ptr_array_index (self->present, i));
    }
  for (guint i = 0; i < self->present->len && self->picker != NULL; i++)
    {
      BtfwTestPeer *peer = g_ptr_array_index (self->present, i);

      if (!peer->chokes_us && peer->requests->len < QUEUE &&
          btfw_bitfield_count_and (&peer->has, &self->missing) > 0)
        fill (peer, QUEUE - peer->requests->len);
    }
  run_choker (self);
}

gboolean
btfw_test_swarm_run (BtfwTestSwarm *self, gint64 microseconds)
{
  gint64 end;

  g_return_val_if_fail (self != NULL, FALSE);

  end = btfw_loop_get_time (self->loop) + microseconds;
  while (btfw_loop_get_time (self->loop) < end && (self->missing.n_set > 0 || self->choker != NULL))
    step (self);
  return self->missing.n_set == 0;
}

/* --- The swarm --- */

BtfwTestSwarm *
btfw_test_swarm_new (BtfwLayout *layout, guint64 seed)
{
  static const guint8 hash[20] = "a torrent of a test";
  BtfwTestSwarm      *self = g_new0 (BtfwTestSwarm, 1);

  self->loop = btfw_loop_new_virtual (MAX (seed, 1));
  self->clock = btfw_clock_new (self->loop, "test");
  self->thread = g_thread_self ();
  self->layout = btfw_layout_ref (layout);
  self->info_hash = btfw_info_hash_new (hash, NULL);
  self->metadata = g_bytes_new_static ("d4:name4:teste", 14);
  self->n_pieces = btfw_layout_get_n_pieces (layout);
  btfw_bitfield_init (&self->have, self->n_pieces);
  btfw_bitfield_init (&self->missing, self->n_pieces);
  btfw_bitfield_set_all (&self->missing);
  self->priorities = g_malloc (MAX (self->n_pieces, 1));
  memset (self->priorities, BTFW_PRIORITY_NORMAL, self->n_pieces);
  self->counts = g_new0 (guint32, self->n_pieces);
  self->blocks = g_new0 (guint8 *, self->n_pieces);
  self->peers = g_ptr_array_new ();
  self->present = g_ptr_array_new ();
  self->picks = btfw_picks_new ();
  self->faults = g_ptr_array_new_with_free_func (g_free);
  btfw_loop_fork_random (self->loop, "choker", &self->dice);
  self->view = btfw_swarm_view_new_test (self);
  return self;
}

static void
free_contents (BtfwTestSwarm *self)
{
  for (guint32 piece = 0; piece < self->n_pieces; piece++)
    g_free (self->blocks[piece]);
  g_free (self->blocks);
  g_free (self->counts);
  g_free (self->priorities);
  btfw_bitfield_clear (&self->have);
  btfw_bitfield_clear (&self->missing);
  btfw_layout_unref (self->layout);
  btfw_info_hash_unref (self->info_hash);
  g_bytes_unref (self->metadata);
}

void
btfw_test_swarm_free (BtfwTestSwarm *self)
{
  g_return_if_fail (self != NULL);

  btfw_test_swarm_set_picker (self, NULL);
  btfw_test_swarm_set_choker (self, NULL, 0);
  for (guint i = 0; i < self->present->len; i++)
    peer_free (g_ptr_array_index (self->present, i));
  btfw_swarm_view_end_test (self->view);
  btfw_clock_kill (self->clock);
  btfw_loop_free (self->loop);
  free_contents (self);
  g_ptr_array_unref (self->peers);
  g_ptr_array_unref (self->present);
  g_ptr_array_unref (self->faults);
  btfw_picks_unref (self->picks);
  g_free (self);
}

BtfwSwarmView *
btfw_test_swarm_get_view (BtfwTestSwarm *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->view;
}

BtfwClock *
btfw_test_swarm_get_clock (BtfwTestSwarm *self)
{
  g_return_val_if_fail (self != NULL, NULL);
  return self->clock;
}

/* Everything a picker kept must have been given back by now. */
static void
detach (BtfwTestSwarm *self)
{
  Call call = begin_call ("detach");

  btfw_picker_detach (self->picker);
  end_call (self, &call);
  if (btfw_swarm_view_count_test (self->view) > 0)
    btfw_test_swarm_fault (self, "view-kept", "detach() did not give back its reference to the swarm view");
  for (guint i = 0; i < self->present->len; i++)
    if (btfw_peer_view_count_test (((BtfwTestPeer *) g_ptr_array_index (self->present, i))->view) > 0)
      btfw_test_swarm_fault (self, "peer-kept", "detach() did not give back its references to peers");
  g_clear_object (&self->picker);
}

void
btfw_test_swarm_set_picker (BtfwTestSwarm *self, BtfwPicker *picker)
{
  Call call = begin_call ("attach");

  g_return_if_fail (self != NULL && (picker == NULL || BTFW_IS_PICKER (picker)));

  if (self->picker != NULL)
    detach (self);
  if (picker == NULL)
    return;

  self->picker = g_object_ref (picker);
  btfw_picker_attach (picker, self->view);
  end_call (self, &call);
}

void
btfw_test_swarm_set_choker (BtfwTestSwarm *self, BtfwChoker *choker, guint slots)
{
  g_return_if_fail (self != NULL && (choker == NULL || BTFW_IS_CHOKER (choker)));

  g_set_object (&self->choker, choker);
  self->slots = slots;
  self->next_round = btfw_loop_get_time (self->loop);
  for (guint i = 0; i < self->present->len && choker == NULL; i++)
    if (btfw_peer_view_count_test (((BtfwTestPeer *) g_ptr_array_index (self->present, i))->view) > 0)
      btfw_test_swarm_fault (self, "peer-kept", "the choker kept references to peers");
}

guint64
btfw_test_swarm_get_n_duplicates (BtfwTestSwarm *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->n_duplicates;
}

guint64
btfw_test_swarm_get_trace (BtfwTestSwarm *self)
{
  g_return_val_if_fail (self != NULL, 0);
  return self->trace;
}
