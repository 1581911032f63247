/* lab-reasons.c: each cause that slows a torrent, or lets it stand still, has a sentence of its own. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "disk/volume.h"
#include "fake-tracker.h"
#include "lab-peer.h"
#include "swarm/reasons.h"

#include <errno.h>
#include <string.h>

GType btfw_plugin_extension_metadata_get_type (void);

static const LabNodeSpec seed_spec = { .has_all = TRUE };
static const LabPeerSpec silent = { .is_silent = TRUE };
static const LabPeerSpec mute = { .answers = FALSE };
static const LabPeerSpec one_piece = { .answers = TRUE, .has_one = TRUE };
static const LabPeerSpec liar = { .answers = TRUE, .poisons = TRUE };
static const LabPeerSpec slow = { .answers = TRUE, .delay = MILLISECONDS (400) };
static const LabPeerSpec brief = { .answers = TRUE, .delay = MILLISECONDS (20), .features = BTFW_FEATURE_EXTENSION };

/* --- A picker that offers nothing --- */

#define TYPE_IDLE_PICKER (idle_picker_get_type ())
G_DECLARE_FINAL_TYPE (IdlePicker, idle_picker, IDLE, PICKER, GObject)

struct _IdlePicker
{
  GObject parent_instance;
};

static void
idle_picker_attach (BtfwPicker *picker, BtfwSwarmView *view)
{
}

static void
idle_picker_pick (BtfwPicker *picker, BtfwPeerView *peer, BtfwPicks *picks)
{
}

static void
idle_picker_detach (BtfwPicker *picker)
{
}

static void
idle_picker_iface_init (BtfwPickerInterface *iface)
{
  iface->detach = idle_picker_detach;
  iface->attach = idle_picker_attach;
  iface->pick = idle_picker_pick;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (IdlePicker, idle_picker, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_PICKER, idle_picker_iface_init));

static void
idle_picker_class_init (IdlePickerClass *klass)
{
}

static void
idle_picker_init (IdlePicker *self)
{
}

/* --- A choker that serves nobody --- */

#define TYPE_STRICT_CHOKER (strict_choker_get_type ())
G_DECLARE_FINAL_TYPE (StrictChoker, strict_choker, STRICT, CHOKER, GObject)

struct _StrictChoker
{
  GObject parent_instance;
};

static void
strict_choker_rechoke (BtfwChoker *choker, BtfwPeerGroup *group, gboolean is_round)
{
}

static void
strict_choker_iface_init (BtfwChokerInterface *iface)
{
  iface->rechoke = strict_choker_rechoke;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (StrictChoker, strict_choker, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_CHOKER, strict_choker_iface_init));

static void
strict_choker_class_init (StrictChokerClass *klass)
{
}

static void
strict_choker_init (StrictChoker *self)
{
}

/* --- Staging --- */

typedef struct
{
  Lab         *lab;
  LabNode     *node;
  LabPeer     *peers[6]; /* NULL for none */
  TestTracker *tracker;  /* NULL for none */
} Stage;

static LabPeer *
add_peer (Stage *stage, guint number, const LabPeerSpec *spec)
{
  return stage->peers[number - 1] = lab_peer_new (stage->node, number, spec);
}

static void
add_stranger (Stage *stage)
{
  BtfwAddress address = lab_get_address (77);

  btfw_swarm_add_address (stage->node->swarm, &address, BTFW_SOURCE_USER);
}

static void
add_nobody (Stage *stage)
{
}

static void
add_seed (Stage *stage)
{
  lab_dial (stage->node, lab_add (stage->lab, &seed_spec));
}

/* --- Attempts that fail --- */

static int         connect_errnum;
static const char *connect_answer; /* what whoever is dialled says, and goes */
static gsize       connect_answer_size;
static BtfwStream *connect_end;
static BtfwTimer   connect_farewell;

static void
on_connect_fails (BtfwTimer *timer)
{
  BtfwConnect       *connect = (BtfwConnect *) ((guint8 *) timer - G_STRUCT_OFFSET (BtfwConnect, timer));
  g_autoptr (GError) error = g_error_new (BTFW_ERROR, BTFW_ERROR_NETWORK, "it fails");

  connect->network = NULL;
  connect->errnum = connect_errnum;
  connect->done (connect, NULL, error);
}

