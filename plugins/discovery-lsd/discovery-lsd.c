/* discovery-lsd.c: finds peers on the local network (BEP 14). */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "message.h"
#include "rate.h"

#include <string.h>

#define GROUP_V4 "239.192.152.143:6771"
#define GROUP_V6 "[ff15::efc0:988f]:6771"

/* How often a torrent is told of unasked, and how often at most because another
 * one told of it. */
#define INTERVAL (5 * 60 * G_TIME_SPAN_SECOND)
#define REPLY_INTERVAL (10 * G_TIME_SPAN_SECOND)
/* What becomes due soon goes along. */
#define GATHER (10 * G_TIME_SPAN_SECOND)
/* Between two packets. */
#define SPACING (250 * G_TIME_SPAN_MILLISECOND)
/* Several that hear the same do not all answer at the same moment. */
#define REPLY_SPREAD (400 * G_TIME_SPAN_MILLISECOND)

#define BTFW_TYPE_LSD_DISCOVERY (btfw_lsd_discovery_get_type ())
G_DECLARE_FINAL_TYPE (BtfwLsdDiscovery, btfw_lsd_discovery, BTFW, LSD_DISCOVERY, GObject)

typedef struct
{
  BtfwSwarmView *view;
  guint8         hash[20];
  gint64         due;  /* when it is told of next */
  gint64         last; /* when it was; 0 for never */
} Torrent;

struct _BtfwLsdDiscovery
{
  GObject        parent_instance;
  BtfwNet       *net; /* from start() on */
  BtfwClock     *clock;
  BtfwMulticast *groups[2]; /* IPv4, IPv6; NULL where there is none */
  GPtrArray     *torrents;  /* of Torrent, in the order of their coming */
  GHashTable    *by_hash;
  char           cookie[17];
  LsdRate        rate;
  guint64        timer;
  gint64         next_packet;
  guint64        n_sent;
  guint64        n_heard;
  guint64        n_dropped;
};

static const char *const hosts[] = { GROUP_V4, GROUP_V6 };

static void btfw_lsd_discovery_iface_init (BtfwDiscoveryInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BtfwLsdDiscovery, btfw_lsd_discovery, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_DISCOVERY, btfw_lsd_discovery_iface_init));

static guint
hash_hash (gconstpointer hash)
{
  guint value;

  memcpy (&value, hash, sizeof value);
  return value;
}

static gboolean
equal_hashes (gconstpointer a, gconstpointer b)
{
  return memcmp (a, b, 20) == 0;
}

static void
torrent_free (gpointer data)
{
  Torrent *torrent = data;

  btfw_swarm_view_unref (torrent->view);
  g_free (torrent);
}

/* --- Telling --- */

static void plan (BtfwLsdDiscovery *self);

/* Those that are due, and then those that soon will be. */
static void
gather (BtfwLsdDiscovery *self, LsdMessage *message, gint64 now)
{
  for (guint pass = 0; pass < 2; pass++)
    for (guint i = 0; i < self->torrents->len && message->n_hashes < LSD_HASHES_MAX; i++)
      {
        Torrent *torrent = g_ptr_array_index (self->torrents, i);

        if (torrent->due > now + (pass == 0 ? 0 : GATHER))
          continue;
        memcpy (message->hashes[message->n_hashes++], torrent->hash, 20);
        torrent->last = now;
        torrent->due = now + INTERVAL + (gint64) btfw_clock_random (self->clock, 30 * G_TIME_SPAN_SECOND);
      }
}

static void
tell (BtfwLsdDiscovery *self)
{
  gint64     now = btfw_clock_get_time (self->clock);
  LsdMessage message = { .port = btfw_net_get_port (self->net) };

  gather (self, &message, now);
  /* Who cannot be connected to has nothing to tell, but listens. */
  if (message.port == 0 || message.n_hashes == 0)
    return;

  g_strlcpy (message.cookie, self->cookie, sizeof message.cookie);
  self->next_packet = now + SPACING;
  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
    {
      g_autofree char *text = lsd_message_write (&message, hosts[i]);

      if (self->groups[i] != NULL)
        self->n_sent += btfw_multicast_send (self->groups[i], (const guint8 *) text, strlen (text));
    }
}

