/* vectors.c: moves bytes into and out of rows of buffers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "vectors.h"

#include <string.h>

gsize
btfw_vectors_count (const GOutputVector *vectors, guint n_vectors)
{
  gsize size = 0;

  for (guint i = 0; i < n_vectors; i++)
    size += vectors[i].size;

  return size;
}

/* What is left of the first buffer that has something left. */
static gsize
find_room (BtfwVectors *self, guint8 **at)
{
  while (self->done == self->vectors->size)
    {
      self->vectors++;
      self->done = 0;
    }
  *at = (guint8 *) self->vectors->buffer + self->done;
  return self->vectors->size - self->done;
}

guint8 *
btfw_vectors_take (BtfwVectors *self, gsize size)
{
  guint8 *at;

  if (size == 0 || find_room (self, &at) < size)
    return NULL;

  self->done += size;
  return at;
}

void
btfw_vectors_gather (BtfwVectors *self, guint8 *to, gsize size)
{
  while (size > 0)
    {
      guint8 *at;
      gsize   n = MIN (find_room (self, &at), size);

      memcpy (to, at, n);
      to += n;
      self->done += n;
      size -= n;
    }
}

void
btfw_vectors_scatter (BtfwVectors *self, const guint8 *from, gsize size)
{
  while (size > 0)
    {
      guint8 *at;
      gsize   n = MIN (find_room (self, &at), size);

      memcpy (at, from, n);
      from += n;
      self->done += n;
      size -= n;
    }
}

void
btfw_vectors_clear (BtfwVectors *self, gsize size)
{
  while (size > 0)
    {
      guint8 *at;
      gsize   n = MIN (find_room (self, &at), size);

      memset (at, 0, n);
      self->done += n;
      size -= n;
    }
}

void
btfw_vectors_skip (BtfwVectors *self, gsize size)
{
  while (size > 0)
    {
      guint8 *at;
      gsize   n = MIN (find_room (self, &at), size);

      self->done += n;
      size -= n;
    }
}
