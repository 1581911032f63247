/* relocate.h: moves the files of a torrent to another folder, all or none. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "places.h"

/* @places has no descriptors in use. On success the files belong to @context. */
gboolean btfw_relocate (BtfwPlaces         *places,
                        BtfwStorageContext *context,
                        BtfwStorageProgress progress,
                        gpointer            user_data,
                        GCancellable       *cancellable,
                        GError            **error);

/* Takes back what a process that was killed left half moved, to the folder of
 * @context. */
void     btfw_relocate_recover (BtfwStorageContext *context);