static void
on_due (gpointer user_data)
{
  BtfwLsdDiscovery *self = user_data;

  self->timer = 0;
  tell (self);
  plan (self);
}

/* Sets the timer to the next time that something is to be told. */
static void
plan (BtfwLsdDiscovery *self)
{
  gint64 due = G_MAXINT64;

  btfw_clock_cancel_timer (self->clock, self->timer);
  self->timer = 0;
  for (guint i = 0; i < self->torrents->len; i++)
    due = MIN (due, ((Torrent *) g_ptr_array_index (self->torrents, i))->due);
  if (due == G_MAXINT64)
    return;

  due = MAX (due, self->next_packet);
  self->timer = btfw_clock_set_timer (self->clock, due - btfw_clock_get_time (self->clock), on_due, self, NULL);
}

/* --- Hearing --- */

/* Some that hear of a peer do not connect to it, as a seed that waits to be
 * asked: so we say that we are here, too. */
static void
reply (BtfwLsdDiscovery *self, Torrent *torrent)
{
  gint64 now = btfw_clock_get_time (self->clock);
  gint64 due = now + btfw_clock_random (self->clock, REPLY_SPREAD);

  if (torrent->last != 0 && now - torrent->last < REPLY_INTERVAL)
    due = MAX (due, torrent->last + REPLY_INTERVAL);
  if (due >= torrent->due)
    return;
  torrent->due = due;
  plan (self);
}

static void
receive (const guint8 *data, gsize size, const BtfwEndpoint *from, gpointer user_data)
{
  BtfwLsdDiscovery *self = user_data;
  BtfwEndpoint      peer = *from;
  LsdMessage        message;

  if (!lsd_message_read (&message, data, size) || strcmp (message.cookie, self->cookie) == 0)
    return;
  if (!lsd_rate_allows (&self->rate, from, btfw_clock_get_time (self->clock)))
    {
      self->n_dropped++;
      return;
    }

  self->n_heard++;
  peer.port = message.port;
  for (guint i = 0; i < message.n_hashes; i++)
    {
      Torrent *torrent = g_hash_table_lookup (self->by_hash, message.hashes[i]);

      if (torrent != NULL && btfw_discovery_add_candidate (BTFW_DISCOVERY (self), torrent->view, from, &peer, 0))
        reply (self, torrent);
    }
}

/* Groups are joined while there is something to listen for. */
static void
join (BtfwLsdDiscovery *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
    {
      g_autoptr (GError) error = NULL;
      BtfwEndpoint       group;

      if (self->groups[i] != NULL || !btfw_endpoint_parse (&group, hosts[i]))
        continue;
      self->groups[i] = btfw_multicast_join (self->net, &group, receive, self, &error);
      if (self->groups[i] == NULL)
        g_debug ("lsd: %s", error->message);
    }
}

static void
leave (BtfwLsdDiscovery *self)
{
  for (guint i = 0; i < G_N_ELEMENTS (hosts); i++)
    g_clear_pointer (&self->groups[i], btfw_multicast_leave);
}

/* --- The interface --- */

static gboolean
btfw_lsd_discovery_start (BtfwDiscovery *discovery,
                          BtfwNet       *net,
                          BtfwClock     *clock,
                          const char    *state_dir,
                          GError       **error)
{
  BtfwLsdDiscovery *self = BTFW_LSD_DISCOVERY (discovery);
  guint8            secret[8];

  self->net = btfw_net_ref (net);
  self->clock = btfw_clock_ref (clock);
  btfw_net_make_secret (net, secret, sizeof secret);
  for (guint i = 0; i < sizeof secret; i++)
    g_snprintf (self->cookie + 2 * i, 3, "%02x", secret[i]);
  return TRUE;
}

