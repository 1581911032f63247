/* service-tracker.c: tests of the small tracker's books, questions and answers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "invitation.h"
#include "registry.h"
#include "request.h"
#include "response.h"

#include <string.h>

#define HASH "info_hash=aaaaaaaaaaaaaaaaaaaa"
#define OTHER_HASH "info_hash=bbbbbbbbbbbbbbbbbbbb"
#define PEER_ID "peer_id=%00%ffcccccccccccccccccc"

static const guint8 hash[20] = "aaaaaaaaaaaaaaaaaaaa";

typedef struct
{
  const char *path;
  const char *query;
  const char *fault; /* a part of it; NULL for none */
} QueryCase;

static const QueryCase announce_cases[] = {
  { "complete", HASH "&" PEER_ID "&port=1", NULL },
  { "any-order-and-empty-parts", "&&port=1&" PEER_ID "&x&=&" HASH "&", NULL },
  { "nothing", NULL, "info_hash" },
  { "empty", "", "info_hash" },
  { "short-hash", "info_hash=a&" PEER_ID "&port=1", "info_hash" },
  { "long-hash", HASH "a&" PEER_ID "&port=1", "info_hash" },
  { "bad-escape", "info_hash=%zzaaaaaaaaaaaaaaaaaaa&" PEER_ID "&port=1", "info_hash" },
  { "cut-escape", "info_hash=aaaaaaaaaaaaaaaaaaa%&" PEER_ID "&port=1", "info_hash" },
  { "half-escape", "info_hash=aaaaaaaaaaaaaaaaaaa%4&" PEER_ID "&port=1", "info_hash" },
  { "no-peer-id", HASH "&port=1", "peer_id" },
  { "port-zero", HASH "&" PEER_ID "&port=0", "port" },
  { "port-too-large", HASH "&" PEER_ID "&port=65536", "port" },
  { "port-negative", HASH "&" PEER_ID "&port=-1", "port" },
  { "port-with-a-rest", HASH "&" PEER_ID "&port=80x", "port" },
  { "port-endless", HASH "&" PEER_ID "&port=00000000000000000000000000000000000001", "port" },
  { "no-port", HASH "&" PEER_ID, "port" },
};

static void
test_announce_query (gconstpointer data)
{
  const QueryCase *c = data;
  AnnounceRequest  request;
  const char      *fault = announce_request_read (&request, c->query);

  if (c->fault == NULL)
    g_assert_null (fault);
  else
    g_assert_nonnull (strstr (fault, c->fault));
}

static void
test_announce_values (void)
{
  AnnounceRequest request;

  g_assert_null (announce_request_read (&request, HASH "&" PEER_ID "&port=6881&left=0&event=completed&numwant=100000"
                                                       "&compact=1&no_peer_id=1"));
  g_assert_cmpmem (request.info_hash, 20, hash, 20);
  g_assert_cmpmem (request.peer_id, 2, "\0\xff", 2);
  g_assert_cmpuint (request.port, ==, 6881);
  g_assert_cmpuint (request.left, ==, 0);
  g_assert_cmpint (request.event, ==, BTFW_ANNOUNCE_COMPLETED);
  g_assert_cmpuint (request.num_want, ==, 200);
  g_assert_true (request.is_compact);
  g_assert_true (request.without_peer_id);
}

static void
test_announce_defaults (void)
{
  AnnounceRequest request;

  g_assert_null (announce_request_read (&request, HASH "&" PEER_ID "&port=1&left=x&event=y&numwant=-5&compact=7"));
  g_assert_cmpuint (request.left, ==, G_MAXUINT64);
  g_assert_cmpint (request.event, ==, BTFW_ANNOUNCE_NONE);
  g_assert_cmpuint (request.num_want, ==, 50);
  g_assert_false (request.is_compact);
}

static void
test_scrape_query (void)
{
  g_autoptr (GString) many = g_string_new (HASH);
  ScrapeRequest       request;

  g_assert_null (scrape_request_read (&request, HASH "&" OTHER_HASH));
  g_assert_cmpuint (request.n_hashes, ==, 2);
  g_assert_nonnull (scrape_request_read (&request, NULL));
  g_assert_nonnull (scrape_request_read (&request, "info_hash=a"));

  for (guint i = 1; i < REQUEST_HASHES_MAX; i++)
    g_string_append (many, "&" HASH);
  g_assert_null (scrape_request_read (&request, many->str));
  g_string_append (many, "&" HASH);
  g_assert_nonnull (scrape_request_read (&request, many->str));
}

