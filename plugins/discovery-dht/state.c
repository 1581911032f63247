/* state.c: what a node keeps between runs: its ids, and nodes to begin with. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "state.h"

#include <btfw/btfw-bencode.h>
#include <btfw/btfw-dir.h>

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define FILE_NAME "nodes"
#define NEW_FILE_NAME "nodes.new"
/* Two lists, ids and addresses. */
#define VALUES_MAX 16

static const char *const id_keys[] = { "id", "id6" };
static const char *const address_keys[] = { "ip", "ip6" };
static const char *const node_keys[] = { "nodes", "nodes6" };
static const gsize       address_sizes[] = { 6, 18 };

static const guint8 *
get_string (BtfwBencodeDoc *doc, const char *key, gsize *size)
{
  *size = 0;
  return btfw_bencode_doc_get_string (doc, btfw_bencode_doc_lookup (doc, BTFW_BENCODE_DOC_ROOT, key), size);
}

static void
read_nodes (DhtNode *node, BtfwBencodeDoc *doc, guint family)
{
  gsize         entry = DHT_ID_SIZE + address_sizes[family];
  gsize         size;
  const guint8 *bytes = get_string (doc, node_keys[family], &size);

  for (guint i = 0; bytes != NULL && i < DHT_STATE_NODES_MAX && size >= entry; i++, bytes += entry, size -= entry)
    {
      DhtContact contact;

      memcpy (contact.id.bytes, bytes, DHT_ID_SIZE);
      if (dht_message_unpack_endpoint (&contact.endpoint, bytes + DHT_ID_SIZE, address_sizes[family]))
        dht_node_add_known (node, &contact);
    }
}

static void
read_family (DhtNode *node, BtfwBencodeDoc *doc, guint family)
{
  gsize         size;
  const guint8 *id = get_string (doc, id_keys[family], &size);
  const guint8 *address;
  BtfwEndpoint  external;

  if (id != NULL && size == DHT_ID_SIZE)
    dht_node_set_id (node, family == 0, (const DhtId *) id);
  address = get_string (doc, address_keys[family], &size);
  if (address != NULL && size == address_sizes[family] && dht_message_unpack_endpoint (&external, address, size))
    dht_node_set_external (node, &external);
  read_nodes (node, doc, family);
}

gboolean
dht_state_read (DhtNode *node, GBytes *bytes, GError **error)
{
  g_autoptr (BtfwBencodeDoc) doc = btfw_bencode_doc_new (bytes, VALUES_MAX, error);

  if (doc == NULL)
    return FALSE;
  if (!btfw_bencode_doc_is_dict (doc, BTFW_BENCODE_DOC_ROOT))
    {
      g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_FAILED, _("it is no list of nodes"));
      return FALSE;
    }

  for (guint family = 0; family < 2; family++)
    read_family (node, doc, family);
  return TRUE;
}

typedef struct
{
  GByteArray *bytes;
  guint       n;
} Nodes;

static void
append_node (const DhtEntry *entry, guint bucket, gpointer user_data)
{
  Nodes *nodes = user_data;
  guint8 bytes[18];

  if (entry->n_failures > 0 || nodes->n == DHT_STATE_NODES_MAX)
    return;

  nodes->n++;
  g_byte_array_append (nodes->bytes, entry->contact.id.bytes, DHT_ID_SIZE);
  g_byte_array_append (nodes->bytes, bytes, (guint) dht_message_pack_endpoint (&entry->contact.endpoint, bytes));
}

static void
put_bytes (GByteArray *out, const char *key, const guint8 *bytes, gsize size)
{
  if (size == 0)
    return;
  btfw_bencode_append_key (out, key);
  btfw_bencode_append_string (out, bytes, size);
}

