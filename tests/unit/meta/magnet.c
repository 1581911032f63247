/* magnet.c: tests of magnet links. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "meta/magnet.h"

#include "base/bencode.h"
#include "base/hash.h"

#include <btfw/btfw-error.h>
#include <string.h>
#include <time.h>

#define HASH "0123456789abcdef0123456789abcdef01234567"
#define BASE32 "AERUKZ4JVPG66AJDIVTYTK6N54ASGRLH"
#define V2 "1220caf1e1c30e81cb361b9ee167c4aa64228a7fa4fa9f6105232b28ad099f3a302e"

/* CASES A19, in microseconds. Sanitizers take their time. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LIMIT (500 * 1000)
#else
#define LIMIT (50 * 1000)
#endif

typedef struct
{
  const char *name;
  const char *link;
  const char *says; /* the error, or NULL */
} Row;

static const Row rows[] = {
  { "hex", "magnet:?xt=urn:btih:" HASH, NULL },
  { "upper-case", "MAGNET:?xt=URN:BTIH:0123456789ABCDEF0123456789ABCDEF01234567", NULL },
  { "base32", "magnet:?xt=urn:btih:" BASE32, NULL },
  { "base32-lower-case", "magnet:?xt=urn:btih:aerukz4jvpg66ajdivtytk6n54asgrlh", NULL },
  { "escaped", "magnet:?xt=urn%3Abtih%3A" HASH, NULL },
  { "numbered", "magnet:?xt.1=urn:btih:" HASH, NULL },
  { "hybrid", "magnet:?xt=urn:btmh:" V2 "&xt=urn:btih:" HASH, NULL },
  { "of-several-networks", "magnet:?xt=urn:sha1:YNCKHTQCWBTRNJIV4WNAE52SJUQCZO5C&xt=urn:btih:" HASH, NULL },
  { "bad-one-beside-a-good-one", "magnet:?xt=urn:btih:xyz&xt=urn:btih:" HASH, NULL },
  { "without-question-mark", "magnet:xt=urn:btih:" HASH, NULL },
  { "fragment", "magnet:?xt=urn:btih:" HASH "#top", NULL },
  { "no-xt", "magnet:?dn=x&tr=http%3A%2F%2Fa%2Fannounce", "does not name a torrent" },
  { "empty", "magnet:?", "does not name a torrent" },
  { "bare", "magnet:", "does not name a torrent" },
  { "only-ampersands", "magnet:?&&&&&&", "does not name a torrent" },
  { "no-value", "magnet:?xt", "does not name a torrent" },
  { "another-network", "magnet:?xt=urn:sha1:YNCKHTQCWBTRNJIV4WNAE52SJUQCZO5C", "does not name a torrent" },
  { "39-digits", "magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef0123456", "40 hexadecimal digits" },
  { "41-digits", "magnet:?xt=urn:btih:" HASH "8", "40 hexadecimal digits" },
  { "odd-hex", "magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef0123456g", "40 hexadecimal digits" },
  { "bad-base32", "magnet:?xt=urn:btih:AERUKZ4JVPG66AJDIVTYTK6N54ASGRL1", "40 hexadecimal digits" },
  { "v2-digits-as-v1", "magnet:?xt=urn:btih:caf1e1c30e81cb361b9ee167c4aa64228a7fa4fa9f6105232b28ad099f3a302e", "40 hexadecimal digits" },
  { "no-digits", "magnet:?xt=urn:btih:", "40 hexadecimal digits" },
  { "hash-with-nul", "magnet:?xt=urn:btih:%00" HASH, "does not name a torrent" },
  { "hash-with-nul-behind", "magnet:?xt=urn:btih:" HASH "%00%00", "does not name a torrent" },
  { "empty-values", "magnet:?xt=&tr=&dn=&so=&x.pe=&ws=&xt=urn:btih:" HASH "&xt=&tr=&dn=&so=&x.pe=&ws=", NULL },
  { "other-multihash", "magnet:?xt=urn:btmh:1114caf1e1c30e81cb361b9ee167c4aa64228a7fa4", "40 hexadecimal digits" },
  { "short-multihash", "magnet:?xt=urn:btmh:1220caf1", "40 hexadecimal digits" },
  { "http", "http://example.org/", "not a magnet link" },
  { "control-bytes", "magnet:?xt=urn:btih:\x1b[31m", "40 hexadecimal digits" },
};

