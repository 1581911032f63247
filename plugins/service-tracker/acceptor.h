/* acceptor.h: hands connections to a SoupServer, no more than it can bear. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <libsoup/soup.h>

/* SoupServer itself takes any number, and lets each last for ever. */
typedef struct _Acceptor Acceptor;

/* @listener: not blocking. */
Acceptor *acceptor_new (SoupServer *server, GSocket *listener);
/* Closes what is open. */
void      acceptor_free (Acceptor *self);
