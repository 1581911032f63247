/* common.h: what all commands share: help, version, and how they end. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cli/options.h"

/* How the program ends. A signal that cuts it short ends it with 128 and the
 * signal's number. */
typedef enum
{
  BTFW_EXIT_COMPLETE = 0,
  BTFW_EXIT_FAILED = 1,
  BTFW_EXIT_USAGE = 2,
  BTFW_EXIT_INCOMPLETE = 3,
} BtfwExit;

/* The first lines of a command's help. */
typedef struct
{
  const char *name;     /* "btfw show" */
  const char *synopsis; /* N_(): one line for each way to call it */
  const char *summary;  /* N_() */
  const char *epilogue; /* N_(), or NULL */
} BtfwUsage;

typedef struct
{
  gboolean    help;
  gboolean    version;
  gboolean    verbose;
  gboolean    debug;
  const char *debug_areas;
} BtfwCommon;

/* Options that every command has. */
BtfwOptionGroup btfw_common_get_group (BtfwCommon *self);

/* Parses the words of a command and does what its common options ask for.
 * Returns the operands, or NULL when nothing is left to be done; the command
 * then ends with @exit_code. */
GPtrArray *btfw_common_parse (BtfwCommon            *self,
                              const BtfwUsage       *usage,
                              const BtfwOptionGroup *groups,
                              int                    argc,
                              char                 **argv,
                              int                   *exit_code);

/* Says what is wrong with the words of a command, and where help is.
 * Returns the exit code for it. */
int btfw_common_fail_usage (const BtfwUsage *usage, const char *format, ...) G_GNUC_PRINTF (2, 3);

/* Says @error. Returns the exit code for it. */
int btfw_common_fail (const GError *error);
