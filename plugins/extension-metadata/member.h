/* member.h: one peer, as the metadata extension sees it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "message.h"

#include <btfw/btfw-extension.h>

/* Requests of one peer that wait to be served. */
#define MEMBER_QUEUE_MAX 64u
/* Requests that we have with one peer. */
#define MEMBER_ASKED_MAX 4u

typedef struct
{
  BtfwPeerView *view; /* owned */
  guint64       id;
  guint8        ip[BTFW_IP_MAX];
  gsize         ip_size;
  guint32       size; /* of the metadata, as it says; 0 when it has none */

  /* What we ask of it. */
  guint32 asked[MEMBER_ASKED_MAX]; /* blocks */
  gint64  asked_when[MEMBER_ASKED_MAX];
  guint   n_asked;
  guint   n_late;    /* blocks that were given up and may still come */
  guint   n_unasked; /* blocks that came and nobody had asked for */
  gint64  paused_until;

  /* What it asks of us. */
  guint32 queue[MEMBER_QUEUE_MAX];
  guint   n_queued;
  double  budget; /* blocks it may still ask for; grows slowly */
  gint64  budget_time;
  guint   n_refused;
} Member;
