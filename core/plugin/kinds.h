/* kinds.h: the kinds of plugins there are, and what plugins may be called. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-error.h>

/* Ended by NULL, in alphabetical order. */
const char *const *btfw_kinds_get_names (void);

/* Lower-case letters, digits and '_', a letter first: what can be part of a
 * file's name, of a symbol and of a keyfile's group alike. */
gboolean           btfw_kinds_is_word (const char *word, gsize length);

/* The first method that @type, which implements the interface of @kind, must have
 * and has not; or NULL. */
const char        *btfw_kinds_find_missing_method (const char *kind, GType type);

/* Splits "KIND-NAME". */
gboolean           btfw_kinds_split (const char *text, char **kind, char **name);
