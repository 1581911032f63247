/* why-report.c: how a torrent stands and why, for people, for programs, and for notes between them. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/why-report.h"

#include <btfw/btfw-enums.h>

#include <glib/gi18n-lib.h>
#include <string.h>

/* What a note may have. */
#define REASONS_MAX 64
#define TEXT_MAX 4096

static char *
dup_nick (GType type, int value)
{
  g_autoptr (GEnumClass) klass = g_type_class_ref (type);
  const GEnumValue      *found = g_enum_get_value (klass, value);

  return g_strdup (found == NULL ? "unknown" : found->value_nick);
}

static void
free_reason (gpointer data)
{
  BtfwWhyReason *self = data;

  g_free (self->code);
  g_free (self->weight);
  g_free (self->text);
  g_free (self->detail);
  g_free (self);
}

static BtfwWhyReason *
make_reason (BtfwReason *reason)
{
  BtfwWhyReason *self = g_new0 (BtfwWhyReason, 1);

  self->code = dup_nick (BTFW_TYPE_REASON_CODE, (int) btfw_reason_get_code (reason));
  self->weight = dup_nick (BTFW_TYPE_REASON_WEIGHT, (int) btfw_reason_get_weight (reason));
  self->text = g_strdup (btfw_reason_get_text (reason));
  self->detail = g_strdup (btfw_reason_get_detail (reason));
  self->count = btfw_reason_get_count (reason);
  self->total = btfw_reason_get_total (reason);
  self->rate = btfw_reason_get_rate (reason);
  return self;
}

static BtfwWhyReport *
new_empty (void)
{
  BtfwWhyReport *self = g_new0 (BtfwWhyReport, 1);

  self->reasons = g_ptr_array_new_with_free_func (free_reason);
  return self;
}

BtfwWhyReport *
btfw_why_report_new (const BtfwItem *item)
{
  BtfwWhyReport     *self = new_empty ();
  BtfwTorrentStatus *status = btfw_item_get_status (item);

  self->name = btfw_text_clean (btfw_item_get_name (item), -1);
  self->info_hash = btfw_info_hash_to_string (btfw_torrent_get_info_hash (item->torrent));
  self->state = dup_nick (BTFW_TYPE_TORRENT_STATE, (int) btfw_torrent_status_get_state (status));
  self->is_complete = item->is_complete;
  self->done = btfw_torrent_status_get_done (status);
  self->wanted = btfw_torrent_status_get_wanted (status);
  self->download_rate = btfw_torrent_status_get_download_rate (status);
  self->upload_rate = btfw_torrent_status_get_upload_rate (status);
  self->n_peers = btfw_torrent_status_get_n_peers (status);
  self->n_seeds = btfw_torrent_status_get_n_seeds (status);
  self->told = g_get_real_time () / G_USEC_PER_SEC;
  for (guint i = 0; i < btfw_torrent_status_get_n_reasons (status); i++)
    g_ptr_array_add (self->reasons, make_reason (btfw_torrent_status_get_nth_reason (status, i)));
  return self;
}

void
btfw_why_report_free (BtfwWhyReport *self)
{
  g_free (self->name);
  g_free (self->info_hash);
  g_free (self->state);
  g_ptr_array_unref (self->reasons);
  g_free (self);
}

gboolean
btfw_why_report_equal (const BtfwWhyReport *a, const BtfwWhyReport *b)
{
  if (g_strcmp0 (a->name, b->name) != 0 || g_strcmp0 (a->state, b->state) != 0 || a->reasons->len != b->reasons->len)
    return FALSE;
  for (guint i = 0; i < a->reasons->len; i++)
    {
      const BtfwWhyReason *ours = g_ptr_array_index (a->reasons, i);
      const BtfwWhyReason *theirs = g_ptr_array_index (b->reasons, i);

      if (strcmp (ours->code, theirs->code) != 0 || strcmp (ours->text, theirs->text) != 0)
        return FALSE;
    }
  return TRUE;
}

/* --- Notes --- */

static void
put_reason (GKeyFile *file, guint number, const BtfwWhyReason *reason)
{
  g_autofree char *group = g_strdup_printf ("reason %u", number);

  g_key_file_set_string (file, group, "code", reason->code);
  g_key_file_set_string (file, group, "weight", reason->weight);
  g_key_file_set_string (file, group, "text", reason->text);
  if (reason->detail != NULL)
    g_key_file_set_string (file, group, "detail", reason->detail);
  g_key_file_set_integer (file, group, "count", (int) reason->count);
  g_key_file_set_integer (file, group, "total", (int) reason->total);
  g_key_file_set_uint64 (file, group, "rate", reason->rate);
}

