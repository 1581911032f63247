/* filter.h: a stream that goes on encrypted, or behind bytes that came too early. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "net/obfuscation.h"
#include "net/stream.h"

/* The stream reads and writes from now on as the handshake says, which is done.
 * It stays the same object, watch and all. */
void btfw_stream_set_filter (BtfwStream *stream, BtfwObfuscation *handshake);
