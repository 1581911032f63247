/* hash-gnutls.c: hashes with GnuTLS: the reference, and what serves everywhere. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/hash-engine.h"

#include <gnutls/crypto.h>

static const gnutls_digest_algorithm_t algorithms[] = {
  [BTFW_HASH_SHA1] = GNUTLS_DIG_SHA1,
  [BTFW_HASH_SHA256] = GNUTLS_DIG_SHA256,
};

/* Nothing from outside can make these fail: either there is no memory, for
 * which GLib ends the program too, or GnuTLS was built or set up without the
 * hashes that BitTorrent is made of. */
static void
check (int status)
{
  if (status != GNUTLS_E_SUCCESS)
    g_error ("GnuTLS cannot compute a hash: %s", gnutls_strerror (status));
}

void
btfw_hash_gnutls_begin (BtfwHasher *hasher)
{
  gnutls_hash_hd_t handle;

  check (gnutls_hash_init (&handle, algorithms[hasher->kind]));
  hasher->handle = handle;
}

void
btfw_hash_gnutls_update (BtfwHasher *hasher, const guint8 *data, gsize size)
{
  check (gnutls_hash (hasher->handle, data, size));
}

void
btfw_hash_gnutls_end (BtfwHasher *hasher, guint8 *digest)
{
  gnutls_hash_deinit (g_steal_pointer (&hasher->handle), digest);
}
