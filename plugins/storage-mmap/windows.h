/* windows.h: parts of files in the address space: so many, those used last. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "descriptors.h"
#include "transfer.h"

/* No access through a window ends the process, whatever somebody does to the file:
 * the kernel does the copying (process_vm_readv of ourselves), which answers with an
 * error where a load or store would be SIGBUS. What a window does not give is then
 * read or written with an ordinary call, whose answer counts: so the end of a file, a
 * full disk or a broken one are what they are for ordinary files. Where the kernel
 * refuses such copying, all goes by ordinary calls. */
typedef struct _BtfwWindows BtfwWindows;

/* @size: of each, a power of two of pages at least; @n_max: how many there may be. */
BtfwWindows *btfw_windows_new (gsize size, guint n_max);
void         btfw_windows_free (BtfwWindows *self);
/* Lets go of all of them: a file that was removed has room on the disk until then. */
void         btfw_windows_clear (BtfwWindows *self);
guint        btfw_windows_count (BtfwWindows *self);

/* On every thread. They answer 0 or an errno value, as of BtfwCarrier. */
int btfw_windows_read (BtfwWindows *self, BtfwDescriptor *descriptor, gint64 offset, gsize size, BtfwFileCursor *cursor);
int btfw_windows_write (BtfwWindows *self, BtfwDescriptor *descriptor, gint64 offset, gsize size, BtfwFileCursor *cursor);
