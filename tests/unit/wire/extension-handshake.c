/* extension-handshake.c: tests of the dictionary with which extensions are agreed on. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "wire/extension-handshake.h"

#include <string.h>

static gboolean
read_words (BtfwCoreWords *words, const guint8 *body, gsize size, GError **error)
{
  BtfwExtensionHandshake *handshake = btfw_extension_handshake_parse (body, size, error);

  *words = (BtfwCoreWords){ 0 };
  if (handshake == NULL)
    return FALSE;
  btfw_core_words_read (words, handshake);
  btfw_extension_handshake_kill (handshake);
  return TRUE;
}

typedef struct
{
  const char *name;
  const char *body;
  gboolean    fails;
  const char *client;
  guint32     request_max;
  guint16     port;
  gboolean    upload_only;
} ExtendedCase;

static const ExtendedCase extended_cases[] = {
  { "nothing-said", "de", .client = NULL },
  { "everything-said", "d1:md6:ut_pexi1ee1:pi6881e4:reqqi250e11:upload_onlyi1e1:v8:Client 1e",
    .client = "Client 1", .request_max = 250, .port = 6881, .upload_only = TRUE },
  { "extension-ids-out-of-range", "d1:md1:ai0e1:bi300e1:ci-1e1:di1e1:ei1ee4:reqqi5ee", .request_max = 5 },
  { "extensions-are-no-dictionary", "d1:mi5e4:reqqi5ee", .request_max = 5 },
  { "metadata-size-negative", "d13:metadata_sizei-1e4:reqqi5ee", .request_max = 5 },
  { "metadata-size-huge", "d13:metadata_sizei2147483648e4:reqqi5ee", .request_max = 5 },
  { "reqq-negative", "d4:reqqi-1ee", .fails = FALSE },
  { "reqq-zero", "d4:reqqi0ee", .fails = FALSE },
  { "reqq-huge", "d4:reqqi9223372036854775807ee", .request_max = 100000 },
  { "reqq-is-text", "d4:reqq3:250e", .fails = FALSE },
  { "port-negative", "d1:pi-1ee", .fails = FALSE },
  { "port-zero", "d1:pi0ee", .fails = FALSE },
  { "port-too-large", "d1:pi65536ee", .fails = FALSE },
  { "port-largest", "d1:pi65535ee", .port = 65535 },
  { "client-is-a-number", "d1:vi5ee", .fails = FALSE },
  { "client-with-control-bytes", "d1:v6:a\x1b[1mbe", .client = "a\xef\xbf\xbd[1mb" },
  { "yourip-of-a-strange-size", "d6:yourip3:abce", .fails = FALSE },
  { "upload-only-zero", "d11:upload_onlyi0ee", .fails = FALSE },
  { "a-list", "le", .fails = TRUE },
  { "a-number", "i1e", .fails = TRUE },
  { "empty", "", .fails = TRUE },
  { "cut-off", "d4:reqqi5e", .fails = TRUE },
  { "length-lies", "d1:v99:Ce", .fails = TRUE },
};

static void
test_extended (gconstpointer data)
{
  const ExtendedCase   *body = data;
  gsize                 size = strlen (body->body);
  g_autofree guint8    *exact = g_memdup2 (body->body, MAX (size, 1));
  g_autoptr (GError)    error = NULL;
  BtfwCoreWords handshake;

  g_assert_cmpint (read_words (&handshake, exact, size, &error), ==, !body->fails);
  g_assert_cmpint (error != NULL, ==, body->fails);
  g_assert_cmpstr (handshake.client, ==, body->client);
  g_assert_cmpuint (handshake.request_max, ==, body->request_max);
  g_assert_cmpuint (handshake.port, ==, body->port);
  g_assert_cmpint (handshake.upload_only, ==, body->upload_only);
  btfw_core_words_clear (&handshake);
}

static void
test_extended_client_is_short (void)
{
  g_autofree char      *name = g_strnfill (5000, 'x');
  g_autofree char      *body = g_strdup_printf ("d1:v5000:%se", name);
  BtfwCoreWords handshake;

  g_assert_true (read_words (&handshake, (const guint8 *) body, strlen (body), NULL));
  g_assert_cmpuint (strlen (handshake.client), <=, 64);
  btfw_core_words_clear (&handshake);
}

/* A letter of several bytes is cut off where its bytes are: no half of it is shown. */
static void
test_extended_client_is_valid_text (void)
{
  g_autoptr (GString)   body = g_string_new ("d1:v90:");
  BtfwCoreWords handshake;

  for (guint i = 0; i < 30; i++)
    g_string_append (body, "\xe2\x82\xac");
  g_string_append_c (body, 'e');

  g_assert_true (read_words (&handshake, (const guint8 *) body->str, body->len, NULL));
  g_assert_true (g_utf8_validate (handshake.client, -1, NULL));
  btfw_core_words_clear (&handshake);
}

