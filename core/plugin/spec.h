/* spec.h: a plugin with its settings in one line: "NAME,key=value,…". */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-error.h>

typedef struct
{
  char   *name;
  char  **keys; /* ended by NULL */
  char  **values;
} BtfwSpec;

/* "\," stands for a comma in a value, "\+" for a plus, "\\" for a backslash. */
BtfwSpec  *btfw_spec_parse (const char *text, GError **error);
void       btfw_spec_free (BtfwSpec *self);

/* "TOP,key=value+MIDDLE+BOTTOM" as an array of BtfwSpec, at most 16. */
GPtrArray *btfw_spec_parse_stack (const char *text, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwSpec, btfw_spec_free)
