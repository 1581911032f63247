/* bencode.c: tests reading and writing of bencoded documents, good and hostile. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/bencode.h"

#include <pthread.h>
#include <string.h>
#include <unistd.h>

#define SMALL_STACK (256 * 1024)
#define N_KEYS 100000

static BtfwBencode *
parse (const char *text, GError **error)
{
  return btfw_bencode_parse ((const guint8 *) text, strlen (text), BTFW_BENCODE_TOKENS_MAX, NULL, error);
}

/* What must be refused, with the offset that the message gives. */
typedef struct
{
  const char *name;
  const char *text;
  gsize       offset;
  const char *reason;
} RefusedCase;

static const RefusedCase refused_cases[] = {
  { "nothing", "", 0, "ends too early" },
  { "length-over-64-bits", "99999999999999999999:", 0, "too large" },
  { "length-of-64-bits", "18446744073709551615:", 0, "18446744073709551615 bytes where 0 are left" },
  { "length-of-32-bits", "2147483648:ab", 0, "2147483648 bytes where 2 are left" },
  { "length-over-the-end", "l5:abce", 1, "5 bytes where 4 are left" },
  { "length-negative", "-1:", 0, "no value begins" },
  { "length-with-zeros", "007:abcdefg", 0, "leading zero" },
  { "length-00", "00:", 0, "leading zero" },
  { "length-without-colon", "5", 1, "ends too early" },
  { "length-with-letter", "5x:", 1, "digit" },
  { "length-with-space", "5 :", 1, "digit" },
  { "integer-minus-zero", "i-0e", 1, "minus" },
  { "integer-leading-zero", "i03e", 1, "leading zero" },
  { "integer-minus-leading-zero", "i-03e", 2, "leading zero" },
  { "integer-empty", "ie", 1, "digit" },
  { "integer-only-minus", "i-e", 2, "digit" },
  { "integer-two-minus", "i--1e", 2, "digit" },
  { "integer-plus", "i+1e", 1, "digit" },
  { "integer-fraction", "i1.5e", 2, "digit" },
  { "integer-over-63-bits", "i9223372036854775808e", 1, "too large" },
  { "integer-under-63-bits", "i-9223372036854775809e", 2, "too large" },
  { "integer-of-100-digits",
    "i1111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111e",
    1, "too large" },
  { "integer-without-end", "i1", 2, "ends too early" },
  { "integer-only-i", "i", 1, "ends too early" },
  { "list-without-end", "l", 1, "ends too early" },
  { "list-with-members-without-end", "li1e", 4, "ends too early" },
  { "dict-without-end", "d1:ai1e", 7, "ends too early" },
  { "dict-ends-after-key", "d1:ae", 4, "key without a value" },
  { "dict-ends-after-second-key", "d1:ai1e1:be", 10, "key without a value" },
  { "key-integer", "di1ei2ee", 1, "key that is not a string" },
  { "key-list", "dlei2ee", 1, "key that is not a string" },
  { "key-dict", "ddei2ee", 1, "key that is not a string" },
  { "key-inner", "d1:ad1:bi1ei2ei3eee", 11, "key that is not a string" },
  { "key-twice", "d4:infoi1e4:infoi2ee", 10, "“info” comes twice" },
  { "key-twice-apart", "d1:bi1e1:ai1e1:ci1e1:bi1ee", 19, "“b” comes twice" },
  { "key-twice-inner", "ld1:ai1e1:ai1eee", 8, "“a” comes twice" },
  { "key-twice-empty", "d0:i1e0:i1ee", 6, "comes twice" },
  { "end-alone", "e", 0, "end without" },
  { "trailing-byte", "i1ex", 3, "behind the end" },
  { "trailing-value", "lelele", 2, "behind the end" },
  { "trailing-newline", "de\n", 2, "behind the end" },
  { "unknown-byte", "x", 0, "no value begins" },
  { "unknown-byte-inside", "l\xff", 1, "no value begins" },
  { "text", "<html>", 0, "no value begins" },
};

static void
test_refused_with_offset (gconstpointer data)
{
  const RefusedCase *refused = data;
  g_autoptr (GError) error = NULL;
  g_autofree char   *prefix = g_strdup_printf ("at byte %zu: ", refused->offset);
  gsize              size = strlen (refused->text);
  g_autofree guint8 *copy = g_memdup2 (refused->text, size);
  g_autoptr (BtfwBencode) document = btfw_bencode_parse (copy, size, G_MAXUINT32, NULL, &error);

  g_assert_null (document);
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_INVALID);
  g_test_message ("%s", error->message);
  g_assert_true (g_str_has_prefix (error->message, prefix));
  g_assert_nonnull (strstr (error->message, refused->reason));
}

