/* lab.c: a whole swarm in one process, without sockets, in virtual time. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lab.h"

#include "base/bencode.h"
#include "base/hash.h"
#include "swarm/greeting.h"
#include "swarm/tracker-pool.h"

#include <errno.h>
#include <string.h>

/* So fine is the time in which lab_run() looks at the world. */
#define STEP MILLISECONDS (5)
#define STOP_MAX SECONDS (60)
#define MEMORY_DEFAULT (64u * MIB)

/* The side of whoever was dialled, until it is through. */
typedef struct
{
  BtfwGreeting greeting;
  LabNode     *node;
} LabConnection;

/* --- The torrent --- */

static guint8 *
make_content (guint64 seed, guint64 size)
{
  guint8 *content = g_malloc (size + 8);
  guint64 state = seed * 2 + 1;

  for (guint64 i = 0; i < size; i += 8)
    {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      memcpy (content + i, &state, 8);
    }
  return content;
}

static void
put_hashes (Lab *self, GByteArray *out)
{
  g_autoptr (GByteArray) hashes = g_byte_array_new ();
  guint8                 digest[BTFW_HASH_SIZE_MAX];

  for (guint64 offset = 0; offset < self->size; offset += self->piece_size)
    {
      btfw_hash_once (BTFW_HASH_SHA1, self->content + offset, MIN (self->piece_size, self->size - offset), digest);
      g_byte_array_append (hashes, digest, 20);
    }
  btfw_bencode_put_string (out, (const char *) hashes->data, (gssize) hashes->len);
}

static BtfwMetainfo *
make_metainfo (Lab *self)
{
  GByteArray        *out = g_byte_array_new ();
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) error = NULL;
  BtfwMetainfo      *metainfo;

  btfw_bencode_begin_dict (out);
  btfw_bencode_put_string (out, "info", -1);
  btfw_bencode_begin_dict (out);
  btfw_bencode_put_string (out, "length", -1);
  btfw_bencode_put_integer (out, (gint64) self->size);
  btfw_bencode_put_string (out, "name", -1);
  btfw_bencode_put_string (out, "lab", -1);
  btfw_bencode_put_string (out, "piece length", -1);
  btfw_bencode_put_integer (out, self->piece_size);
  btfw_bencode_put_string (out, "pieces", -1);
  put_hashes (self, out);
  btfw_bencode_end (out);
  btfw_bencode_end (out);
  bytes = g_byte_array_free_to_bytes (out);
  metainfo = btfw_metainfo_new_from_bytes (bytes, &error);
  g_assert_no_error (error);
  return metainfo;
}

void
lab_make_private (Lab *self)
{
  gsize              size;
  const char        *info = g_bytes_get_data (btfw_metainfo_get_info (self->metainfo), &size);
  GByteArray        *out = g_byte_array_new ();
  g_autoptr (GBytes) bytes = NULL;

  /* The word comes behind all others that are there. */
  g_byte_array_append (out, (const guint8 *) info, (guint) size - 1);
  g_byte_array_append (out, (const guint8 *) "7:privatei1ee", 13);
  bytes = g_byte_array_free_to_bytes (out);
  g_clear_pointer (&self->metainfo, btfw_metainfo_unref);
  self->metainfo = btfw_metainfo_new_from_info (bytes, NULL, NULL);
  g_assert_true (btfw_metainfo_is_private (self->metainfo));
}

/* --- Connections --- */

BtfwAddress
lab_get_address (guint number)
{
  guint8      ip[4] = { 20, 0, (guint8) (number >> 8), (guint8) number };
  guint8      ip6[16] = { 0x2a, 0, [13] = (guint8) (number >> 16), (guint8) (number >> 8), (guint8) number };
  BtfwAddress address;

  if (number < LAB_FIRST_V6)
    btfw_address_from_v4 (&address, ip, 6881);
  else
    btfw_address_from_v6 (&address, ip6, 6881);
  return address;
}

static void
mix (Lab *self, const void *bytes, gsize size)
{
  const guint8 *data = bytes;

  for (gsize i = 0; i < size; i++)
    self->trace = (self->trace ^ data[i]) * G_GUINT64_CONSTANT (0x100000001b3);
}

/* Headers and the first bytes of blocks tell one run from another. */
static void
on_said (guint pipe, guint end, const guint8 *bytes, gsize size, gpointer user_data)
{
  Lab          *self = user_data;
  const guint64 what[] = { (guint64) btfw_loop_get_time (self->loop), pipe, end, size };

  mix (self, what, sizeof what);
  mix (self, bytes, MIN (size, 64));
}