static void
on_farewell (BtfwTimer *timer)
{
  g_clear_pointer (&connect_end, btfw_stream_close);
}

/* Whoever has said something has time to be heard. */
static void
on_connect_answers (BtfwTimer *timer)
{
  BtfwConnect  *connect = (BtfwConnect *) ((guint8 *) timer - G_STRUCT_OFFSET (BtfwConnect, timer));
  LabNode      *node = (LabNode *) connect->network;
  BtfwStream   *ends[2];
  struct iovec  vector = { (gpointer) connect_answer, connect_answer_size };

  connect->network = NULL;
  lab_pipe_new (node->lab->loop, 100, &node->lab->link, NULL, NULL, ends);
  if (vector.iov_len > 0)
    g_assert_cmpint (btfw_stream_writev (ends[1], &vector, 1, FALSE), ==, (gssize) vector.iov_len);
  on_farewell (NULL);
  connect_end = ends[1];
  connect_farewell.on_due = on_farewell;
  btfw_loop_set_timer (node->lab->loop, &connect_farewell, btfw_loop_get_time (node->lab->loop) + (vector.iov_len > 0 ? SECONDS (1) : 0));
  connect->done (connect, ends[0], NULL);
}

static void
connect_later (BtfwResources *resources, BtfwConnect *connect, void (*on_due) (BtfwTimer *timer))
{
  connect->network = (BtfwNetwork *) (gpointer) ((guint8 *) resources - G_STRUCT_OFFSET (LabNode, resources));
  connect->timer = (BtfwTimer){ .on_due = on_due };
  btfw_loop_set_timer (resources->loop, &connect->timer, btfw_loop_get_time (resources->loop) + MILLISECONDS (1));
}

static void
connect_to_fail (BtfwResources *resources, BtfwConnect *connect, guint timeout_ms)
{
  connect_later (resources, connect, on_connect_fails);
}

static void
connect_to_answer (BtfwResources *resources, BtfwConnect *connect, guint timeout_ms)
{
  connect_later (resources, connect, on_connect_answers);
}

static void
fail_connects (Stage *stage, int errnum)
{
  connect_errnum = errnum;
  stage->node->resources.connect = connect_to_fail;
  add_stranger (stage);
}

static void
add_silent_stranger (Stage *stage)
{
  fail_connects (stage, ETIMEDOUT);
}

static void
add_unreachable_stranger (Stage *stage)
{
  fail_connects (stage, ENETUNREACH);
}

static void
add_forbidden_stranger (Stage *stage)
{
  fail_connects (stage, EPERM);
}

static void
add_one_too_many (Stage *stage)
{
  fail_connects (stage, EMFILE);
}

static void
add_ourselves (Stage *stage)
{
  fail_connects (stage, EDEADLK);
}

static void
answer_connects (Stage *stage, const char *answer, gsize size)
{
  connect_answer = answer;
  connect_answer_size = size;
  stage->node->resources.connect = connect_to_answer;
  add_stranger (stage);
}

static void
hang_up (Stage *stage)
{
  stage->node->resources.limits.encryption = BTFW_ENCRYPTION_ALLOW;
  answer_connects (stage, "", 0);
}

static void
hang_up_on_encrypted (Stage *stage)
{
  stage->node->resources.limits.encryption = BTFW_ENCRYPTION_REQUIRE;
  answer_connects (stage, "", 0);
}

static void
hang_up_on_plain (Stage *stage)
{
  stage->node->resources.limits.encryption = BTFW_ENCRYPTION_OFF;
  answer_connects (stage, "", 0);
}

static void
answer_as_server (Stage *stage)
{
  static const char words[] = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\nServer: another\r\n\r\n";

  answer_connects (stage, words, sizeof words - 1);
}

/* The handshake of a peer of this torrent, and what it says then. */
static void
answer_as_peer (Stage *stage, const char *then, gsize size)
{
  static guint8 bytes[BTFW_HANDSHAKE_SIZE + 64];
  BtfwHandshake handshake = { .peer_id = "-LA0000-who-leaves12" };

  memcpy (handshake.info_hash, btfw_info_hash_get_short (stage->node->swarm->info_hash), sizeof handshake.info_hash);
  btfw_handshake_write (&handshake, bytes);
  memcpy (bytes + BTFW_HANDSHAKE_SIZE, then, size);
  answer_connects (stage, (const char *) bytes, BTFW_HANDSHAKE_SIZE + size);
}

