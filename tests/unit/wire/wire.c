/* wire.c: tests of the message codec: each message byte by byte, in both directions. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "wire/wire.h"

#include <string.h>

static const BtfwBlock some_block = { 0x01020304, 0x05060708, 0x00004000 };

static void
put_keep_alive (GByteArray *out)
{
  btfw_wire_put_keep_alive (out);
}

static void
put_unchoke (GByteArray *out)
{
  btfw_wire_put_bare (out, BTFW_WIRE_UNCHOKE);
}

static void
put_have_all (GByteArray *out)
{
  btfw_wire_put_bare (out, BTFW_WIRE_HAVE_ALL);
}

static void
put_have (GByteArray *out)
{
  btfw_wire_put_piece_index (out, BTFW_WIRE_HAVE, 0xfffefdfc);
}

static void
put_request (GByteArray *out)
{
  btfw_wire_put_block (out, BTFW_WIRE_REQUEST, &some_block);
}

static void
put_reject (GByteArray *out)
{
  btfw_wire_put_block (out, BTFW_WIRE_REJECT, &some_block);
}

static void
put_extended (GByteArray *out)
{
  btfw_wire_put_extended (out, 3, (const guint8 *) "de", 2);
}

static void
put_empty_extended (GByteArray *out)
{
  btfw_wire_put_extended (out, 0, NULL, 0);
}

static void
put_bitfield (GByteArray *out)
{
  guint8 *bits = btfw_wire_put_bitfield (out, 3);

  memcpy (bits, "\xff\x00\x80", 3);
}

static void
put_piece_header (GByteArray *out)
{
  guint8 header[BTFW_WIRE_PIECE_HEADER];

  btfw_wire_fill_piece_header (header, &some_block);
  g_byte_array_append (out, header, sizeof header);
}

typedef struct
{
  const char *name;
  void (*put) (GByteArray *out);
  const char *bytes;
  gsize       size;
} PutCase;

#define BYTES(text) (text), sizeof (text) - 1

static const PutCase put_cases[] = {
  { "keep-alive", put_keep_alive, BYTES ("\0\0\0\0") },
  { "unchoke", put_unchoke, BYTES ("\0\0\0\1\1") },
  { "have-all", put_have_all, BYTES ("\0\0\0\1\x0e") },
  { "have", put_have, BYTES ("\0\0\0\5\4\xff\xfe\xfd\xfc") },
  { "request", put_request, BYTES ("\0\0\0\x0d\6\1\2\3\4\5\6\7\x08\0\0\x40\0") },
  { "reject", put_reject, BYTES ("\0\0\0\x0d\x10\1\2\3\4\5\6\7\x08\0\0\x40\0") },
  { "extended", put_extended, BYTES ("\0\0\0\4\x14\3de") },
  { "empty-extended", put_empty_extended, BYTES ("\0\0\0\2\x14\0") },
  { "bitfield", put_bitfield, BYTES ("\0\0\0\4\5\xff\0\x80") },
  { "piece-header", put_piece_header, BYTES ("\0\0\x40\x09\7\1\2\3\4\5\6\7\x08") },
};

static void
test_put (gconstpointer data)
{
  const PutCase *message = data;
  g_autoptr (GByteArray) out = g_byte_array_new ();

  /* Behind what is there, which stays. */
  g_byte_array_append (out, (const guint8 *) "x", 1);
  message->put (out);
  message->put (out);

  g_assert_cmpuint (out->data[0], ==, 'x');
  g_assert_cmpmem (out->data + 1, message->size, message->bytes, message->size);
  g_assert_cmpmem (out->data + 1 + message->size, out->len - 1 - message->size, message->bytes, message->size);
}

/* --- Bodies --- */

typedef struct
{
  const char *name;
  const char *bytes;
  gsize       size;
  int         code; /* of the error; -1 when the body is right */
  BtfwBlock   block;
} BlockCase;

