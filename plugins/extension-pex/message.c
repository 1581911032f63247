/* message.c: the message of peer exchange. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "message.h"

#include <btfw/btfw-bencode.h>
#include <string.h>

/* Six keys are usual. */
#define VALUES_MAX 50
/* Far more than 50 addresses of each kind, added and dropped, take. */
#define SIZE_MAX_TAKEN (16u * 1024)

guint
pex_address_hash (gconstpointer data)
{
  const PexAddress *address = data;
  guint             hash = address->port;

  for (guint i = 0; i < address->ip_size; i++)
    hash = hash * 31 + address->ip[i];
  return hash;
}

gboolean
pex_address_equal (gconstpointer a, gconstpointer b)
{
  const PexAddress *left = a;
  const PexAddress *right = b;

  return left->ip_size == right->ip_size && left->port == right->port && memcmp (left->ip, right->ip, left->ip_size) == 0;
}

/* --- Reading --- */

/* Bytes that are no whole address are left out, and so are flags that are missing. */
static guint
read_family (BtfwBencodeDoc *document, const char *key, const char *flags_key, guint8 ip_size, PexAddress *added)
{
  gsize         size = 0;
  gsize         n_flags = 0;
  const guint8 *bytes = btfw_bencode_doc_get_string (document, btfw_bencode_doc_lookup (document, BTFW_BENCODE_DOC_ROOT, key), &size);
  const guint8 *flags = btfw_bencode_doc_get_string (document, btfw_bencode_doc_lookup (document, BTFW_BENCODE_DOC_ROOT, flags_key), &n_flags);
  guint         n = bytes == NULL ? 0 : (guint) MIN (size / (ip_size + 2u), PEX_ADDED_MAX);

  for (guint i = 0; i < n; i++)
    {
      const guint8 *entry = bytes + i * (ip_size + 2u);

      added[i] = (PexAddress){ .ip_size = ip_size, .flags = flags != NULL && i < n_flags ? flags[i] : 0 };
      memcpy (added[i].ip, entry, ip_size);
      added[i].port = (guint16) (entry[ip_size] << 8 | entry[ip_size + 1]);
    }
  return n;
}

int
pex_message_read (const guint8 *data, gsize size, PexAddress added[2 * PEX_ADDED_MAX], GError **error)
{
  g_autoptr (GBytes)         bytes = g_bytes_new_static (data, size);
  g_autoptr (BtfwBencodeDoc) document = NULL;
  guint                      n;

  if (size > SIZE_MAX_TAKEN)
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_LIMIT, "a peer exchange of %" G_GSIZE_FORMAT " bytes", size);
      return -1;
    }
  document = btfw_bencode_doc_new (bytes, VALUES_MAX, error);
  if (document == NULL)
    return -1;
  if (!btfw_bencode_doc_is_dict (document, BTFW_BENCODE_DOC_ROOT))
    {
      g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_INVALID, "a peer exchange that is no dictionary");
      return -1;
    }
  n = read_family (document, "added", "added.f", 4, added);
  return (int) (n + read_family (document, "added6", "added6.f", 16, added + n));
}

/* --- Writing --- */

static void
put_addresses (GByteArray *out, const char *key, GArray *addresses, guint8 ip_size)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  for (guint i = 0; i < addresses->len; i++)
    {
      const PexAddress *address = &g_array_index (addresses, PexAddress, i);
      const guint8      port[2] = { (guint8) (address->port >> 8), (guint8) address->port };

      if (address->ip_size != ip_size)
        continue;
      g_byte_array_append (bytes, address->ip, ip_size);
      g_byte_array_append (bytes, port, sizeof port);
    }
  btfw_bencode_append_key (out, key);
  btfw_bencode_append_string (out, bytes->data, bytes->len);
}

static void
put_flags (GByteArray *out, const char *key, GArray *addresses, guint8 ip_size)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  for (guint i = 0; i < addresses->len; i++)
    {
      const PexAddress *address = &g_array_index (addresses, PexAddress, i);

      if (address->ip_size == ip_size)
        g_byte_array_append (bytes, &address->flags, 1);
    }
  btfw_bencode_append_key (out, key);
  btfw_bencode_append_string (out, bytes->data, bytes->len);
}

GBytes *
pex_message_write (GArray *added, GArray *dropped)
{
  GByteArray *out = g_byte_array_new ();

  btfw_bencode_open_dict (out);
  put_addresses (out, "added", added, 4);
  put_flags (out, "added.f", added, 4);
  put_addresses (out, "added6", added, 16);
  put_flags (out, "added6.f", added, 16);
  put_addresses (out, "dropped", dropped, 4);
  put_addresses (out, "dropped6", dropped, 16);
  btfw_bencode_close (out);
  return g_byte_array_free_to_bytes (out);
}
