/* test-context.c: what plugins of the other kinds are handed in tests. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw-test.h>

#include "disk/storage-context.h"
#include "meta/layout.h"
#include "net/net.h"
#include "plugin/border.h"
#include "swarm/announce.h"
#include "wire/extension-handshake.h"

BtfwLayout *
btfw_test_layout_new (guint32 piece_size, const BtfwTestFile *files, guint n_files)
{
  BtfwLayoutBuilder *builder;

  g_return_val_if_fail (piece_size > 0 && files != NULL && n_files > 0, NULL);

  builder = btfw_layout_builder_new (BTFW_LAYOUT_PACKED, piece_size);
  for (guint i = 0; i < n_files; i++)
    if (!btfw_layout_builder_add (builder, files[i].path, files[i].length, files[i].flags, NULL))
      g_return_val_if_reached (NULL);
  return btfw_layout_builder_finish (builder);
}

BtfwStorageContext *
btfw_test_storage_context_new (BtfwLayout  *layout,
                               BtfwStorage *storage,
                               BtfwStorage *lower,
                               const char  *dir,
                               const char  *state_dir)
{
  static const guint8 hash[20] = "a torrent of a test";
  g_autoptr (GPtrArray)    stack = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (BtfwInfoHash) info_hash = btfw_info_hash_new (hash, NULL);

  g_return_val_if_fail (layout != NULL && BTFW_IS_STORAGE (storage) && dir != NULL, NULL);

  g_ptr_array_add (stack, g_object_ref (storage));
  if (lower != NULL)
    g_ptr_array_add (stack, g_object_ref (lower));
  return btfw_storage_context_new (info_hash, layout, stack, dir, state_dir);
}

BtfwStorageContext *
btfw_test_storage_context_new_at (BtfwStorageContext *self, const char *dir)
{
  g_return_val_if_fail (self != NULL && dir != NULL, NULL);

  return btfw_storage_context_new_at (self, dir);
}

void
btfw_test_storage_context_set_wanted (BtfwStorageContext *self, const guint8 *wanted, guint32 n_files)
{
  g_return_if_fail (self != NULL && wanted != NULL);

  btfw_storage_context_set_wanted (self, wanted, n_files);
}

BtfwAnnounce *
btfw_test_announce_new (const char *url, BtfwAnnounceEvent event)
{
  static const guint8      hash[20] = "a torrent of a test";
  const BtfwAnnounceValues values = {
    .url = url,
    .info_hash = hash,
    .peer_id = (const guint8 *) "-TT0001-012345678901",
    .left = 1000000,
    .event = event,
    .family = G_SOCKET_FAMILY_INVALID,
    .num_want = 50,
    .key = 0x12345678,
    .port = 6881,
  };

  g_return_val_if_fail (url != NULL, NULL);

  return btfw_announce_new (&values);
}

guint
btfw_test_announce_get_n_refs (BtfwAnnounce *self)
{
  g_return_val_if_fail (self != NULL, 0);

  return btfw_announce_get_n_refs (self);
}

BtfwNet *
btfw_test_net_new (gboolean allow_local)
{
  const BtfwBinding binding = { .interface = NULL };
  BtfwNet          *net = btfw_net_new_alone (&binding);

  btfw_net_set_allow_local (net, allow_local);
  return net;
}

BtfwNet *
btfw_test_net_new_offline (void)
{
  BtfwBinding binding = { .has_address = TRUE };
  BtfwNet    *net;

  btfw_address_parse (&binding.address, "127.0.0.1");
  net = btfw_net_new_alone (&binding);
  btfw_net_set_offline (net);
  return net;
}

void
btfw_test_judge_errors (void)
{
  btfw_border_open ();
}

BtfwExtensionHandshake *
btfw_test_handshake_new (const guint8 *body, gsize size)
{
  return body == NULL ? btfw_extension_handshake_new () : btfw_extension_handshake_parse (body, size, NULL);
}