static void
make_pipe (Lab *self, BtfwStream *ends[2])
{
  lab_pipe_new (self->loop, self->n_pipes++, &self->link, on_said, self, ends);
}

static LabNode *
find_node (Lab *self, const BtfwAddress *address)
{
  for (guint i = 0; i < self->nodes->len; i++)
    {
      LabNode *node = g_ptr_array_index (self->nodes, i);

      if (btfw_address_equal (&node->address, address) && node->swarm != NULL)
        return node;
    }
  return NULL;
}

static void
end_connection (LabConnection *connection)
{
  g_ptr_array_remove_fast (connection->node->lab->connections, connection);
  g_free (connection);
}

static gboolean
on_hash (BtfwGreeting *greeting, const guint8 *info_hash, BtfwHandshake *ours, gpointer user_data)
{
  LabConnection *connection = user_data;

  if (connection->node->swarm == NULL || !btfw_swarm_admits (connection->node->swarm))
    return FALSE;
  btfw_swarm_fill_handshake (connection->node->swarm, ours);
  return TRUE;
}

static void
on_greeted (BtfwGreeting *greeting, BtfwStream *stream, const BtfwHandshake *theirs, gpointer user_data)
{
  LabConnection *connection = user_data;
  LabNode       *node = connection->node;
  BtfwAddress    address = greeting->address;
  BtfwHandshake  handshake = *theirs;

  end_connection (connection);
  if (node->swarm == NULL)
    btfw_stream_close (stream);
  else
    btfw_swarm_accept (node->swarm, stream, &address, &handshake);
}

static void
on_greeting_failed (BtfwGreeting *greeting, const GError *error, gpointer user_data)
{
  end_connection (user_data);
}

static const BtfwGreetingClass greeting_class = {
  .on_hash = on_hash,
  .on_done = on_greeted,
  .on_failed = on_greeting_failed,
};

static LabNode *
from_resources (BtfwResources *resources)
{
  return (LabNode *) ((guint8 *) resources - G_STRUCT_OFFSET (LabNode, resources));
}

/* An attempt is through after a way there and back. */
static void
on_connect_due (BtfwTimer *timer)
{
  BtfwConnect       *connect = (BtfwConnect *) ((guint8 *) timer - G_STRUCT_OFFSET (BtfwConnect, timer));
  LabNode           *node = (LabNode *) connect->network; /* see lab_connect() */
  LabNode           *other = find_node (node->lab, &connect->address);
  g_autoptr (GError) error = NULL;
  LabConnection     *connection;
  BtfwStream        *ends[2];

  connect->network = NULL;
  if (other == NULL || other == node)
    {
      error = g_error_new (G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED, "nobody is there");
      connect->errnum = ECONNREFUSED;
      connect->done (connect, NULL, error);
      return;
    }

  make_pipe (node->lab, ends);
  connection = g_new0 (LabConnection, 1);
  connection->node = other;
  g_ptr_array_add (node->lab->connections, connection);
  btfw_greeting_begin (&connection->greeting, &greeting_class, connection, ends[1], &node->address, NULL);
  connect->done (connect, ends[0], NULL);
}

/* The lab is its own network: the attempt's field for that remembers who dials. */
static void
lab_connect (BtfwResources *resources, BtfwConnect *connect, guint timeout_ms)
{
  LabNode *node = from_resources (resources);

  node->n_attempts++;
  connect->network = (BtfwNetwork *) node;
  connect->timer = (BtfwTimer){ .on_due = on_connect_due };
  btfw_loop_set_timer (resources->loop, &connect->timer, btfw_loop_get_time (resources->loop) + 2 * node->lab->link.delay);
}

static void
lab_cancel (BtfwResources *resources, BtfwConnect *connect)
{
  btfw_loop_clear_timer (resources->loop, &connect->timer);
  connect->network = NULL;
}

void
lab_dial (LabNode *self, LabNode *other)
{
  btfw_swarm_add_address (self->swarm, &other->address, BTFW_SOURCE_TRACKER);
}

void
lab_dial_all (Lab *self)
{
  for (guint i = 0; i < self->nodes->len; i++)
    for (guint j = 0; j < i; j++)
      lab_dial (g_ptr_array_index (self->nodes, i), g_ptr_array_index (self->nodes, j));
}

