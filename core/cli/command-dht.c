/* command-dht.c: how the node of the DHT stands, and what it finds. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/columns.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/console.h"
#include "cli/json.h"
#include "cli/setup.h"
#include "cli/signals.h"
#include "cli/source.h"

#include <glib/gi18n-lib.h>
#include <string.h>

typedef struct
{
  BtfwCommon    common;
  BtfwSetup     setup;
  gboolean      json;
  GMainLoop    *loop;
  GCancellable *cancellable;
  GVariant     *found; /* what the plugin told */
  GError       *error;
} Dht;

static const BtfwUsage usage = {
  "btfw dht",
  N_("btfw dht [OPTION…] [HASH|MAGNET]"),
  N_("Starts a node of the DHT, shows whom it gets to know, and looks up who shares a torrent. It announces nothing."),
  NULL,
};

static const BtfwOption options[] = {
  { 0, "json", BTFW_ARGUMENT_NONE, NULL, N_("as JSON"), btfw_option_take_flag, NULL, G_STRUCT_OFFSET (Dht, json) },
  { 0 },
};

/* --- As JSON --- */

static void add_value (BtfwJson *json, const char *key, GVariant *value);

static void
add_members (BtfwJson *json, GVariant *dictionary)
{
  GVariantIter iter;
  const char  *key;
  GVariant    *value;

  g_variant_iter_init (&iter, dictionary);
  while (g_variant_iter_loop (&iter, "{&sv}", &key, &value))
    add_value (json, key, value);
}

static void
add_elements (BtfwJson *json, const char *key, GVariant *array)
{
  btfw_json_open_array (json, key);
  for (gsize i = 0; i < g_variant_n_children (array); i++)
    {
      g_autoptr (GVariant) element = g_variant_get_child_value (array, i);

      add_value (json, NULL, element);
    }
  btfw_json_close_array (json);
}

static void
add_value (BtfwJson *json, const char *key, GVariant *value)
{
  if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    btfw_json_add_string (json, key, g_variant_get_string (value, NULL));
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN))
    btfw_json_add_boolean (json, key, g_variant_get_boolean (value));
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_UINT32))
    btfw_json_add_unsigned (json, key, g_variant_get_uint32 (value));
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_UINT64))
    btfw_json_add_unsigned (json, key, g_variant_get_uint64 (value));
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_INT64))
    btfw_json_add_signed (json, key, g_variant_get_int64 (value));
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARDICT))
    {
      btfw_json_open_object (json, key);
      add_members (json, value);
      btfw_json_close_object (json);
    }
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_ARRAY))
    add_elements (json, key, value);
  else
    btfw_json_add_null (json, key);
}

static char *
describe_as_json (GVariant *found)
{
  BtfwJson        *json = btfw_json_new ();
  g_autofree char *text = NULL;

  add_value (json, NULL, found);
  text = btfw_json_free_to_string (json);
  return g_strconcat (text, "\n", NULL);
}

/* --- For people --- */

static guint64
get_number (GVariantDict *dict, const char *key)
{
  g_autoptr (GVariant) value = g_variant_dict_lookup_value (dict, key, NULL);

  if (value == NULL)
    return 0;
  return g_variant_is_of_type (value, G_VARIANT_TYPE_UINT32) ? g_variant_get_uint32 (value) : g_variant_get_uint64 (value);
}

static void
describe_family (GVariantDict *dict, gboolean v4, GString *out)
{
  const char *id = NULL;
  const char *external = NULL;

  if (!g_variant_dict_lookup (dict, v4 ? "id" : "id6", "&s", &id))
    return;

  g_string_append_printf (out, _("%s: %u nodes known; our id is %s\n"), v4 ? "IPv4" : "IPv6",
                          (guint) get_number (dict, v4 ? "n_nodes" : "n_nodes6"), id);
  if (g_variant_dict_lookup (dict, v4 ? "external" : "external6", "&s", &external))
    g_string_append_printf (out, _("  others see us at %s\n"), external);
}

static void
describe_traffic (GVariantDict *dict, GString *out)
{
  g_autofree char *received = g_format_size_full (get_number (dict, "bytes_received"), G_FORMAT_SIZE_IEC_UNITS);
  g_autofree char *sent = g_format_size_full (get_number (dict, "bytes_sent"), G_FORMAT_SIZE_IEC_UNITS);

  g_string_append_printf (out, _("asked %u times, answered %u times; received %s, sent %s\n"),
                          (guint) get_number (dict, "asked"), (guint) get_number (dict, "replies"), received, sent);
}

/* How many nodes have how many bits in common with us. */
static void
describe_buckets (GVariantDict *dict, GString *out)
{
  g_autoptr (GVariant)  nodes = g_variant_dict_lookup_value (dict, "nodes", G_VARIANT_TYPE ("aa{sv}"));
  g_autoptr (BtfwTable) table = btfw_table_new ("rrl");

  if (nodes == NULL || g_variant_n_children (nodes) == 0)
    return;

  btfw_table_add (table, _("BITS"), _("SECONDS"), _("NODE"));
  for (gsize i = 0; i < g_variant_n_children (nodes); i++)
    {
      g_autoptr (GVariant) node = g_variant_get_child_value (nodes, i);
      g_autofree char     *bits = NULL;
      g_autofree char     *age = NULL;
      const char          *address = "";
      guint32              bucket = 0;
      gint64               seconds = 0;

      g_variant_lookup (node, "bucket", "u", &bucket);
      g_variant_lookup (node, "seconds", "x", &seconds);
      g_variant_lookup (node, "address", "&s", &address);
      bits = g_strdup_printf ("%u", bucket);
      age = g_strdup_printf ("%" G_GINT64_FORMAT, seconds);
      btfw_table_add (table, bits, age, address);
    }
  btfw_table_print (table, 2, 0, out);
}