static void
leave (Stage *stage)
{
  answer_as_peer (stage, "", 0);
}

static void
break_protocol (Stage *stage)
{
  answer_as_peer (stage, "\0\0\0\1\4", 5);
}

static void
add_liar (Stage *stage)
{
  BtfwAddress address = lab_get_address (1001);

  btfw_swarm_add_address (stage->node->swarm, &address, BTFW_SOURCE_TRACKER);
  add_peer (stage, 1, &liar);
}

static void
spend_connects (Stage *stage)
{
  btfw_bucket_set_rate (&stage->node->resources.connects, btfw_loop_get_time (stage->lab->loop), 1);
  stage->node->resources.connects.tokens = 0;
  btfw_bucket_set_rate (&stage->node->resources.first_connects, btfw_loop_get_time (stage->lab->loop), 1);
  stage->node->resources.first_connects.tokens = 0;
  add_stranger (stage);
}

static void
move_far_away (Stage *stage)
{
  stage->lab->link.delay = SECONDS (1000);
  add_stranger (stage);
}

/* --- Trackers --- */

static void
add_tracker (Stage *stage)
{
  stage->tracker = test_tracker_new ();
  btfw_tracker_pool_set (stage->node->resources.trackers, "http", BTFW_TRACKER (stage->tracker));
  btfw_trackers_add_tier (stage->node->swarm->trackers, (const char *const[]){ "http://one.example/announce", NULL });
  lab_run (stage->lab, SECONDS (1));
}

static void
refuse (Stage *stage)
{
  BtfwAnnounceReply *reply = btfw_announce_reply_new ();

  add_tracker (stage);
  btfw_announce_reply_set_failure (reply, "this torrent is not registered", 0);
  test_tracker_answer (stage->tracker, "one.example", reply);
}

static void
fail_announce (Stage *stage)
{
  add_tracker (stage);
  test_tracker_fail (stage->tracker, "one.example", g_error_new (BTFW_ERROR, BTFW_ERROR_NETWORK, "one.example has no address"));
}

static void
know_none (Stage *stage)
{
  BtfwAnnounceReply *reply = btfw_announce_reply_new ();

  add_tracker (stage);
  btfw_announce_reply_set_interval (reply, 1800);
  test_tracker_answer (stage->tracker, "one.example", reply);
}

static void
name_local_addresses (Stage *stage)
{
  BtfwAnnounceReply *reply = btfw_announce_reply_new ();

  add_tracker (stage);
  btfw_announce_reply_set_interval (reply, 1800);
  btfw_announce_reply_add_peer_v4 (reply, (const guint8[]){ 192, 168, 1, 7 }, 6881);
  btfw_announce_reply_add_peer_v4 (reply, (const guint8[]){ 10, 0, 0, 7 }, 6881);
  test_tracker_answer (stage->tracker, "one.example", reply);
}

static void
name_unknown_scheme (Stage *stage)
{
  btfw_trackers_add_tier (stage->node->swarm->trackers, (const char *const[]){ "gopher://one.example/announce", NULL });
}

/* --- Peers --- */

static void
add_silent_peer (Stage *stage)
{
  add_peer (stage, 1, &silent);
}

static void
add_mute_peer (Stage *stage)
{
  add_peer (stage, 1, &mute);
}

static void
add_peer_with_one_piece (Stage *stage)
{
  add_peer (stage, 1, &one_piece);
}

static void
add_strict_seed (Stage *stage)
{
  LabNode *seed = lab_add (stage->lab, &seed_spec);

  btfw_swarm_set_choker (seed->swarm, g_object_new (TYPE_STRICT_CHOKER, NULL));
  lab_dial (stage->node, seed);
}

