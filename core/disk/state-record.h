/* state-record.h: the form in which a record lies in its file, so that damage shows. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-error.h>

/* Larger things of that name are not ours. */
#define BTFW_STATE_SIZE_MAX (64 * 1024 * 1024)

typedef enum
{
  BTFW_STATE_READ_OK,
  BTFW_STATE_READ_MISSING,
  BTFW_STATE_READ_DAMAGED, /* or something that we did not write */
  BTFW_STATE_READ_NEWER,   /* whole, but of a form that this version does not know */
  BTFW_STATE_READ_FAILED,  /* the system could not; says nothing of the record */
} BtfwStateRead;

/* Never waits, whatever lies there. @reason says what was wrong (static). */
BtfwStateRead btfw_state_record_read (int dir_fd, const char *name, GBytes **data, const char **reason);
/* Makes a new file, 0600. Answers 0 or an errno value; a file begun is removed. */
int           btfw_state_record_write (int dir_fd, const char *name, GBytes *data, gboolean sync);
