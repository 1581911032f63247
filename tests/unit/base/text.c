/* text.c: tests that foreign text and URLs are fit to be shown. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw-text.h>

#include <string.h>

#define BAD "\357\277\275" /* U+FFFD */

typedef struct
{
  const char *name;
  const char *text;
  const char *expected;
} TextCase;

static const TextCase clean_cases[] = {
  { "plain", "ubuntu-24.04.iso", "ubuntu-24.04.iso" },
  { "empty", "", "" },
  { "accents", "Füße – naïve 日本語 😀", "Füße – naïve 日本語 😀" },
  { "combining", "e\xcc\x81", "e\xcc\x81" },
  { "joiners", "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb \xe2\x80\x8c", "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x92\xbb \xe2\x80\x8c" },
  { "escape", "a\033[31mb", "a" BAD "[31mb" },
  { "bell-and-backspace", "a\a\bb", "a" BAD BAD "b" },
  { "delete", "a\177b", "a" BAD "b" },
  { "c1-csi", "a\xc2\x9b" "31mb", "a" BAD "31mb" },
  { "c1-first-and-last", "\xc2\x80\xc2\x9f", BAD BAD },
  { "line-breaks", "a\nb\r\nc\td\ve\ff", "a b  c d e f" },
  { "unicode-line-breaks", "a\xc2\x85" "b\xe2\x80\xa8" "c\xe2\x80\xa9" "d", "a b c d" },
  { "invalid-bytes", "a\xff\xfe" "b\x80", "a" BAD BAD "b" BAD },
  { "cut-sequence", "a\xe2\x82", "a" BAD BAD },
  { "cut-sequence-inside", "\xe2\x82" "b", BAD BAD "b" },
  { "overlong-slash", "\xc0\xaf", BAD BAD },
  { "overlong-nul", "\xe0\x80\x80", BAD BAD BAD },
  { "surrogates", "\xed\xa0\x80\xed\xbf\xbf", BAD BAD BAD BAD BAD BAD },
  { "too-large", "\xf4\x90\x80\x80", BAD BAD BAD BAD },
  { "largest", "\xf4\x8f\xbf\xbd", "\xf4\x8f\xbf\xbd" },
  { "right-to-left-override", "exe.\xe2\x80\xaegpj", "exe." BAD "gpj" },
  { "embeddings", "\xe2\x80\xaa\xe2\x80\xab\xe2\x80\xac\xe2\x80\xad", BAD BAD BAD BAD },
  { "isolates", "\xe2\x81\xa6\xe2\x81\xa7\xe2\x81\xa8\xe2\x81\xa9", BAD BAD BAD BAD },
  { "direction-marks", "\xe2\x80\x8e\xe2\x80\x8f\xd8\x9c", BAD BAD BAD },
  { "invisible", "a\xe2\x80\x8b\xef\xbb\xbf" "b", "a" BAD BAD "b" },
  { "not-characters", "\xef\xbf\xbe\xef\xbf\xbf\xef\xb7\x90\xf4\x8f\xbf\xbf", BAD BAD BAD BAD },
  { "hebrew", "שלום", "שלום" },
};

static void
test_clean (gconstpointer data)
{
  const TextCase  *text = data;
  g_autofree char *copy = g_memdup2 (text->text, strlen (text->text));
  g_autofree char *of_string = btfw_text_clean (text->text, -1);
  g_autofree char *of_bytes = btfw_text_clean (copy != NULL ? copy : "", (gssize) strlen (text->text));
  g_autofree char *again = btfw_text_clean (of_string, -1);

  g_assert_cmpstr (of_string, ==, text->expected);
  g_assert_cmpstr (of_bytes, ==, text->expected);
  g_assert_cmpstr (again, ==, text->expected);
}

static void
test_clean_takes_nul_bytes (void)
{
  g_autofree char *clean = btfw_text_clean ("a\0b", 3);
  g_autofree char *nothing = btfw_text_clean (NULL, 0);

  g_assert_cmpstr (clean, ==, "a" BAD "b");
  g_assert_cmpstr (nothing, ==, "");
}

static gboolean
is_letter_or_sign (gunichar c)
{
  return g_unichar_isalnum (c) || g_unichar_ispunct (c) || g_unichar_ismark (c);
}