static void
describe_peers (GVariantDict *dict, GString *out)
{
  g_autofree const char **peers = NULL;
  guint                   n;

  if (!g_variant_dict_lookup (dict, "peers", "^a&s", &peers))
    return;

  n = g_strv_length ((char **) peers);
  if (n == 0)
    g_string_append (out, _("Nobody is known to share it.\n"));
  else
    g_string_append_printf (out, ngettext ("%u peer shares it:\n", "%u peers share it:\n", n), n);
  for (guint i = 0; i < n; i++)
    g_string_append_printf (out, "  %s\n", peers[i]);
}

static char *
describe (GVariant *found, gboolean with_peers)
{
  GVariantDict dict;
  GString     *out = g_string_new (NULL);

  g_variant_dict_init (&dict, found);
  describe_family (&dict, TRUE, out);
  describe_family (&dict, FALSE, out);
  describe_traffic (&dict, out);
  if (with_peers)
    describe_peers (&dict, out);
  else
    describe_buckets (&dict, out);
  g_variant_dict_clear (&dict);
  return g_string_free (out, FALSE);
}

/* --- The look-up --- */

static void
on_looked_up (GObject *source, GAsyncResult *result, gpointer user_data)
{
  Dht *self = user_data;

  self->found = btfw_session_look_up_finish (BTFW_SESSION (source), result, &self->error);
  g_main_loop_quit (self->loop);
}

static void
on_stopped (GObject *source, GAsyncResult *result, gpointer user_data)
{
  btfw_session_stop_finish (BTFW_SESSION (source), result, NULL);
  g_main_loop_quit (((Dht *) user_data)->loop);
}

static void
on_notice (BtfwSession *session, int level, const char *text, gpointer user_data)
{
  if (level != BTFW_NOTICE_INFO)
    btfw_console_warning ("%s", text);
}

static void
on_signal (gpointer user_data)
{
  g_cancellable_cancel (((Dht *) user_data)->cancellable);
}

static gboolean
look_up (Dht *self, BtfwInfoHash *info_hash, GError **error)
{
  g_autoptr (BtfwConfig)   config = btfw_setup_load (&self->setup, error);
  g_autoptr (BtfwSession)  session = config == NULL ? NULL : btfw_session_new (config, error);
  g_autoptr (GMainLoop)    loop = g_main_loop_new (NULL, FALSE);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (BtfwSignals)  signals = NULL;

  if (session == NULL)
    return FALSE;
  g_signal_connect (session, "notice", G_CALLBACK (on_notice), NULL);
  self->loop = loop;
  self->cancellable = cancellable;
  signals = btfw_signals_new (on_signal, NULL, self);
  if (!btfw_session_start (session, error))
    return FALSE;

  btfw_session_look_up_async (session, "dht", info_hash, cancellable, on_looked_up, self);
  g_main_loop_run (loop);
  btfw_session_stop_async (session, 0, on_stopped, self);
  g_main_loop_run (loop);
  if (self->error != NULL)
    g_propagate_error (error, g_steal_pointer (&self->error));
  return self->found != NULL;
}

/* What is found among nobody means nothing. */
static gboolean
has_anybody_answered (GVariant *found)
{
  GVariantDict dict;
  guint64      n_replies;

  g_variant_dict_init (&dict, found);
  n_replies = get_number (&dict, "replies");
  g_variant_dict_clear (&dict);
  return n_replies > 0;
}

static int
run (Dht *self, BtfwInfoHash *info_hash)
{
  g_autoptr (GError) error = NULL;
  g_autofree char   *text = NULL;

  if (!look_up (self, info_hash, &error))
    return btfw_signals_get_exit_code () != 0 ? btfw_signals_get_exit_code () : btfw_common_fail (error);

  text = self->json ? describe_as_json (self->found) : describe (self->found, info_hash != NULL);
  btfw_console_print (text);
  if (!btfw_console_finish ())
    return BTFW_EXIT_FAILED;
  if (has_anybody_answered (self->found))
    return BTFW_EXIT_COMPLETE;
  btfw_console_error (_("no node of the DHT answered; is there a network, and does discovery-dht.bootstrap name nodes that are there?"));
  return BTFW_EXIT_FAILED;
}

static int
parse_and_run (Dht *self, const char *word)
{
  g_autoptr (GError)       error = NULL;
  g_autoptr (BtfwMagnet)   magnet = NULL;

  if (word == NULL)
    return run (self, NULL);

  magnet = btfw_source_parse_magnet (word, &error);
  if (error != NULL)
    return btfw_common_fail (error);
  if (magnet == NULL)
    return btfw_common_fail_usage (&usage, _("“%s” is neither an info-hash of 40 digits nor a magnet link"), word);
  return run (self, btfw_magnet_get_info_hash (magnet));
}

int
btfw_command_dht (int argc, char **argv)
{
  Dht                   self = { .json = FALSE };
  const BtfwOptionGroup groups[] = {
    { _("What to show:"), options, &self },
    btfw_setup_get_network_group (&self.setup),
    btfw_setup_get_group (&self.setup),
    btfw_common_get_group (&self.common),
    { 0 },
  };
  g_autoptr (GPtrArray) words = NULL;
  int                   exit_code;

  words = btfw_common_parse (&self.common, &usage, groups, argc, argv, &exit_code);
  if (words != NULL && words->len > 1)
    exit_code = btfw_common_fail_usage (&usage, _("one info-hash at a time"));
  else if (words != NULL)
    exit_code = parse_and_run (&self, words->len == 0 ? NULL : g_ptr_array_index (words, 0));

  btfw_setup_clear (&self.setup);
  g_clear_pointer (&self.found, g_variant_unref);
  return exit_code;
}