static Member
make_member (const char *ip, guint16 port, gboolean is_seed)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (ip);
  Member                   member = { .is_seed = is_seed };

  g_assert_true (endpoint_from_inet (&member.endpoint, address, port));
  memset (member.id, 'c', sizeof member.id);
  return member;
}

static void
put (Registry *registry, const char *ip, guint16 port, gboolean is_seed, gint64 now)
{
  Member member = make_member (ip, port, is_seed);

  g_assert_true (registry_put (registry, hash, &member, FALSE, now));
}

static void
assert_counts (Registry *registry, guint seeds, guint leechers, gint64 completed)
{
  Counts counts = registry_count (registry, hash);

  g_assert_cmpuint (counts.seeds, ==, seeds);
  g_assert_cmpuint (counts.leechers, ==, leechers);
  g_assert_cmpint (counts.completed, ==, completed);
}

static void
test_registry_counts (void)
{
  Registry *registry = registry_new (10, 10);
  Member    member = make_member ("1.2.3.4", 1, TRUE);

  put (registry, "1.2.3.4", 1, FALSE, 0);
  put (registry, "1.2.3.4", 2, TRUE, 0);
  assert_counts (registry, 1, 1, 0);
  put (registry, "1.2.3.4", 1, FALSE, 1);
  assert_counts (registry, 1, 1, 0);

  /* Completed once, however often it says so. */
  g_assert_true (registry_put (registry, hash, &member, TRUE, 2));
  g_assert_true (registry_put (registry, hash, &member, TRUE, 3));
  assert_counts (registry, 2, 0, 1);

  registry_remove (registry, hash, &member.endpoint);
  registry_remove (registry, hash, &member.endpoint);
  assert_counts (registry, 1, 0, 1);
  registry_free (registry);
}

static void
test_registry_is_bounded (void)
{
  Registry *registry = registry_new (2, 3);
  Member    member = make_member ("1.2.3.4", 1, FALSE);
  guint8    hashes[3][20] = { "1", "2", "3" };

  g_assert_true (registry_put (registry, hashes[0], &member, FALSE, 0));
  g_assert_true (registry_put (registry, hashes[1], &member, FALSE, 0));
  g_assert_false (registry_put (registry, hashes[2], &member, FALSE, 0));

  member.endpoint.port = 2;
  g_assert_true (registry_put (registry, hashes[0], &member, FALSE, 0));
  member.endpoint.port = 3;
  g_assert_false (registry_put (registry, hashes[0], &member, FALSE, 0));
  member.endpoint.port = 2;
  g_assert_true (registry_put (registry, hashes[0], &member, FALSE, 0));

  /* Room comes back when somebody goes. */
  registry_expire (registry, 1);
  g_assert_true (registry_put (registry, hashes[2], &member, FALSE, 0));
  registry_free (registry);
}

static void
test_registry_expires (void)
{
  Registry *registry = registry_new (10, 10);

  put (registry, "1.2.3.4", 1, FALSE, 100);
  put (registry, "1.2.3.4", 2, TRUE, 200);
  put (registry, "1.2.3.4", 3, TRUE, 300);
  registry_expire (registry, 200);
  assert_counts (registry, 2, 0, 0);
  registry_expire (registry, 301);
  assert_counts (registry, 0, 0, 0);
  registry_free (registry);
}

static void
test_registry_samples (void)
{
  Registry             *registry = registry_new (10, 1000);
  Member                asker = make_member ("10.0.0.1", 7, FALSE);
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);

  for (guint16 port = 1; port <= 100; port++)
    put (registry, "10.0.0.1", port, port > 90, 0);

  for (guint round = 0; round < 200; round++)
    {
      g_autoptr (GPtrArray) sample = registry_sample (registry, hash, &asker.endpoint, TRUE, 10);

      g_assert_cmpuint (sample->len, ==, 10);
      for (guint i = 0; i < sample->len; i++)
        {
          const Member *member = g_ptr_array_index (sample, i);

          g_assert_false (member->is_seed);
          g_assert_cmpuint (member->endpoint.port, !=, 7);
          g_hash_table_add (seen, GUINT_TO_POINTER (member->endpoint.port));
        }
    }

  /* Everyone has had a chance: 200 draws of 10 out of 89 miss one with less than 1 in 10^9. */
  g_assert_cmpuint (g_hash_table_size (seen), ==, 89);
  registry_free (registry);
}

