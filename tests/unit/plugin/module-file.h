/* module-file.h: the bytes of a stub module, to look at and to damage. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

typedef struct
{
  guint8 *data;
  gsize   size;
} ModuleFile;

/* @name: KIND-NAME of one of the stubs */
ModuleFile *module_file_new (const char *name);
void        module_file_free (ModuleFile *self);
/* A descriptor of a file that only this process knows, with the first @size bytes. */
int         module_file_open (const ModuleFile *self, gsize size);
/* Where @bytes stand for the first time; they must. */
gsize       module_file_find (const ModuleFile *self, gconstpointer bytes, gsize size);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (ModuleFile, module_file_free)
