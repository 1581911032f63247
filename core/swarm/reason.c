/* reason.c: one reason why a torrent is as slow as it is, and its sentence. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/reason.h"

#include <btfw/btfw-text.h>

#include <glib/gi18n-lib.h>

struct _BtfwReason
{
  gatomicrefcount n_refs;
  BtfwReasonFacts facts;
  char           *detail;
  char           *text;
};

G_DEFINE_BOXED_TYPE (BtfwReason, btfw_reason, btfw_reason_ref, btfw_reason_unref)

/* --- Sentences --- */

/* Where nobody is, as nobody is known. */
static char *
say_trackers (const BtfwReasonFacts *facts)
{
  guint n = facts->count;

  switch (facts->code)
    {
    case BTFW_REASON_NO_TRACKER:
      return g_strdup (facts->total > 0 ? _("no peers: the torrent names no tracker, and nobody was found in other ways yet")
                                        : _("no peers: the torrent names no tracker; --peer=HOST:PORT connects to one directly"));
    case BTFW_REASON_TRACKER_ASKED:
      return g_strdup (_("no peers yet: the trackers have not answered"));
    case BTFW_REASON_TRACKER_REFUSES:
      return g_strdup_printf (_("the tracker refuses: “%s”"), facts->detail);
    case BTFW_REASON_TRACKER_SILENT:
      return g_strdup_printf (_("no tracker answers: %s"), facts->detail);
    case BTFW_REASON_TRACKER_UNUSABLE:
      return g_strdup_printf (_("no tracker can be asked: %s"), facts->detail);
    case BTFW_REASON_TRACKER_KNOWS_NONE:
      return g_strdup (_("no peers: the trackers know none"));
    case BTFW_REASON_ADDRESSES_FILTERED:
      return g_strdup_printf (ngettext ("no peers: the tracker names %u address of a local network, which is not tried as it is elsewhere itself",
                                        "no peers: the tracker names %u addresses of a local network, which are not tried as it is elsewhere itself", n), n);
    default:
      return NULL;
    }
}

/* Where nobody is, though some are known: what became of the attempts. */
static char *
say_attempts (const BtfwReasonFacts *facts)
{
  guint n = facts->count;
  guint total = facts->total;

  switch (facts->code)
    {
    case BTFW_REASON_CONNECTING:
      return g_strdup_printf (ngettext ("no peers yet: connecting to %u", "no peers yet: connecting to %u of them", n), n);
    case BTFW_REASON_CONNECTS_WAIT:
      return g_strdup_printf (ngettext ("no peers yet: %u that is known waits for its turn, as all torrents together connect to so many a second only",
                                        "no peers yet: %u that are known wait for their turn, as all torrents together connect to so many a second only", n), n);
    case BTFW_REASON_CONNECTIONS_FULL:
      return g_strdup (_("no peers: all torrents together have as many connections as they may ([session] max-connections, and what the system allows)"));
    case BTFW_REASON_CONNECTS_FORBIDDEN:
      return g_strdup_printf (_("no peers: [session] bind leaves no way to %u of the %u that are known"), n, total);
    case BTFW_REASON_PEERS_REFUSE:
      return g_strdup_printf (_("no peers: of the %2$u known, %1$u refuse connections"), n, total);
    case BTFW_REASON_PEERS_SILENT:
      return g_strdup_printf (_("no peers: of the %2$u known, %1$u do not answer"), n, total);
    case BTFW_REASON_PEERS_UNREACHABLE:
      return g_strdup_printf (_("no peers: there is no way to %1$u of the %2$u known: %3$s"), n, total, facts->detail);
    case BTFW_REASON_PEERS_OURSELVES:
      return g_strdup (_("no peers: the only address that is known is our own"));
    case BTFW_REASON_PEERS_FOREIGN:
      return g_strdup_printf (_("no peers: of the %2$u known, %1$u do not have this torrent, or are no peers at all"), n, total);
    case BTFW_REASON_PEERS_LEAVE:
      return g_strdup_printf (_("no peers: of the %2$u known, %1$u were connected and left before they gave anything"), n, total);
    case BTFW_REASON_PEERS_BREAK:
      return g_strdup_printf (_("no peers: of the %2$u known, %1$u broke the protocol and were sent away"), n, total);
    case BTFW_REASON_PEERS_BANNED:
      return g_strdup_printf (ngettext ("no peers: the %u that is known is banned, as what it sent is wrong",
                                        "no peers: the %u that are known are banned, as what they sent is wrong", n), n);
    default:
      return NULL;
    }
}

static char *
say_hang_up (const BtfwReasonFacts *facts)
{
  switch (facts->code)
    {
    case BTFW_REASON_PEERS_HANG_UP:
      return g_strdup_printf (_("no peers: of the %2$u known, %1$u hang up at once"), facts->count, facts->total);
    case BTFW_REASON_PEERS_HANG_UP_ENCRYPTED:
      return g_strdup_printf (_("no peers: of the %2$u known, %1$u hang up on encrypted connections, and [session] encryption=require allows no others"),
                              facts->count, facts->total);
    case BTFW_REASON_PEERS_HANG_UP_PLAIN:
      return g_strdup_printf (_("no peers: of the %2$u known, %1$u hang up on plain connections, and [session] encryption=off allows no others"),
                              facts->count, facts->total);
    default:
      return NULL;
    }
}

