/* command-show.c: what is in a .torrent file, or in a magnet link. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/columns.h"
#include "cli/commands.h"
#include "cli/common.h"
#include "cli/console.h"
#include "cli/json.h"
#include "cli/source.h"

#include <glib/gi18n-lib.h>
#include <string.h>

typedef struct
{
  BtfwCommon common;
  gboolean   json;
  gboolean   full_urls;
  gboolean   magnet;
  guint      n_shown;
} Show;

static const BtfwUsage usage = {
  "btfw show",
  N_("btfw show [OPTION…] FILE|MAGNET…"),
  N_("Says what is in a .torrent file: its name, files, sizes, trackers and hashes; or what a magnet link says, "
     "which is less: “btfw fetch” gets the rest from peers."),
  NULL,
};

static const BtfwOption options[] = {
  { 0, "json", BTFW_ARGUMENT_NONE, NULL, N_("as JSON, one object a line"),
    btfw_option_take_flag, NULL, G_STRUCT_OFFSET (Show, json) },
  { 0, "magnet", BTFW_ARGUMENT_NONE, NULL, N_("only the magnet link of each, with its URLs whole"),
    btfw_option_take_flag, NULL, G_STRUCT_OFFSET (Show, magnet) },
  { 0, "full-urls", BTFW_ARGUMENT_NONE, NULL,
    N_("show URLs whole, with the passwords and passkeys in them"),
    btfw_option_take_flag, NULL, G_STRUCT_OFFSET (Show, full_urls) },
  { 0 },
};

static char *
show_url (const Show *self, const char *url)
{
  return self->full_urls ? btfw_text_clean (url, -1) : btfw_text_redact_url (url);
}

static char *
hexadecimal (const guint8 *bytes, gsize size)
{
  GString *text;

  if (bytes == NULL)
    return NULL;

  text = g_string_sized_new (2 * size);
  for (gsize i = 0; i < size; i++)
    g_string_append_printf (text, "%02x", bytes[i]);
  return g_string_free (text, FALSE);
}

static gboolean
is_pad (const BtfwLayout *layout, guint32 file)
{
  return (btfw_layout_get_file_flags (layout, file) & BTFW_FILE_PAD) != 0;
}

/* How many files there are for people, and how many bytes they have. */
static guint32
count_files (const BtfwLayout *layout, guint64 *size)
{
  guint32 count = 0;

  *size = 0;
  for (guint32 i = 0; i < btfw_layout_get_n_files (layout); i++)
    if (!is_pad (layout, i))
      {
        count++;
        *size += btfw_layout_get_file_length (layout, i);
      }

  return count;
}

static char *
describe_size (const BtfwLayout *layout)
{
  guint64          size;
  guint32          n_files = count_files (layout, &size);
  g_autofree char *short_size = btfw_format_size (size);

  return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE,
                                       "%s (%'llu bytes) in %u file",
                                       "%s (%'llu bytes) in %u files", n_files),
                          short_size, (unsigned long long) size, n_files);
}

static char *
describe_pieces (const BtfwLayout *layout)
{
  g_autofree char *size = btfw_format_size (btfw_layout_get_piece_size (layout));
  guint32          n = btfw_layout_get_n_pieces (layout);

  return g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "%u of %s", "%u of %s each", n), n, size);
}

static char *
describe_flags (const BtfwMetainfo *metainfo)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new ();
  BtfwProtocol          protocols = btfw_metainfo_get_protocols (metainfo);

  if (protocols == (BTFW_PROTOCOL_V1 | BTFW_PROTOCOL_V2))
    g_ptr_array_add (words, (gpointer) _("hybrid (v1 and v2)"));
  else
    g_ptr_array_add (words, (gpointer) (protocols == BTFW_PROTOCOL_V2 ? "v2" : "v1"));

  if (btfw_metainfo_is_private (metainfo))
    g_ptr_array_add (words, (gpointer) _("private: peers only from its trackers"));

  g_ptr_array_add (words, NULL);
  return g_strjoinv (", ", (char **) words->pdata);
}

static char *
describe_date (const BtfwMetainfo *metainfo)
{
  gint64                seconds = btfw_metainfo_get_creation_date (metainfo);
  g_autoptr (GDateTime) date = seconds != 0 ? g_date_time_new_from_unix_local (seconds) : NULL;

  return date != NULL ? g_date_time_format (date, "%x %X") : NULL;
}

/* A row unless there is nothing to say; takes @value. */
static void
add_fact (BtfwTable *table, const char *label, char *value)
{
  g_autofree char *owned = value;

  if (value != NULL)
    btfw_table_add (table, label, value);
}