/* A message full of tokens is refused before it costs anything. */
static void
test_extended_has_few_tokens (void)
{
  g_autoptr (GString)   body = g_string_new ("l");
  BtfwCoreWords handshake;

  for (guint i = 0; i < 5000; i++)
    g_string_append (body, "i1e");
  g_string_append_c (body, 'e');
  g_assert_false (read_words (&handshake, (const guint8 *) body->str, body->len, NULL));
  btfw_core_words_clear (&handshake);
}

/* --- Messages and keys of plugins --- */

typedef struct
{
  const char *name;
  const char *body;
  gboolean    says;
  guint8      id;
} MessageCase;

static const MessageCase message_cases[] = {
  { "one", "d1:md6:ut_pexi1eee", TRUE, 1 },
  { "the-largest", "d1:md6:ut_pexi255eee", TRUE, 255 },
  { "switched-off", "d1:md6:ut_pexi0eee", TRUE, 0 },
  { "too-large", "d1:md6:ut_pexi300eee", TRUE, 0 },
  { "wraps-to-one", "d1:md6:ut_pexi257eee", TRUE, 0 },
  { "negative", "d1:md6:ut_pexi-1eee", TRUE, 0 },
  { "a-text", "d1:md6:ut_pex1:1ee", FALSE, 0 },
  { "another", "d1:md11:ut_metadatai1eee", FALSE, 0 },
  { "no-dictionary", "d1:mi1ee", FALSE, 0 },
  { "a-list", "d1:ml6:ut_pexi1eee", FALSE, 0 },
  { "none", "de", FALSE, 0 },
};

static void
test_message (gconstpointer data)
{
  const MessageCase      *row = data;
  BtfwExtensionHandshake *said = btfw_extension_handshake_parse ((const guint8 *) row->body, strlen (row->body), NULL);

  guint8                  id = 77;

  g_assert_nonnull (said);
  g_assert_cmpint (btfw_extension_handshake_get_message (said, "ut_pex", &id), ==, row->says);
  g_assert_cmpuint (id, ==, row->says ? row->id : 77);
  btfw_extension_handshake_kill (said);
}

static void
test_write_puts_keys_in_order (void)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  BtfwExtensionHandshake *ours = btfw_extension_handshake_new ();
  BtfwCoreWords           words = { .client = (char *) "C", .request_max = 5, .port = 6, .seen_ip = { 1, 2, 3, 4 }, .seen_ip_size = 4 };
  const char             *expected = "d1:md11:ut_metadatai1e6:ut_pexi2ee13:metadata_sizei9e1:pi6e4:reqqi5e1:v1:C6:yourip4:\1\2\3\4e";

  btfw_core_words_write (&words, ours);
  btfw_extension_handshake_set_integer (ours, "metadata_size", 8);
  btfw_extension_handshake_set_integer (ours, "metadata_size", 9);
  btfw_extension_handshake_set_message (ours, "ut_pex", 2);
  btfw_extension_handshake_set_message (ours, "ut_metadata", 1);
  btfw_extension_handshake_write (ours, out);
  btfw_extension_handshake_kill (ours);
  g_assert_cmpmem (out->data, out->len, expected, strlen (expected));
}

