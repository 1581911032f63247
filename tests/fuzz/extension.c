/* extension.c: the extension handshake, and messages about metadata (BEP 9, 10). */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz.h"

#include "wire/extension-handshake.h"

#include "../../plugins/extension-metadata/message.h"

#include <string.h>

static void
check_words (const BtfwExtensionHandshake *said)
{
  BtfwCoreWords words = { 0 };
  guint8        id;

  btfw_core_words_read (&words, said);
  if (words.client != NULL)
    fuzz_check_text (words.client);
  g_assert_true (words.seen_ip_size == 0 || words.seen_ip_size == 4 || words.seen_ip_size == 16);
  btfw_core_words_clear (&words);
  btfw_extension_handshake_get_message (said, "ut_metadata", &id);
  btfw_extension_handshake_get_message (said, "ut_pex", &id);
}

static void
check_values (BtfwExtensionHandshake *said)
{
  static const char *const keys[] = { "metadata_size", "v", "p", "reqq", "yourip", "m", "" };

  for (gsize i = 0; i < G_N_ELEMENTS (keys); i++)
    {
      gint64             value;
      g_autoptr (GBytes) bytes = btfw_extension_handshake_get_bytes (said, keys[i]);

      g_assert_false (btfw_extension_handshake_get_integer (said, keys[i], &value) && bytes != NULL);
    }
}

static void
check_metadata_message (const guint8 *data, gsize size)
{
  g_autoptr (GError)     error = NULL;
  g_autoptr (GByteArray) out = g_byte_array_new ();
  MetadataMessage        message = { 0 };
  MetadataMessage        copy = { 0 };

  if (!fuzz_check (metadata_message_read (&message, data, size, &error), &error) || message.kind == METADATA_UNKNOWN)
    return;
  if (message.kind == METADATA_DATA && message.total == 0)
    return;
  if (message.kind == METADATA_DATA)
    {
      g_assert_cmpuint (message.offset, <=, size);
      g_assert_cmpuint (message.total, <=, METADATA_SIZE_MAX);
    }
  metadata_message_put (out, message.kind, message.block, message.total);
  if (message.kind == METADATA_DATA)
    g_byte_array_append (out, data + message.offset, (guint) (size - message.offset));
  g_assert_true (metadata_message_read (&copy, out->data, out->len, &error));
  g_assert_cmpint (copy.kind, ==, message.kind);
  g_assert_cmpuint (copy.block, ==, message.block);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autoptr (GError)      error = NULL;
  BtfwExtensionHandshake *said = btfw_extension_handshake_parse (data, size, &error);

  if (fuzz_check (said != NULL, &error))
    {
      check_words (said);
      check_values (said);
      btfw_extension_handshake_kill (said);
    }
  check_metadata_message (data, size);
  return 0;
}