static void
test_row (gconstpointer data)
{
  const Row             *row = data;
  g_autoptr (GError)     error = NULL;
  g_autoptr (BtfwMagnet) magnet = btfw_magnet_parse (row->link, &error);

  if (row->says == NULL)
    {
      g_autofree char *hash = NULL;

      g_assert_no_error (error);
      hash = btfw_info_hash_to_string (btfw_magnet_get_info_hash (magnet));
      g_assert_cmpstr (hash, ==, HASH);
      return;
    }
  g_assert_null (magnet);
  g_assert_nonnull (error);
  g_assert_nonnull (strstr (error->message, row->says));
  g_assert_null (strchr (error->message, '\x1b'));
}

static void
test_everything_is_kept (void)
{
  g_autoptr (BtfwMagnet) magnet =
    btfw_magnet_parse ("magnet:?xt=urn:btih:" HASH "&dn=A+name%21&tr=http%3A%2F%2Fa%2Fannounce&tr.1=udp%3A%2F%2Fb%3A80"
                       "&tr=http%3A%2F%2Fa%2Fannounce&tr=nonsense&tr=&ws=https%3A%2F%2Fw%2F&x.pe=1.2.3.4:5&x.pe=[2001:db8::1]:6"
                       "&x.pe=host.example:7&so=0,2-4,9&xs=http%3A%2F%2Fevil%2F&as=http%3A%2F%2Fevil%2F&unknown=1",
                       NULL);
  guint16 port;

  g_assert_cmpstr (btfw_magnet_get_name (magnet), ==, "A name!");
  g_assert_true (g_strv_equal (btfw_magnet_get_trackers (magnet), (const char *const[]){ "http://a/announce", "udp://b:80", NULL }));
  g_assert_true (g_strv_equal (btfw_magnet_get_web_seeds (magnet), (const char *const[]){ "https://w/", NULL }));
  g_assert_cmpuint (btfw_magnet_get_n_peers (magnet), ==, 3);
  g_assert_cmpstr (btfw_magnet_get_peer (magnet, 0, &port), ==, "1.2.3.4");
  g_assert_cmpuint (port, ==, 5);
  g_assert_cmpstr (btfw_magnet_get_peer (magnet, 1, &port), ==, "2001:db8::1");
  g_assert_cmpuint (port, ==, 6);
  g_assert_cmpstr (btfw_magnet_get_peer (magnet, 2, NULL), ==, "host.example");
  for (guint32 file = 0; file < 12; file++)
    g_assert_cmpint (btfw_magnet_selects (magnet, file), ==, file == 0 || (file >= 2 && file <= 4) || file == 9);
}

static void
test_nothing_but_a_hash (void)
{
  g_autoptr (BtfwMagnet) magnet = btfw_magnet_parse ("magnet:?xt=urn:btih:" HASH, NULL);

  g_assert_null (btfw_magnet_get_name (magnet));
  g_assert_null (btfw_magnet_get_trackers (magnet)[0]);
  g_assert_null (btfw_magnet_get_web_seeds (magnet)[0]);
  g_assert_cmpuint (btfw_magnet_get_n_peers (magnet), ==, 0);
  g_assert_false (btfw_magnet_has_selection (magnet));
  g_assert_true (btfw_magnet_selects (magnet, G_MAXUINT32));
}

static const char *const bad_peers[] = {
  "1.2.3.4", "1.2.3.4:", ":5", "1.2.3.4:0", "1.2.3.4:65536", "1.2.3.4:-1", "1.2.3.4:5x", "::1:5", "[]:5", "[::1]5",
  "[::1:5", "a b:5", "a/b:5", "a@b:5", "%0a:5", "%00:5", "", "[[::1]]:5", NULL
};