/* What the node sends to somebody else takes all that it may send. */
static void
use_up_uploads (Stage *stage)
{
  const LabNodeSpec spec = { 0 };
  LabNode          *leech = lab_add (stage->lab, &spec);

  memcpy (stage->node->storage->bytes, stage->lab->content, 8 * stage->lab->piece_size);
  memset (stage->node->storage->written, 1, 8 * stage->lab->piece_size / 4096);
  for (guint32 piece = 0; piece < 8; piece++)
    btfw_swarm_on_piece_here (stage->node->swarm, piece);
  btfw_limiter_set_rate (&stage->node->swarm->upload, 2 * KIB);
  add_strict_seed (stage);
  lab_dial (leech, stage->node);
}

static void
set_limit (Stage *stage)
{
  btfw_limiter_set_rate (&stage->node->swarm->download, 500);
  add_seed (stage);
}

static void
set_limit_of_all (Stage *stage)
{
  btfw_limiter_set_rate (&stage->node->resources.download, 500);
  add_seed (stage);
}

static void
fault_disk (Stage *stage, BtfwStorageError fault)
{
  stage->node->storage->write_fault = fault;
  add_seed (stage);
}

static void
fill_disk (Stage *stage)
{
  fault_disk (stage, BTFW_STORAGE_ERROR_FULL);
}

static void
unplug_disk (Stage *stage)
{
  fault_disk (stage, BTFW_STORAGE_ERROR_ABSENT);
}

static void
protect_disk (Stage *stage)
{
  fault_disk (stage, BTFW_STORAGE_ERROR_REFUSED);
}

static void
break_disk (Stage *stage)
{
  fault_disk (stage, BTFW_STORAGE_ERROR_BROKEN);
}

static void
set_idle_picker (Stage *stage)
{
  btfw_swarm_set_picker (stage->node->swarm, g_object_new (TYPE_IDLE_PICKER, NULL));
  add_seed (stage);
}

/* --- What halts it --- */

static const struct
{
  const char *name;
  void (*stage) (Stage *stage);
  BtfwReasonCode code;
  const char    *sentence; /* a part of it that no other one has; NULL: the error's */
} halts[] = {
  { "nobody-to-ask", add_nobody, BTFW_REASON_NO_TRACKER, "the torrent names no tracker" },
  { "tracker-refuses", refuse, BTFW_REASON_TRACKER_REFUSES, "the tracker refuses: “this torrent is not registered”" },
  { "tracker-is-silent", fail_announce, BTFW_REASON_TRACKER_SILENT, "no tracker answers: one.example has no address" },
  { "tracker-knows-none", know_none, BTFW_REASON_TRACKER_KNOWS_NONE, "the trackers know none" },
  { "tracker-has-not-answered", add_tracker, BTFW_REASON_TRACKER_ASKED, "have not answered" },
  { "tracker-without-plugin", name_unknown_scheme, BTFW_REASON_TRACKER_UNUSABLE, "no tracker can be asked" },
  { "local-addresses", name_local_addresses, BTFW_REASON_ADDRESSES_FILTERED, "2 addresses of a local network" },
  { "connecting", move_far_away, BTFW_REASON_CONNECTING, "connecting to 1" },
  { "wait-to-connect", spend_connects, BTFW_REASON_CONNECTS_WAIT, "waits for its turn" },
  { "peer-refuses", add_stranger, BTFW_REASON_PEERS_REFUSE, "refuse connections" },
  { "peer-is-silent", add_silent_stranger, BTFW_REASON_PEERS_SILENT, "do not answer" },
  { "peer-is-unreachable", add_unreachable_stranger, BTFW_REASON_PEERS_UNREACHABLE, "there is no way to 1 of the 1 known: Network is unreachable" },
  { "binding-forbids", add_forbidden_stranger, BTFW_REASON_CONNECTS_FORBIDDEN, "bind leaves no way" },
  { "too-many-connections", add_one_too_many, BTFW_REASON_CONNECTIONS_FULL, "as many connections as they may" },
  { "only-ourselves", add_ourselves, BTFW_REASON_PEERS_OURSELVES, "is our own" },
  { "peer-hangs-up", hang_up, BTFW_REASON_PEERS_HANG_UP, "hang up at once" },
  { "peer-wants-it-plain", hang_up_on_encrypted, BTFW_REASON_PEERS_HANG_UP_ENCRYPTED, "encryption=require" },
  { "peer-may-want-encryption", hang_up_on_plain, BTFW_REASON_PEERS_HANG_UP_PLAIN, "encryption=off" },
  { "no-peer-at-all", answer_as_server, BTFW_REASON_PEERS_FOREIGN, "do not have this torrent" },
  { "peer-leaves", leave, BTFW_REASON_PEERS_LEAVE, "left before they gave anything" },
  { "peer-breaks-protocol", break_protocol, BTFW_REASON_PEERS_BREAK, "broke the protocol" },
  { "peer-is-banned", add_liar, BTFW_REASON_PEERS_BANNED, "is banned" },
  { "peer-without-pieces", add_silent_peer, BTFW_REASON_PIECES_NOWHERE, "32 pieces that are missing exist nowhere (numbers 0, 1, 2, …)" },
  { "piece-that-nobody-has", add_peer_with_one_piece, BTFW_REASON_PIECES_NOWHERE, "31 pieces that are missing exist nowhere (numbers 0, 2, 3, …)" },
  { "peer-that-owes", add_mute_peer, BTFW_REASON_SNUBBED, "does not answer our requests" },
  { "all-choke-us", add_strict_seed, BTFW_REASON_CHOKED, "it chokes us" },
  { "we-give-little", use_up_uploads, BTFW_REASON_CHOKED_UPLOAD, "the limit of our uploads, 2.0 kB/s, is used up" },
  { "limit-of-the-torrent", set_limit, BTFW_REASON_TORRENT_LIMIT, "limit of this torrent's downloads" },
  { "limit-of-all", set_limit_of_all, BTFW_REASON_SESSION_LIMIT, "limit of all downloads" },
  { "disk-full", fill_disk, BTFW_REASON_DISK_FULL, NULL },
  { "disk-absent", unplug_disk, BTFW_REASON_DISK_ABSENT, NULL },
  { "disk-refused", protect_disk, BTFW_REASON_DISK_REFUSED, NULL },
  { "disk-broken", break_disk, BTFW_REASON_DISK_BROKEN, NULL },
  { "picker-offers-nothing", set_idle_picker, BTFW_REASON_PICKER_IDLE, "the picker asks for none of it" },
};

