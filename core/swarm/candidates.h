/* candidates.h: the addresses of peers that are known, and whom to try next. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "loop/loop.h"
#include "swarm/own-address.h"

/* Where an address came from, best first. */
typedef enum
{
  BTFW_SOURCE_USER,
  BTFW_SOURCE_INCOMING,
  BTFW_SOURCE_MAGNET, /* its x.pe */
  BTFW_SOURCE_TRACKER,
  BTFW_SOURCE_DISCOVERY,
  BTFW_SOURCE_EXCHANGE,
} BtfwCandidateSource;

/* What was the matter the last time; NONE also while it was not tried. */
typedef enum
{
  BTFW_TROUBLE_NONE,
  BTFW_TROUBLE_REFUSED,     /* nobody listens there */
  BTFW_TROUBLE_SILENT,      /* no answer in time */
  BTFW_TROUBLE_UNREACHABLE, /* the system says so: see trouble_errno */
  BTFW_TROUBLE_FORBIDDEN,   /* by how sockets are to be bound */
  BTFW_TROUBLE_FULL,        /* of connections */
  BTFW_TROUBLE_OURSELVES,
  BTFW_TROUBLE_HUNG_UP,     /* before it had said anything */
  BTFW_TROUBLE_FOREIGN,     /* it answers for another torrent, or in no way of a peer */
  BTFW_TROUBLE_LEFT,        /* was a peer, and went without having given anything */
  BTFW_TROUBLE_BROKE,       /* was a peer, and broke the protocol */
  BTFW_N_TROUBLES
} BtfwTrouble;

typedef struct
{
  BtfwAddress         address;
  BtfwCandidateSource source;
  gboolean            is_connected; /* or an attempt is under way */
  gboolean            is_banned;
  gboolean            is_useless;   /* a seed, while we are one */
  guint8              flags;        /* of BtfwCandidateFlags: what somebody said of it */
  gboolean            wants_other; /* hung up on our way to begin, plain or encrypted, not yet on the other */
  gboolean            is_known;    /* how to begin with it */
  gboolean            is_encrypted; /* if that is known */
  guint8              trouble; /* of BtfwTrouble */
  int                 trouble_errno; /* of one that is unreachable */
  guint               n_failures;
  gint64              next_try; /* 0 for never tried */
  guint32             priority; /* of a connection with it (BEP 40), as of: */
  guint               priority_serial;
} BtfwCandidate;

/* Known peers of a torrent; more are dropped, the least promising first. */
#define BTFW_CANDIDATES_MAX 3000

/* Banned hosts of a torrent: past it the oldest ban is lifted. */
#define BTFW_BANS_MAX 10000

typedef struct
{
  GHashTable *by_address; /* NULL until the first */
  GPtrArray  *list; /* owned; in the order of their coming */
  GHashTable *bans; /* hosts, whatever the port; NULL until the first */
  GQueue      ban_order; /* the same, oldest first */
  guint       cursor;
  const BtfwOwnAddress *own; /* NULL for all of equal priority */
  guint16     own_port;
} BtfwCandidates;

void           btfw_candidates_init (BtfwCandidates *self);
void           btfw_candidates_clear (BtfwCandidates *self);
guint          btfw_candidates_count_banned (const BtfwCandidates *self);
/* NULL when it is banned, of no use as an address, or there is no room. */
BtfwCandidate *btfw_candidates_add (BtfwCandidates *self, const BtfwAddress *address, BtfwCandidateSource source);
BtfwCandidate *btfw_candidates_find (BtfwCandidates *self, const BtfwAddress *address);
/* From now on those go first whose priority is greatest, others being equal. */
void           btfw_candidates_set_own (BtfwCandidates *self, const BtfwOwnAddress *own, guint16 port);
/* The best one that may be tried now, or NULL with the time of the next in @when (G_MAXINT64 for none). */
BtfwCandidate *btfw_candidates_choose (BtfwCandidates *self, gint64 now, gint64 *when);
/* How a connection ended: failures are tried again ever later. */
void           btfw_candidates_on_failed (BtfwCandidate *candidate, gint64 now, BtfwRandom *random);
void           btfw_candidates_on_closed (BtfwCandidate *candidate, gint64 now, BtfwRandom *random);
/* No attempt could be made, as our own network is away. */
void           btfw_candidates_on_offline (BtfwCandidate *candidate, gint64 now, BtfwRandom *random);
void           btfw_candidates_ban (BtfwCandidates *self, const BtfwAddress *address);
gboolean       btfw_candidates_is_banned (BtfwCandidates *self, const BtfwAddress *address);
/* A private torrent takes only those that a tracker or the user named (whatever the port). */
gboolean       btfw_candidates_is_sure (BtfwCandidates *self, const BtfwAddress *address);
/* Forgets all others; no attempt to connect may be under way. */
void           btfw_candidates_drop_unsure (BtfwCandidates *self);
/* The torrent's needs changed: seeds may be of use again, or no more. */
void           btfw_candidates_forget_useless (BtfwCandidates *self);