typedef struct
{
  const char *name;
  const char *text;
  gint64      expected;
} IntegerCase;

static const IntegerCase integer_cases[] = {
  { "zero", "i0e", 0 },
  { "ten", "i10e", 10 },
  { "minus", "i-42e", -42 },
  { "largest", "i9223372036854775807e", G_MAXINT64 },
  { "smallest", "i-9223372036854775808e", G_MININT64 },
};

static void
test_integer_comes_back_the_same (gconstpointer data)
{
  const IntegerCase *integer = data;
  g_autoptr (BtfwBencode) document = parse (integer->text, NULL);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  gint64 value = 7;
  gsize  size = 0;

  g_assert_nonnull (document);
  g_assert_cmpint (btfw_bencode_get_type (document, 0), ==, BTFW_BENCODE_INTEGER);
  g_assert_true (btfw_bencode_get_integer (document, 0, &value));
  g_assert_cmpint (value, ==, integer->expected);
  btfw_bencode_get_raw (document, 0, &size);
  g_assert_cmpuint (size, ==, strlen (integer->text));

  btfw_bencode_put_integer (out, value);
  g_assert_cmpmem (out->data, out->len, integer->text, strlen (integer->text));
}

/* Writes a node again with the writer, so a whole document can be compared. */
static void
write_node (const BtfwBencode *document, guint32 node, GByteArray *out)
{
  gboolean    is_dict = btfw_bencode_get_type (document, node) == BTFW_BENCODE_DICT;
  const char *string;
  gsize       size;
  gint64      integer;

  if (btfw_bencode_get_integer (document, node, &integer))
    btfw_bencode_put_integer (out, integer);
  else if (btfw_bencode_get_string (document, node, &string, &size))
    btfw_bencode_put_string (out, string, (gssize) size);
  else
    {
      if (is_dict)
        btfw_bencode_begin_dict (out);
      else
        btfw_bencode_begin_list (out);
      for (guint32 member = btfw_bencode_first (document, node);
           member != BTFW_BENCODE_NONE;
           member = btfw_bencode_next (document, node, member))
        {
          write_node (document, member, out);
          if (is_dict)
            write_node (document, btfw_bencode_get_value (document, member), out);
        }
      btfw_bencode_end (out);
    }
}

static const char *const documents[] = {
  "i0e",
  "0:",
  "3:abc",
  "le",
  "de",
  "li1ei-2e0:1:xe",
  "lllleeee",
  "llelelee",
  "ldeldelee1:ae",
  "d1:ai1e1:bli2eee",
  "d0:de1:ad1:bleee",
  "d1:bi1e1:ai2ee", /* keys that are not sorted: taken */
  "d2:aai1e1:ai2ee",
  "d8:announce3:url4:infod6:lengthi5e4:name1:x12:piece lengthi16384eee",
};

static void
test_document_comes_back_the_same (gconstpointer data)
{
  const char *text = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (BtfwBencode) document = parse (text, &error);
  g_autoptr (GByteArray) out = g_byte_array_new ();
  const guint8 *raw;
  gsize         size = 0;

  g_assert_no_error (error);
  write_node (document, 0, out);
  g_assert_cmpmem (out->data, out->len, text, strlen (text));

  raw = btfw_bencode_get_raw (document, 0, &size);
  g_assert_true (raw == (const guint8 *) text);
  g_assert_cmpuint (size, ==, strlen (text));
}

/* Any document that is cut short is refused, without a read past its end. */
static void
test_cut_document_is_refused (gconstpointer data)
{
  const char *text = data;

  for (gsize size = 0; size < strlen (text); size++)
    {
      g_autofree guint8 *copy = g_memdup2 (text, size);

      g_assert_null (btfw_bencode_parse (copy, size, G_MAXUINT32, NULL, NULL));
    }
}

/* Replaces, removes or doubles a byte. */
static void
mutate (GString *text, GRand *dice)
{
  static const char bytes[] = "deil:0123456789-\xff";
  gssize            at = g_rand_int_range (dice, 0, (gint32) text->len);

  switch (g_rand_int_range (dice, 0, 3))
    {
    case 0:
      text->str[at] = bytes[g_rand_int_range (dice, 0, sizeof bytes - 1)];
      break;
    case 1:
      g_string_erase (text, at, 1);
      break;
    default:
      g_string_insert_c (text, at, bytes[g_rand_int_range (dice, 0, sizeof bytes - 1)]);
      break;
    }
}