static void
stage_init (Stage *stage, const LabNodeSpec *spec)
{
  *stage = (Stage){ .lab = lab_new (1, 4 * MIB, 128 * KIB) };
  stage->node = lab_add (stage->lab, spec);
  lab_run (stage->lab, SECONDS (1));
}

static void
stage_clear (Stage *stage)
{
  btfw_loop_clear_timer (stage->lab->loop, &connect_farewell);
  on_farewell (NULL);
  for (guint i = 0; i < G_N_ELEMENTS (stage->peers); i++)
    g_clear_pointer (&stage->peers[i], lab_peer_free);
  if (stage->tracker != NULL)
    {
      lab_node_stop (stage->node);
      test_tracker_drain (stage->tracker);
      lab_run (stage->lab, SECONDS (2));
    }
  lab_free (stage->lab);
  g_clear_object (&stage->tracker);
}

/* The one reason that there is. */
static BtfwReason *
get_only (LabNode *node)
{
  g_autoptr (GPtrArray) list = btfw_reasons_list (node->swarm);

  for (guint i = 0; i < list->len; i++)
    g_test_message ("%d: %s", btfw_reason_get_code (g_ptr_array_index (list, i)), btfw_reason_get_text (g_ptr_array_index (list, i)));
  g_assert_cmpuint (list->len, ==, 1);
  return btfw_reason_ref (g_ptr_array_index (list, 0));
}

static gboolean
is_halted (Lab *lab, gpointer node)
{
  g_autoptr (GPtrArray) list = btfw_reasons_list (((LabNode *) node)->swarm);

  return list->len > 0 && btfw_reason_get_weight (g_ptr_array_index (list, 0)) == BTFW_REASON_HALTS;
}

static void
test_halt (gconstpointer data)
{
  gsize                  i = GPOINTER_TO_SIZE (data);
  const LabNodeSpec      spec = { 0 };
  g_autoptr (BtfwReason) reason = NULL;
  Stage                  stage;

  stage_init (&stage, &spec);
  halts[i].stage (&stage);
  lab_run (stage.lab, SECONDS (100));
  /* Under a limit a block still comes now and then, and explains itself. */
  g_assert_true (lab_run_until (stage.lab, is_halted, stage.node, SECONDS (20)));
  reason = get_only (stage.node);
  g_assert_cmpint (btfw_reason_get_code (reason), ==, halts[i].code);
  if (halts[i].sentence != NULL)
    g_assert_nonnull (strstr (btfw_reason_get_text (reason), halts[i].sentence));
  else
    g_assert_cmpstr (btfw_reason_get_text (reason), ==, stage.node->swarm->error->message);
  stage_clear (&stage);
}

