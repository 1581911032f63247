/* binding.h: the address or interface that sockets are tied to. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "net/address.h"

#include <btfw/btfw-error.h>

/* Sockets tied to an address use no other family. Tying to an interface is the
 * kernel's work (SO_BINDTODEVICE) where it lets us, and else done with the
 * addresses that the interface has at that moment. All zero bytes is no binding. */
typedef struct
{
  BtfwAddress address;   /* port 0; of no use unless has_address */
  gboolean    has_address;
  char       *interface; /* or NULL */
  gboolean    by_address; /* interface, but only its addresses can be used */
} BtfwBinding;

/* @text: an address, the name of an interface, or NULL */
gboolean btfw_binding_init (BtfwBinding *self, const char *text, GError **error);
void     btfw_binding_clear (BtfwBinding *self);
void     btfw_binding_copy (BtfwBinding *self, const BtfwBinding *other);
gboolean btfw_binding_is_set (const BtfwBinding *self);

/* The address that sockets of @family (AF_INET, AF_INET6) are to be bound to:
 * FALSE with @error set when they may not be used at all. Any address is the
 * unspecified one. */
gboolean btfw_binding_get_address (const BtfwBinding *self, int family, BtfwAddress *address, GError **error);
/* The address that sockets of @family should leave by; FALSE when any may do,
 * or none has been found. */
gboolean btfw_binding_find_source (const BtfwBinding *self, int family, BtfwAddress *address);
/* Ties a socket that is not bound yet to the interface, if there is one. */
gboolean btfw_binding_tie (const BtfwBinding *self, int fd, GError **error);
/* Ties a socket that is going to connect, to interface and address. */
gboolean btfw_binding_apply (const BtfwBinding *self, int fd, int family, GError **error);
/* Whether a connected socket left by the way that it must. */
gboolean btfw_binding_check (const BtfwBinding *self, int fd, GError **error);

/* Whether some interface of this machine has the address. */
gboolean btfw_address_is_of_this_machine (const BtfwAddress *address);
