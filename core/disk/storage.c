/* storage.c: the interface of storages: checks arguments, skips what is optional. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <btfw/btfw-storage.h>

#include "plugin/border.h"
#include "plugin/watch.h"

#include <glib/gi18n-lib.h>

G_DEFINE_INTERFACE (BtfwStorage, btfw_storage, G_TYPE_OBJECT)

static void
btfw_storage_default_init (BtfwStorageInterface *iface)
{
}

/* A third party's storage may lack a method that it must have. */
static gboolean
fail_missing (BtfwStorage *self, const char *method, GError **error)
{
  g_set_error (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_REFUSED,
               _("the storage %s cannot %s"), G_OBJECT_TYPE_NAME (self), method);
  return FALSE;
}

static gboolean
settle (BtfwStorage *self, const char *method, gboolean ok, GError **error)
{
  return btfw_border_settle (self, method, ok, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_BROKEN, error);
}

gboolean
btfw_storage_open (BtfwStorage *self, BtfwStorageContext *context, GError **error)
{
  g_return_val_if_fail (BTFW_IS_STORAGE (self) && context, FALSE);

  if (!BTFW_STORAGE_GET_IFACE (self)->open)
    return fail_missing (self, "open", error);

  return settle (self, "open", BTFW_STORAGE_GET_IFACE (self)->open (self, context, error), error);
}

gboolean
btfw_storage_readv (BtfwStorage        *self,
                    guint64             offset,
                    const GInputVector *vectors,
                    guint               n_vectors,
                    GError            **error)
{
  BtfwStorageInterface *iface;
  gboolean              ok;

  g_return_val_if_fail (BTFW_IS_STORAGE (self), FALSE);

  iface = BTFW_STORAGE_GET_IFACE (self);
  if (!iface->readv)
    return fail_missing (self, "readv", error);

  btfw_watch_enter (self, "storage readv");
  ok = iface->readv (self, offset, vectors, n_vectors, error);
  btfw_watch_leave ();
  return settle (self, "readv", ok, error);
}

gboolean
btfw_storage_writev (BtfwStorage         *self,
                     guint64              offset,
                     const GOutputVector *vectors,
                     guint                n_vectors,
                     GError             **error)
{
  BtfwStorageInterface *iface;
  gboolean              ok;

  g_return_val_if_fail (BTFW_IS_STORAGE (self), FALSE);

  iface = BTFW_STORAGE_GET_IFACE (self);
  if (!iface->writev)
    return fail_missing (self, "writev", error);

  btfw_watch_enter (self, "storage writev");
  ok = iface->writev (self, offset, vectors, n_vectors, error);
  btfw_watch_leave ();
  return settle (self, "writev", ok, error);
}

gboolean
btfw_storage_flush (BtfwStorage *self, GError **error)
{
  g_return_val_if_fail (BTFW_IS_STORAGE (self), FALSE);

  if (!BTFW_STORAGE_GET_IFACE (self)->flush)
    return fail_missing (self, "flush", error);

  return settle (self, "flush", BTFW_STORAGE_GET_IFACE (self)->flush (self, error), error);
}

void
btfw_storage_close (BtfwStorage *self)
{
  g_return_if_fail (BTFW_IS_STORAGE (self));

  if (BTFW_STORAGE_GET_IFACE (self)->close)
    BTFW_STORAGE_GET_IFACE (self)->close (self);
}

gboolean
btfw_storage_stat (BtfwStorage *self, guint32 file, BtfwFileStat *stat, GError **error)
{
  g_return_val_if_fail (BTFW_IS_STORAGE (self) && stat, FALSE);

  if (!BTFW_STORAGE_GET_IFACE (self)->stat)
    return fail_missing (self, "stat", error);

  return settle (self, "stat", BTFW_STORAGE_GET_IFACE (self)->stat (self, file, stat, error), error);
}

gboolean
btfw_storage_move (BtfwStorage        *self,
                   BtfwStorageContext *context,
                   BtfwStorageProgress progress,
                   gpointer            user_data,
                   GCancellable       *cancellable,
                   GError            **error)
{
  g_return_val_if_fail (BTFW_IS_STORAGE (self) && context, FALSE);

  if (!BTFW_STORAGE_GET_IFACE (self)->move)
    return fail_missing (self, "move", error);

  return settle (self, "move", BTFW_STORAGE_GET_IFACE (self)->move (self, context, progress, user_data, cancellable, error), error);
}

gboolean
btfw_storage_remove (BtfwStorage *self, GError **error)
{
  g_return_val_if_fail (BTFW_IS_STORAGE (self), FALSE);

  if (!BTFW_STORAGE_GET_IFACE (self)->remove)
    return fail_missing (self, "remove", error);

  return settle (self, "remove", BTFW_STORAGE_GET_IFACE (self)->remove (self, error), error);
}

gboolean
btfw_storage_wanted_changed (BtfwStorage *self, GError **error)
{
  g_return_val_if_fail (BTFW_IS_STORAGE (self), FALSE);

  if (!BTFW_STORAGE_GET_IFACE (self)->wanted_changed)
    return TRUE;

  return settle (self, "wanted_changed", BTFW_STORAGE_GET_IFACE (self)->wanted_changed (self, error), error);
}

BtfwLease *
btfw_storage_lease (BtfwStorage *self, guint64 offset, gsize length)
{
  g_return_val_if_fail (BTFW_IS_STORAGE (self), NULL);

  if (!BTFW_STORAGE_GET_IFACE (self)->lease || length == 0)
    return NULL;

  return BTFW_STORAGE_GET_IFACE (self)->lease (self, offset, length);
}