/* As parsing is strict, there is one way only to write what was taken. */
static void
test_whatever_is_taken_comes_back_the_same (void)
{
  g_autoptr (GRand) dice = g_rand_new_with_seed (3);
  guint n_taken = 0;

  for (guint i = 0; i < 20000; i++)
    {
      g_autoptr (GString) text = g_string_new (documents[i % G_N_ELEMENTS (documents)]);
      g_autoptr (GByteArray) out = g_byte_array_new ();
      g_autoptr (BtfwBencode) document = NULL;
      g_autofree guint8 *copy = NULL;

      for (gint32 n = g_rand_int_range (dice, 1, 4); n > 0 && text->len > 0; n--)
        mutate (text, dice);
      copy = g_memdup2 (text->str, text->len);
      document = btfw_bencode_parse (copy, text->len, G_MAXUINT32, NULL, NULL);
      if (document == NULL)
        continue;

      n_taken++;
      write_node (document, 0, out);
      g_assert_cmpmem (out->data, out->len, copy, text->len);
    }
  g_assert_cmpuint (n_taken, >, 500);
}

static void
test_members_are_walked_in_order (void)
{
  g_autoptr (BtfwBencode) document = parse ("li7eli8ei9eed1:ki1ee3:end0:e", NULL);
  static const BtfwBencodeType types[] = {
    BTFW_BENCODE_INTEGER, BTFW_BENCODE_LIST, BTFW_BENCODE_DICT, BTFW_BENCODE_STRING, BTFW_BENCODE_STRING,
  };
  guint32 member = btfw_bencode_first (document, 0);

  g_assert_cmpuint (btfw_bencode_get_n_members (document, 0), ==, G_N_ELEMENTS (types));
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    {
      g_assert_cmpuint (member, !=, BTFW_BENCODE_NONE);
      g_assert_cmpint (btfw_bencode_get_type (document, member), ==, types[i]);
      member = btfw_bencode_next (document, 0, member);
    }
  g_assert_cmpuint (member, ==, BTFW_BENCODE_NONE);
  g_assert_cmpuint (btfw_bencode_next (document, 0, member), ==, BTFW_BENCODE_NONE);
}

static void
test_raw_is_the_exact_bytes (void)
{
  const char *text = "d4:infod6:lengthi5e4:name1:xe3:keyl1:aee";
  g_autoptr (BtfwBencode) document = parse (text, NULL);
  const guint8 *raw;
  gsize         size;

  raw = btfw_bencode_get_raw (document, btfw_bencode_lookup (document, 0, "info"), &size);
  g_assert_cmpmem (raw, size, "d6:lengthi5e4:name1:xe", 22);
  raw = btfw_bencode_get_raw (document, btfw_bencode_lookup (document, 0, "key"), &size);
  g_assert_cmpmem (raw, size, "l1:ae", 5);
  g_assert_null (btfw_bencode_get_raw (document, BTFW_BENCODE_NONE, &size));
  g_assert_cmpuint (size, ==, 0);
}

static void
test_raw_of_leaves (void)
{
  g_autoptr (BtfwBencode) document = parse ("lle0:i-7ede2:abe", NULL);
  static const char *const expected[] = { "le", "0:", "i-7e", "de", "2:ab" };
  guint32                  member = btfw_bencode_first (document, 0);

  for (gsize i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      gsize         size;
      const guint8 *raw = btfw_bencode_get_raw (document, member, &size);

      g_assert_cmpmem (raw, size, expected[i], strlen (expected[i]));
      member = btfw_bencode_next (document, 0, member);
    }
}

static void
test_lookup_finds_by_key_and_type (void)
{
  g_autoptr (BtfwBencode) document = parse ("d1:ai5e2:ab3:xyz1:bl1:ce1:dd1:ai6eee", NULL);
  const char *string;
  gsize       size;
  gint64      value = 0;
  guint32     inner;

  g_assert_true (btfw_bencode_lookup_integer (document, 0, "a", &value));
  g_assert_cmpint (value, ==, 5);
  g_assert_true (btfw_bencode_lookup_string (document, 0, "ab", &string, &size));
  g_assert_cmpmem (string, size, "xyz", 3);
  g_assert_cmpuint (btfw_bencode_lookup_type (document, 0, "b", BTFW_BENCODE_LIST), !=, BTFW_BENCODE_NONE);
  inner = btfw_bencode_lookup (document, 0, "d");
  g_assert_true (btfw_bencode_lookup_integer (document, inner, "a", &value));
  g_assert_cmpint (value, ==, 6);
}

