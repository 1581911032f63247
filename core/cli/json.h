/* json.h: writes JSON, one value after the other. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* Keys are given for members of an object and are NULL for elements of an
 * array and for the value at the top. The caller opens and closes in pairs. */
typedef struct _BtfwJson BtfwJson;

BtfwJson *btfw_json_new (void);
void      btfw_json_free (BtfwJson *self);
/* The text so far, on one line without a line end; ends @self. */
char     *btfw_json_free_to_string (BtfwJson *self);

void btfw_json_open_object (BtfwJson *self, const char *key);
void btfw_json_close_object (BtfwJson *self);
void btfw_json_open_array (BtfwJson *self, const char *key);
void btfw_json_close_array (BtfwJson *self);

/* NULL is written as null; bytes that are no UTF-8 as U+FFFD. */
void btfw_json_add_string (BtfwJson *self, const char *key, const char *value);
void btfw_json_add_strings (BtfwJson *self, const char *key, const char *const *values);
void btfw_json_add_unsigned (BtfwJson *self, const char *key, guint64 value);
void btfw_json_add_signed (BtfwJson *self, const char *key, gint64 value);
/* With three digits after the point; null when it is no number. */
void btfw_json_add_double (BtfwJson *self, const char *key, double value);
void btfw_json_add_boolean (BtfwJson *self, const char *key, gboolean value);
void btfw_json_add_null (BtfwJson *self, const char *key);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwJson, btfw_json_free)
