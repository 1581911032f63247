/* reasons.c: why a torrent is slow or stands still, as a sentence. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/reasons.h"

#include "swarm/swarm.h"

#include <btfw/btfw-text.h>

#include <glib/gi18n-lib.h>

/* While blocks come there is nothing to explain. */
#define QUIET (3 * G_USEC_PER_SEC)
/* How many pieces a sentence names. */
#define NAMED_MAX 3

typedef struct
{
  guint n_peers;
  guint n_interesting; /* have something that we miss */
  guint n_choking;     /* of those */
  guint n_snubbed;
  guint n_unasked; /* may be asked, and the picker had nothing for them */
} PeerCounts;

static PeerCounts
count_peers (const BtfwSwarm *swarm)
{
  PeerCounts counts = { .n_peers = swarm->peers->len };

  for (guint i = 0; i < swarm->peers->len; i++)
    {
      const BtfwPeer *peer = g_ptr_array_index (swarm->peers, i);

      if (peer->n_interesting == 0)
        continue;
      counts.n_interesting++;
      counts.n_choking += peer->chokes_us;
      counts.n_snubbed += !peer->chokes_us && peer->is_snubbed;
      counts.n_unasked += !peer->chokes_us && peer->requests.n == 0 && peer->pick_serial == swarm->pick_serial;
    }
  return counts;
}

/* Pieces that are wanted and that no peer has. */
static char *
name_absent_pieces (const BtfwSwarm *swarm)
{
  g_autoptr (GString) names = g_string_new (NULL);
  guint               n = 0;

  for (guint32 piece = btfw_bitfield_next (&swarm->map.missing, 0); piece != BTFW_BIT_NONE;
       piece = btfw_bitfield_next (&swarm->map.missing, piece + 1))
    {
      if (btfw_piece_map_get_count (&swarm->map, piece) > 0)
        continue;
      if (n < NAMED_MAX)
        g_string_append_printf (names, "%s%u", n == 0 ? "" : ", ", piece);
      n++;
    }
  return g_strdup_printf (ngettext ("%u piece that is missing exists nowhere (number %s)",
                                    "%u pieces that are missing exist nowhere (numbers %s)", n),
                          n, names->str);
}

static const char *
find_tracker_message (const BtfwSwarm *swarm)
{
  for (guint i = 0; i < btfw_trackers_get_n (swarm->trackers); i++)
    {
      BtfwTrackersInfo info;

      btfw_trackers_get_info (swarm->trackers, i, &info);
      if (info.state == BTFW_TRACKER_WORKING || info.state == BTFW_TRACKER_ASKING)
        return NULL;
      if (info.message != NULL)
        return info.message;
    }
  return NULL;
}

static char *
explain_no_peers (const BtfwSwarm *swarm)
{
  const char *message = find_tracker_message (swarm);
  guint       n_known = swarm->candidates.list->len;

  if (message != NULL)
    return g_strdup_printf (_("no peers: the tracker says “%s”"), message);
  if (btfw_dialing_get_n (&swarm->dialing) > 0)
    return g_strdup (_("no peers yet: connecting"));
  if (n_known > 0)
    return g_strdup_printf (ngettext ("no peers: the %u that is known does not answer",
                                      "no peers: of the %u that are known none answers", n_known),
                            n_known);
  if (btfw_trackers_get_n (swarm->trackers) == 0)
    return g_strdup (_("no peers: the torrent names no tracker; --peer=HOST:PORT connects to one directly"));
  return g_strdup (_("no peers: the trackers know none"));
}

/* Peers wait in line for what a limit lets through. */
static char *
explain_limit (const BtfwSwarm *swarm)
{
  const BtfwLimiter *own = &swarm->download;
  const BtfwLimiter *shared = &swarm->resources->download;
  g_autofree char   *rate = NULL;

  if (own->n_waiting == 0 && shared->n_waiting == 0)
    return NULL;
  rate = btfw_format_rate (btfw_limiter_get_rate (own->n_waiting > 0 ? own : shared));
  return g_strdup_printf (own->n_waiting > 0 ? _("the limit of this torrent's downloads, %s, is used up")
                                             : _("the limit of all downloads, %s, is used up"), rate);
}

static char *
explain_peers (const BtfwSwarm *swarm)
{
  PeerCounts counts = count_peers (swarm);
  char      *limit = explain_limit (swarm);

  if (limit != NULL)
    return limit;
  if (counts.n_interesting == 0)
    return swarm->map.n_seeds > 0 ? NULL : name_absent_pieces (swarm);
  if (counts.n_choking == counts.n_interesting)
    return g_strdup_printf (ngettext ("%u peer, and it chokes us", "%u peers, and all that have something for us choke us", counts.n_peers),
                            counts.n_peers);
  if (counts.n_choking + counts.n_snubbed == counts.n_interesting)
    return g_strdup_printf (ngettext ("%u peer, which does not answer our requests", "%u peers, and none answers our requests", counts.n_peers),
                            counts.n_peers);
  if (counts.n_unasked > 0 && counts.n_choking + counts.n_unasked >= counts.n_interesting)
    return g_strdup_printf (ngettext ("%u peer has something for us, but the picker asks for none of it",
                                      "%u peers have something for us, but the picker asks for none of it", counts.n_unasked),
                            counts.n_unasked);
  return NULL;
}

static char *
explain_no_metadata (const BtfwSwarm *swarm)
{
  guint n = swarm->peers->len;

  if (swarm->metadata.size > 0)
    return NULL;
  return g_strdup_printf (ngettext ("%u peer, which does not say what is in the torrent", "%u peers, and none says what is in the torrent", n), n);
}

char *
btfw_reasons_get (BtfwSwarm *swarm)
{
  gint64 now = btfw_loop_get_time (swarm->resources->loop);

  if (swarm->error != NULL)
    return g_strdup (swarm->error->message);
  if (swarm->state == BTFW_TORRENT_METADATA && swarm->metainfo == NULL)
    return swarm->peers->len == 0 ? explain_no_peers (swarm) : explain_no_metadata (swarm);
  if (swarm->state != BTFW_TORRENT_DOWNLOADING || now - swarm->last_moved < QUIET)
    return NULL;
  return swarm->peers->len == 0 ? explain_no_peers (swarm) : explain_peers (swarm);
}
