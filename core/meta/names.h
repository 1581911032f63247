/* names.h: makes the names that a torrent's author chose safe to use on a disk. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* The rule. It must stay as it is: files on disk are found by it again. It
 * changes what could harm or cannot be stored, and no more: data that other
 * programs saved is found only under the author's own names.
 *
 * 1. An element of a path stays as it is unless it has
 *    - a byte that is not part of valid UTF-8 (overlong forms and surrogates are not),
 *    - '/', '\\' or NUL,
 *    - a control character (U+0000 to U+001F, U+007F to U+009F),
 *    - an embedding, override or isolate of the direction of writing (U+202A to
 *      U+202E, U+2066 to U+2069), which would show another name than it is,
 *    - nothing but '.' and ' ' (so also "." and ".."): then its last character is
 *      what is wrong.
 *    Each byte of what is wrong becomes '%' and two hexadecimal digits ("a/b" is
 *    "a%2Fb", ".." is ".%2E"), and so does each '%' of that element, so that
 *    decoding gives the author's name. An empty element is "_".
 * 2. An element longer than 255 bytes is cut between characters; what begins with
 *    its last '.' is kept at the end when it is at most 32 bytes long. A '.' or ' '
 *    that comes to stand at the end becomes '_'.
 * 3. A path longer than 3,000 bytes loses the folders between the first and the
 *    file's own name.
 * 4. No two files of a torrent get the same path, and no file that of a folder.
 *    The first in the torrent's order keeps its name; to the other element " (2)" is
 *    added, or the first higher number that is free: before its extension for a
 *    file, at the end for a folder, after cutting it to 245 bytes.
 *
 * What only some file systems refuse or take for the same stays: "12:30", "CON",
 * "R.E.M.", "README" beside "ReadMe", composed beside decomposed letters. They are
 * different names where most of the data is, and how letters are folded is known
 * only to the file system that does it. There the storage is what notices: two
 * files of a torrent that turn out to be one on the disk are not written. */

#define BTFW_NAME_SIZE_MAX 255
#define BTFW_PATH_SIZE_MAX 3000
#define BTFW_PATH_DEPTH_MAX 100

/* One element as it stands in the torrent: bytes of any kind. */
typedef struct
{
  const char *bytes;
  gsize       size;
} BtfwName;

/* Appends points 1 and 2 of the rule. */
void btfw_name_append_safe (GString *out, const char *bytes, gsize size);

/* The paths that a torrent has so far, for point 4. */
typedef struct _BtfwNames BtfwNames;

BtfwNames *btfw_names_new (void);
void       btfw_names_free (BtfwNames *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwNames, btfw_names_free)

/* Sets @path to the safe and unique path of the file whose author called it
 * @elements, at least one and at most BTFW_PATH_DEPTH_MAX + 1 of them. Fails only
 * where thousands of files have one name, or when there is no memory. */
gboolean btfw_names_add (BtfwNames      *self,
                         const BtfwName *elements,
                         guint           n_elements,
                         GString        *path,
                         GError        **error);

/* The author's path, for people. */
char    *btfw_names_show (const BtfwName *elements, guint n_elements);
/* Whether the author's path and that one are the same. */
gboolean btfw_names_match (const BtfwName *elements, guint n_elements, const char *path);
