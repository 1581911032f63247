/* lab-pipe.h: two streams that are joined in memory, with a rate and a delay in virtual time. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "net/stream.h"

/* The same in both directions. */
typedef struct
{
  guint64 rate;  /* bytes a second; 0 for no limit */
  gint64  delay; /* in µs */
} LabLink;

/* Told of every write: @bytes are those that the pipe took. @pipe numbers
 * the pipes in the order of their making. */
typedef void (*LabTap) (guint pipe, guint end, const guint8 *bytes, gsize size, gpointer user_data);

/* Both ends are their owners', who close them. */
void lab_pipe_new (BtfwLoop *loop, guint number, const LabLink *link, LabTap tap, gpointer user_data, BtfwStream *ends[2]);
/* The connection is lost: from now on both ends answer with an error. */
void lab_pipe_cut (BtfwStream *end);
