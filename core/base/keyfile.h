/* keyfile.h: reads the syntax of GKeyFile, and remembers lines. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-error.h>

typedef struct
{
  const char *group;
  const char *key;   /* NULL for the line that opens a group */
  const char *value; /* as written, trimmed; NULL with key */
  guint       line;  /* from 1 */
} BtfwKeyfileEntry;

/* A bounded reader: at most 1 MiB and 10,000 entries; a group or a key that
 * comes twice, a line that is neither, invalid UTF-8 or a NUL is an error that
 * names @name and the line. Values keep their escapes until
 * btfw_keyfile_unescape(). */
typedef struct _BtfwKeyfile BtfwKeyfile;

BtfwKeyfile            *btfw_keyfile_parse (const char *data, gsize size, const char *name, GError **error);
void                    btfw_keyfile_free (BtfwKeyfile *self);
const BtfwKeyfileEntry *btfw_keyfile_get_entries (const BtfwKeyfile *self, guint *n_entries);
/* \s \n \t \r \\ as in GKeyFile; NULL for any other escape. */
char                   *btfw_keyfile_unescape (const char *value);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwKeyfile, btfw_keyfile_free)
