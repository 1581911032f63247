/* bencode.c: bencode; what is taken can be walked, and written again as it was. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz.h"

#include "base/bencode.h"

#include <string.h>

#define TOKENS_MAX 100000

/* Not deeper than the parser allows, so it may recurse. */
static void
write_node (const BtfwBencode *doc, guint32 node, GByteArray *out, guint depth)
{
  gint64      value;
  const char *string;
  gsize       size;

  g_assert_cmpuint (depth, <=, BTFW_BENCODE_DEPTH_MAX);
  switch (btfw_bencode_get_type (doc, node))
    {
    case BTFW_BENCODE_INTEGER:
      g_assert_true (btfw_bencode_get_integer (doc, node, &value));
      btfw_bencode_put_integer (out, value);
      break;
    case BTFW_BENCODE_STRING:
      g_assert_true (btfw_bencode_get_string (doc, node, &string, &size));
      btfw_bencode_put_string (out, string, (gssize) size);
      break;
    case BTFW_BENCODE_LIST:
      btfw_bencode_begin_list (out);
      for (guint32 i = btfw_bencode_first (doc, node); i != BTFW_BENCODE_NONE; i = btfw_bencode_next (doc, node, i))
        write_node (doc, i, out, depth + 1);
      btfw_bencode_end (out);
      break;
    case BTFW_BENCODE_DICT:
      btfw_bencode_begin_dict (out);
      for (guint32 i = btfw_bencode_first (doc, node); i != BTFW_BENCODE_NONE; i = btfw_bencode_next (doc, node, i))
        {
          write_node (doc, i, out, depth + 1);
          write_node (doc, btfw_bencode_get_value (doc, i), out, depth + 1);
        }
      btfw_bencode_end (out);
      break;
    default:
      g_assert_not_reached ();
    }
}

static void
check_document (const BtfwBencode *doc, const guint8 *data, gsize size)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  gsize                  raw_size;
  const guint8          *raw = btfw_bencode_get_raw (doc, 0, &raw_size);

  g_assert_true (raw == data);
  g_assert_cmpuint (raw_size, ==, size);
  write_node (doc, 0, out, 1);
  g_assert_cmpmem (out->data, out->len, data, size);
  btfw_bencode_lookup (doc, 0, "info");
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GError)      error = NULL;
  g_autoptr (BtfwBencode) whole = btfw_bencode_parse (data, size, TOKENS_MAX, NULL, &error);
  g_autoptr (BtfwBencode) part = NULL;
  gsize                   rest = 0;

  if (fuzz_check (whole != NULL, &error))
    check_document (whole, data, size);

  part = btfw_bencode_parse (data, size, TOKENS_MAX, &rest, &error);
  if (fuzz_check (part != NULL, &error))
    {
      g_assert_cmpuint (rest, <, size);
      check_document (part, data, size - rest);
    }
  g_assert_true (whole == NULL || rest == 0);
  return 0;
}
