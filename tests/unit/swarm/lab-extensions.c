/* lab-extensions.c: tests of the core's part of the extension protocol, with extensions that write down what they hear. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lab.h"

#include <string.h>

/* --- An extension that is all ears --- */

#define TEST_TYPE_EXTENSION (test_extension_get_type ())
G_DECLARE_FINAL_TYPE (TestExtension, test_extension, TEST, EXTENSION, GObject)

struct _TestExtension
{
  GObject        parent_instance;
  const char    *message;
  BtfwClock     *clock;
  BtfwSwarmView *torrent; /* owned, also when it is dead */
  BtfwPeerView  *peer;    /* the last one that greeted; owned */
  guint          n_added;
  guint          n_removed;
  guint          n_handshakes;
  guint          n_written;
  guint          n_messages;
  guint          n_gone;
  gint64         said; /* what the peer says under our key */
  guint32        last; /* the first four bytes of the last message */
  gboolean       refuses;
};

static void extension_iface_init (BtfwExtensionInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (TestExtension, test_extension, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_EXTENSION, extension_iface_init));

static void
on_start (BtfwExtension *extension, BtfwClock *clock)
{
  TEST_EXTENSION (extension)->clock = btfw_clock_ref (clock);
}

static const char *
get_message (BtfwExtension *extension)
{
  return TEST_EXTENSION (extension)->message;
}

static void
on_added (BtfwExtension *extension, BtfwSwarmView *torrent)
{
  TestExtension *self = TEST_EXTENSION (extension);

  self->n_added++;
  g_clear_pointer (&self->torrent, btfw_swarm_view_unref);
  self->torrent = btfw_swarm_view_ref (torrent);
}

static void
on_removed (BtfwExtension *extension, BtfwSwarmView *torrent)
{
  g_assert_true (torrent == TEST_EXTENSION (extension)->torrent);
  TEST_EXTENSION (extension)->n_removed++;
}

static void
on_write (BtfwExtension *extension, BtfwSwarmView *torrent, BtfwPeerView *peer, BtfwExtensionHandshake *handshake)
{
  TEST_EXTENSION (extension)->n_written++;
  if (TEST_EXTENSION (extension)->message != NULL)
    btfw_extension_handshake_set_integer (handshake, TEST_EXTENSION (extension)->message, 42);
}

static void
on_handshake (BtfwExtension *extension, BtfwSwarmView *torrent, BtfwPeerView *peer, BtfwExtensionHandshake *handshake)
{
  TestExtension *self = TEST_EXTENSION (extension);

  self->n_handshakes++;
  g_clear_pointer (&self->peer, btfw_peer_view_unref);
  self->peer = btfw_peer_view_ref (peer);
  if (self->message != NULL)
    btfw_extension_handshake_get_integer (handshake, self->message, &self->said);
}

static gboolean
on_message (BtfwExtension *extension, BtfwSwarmView *torrent, BtfwPeerView *peer, const guint8 *data, gsize size, GError **error)
{
  TestExtension *self = TEST_EXTENSION (extension);

  self->n_messages++;
  if (size >= 4)
    memcpy (&self->last, data, 4);
  if (!self->refuses)
    return TRUE;
  g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_INVALID, "not with me");
  return FALSE;
}

static void
on_gone (BtfwExtension *extension, BtfwSwarmView *torrent, BtfwPeerView *peer)
{
  TEST_EXTENSION (extension)->n_gone++;
  /* It can still be looked at, and nothing can be sent to it. */
  g_assert_cmpuint (btfw_peer_view_get_id (peer), !=, 0);
  g_assert_false (btfw_extension_can_send (extension, peer));
}

static void
extension_iface_init (BtfwExtensionInterface *iface)
{
  iface->start = on_start;
  iface->get_message = get_message;
  iface->torrent_added = on_added;
  iface->torrent_removed = on_removed;
  iface->write_handshake = on_write;
  iface->handshake = on_handshake;
  iface->message = on_message;
  iface->peer_gone = on_gone;
}

