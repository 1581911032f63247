/* settings.c: what the group `session` of the keyfile may say. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <btfw/btfw-config.h>
#include <btfw/btfw-enums.h>

#include <glib/gi18n-lib.h>
#include <math.h>

enum
{
  PROP_0,
  PROP_PORT,
  PROP_BIND,
  PROP_LISTEN,
  PROP_DIR,
  PROP_STATE_DIR,
  PROP_OVERWRITE,
  PROP_PICKER,
  PROP_SHADOW_PICKER,
  PROP_STORAGE,
  PROP_CHOKER,
  PROP_SERVICES,
  PROP_EXTENSIONS,
  PROP_DISCOVERY,
  PROP_MAX_DOWNLOAD,
  PROP_MAX_UPLOAD,
  PROP_UPLOAD_SLOTS,
  PROP_SEED_RATIO,
  PROP_MAX_PEERS,
  PROP_MAX_CONNECTIONS,
  PROP_PEERS_PER_ADDRESS,
  PROP_ALL_TIERS,
  PROP_ENCRYPTION,
  PROP_MEMORY,
  PROP_WORKERS,
  PROP_SEED,
  N_PROPS
};

#define FLAGS (G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS)

#define MEMORY_MIN (G_GUINT64_CONSTANT (8) << 20)
#define MEMORY_DEFAULT (G_GUINT64_CONSTANT (64) << 20)

struct _BtfwSettings
{
  GObject parent_instance;

  GValue values[N_PROPS]; /* as the spec of each property has it */
};

G_DEFINE_FINAL_TYPE (BtfwSettings, btfw_settings, G_TYPE_OBJECT);

static GParamSpec *properties[N_PROPS];

static void
btfw_settings_get_property (GObject    *object,
                            guint       id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  BtfwSettings *self = BTFW_SETTINGS (object);

  g_assert (id > PROP_0 && id < N_PROPS);
  g_value_copy (&self->values[id], value);
}

static void
btfw_settings_set_property (GObject      *object,
                            guint         id,
                            const GValue *value,
                            GParamSpec   *pspec)
{
  BtfwSettings *self = BTFW_SETTINGS (object);

  g_assert (id > PROP_0 && id < N_PROPS);
  g_value_copy (value, &self->values[id]);
}

static void
btfw_settings_finalize (GObject *object)
{
  BtfwSettings *self = BTFW_SETTINGS (object);

  for (guint id = PROP_0 + 1; id < N_PROPS; id++)
    g_value_unset (&self->values[id]);
  G_OBJECT_CLASS (btfw_settings_parent_class)->finalize (object);
}

static void
add_text (guint       id,
          const char *name,
          const char *blurb,
          const char *value)
{
  properties[id] = g_param_spec_string (name, NULL, blurb, value, FLAGS);
}

static void
add_switch (guint       id,
            const char *name,
            const char *blurb,
            gboolean    value)
{
  properties[id] = g_param_spec_boolean (name, NULL, blurb, value, FLAGS);
}

static void
add_count (guint       id,
           const char *name,
           const char *blurb,
           guint       lowest,
           guint       highest,
           guint       value)
{
  properties[id] = g_param_spec_uint (name, NULL, blurb, lowest, highest, value, FLAGS);
}

static void
add_amount (guint       id,
            const char *name,
            const char *blurb,
            BtfwUnit    unit,
            guint64     lowest,
            guint64     value)
{
  properties[id] = btfw_param_spec_with_unit (g_param_spec_uint64 (name, NULL, blurb, lowest, G_MAXUINT64, value, FLAGS),
                                              unit);
}

static void
add_network (void)
{
  add_count (PROP_PORT, "port", N_("the port to listen on; 0 takes any"), 0, 65535, 6881);
  add_text (PROP_BIND, "bind", N_("the address or network interface to use; empty for all"), NULL);
  add_switch (PROP_LISTEN, "listen", N_("let peers connect to us"), TRUE);
  add_count (PROP_MAX_PEERS, "max-peers", N_("how many peers each torrent may have"), 1, 65535, 200);
  add_count (PROP_MAX_CONNECTIONS, "max-connections", N_("how many peers all torrents together may have"), 1, 1000000, 500);
  add_count (PROP_PEERS_PER_ADDRESS, "peers-per-address", N_("how many peers of a torrent may share one address"), 1, 65535, 2);
  add_switch (PROP_ALL_TIERS, "all-tiers", N_("ask the trackers of all tiers, not only of the first that answers"), FALSE);
  properties[PROP_ENCRYPTION] =
    g_param_spec_enum ("encryption", NULL,
                       N_("encrypted peers: off, allow (plain first), prefer (encrypted first) or require"),
                       BTFW_TYPE_ENCRYPTION, BTFW_ENCRYPTION_ALLOW, FLAGS);
}

