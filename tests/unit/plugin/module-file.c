/* module-file.c: the bytes of a stub module, to look at and to damage. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "module-file.h"

#include "module-paths.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

ModuleFile *
module_file_new (const char *name)
{
  ModuleFile       *self = g_new0 (ModuleFile, 1);
  g_autofree char  *path = g_strconcat (MODULES "/", name, ".so", NULL);
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, (char **) &self->data, &self->size, &error);
  g_assert_no_error (error);
  return self;
}

void
module_file_free (ModuleFile *self)
{
  g_free (self->data);
  g_free (self);
}

int
module_file_open (const ModuleFile *self,
                  gsize             size)
{
  int fd = memfd_create ("module", MFD_CLOEXEC);

  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (write (fd, self->data, size), ==, (gssize) size);
  return fd;
}

gsize
module_file_find (const ModuleFile *self,
                  gconstpointer     bytes,
                  gsize             size)
{
  const guint8 *found = memmem (self->data, self->size, bytes, size);

  g_assert_nonnull (found);
  return found - self->data;
}
