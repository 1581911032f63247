/* vectors.h: a place in a row of buffers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

/* GInputVector has the same members. */
typedef struct
{
  const GOutputVector *vectors;
  gsize                done; /* of the first of them */
} BtfwVectors;

gsize btfw_vectors_count (const GOutputVector *vectors, guint n_vectors);

/* The next @size bytes when they lie in one buffer; the place moves on then. */
guint8 *btfw_vectors_take (BtfwVectors *self, gsize size);

/* All of these move on by @size, which is there. */
void btfw_vectors_gather (BtfwVectors *self, guint8 *to, gsize size);
void btfw_vectors_scatter (BtfwVectors *self, const guint8 *from, gsize size);
void btfw_vectors_clear (BtfwVectors *self, gsize size);
void btfw_vectors_skip (BtfwVectors *self, gsize size);