static void
test_extension_finalize (GObject *object)
{
  TestExtension *self = TEST_EXTENSION (object);

  g_clear_pointer (&self->clock, btfw_clock_unref);
  g_clear_pointer (&self->torrent, btfw_swarm_view_unref);
  g_clear_pointer (&self->peer, btfw_peer_view_unref);
  G_OBJECT_CLASS (test_extension_parent_class)->finalize (object);
}

static void
test_extension_class_init (TestExtensionClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = test_extension_finalize;
}

static void
test_extension_init (TestExtension *self)
{
}

/* --- Two nodes --- */

static TestExtension *
add (BtfwExtensionSet *set, const char *message, guint flags)
{
  TestExtension *extension = g_object_new (TEST_TYPE_EXTENSION, NULL);

  extension->message = message;
  g_assert_true (btfw_extension_set_add (set, BTFW_EXTENSION (extension), flags, NULL));
  return extension;
}

/* The numbers of the two sides differ. */
static void
add_forwards (BtfwExtensionSet *set)
{
  add (set, "xx_silent", 0);
  add (set, "xx_test", 0);
  add (set, "xx_exchange", BTFW_PLUGIN_EXCHANGES_PEERS);
  add (set, NULL, 0);
}

static void
add_backwards (BtfwExtensionSet *set)
{
  add (set, "xx_exchange", BTFW_PLUGIN_EXCHANGES_PEERS);
  add (set, "xx_test", 0);
}

static TestExtension *
get (LabNode *node, const char *message)
{
  for (guint i = 0; i < btfw_extension_set_get_n (node->resources.extensions); i++)
    {
      const BtfwExtensionEntry *entry = btfw_extension_set_get (node->resources.extensions, i);

      if (g_strcmp0 (entry->message, message) == 0)
        return TEST_EXTENSION (entry->plugin);
    }
  g_assert_not_reached ();
}

static void
make_pair (Lab *lab, LabNode **a, LabNode **b)
{
  const LabNodeSpec forwards = { .has_all = TRUE, .upload = 100 * KIB, .add_extensions = add_forwards };
  const LabNodeSpec backwards = { .add_extensions = add_backwards };

  *a = lab_add (lab, &forwards);
  *b = lab_add (lab, &backwards);
  lab_dial (*b, *a);
  lab_run (lab, SECONDS (1));
}

static void
test_both_sides_speak (void)
{
  g_autoptr (Lab) lab = lab_new (1, 4 * MIB, 64 * KIB);
  LabNode        *a;
  LabNode        *b;
  TestExtension  *ears;
  TestExtension  *mouth;
  const guint32   word = 0x12345678;

  make_pair (lab, &a, &b);
  mouth = get (a, "xx_test");
  ears = get (b, "xx_test");
  g_assert_cmpuint (mouth->n_handshakes, ==, 1);
  g_assert_cmpint (ears->said, ==, 42);
  g_assert_true (btfw_extension_can_send (BTFW_EXTENSION (mouth), mouth->peer));
  g_assert_true (btfw_extension_send (BTFW_EXTENSION (mouth), mouth->peer, (const guint8 *) &word, 4));
  lab_run (lab, SECONDS (1));
  g_assert_cmpuint (ears->n_messages, ==, 1);
  g_assert_cmpuint (ears->last, ==, word);
  g_assert_cmpuint (get (b, "xx_exchange")->n_messages, ==, 0);

  /* What the other side does not know cannot be sent, and one without a message speaks not at all. */
  g_assert_cmpuint (get (a, "xx_silent")->n_handshakes, ==, 1);
  g_assert_false (btfw_extension_can_send (BTFW_EXTENSION (get (a, "xx_silent")), get (a, "xx_silent")->peer));
  g_assert_cmpuint (get (a, NULL)->n_handshakes, ==, 1);
  g_assert_false (btfw_extension_send (BTFW_EXTENSION (get (a, NULL)), get (a, NULL)->peer, (const guint8 *) &word, 4));
}

