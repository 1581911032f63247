/* bar.h: bars of characters, for terminals. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* A bar of @width columns that is filled from the left, with eighths of a
 * column where the locale has characters for them. */
char *btfw_bar_of_fraction (double fraction, guint width);

/* A bar of @width columns in which each column stands for its share of the
 * @n_pieces bits of @pieces (the first piece in the highest bit of the first
 * byte), the darker the more of them are set. */
char *btfw_bar_of_pieces (GBytes *pieces, guint32 n_pieces, guint width);