static void
test_words_survive_the_way (void)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  BtfwExtensionHandshake *ours = btfw_extension_handshake_new ();
  BtfwCoreWords           words = { .client = (char *) "Client", .request_max = 500, .port = 51413, .upload_only = TRUE, .says_upload_only = TRUE, .seen_ip = { 9 }, .seen_ip_size = 16 };
  BtfwCoreWords           theirs;

  btfw_core_words_write (&words, ours);
  btfw_extension_handshake_write (ours, out);
  btfw_extension_handshake_kill (ours);
  g_assert_true (read_words (&theirs, out->data, out->len, NULL));
  g_assert_cmpstr (theirs.client, ==, "Client");
  g_assert_cmpuint (theirs.request_max, ==, 500);
  g_assert_cmpuint (theirs.port, ==, 51413);
  g_assert_true (theirs.upload_only);
  g_assert_cmpmem (theirs.seen_ip, theirs.seen_ip_size, words.seen_ip, 16);
  btfw_core_words_clear (&theirs);
}

static void
test_what_plugins_read (void)
{
  BtfwExtensionHandshake *said = btfw_extension_handshake_parse ((const guint8 *) "d1:ai-7e1:b2:xy1:clee", 21, NULL);
  g_autoptr (GBytes)      bytes = NULL;
  gint64                  number = 3;

  g_assert_nonnull (said);
  g_assert_true (btfw_extension_handshake_get_integer (said, "a", &number));
  g_assert_cmpint (number, ==, -7);
  g_assert_false (btfw_extension_handshake_get_integer (said, "b", &number));
  g_assert_false (btfw_extension_handshake_get_integer (said, "d", &number));
  g_assert_cmpint (number, ==, -7);
  g_assert_null (btfw_extension_handshake_get_bytes (said, "a"));
  g_assert_null (btfw_extension_handshake_get_bytes (said, "c"));
  bytes = btfw_extension_handshake_get_bytes (said, "b");
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), "xy", 2);

  /* Whoever kept it finds nothing later. */
  btfw_extension_handshake_ref (said);
  btfw_extension_handshake_kill (said);
  g_assert_false (btfw_extension_handshake_get_integer (said, "a", &number));
  btfw_extension_handshake_set_integer (said, "a", 1);
  btfw_extension_handshake_unref (said);
}

static void
test_size_is_bounded (void)
{
  g_autofree char *text = g_strnfill (70000, 'x');
  g_autofree char *body = g_strdup_printf ("d1:v70000:%se", text);
  g_autoptr (GError) error = NULL;

  g_assert_null (btfw_extension_handshake_parse ((const guint8 *) body, strlen (body), &error));
  g_assert_error (error, BTFW_WIRE_ERROR, BTFW_WIRE_ERROR_LENGTH);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (extended_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/extension-handshake/words/%s", extended_cases[i].name);

      g_test_add_data_func (path, &extended_cases[i], test_extended);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (message_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/extension-handshake/message/%s", message_cases[i].name);

      g_test_add_data_func (path, &message_cases[i], test_message);
    }
  g_test_add_func ("/extension-handshake/words/client-is-short", test_extended_client_is_short);
  g_test_add_func ("/extension-handshake/words/client-is-valid-text", test_extended_client_is_valid_text);
  g_test_add_func ("/extension-handshake/words/survive-the-way", test_words_survive_the_way);
  g_test_add_func ("/extension-handshake/has-few-tokens", test_extended_has_few_tokens);
  g_test_add_func ("/extension-handshake/write-puts-keys-in-order", test_write_puts_keys_in_order);
  g_test_add_func ("/extension-handshake/what-plugins-read", test_what_plugins_read);
  g_test_add_func ("/extension-handshake/size-is-bounded", test_size_is_bounded);
  return g_test_run ();
}
