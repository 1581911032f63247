/* elf.h: reads a constant out of a module by its name, without loading the module. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-error.h>

/* Looks @symbol up in the dynamic symbols of the ELF file @fd, as the system's
 * loader would, and copies at most @size bytes of it to @data, zeroes after
 * them. @symbol_size becomes the size that the file gives for it. Every number
 * in the file is checked before it is used; what is read, and how long it
 * takes, does not grow with the file. Only files of this machine's class and
 * byte order can be read.
 *
 * BTFW_ERROR_NOT_FOUND: there is no such constant; BTFW_ERROR_UNSUPPORTED: for
 * another machine; BTFW_ERROR_INVALID: damaged. Messages are clauses that go on
 * after the file's name and a colon. */
gboolean btfw_elf_read_symbol (int         fd,
                               const char *symbol,
                               gpointer    data,
                               gsize       size,
                               guint64    *symbol_size,
                               GError    **error);
