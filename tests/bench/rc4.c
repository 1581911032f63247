/* rc4.c: what the stream cipher of encrypted peers costs, in portions of one block. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "net/rc4.h"

#include "stopwatch.h"

#define SIZE (16u * 1024)
#define GIB (1024.0 * 1024 * 1024)

typedef struct
{
  BtfwRc4 cipher;
  guint8  bytes[SIZE];
} Work;

static void
apply (gpointer data)
{
  Work *self = data;

  btfw_rc4_apply (&self->cipher, self->bytes, self->bytes, SIZE);
}

int
main (void)
{
  static Work work;

  btfw_rc4_init (&work.cipher, (const guint8 *) "a key of twenty byte", 20);
  g_print ("rc4 in place: %.2f CPU-s/GiB\n", stopwatch_measure (apply, &work) * GIB / SIZE);
  return 0;
}