BtfwStream *
lab_join_again (LabNode *self, guint number, guint life, BtfwFeatures features)
{
  BtfwHandshake handshake = { .features = features, .peer_id = "-LA0000-" };
  BtfwAddress   address = lab_get_address (1000 + number);
  BtfwStream   *ends[2];

  memcpy (handshake.peer_id + 8, &number, sizeof number);
  memcpy (handshake.peer_id + 12, &life, sizeof life);
  make_pipe (self->lab, ends);
  btfw_swarm_accept (self->swarm, ends[0], &address, &handshake);
  return ends[1];
}

BtfwStream *
lab_join (LabNode *self, guint number, BtfwFeatures features)
{
  return lab_join_again (self, number, 0, features);
}

/* --- Nodes --- */

static void
on_changed (gpointer owner)
{
  LabNode *self = owner;

  /* The swarm tells of its first state before it is known here. */
  if (self->completed < 0 && self->swarm != NULL && self->swarm->state == BTFW_TORRENT_SEEDING)
    self->completed = lab_get_time (self->lab);
}

static void
on_notice (gpointer owner, BtfwNoticeLevel level, const char *text)
{
  ((LabNode *) owner)->n_notices++;
}

static void
on_stopped (gpointer owner)
{
  ((LabNode *) owner)->n_stopped++;
}

static void
on_named (gpointer owner)
{
  ((LabNode *) owner)->n_named++;
}

static const BtfwSwarmFuncs swarm_funcs = {
  .changed = on_changed,
  .named = on_named,
  .notice = on_notice,
  .stopped = on_stopped,
};

static void
init_resources (LabNode *self, const LabNodeSpec *spec)
{
  BtfwResources *resources = &self->resources;

  btfw_resources_init (resources, self->lab->loop);
  memcpy (resources->peer_id, "-bF0000-", 8);
  memcpy (resources->peer_id + 8, self->address.ip, 12);
  memcpy (resources->peer_id + 16, self->address.ip + 12, 4);
  resources->limits = (BtfwSwarmLimits){
    .max_peers = spec->max_peers > 0 ? spec->max_peers : 200,
    .peers_per_address = 2,
    .upload_slots = spec->upload_slots,
    .max_upload = spec->upload,
  };
  resources->connect = lab_connect;
  resources->cancel = lab_cancel;
  resources->disk = self->lab->disk;
  resources->buffers = btfw_buffers_new (spec->memory > 0 ? spec->memory : MEMORY_DEFAULT);
  btfw_buffers_set_refill (resources->buffers, btfw_resources_feed, resources);
  resources->trackers = btfw_tracker_pool_new (self->lab->loop, NULL, NULL);
  if (spec->add_extensions != NULL)
    {
      resources->extensions = btfw_extension_set_new (self->lab->loop);
      spec->add_extensions (resources->extensions);
    }
  btfw_limiter_set_rate (&resources->download, spec->download);
  btfw_limiter_set_rate (&resources->upload, spec->upload);
}

LabNode *
lab_add_idle (Lab *self, const LabNodeSpec *spec)
{
  LabNode         *node = g_new0 (LabNode, 1);
  GPtrArray       *stack = g_ptr_array_new_with_free_func (g_object_unref);
  BtfwSwarmOptions options = {
    .dir = g_strdup ("/nonexistent/lab"),
    .trust_files = spec->trusts_files,
    .magnet = spec->has_link ? btfw_magnet_new_for_metainfo (self->metainfo) : NULL,
    .has_sources = TRUE,
    .holds = spec->holds,
  };

  node->lab = self;
  node->address = lab_get_address (self->nodes->len + 1);
  node->completed = -1;
  init_resources (node, spec);
  node->storage = lab_storage_new (spec->has_all ? self->content : NULL, self->size);
  node->storage->has_leases = spec->has_leases;
  g_ptr_array_add (stack, g_object_ref (node->storage));
  node->swarm = btfw_swarm_new (&node->resources, spec->has_link ? NULL : self->metainfo, &options, stack, lab_make_picker (spec->picker),
                                lab_make_choker (), &swarm_funcs, node);
  g_ptr_array_add (self->nodes, node);
  return node;
}

LabNode *
lab_add (Lab *self, const LabNodeSpec *spec)
{
  LabNode *node = lab_add_idle (self, spec);

  btfw_swarm_begin (node->swarm);
  return node;
}

void
lab_node_stop (LabNode *self)
{
  if (self->swarm->state != BTFW_TORRENT_STOPPED || !btfw_swarm_is_idle (self->swarm))
    btfw_swarm_stop (self->swarm, 1000);
}