static void
add_hashes (BtfwTable *table, const BtfwInfoHash *hash)
{
  add_fact (table, _("Info-hash"), hexadecimal (btfw_info_hash_get_v1 (hash), BTFW_INFO_HASH_V1_SIZE));
  add_fact (table, _("Info-hash v2"), hexadecimal (btfw_info_hash_get_v2 (hash), BTFW_INFO_HASH_V2_SIZE));
}

static void
add_tier (const Show *self, BtfwTable *table, const BtfwMetainfo *metainfo, guint tier)
{
  const char *const *urls = btfw_metainfo_get_tier (metainfo, tier);

  for (guint i = 0; urls[i] != NULL; i++)
    {
      g_autofree char *label = i == 0 ? g_strdup_printf (_("Tracker %u"), tier + 1) : g_strdup ("");

      add_fact (table, label, show_url (self, urls[i]));
    }
}

static void
add_list (const Show *self, BtfwTable *table, const char *label, const char *const *urls)
{
  for (guint i = 0; urls != NULL && urls[i] != NULL; i++)
    add_fact (table, i == 0 ? label : "", show_url (self, urls[i]));
}

static void
print_facts (const Show *self, const BtfwMetainfo *metainfo, GString *out)
{
  g_autoptr (BtfwTable) table = btfw_table_new ("ll");
  const BtfwLayout     *layout = btfw_metainfo_get_layout (metainfo);

  add_fact (table, _("Name"), g_strdup (btfw_metainfo_get_name (metainfo)));
  add_fact (table, _("Size"), describe_size (layout));
  add_fact (table, _("Pieces"), describe_pieces (layout));
  add_hashes (table, btfw_metainfo_get_info_hash (metainfo));
  add_fact (table, _("Kind"), describe_flags (metainfo));
  add_fact (table, _("Comment"), g_strdup (btfw_metainfo_get_comment (metainfo)));
  add_fact (table, _("Created"), describe_date (metainfo));
  add_fact (table, _("Created by"), g_strdup (btfw_metainfo_get_created_by (metainfo)));
  for (guint i = 0; i < btfw_metainfo_get_n_tiers (metainfo); i++)
    add_tier (self, table, metainfo, i);
  add_list (self, table, _("Web seeds"), btfw_metainfo_get_web_seeds (metainfo));
  add_list (self, table, _("DHT nodes"), btfw_metainfo_get_nodes (metainfo));
  btfw_table_print (table, 0, 0, out);
}

static const char *
describe_file_flags (BtfwFileFlags flags)
{
  if ((flags & BTFW_FILE_SYMLINK) != 0)
    return _("symbolic link, not made");
  if ((flags & BTFW_FILE_EXECUTABLE) != 0)
    return _("executable");
  if ((flags & BTFW_FILE_HIDDEN) != 0)
    return _("hidden");
  return "";
}

static void
print_files (const BtfwLayout *layout, GString *out)
{
  g_autoptr (BtfwTable) table = btfw_table_new ("rrll");

  /* The numbers are those that --files takes. */
  for (guint32 i = 0, number = 1; i < btfw_layout_get_n_files (layout); i++)
    if (!is_pad (layout, i))
      {
        g_autofree char *label = g_strdup_printf ("%u", number++);
        g_autofree char *size = btfw_format_size (btfw_layout_get_file_length (layout, i));

        btfw_table_add (table, label, size, btfw_layout_get_file_path (layout, i),
                        describe_file_flags (btfw_layout_get_file_flags (layout, i)));
      }

  g_string_append_printf (out, "\n%s\n", _("Files"));
  btfw_table_print (table, 0, 0, out);
}

static void
show_for_people (const Show *self, const BtfwMetainfo *metainfo, GString *out)
{
  const char *const *warnings = btfw_metainfo_get_warnings (metainfo);

  print_facts (self, metainfo, out);
  print_files (btfw_metainfo_get_layout (metainfo), out);

  if (warnings[0] != NULL)
    g_string_append_printf (out, "\n%s\n", _("Strange in it"));
  for (; *warnings != NULL; warnings++)
    {
      g_string_append (out, "  ");
      btfw_columns_wrap (*warnings, 2, 80, out);
      g_string_append_c (out, '\n');
    }
}

static void
add_urls_json (const Show *self, BtfwJson *json, const char *key, const char *const *urls)
{
  btfw_json_open_array (json, key);
  for (; urls != NULL && *urls != NULL; urls++)
    {
      g_autofree char *url = show_url (self, *urls);

      btfw_json_add_string (json, NULL, url);
    }
  btfw_json_close_array (json);
}

