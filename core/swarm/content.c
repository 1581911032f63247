/* content.c: the files and pieces of a torrent: what is wanted of them, and the moment when they are known. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/swarm.h"

#include "swarm/assembly.h"
#include "swarm/requests.h"

#include <string.h>

/* --- What is wanted --- */

void
btfw_swarm_recount_interest (BtfwSwarm *self)
{
  for (guint i = 0; i < self->peers->len; i++)
    {
      BtfwPeer *peer = g_ptr_array_index (self->peers, i);

      if (peer->has_all)
        peer->n_interesting = self->map.missing.n_set;
      else
        peer->n_interesting = peer->pieces.n_bits == 0 ? 0 : btfw_bitfield_count_and (&peer->pieces, &self->map.missing);
      btfw_peer_update_interest (peer);
    }
}

typedef struct
{
  BtfwVolumeOp op;
  BtfwSwarm   *swarm;
} Settling;

static void
on_wanted (BtfwVolumeOp *op)
{
  Settling  *self = (Settling *) op;
  BtfwSwarm *swarm = self->swarm;

  /* Tried again by btfw_swarm_settle_files() when the storage is. */
  swarm->is_unsettled = op->error != NULL;
  if (op->error != NULL && btfw_swarm_serves (swarm))
    btfw_swarm_wait_for_storage (swarm, op->error);
  g_clear_error (&op->error);
  g_free (self);
  btfw_swarm_on_read_done (swarm);
}

/* Files that have become wanted go from where they stood to their places. */
void
btfw_swarm_settle_files (BtfwSwarm *self)
{
  Settling *settling = g_new0 (Settling, 1);

  settling->swarm = self;
  settling->op.task = BTFW_VOLUME_WANTED;
  settling->op.done = on_wanted;
  self->is_unsettled = FALSE;
  self->n_reads++;
  btfw_volume_run (self->volume, &settling->op);
}

/* What is wanted of the files has changed. */
static void
apply_priorities (BtfwSwarm *self)
{
  guint32 n_files = btfw_layout_get_n_files (self->map.layout);

  btfw_piece_map_set_file_priorities (&self->map, self->options.priorities);
  btfw_volume_set_wanted (self->volume, self->options.priorities, n_files);
  btfw_picker_pieces_changed (self->picker, 0, self->map.n_pieces, BTFW_PIECE_CHANGE_PRIORITY);
  btfw_shadow_pieces_changed (self->shadow, 0, self->map.n_pieces, BTFW_PIECE_CHANGE_PRIORITY);
  btfw_swarm_recount_interest (self);
  btfw_assembly_drop_unwanted (self);
  btfw_requests_wake (self);
  if (self->opening.is_open)
    btfw_swarm_settle_files (self);
  if (btfw_swarm_serves (self))
    btfw_swarm_set_state (self, btfw_swarm_is_seeding (self) ? BTFW_TORRENT_SEEDING : BTFW_TORRENT_DOWNLOADING);
  btfw_dialing_wake (&self->dialing);
  btfw_saving_queue (&self->saving);
}

void
btfw_swarm_set_file_priorities (BtfwSwarm *self, const guint8 *priorities, guint32 n_files)
{
  if (self->metainfo == NULL || n_files != btfw_layout_get_n_files (self->map.layout))
    return;

  g_free (self->options.priorities);
  self->options.priorities = g_memdup2 (priorities, n_files);
  apply_priorities (self);
}

void
btfw_swarm_set_file_priority (BtfwSwarm *self, guint32 file, BtfwPriority priority)
{
  BtfwFileWish wish = { file, priority };
  guint32      n_files;

  if (self->metainfo == NULL)
    {
      if (self->options.wishes == NULL)
        self->options.wishes = g_array_new (FALSE, FALSE, sizeof (BtfwFileWish));
      g_array_append_val (self->options.wishes, wish);
      return;
    }
  n_files = btfw_layout_get_n_files (self->map.layout);
  if (file >= n_files)
    return;

  if (self->options.priorities == NULL)
    {
      self->options.priorities = g_malloc (n_files);
      memset (self->options.priorities, BTFW_PRIORITY_NORMAL, n_files);
    }
  self->options.priorities[file] = (guint8) priority;
  apply_priorities (self);
}

