/* session-private.h: sessions that share an engine, and the calls they make of it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "session/hub.h"

#include <btfw/btfw-session.h>

/* For a service: lives in the loop's own context. (transfer full) */
BtfwSession *btfw_session_new_guest (BtfwHub *hub, GError **error);
gboolean     btfw_session_is_started (BtfwSession *self);

/* A call whose reply() completes a task. */
BtfwCall *btfw_session_new_call (BtfwSession        *self,
                                 gpointer            source_tag,
                                 void (*run) (BtfwCall *call),
                                 void (*reply) (BtfwCall *call),
                                 GCancellable       *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer            user_data);
/* TRUE when the call failed; then its task says so. */
gboolean  btfw_session_return_error (BtfwCall *call);
