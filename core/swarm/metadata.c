/* metadata.c: the time in which a torrent is only known by a magnet link. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/metadata.h"

#include "meta/magnet.h"
#include "swarm/discoveries.h"
#include "swarm/extensions.h"
#include "swarm/swarm.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* Whoever has this one can offer metadata (BEP 9). */
#define MESSAGE "ut_metadata"
/* What a peer has is remembered up to so many pieces: no torrent has more. */
#define PIECES_MAX 2097152u
/* Pieces that it says singly meanwhile. One that says more tells us anew later. */
#define HAVES_MAX 4096u

struct _BtfwMetadataRun
{
  BtfwMetadata *metadata;
  BtfwSwarm    *swarm;
  BtfwWork      work;
  GBytes       *offered; /* by peers; NULL when it is what was kept */
  BtfwMetainfo *metainfo;
  gboolean      fits;
  char         *key;
  char         *notice;
};

static BtfwMetadataRun *
from_work (BtfwWork *work)
{
  return (BtfwMetadataRun *) ((guint8 *) work - G_STRUCT_OFFSET (BtfwMetadataRun, work));
}

static void
run_free (BtfwMetadataRun *self)
{
  g_clear_pointer (&self->offered, g_bytes_unref);
  g_clear_pointer (&self->metainfo, btfw_metainfo_unref);
  g_free (self->key);
  g_free (self->notice);
  g_free (self);
}

char *
btfw_metadata_make_key (const BtfwSwarm *swarm)
{
  if (swarm->metadata.key != NULL)
    return g_strdup (swarm->metadata.key);
  return g_strconcat (swarm->opening.key, "-metadata", NULL);
}

void
btfw_metadata_fix_key (BtfwMetadata *self)
{
  if (self->key == NULL)
    self->key = btfw_metadata_make_key (self->swarm);
}

static void
start_run (BtfwMetadata *self, GBytes *offered, void (*run) (BtfwWork *work), void (*done) (BtfwWork *work))
{
  self->run = g_new0 (BtfwMetadataRun, 1);
  self->run->metadata = self;
  self->run->swarm = self->swarm;
  self->run->offered = offered == NULL ? NULL : g_bytes_ref (offered);
  self->run->key = btfw_metadata_make_key (self->swarm);
  self->run->work = (BtfwWork){ .run = run, .done = done };
  btfw_disk_run (self->swarm->resources->disk, &self->run->work);
}

gboolean
btfw_metadata_is_busy (const BtfwMetadata *self)
{
  return self->run != NULL;
}

/* --- What an earlier run has kept --- */

static void
look_for_kept (BtfwWork *work)
{
  BtfwMetadataRun   *self = from_work (work);
  BtfwStateStore    *state = self->swarm->resources->state;
  g_autoptr (GBytes) torrent = NULL;

  if (state == NULL)
    return;
  if (self->swarm->opening.lock == NULL)
    self->swarm->opening.lock = btfw_state_store_lock (state, self->swarm->opening.key, &work->error);
  if (self->swarm->opening.lock == NULL)
    return;

  /* One that is not there, or of no use, is fetched again. */
  torrent = btfw_state_store_read (state, self->key, &self->notice, NULL);
  if (torrent != NULL)
    self->metainfo = btfw_magnet_complete_from_torrent (self->swarm->options.magnet, torrent, NULL);
}

/* Nobody can be asked: better said at once than waited for. */
static gboolean
has_sources (const BtfwSwarm *swarm)
{
  if (swarm->options.has_sources || swarm->candidates.list->len > 0 || btfw_trackers_get_n (swarm->trackers) > 0)
    return TRUE;
  if (swarm->resources->discovery == NULL)
    return FALSE;
  btfw_discovery_set_load (swarm->resources->discovery);
  return btfw_discovery_set_get_n (swarm->resources->discovery) > 0;
}

static gboolean
has_extension (const BtfwSwarm *swarm)
{
  for (guint i = 0; i < btfw_extension_set_get_n (swarm->resources->extensions); i++)
    if (g_strcmp0 (btfw_extension_set_get (swarm->resources->extensions, i)->message, MESSAGE) == 0)
      return TRUE;
  return FALSE;
}