/* What the link and the wishes come to, one byte a file; NULL for all normal. */
static guint8 *
derive_priorities (BtfwSwarm *self, guint32 n_files)
{
  const BtfwMagnet *magnet = self->options.magnet;
  GArray           *wishes = self->options.wishes;
  guint8           *priorities;

  if (wishes == NULL && (magnet == NULL || !btfw_magnet_has_selection (magnet)))
    return NULL;

  priorities = g_malloc (MAX (n_files, 1));
  for (guint32 file = 0; file < n_files; file++)
    priorities[file] = magnet == NULL || btfw_magnet_selects (magnet, file) ? BTFW_PRIORITY_NORMAL : BTFW_PRIORITY_SKIP;
  for (guint i = 0; wishes != NULL && i < wishes->len; i++)
    {
      const BtfwFileWish *wish = &g_array_index (wishes, BtfwFileWish, i);

      if (wish->file < n_files)
        priorities[wish->file] = (guint8) wish->priority;
    }
  return priorities;
}

/* All that needs the files and pieces. */
void
btfw_swarm_init_content (BtfwSwarm *self)
{
  BtfwLayout *layout = btfw_metainfo_get_layout (self->metainfo);
  guint32     n_files = btfw_layout_get_n_files (layout);
  guint32     n_seeds = self->map.n_seeds; /* peers may have said already that they have everything */

  if (!btfw_piece_map_init (&self->map, layout))
    g_warning ("no memory for the pieces of a torrent");
  self->map.n_seeds = n_seeds;
  btfw_actives_clear (&self->actives);
  btfw_actives_init (&self->actives, layout);
  self->volume = btfw_volume_new (self->resources->disk, self->metainfo, self->stack, self->options.dir, self->options.state_dir);
  g_clear_pointer (&self->options.state_dir, g_free);
  if (self->options.priorities == NULL)
    self->options.priorities = derive_priorities (self, n_files);
  g_clear_pointer (&self->options.wishes, g_array_unref);
  if (self->options.priorities != NULL)
    {
      btfw_piece_map_set_file_priorities (&self->map, self->options.priorities);
      btfw_volume_set_wanted (self->volume, self->options.priorities, n_files);
    }
}

/* --- From a magnet link to a torrent --- */

/* What it has was said already, or comes later; from now on it can be looked at. */
static void
introduce_peers (BtfwSwarm *self)
{
  for (guint i = 0; i < self->peers->len; i++)
    {
      BtfwPeer *peer = g_ptr_array_index (self->peers, i);

      peer->is_joined = TRUE;
      peer->receiver.bitfield_size = BTFW_BITFIELD_WIRE_SIZE (self->map.n_pieces);
    }
  btfw_swarm_set_picker (self, self->picker);
  btfw_shadow_begin (self->shadow);
  btfw_swarm_recount_interest (self);
  for (guint i = 0; i < self->peers->len; i++)
    btfw_metadata_tell_kept (g_ptr_array_index (self->peers, i));
}

/* Its peers may come from trackers, and whom the user named. */
static void
become_private (BtfwSwarm *self)
{
  btfw_extensions_withdraw_exchange (&self->extensions);
  btfw_discoveries_stop (self);
  btfw_dialing_stop (&self->dialing);
  for (guint i = 0; i < self->peers->len; i++)
    {
      BtfwPeer *peer = g_ptr_array_index (self->peers, i);

      if (!btfw_candidates_is_sure (&self->candidates, &peer->address))
        btfw_peer_close (peer, "the torrent is private, and no tracker named it");
    }
  btfw_candidates_drop_unsure (&self->candidates);
  btfw_dialing_wake (&self->dialing);
}

void
btfw_swarm_arrange (BtfwSwarm *self, const char *dir, GPtrArray *stack, BtfwPicker *picker, BtfwChoker *choker)
{
  g_assert (self->metainfo == NULL);

  if (strcmp (dir, self->options.dir) != 0)
    {
      g_free (self->options.dir);
      self->options.dir = g_strdup (dir);
      btfw_opening_rekey (&self->opening);
    }
  g_ptr_array_unref (self->stack);
  self->stack = stack;
  btfw_swarm_set_picker (self, picker);
  btfw_swarm_set_choker (self, choker);
}

void
btfw_swarm_take_metainfo (BtfwSwarm *self, BtfwMetainfo *metainfo)
{
  GError *error = NULL;

  if (self->funcs->learned != NULL && !self->funcs->learned (self->owner, metainfo, &error))
    {
      btfw_swarm_fail (self, error);
      return;
    }
  self->metainfo = btfw_metainfo_ref (metainfo);
  btfw_swarm_init_content (self);
  introduce_peers (self);
  if (btfw_swarm_is_private (self))
    become_private (self);
  btfw_extensions_on_metadata (&self->extensions, TRUE);
  btfw_extensions_greet_all (&self->extensions);
  if (self->funcs->named != NULL)
    self->funcs->named (self->owner);
  self->funcs->changed (self->owner);
  if (self->is_stopping)
    btfw_swarm_check_stopped (self);
  else if (!self->options.holds)
    btfw_swarm_open_with_peers (self);
}