static void
assert_clean_character (gunichar c)
{
  char             bytes[6];
  int              size = g_unichar_to_utf8 (c, bytes);
  g_autofree char *clean = btfw_text_clean (bytes, size);
  GUnicodeType     type;

  g_assert_true (g_utf8_validate (clean, -1, NULL));
  type = g_unichar_type (g_utf8_get_char (clean));
  g_assert_true (type != G_UNICODE_CONTROL && type != G_UNICODE_SURROGATE);
  g_assert_true (type != G_UNICODE_LINE_SEPARATOR && type != G_UNICODE_PARAGRAPH_SEPARATOR);
  if (is_letter_or_sign (c))
    g_assert_cmpuint (g_utf8_get_char (clean), ==, c);
}

static void
test_clean_spares_what_can_be_read (void)
{
  for (gunichar c = 0; c < 0x3000; c++)
    assert_clean_character (c);
  for (gunichar c = 0x3000; c <= 0x10ffff; c += 61)
    assert_clean_character (c);
}

typedef struct
{
  const char *name;
  const char *unit;
} LengthCase;

static const LengthCase length_cases[] = {
  { "ascii", "x" },
  { "long-sequences", "😀" },
  { "invalid", "\xff" },
};

static void
test_clean_is_cut (gconstpointer data)
{
  const LengthCase *length = data;
  GString          *text = g_string_new (NULL);
  g_autofree char  *most = NULL;
  g_autofree char  *cut = NULL;

  for (guint i = 0; i < 1024; i++)
    g_string_append (text, length->unit);
  most = btfw_text_clean (text->str, -1);
  g_string_append (text, length->unit);
  cut = btfw_text_clean (text->str, -1);
  g_string_free (text, TRUE);

  g_assert_cmpint (g_utf8_strlen (most, -1), ==, 1024);
  g_assert_false (g_str_has_suffix (most, "…"));
  g_assert_cmpint (g_utf8_strlen (cut, -1), ==, 1024);
  g_assert_true (g_str_has_suffix (cut, "…"));
}

#define HEX "0123456789abcdef0123456789abcdef"

static const TextCase redact_cases[] = {
  { "nothing-to-hide", "https://torrent.example.com:443/announce", "https://torrent.example.com:443/announce" },
  { "no-path", "udp://tracker.example:1337", "udp://tracker.example:1337" },
  { "ipv6", "http://[2001:db8::1]:6969/announce", "http://[2001:db8::1]:6969/announce" },
  { "file-name", "https://a.example/24.04/ubuntu-24.04-desktop-amd64.iso.torrent",
    "https://a.example/24.04/ubuntu-24.04-desktop-amd64.iso.torrent" },
  { "debian", "https://cdimage.example/debian-cd/current/amd64/bt-cd/debian-12.5.0-amd64-netinst.iso.torrent",
    "https://cdimage.example/debian-cd/current/amd64/bt-cd/debian-12.5.0-amd64-netinst.iso.torrent" },
  { "words", "http://a.example/internationalization/CamelCaseWords/x86_64-linux-gnu/announce.php",
    "http://a.example/internationalization/CamelCaseWords/x86_64-linux-gnu/announce.php" },
  { "user-and-password", "http://joe:s3cret@a.example/announce", "http://…@a.example/announce" },
  { "user-alone", "http://joe@a.example/", "http://…@a.example/" },
  { "password-with-at", "http://joe:s3@cret@a.example/", "http://…@a.example/" },
  { "password-with-slash", "http://joe:s3/cret@a.example/x", "http://…@a.example/x" },
  { "password-with-question", "http://joe:s3?cret@a.example/x", "http://…@a.example/x" },
  { "password-with-hash", "http://joe:s3#cret@a.example:80/x", "http://…@a.example:80/x" },
  { "password-without-scheme", "joe:s3cret@a.example/x", "…@a.example/x" },
  { "ipv6-with-password", "http://joe:s3cret@[::1]:80/x", "http://…@[::1]:80/x" },
  { "at-in-path", "http://a.example/@scope/x", "http://a.example/@scope/x" },
  { "passkey-in-query", "https://a.example/announce?passkey=" HEX, "https://a.example/announce?passkey=…" },
  { "all-query-values", "https://a.example/announce.php?a=1&passkey=xyz&b=", "https://a.example/announce.php?a=…&passkey=…&b=…" },
  { "query-without-name", "https://a.example/announce?" HEX, "https://a.example/announce?…" },
  { "query-key-as-name", "https://a.example/announce?" HEX "=1", "https://a.example/announce?…" },
  { "query-semicolons", "https://a.example/?a=1;k=" HEX ";&&", "https://a.example/?a=…;k=…;&&" },
  { "query-with-equals", "https://a.example/?k=YWJj=ZGVm==", "https://a.example/?k=…" },
  { "query-without-path", "https://a.example?k=secret", "https://a.example?k=…" },
  { "fragment", "https://a.example/x#" HEX, "https://a.example/x#…" },
  { "fragment-after-query", "https://a.example/x?a=b#c", "https://a.example/x?a=…#…" },
  { "hex-in-path", "http://a.example/" HEX "/announce", "http://a.example/…/announce" },
  { "hex-at-the-end", "http://a.example/announce/" HEX, "http://a.example/announce/…" },
  { "hex-after-php", "http://a.example:2710/announce.php/" HEX, "http://a.example:2710/announce.php/…" },
  { "hex-in-file-name", "http://a.example/get/" HEX ".torrent", "http://a.example/get/….torrent" },
  { "hex-of-16", "http://a.example/0a1b2c3d4e5f6071/announce", "http://a.example/…/announce" },
  { "hex-letters-only", "http://a.example/deadbeefdeadbeef/announce", "http://a.example/…/announce" },
  { "digits-only", "http://a.example/1234567890123456/announce", "http://a.example/…/announce" },
  { "upper-hex-40", "http://a.example/0123456789ABCDEF0123456789ABCDEF01234567/a", "http://a.example/…/a" },
  { "base32", "http://a.example/mfzg6ztbonsgc43eme/announce", "http://a.example/…/announce" },
  { "base64url", "http://a.example/hY3-kQ9_zT2-bX7/announce", "http://a.example/…/announce" },
  { "base64-long", "http://a.example/QmFzZTY0IGlzIGZ1biBhbmQgbG9uZw/announce", "http://a.example/…/announce" },
  { "letters-24", "http://a.example/qwertyuiopasdfghjklzxcvb/announce", "http://a.example/…/announce" },
  { "path-parameter", "http://a.example/announce;key=" HEX, "http://a.example/announce;key=…" },
  { "udp-passkey", "udp://a.example:80/" HEX "/announce", "udp://a.example:80/…/announce" },
  { "two-keys", "http://a.example/" HEX "/x/" HEX, "http://a.example/…/x/…" },
  { "magnet", "magnet:?xt=urn:btih:" HEX "&tr=http%3A%2F%2Fa.example%2F" HEX, "magnet:?xt=…&tr=…" },
  { "control-bytes", "http://a.example/\033[2J\n", "http://a.example/" BAD "[2J " },
  { "empty", "", "" },
  { "no-url", "hello world", "hello world" },
  { "only-separators", "://?#@/;", "://?#…" },
};

