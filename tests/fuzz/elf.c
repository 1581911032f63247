/* elf.c: modules that somebody put into a plugin folder, read without being loaded. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz.h"

#include "plugin/description.h"
#include "plugin/elf.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static int
make_file (const guint8 *data, gsize size)
{
  static int fd = -1;

  if (fd < 0)
    fd = memfd_create ("fuzz", MFD_CLOEXEC);
  g_assert_cmpint (fd, >=, 0);
  g_assert_cmpint (ftruncate (fd, 0), ==, 0);
  g_assert_cmpint (pwrite (fd, data, size, 0), ==, (gssize) size);
  return fd;
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  int                   fd = make_file (data, size);
  g_autoptr (GError)    error = NULL;
  BtfwPluginDescription description;
  guint8                bytes[64];
  guint64               symbol_size;

  if (fuzz_check (btfw_description_read (fd, "picker", "stub", &description, &error), &error))
    {
      g_assert_cmpstr (description.name, ==, "stub");
      fuzz_check_text (description.description);
      fuzz_check_text (description.license);
    }
  fuzz_check (btfw_elf_read_symbol (fd, "btfw_plugin_picker_stub", bytes, sizeof bytes, &symbol_size, &error), &error);
  return 0;
}
