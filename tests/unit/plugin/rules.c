/* rules.c: tests of what holds for some torrents only. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw-config.h>

#include <string.h>

#define PIECE (16u << 20)
#define LINK "magnet:?xt=urn:btih:0123456789abcdef0123456789abcdef01234567&dn=film.iso&tr=http%3A%2F%2Fa.example.org%2Fannounce"

/* One file of 5 GB, called “Film.iso”. */
static BtfwMetainfo *
make_torrent (gboolean is_private)
{
  guint64            size = G_GUINT64_CONSTANT (5000000000);
  guint              n = (guint) ((size + PIECE - 1) / PIECE);
  GString           *text = g_string_new ("d8:announce34:http://a.Example.org:80/announce?x4:info");
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  BtfwMetainfo      *metainfo;

  g_string_append_printf (text, "d6:lengthi%" G_GUINT64_FORMAT "e4:name8:Film.iso12:piece lengthi%ue6:pieces%u:", size, PIECE, n * 20);
  for (guint i = 0; i < n * 20; i++)
    g_string_append_c (text, 'x');
  g_string_append (text, is_private ? "7:privatei1eee" : "ee");
  bytes = g_string_free_to_bytes (text);
  metainfo = btfw_metainfo_new_from_bytes (bytes, &error);
  g_assert_no_error (error);
  return metainfo;
}

typedef struct
{
  const char *group;
  gboolean    matches_torrent; /* the private one */
  gboolean    matches_link;
} Row;

static const Row rows[] = {
  { "match private=true", TRUE, FALSE },
  { "match private=false", FALSE, FALSE },
  { "match private!=true", FALSE, FALSE },
  { "match tracker=*.example.org", TRUE, TRUE },
  { "match tracker=*.EXAMPLE.org", TRUE, TRUE },
  { "match tracker=example.org", FALSE, FALSE },
  { "match tracker!=*.example.com", TRUE, TRUE },
  { "match name=*.iso", TRUE, TRUE },
  { "match name=film.???", TRUE, TRUE },
  { "match name=film.??", FALSE, FALSE },
  { "match name=*i*i*o", TRUE, TRUE },
  { "match name=*", TRUE, TRUE },
  { "match name!=*.iso", FALSE, FALSE },
  { "match \"name=fi* x*\"", FALSE, FALSE },
  { "match file=*.iso", TRUE, FALSE },
  { "match size>4G", TRUE, FALSE },
  { "match size>5G", FALSE, FALSE },
  { "match size>=5G", TRUE, FALSE },
  { "match size<=5G", TRUE, FALSE },
  { "match size<5G", FALSE, FALSE },
  { "match files=1", TRUE, FALSE },
  { "match files>1", FALSE, FALSE },
  { "match hash=0123*", FALSE, TRUE },
  { "match private=true size>4G name=*.iso", TRUE, FALSE },
  { "match private=true  size>6G", FALSE, FALSE },
};

static void
load (BtfwConfig *config, const char *text, const char *name)
{
  g_autoptr (GError) error = NULL;

  btfw_config_load_data (config, text, strlen (text), name, &error);
  g_assert_no_error (error);
}

static void
test_condition (gconstpointer data)
{
  const Row               *row = data;
  g_autoptr (BtfwConfig)   config = btfw_config_new ();
  g_autoptr (BtfwMetainfo) metainfo = make_torrent (TRUE);
  g_autoptr (BtfwMagnet)   magnet = btfw_magnet_parse (LINK, NULL);
  g_autofree char         *text = g_strdup_printf ("[session]\npicker=rarest\n[%s]\npicker=sequential,window=4\n", row->group);
  const char              *group = NULL, *origin = NULL;

  load (config, text, "test.conf");
  g_assert_cmpstr (btfw_config_lookup_for (config, metainfo, NULL, "picker", &origin, &group), ==,
                   row->matches_torrent ? "sequential,window=4" : "rarest");
  g_assert_cmpstr (origin, ==, row->matches_torrent ? "test.conf:4" : "test.conf:2");
  g_assert_cmpstr (group, ==, row->matches_torrent ? row->group : "session");
  g_assert_cmpstr (btfw_config_lookup_for (config, NULL, magnet, "picker", NULL, NULL), ==,
                   row->matches_link ? "sequential,window=4" : "rarest");
}

typedef struct
{
  const char *name;
  const char *text;
  const char *messages[4];
} Mistake;

