/* tcp-stream.h: a connected TCP socket as a stream. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "net/stream.h"

/* Told when the stream is closed, after its descriptor was. */
typedef void (*BtfwStreamClosedFunc) (gpointer user_data);

/* Takes @fd over, also when it fails. It must not block. @closed: (nullable) */
BtfwStream *btfw_tcp_stream_new (BtfwLoop            *loop,
                                 int                  fd,
                                 BtfwStreamClosedFunc closed,
                                 gpointer             user_data,
                                 GError             **error);

/* Whether nothing came for so long, also not that what we sent has arrived: the wire is
 * cut, or an address of either side is gone. FALSE for streams of other kinds. */
gboolean    btfw_tcp_stream_is_cut_off (BtfwStream *self, guint milliseconds);