static void
test_back_pressure (void)
{
  g_autoptr (Lab)    lab = lab_new (1, 4 * MIB, 64 * KIB);
  g_autofree guint8 *much = g_malloc0 (200 * KIB);
  LabNode           *a;
  LabNode           *b;
  TestExtension     *mouth;
  guint              n = 0;

  lab->link.rate = 50 * KIB;
  make_pair (lab, &a, &b);
  mouth = get (a, "xx_test");
  while (btfw_extension_send (BTFW_EXTENSION (mouth), mouth->peer, much, 200 * KIB))
    g_assert_cmpuint (++n, <, 20);
  g_assert_cmpuint (n, >, 0);
  g_assert_cmpuint (btfw_extension_get_n_waiting (BTFW_EXTENSION (mouth), mouth->peer), >, 500 * KIB);
  g_assert_cmpuint (a->swarm->peers->len, ==, 1);
}

static void
test_a_breach_ends_the_peer (void)
{
  g_autoptr (Lab) lab = lab_new (1, 4 * MIB, 64 * KIB);
  LabNode        *a;
  LabNode        *b;
  TestExtension  *mouth;

  make_pair (lab, &a, &b);
  mouth = get (a, "xx_test");
  get (b, "xx_test")->refuses = TRUE;
  g_assert_true (btfw_extension_send (BTFW_EXTENSION (mouth), mouth->peer, NULL, 0));
  lab_run (lab, SECONDS (1));
  g_assert_cmpuint (get (b, "xx_test")->n_gone, ==, 1);
  g_assert_cmpuint (mouth->n_gone, ==, 1);
  g_assert_cmpuint (b->swarm->peers->len, ==, 0);

  /* What was kept of it answers nothing. */
  g_assert_cmpuint (btfw_peer_view_get_id (mouth->peer), ==, 0);
  g_assert_cmpuint (btfw_peer_view_get_listen_port (mouth->peer), ==, 0);
  g_assert_null (btfw_peer_view_get_client (mouth->peer));
  g_assert_false (btfw_extension_can_send (BTFW_EXTENSION (mouth), mouth->peer));
  g_assert_true (btfw_extension_forget_piece (BTFW_EXTENSION (mouth), mouth->peer, 0));
  btfw_extension_ban (BTFW_EXTENSION (mouth), mouth->peer, "gone");
}

static void
test_what_is_seen_of_a_peer (void)
{
  g_autoptr (Lab) lab = lab_new (1, 4 * MIB, 64 * KIB);
  LabNode        *a;
  LabNode        *b;
  TestExtension  *extension;
  guint8          ip[BTFW_IP_MAX];

  make_pair (lab, &a, &b);
  extension = get (b, "xx_test");
  g_assert_cmpuint (btfw_swarm_view_get_n_peers (extension->torrent), ==, 1);
  g_assert_true (btfw_swarm_view_get_peer (extension->torrent, 0) == extension->peer);
  g_assert_null (btfw_swarm_view_get_peer (extension->torrent, 1));
  g_assert_cmpuint (btfw_peer_view_get_ip (extension->peer, ip), ==, 4);
  g_assert_cmpuint (ip[0], ==, 20);
  g_assert_cmpuint (btfw_peer_view_get_listen_port (extension->peer), ==, 6881);
  g_assert_false (btfw_peer_view_is_local (extension->peer));
  g_assert_nonnull (strstr (btfw_peer_view_get_client (extension->peer), "btfw"));
  g_assert_true (btfw_swarm_view_is_running (extension->torrent));
  g_assert_false (btfw_swarm_view_is_private (extension->torrent));
  g_assert_nonnull (btfw_swarm_view_get_metadata (extension->torrent));
  g_assert_cmpint (btfw_clock_get_time (extension->clock), ==, btfw_loop_get_time (lab->loop));
}

