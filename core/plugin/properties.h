/* properties.h: settings in text, on their way to be the properties of an object. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-config.h>

typedef struct _BtfwProperties BtfwProperties;

/* @group: what messages call the object of @type */
BtfwProperties *btfw_properties_new (GType type, const char *group);
void            btfw_properties_free (BtfwProperties *self);

/* Sets @key to @text, which comes from @origin. When it was added before, the
 * earlier value stays, and this one is only checked. The message of an error
 * names origin, group, key, and what is allowed. */
gboolean        btfw_properties_add (BtfwProperties *self,
                                     const char     *key,
                                     const char     *text,
                                     const char     *origin,
                                     GError        **error);

/* Returns: (transfer full): an object with the properties, others at their
 * defaults; NULL with @error set when it is initable and fails. */
gpointer        btfw_properties_create (BtfwProperties *self, GError **error);

/* Sets all of them on an object of the type, or none. Those that can only be
 * set when an object is made must be as they are. */
gboolean        btfw_properties_apply (BtfwProperties *self, GObject *object, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwProperties, btfw_properties_free)