char *
btfw_why_report_to_text (const BtfwWhyReport *self)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();

  g_key_file_set_string (file, "torrent", "name", self->name);
  g_key_file_set_string (file, "torrent", "info-hash", self->info_hash);
  g_key_file_set_string (file, "torrent", "state", self->state);
  g_key_file_set_boolean (file, "torrent", "complete", self->is_complete);
  g_key_file_set_uint64 (file, "torrent", "done", self->done);
  g_key_file_set_uint64 (file, "torrent", "wanted", self->wanted);
  g_key_file_set_uint64 (file, "torrent", "download-rate", self->download_rate);
  g_key_file_set_uint64 (file, "torrent", "upload-rate", self->upload_rate);
  g_key_file_set_integer (file, "torrent", "peers", (int) self->n_peers);
  g_key_file_set_integer (file, "torrent", "seeds", (int) self->n_seeds);
  g_key_file_set_uint64 (file, "torrent", "pid", self->pid);
  g_key_file_set_int64 (file, "torrent", "told", self->told);
  for (guint i = 0; i < self->reasons->len; i++)
    put_reason (file, i, g_ptr_array_index (self->reasons, i));
  return g_key_file_to_data (file, NULL, NULL);
}

/* (transfer full) NULL when there is no such key. */
static char *
get_text (GKeyFile *file, const char *group, const char *key)
{
  g_autofree char *text = g_key_file_get_string (file, group, key, NULL);

  return text == NULL ? NULL : btfw_text_clean (text, (gssize) strnlen (text, TEXT_MAX));
}

static guint
get_number (GKeyFile *file, const char *group, const char *key)
{
  return (guint) MAX (g_key_file_get_integer (file, group, key, NULL), 0);
}

static gboolean
take_reason (GKeyFile *file, guint number, BtfwWhyReport *report)
{
  g_autofree char *group = g_strdup_printf ("reason %u", number);
  BtfwWhyReason   *reason;

  if (!g_key_file_has_group (file, group))
    return FALSE;
  reason = g_new0 (BtfwWhyReason, 1);
  g_ptr_array_add (report->reasons, reason);
  reason->code = get_text (file, group, "code");
  reason->weight = get_text (file, group, "weight");
  reason->text = get_text (file, group, "text");
  reason->detail = get_text (file, group, "detail");
  reason->count = get_number (file, group, "count");
  reason->total = get_number (file, group, "total");
  reason->rate = g_key_file_get_uint64 (file, group, "rate", NULL);
  return reason->code != NULL && reason->weight != NULL && reason->text != NULL;
}

BtfwWhyReport *
btfw_why_report_parse (const char *text, gsize size)
{
  g_autoptr (GKeyFile)      file = g_key_file_new ();
  g_autoptr (BtfwWhyReport) self = new_empty ();

  if (!g_key_file_load_from_data (file, text, size, G_KEY_FILE_NONE, NULL))
    return NULL;
  self->name = get_text (file, "torrent", "name");
  self->info_hash = get_text (file, "torrent", "info-hash");
  self->state = get_text (file, "torrent", "state");
  if (self->name == NULL || self->info_hash == NULL || self->state == NULL)
    return NULL;

  self->is_complete = g_key_file_get_boolean (file, "torrent", "complete", NULL);
  self->done = g_key_file_get_uint64 (file, "torrent", "done", NULL);
  self->wanted = g_key_file_get_uint64 (file, "torrent", "wanted", NULL);
  self->download_rate = g_key_file_get_uint64 (file, "torrent", "download-rate", NULL);
  self->upload_rate = g_key_file_get_uint64 (file, "torrent", "upload-rate", NULL);
  self->n_peers = get_number (file, "torrent", "peers");
  self->n_seeds = get_number (file, "torrent", "seeds");
  self->pid = g_key_file_get_uint64 (file, "torrent", "pid", NULL);
  self->told = g_key_file_get_int64 (file, "torrent", "told", NULL);
  for (guint i = 0; i < REASONS_MAX && take_reason (file, i, self); i++)
    ;
  return g_steal_pointer (&self);
}

/* --- For people --- */

static const char *
describe_state (const BtfwWhyReport *self)
{
  static const char *const words[][2] = {
    { "stopped", N_("stopped") },
    { "metadata", N_("getting its description from peers") },
    { "checking", N_("checking") },
    { "downloading", N_("downloading") },
    { "seeding", N_("seeding") },
    { "failed", N_("failed") },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (words); i++)
    if (strcmp (self->state, words[i][0]) == 0)
      return _(words[i][1]);
  return self->state;
}