static void
test_lookup_of_another_type_or_nothing_fails (void)
{
  g_autoptr (BtfwBencode) document = parse ("d1:ai5e1:b3:xyz1:cdee", NULL);
  const char *string = "untouched";
  gsize       size = 9;
  gint64      value = 9;

  g_assert_false (btfw_bencode_lookup_integer (document, 0, "b", &value));
  g_assert_false (btfw_bencode_lookup_string (document, 0, "a", &string, &size));
  g_assert_false (btfw_bencode_lookup_integer (document, 0, "", &value));
  g_assert_false (btfw_bencode_lookup_integer (document, BTFW_BENCODE_NONE, "a", &value));
  g_assert_cmpuint (btfw_bencode_lookup_type (document, 0, "a", BTFW_BENCODE_LIST), ==, BTFW_BENCODE_NONE);
  /* A value is not taken for a key, and a string is no dictionary. */
  g_assert_cmpuint (btfw_bencode_lookup (document, 0, "xyz"), ==, BTFW_BENCODE_NONE);
  g_assert_cmpuint (btfw_bencode_lookup (document, btfw_bencode_lookup (document, 0, "b"), "a"), ==,
                    BTFW_BENCODE_NONE);
  g_assert_cmpuint (btfw_bencode_get_n_members (document, BTFW_BENCODE_NONE), ==, 0);
  g_assert_cmpuint (btfw_bencode_first (document, BTFW_BENCODE_NONE), ==, BTFW_BENCODE_NONE);
  g_assert_cmpuint (btfw_bencode_first (document, btfw_bencode_lookup (document, 0, "c")), ==, BTFW_BENCODE_NONE);
  g_assert_cmpuint (btfw_bencode_get_value (document, BTFW_BENCODE_NONE), ==, BTFW_BENCODE_NONE);
  g_assert_cmpstr (string, ==, "untouched");
  g_assert_cmpint (value, ==, 9);
}

static void
test_string_may_hold_any_bytes (void)
{
  static const guint8 text[] = { '4', ':', 0x00, 0xff, 'e', ':' };
  g_autoptr (BtfwBencode) document = btfw_bencode_parse (text, sizeof text, 10, NULL, NULL);
  const char *string;
  gsize       size;

  g_assert_true (btfw_bencode_get_string (document, 0, &string, &size));
  g_assert_cmpmem (string, size, text + 2, 4);
}

static void
test_rest_is_what_follows (void)
{
  const char *text = "d1:ai1eepayload";
  gsize       rest = 99;
  g_autoptr (BtfwBencode) document =
    btfw_bencode_parse ((const guint8 *) text, strlen (text), 100, &rest, NULL);
  gsize size;

  g_assert_nonnull (document);
  g_assert_cmpuint (rest, ==, strlen ("payload"));
  btfw_bencode_get_raw (document, 0, &size);
  g_assert_cmpuint (size, ==, 8);
}

static void
test_rest_is_left_alone_by_an_error (void)
{
  gsize rest = 99;

  g_assert_null (btfw_bencode_parse ((const guint8 *) "d1:a", 4, 100, &rest, NULL));
  g_assert_null (btfw_bencode_parse ((const guint8 *) "d1:ai1e1:ai1ee", 14, 100, &rest, NULL));
  g_assert_cmpuint (rest, ==, 99);
}

/* Byte by byte, as calls cost much under a sanitizer. */
static char *
repeat (const char *before, const char *part, gsize n, const char *after)
{
  gsize before_size = strlen (before);
  gsize part_size = strlen (part);
  gsize size = before_size + n * part_size + strlen (after);
  char *text = g_malloc (size + 1);

  strcpy (text, before);
  for (gsize i = 0; i < n * part_size; i++)
    text[before_size + i] = part[i % part_size];
  strcpy (text + before_size + n * part_size, after);
  return text;
}

static void
assert_too_deep (const char *text, gsize offset)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *expected = g_strdup_printf ("at byte %zu: nested too deeply (limit 100)", offset);

  g_assert_null (parse (text, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_LIMIT);
  g_assert_cmpstr (error->message, ==, expected);
}