/* What peers that are here do, or do not. */
static char *
say_peers (const BtfwReasonFacts *facts)
{
  guint            n = facts->count;
  guint            total = facts->total;
  g_autofree char *rate = btfw_format_rate (facts->rate);

  switch (facts->code)
    {
    case BTFW_REASON_NO_METADATA:
      return g_strdup_printf (ngettext ("%u peer, which does not say what is in the torrent", "%u peers, and none says what is in the torrent", n), n);
    case BTFW_REASON_PIECES_NOWHERE:
      return g_strdup_printf (ngettext ("%u piece that is missing exists nowhere (number %s)",
                                        "%u pieces that are missing exist nowhere (numbers %s)", n), n, facts->detail);
    case BTFW_REASON_FEW_SOURCES:
      return g_strdup_printf (ngettext ("only %u of %u peers has what is missing", "only %u of %u peers have what is missing", n), n, total);
    case BTFW_REASON_CHOKED:
      return n == total ? g_strdup_printf (ngettext ("%u peer has something for us, and it chokes us", "%u peers have something for us, and all choke us", n), n)
                        : g_strdup_printf (_("%u of the %u peers that have something for us choke us"), n, total);
    case BTFW_REASON_CHOKED_UPLOAD:
      return g_strdup_printf (_("%1$u of the %2$u peers that have something for us choke us, as they get little: the limit of our uploads, %3$s, is used up"),
                              n, total, rate);
    case BTFW_REASON_SNUBBED:
      return n == total ? g_strdup_printf (ngettext ("%u peer, which does not answer our requests", "%u peers, and none answers our requests", n), n)
                        : g_strdup_printf (_("%u of the %u peers that have something for us do not answer our requests"), n, total);
    case BTFW_REASON_PICKER_IDLE:
      return g_strdup_printf (ngettext ("%u peer has something for us, but the picker asks for none of it",
                                        "%u peers have something for us, but the picker asks for none of it", n), n);
    case BTFW_REASON_REQUESTS_BOUND:
      return g_strdup_printf (_("%u of the %u peers that send could send faster, but take too few requests at a time"), n, total);
    case BTFW_REASON_PEERS_SLOW:
      return g_strdup_printf (ngettext ("nothing here is in the way: %u peer sends as fast as it, or the way to us, can",
                                        "nothing here is in the way: %u peers send as fast as they, or the way to us, can", n), n);
    case BTFW_REASON_NOBODY_WANTS:
      return total == 0 ? g_strdup (_("nobody is connected who could want anything"))
                        : g_strdup_printf (ngettext ("%u peer, and it wants nothing", "%u peers, and none wants anything", total), total);
    default:
      return NULL;
    }
}

/* What is in the way here. */
static char *
say_here (const BtfwReasonFacts *facts)
{
  g_autofree char *rate = btfw_format_rate (facts->rate);
  g_autofree char *size = btfw_format_size (facts->rate);

  switch (facts->code)
    {
    case BTFW_REASON_STOPPED:
      return g_strdup (_("it is stopped"));
    case BTFW_REASON_HELD:
      return g_strdup (_("it is known what is in it, and nobody has said yet that it is to be downloaded"));
    case BTFW_REASON_CHECKING:
      return g_strdup_printf (_("what is on disk is verified: %u of %u pieces"), facts->count, facts->total);
    case BTFW_REASON_UPLOAD_LIMIT:
      return g_strdup_printf (_("the limit of uploads, %s, is used up"), rate);
    case BTFW_REASON_TORRENT_LIMIT:
      return g_strdup_printf (_("the limit of this torrent's downloads, %s, is used up"), rate);
    case BTFW_REASON_SESSION_LIMIT:
      return g_strdup_printf (_("the limit of all downloads, %s, is used up"), rate);
    case BTFW_REASON_MEMORY:
      return g_strdup_printf (_("the memory for blocks, %s, is used up ([session] memory)"), size);
    case BTFW_REASON_HASHING:
      return g_strdup (_("blocks come as fast as the processor can verify them"));
    case BTFW_REASON_DISK_SLOW:
      return g_strdup (_("the disk does not take what comes as fast as it comes"));
    default:
      return NULL;
    }
}

static char *
make_text (const BtfwReasonFacts *facts)
{
  static char *(*const families[]) (const BtfwReasonFacts *) = { say_trackers, say_attempts, say_hang_up, say_peers, say_here };

  for (gsize i = 0; i < G_N_ELEMENTS (families); i++)
    {
      char *text = families[i](facts);

      if (text != NULL)
        return text;
    }
  /* Those of the disk, and why it failed, are sentences already. */
  return g_strdup (facts->detail != NULL ? facts->detail : "");
}

/* --- Reasons --- */

void
btfw_reason_add (GPtrArray *list, const BtfwReasonFacts *facts)
{
  BtfwReason *self = g_new (BtfwReason, 1);

  g_atomic_ref_count_init (&self->n_refs);
  self->facts = *facts;
  self->detail = g_strdup (facts->detail);
  self->facts.detail = self->detail;
  self->text = make_text (facts);
  g_ptr_array_add (list, self);
}

BtfwReason *
btfw_reason_ref (BtfwReason *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->n_refs);
  return self;
}

void
btfw_reason_unref (BtfwReason *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->n_refs))
    return;
  g_free (self->detail);
  g_free (self->text);
  g_free (self);
}

BtfwReasonCode
btfw_reason_get_code (BtfwReason *self)
{
  g_return_val_if_fail (self != NULL, BTFW_REASON_NONE);

  return self->facts.code;
}

BtfwReasonWeight
btfw_reason_get_weight (BtfwReason *self)
{
  g_return_val_if_fail (self != NULL, BTFW_REASON_STATES);

  return self->facts.weight;
}

const char *
btfw_reason_get_text (BtfwReason *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->text;
}

guint
btfw_reason_get_count (BtfwReason *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->facts.count;
}

guint
btfw_reason_get_total (BtfwReason *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->facts.total;
}

guint64
btfw_reason_get_rate (BtfwReason *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return self->facts.rate;
}

const char *
btfw_reason_get_detail (BtfwReason *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  return self->detail;
}
