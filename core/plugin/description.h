/* description.h: what a module says of itself, read from its file and checked. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-error.h>
#include <btfw/btfw-plugin.h>

/* Reads the description of KIND-NAME from the module @fd and checks it; none of
 * the module's code runs. Messages are clauses that go on after the file's name
 * and a colon. */
gboolean btfw_description_read (int                    fd,
                                const char            *kind,
                                const char            *name,
                                BtfwPluginDescription *description,
                                GError               **error);

/* Checks that @description can be used: ABI, size, texts that end inside their
 * fields and can be shown, and that it is one of KIND-NAME. */
gboolean btfw_description_check (const BtfwPluginDescription *description,
                                 const char                  *kind,
                                 const char                  *name,
                                 GError                     **error);

/* "btfw_plugin_KIND_NAME" and @suffix. */
char    *btfw_description_make_symbol (const char *kind, const char *name, const char *suffix);