static void
ask_peers (BtfwSwarm *swarm)
{
  if (!has_extension (swarm))
    btfw_swarm_fail (swarm, g_error_new (BTFW_ERROR, BTFW_ERROR_PLUGIN,
                                         _("magnet links need the plugin “extension-metadata”, which is not installed, or left out by the setting “extensions”")));
  else if (has_sources (swarm))
    btfw_swarm_go_online (swarm);
  else
    btfw_swarm_fail (swarm, g_error_new (BTFW_ERROR, BTFW_ERROR_NOT_FOUND,
                                       _("the magnet link names no tracker and no peer, so there is nobody to ask for the torrent; "
                                         "find a link with “&tr=”, name a peer with --peer=HOST:PORT, or use a discovery plugin")));
}

static void
on_looked (BtfwWork *work)
{
  BtfwMetadataRun        *run = from_work (work);
  BtfwSwarm              *swarm = run->swarm;
  g_autoptr (GError)      error = g_steal_pointer (&work->error);
  g_autoptr (BtfwMetainfo) metainfo = g_steal_pointer (&run->metainfo);

  if (run->notice != NULL)
    btfw_swarm_notice (swarm, BTFW_NOTICE_WARNING, "%s", run->notice);
  g_clear_pointer (&swarm->metadata.run, run_free);
  if (metainfo != NULL)
    btfw_swarm_take_metainfo (swarm, metainfo);
  else if (swarm->is_stopping)
    btfw_swarm_check_stopped (swarm);
  else if (error != NULL)
    btfw_swarm_fail (swarm, g_steal_pointer (&error));
  else if (swarm->options.stopped)
    btfw_swarm_stop (swarm, 0);
  else
    ask_peers (swarm);
}

void
btfw_metadata_begin (BtfwMetadata *self)
{
  g_assert (self->run == NULL && self->swarm->metainfo == NULL);

  btfw_swarm_set_state (self->swarm, BTFW_TORRENT_METADATA);
  start_run (self, NULL, look_for_kept, on_looked);
}

/* --- What peers gave --- */

static void
keep (BtfwMetadataRun *self)
{
  g_autoptr (GBytes) torrent = btfw_metainfo_to_bytes (self->metainfo);
  g_autoptr (GError) error = NULL;

  if (!btfw_state_store_write (self->swarm->resources->state, self->key, torrent, TRUE, &error))
    self->notice = g_strdup_printf (_("what is here cannot be remembered for the next start: %s"), error->message);
}

static void
check_offer (BtfwWork *work)
{
  BtfwMetadataRun  *self = from_work (work);
  const BtfwMagnet *magnet = self->swarm->options.magnet;

  self->fits = btfw_magnet_fits (magnet, self->offered);
  if (!self->fits)
    return;
  self->metainfo = btfw_magnet_complete (magnet, self->offered, &work->error);
  if (self->metainfo != NULL && self->swarm->resources->state != NULL)
    keep (self);
}

static void
on_checked (BtfwWork *work)
{
  BtfwMetadataRun         *run = from_work (work);
  BtfwSwarm               *swarm = run->swarm;
  g_autoptr (GError)       error = g_steal_pointer (&work->error);
  g_autoptr (BtfwMetainfo) metainfo = g_steal_pointer (&run->metainfo);
  gboolean                 fits = run->fits;

  if (run->notice != NULL)
    btfw_swarm_notice (swarm, BTFW_NOTICE_WARNING, "%s", run->notice);
  g_clear_pointer (&swarm->metadata.run, run_free);
  if (metainfo != NULL)
    btfw_swarm_take_metainfo (swarm, metainfo);
  else if (swarm->is_stopping)
    btfw_swarm_check_stopped (swarm);
  else if (fits)
    btfw_swarm_fail (swarm, g_steal_pointer (&error)); /* its author's fault, not the peers' */
  else
    btfw_extensions_on_metadata (&swarm->extensions, FALSE);
}