static void
test_bad_peers_are_left_out (void)
{
  for (guint i = 0; bad_peers[i] != NULL; i++)
    {
      g_autofree char       *link = g_strconcat ("magnet:?xt=urn:btih:" HASH "&x.pe=", bad_peers[i], NULL);
      g_autoptr (BtfwMagnet) magnet = btfw_magnet_parse (link, NULL);

      g_assert_nonnull (magnet);
      if (btfw_magnet_get_n_peers (magnet) != 0)
        g_error ("“%s” is taken for a peer", bad_peers[i]);
    }
}

static void
test_selections (void)
{
  static const struct
  {
    const char *so;
    guint32     in;
    guint32     out;
  } cases[] = {
    { "0-4294967295", G_MAXUINT32, 0 },
    { "5", 5, 4 },
    { "5,5,5", 5, 6 },
    { "4294967295", G_MAXUINT32, 1 },
    { "7-3,2", 2, 5 },
    { "x,2,y-z,-,--,3-,-5", 2, 3 },
    { "99999999999999999999,2", 2, 3 },
    { ",,,2,,,", 2, 3 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char       *link = g_strconcat ("magnet:?xt=urn:btih:" HASH "&so=", cases[i].so, NULL);
      g_autoptr (BtfwMagnet) magnet = btfw_magnet_parse (link, NULL);

      g_assert_true (btfw_magnet_has_selection (magnet));
      g_assert_true (btfw_magnet_selects (magnet, cases[i].in));
      if (i > 0)
        g_assert_false (btfw_magnet_selects (magnet, cases[i].out));
    }
  for (guint i = 0; i < 3; i++)
    {
      g_autofree char       *link = g_strconcat ("magnet:?xt=urn:btih:" HASH "&so=", (const char *[]){ "", "x", "9-1" }[i], NULL);
      g_autoptr (BtfwMagnet) magnet = btfw_magnet_parse (link, NULL);

      g_assert_false (btfw_magnet_has_selection (magnet));
    }
}

/* Of this thread alone. */
static gint64
get_cpu_time (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * G_USEC_PER_SEC + now.tv_nsec / 1000;
}

/* The best of a few tries, as the machine may be busy with other tests. */
static gint64
measure (const char *link)
{
  gint64 best = G_MAXINT64;

  for (guint i = 0; i < 5; i++)
    {
      gint64                 start = get_cpu_time ();
      g_autoptr (BtfwMagnet) magnet = btfw_magnet_parse (link, NULL);

      best = MIN (best, get_cpu_time () - start);
    }
  return best;
}

static void
assert_fast (GString *link, gboolean ok)
{
  g_autoptr (GError)     error = NULL;
  g_autoptr (BtfwMagnet) magnet = btfw_magnet_parse (link->str, &error);

  g_assert_cmpint (measure (link->str), <, LIMIT);
  g_assert_cmpint (magnet != NULL, ==, ok);
  if (magnet == NULL)
    return;
  g_assert_cmpuint (g_strv_length ((char **) btfw_magnet_get_trackers (magnet)), <=, 200);
  g_assert_cmpuint (btfw_magnet_get_n_peers (magnet), <=, 100);
  if (btfw_magnet_get_name (magnet) != NULL)
    {
      g_assert_cmpuint (strlen (btfw_magnet_get_name (magnet)), <=, 1024);
      g_assert_true (g_utf8_validate (btfw_magnet_get_name (magnet), -1, NULL));
    }
}

static void
test_large_ones_are_fast (void)
{
  g_autofree char *megabyte = g_strnfill (1024 * 1024, 'x');

  for (guint kind = 0; kind < 8; kind++)
    {
      g_autoptr (GString) link = g_string_new ("magnet:?xt=urn:btih:" HASH);

      for (guint i = 0; kind == 0 && i < 10000; i++)
        g_string_append_printf (link, "&tr=http%%3A%%2F%%2Ftracker-%u.example%%2Fannounce", i);
      if (kind == 1)
        g_string_append_printf (link, "&dn=%s", megabyte);
      if (kind == 2)
        g_string_append_printf (link, "&tr=http://%s", megabyte);
      for (guint i = 0; kind == 3 && i < 300000; i++)
        g_string_append (link, "%zz%00");
      for (guint i = 0; kind == 4 && i < 500000; i++)
        g_string_append (link, "&a=");
      for (guint i = 0; kind == 5 && i < 3; i++)
        g_string_append (link, megabyte);
      for (guint i = 0; kind == 6 && i < 100000; i++)
        g_string_append (link, i == 0 ? "&so=1" : ",0-9");
      for (guint i = 0; kind == 7 && i < 50000; i++)
        g_string_append_printf (link, "&x.pe=1.2.3.%u:%u", i % 250, i % 65000 + 1);
      assert_fast (link, kind != 3 && kind != 5);
    }
}

static void
test_names_are_cleaned (void)
{
  g_autoptr (BtfwMagnet) magnet = btfw_magnet_parse ("magnet:?xt=urn:btih:" HASH "&dn=a%00b%1B%5B31m%FFc%E2%80%AEd%zz%2", NULL);
  const char            *name = btfw_magnet_get_name (magnet);

  g_assert_true (g_utf8_validate (name, -1, NULL));
  g_assert_null (strchr (name, '\x1b'));
  g_assert_null (strstr (name, "\xe2\x80\xae"));
  g_assert_nonnull (strstr (name, "%zz%2"));
}

static void
test_survives_the_way (void)
{
  const char *link = "magnet:?xt=urn:btih:" HASH "&xt=urn:btmh:" V2 "&dn=A%20%26%20B&tr=http%3A%2F%2Fa%2F%3Fk%3D1%26m%3D2"
                     "&ws=http%3A%2F%2Fw%2F&so=1,3-5&x.pe=1.2.3.4:5&x.pe=[::5]:6";
  g_autoptr (BtfwMagnet) magnet = btfw_magnet_parse (link, NULL);
  g_autofree char       *printed = btfw_magnet_to_string (magnet);

  g_assert_cmpstr (printed, ==, link);
}

/* Every cut of a link is parsed, or refused, and nothing is read beyond it. */
static void
test_every_beginning (void)
{
  const char *link = "magnet:?xt=urn:btih:" HASH "&dn=A%20B&tr=http%3A%2F%2Fa%2F&so=1,3-5&x.pe=[::5]:6&tr=";

  for (gsize size = 0; size <= strlen (link); size++)
    {
      g_autofree char       *exact = g_strndup (link, size);
      g_autoptr (BtfwMagnet) magnet = btfw_magnet_parse (exact, NULL);

      g_assert_cmpint (magnet != NULL, ==, size >= strlen ("magnet:?xt=urn:btih:" HASH));
    }
}

/* --- From a link to a torrent --- */

#define INFO "d6:lengthi5e4:name1:n12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaae"

static BtfwMagnet *
make_link (const char *info)
{
  guint8                   digest[BTFW_HASH_SIZE_MAX];
  g_autoptr (BtfwInfoHash) hash = NULL;
  g_autofree char         *hex = NULL;
  g_autofree char         *link = NULL;

  btfw_hash_once (BTFW_HASH_SHA1, (const guint8 *) info, strlen (info), digest);
  hash = btfw_info_hash_new (digest, NULL);
  hex = btfw_info_hash_to_string (hash);
  link = g_strdup_printf ("magnet:?xt=urn:btih:%s&tr=http%%3A%%2F%%2Fa%%2F&tr=udp%%3A%%2F%%2Fb%%3A1&ws=http%%3A%%2F%%2Fw%%2F", hex);
  return btfw_magnet_parse (link, NULL);
}

static void
test_complete (void)
{
  g_autoptr (BtfwMagnet)   magnet = make_link (INFO);
  g_autoptr (GBytes)       info = g_bytes_new_static (INFO, strlen (INFO));
  g_autoptr (GError)       error = NULL;
  g_autoptr (BtfwMetainfo) metainfo = btfw_magnet_complete (magnet, info, &error);
  g_autoptr (GBytes)       torrent = NULL;
  g_autoptr (BtfwMetainfo) again = NULL;
  g_autoptr (BtfwMetainfo) kept = NULL;

  g_assert_no_error (error);
  g_assert_cmpuint (btfw_metainfo_get_n_tiers (metainfo), ==, 2);
  g_assert_cmpstr (btfw_metainfo_get_web_seeds (metainfo)[0], ==, "http://w/");

  /* The .torrent file that is made of it says the same. */
  torrent = btfw_metainfo_to_bytes (metainfo);
  again = btfw_metainfo_new_from_bytes (torrent, &error);
  g_assert_no_error (error);
  g_assert_true (btfw_info_hash_equal (btfw_metainfo_get_info_hash (again), btfw_metainfo_get_info_hash (metainfo)));
  g_assert_cmpuint (btfw_metainfo_get_n_tiers (again), ==, 2);
  g_assert_cmpstr (btfw_metainfo_get_tier (again, 1)[0], ==, "udp://b:1");
  g_assert_cmpstr (btfw_metainfo_get_web_seeds (again)[0], ==, "http://w/");
  kept = btfw_magnet_complete_from_torrent (magnet, torrent, &error);
  g_assert_no_error (error);
  g_assert_nonnull (kept);
}

static void
test_complete_refuses_what_does_not_fit (void)
{
  static const char *const torrents[] = { "de", "le", "i1e", "d4:infodee", "d4:infoi1ee", "", "d4:info" INFO "ee", NULL };
  g_autoptr (BtfwMagnet)   magnet = make_link (INFO "x");
  g_autoptr (GBytes)       info = g_bytes_new_static (INFO, strlen (INFO));
  g_autoptr (GError)       error = NULL;

  g_assert_false (btfw_magnet_fits (magnet, info));
  g_assert_null (btfw_magnet_complete (magnet, info, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_INVALID);
  for (guint i = 0; torrents[i] != NULL; i++)
    {
      g_autoptr (GBytes) torrent = g_bytes_new_static (torrents[i], strlen (torrents[i]));

      g_assert_null (btfw_magnet_complete_from_torrent (magnet, torrent, NULL));
    }
}

/* The hash is right, and what it is the hash of is not: the author's fault. */
static void
test_complete_tells_nonsense_from_lies (void)
{
  g_autoptr (BtfwMagnet) magnet = make_link ("d4:name1:ne");
  g_autoptr (GBytes)     info = g_bytes_new_static ("d4:name1:ne", 11);
  g_autoptr (GError)     error = NULL;

  g_assert_true (btfw_magnet_fits (magnet, info));
  g_assert_null (btfw_magnet_complete (magnet, info, &error));
  g_assert_nonnull (error);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/magnet/parse/%s", rows[i].name);

      g_test_add_data_func (path, &rows[i], test_row);
    }
  g_test_add_func ("/magnet/everything-is-kept", test_everything_is_kept);
  g_test_add_func ("/magnet/nothing-but-a-hash", test_nothing_but_a_hash);
  g_test_add_func ("/magnet/bad-peers-are-left-out", test_bad_peers_are_left_out);
  g_test_add_func ("/magnet/selections", test_selections);
  g_test_add_func ("/magnet/large-ones-are-fast", test_large_ones_are_fast);
  g_test_add_func ("/magnet/names-are-cleaned", test_names_are_cleaned);
  g_test_add_func ("/magnet/survives-the-way", test_survives_the_way);
  g_test_add_func ("/magnet/every-beginning", test_every_beginning);
  g_test_add_func ("/magnet/complete", test_complete);
  g_test_add_func ("/magnet/complete/refuses-what-does-not-fit", test_complete_refuses_what_does_not_fit);
  g_test_add_func ("/magnet/complete/tells-nonsense-from-lies", test_complete_tells_nonsense_from_lies);
  return g_test_run ();
}