static void
add_file_json (BtfwJson *json, const BtfwLayout *layout, guint32 file)
{
  BtfwFileFlags flags = btfw_layout_get_file_flags (layout, file);

  btfw_json_open_object (json, NULL);
  btfw_json_add_string (json, "path", btfw_layout_get_file_path (layout, file));
  btfw_json_add_unsigned (json, "length", btfw_layout_get_file_length (layout, file));
  btfw_json_add_unsigned (json, "offset", btfw_layout_get_file_offset (layout, file));
  btfw_json_add_boolean (json, "executable", (flags & BTFW_FILE_EXECUTABLE) != 0);
  btfw_json_add_boolean (json, "hidden", (flags & BTFW_FILE_HIDDEN) != 0);
  btfw_json_add_boolean (json, "symlink", (flags & BTFW_FILE_SYMLINK) != 0);
  btfw_json_close_object (json);
}

static void
add_layout_json (BtfwJson *json, const BtfwLayout *layout)
{
  guint64 size;

  count_files (layout, &size);
  btfw_json_add_unsigned (json, "size", size);
  btfw_json_add_unsigned (json, "pieces", btfw_layout_get_n_pieces (layout));
  btfw_json_add_unsigned (json, "piece_size", btfw_layout_get_piece_size (layout));
  btfw_json_open_array (json, "files");
  for (guint32 i = 0; i < btfw_layout_get_n_files (layout); i++)
    if (!is_pad (layout, i))
      add_file_json (json, layout, i);
  btfw_json_close_array (json);
}

static void
add_identity_json (BtfwJson *json, const BtfwMetainfo *metainfo)
{
  const BtfwInfoHash *hash = btfw_metainfo_get_info_hash (metainfo);
  g_autofree char    *v1 = hexadecimal (btfw_info_hash_get_v1 (hash), BTFW_INFO_HASH_V1_SIZE);
  g_autofree char    *v2 = hexadecimal (btfw_info_hash_get_v2 (hash), BTFW_INFO_HASH_V2_SIZE);

  btfw_json_add_string (json, "name", btfw_metainfo_get_name (metainfo));
  btfw_json_add_string (json, "info_hash", v1);
  btfw_json_add_string (json, "info_hash_v2", v2);
  btfw_json_add_boolean (json, "private", btfw_metainfo_is_private (metainfo));
  btfw_json_add_boolean (json, "multi_file", btfw_metainfo_is_multi_file (metainfo));
  btfw_json_add_string (json, "comment", btfw_metainfo_get_comment (metainfo));
  btfw_json_add_string (json, "created_by", btfw_metainfo_get_created_by (metainfo));
  if (btfw_metainfo_get_creation_date (metainfo) != 0)
    btfw_json_add_signed (json, "creation_date", btfw_metainfo_get_creation_date (metainfo));
  else
    btfw_json_add_null (json, "creation_date");
}

static void
show_for_programs (const Show *self, const BtfwMetainfo *metainfo, GString *out)
{
  BtfwJson        *json = btfw_json_new ();
  g_autofree char *line = NULL;

  btfw_json_open_object (json, NULL);
  add_identity_json (json, metainfo);
  add_layout_json (json, btfw_metainfo_get_layout (metainfo));
  btfw_json_open_array (json, "trackers");
  for (guint i = 0; i < btfw_metainfo_get_n_tiers (metainfo); i++)
    add_urls_json (self, json, NULL, btfw_metainfo_get_tier (metainfo, i));
  btfw_json_close_array (json);
  add_urls_json (self, json, "web_seeds", btfw_metainfo_get_web_seeds (metainfo));
  btfw_json_add_strings (json, "nodes", btfw_metainfo_get_nodes (metainfo));
  btfw_json_add_strings (json, "warnings", btfw_metainfo_get_warnings (metainfo));
  btfw_json_close_object (json);

  line = btfw_json_free_to_string (json);
  g_string_append_printf (out, "%s\n", line);
}

/* --- Magnet links --- */

static char *
show_peer (const BtfwMagnet *magnet, guint i)
{
  guint16     port;
  const char *host = btfw_magnet_get_peer (magnet, i, &port);

  return g_strdup_printf (strchr (host, ':') == NULL ? "%s:%u" : "[%s]:%u", host, port);
}