static gboolean
name (TestExtension *extension, guint8 first, guint8 second, guint16 port, BtfwPeerView *from)
{
  const guint8 ip[4] = { first, second, 3, 4 };

  return btfw_extension_add_candidate (BTFW_EXTENSION (extension), extension->torrent, from, ip, 4, port, BTFW_CANDIDATE_ENCRYPTED);
}

static void
test_candidates (void)
{
  g_autoptr (Lab) lab = lab_new (1, 4 * MIB, 64 * KIB);
  LabNode        *a;
  LabNode        *b;
  TestExtension  *extension;
  const guint8    odd[5] = { 0 };

  make_pair (lab, &a, &b);
  extension = get (b, "xx_exchange");
  g_assert_true (name (extension, 30, 1, 6881, extension->peer));
  g_assert_true (name (extension, 30, 1, 6881, NULL));
  g_assert_cmpuint (b->swarm->candidates.list->len, ==, 2);
  g_assert_cmpuint (((BtfwCandidate *) g_ptr_array_index (b->swarm->candidates.list, 1))->flags, ==, BTFW_CANDIDATE_ENCRYPTED);
  g_assert_false (name (extension, 127, 0, 6881, extension->peer));
  g_assert_false (name (extension, 192, 168, 6881, extension->peer));
  g_assert_false (name (extension, 10, 0, 6881, NULL));
  g_assert_false (name (extension, 224, 0, 6881, extension->peer));
  g_assert_false (name (extension, 0, 0, 6881, extension->peer));
  g_assert_false (name (extension, 30, 2, 0, extension->peer));
  g_assert_false (btfw_extension_add_candidate (BTFW_EXTENSION (extension), extension->torrent, NULL, odd, 5, 1, 0));
  g_assert_cmpuint (b->swarm->candidates.list->len, ==, 2);
}

/* A handshake that comes later changes only what it speaks of. */
static void
test_later_handshakes_add (void)
{
  g_autoptr (Lab) lab = lab_new (1, 4 * MIB, 64 * KIB);
  LabNode        *a;
  LabNode        *b;
  TestExtension  *test;
  BtfwPeer       *peer;
  BtfwReader      nothing = { (const guint8 *) "de", 2 };
  BtfwReader      off = { (const guint8 *) "d1:md7:xx_testi0eee", 19 };
  BtfwReader      on = { (const guint8 *) "d1:md7:xx_testi9ee11:upload_onlyi1ee", 36 };

  make_pair (lab, &a, &b);
  test = get (a, "xx_test");
  peer = g_ptr_array_index (a->swarm->peers, 0);
  g_assert_true (btfw_extensions_on_handshake (peer, &nothing, NULL));
  g_assert_true (btfw_extension_can_send (BTFW_EXTENSION (test), test->peer));
  g_assert_nonnull (peer->client);
  g_assert_true (btfw_extensions_on_handshake (peer, &off, NULL));
  g_assert_false (btfw_extension_can_send (BTFW_EXTENSION (test), test->peer));
  g_assert_true (btfw_extension_can_send (BTFW_EXTENSION (get (a, "xx_exchange")), test->peer));
  g_assert_true (btfw_extensions_on_handshake (peer, &on, NULL));
  g_assert_true (btfw_extension_can_send (BTFW_EXTENSION (test), test->peer));
  g_assert_true (peer->is_upload_only);
}

/* Whether we want anything (BEP 21): said again when that changes. */
static void
test_upload_only_is_said_again (void)
{
  const LabNodeSpec seed = { .has_all = TRUE, .upload = 100 * KIB, .add_extensions = add_forwards };
  const LabNodeSpec leecher = { .add_extensions = add_forwards };
  g_autoptr (Lab)   lab = lab_new (1, 512 * KIB, 64 * KIB);
  LabNode          *a = lab_add (lab, &seed);
  LabNode          *b = lab_add (lab, &leecher);
  BtfwPeer         *seen;

  lab_dial (b, a);
  lab_run (lab, SECONDS (1));
  seen = g_ptr_array_index (b->swarm->peers, 0);
  g_assert_true (seen->is_upload_only);
  btfw_swarm_lose_piece (a->swarm, 7);
  lab_run (lab, SECONDS (1));
  g_assert_cmpint (a->swarm->state, ==, BTFW_TORRENT_DOWNLOADING);
  g_assert_false (seen->is_upload_only);
}

