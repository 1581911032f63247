/* border.h: what plugins answer, made consistent before anybody acts on it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

/* From now on everything passes as it is, for whoever judges plugins. */
void     btfw_border_open (void);
/* A method of a third party may fail without saying why, or succeed and set an
 * error all the same. Answers @ok, with @error (nullable) set exactly when it is
 * FALSE: of @domain and @code where the plugin set none. */
gboolean btfw_border_settle (gpointer instance, const char *method, gboolean ok, GQuark domain, int code, GError **error);