static void *
parse_deep (void *data)
{
  g_autofree char *lists = repeat ("", "l", 1024 * 1024, "");
  g_autofree char *dicts = repeat ("", "d1:a", 256 * 1024, "");

  assert_too_deep (lists, 100);
  assert_too_deep (dicts, 400);
  return NULL;
}

static void
test_depth_has_a_limit (void)
{
  g_autofree char *open = repeat ("", "l", BTFW_BENCODE_DEPTH_MAX, "");
  g_autofree char *deepest = repeat (open, "e", BTFW_BENCODE_DEPTH_MAX, "");
  g_autofree char *too_deep = g_strdup_printf ("l%se", deepest);
  g_autoptr (BtfwBencode) document = parse (deepest, NULL);

  g_assert_nonnull (document);
  assert_too_deep (too_deep, BTFW_BENCODE_DEPTH_MAX);
}

static void
test_depth_needs_no_stack (void)
{
  pthread_attr_t attributes;
  pthread_t      thread;

  g_assert_cmpint (pthread_attr_init (&attributes), ==, 0);
  g_assert_cmpint (pthread_attr_setstacksize (&attributes, SMALL_STACK), ==, 0);
  g_assert_cmpint (pthread_create (&thread, &attributes, parse_deep, NULL), ==, 0);
  g_assert_cmpint (pthread_join (thread, NULL), ==, 0);
  pthread_attr_destroy (&attributes);
}

typedef struct
{
  const char *name;
  const char *text;
  guint32     n_tokens;
} TokenCase;

static const TokenCase token_cases[] = {
  { "integer", "i1e", 1 },
  { "string", "0:", 1 },
  { "list", "le", 2 },
  { "members", "li1ei2ei3ee", 5 },
  { "dict", "d1:ai1e1:bdee", 7 },
};

