/* tracker-reply.h: what must hold of a tracker's reply, however it came. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "fuzz.h"

#include <btfw/btfw.h>

static inline void
check_announce_reply (BtfwAnnounceReply *reply)
{
  /* Limits of the policy are swarm's; here nothing may be senseless. */
  g_assert_cmpuint (btfw_announce_reply_get_n_peers (reply), <=, 100000);
  for (guint i = 0; i < btfw_announce_reply_get_n_peers (reply); i++)
    {
      g_autoptr (GSocketAddress) address = btfw_announce_reply_get_peer (reply, i);

      g_assert_nonnull (address);
    }
  if (btfw_announce_reply_get_failure (reply) != NULL)
    fuzz_check_text (btfw_announce_reply_get_failure (reply));
  if (btfw_announce_reply_get_warning (reply) != NULL)
    fuzz_check_text (btfw_announce_reply_get_warning (reply));
  btfw_announce_reply_get_interval (reply);
  btfw_announce_reply_get_min_interval (reply);
  btfw_announce_reply_get_retry_in (reply);
}