gboolean
btfw_metadata_offer (BtfwMetadata *self, GBytes *offered)
{
  if (self->swarm->metainfo != NULL || self->run != NULL || self->swarm->is_stopping ||
      self->swarm->state != BTFW_TORRENT_METADATA || g_bytes_get_size (offered) > BTFW_METADATA_SIZE_MAX)
    return FALSE;

  start_run (self, offered, check_offer, on_checked);
  return TRUE;
}

void
btfw_metadata_set_progress (BtfwMetadata *self, guint32 done, guint32 size)
{
  if (self->done == done && self->size == size)
    return;
  self->done = done;
  self->size = size;
  self->swarm->funcs->changed (self->swarm->owner);
}

void
btfw_metadata_init (BtfwMetadata *self, BtfwSwarm *swarm)
{
  self->swarm = swarm;
}

void
btfw_metadata_clear (BtfwMetadata *self)
{
  g_assert (self->run == NULL);
  g_clear_pointer (&self->key, g_free);
}

/* --- What peers say of pieces meanwhile --- */

gboolean
btfw_metadata_keep_have (BtfwPeer *peer, guint32 piece, GError **error)
{
  if (piece >= PIECES_MAX)
    return btfw_wire_fail (error, BTFW_WIRE_ERROR_RANGE, "it has piece %u, and no torrent has more than %u", piece, PIECES_MAX);

  if (peer->early_haves == NULL)
    peer->early_haves = g_array_new (FALSE, FALSE, sizeof (guint32));
  if (peer->early_haves->len >= HAVES_MAX)
    peer->says_too_much = TRUE;
  else
    g_array_append_val (peer->early_haves, piece);
  return TRUE;
}

gboolean
btfw_metadata_keep_bitfield (BtfwPeer *peer, BtfwReader *body, GError **error)
{
  if (body->left > BTFW_BITFIELD_WIRE_SIZE (PIECES_MAX))
    return btfw_wire_fail (error, BTFW_WIRE_ERROR_LENGTH, "a bitfield of %" G_GSIZE_FORMAT " bytes", body->left);

  g_clear_pointer (&peer->early_bitfield, g_bytes_unref);
  peer->early_bitfield = g_bytes_new (body->data, body->left);
  g_clear_pointer (&peer->early_haves, g_array_unref);
  return TRUE;
}

static gboolean
tell_bitfield (BtfwPeer *peer, GBytes *kept)
{
  BtfwBitfield  pieces = { 0 };
  gsize         size;
  const guint8 *data = g_bytes_get_data (kept, &size);

  if (!btfw_bitfield_init (&pieces, peer->swarm->map.n_pieces))
    return FALSE;
  if (!btfw_bitfield_from_wire (&pieces, data, size))
    {
      btfw_bitfield_clear (&pieces);
      return FALSE;
    }
  btfw_swarm_on_pieces (peer->swarm, peer, &pieces);
  return TRUE;
}

/* Now that the number of pieces is known, what does not fit is a breach. */
void
btfw_metadata_tell_kept (BtfwPeer *peer)
{
  g_autoptr (GBytes) bitfield = g_steal_pointer (&peer->early_bitfield);
  g_autoptr (GArray) haves = g_steal_pointer (&peer->early_haves);

  if (!btfw_hints_are_in_range (peer, peer->swarm->map.n_pieces))
    {
      btfw_peer_close (peer, "it hints at a piece that there is not");
      return;
    }
  if (bitfield != NULL && !tell_bitfield (peer, bitfield))
    {
      btfw_peer_close (peer, "a bitfield of the wrong size, or with spare bits set");
      return;
    }
  for (guint i = 0; haves != NULL && i < haves->len && !peer->is_closing; i++)
    {
      guint32 piece = g_array_index (haves, guint32, i);

      if (piece >= peer->swarm->map.n_pieces || !btfw_swarm_on_have (peer->swarm, peer, piece, NULL))
        btfw_peer_close (peer, "it has a piece that there is not");
    }
  if (peer->says_too_much)
    btfw_peer_close (peer, "it said more than could be kept; it may say it anew");
}