static void
describe_amount (const BtfwWhyReport *self, GString *out)
{
  g_autofree char *wanted = btfw_format_size (self->wanted);
  g_autofree char *down = btfw_format_rate (self->download_rate);
  g_autofree char *up = btfw_format_rate (self->upload_rate);

  if (self->wanted > 0)
    g_string_append_printf (out, _(": %s, %.1f %% of %s"), describe_state (self), 100.0 * (double) self->done / (double) self->wanted, wanted);
  else
    g_string_append_printf (out, ": %s", describe_state (self));
  if (!self->is_complete)
    g_string_append_printf (out, _(", down %s"), down);
  g_string_append_printf (out, _(", up %s"), up);
  g_string_append_printf (out, ", ");
  g_string_append_printf (out, g_dngettext (GETTEXT_PACKAGE, "%u peer", "%u peers", self->n_peers), self->n_peers);
}

static void
describe_source (const BtfwWhyReport *self, GString *out)
{
  gint64           age = MAX (g_get_real_time () / G_USEC_PER_SEC - self->told, 0);
  g_autofree char *ago = btfw_format_duration (age * G_USEC_PER_SEC);

  if (self->pid != 0)
    g_string_append_printf (out, _(" (says process %llu, %s ago)"), (unsigned long long) self->pid, ago);
}

char *
btfw_why_report_describe (const BtfwWhyReport *self)
{
  GString *out = g_string_new (self->name);

  describe_amount (self, out);
  describe_source (self, out);
  g_string_append_c (out, '\n');
  for (guint i = 0; i < self->reasons->len; i++)
    {
      const BtfwWhyReason *reason = g_ptr_array_index (self->reasons, i);

      if (strcmp (reason->weight, "halts") == 0)
        g_string_append_printf (out, _("  what halts it: %s\n"), reason->text);
      else if (strcmp (reason->weight, "slows") == 0)
        g_string_append_printf (out, _("  what slows it: %s\n"), reason->text);
      else
        g_string_append_printf (out, "  %s\n", reason->text);
    }
  if (self->reasons->len == 0)
    g_string_append_printf (out, "  %s\n", _("nothing is in its way"));
  return g_string_free (out, FALSE);
}

/* --- For programs --- */

static void
add_reason (BtfwJson *json, const BtfwWhyReason *reason)
{
  btfw_json_open_object (json, NULL);
  btfw_json_add_string (json, "code", reason->code);
  btfw_json_add_string (json, "weight", reason->weight);
  btfw_json_add_string (json, "text", reason->text);
  btfw_json_add_unsigned (json, "count", reason->count);
  btfw_json_add_unsigned (json, "total", reason->total);
  btfw_json_add_unsigned (json, "rate", reason->rate);
  btfw_json_add_string (json, "detail", reason->detail);
  btfw_json_close_object (json);
}

void
btfw_why_add_reasons (BtfwJson *json, const char *key, BtfwTorrentStatus *status)
{
  btfw_json_open_array (json, key);
  for (guint i = 0; i < btfw_torrent_status_get_n_reasons (status); i++)
    {
      BtfwWhyReason *reason = make_reason (btfw_torrent_status_get_nth_reason (status, i));

      add_reason (json, reason);
      free_reason (reason);
    }
  btfw_json_close_array (json);
}

void
btfw_why_report_add_json (const BtfwWhyReport *self, BtfwJson *json, const char *key)
{
  btfw_json_open_object (json, key);
  btfw_json_add_string (json, "name", self->name);
  btfw_json_add_string (json, "info_hash", self->info_hash);
  btfw_json_add_string (json, "state", self->state);
  btfw_json_add_boolean (json, "complete", self->is_complete);
  btfw_json_add_unsigned (json, "done", self->done);
  btfw_json_add_unsigned (json, "wanted", self->wanted);
  btfw_json_add_unsigned (json, "download_rate", self->download_rate);
  btfw_json_add_unsigned (json, "upload_rate", self->upload_rate);
  btfw_json_add_unsigned (json, "peers", self->n_peers);
  btfw_json_add_unsigned (json, "seeds", self->n_seeds);
  if (self->pid != 0)
    btfw_json_add_unsigned (json, "pid", self->pid);
  else
    btfw_json_add_null (json, "pid");
  btfw_json_add_signed (json, "told", self->told);
  btfw_json_open_array (json, "reasons");
  for (guint i = 0; i < self->reasons->len; i++)
    add_reason (json, g_ptr_array_index (self->reasons, i));
  btfw_json_close_array (json);
  btfw_json_close_object (json);
}