/* No two share a sentence. */
static void
test_own_sentences (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (halts); i++)
    for (gsize j = 0; j < i; j++)
      if (halts[i].sentence != NULL && halts[j].sentence != NULL && halts[i].code != halts[j].code)
        g_assert_null (strstr (halts[i].sentence, halts[j].sentence));
}

/* Two causes are two sentences. */
static void
test_two_causes (void)
{
  const LabNodeSpec     spec = { 0 };
  g_autoptr (GPtrArray) list = NULL;
  Stage                 stage;

  stage_init (&stage, &spec);
  refuse (&stage);
  add_strict_seed (&stage);
  lab_run (stage.lab, SECONDS (10));
  list = btfw_reasons_list (stage.node->swarm);
  g_assert_cmpuint (list->len, ==, 2);
  g_assert_cmpint (btfw_reason_get_code (g_ptr_array_index (list, 0)), ==, BTFW_REASON_CHOKED);
  g_assert_cmpint (btfw_reason_get_code (g_ptr_array_index (list, 1)), ==, BTFW_REASON_TRACKER_REFUSES);
  g_assert_cmpstr (btfw_reason_get_detail (g_ptr_array_index (list, 1)), ==, "this torrent is not registered");
  stage_clear (&stage);
}

/* --- What slows it --- */

static void
slow_link (Stage *stage)
{
  stage->lab->link.rate = 64 * KIB;
  add_seed (stage);
}

static void
limit_pace (Stage *stage)
{
  btfw_limiter_set_rate (&stage->node->swarm->download, 64 * KIB);
  add_seed (stage);
}

static void
limit_pace_of_all (Stage *stage)
{
  btfw_limiter_set_rate (&stage->node->resources.download, 64 * KIB);
  add_seed (stage);
}

static void
add_few_who_serve (Stage *stage)
{
  add_peer (stage, 1, &slow);
  for (guint i = 2; i <= 5; i++)
    add_peer (stage, i, &silent);
}

static void
add_many_who_choke (Stage *stage)
{
  add_peer (stage, 1, &slow);
  add_strict_seed (stage);
  add_strict_seed (stage);
}

static void
add_many_who_owe (Stage *stage)
{
  stage->lab->link.rate = 32 * KIB;
  add_peer (stage, 1, &slow);
  add_peer (stage, 2, &mute);
  add_peer (stage, 3, &mute);
  lab_run (stage->lab, SECONDS (20));
}

/* One request at a time, with an answer each 20 ms: it would send much more. */
static void
add_brief_peer (Stage *stage)
{
  LabPeer *peer = add_peer (stage, 1, &brief);
  guint8   header[] = { 0, 0, 0, 13, 20, 0 };

  g_byte_array_append (peer->out, header, sizeof header);
  g_byte_array_append (peer->out, (const guint8 *) "d4:reqqi1ee", 11);
  lab_peer_flush (peer);
}

static const struct
{
  const char *name;
  void (*stage) (Stage *stage);
  BtfwReasonCode code;
  const char    *sentence;
} brakes[] = {
  { "peers-are-slow", slow_link, BTFW_REASON_PEERS_SLOW, "nothing here is in the way: 1 peer sends" },
  { "limit-of-the-torrent", limit_pace, BTFW_REASON_TORRENT_LIMIT, "limit of this torrent's downloads, 65.5 kB/s" },
  { "limit-of-all", limit_pace_of_all, BTFW_REASON_SESSION_LIMIT, "limit of all downloads, 65.5 kB/s" },
  { "few-sources", add_few_who_serve, BTFW_REASON_FEW_SOURCES, "only 1 of 5 peers" },
  { "most-choke-us", add_many_who_choke, BTFW_REASON_CHOKED, "2 of the 3 peers that have something for us choke us" },
  { "most-owe-us", add_many_who_owe, BTFW_REASON_SNUBBED, "2 of the 3 peers that have something for us do not answer" },
  { "takes-few-requests", add_brief_peer, BTFW_REASON_REQUESTS_BOUND, "take too few requests at a time" },
};

