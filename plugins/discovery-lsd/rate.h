/* rate.h: how much is listened to, from each sender and in all. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw.h>

/* In one window: */
#define LSD_WINDOW (10 * G_TIME_SPAN_SECOND)
#define LSD_FROM_ONE_MAX 20u
#define LSD_FROM_ALL_MAX 500u
#define LSD_SENDERS_MAX 128u

typedef struct
{
  gint64 began;
  guint  n;
  guint  n_senders;
  struct
  {
    BtfwEndpoint from;
    guint        n;
  } senders[LSD_SENDERS_MAX];
} LsdRate;

/* Whether one more of @from is listened to now. */
gboolean lsd_rate_allows (LsdRate *self, const BtfwEndpoint *from, gint64 now);
