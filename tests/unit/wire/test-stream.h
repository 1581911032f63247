/* test-stream.h: a stream whose bytes, cuts and failures a test decides. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "net/stream.h"

typedef struct
{
  BtfwStream stream; /* first */

  /* What is read: a copy, delivered up to input_end, at most read_max bytes a call. */
  GByteArray *input;
  gsize       input_end;
  gsize       n_read;
  gsize       read_max; /* 0 for no limit */
  gboolean    at_end;   /* behind the input, reads answer 0 instead of -EAGAIN */
  int         read_error;

  /* What was written, at most room bytes more, at most write_max a call. */
  GByteArray *output;
  gsize       room;
  gsize       write_max;
  int         write_error;
  guint       n_writes; /* calls of writev() */
  guint       n_more;   /* those with more */

  gboolean *was_closed; /* set when it is closed; nullable */
} TestStream;

/* Reads nothing yet, and takes whatever is written. */
TestStream *test_stream_new (BtfwLoop *loop);
void        test_stream_append (TestStream *self, const guint8 *bytes, gsize size);
/* Lets reads go on to @end, or to the end of what was appended. */
void        test_stream_deliver (TestStream *self, gsize end);
/* So many bytes more may be written. */
void        test_stream_give_room (TestStream *self, gsize room);
