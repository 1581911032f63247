/* suggest.h: finds the word that somebody may have meant. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* The word of @known (ended by NULL) that is nearest to @word, when so few
 * letters differ that it looks like a slip; otherwise NULL. */
const char *btfw_suggest (const char *word, const char *const *known);

/* A sentence's end that helps with a word that is not @known: the nearest one,
 * or all there are, or "" when there are none. */
char       *btfw_suggest_sentence (const char *word, const char *const *known);