/* A reply as people read it, with the addresses in it. */
static char *
announce (Registry *registry, const char *from, const char *at, const char *extra)
{
  g_autofree char   *query = g_strconcat (HASH "&" PEER_ID "&port=9&left=5", extra, NULL);
  AnnounceRequest    request;
  Member             asker = make_member (from, 9, FALSE);
  Member             us = make_member (at, 80, FALSE);
  g_autoptr (GBytes) bytes = NULL;
  GString           *text;

  g_assert_null (announce_request_read (&request, query));
  bytes = response_announce (registry, &request, &asker.endpoint, &us.endpoint, 300);
  text = g_string_new_len (g_bytes_get_data (bytes, NULL), (gssize) g_bytes_get_size (bytes));
  for (gsize i = 0; i < text->len; i++)
    {
      if (!g_ascii_isprint (text->str[i]))
        text->str[i] = '?';
    }
  return g_string_free (text, FALSE);
}

static void
assert_parses (Registry *registry, const char *from, const char *at, const char *extra)
{
  g_autofree char           *text = announce (registry, from, at, extra);
  g_autoptr (GBytes)         bytes = g_bytes_new (text, strlen (text));
  g_autoptr (GError)         error = NULL;
  g_autoptr (BtfwBencodeDoc) doc = btfw_bencode_doc_new (bytes, 1000, &error);

  g_assert_no_error (error);
  g_assert_true (btfw_bencode_doc_is_dict (doc, BTFW_BENCODE_DOC_ROOT));
}

static void
test_response_compact (void)
{
  Registry        *registry = registry_new (10, 10);
  g_autofree char *text = NULL;

  put (registry, "10.0.0.1", 0x4142, TRUE, 0);
  put (registry, "fd00::1", 0x4344, FALSE, 0);
  text = announce (registry, "10.0.0.2", "10.0.0.3", "&compact=1");
  g_assert_cmpstr (text, ==,
                   "d8:completei1e10:downloadedi0e11:external ip4:????10:incompletei1e8:intervali300e"
                   "12:min intervali60e5:peers6:????AB6:peers618:????????????????CDe");
  assert_parses (registry, "10.0.0.2", "10.0.0.3", "&compact=1");
  registry_free (registry);
}

static void
test_response_dictionaries (void)
{
  Registry        *registry = registry_new (10, 10);
  g_autofree char *text = NULL;
  g_autofree char *with_id = NULL;

  put (registry, "10.0.0.1", 5, TRUE, 0);
  text = announce (registry, "10.0.0.2", "10.0.0.3", "&no_peer_id=1");
  g_assert_nonnull (strstr (text, "5:peersld2:ip8:10.0.0.14:porti5eee"));
  with_id = announce (registry, "10.0.0.2", "10.0.0.3", "");
  g_assert_nonnull (strstr (with_id, "d2:ip8:10.0.0.17:peer id20:cccccccccccccccccccc4:porti5ee"));
  registry_free (registry);
}

static void
test_response_when_leaving (void)
{
  Registry        *registry = registry_new (10, 10);
  g_autofree char *text = NULL;

  put (registry, "10.0.0.1", 5, TRUE, 0);
  text = announce (registry, "10.0.0.2", "10.0.0.3", "&compact=1&event=stopped");
  g_assert_nonnull (strstr (text, "5:peers0:"));
  registry_free (registry);
}

/* A peer on the tracker's own machine can be reached by others at the address
 * at which they reach the tracker, and by nobody at a loopback address. */
static void
test_response_loopback (void)
{
  Registry        *registry = registry_new (10, 10);
  g_autofree char *from_afar = NULL;
  g_autofree char *from_here = NULL;

  put (registry, "127.0.0.1", 5, TRUE, 0);
  from_afar = announce (registry, "10.0.0.2", "10.0.0.3", "&no_peer_id=1");
  g_assert_nonnull (strstr (from_afar, "2:ip8:10.0.0.34:porti5e"));
  from_here = announce (registry, "127.0.0.1", "127.0.0.1", "&no_peer_id=1");
  g_assert_nonnull (strstr (from_here, "2:ip9:127.0.0.14:porti5e"));
  registry_free (registry);
}