void
lab_node_remove (LabNode *self)
{
  g_clear_pointer (&self->swarm, btfw_swarm_free);
  g_assert_cmpuint (btfw_buffers_get_n_used (self->resources.buffers), ==, 0);
}

void
lab_node_assert_content (const LabNode *self)
{
  g_assert_cmpint (memcmp (self->storage->bytes, self->lab->content, self->lab->size), ==, 0);
}

static void
lab_node_free (gpointer data)
{
  LabNode *self = data;

  if (self->swarm != NULL)
    lab_node_remove (self);
  btfw_tracker_pool_free (self->resources.trackers);
  g_clear_pointer (&self->resources.extensions, btfw_extension_set_free);
  btfw_resources_clear (&self->resources);
  btfw_buffers_free (self->resources.buffers);
  g_object_unref (self->storage);
  g_free (self);
}

/* --- Time --- */

gint64
lab_get_time (const Lab *self)
{
  return btfw_loop_get_time (self->loop) - self->start;
}

static void
look_at_nodes (Lab *self)
{
  for (guint i = 0; i < self->nodes->len; i++)
    {
      LabNode *node = g_ptr_array_index (self->nodes, i);

      node->max_buffers = MAX (node->max_buffers, btfw_buffers_get_n_used (node->resources.buffers));
    }
}

void
lab_run (Lab *self, gint64 microseconds)
{
  gint64 end = btfw_loop_get_time (self->loop) + microseconds;

  do
    {
      btfw_loop_advance (self->loop, MIN (end, btfw_loop_get_time (self->loop) + STEP));
      look_at_nodes (self);
    }
  while (btfw_loop_get_time (self->loop) < end);
}

gboolean
lab_run_until (Lab *self, gboolean (*until) (Lab *self, gpointer user_data), gpointer user_data, gint64 timeout)
{
  gint64 end = btfw_loop_get_time (self->loop) + timeout;

  while (!until (self, user_data))
    {
      if (btfw_loop_get_time (self->loop) >= end)
        return FALSE;
      lab_run (self, STEP);
    }
  return TRUE;
}

gboolean
lab_node_is_complete (Lab *self, gpointer node)
{
  return ((LabNode *) node)->completed >= 0;
}

gboolean
lab_all_are_complete (Lab *self, gpointer unused)
{
  for (guint i = 0; i < self->nodes->len; i++)
    if (!lab_node_is_complete (self, g_ptr_array_index (self->nodes, i)))
      return FALSE;
  return TRUE;
}

gboolean
lab_node_is_stopped (Lab *self, gpointer node)
{
  LabNode *n = node;

  return n->swarm == NULL || (n->swarm->state == BTFW_TORRENT_STOPPED && !n->swarm->is_stopping && btfw_swarm_is_idle (n->swarm)) ||
         (n->swarm->state == BTFW_TORRENT_FAILED && btfw_swarm_is_idle (n->swarm));
}

/* --- Life --- */

Lab *
lab_new (guint64 seed, guint64 size, guint32 piece_size)
{
  Lab *self = g_new0 (Lab, 1);

  self->loop = btfw_loop_new_virtual (seed);
  self->disk = btfw_disk_new (self->loop, 0, NULL);
  self->size = size;
  self->piece_size = piece_size;
  self->content = make_content (seed, size);
  self->metainfo = make_metainfo (self);
  self->nodes = g_ptr_array_new_with_free_func (lab_node_free);
  self->connections = g_ptr_array_new ();
  self->link.delay = MILLISECONDS (1);
  self->trace = G_GUINT64_CONSTANT (0xcbf29ce484222325);
  self->start = btfw_loop_get_time (self->loop);
  return self;
}

void
lab_free (Lab *self)
{
  for (guint i = 0; i < self->nodes->len; i++)
    if (((LabNode *) g_ptr_array_index (self->nodes, i))->swarm != NULL)
      lab_node_stop (g_ptr_array_index (self->nodes, i));
  for (guint i = 0; i < self->nodes->len; i++)
    g_assert_true (lab_run_until (self, lab_node_is_stopped, g_ptr_array_index (self->nodes, i), STOP_MAX));

  while (self->connections->len > 0)
    {
      LabConnection *connection = g_ptr_array_index (self->connections, 0);

      btfw_greeting_clear (&connection->greeting);
      end_connection (connection);
    }
  g_ptr_array_unref (self->connections);
  g_ptr_array_unref (self->nodes);
  btfw_disk_free (self->disk);
  btfw_metainfo_unref (self->metainfo);
  btfw_loop_free (self->loop);
  g_free (self->content);
  g_free (self);
}
