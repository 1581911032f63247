/* session-private.h: sessions that share an engine. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "session/hub.h"

#include <btfw/btfw-session.h>

/* For a service: lives in the loop's own context. (transfer full) */
BtfwSession *btfw_session_new_guest (BtfwHub *hub, GError **error);
