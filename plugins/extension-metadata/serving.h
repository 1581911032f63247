/* serving.h: gives the metadata to those who ask for it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "member.h"

/* @metadata: NULL while there is none: then all is refused. FALSE with @error
 * when the peer asks beyond all measure. */
gboolean serving_on_request (BtfwExtension *extension, Member *member, guint32 block, GBytes *metadata, gint64 now, GError **error);
/* Sends what waits, as far as the peer reads; answers whether something still waits. */
gboolean serving_pump (BtfwExtension *extension, Member *member, GBytes *metadata);