static gboolean
has_moved (Lab *lab, gpointer node)
{
  return ((LabNode *) node)->swarm->downloaded > 0;
}

static void
test_brake (gconstpointer data)
{
  gsize                  i = GPOINTER_TO_SIZE (data);
  const LabNodeSpec      spec = { 0 };
  g_autoptr (BtfwReason) reason = NULL;
  Stage                  stage;

  stage_init (&stage, &spec);
  brakes[i].stage (&stage);
  g_assert_true (lab_run_until (stage.lab, has_moved, stage.node, SECONDS (60)));
  lab_run (stage.lab, MILLISECONDS (900));
  g_assert_cmpint (stage.node->swarm->state, ==, BTFW_TORRENT_DOWNLOADING);
  reason = get_only (stage.node);
  g_assert_cmpint (btfw_reason_get_code (reason), ==, brakes[i].code);
  g_assert_cmpint (btfw_reason_get_weight (reason), ==, BTFW_REASON_SLOWS);
  g_assert_nonnull (strstr (btfw_reason_get_text (reason), brakes[i].sentence));
  stage_clear (&stage);
}

/* --- Room here --- */

/* All but @n_left buffers are somebody else's. */
static GPtrArray *
take_buffers (Stage *stage, guint n_left)
{
  GPtrArray *taken = g_ptr_array_new ();
  guint      n = btfw_buffers_get_n_max (stage->node->resources.buffers) - n_left;

  for (guint i = 0; i < n; i++)
    g_ptr_array_add (taken, btfw_buffers_take (stage->node->resources.buffers));
  return taken;
}

static void
give_buffers (Stage *stage, GPtrArray *taken)
{
  for (guint i = 0; i < taken->len; i++)
    btfw_buffers_give (stage->node->resources.buffers, g_ptr_array_index (taken, i));
  g_ptr_array_unref (taken);
}

static void
test_memory (gconstpointer data)
{
  guint                  n_left = GPOINTER_TO_UINT (data);
  const LabNodeSpec      spec = { .memory = MIB };
  g_autoptr (BtfwReason) reason = NULL;
  GPtrArray             *taken;
  Stage                  stage;

  stage_init (&stage, &spec);
  taken = take_buffers (&stage, n_left);
  stage.lab->link.rate = n_left > 0 ? MIB : 0;
  add_seed (&stage);
  lab_run (stage.lab, n_left > 0 ? SECONDS (2) : SECONDS (10));
  reason = get_only (stage.node);
  g_assert_cmpint (btfw_reason_get_code (reason), ==, BTFW_REASON_MEMORY);
  g_assert_cmpint (btfw_reason_get_weight (reason), ==, n_left > 0 ? BTFW_REASON_SLOWS : BTFW_REASON_HALTS);
  g_assert_cmpuint (btfw_reason_get_rate (reason), ==, MIB);
  g_assert_nonnull (strstr (btfw_reason_get_text (reason), "the memory for blocks, 1.0 MiB, is used up"));
  give_buffers (&stage, taken);
  stage_clear (&stage);
}

/* The laboratory's workers take no time, so what they took is said here; with a
 * disk that is slow it is told in the end-to-end tests. */
static void
test_workers (gconstpointer data)
{
  gboolean               is_disk = GPOINTER_TO_UINT (data);
  const LabNodeSpec      spec = { 0 };
  g_autoptr (BtfwReason) reason = NULL;
  Stage                  stage;

  stage_init (&stage, &spec);
  stage.lab->link.rate = 64 * KIB;
  add_seed (&stage);
  g_assert_true (lab_run_until (stage.lab, has_moved, stage.node, SECONDS (60)));
  stage.node->swarm->last_backlog = btfw_loop_get_time (stage.lab->loop);
  stage.node->swarm->volume->hashing = SECONDS (is_disk ? 1 : 3);
  stage.node->swarm->volume->writing = SECONDS (2);
  reason = get_only (stage.node);
  g_assert_cmpint (btfw_reason_get_code (reason), ==, is_disk ? BTFW_REASON_DISK_SLOW : BTFW_REASON_HASHING);
  g_assert_nonnull (strstr (btfw_reason_get_text (reason), is_disk ? "the disk does not take" : "the processor can verify"));
  stage_clear (&stage);
}