static void
btfw_lsd_discovery_stop (BtfwDiscovery *discovery)
{
  BtfwLsdDiscovery *self = BTFW_LSD_DISCOVERY (discovery);

  btfw_clock_cancel_timer (self->clock, self->timer);
  self->timer = 0;
  leave (self);
}

static void
btfw_lsd_discovery_torrent_added (BtfwDiscovery *discovery, BtfwSwarmView *view)
{
  BtfwLsdDiscovery *self = BTFW_LSD_DISCOVERY (discovery);
  Torrent          *torrent = g_new0 (Torrent, 1);

  torrent->view = btfw_swarm_view_ref (view);
  memcpy (torrent->hash, btfw_info_hash_get_short (btfw_swarm_view_get_info_hash (view)), 20);
  torrent->due = btfw_clock_get_time (self->clock);
  g_ptr_array_add (self->torrents, torrent);
  g_hash_table_insert (self->by_hash, torrent->hash, torrent);
  join (self);
  plan (self);
}

static void
btfw_lsd_discovery_torrent_removed (BtfwDiscovery *discovery, BtfwSwarmView *view)
{
  BtfwLsdDiscovery *self = BTFW_LSD_DISCOVERY (discovery);

  for (guint i = 0; i < self->torrents->len; i++)
    {
      Torrent *torrent = g_ptr_array_index (self->torrents, i);

      if (torrent->view != view)
        continue;
      g_hash_table_remove (self->by_hash, torrent->hash);
      g_ptr_array_remove_index (self->torrents, i);
      break;
    }
  if (self->torrents->len == 0)
    leave (self);
  plan (self);
}

static GVariant *
btfw_lsd_discovery_get_status (BtfwDiscovery *discovery)
{
  BtfwLsdDiscovery *self = BTFW_LSD_DISCOVERY (discovery);
  GVariantBuilder   builder;

  g_variant_builder_init (&builder, G_VARIANT_TYPE_VARDICT);
  g_variant_builder_add (&builder, "{sv}", "torrents", g_variant_new_uint32 (self->torrents->len));
  g_variant_builder_add (&builder, "{sv}", "sent", g_variant_new_uint64 (self->n_sent));
  g_variant_builder_add (&builder, "{sv}", "heard", g_variant_new_uint64 (self->n_heard));
  g_variant_builder_add (&builder, "{sv}", "dropped", g_variant_new_uint64 (self->n_dropped));
  return g_variant_builder_end (&builder);
}

static void
btfw_lsd_discovery_iface_init (BtfwDiscoveryInterface *iface)
{
  iface->start = btfw_lsd_discovery_start;
  iface->stop = btfw_lsd_discovery_stop;
  iface->torrent_added = btfw_lsd_discovery_torrent_added;
  iface->torrent_removed = btfw_lsd_discovery_torrent_removed;
  iface->get_status = btfw_lsd_discovery_get_status;
}

static void
btfw_lsd_discovery_finalize (GObject *object)
{
  BtfwLsdDiscovery *self = BTFW_LSD_DISCOVERY (object);

  g_hash_table_unref (self->by_hash);
  g_ptr_array_unref (self->torrents);
  g_clear_pointer (&self->clock, btfw_clock_unref);
  g_clear_pointer (&self->net, btfw_net_unref);
  G_OBJECT_CLASS (btfw_lsd_discovery_parent_class)->finalize (object);
}

static void
btfw_lsd_discovery_class_init (BtfwLsdDiscoveryClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = btfw_lsd_discovery_finalize;
}

static void
btfw_lsd_discovery_init (BtfwLsdDiscovery *self)
{
  self->torrents = g_ptr_array_new_with_free_func (torrent_free);
  self->by_hash = g_hash_table_new (hash_hash, equal_hashes);
}

BTFW_PLUGIN_DEFINE (discovery, lsd, btfw_lsd_discovery_get_type,
                    .version = BTFW_VERSION,
                    .description = "peers on the local network",
                    .license = "LGPL-2.1-or-later",
                    .origin = "btfw");
