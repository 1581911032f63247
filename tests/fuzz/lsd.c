/* lsd.c: what comes by multicast from the local network. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz.h"

#include "../../plugins/discovery-lsd/message.h"

#include <string.h>

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  LsdMessage       message = { 0 };
  LsdMessage       copy = { 0 };
  g_autofree char *text = NULL;

  if (!lsd_message_read (&message, data, size))
    return 0;
  g_assert_cmpuint (message.n_hashes, <=, LSD_HASHES_MAX);
  g_assert_nonnull (memchr (message.cookie, '\0', sizeof message.cookie));

  text = lsd_message_write (&message, "239.192.152.143:6771");
  g_assert_cmpuint (strlen (text), <=, LSD_MESSAGE_MAX);
  g_assert_true (lsd_message_read (&copy, (const guint8 *) text, strlen (text)));
  g_assert_cmpuint (copy.port, ==, message.port);
  g_assert_cmpuint (copy.n_hashes, ==, message.n_hashes);
  g_assert_cmpmem (copy.hashes, 20 * copy.n_hashes, message.hashes, 20 * message.n_hashes);
  g_assert_cmpstr (g_strchomp (copy.cookie), ==, g_strchomp (message.cookie));
  return 0;
}