static const BlockCase block_cases[] = {
  { "right", BYTES ("\0\0\0\1\0\0\x40\0\0\0\x40\0"), -1, { 1, 0x4000, 0x4000 } },
  { "largest-numbers", BYTES ("\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\1"), -1, { G_MAXUINT32, G_MAXUINT32, 1 } },
  { "largest-block", BYTES ("\0\0\0\1\0\0\0\0\0\2\0\0"), -1, { 1, 0, BTFW_WIRE_BLOCK_MAX } },
  { "empty-block", BYTES ("\0\0\0\1\0\0\0\0\0\0\0\0"), BTFW_WIRE_ERROR_RANGE, { 0 } },
  { "block-too-large", BYTES ("\0\0\0\1\0\0\0\0\0\2\0\1"), BTFW_WIRE_ERROR_RANGE, { 0 } },
  { "block-far-too-large", BYTES ("\0\0\0\1\0\0\0\0\xff\xff\xff\xff"), BTFW_WIRE_ERROR_RANGE, { 0 } },
  { "nothing", BYTES (""), BTFW_WIRE_ERROR_LENGTH, { 0 } },
  { "a-byte-short", BYTES ("\0\0\0\1\0\0\0\0\0\0\x40"), BTFW_WIRE_ERROR_LENGTH, { 0 } },
  { "a-byte-more", BYTES ("\0\0\0\1\0\0\0\0\0\0\x40\0\0"), BTFW_WIRE_ERROR_LENGTH, { 0 } },
};

static void
test_read_block (gconstpointer data)
{
  const BlockCase   *body = data;
  g_autofree guint8 *exact = g_memdup2 (body->bytes, body->size);
  g_autoptr (GError) error = NULL;
  BtfwReader         reader = BTFW_READER (exact, body->size);
  BtfwBlock          block = { 7, 8, 9 };

  g_assert_cmpint (btfw_wire_read_block (&reader, &block, &error), ==, body->code < 0);
  if (body->code < 0)
    {
      g_assert_no_error (error);
      g_assert_true (btfw_block_equal (&block, &body->block));
    }
  else
    {
      g_assert_error (error, BTFW_WIRE_ERROR, body->code);
      g_assert_true (btfw_block_equal (&block, &(BtfwBlock){ 7, 8, 9 }));
    }
}

static void
test_piece_index_is_four_bytes (void)
{
  static const guint8 bytes[5] = { 0xff, 0xff, 0xff, 0xfe, 0 };

  for (gsize size = 0; size <= sizeof bytes; size++)
    {
      g_autoptr (GError) error = NULL;
      BtfwReader reader = BTFW_READER (bytes, size);
      guint32    piece = 3;

      g_assert_cmpint (btfw_wire_read_piece_index (&reader, &piece, &error), ==, size == 4);
      g_assert_cmpuint (piece, ==, size == 4 ? 0xfffffffe : 3);
      g_assert_cmpint (error != NULL, ==, size != 4);
    }
}

static void
test_port_is_two_bytes (void)
{
  static const guint8 bytes[3] = { 0x1a, 0xe1, 0 };

  for (gsize size = 0; size <= sizeof bytes; size++)
    {
      g_autoptr (GError) error = NULL;
      BtfwReader reader = BTFW_READER (bytes, size);
      guint16    port = 3;

      g_assert_cmpint (btfw_wire_read_port (&reader, &port, &error), ==, size == 2);
      g_assert_cmpuint (port, ==, size == 2 ? 6881 : 3);
      g_assert_cmpint (error != NULL, ==, size != 2);
    }
}

static void
test_empty_is_empty (void)
{
  g_autoptr (GError) error = NULL;
  BtfwReader nothing = BTFW_READER ("", 0);
  BtfwReader byte = BTFW_READER ("", 1);

  g_assert_true (btfw_wire_read_empty (&nothing, &error));
  g_assert_no_error (error);
  g_assert_false (btfw_wire_read_empty (&byte, &error));
  g_assert_error (error, BTFW_WIRE_ERROR, BTFW_WIRE_ERROR_LENGTH);
}

/* Whoever does not want to know why need not. */
static void
test_errors_are_optional (void)
{
  BtfwReader reader = BTFW_READER ("", 0);
  BtfwBlock  block;

  g_assert_false (btfw_wire_read_block (&reader, &block, NULL));
  g_assert_false (btfw_wire_fail (NULL, BTFW_WIRE_ERROR_STATE, "%d", 1));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (put_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/wire/put/%s", put_cases[i].name);

      g_test_add_data_func (path, &put_cases[i], test_put);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (block_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/wire/read-block/%s", block_cases[i].name);

      g_test_add_data_func (path, &block_cases[i], test_read_block);
    }
  g_test_add_func ("/wire/read/piece-index-is-four-bytes", test_piece_index_is_four_bytes);
  g_test_add_func ("/wire/read/port-is-two-bytes", test_port_is_two_bytes);
  g_test_add_func ("/wire/read/empty-is-empty", test_empty_is_empty);
  g_test_add_func ("/wire/read/errors-are-optional", test_errors_are_optional);
  return g_test_run ();
}
