/* hash.c: streams of SHA-1 and SHA-256. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/hash.h"

#include <string.h>

#include <gnutls/crypto.h>

static const gnutls_digest_algorithm_t algorithms[] = {
  [BTFW_HASH_SHA1] = GNUTLS_DIG_SHA1,
  [BTFW_HASH_SHA256] = GNUTLS_DIG_SHA256,
};

static gnutls_hash_hd_t
btfw_hasher_get_handle (BtfwHasher *self)
{
  gnutls_hash_hd_t handle = self->handle;
  int              status;

  if (handle)
    return handle;

  status = gnutls_hash_init (&handle, algorithms[self->kind]);
  if (status != GNUTLS_E_SUCCESS)
    g_error ("GnuTLS does not hash: %s", gnutls_strerror (status));

  self->handle = handle;
  return handle;
}

gsize
btfw_hash_get_size (BtfwHashKind kind)
{
  return kind == BTFW_HASH_SHA1 ? 20 : 32;
}

void
btfw_hasher_init (BtfwHasher *self, BtfwHashKind kind)
{
  memset (self, 0, sizeof *self);
  self->kind = kind;
}

void
btfw_hasher_clear (BtfwHasher *self)
{
  if (self->handle)
    gnutls_hash_deinit (g_steal_pointer (&self->handle), NULL);
}

void
btfw_hasher_update (BtfwHasher *self, const guint8 *data, gsize size)
{
  if (size == 0)
    return;

  gnutls_hash (btfw_hasher_get_handle (self), data, size);
  self->n_bytes += size;
}

void
btfw_hasher_finish (BtfwHasher *self, guint8 *digest)
{
  gnutls_hash_deinit (btfw_hasher_get_handle (self), digest);
  self->handle = NULL;
}

void
btfw_hasher_update_many (BtfwHashPart *parts, guint n_parts)
{
  for (guint i = 0; i < n_parts; i++)
    btfw_hasher_update (parts[i].hasher, parts[i].data, parts[i].size);
}

void
btfw_hash_once (BtfwHashKind kind, const guint8 *data, gsize size, guint8 *digest)
{
  BtfwHasher hasher;

  btfw_hasher_init (&hasher, kind);
  btfw_hasher_update (&hasher, data, size);
  btfw_hasher_finish (&hasher, digest);
}

const char *const *
btfw_hash_list_engines (void)
{
  static const char *const names[] = { "gnutls", NULL };

  return names;
}

gboolean
btfw_hash_use_engine (const char *name)
{
  return name == NULL || strcmp (name, "gnutls") == 0;
}
