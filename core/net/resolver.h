/* resolver.h: looks names up, with GResolver's threads. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "net/network.h"

typedef struct _BtfwResolver BtfwResolver;

BtfwResolver *btfw_resolver_new (BtfwLoop *loop);
/* No look-up's done() comes any more. */
void          btfw_resolver_free (BtfwResolver *self);
/* As btfw_network_resolve(). */
void btfw_resolver_look_up (BtfwResolver   *self,
                            const char     *host,
                            guint16         port,
                            GCancellable   *cancellable,
                            BtfwResolveFunc done,
                            gpointer        user_data);
