/* bencode-public.c: tests of bencode as plugins see it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <btfw/btfw-bencode.h>
#include <string.h>

static BtfwBencodeDoc *
parse (const char *text)
{
  g_autoptr (GBytes) bytes = g_bytes_new (text, strlen (text));
  g_autoptr (GError) error = NULL;
  BtfwBencodeDoc    *doc = btfw_bencode_doc_new (bytes, 100, &error);

  g_assert_no_error (error);
  return doc;
}

static void
test_look_ups_end_in_values (void)
{
  g_autoptr (BtfwBencodeDoc) doc = parse ("d1:ai-7e1:bd1:c3:x\001ye1:lli1e2:zzee");
  guint32                    inner = btfw_bencode_doc_lookup (doc, BTFW_BENCODE_DOC_ROOT, "b");
  guint32                    list = btfw_bencode_doc_lookup (doc, BTFW_BENCODE_DOC_ROOT, "l");
  guint32                    member = btfw_bencode_doc_first (doc, list);
  g_autofree char           *text = NULL;
  gint64                     value = 0;
  gsize                      size = 0;

  g_assert_true (btfw_bencode_doc_get_integer (doc, btfw_bencode_doc_lookup (doc, BTFW_BENCODE_DOC_ROOT, "a"), &value));
  g_assert_cmpint (value, ==, -7);
  g_assert_true (btfw_bencode_doc_is_dict (doc, inner));
  g_assert_nonnull (btfw_bencode_doc_get_string (doc, btfw_bencode_doc_lookup (doc, inner, "c"), &size));
  g_assert_cmpuint (size, ==, 3);
  text = btfw_bencode_doc_dup_text (doc, btfw_bencode_doc_lookup (doc, inner, "c"));
  g_assert_null (strchr (text, '\001'));

  g_assert_true (btfw_bencode_doc_is_list (doc, list));
  g_assert_true (btfw_bencode_doc_get_integer (doc, member, &value));
  member = btfw_bencode_doc_next (doc, list, member);
  g_assert_nonnull (btfw_bencode_doc_get_string (doc, member, &size));
  g_assert_cmpuint (btfw_bencode_doc_next (doc, list, member), ==, BTFW_BENCODE_DOC_NONE);
}

static void
test_absent_nodes_pass_through (void)
{
  g_autoptr (BtfwBencodeDoc) doc = parse ("d1:ai7ee");
  guint32                    number = btfw_bencode_doc_lookup (doc, BTFW_BENCODE_DOC_ROOT, "a");
  guint32                    none = btfw_bencode_doc_lookup (doc, BTFW_BENCODE_DOC_ROOT, "b");
  gint64                     value = 5;
  gsize                      size = 6;

  g_assert_cmpuint (none, ==, BTFW_BENCODE_DOC_NONE);
  g_assert_cmpuint (btfw_bencode_doc_lookup (doc, none, "c"), ==, BTFW_BENCODE_DOC_NONE);
  g_assert_cmpuint (btfw_bencode_doc_lookup (doc, number, "c"), ==, BTFW_BENCODE_DOC_NONE);
  g_assert_cmpuint (btfw_bencode_doc_first (doc, none), ==, BTFW_BENCODE_DOC_NONE);
  g_assert_cmpuint (btfw_bencode_doc_first (doc, number), ==, BTFW_BENCODE_DOC_NONE);
  g_assert_cmpuint (btfw_bencode_doc_next (doc, none, none), ==, BTFW_BENCODE_DOC_NONE);
  g_assert_false (btfw_bencode_doc_is_dict (doc, none));
  g_assert_false (btfw_bencode_doc_is_list (doc, none));
  g_assert_false (btfw_bencode_doc_get_integer (doc, none, &value));
  g_assert_null (btfw_bencode_doc_get_string (doc, number, &size));
  g_assert_null (btfw_bencode_doc_dup_text (doc, none));
  g_assert_cmpint (value, ==, 5);
  g_assert_cmpuint (size, ==, 6);
}

static void
test_limits_are_kept (void)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static ("li1ei2ei3ee", 11);
  g_autoptr (GBytes) two = g_bytes_new_static ("i1ei2e", 6);
  g_autoptr (GError) error = NULL;

  g_assert_null (btfw_bencode_doc_new (bytes, 2, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_LIMIT);
  g_clear_error (&error);
  g_assert_null (btfw_bencode_doc_new (two, 100, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_INVALID);
}

static void
test_outlives_its_bytes (void)
{
  GBytes                    *bytes = g_bytes_new ("4:abcd", 6);
  g_autoptr (BtfwBencodeDoc) doc = btfw_bencode_doc_new (bytes, 10, NULL);
  gsize                      size;

  g_bytes_unref (bytes);
  g_assert_cmpmem (btfw_bencode_doc_get_string (doc, BTFW_BENCODE_DOC_ROOT, &size), 4, "abcd", 4);
}

static void
test_written_is_read (void)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();

  btfw_bencode_open_dict (out);
  btfw_bencode_append_key (out, "a");
  btfw_bencode_open_list (out);
  btfw_bencode_append_integer (out, G_MININT64);
  btfw_bencode_append_string (out, NULL, 0);
  btfw_bencode_append_string (out, (const guint8 *) "\0x", 2);
  btfw_bencode_close (out);
  btfw_bencode_close (out);
  g_assert_cmpmem (out->data, out->len, "d1:ali-9223372036854775808e0:2:\0xee", 35);
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/bencode-public/look-ups-end-in-values", test_look_ups_end_in_values);
  g_test_add_func ("/bencode-public/absent-nodes-pass-through", test_absent_nodes_pass_through);
  g_test_add_func ("/bencode-public/limits-are-kept", test_limits_are_kept);
  g_test_add_func ("/bencode-public/outlives-its-bytes", test_outlives_its_bytes);
  g_test_add_func ("/bencode-public/written-is-read", test_written_is_read);

  return g_test_run ();
}