/* --- What it is about --- */

static void
assert_states (LabNode *node, BtfwReasonCode code, const char *sentence)
{
  g_autoptr (BtfwReason) reason = get_only (node);

  g_assert_cmpint (btfw_reason_get_code (reason), ==, code);
  g_assert_cmpint (btfw_reason_get_weight (reason), ==, BTFW_REASON_STATES);
  g_assert_nonnull (strstr (btfw_reason_get_text (reason), sentence));
}

static void
test_stopped (void)
{
  const LabNodeSpec spec = { 0 };
  Stage             stage;

  stage_init (&stage, &spec);
  lab_node_stop (stage.node);
  g_assert_true (lab_run_until (stage.lab, lab_node_is_stopped, stage.node, SECONDS (10)));
  assert_states (stage.node, BTFW_REASON_STOPPED, "it is stopped");
  stage_clear (&stage);
}

static void
test_seeds (void)
{
  const LabNodeSpec spec = { 0 };
  Stage             stage;
  LabNode          *leech;

  stage_init (&stage, &seed_spec);
  assert_states (stage.node, BTFW_REASON_NOBODY_WANTS, "nobody is connected");
  btfw_limiter_set_rate (&stage.node->swarm->upload, 16 * KIB);
  leech = lab_add (stage.lab, &spec);
  lab_dial (leech, stage.node);
  lab_run (stage.lab, SECONDS (10));
  assert_states (stage.node, BTFW_REASON_UPLOAD_LIMIT, "the limit of uploads, 16.4 kB/s, is used up");
  stage_clear (&stage);
}

static void
add_extensions (BtfwExtensionSet *set)
{
  g_assert_true (btfw_extension_set_add (set, g_object_new (btfw_plugin_extension_metadata_get_type (), NULL), 0, NULL));
}

static void
test_link (void)
{
  const LabNodeSpec      link_spec = { .has_link = TRUE, .holds = TRUE, .add_extensions = add_extensions };
  const LabNodeSpec      from_spec = { .has_all = TRUE, .add_extensions = add_extensions };
  g_autoptr (BtfwReason) reason = NULL;
  Stage                  stage;

  stage_init (&stage, &link_spec);
  add_silent_peer (&stage);
  lab_run (stage.lab, SECONDS (10));
  reason = get_only (stage.node);
  g_assert_cmpint (btfw_reason_get_code (reason), ==, BTFW_REASON_NO_METADATA);
  g_assert_nonnull (strstr (btfw_reason_get_text (reason), "1 peer, which does not say what is in the torrent"));

  lab_dial (stage.node, lab_add (stage.lab, &from_spec));
  lab_run (stage.lab, SECONDS (10));
  assert_states (stage.node, BTFW_REASON_HELD, "nobody has said yet that it is to be downloaded");
  stage_clear (&stage);
}

static void
add_path (const char *family, const char *name, gsize i, GTestDataFunc test)
{
  g_autofree char *path = g_strdup_printf ("/lab/reasons/%s/%s", family, name);

  g_test_add_data_func (path, GSIZE_TO_POINTER (i), test);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (halts); i++)
    add_path ("halts", halts[i].name, i, test_halt);
  for (gsize i = 0; i < G_N_ELEMENTS (brakes); i++)
    add_path ("slows", brakes[i].name, i, test_brake);
  add_path ("slows", "memory", 4, test_memory);
  add_path ("halts", "memory", 0, test_memory);
  add_path ("slows", "disk", TRUE, test_workers);
  add_path ("slows", "processor", FALSE, test_workers);
  g_test_add_func ("/lab/reasons/own-sentences", test_own_sentences);
  g_test_add_func ("/lab/reasons/two-causes", test_two_causes);
  g_test_add_func ("/lab/reasons/stopped", test_stopped);
  g_test_add_func ("/lab/reasons/seeds", test_seeds);
  g_test_add_func ("/lab/reasons/link", test_link);
  return g_test_run ();
}