/* --- Private torrents --- */

static void
test_exchange_hears_nothing_of_private_torrents (void)
{
  g_autoptr (Lab) lab = lab_new (1, MIB, 64 * KIB);
  LabNode        *a;
  LabNode        *b;

  lab_make_private (lab);
  make_pair (lab, &a, &b);
  g_assert_cmpuint (get (a, "xx_exchange")->n_added, ==, 0);
  g_assert_cmpuint (get (a, "xx_exchange")->n_written, ==, 0);
  g_assert_cmpuint (get (a, "xx_exchange")->n_handshakes, ==, 0);
  g_assert_cmpuint (get (a, "xx_test")->n_added, ==, 1);
  g_assert_cmpuint (get (a, "xx_test")->n_handshakes, >=, 1);
  g_assert_true (btfw_swarm_view_is_private (get (a, "xx_test")->torrent));
  g_assert_false (name (get (a, "xx_test"), 30, 1, 6881, NULL));
}

/* A link that turns out to be private. */
static void
test_exchange_is_withdrawn (void)
{
  const LabNodeSpec link = { .has_link = TRUE, .add_extensions = add_forwards };
  g_autoptr (Lab)   lab = lab_new (1, MIB, 64 * KIB);
  LabNode          *node;
  TestExtension    *exchange;

  lab_make_private (lab);
  node = lab_add (lab, &link);
  exchange = get (node, "xx_exchange");
  g_assert_cmpuint (exchange->n_added, ==, 1);
  g_assert_cmpuint (exchange->n_removed, ==, 0);

  btfw_swarm_take_metainfo (node->swarm, lab->metainfo);
  g_assert_cmpuint (exchange->n_removed, ==, 1);
  g_assert_cmpuint (get (node, "xx_test")->n_removed, ==, 0);
  /* What it kept is dead. */
  g_assert_null (btfw_swarm_view_get_info_hash (exchange->torrent));
  g_assert_false (name (exchange, 30, 1, 6881, NULL));
}

static void
test_two_of_one_message (void)
{
  g_autoptr (BtfwLoop)  loop = btfw_loop_new_virtual (1);
  g_autoptr (GError)    error = NULL;
  BtfwExtensionSet     *set = btfw_extension_set_new (loop);
  TestExtension        *second = g_object_new (TEST_TYPE_EXTENSION, NULL);

  add (set, "xx_test", 0);
  second->message = "xx_test";
  g_assert_false (btfw_extension_set_add (set, BTFW_EXTENSION (second), 0, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_EXISTS);
  g_assert_cmpuint (btfw_extension_set_get_n (set), ==, 1);
  btfw_extension_set_free (set);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/lab/extensions/both-sides-speak", test_both_sides_speak);
  g_test_add_func ("/lab/extensions/back-pressure", test_back_pressure);
  g_test_add_func ("/lab/extensions/a-breach-ends-the-peer", test_a_breach_ends_the_peer);
  g_test_add_func ("/lab/extensions/what-is-seen-of-a-peer", test_what_is_seen_of_a_peer);
  g_test_add_func ("/lab/extensions/candidates", test_candidates);
  g_test_add_func ("/lab/extensions/later-handshakes-add", test_later_handshakes_add);
  g_test_add_func ("/lab/extensions/upload-only-is-said-again", test_upload_only_is_said_again);
  g_test_add_func ("/lab/extensions/exchange-hears-nothing-of-private-torrents", test_exchange_hears_nothing_of_private_torrents);
  g_test_add_func ("/lab/extensions/exchange-is-withdrawn", test_exchange_is_withdrawn);
  g_test_add_func ("/lab/extensions/two-of-one-message", test_two_of_one_message);
  return g_test_run ();
}