static const Mistake mistakes[] = {
  { "no-condition", "[match]\npicker=rarest\n", { "test.conf:1", "[match]", "a rule needs a condition", "private=true" } },
  { "unknown-condition", "# x\n[match privat=true]\n", { "test.conf:2", "no condition “privat”", "did you mean “private”?" } },
  { "no-comparison", "[match private]\n", { "test.conf:1", "“private” compares nothing" } },
  { "no-value", "[match name=]\n", { "test.conf:1", "compared with nothing" } },
  { "text-is-not-more", "[match name>x]\n", { "test.conf:1", "“name” can be compared with “=” and “!=” only" } },
  { "switch", "[match private=yes]\n", { "test.conf:1", "“private” is true or false, not “yes”" } },
  { "number", "[match size>big]\n", { "test.conf:1", "size: ", "big" } },
  { "quote", "[match \"name=a b]\n", { "test.conf:1", "a quote does not end" } },
  { "unknown-key", "[match private=true]\npicke=rarest\n", { "test.conf:2", "a rule cannot set “picke”", "did you mean “picker”?" } },
  { "key-of-the-session", "[match private=true]\nport=1\n", { "test.conf:2", "a rule cannot set “port”", "max-peers" } },
  { "range", "[match private=true]\n\nmax-peers=0\n", { "test.conf:3", "match private=true.max-peers", "from 1 to 65535" } },
  { "plugin", "[match private=true]\nstorage=Fa ult+file\n", { "test.conf:2", "storage", "“Fa ult”" } },
};

static void
test_mistake (gconstpointer data)
{
  const Mistake         *row = data;
  g_autoptr (BtfwConfig) config = btfw_config_new ();
  g_autoptr (GError)     error = NULL;

  g_assert_false (btfw_config_load_data (config, row->text, strlen (row->text), "test.conf", &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG);
  g_test_message ("%s", error->message);
  for (guint i = 0; i < G_N_ELEMENTS (row->messages) && row->messages[i] != NULL; i++)
    g_assert_nonnull (strstr (error->message, row->messages[i]));
}

static void
test_last_match_wins_key_by_key (void)
{
  g_autoptr (BtfwConfig)   config = btfw_config_new ();
  g_autoptr (BtfwMetainfo) metainfo = make_torrent (FALSE);

  load (config, "[match size>1G]\ndir=/large\npicker=one\n[match name=*.iso]\ndir=/iso\n[match private=true]\ndir=/private\n", "a");
  g_assert_cmpstr (btfw_config_lookup_for (config, metainfo, NULL, "dir", NULL, NULL), ==, "/iso");
  g_assert_cmpstr (btfw_config_lookup_for (config, metainfo, NULL, "picker", NULL, NULL), ==, "one");
  g_assert_null (btfw_config_lookup_for (config, metainfo, NULL, "choker", NULL, NULL));
}

/* A file that is read later says a rule of an earlier one anew. */
static void
test_later_file_goes_last (void)
{
  g_autoptr (BtfwConfig)   config = btfw_config_new ();
  g_autoptr (BtfwMetainfo) metainfo = make_torrent (FALSE);

  load (config, "[match size>1G]\ndir=/a\n[match name=*.iso]\ndir=/b\n", "system");
  load (config, "[match size>1G]\ndir=/c\n", "user");
  g_assert_cmpstr (btfw_config_lookup_for (config, metainfo, NULL, "dir", NULL, NULL), ==, "/c");
}

static void
test_command_line_goes_first (void)
{
  g_autoptr (BtfwConfig)   config = btfw_config_new ();
  g_autoptr (BtfwConfig)   copy = NULL;
  g_autoptr (BtfwMetainfo) metainfo = make_torrent (TRUE);
  const char              *origin = NULL;

  load (config, "[match private=true]\npicker=sequential\nmax-peers=7\n", "a");
  g_assert_true (btfw_config_set (config, "session", "picker", "rarest", "--picker", NULL));
  copy = btfw_config_copy (config);
  g_assert_cmpstr (btfw_config_lookup_for (copy, metainfo, NULL, "picker", &origin, NULL), ==, "rarest");
  g_assert_cmpstr (origin, ==, "--picker");
  g_assert_cmpstr (btfw_config_lookup_for (copy, metainfo, NULL, "max-peers", NULL, NULL), ==, "7");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autofree char *path = g_strdup_printf ("/rules/condition/%zu", i);

      g_test_add_data_func (path, &rows[i], test_condition);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (mistakes); i++)
    {
      g_autofree char *path = g_strconcat ("/rules/mistake/", mistakes[i].name, NULL);

      g_test_add_data_func (path, &mistakes[i], test_mistake);
    }
  g_test_add_func ("/rules/last-match-wins-key-by-key", test_last_match_wins_key_by_key);
  g_test_add_func ("/rules/later-file-goes-last", test_later_file_goes_last);
  g_test_add_func ("/rules/command-line-goes-first", test_command_line_goes_first);
  return g_test_run ();
}