static void
add_limits (void)
{
  add_amount (PROP_MAX_DOWNLOAD, "max-download", N_("how fast to download, all torrents together; 0 for no limit"),
              BTFW_UNIT_BYTES_PER_SECOND, 0, 0);
  add_amount (PROP_MAX_UPLOAD, "max-upload", N_("how fast to upload, all torrents together; 0 for no limit"),
              BTFW_UNIT_BYTES_PER_SECOND, 0, 0);
  add_count (PROP_UPLOAD_SLOTS, "upload-slots", N_("how many peers of a torrent to upload to at a time; 0 goes by the capacity"),
             0, 10000, 0);
  add_amount (PROP_MEMORY, "memory", N_("how much memory to use for data in transfer"),
              BTFW_UNIT_BYTES, MEMORY_MIN, MEMORY_DEFAULT);
  add_count (PROP_WORKERS, "workers", N_("how many threads read, write and verify; 0 for one a processor"), 0, 256, 0);
  add_amount (PROP_SEED, "seed", N_("where the random numbers begin, to repeat a run; 0 for anywhere"),
              BTFW_UNIT_NONE, 0, 0);

  properties[PROP_SEED_RATIO] =
    g_param_spec_double ("seed-ratio", NULL,
                         N_("leave once so many times the size is uploaded; 0 leaves when complete, “inf” never"),
                         0, INFINITY, 0, FLAGS);
}

static void
add_choices (void)
{
  g_autofree char *state_dir = g_build_filename (g_get_user_state_dir (), "btfw", NULL);

  add_text (PROP_DIR, "dir", N_("the folder to save to; “.” is the current one"), ".");
  add_text (PROP_STATE_DIR, "state-dir", N_("the folder that remembers unfinished torrents"),
            g_intern_string (state_dir));
  add_switch (PROP_OVERWRITE, "overwrite", N_("go on where files of another content have the same name"), FALSE);
  add_text (PROP_PICKER, "picker", N_("which pieces to ask for first: a picker plugin, NAME,key=value,…"), "rarest");
  add_text (PROP_SHADOW_PICKER, "shadow-picker", N_("a picker plugin that only looks on: what would it choose? empty for none"), NULL);
  add_text (PROP_STORAGE, "storage", N_("where bytes live: storage plugins, the top one first, with “+” between"), "file");
  add_text (PROP_CHOKER, "choker", N_("whom to upload to: a choker plugin, NAME,key=value,…"), "standard");

  properties[PROP_SERVICES] =
    g_param_spec_boxed ("services", NULL, N_("service plugins to run: NAME,key=value,…"), G_TYPE_STRV, FLAGS);
  properties[PROP_EXTENSIONS] =
    g_param_spec_boxed ("extensions", NULL, N_("extension plugins to use; empty: those that come with btfw; “none”: none"),
                        G_TYPE_STRV, FLAGS);
  properties[PROP_DISCOVERY] =
    g_param_spec_boxed ("discovery", NULL,
                        N_("discovery plugins to find peers with; empty: those that come with btfw; “none”: none"),
                        G_TYPE_STRV, FLAGS);
}

static void
btfw_settings_class_init (BtfwSettingsClass *class)
{
  GObjectClass *object_class = G_OBJECT_CLASS (class);

  object_class->get_property = btfw_settings_get_property;
  object_class->set_property = btfw_settings_set_property;
  object_class->finalize = btfw_settings_finalize;

  add_network ();
  add_limits ();
  add_choices ();
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
btfw_settings_init (BtfwSettings *self)
{
  for (guint id = PROP_0 + 1; id < N_PROPS; id++)
    g_value_init (&self->values[id], properties[id]->value_type);
}

BtfwSettings *
btfw_settings_new (void)
{
  return g_object_new (BTFW_TYPE_SETTINGS, NULL);
}
