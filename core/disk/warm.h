/* warm.h: gets a range of a file into memory. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-storage.h>

/* Blocks until the pages of the lease can be sent without waiting for a disk.
 * FALSE when they cannot be read, all or in part. */
gboolean btfw_warm_lease (BtfwLease *lease);
/* Asks the system to begin reading a range; does not wait for it. */
void     btfw_warm_ahead (int fd, gint64 offset, gint64 length);
