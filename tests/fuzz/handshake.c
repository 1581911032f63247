/* handshake.c: the 68 bytes that a stranger begins with. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz.h"

#include "wire/handshake.h"

#include <string.h>

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  gsize whole = MIN (size, BTFW_HANDSHAKE_SIZE);
  gsize n_good = 0;

  /* What is refused stays refused, however much more comes. */
  for (gsize n = 0; n <= whole; n++)
    {
      g_autoptr (GError) error = NULL;
      BtfwHandshake      handshake = { 0 };
      /* In memory of exactly its size; an empty one is somewhere, too. */
      g_autofree guint8 *part = n > 0 ? g_memdup2 (data, n) : g_malloc (1);

      if (!fuzz_check (btfw_handshake_read (&handshake, part, n, &error), &error))
        break;
      g_assert_cmpuint (n_good, ==, n);
      n_good = n + 1;
      if (n == BTFW_HANDSHAKE_SIZE)
        {
          guint8 written[BTFW_HANDSHAKE_SIZE];

          btfw_handshake_write (&handshake, written);
          g_assert_cmpmem (written + 28, 40, data + 28, 40);
        }
    }
  return 0;
}