static void
test_response_scrape (void)
{
  Registry          *registry = registry_new (10, 10);
  ScrapeRequest      request;
  g_autoptr (GBytes) bytes = NULL;
  static const char  expected[] = "d5:filesd20:aaaaaaaaaaaaaaaaaaaad8:completei1e10:downloadedi0e10:incompletei0ee"
                                  "20:bbbbbbbbbbbbbbbbbbbbd8:completei0e10:downloadedi0e10:incompletei0eeee";

  put (registry, "10.0.0.1", 5, TRUE, 0);
  g_assert_null (scrape_request_read (&request, OTHER_HASH "&" HASH "&" OTHER_HASH));
  bytes = response_scrape (registry, &request);
  g_assert_cmpmem (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), expected, strlen (expected));
  registry_free (registry);
}

#define TORRENT_INFO "d6:lengthi5e4:name1:f12:piece lengthi16384e6:pieces20:aaaaaaaaaaaaaaaaaaaae"
#define OWN_URL "http://10.0.0.1:5/announce"

static BtfwMetainfo *
make_metainfo (void)
{
  static const char  text[] = "d8:announce24:http://secret/announce?x13:announce-listll24:http://secret/announce?xe"
                              "l26:" OWN_URL "ee4:info" TORRENT_INFO "e";
  g_autoptr (GBytes) bytes = g_bytes_new_static (text, strlen (text));
  g_autoptr (GError) error = NULL;
  BtfwMetainfo      *metainfo = btfw_metainfo_new_from_bytes (bytes, &error);

  g_assert_no_error (error);
  return metainfo;
}

static void
test_invitation_names_this_tracker_alone (void)
{
  g_autoptr (BtfwMetainfo) metainfo = make_metainfo ();
  g_autoptr (GPtrArray)    parts = NULL;
  g_autoptr (GByteArray)   whole = g_byte_array_new ();
  static const char        expected[] = "d8:announce26:" OWN_URL "4:info" TORRENT_INFO "e";

  g_assert_true (invitation_is_ours (metainfo, OWN_URL));
  g_assert_false (invitation_is_ours (metainfo, "http://10.0.0.1:6/announce"));
  parts = invitation_write (metainfo, OWN_URL);
  for (guint i = 0; i < parts->len; i++)
    {
      GBytes *part = g_ptr_array_index (parts, i);

      g_byte_array_append (whole, g_bytes_get_data (part, NULL), (guint) g_bytes_get_size (part));
    }
  g_assert_cmpmem (whole->data, whole->len, expected, strlen (expected));
}

static void
test_invitation_paths (void)
{
  static const char *const wrong[] = {
    "", "/", "/.torrent", "/61616161616161616161616161616161616161.torrent",
    "/616161616161616161616161616161616161616.torrents", "/616161616161616161616161616161616161616g.torrent",
    "x6161616161616161616161616161616161616161.torrent", "/6161616161616161616161616161616161616161.torrent/",
  };
  guint8 read[20];

  g_assert_true (invitation_read_path ("/6161616161616161616161616161616161616161.torrent", read));
  g_assert_cmpmem (read, 20, hash, 20);
  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    g_assert_false (invitation_read_path (wrong[i], read));
}

int
main (int argc, char *argv[])
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  for (guint i = 0; i < G_N_ELEMENTS (announce_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/service-tracker/query/", announce_cases[i].path, NULL);

      g_test_add_data_func (path, &announce_cases[i], test_announce_query);
    }
  g_test_add_func ("/service-tracker/query/values", test_announce_values);
  g_test_add_func ("/service-tracker/query/defaults", test_announce_defaults);
  g_test_add_func ("/service-tracker/query/scrape", test_scrape_query);
  g_test_add_func ("/service-tracker/registry/counts", test_registry_counts);
  g_test_add_func ("/service-tracker/registry/is-bounded", test_registry_is_bounded);
  g_test_add_func ("/service-tracker/registry/expires", test_registry_expires);
  g_test_add_func ("/service-tracker/registry/samples", test_registry_samples);
  g_test_add_func ("/service-tracker/response/compact", test_response_compact);
  g_test_add_func ("/service-tracker/response/dictionaries", test_response_dictionaries);
  g_test_add_func ("/service-tracker/response/when-leaving", test_response_when_leaving);
  g_test_add_func ("/service-tracker/response/loopback", test_response_loopback);
  g_test_add_func ("/service-tracker/response/scrape", test_response_scrape);
  g_test_add_func ("/service-tracker/invitation/names-this-tracker-alone", test_invitation_names_this_tracker_alone);
  g_test_add_func ("/service-tracker/invitation/paths", test_invitation_paths);

  return g_test_run ();
}