GBytes *
dht_state_write (const DhtNode *node)
{
  GByteArray *out = g_byte_array_new ();

  btfw_bencode_open_dict (out);
  for (guint family = 0; family < 2; family++)
    put_bytes (out, id_keys[family], dht_node_get_table (node, family == 0)->own.bytes, DHT_ID_SIZE);
  for (guint family = 0; family < 2; family++)
    {
      BtfwEndpoint external;
      guint8       bytes[18];

      if (dht_node_get_external (node, family == 0, &external))
        put_bytes (out, address_keys[family], bytes, dht_message_pack_endpoint (&external, bytes));
    }
  for (guint family = 0; family < 2; family++)
    {
      Nodes nodes = { .bytes = g_byte_array_new () };

      dht_table_foreach (dht_node_get_table (node, family == 0), append_node, &nodes);
      put_bytes (out, node_keys[family], nodes.bytes->data, nodes.bytes->len);
      g_byte_array_unref (nodes.bytes);
    }
  btfw_bencode_close (out);
  return g_byte_array_free_to_bytes (out);
}

/* All of the file, if it is not longer than it can be. */
static GBytes *
read_file (int fd, GError **error)
{
  g_autofree guint8 *bytes = g_malloc (DHT_STATE_SIZE_MAX + 1);
  gsize              size = 0;
  gssize             n;

  do
    {
      n = read (fd, bytes + size, DHT_STATE_SIZE_MAX + 1 - size);
      size += n > 0 ? (gsize) n : 0;
    }
  while ((n > 0 && size <= DHT_STATE_SIZE_MAX) || (n < 0 && errno == EINTR));

  if (n < 0)
    g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (errno), g_strerror (errno));
  else if (size > DHT_STATE_SIZE_MAX)
    g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_FAILED, _("it is too large"));
  else
    return g_bytes_new_take (g_steal_pointer (&bytes), size);
  return NULL;
}

gboolean
dht_state_load (DhtNode *node, const char *dir, GError **error)
{
  g_autoptr (BtfwDir) folder = btfw_dir_open (dir, FALSE, NULL);
  g_autoptr (GBytes)  bytes = NULL;
  struct stat         st;
  int                 fd;

  if (folder == NULL || !btfw_dir_stat_beneath (folder, FILE_NAME, &st, NULL))
    return TRUE;

  fd = btfw_dir_open_beneath (folder, FILE_NAME, O_RDONLY | O_NONBLOCK, 0, error);
  if (fd < 0)
    return FALSE;
  bytes = read_file (fd, error);
  close (fd);
  return bytes != NULL && dht_state_read (node, bytes, error);
}

static gboolean
write_all (int fd, const guint8 *bytes, gsize size)
{
  while (size > 0)
    {
      gssize n = write (fd, bytes, size);

      if (n < 0 && errno != EINTR)
        return FALSE;
      bytes += MAX (n, 0);
      size -= (gsize) MAX (n, 0);
    }
  return TRUE;
}

static gboolean
replace_file (const char *dir, GError **error)
{
  g_autofree char *from = g_build_filename (dir, NEW_FILE_NAME, NULL);
  g_autofree char *to = g_build_filename (dir, FILE_NAME, NULL);

  if (g_rename (from, to) == 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), _("cannot replace “%s”: %s"), to, g_strerror (errno));
  return FALSE;
}

gboolean
dht_state_save (const DhtNode *node, const char *dir, GError **error)
{
  g_autoptr (GBytes)  bytes = dht_state_write (node);
  g_autoptr (BtfwDir) folder = btfw_dir_open (dir, TRUE, error);
  gboolean            written;
  int                 fd;

  if (folder == NULL)
    return FALSE;

  fd = btfw_dir_open_beneath (folder, NEW_FILE_NAME, O_WRONLY | O_CREAT | O_TRUNC, 0600, error);
  if (fd < 0)
    return FALSE;

  written = write_all (fd, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
  if (!written)
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno), _("cannot write “%s/%s”: %s"), dir, NEW_FILE_NAME, g_strerror (errno));
  close (fd);
  return written && replace_file (btfw_dir_get_path (folder), error);
}