static void
test_redact (gconstpointer data)
{
  const TextCase  *text = data;
  g_autofree char *shown = btfw_text_redact_url (text->text);

  g_assert_cmpstr (shown, ==, text->expected);
}

/* Whatever is random enough for a passkey must not come through. */
static void
test_redact_hides_random_keys (void)
{
  static const char base64url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  g_autoptr (GRand) dice = g_rand_new_with_seed (20);
  guint n_shown = 0;

  for (guint i = 0; i < 10000; i++)
    {
      char             key[33];
      g_autofree char *url = NULL;
      g_autofree char *shown = NULL;

      for (guint j = 0; j < 32; j++)
        key[j] = base64url[g_rand_int_range (dice, 0, 64)];
      key[32] = '\0';
      url = g_strdup_printf ("http://a.example/%s/announce", key);
      shown = btfw_text_redact_url (url);
      n_shown += g_str_equal (url, shown) ? 1 : 0;
    }
  g_assert_cmpuint (n_shown, <, 100);
}

static void
add_cases (const char *prefix, const TextCase *cases, gsize n_cases, GTestDataFunc test)
{
  for (gsize i = 0; i < n_cases; i++)
    {
      g_autofree char *path = g_strconcat (prefix, cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  add_cases ("/text/clean/", clean_cases, G_N_ELEMENTS (clean_cases), test_clean);
  add_cases ("/text/redact/", redact_cases, G_N_ELEMENTS (redact_cases), test_redact);
  for (gsize i = 0; i < G_N_ELEMENTS (length_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/text/clean-is-cut/%s", length_cases[i].name);

      g_test_add_data_func (path, &length_cases[i], test_clean_is_cut);
    }
  g_test_add_func ("/text/clean-takes-nul-bytes", test_clean_takes_nul_bytes);
  g_test_add_func ("/text/clean-spares-what-can-be-read", test_clean_spares_what_can_be_read);
  g_test_add_func ("/text/redact-hides-random-keys", test_redact_hides_random_keys);

  return g_test_run ();
}
