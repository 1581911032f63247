/* name-set.h: the paths of a torrent that are taken, as files or as folders. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* A path is known here by a 64-bit number, made element by element. Equal paths
 * have equal numbers. Two that differ and have one by chance (or by an author's
 * intent) count as equal: then one of them gets a suffix that it did not need, the
 * same one each time. */
typedef guint64 BtfwNameKey;

#define BTFW_NAME_KEY_ROOT G_GUINT64_CONSTANT (0xcbf29ce484222325)

/* The key of @element in the folder that has the key @folder. */
BtfwNameKey btfw_name_key (BtfwNameKey folder, const char *element, gsize size);
/* The key of the same element with @text added. */
BtfwNameKey btfw_name_key_extend (BtfwNameKey key, const char *text);

typedef enum
{
  BTFW_NAME_FREE,
  BTFW_NAME_FILE,
  BTFW_NAME_FOLDER,
} BtfwNameUse;

/* Eight bytes an entry, in a table at most two thirds full. */
typedef struct
{
  guint64 *entries; /* the key without its lowest bit, which tells folders from files; 0 is empty */
  guint    bits;    /* the table has 2^bits entries */
  gsize    n_used;
  guint64  factor; /* odd and random: nobody can know which keys meet in the table */
} BtfwNameSet;

void        btfw_name_set_init (BtfwNameSet *self);
void        btfw_name_set_clear (BtfwNameSet *self);
BtfwNameUse btfw_name_set_get (const BtfwNameSet *self, BtfwNameKey key);
/* The key must be free. FALSE when there is no memory. */
gboolean    btfw_name_set_add (BtfwNameSet *self, BtfwNameKey key, BtfwNameUse use);