static void
show_magnet_for_people (const Show *self, const BtfwMagnet *magnet, GString *out)
{
  g_autoptr (BtfwTable) table = btfw_table_new ("ll");

  add_fact (table, _("Name"), g_strdup (btfw_magnet_get_name (magnet)));
  add_hashes (table, btfw_magnet_get_info_hash (magnet));
  add_list (self, table, _("Trackers"), btfw_magnet_get_trackers (magnet));
  add_list (self, table, _("Web seeds"), btfw_magnet_get_web_seeds (magnet));
  for (guint i = 0; i < btfw_magnet_get_n_peers (magnet); i++)
    add_fact (table, i == 0 ? _("Peers") : "", show_peer (magnet, i));
  if (btfw_magnet_has_selection (magnet))
    add_fact (table, _("Files"), g_strdup (_("it chooses some of them")));
  btfw_table_print (table, 0, 0, out);
}

static void
show_magnet_for_programs (const Show *self, const BtfwMagnet *magnet, GString *out)
{
  const BtfwInfoHash *hash = btfw_magnet_get_info_hash (magnet);
  g_autofree char    *v1 = hexadecimal (btfw_info_hash_get_v1 (hash), BTFW_INFO_HASH_V1_SIZE);
  g_autofree char    *v2 = hexadecimal (btfw_info_hash_get_v2 (hash), BTFW_INFO_HASH_V2_SIZE);
  BtfwJson           *json = btfw_json_new ();
  g_autofree char    *line = NULL;

  btfw_json_open_object (json, NULL);
  btfw_json_add_string (json, "name", btfw_magnet_get_name (magnet));
  btfw_json_add_string (json, "info_hash", v1);
  btfw_json_add_string (json, "info_hash_v2", v2);
  add_urls_json (self, json, "trackers", btfw_magnet_get_trackers (magnet));
  add_urls_json (self, json, "web_seeds", btfw_magnet_get_web_seeds (magnet));
  btfw_json_open_array (json, "peers");
  for (guint i = 0; i < btfw_magnet_get_n_peers (magnet); i++)
    {
      g_autofree char *peer = show_peer (magnet, i);

      btfw_json_add_string (json, NULL, peer);
    }
  btfw_json_close_array (json);
  btfw_json_add_boolean (json, "selects_files", btfw_magnet_has_selection (magnet));
  btfw_json_close_object (json);
  line = btfw_json_free_to_string (json);
  g_string_append_printf (out, "%s\n", line);
}

/* --- Both --- */

static void
append_link (BtfwMetainfo *metainfo, BtfwMagnet *magnet, GString *out)
{
  g_autoptr (BtfwMagnet) made = magnet == NULL ? btfw_magnet_new_for_metainfo (metainfo) : btfw_magnet_ref (magnet);
  g_autofree char       *link = btfw_magnet_to_string (made);

  g_string_append_printf (out, "%s\n", link);
}

static void
append_all (const Show *self, BtfwMetainfo *metainfo, BtfwMagnet *magnet, GString *out)
{
  if (self->magnet)
    append_link (metainfo, magnet, out);
  else if (magnet != NULL && self->json)
    show_magnet_for_programs (self, magnet, out);
  else if (magnet != NULL)
    show_magnet_for_people (self, magnet, out);
  else if (self->json)
    show_for_programs (self, metainfo, out);
  else
    show_for_people (self, metainfo, out);
}

static gboolean
show_source (Show *self, const char *source)
{
  g_autoptr (GError)       error = NULL;
  g_autoptr (GString)      out = g_string_new (NULL);
  g_autoptr (BtfwMagnet)   magnet = btfw_source_parse_magnet (source, &error);
  g_autoptr (BtfwMetainfo) metainfo = NULL;

  if (magnet == NULL && error == NULL)
    metainfo = btfw_metainfo_new_from_path (source, &error);
  if (error != NULL)
    {
      btfw_common_fail (error);
      return FALSE;
    }

  append_all (self, metainfo, magnet, out);
  if (!self->json && !self->magnet && self->n_shown > 0)
    btfw_console_print ("\n");
  btfw_console_print (out->str);
  self->n_shown++;
  return TRUE;
}

int
btfw_command_show (int argc, char **argv)
{
  Show                  self = { 0 };
  const BtfwOptionGroup groups[] = {
    { _("What to show:"), options, &self },
    btfw_common_get_group (&self.common),
    { 0 },
  };
  g_autoptr (GPtrArray) files = NULL;
  int                   exit_code = BTFW_EXIT_COMPLETE;

  files = btfw_common_parse (&self.common, &usage, groups, argc, argv, &exit_code);
  if (files == NULL)
    return exit_code;
  if (files->len == 0)
    return btfw_common_fail_usage (&usage, _("which .torrent file is to be shown?"));

  for (guint i = 0; i < files->len; i++)
    if (!show_source (&self, g_ptr_array_index (files, i)))
      exit_code = BTFW_EXIT_FAILED;

  return btfw_console_finish () ? exit_code : BTFW_EXIT_FAILED;
}