static void
test_token_limit_is_exact (gconstpointer data)
{
  const TokenCase *tokens = data;
  const guint8    *text = (const guint8 *) tokens->text;
  gsize            size = strlen (tokens->text);
  g_autoptr (GError) error = NULL;
  g_autoptr (BtfwBencode) document = btfw_bencode_parse (text, size, tokens->n_tokens, NULL, &error);

  g_assert_no_error (error);
  g_assert_null (btfw_bencode_parse (text, size, tokens->n_tokens - 1, NULL, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_LIMIT);
  g_assert_nonnull (strstr (error->message, "token limit"));
}

static void
test_five_million_lists_reach_the_limit (void)
{
  g_autofree char *text = repeat ("l", "le", 5000000, "e");
  g_autoptr (GError) error = NULL;

  g_assert_null (parse (text, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_LIMIT);
}

/* The most that a table can need for its input, by shape. */
typedef struct
{
  const char *name;
  const char *part;
  gsize       n_parts;
} MemoryCase;

static const MemoryCase memory_cases[] = {
  { "empty-strings", "0:", 4000000 },
  { "empty-lists", "le", 3000000 },
  { "nested-lists", "llllllllllllllllllllllllllllllllleeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee", 100000 },
  { "one-member-lists", "l0:e", 2000000 },
};

static gsize
get_address_space (void)
{
  g_autofree char *text = NULL;

  g_assert_true (g_file_get_contents ("/proc/self/statm", &text, NULL, NULL));
  return (gsize) g_ascii_strtoull (text, NULL, 10) * (gsize) getpagesize ();
}

static void
test_memory_is_bounded (gconstpointer data)
{
  const MemoryCase *memory = data;
  g_autofree char  *text = repeat ("l", memory->part, memory->n_parts, "e");
  gsize             size = strlen (text);
  gsize             before = get_address_space ();
  g_autoptr (BtfwBencode) document = parse (text, NULL);

  g_assert_nonnull (document);
  g_assert_cmpuint (btfw_bencode_get_n_members (document, 0), ==, memory->n_parts);
  g_assert_cmpuint (get_address_space () - before, <=, 8 * size + 65536);
}

static void
append_scattered_key (GString *text, guint number)
{
  char member[32];

  g_snprintf (member, sizeof member, "8:%08xi1e", number * 2654435761u);
  g_string_append (text, member);
}

/* Keys in no order at all: the check must not be quadratic. */
static void
test_many_unsorted_keys_are_checked (void)
{
  g_autoptr (GString) once = g_string_new ("d");
  g_autoptr (GString) twice = g_string_new ("d");
  g_autoptr (BtfwBencode) document = NULL;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < N_KEYS; i++)
    {
      append_scattered_key (once, i);
      append_scattered_key (twice, i);
    }
  append_scattered_key (twice, N_KEYS / 2);
  g_string_append_c (once, 'e');
  g_string_append_c (twice, 'e');

  document = parse (once->str, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (btfw_bencode_get_n_members (document, 0), ==, N_KEYS);
  g_assert_null (parse (twice->str, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_INVALID);
  g_assert_nonnull (strstr (error->message, "comes twice"));
}

static void
test_shown_key_is_fit_for_a_terminal (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (parse ("d2:\033\xffi1e2:\033\xffi1ee", &error));
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_null (strchr (error->message, '\033'));
}

static void
test_too_much_data_is_not_looked_at (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (btfw_bencode_parse ((const guint8 *) "le", (gsize) BTFW_BENCODE_SIZE_MAX + 1, 10, NULL, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_LIMIT);
}

static void
test_written_strings_carry_their_length (void)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();

  btfw_bencode_begin_dict (out);
  btfw_bencode_put_string (out, "a", -1);
  btfw_bencode_put_string (out, "x\0y", 3);
  btfw_bencode_put_string (out, "b", 1);
  btfw_bencode_put_raw (out, (const guint8 *) "le", 2);
  btfw_bencode_put_raw (out, NULL, 0);
  btfw_bencode_put_string (out, "", -1);
  btfw_bencode_put_string (out, NULL, 0);
  btfw_bencode_end (out);
  g_assert_cmpmem (out->data, out->len, "d1:a3:x\0y1:ble0:0:e", 19);
}

static void
add_cases (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (refused_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/bencode/refused/%s", refused_cases[i].name);

      g_test_add_data_func (path, &refused_cases[i], test_refused_with_offset);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (integer_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/bencode/integer-comes-back/%s", integer_cases[i].name);

      g_test_add_data_func (path, &integer_cases[i], test_integer_comes_back_the_same);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (documents); i++)
    {
      g_autofree char *back = g_strdup_printf ("/bencode/document-comes-back/%zu", i);
      g_autofree char *cut = g_strdup_printf ("/bencode/cut-document-is-refused/%zu", i);

      g_test_add_data_func (back, documents[i], test_document_comes_back_the_same);
      g_test_add_data_func (cut, documents[i], test_cut_document_is_refused);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (token_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/bencode/token-limit-is-exact/%s", token_cases[i].name);

      g_test_add_data_func (path, &token_cases[i], test_token_limit_is_exact);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  add_cases ();
  g_test_add_func ("/bencode/whatever-is-taken-comes-back-the-same", test_whatever_is_taken_comes_back_the_same);
  g_test_add_func ("/bencode/members/are-walked-in-order", test_members_are_walked_in_order);
  g_test_add_func ("/bencode/raw/is-the-exact-bytes", test_raw_is_the_exact_bytes);
  g_test_add_func ("/bencode/raw/of-leaves", test_raw_of_leaves);
  g_test_add_func ("/bencode/lookup/finds-by-key-and-type", test_lookup_finds_by_key_and_type);
  g_test_add_func ("/bencode/lookup/of-another-type-or-nothing-fails", test_lookup_of_another_type_or_nothing_fails);
  g_test_add_func ("/bencode/string-may-hold-any-bytes", test_string_may_hold_any_bytes);
  g_test_add_func ("/bencode/rest/is-what-follows", test_rest_is_what_follows);
  g_test_add_func ("/bencode/rest/is-left-alone-by-an-error", test_rest_is_left_alone_by_an_error);
  g_test_add_func ("/bencode/depth-has-a-limit", test_depth_has_a_limit);
  g_test_add_func ("/bencode/depth-needs-no-stack", test_depth_needs_no_stack);
  g_test_add_func ("/bencode/five-million-lists-reach-the-limit", test_five_million_lists_reach_the_limit);
  for (gsize i = 0; i < G_N_ELEMENTS (memory_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/bencode/memory-is-bounded/%s", memory_cases[i].name);

      g_test_add_data_func (path, &memory_cases[i], test_memory_is_bounded);
    }
  g_test_add_func ("/bencode/many-unsorted-keys-are-checked", test_many_unsorted_keys_are_checked);
  g_test_add_func ("/bencode/shown-key-is-fit-for-a-terminal", test_shown_key_is_fit_for_a_terminal);
  g_test_add_func ("/bencode/too-much-data-is-not-looked-at", test_too_much_data_is_not_looked_at);
  g_test_add_func ("/bencode/written-strings-carry-their-length", test_written_strings_carry_their_length);

  return g_test_run ();
}
