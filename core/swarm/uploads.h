/* uploads.h: the blocks that a peer asks of us: checked, queued, made ready, sent. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "swarm/peer.h"

extern const BtfwSenderClass btfw_uploads_sender_class;

/* FALSE with @error for a request that no honest peer sends. */
gboolean btfw_uploads_on_request (BtfwPeer *peer, const BtfwBlock *block, GError **error);
void     btfw_uploads_on_cancel (BtfwPeer *peer, const BtfwBlock *block);
/* What is queued will not be sent, but for what it gets at any time. */
void     btfw_uploads_on_choked (BtfwPeer *peer);
void     btfw_uploads_clear (BtfwPeer *peer);
/* Whether something waits to be sent. */
gboolean btfw_uploads_are_pending (const BtfwPeer *peer);
