/* plugin-check.c: runs each check of a plugin in a process of its own, and tells what was found. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/plugin-check.h"

#include "cli/columns.h"
#include "cli/common.h"
#include "cli/console.h"
#include "cli/json.h"
#include "cli/kit.h"
#include "cli/setup.h"
#include "cli/terminal.h"

#include <glib-unix.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* In the environment of a child: the check that it is to run. */
#define CHECK_VARIABLE "BTFW_PLUGIN_CHECK"
#define REPORT_MAX (256 * 1024)

typedef struct
{
  BtfwCommon common;
  BtfwSetup  setup;
  gboolean   json;
  gboolean   slow;
  GPtrArray *only; /* names of checks; NULL for all */
  char     **argv;
} Check;

typedef struct
{
  char       *id;
  char       *text;
  const char *check;
} Finding;

/* One check, under way in a child. */
typedef struct
{
  const BtfwKitCheck *check;
  GMainLoop          *loop;
  GString            *report;
  GPid                pid;
  int                 status;
  gboolean            is_over_time;
  guint               n_open; /* of: the pipe, the child */
} Child;

static const BtfwUsage usage = {
  "btfw plugin check",
  N_("btfw plugin check [OPTION…] FILE.so…"),
  N_("Drives a plugin through its interface and says which rules it breaks, and where each is written."),
  N_("Examples:\n"
     "  btfw plugin check build/picker-mine.so\n"
     "  btfw plugin check --set storage-mine.key-file=/tmp/key build/storage-mine.so"),
};

static const BtfwOption options[] = {
  { 0, "slow", BTFW_ARGUMENT_NONE, NULL, N_("also checks that wait for half a minute"),
    btfw_option_take_flag, NULL, G_STRUCT_OFFSET (Check, slow) },
  { 0, "only", BTFW_ARGUMENT_REQUIRED, N_("CHECK"), N_("only this check (repeatable)"),
    btfw_option_take_list, NULL, G_STRUCT_OFFSET (Check, only) },
  { 0, "json", BTFW_ARGUMENT_NONE, NULL, N_("as JSON"),
    btfw_option_take_flag, NULL, G_STRUCT_OFFSET (Check, json) },
  { 0 },
};

static void
finding_free (gpointer data)
{
  Finding *self = data;

  g_free (self->id);
  g_free (self->text);
  g_free (self);
}

static void
add_finding (GPtrArray *findings, const char *check, const char *id, char *text)
{
  Finding *finding;

  for (guint i = 0; i < findings->len; i++)
    {
      finding = g_ptr_array_index (findings, i);
      if (strcmp (finding->id, id) == 0 && (strcmp (finding->text, text) == 0 || strcmp (finding->check, check) == 0))
        {
          g_free (text);
          return;
        }
    }

  finding = g_new0 (Finding, 1);
  finding->id = g_strdup (id);
  finding->text = text;
  finding->check = check;
  g_ptr_array_add (findings, finding);
}

/* --- A child --- */

static void
leave (Child *self)
{
  if (--self->n_open == 0)
    g_main_loop_quit (self->loop);
}

static gboolean
on_report (int fd, GIOCondition condition, gpointer data)
{
  Child  *self = data;
  char    buffer[4096];
  gssize  n = read (fd, buffer, sizeof buffer);

  if (n > 0 && self->report->len < REPORT_MAX)
    g_string_append_len (self->report, buffer, n);
  if (n > 0 || (n < 0 && errno == EINTR))
    return G_SOURCE_CONTINUE;
  leave (self);
  return G_SOURCE_REMOVE;
}

static void
on_ended (GPid pid, int status, gpointer data)
{
  Child *self = data;

  self->status = status;
  leave (self);
}

static gboolean
on_time_over (gpointer data)
{
  Child *self = data;

  self->is_over_time = TRUE;
  kill (self->pid, SIGKILL);
  return G_SOURCE_CONTINUE;
}

static char **
make_environment (const char *check)
{
  char **environment = g_get_environ ();

  /* What the plugin complains of is a finding, and not the end. */
  environment = g_environ_unsetenv (environment, "G_DEBUG");
  /* What the allocator keeps for later would look as if it were lost. */
  environment = g_environ_setenv (environment, "GLIBC_TUNABLES", "glibc.malloc.tcache_count=0", TRUE);
  return g_environ_setenv (environment, CHECK_VARIABLE, check, TRUE);
}

static gboolean
spawn (Check *self, Child *child, const char *file, int report, int place, GError **error)
{
  g_auto (GStrv)        environment = make_environment (child->check->name);
  g_autoptr (GPtrArray) words = g_ptr_array_new ();
  const int             sources[] = { report, place };
  const int             targets[] = { BTFW_KIT_REPORT_FD, BTFW_KIT_PLACE_FD };

  g_ptr_array_add (words, (gpointer) "/proc/self/exe");
  g_ptr_array_add (words, (gpointer) "plugin");
  for (char **word = self->argv; *word != NULL; word++)
    g_ptr_array_add (words, *word);
  g_ptr_array_add (words, (gpointer) "--");
  g_ptr_array_add (words, (gpointer) file);
  g_ptr_array_add (words, NULL);
  return g_spawn_async_with_pipes_and_fds (NULL, (const char *const *) words->pdata, (const char *const *) environment,
                                           G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDOUT_TO_DEV_NULL |
                                             (self->common.verbose ? 0 : G_SPAWN_STDERR_TO_DEV_NULL),
                                           NULL, NULL, -1, -1, -1, sources, targets, G_N_ELEMENTS (sources),
                                           &child->pid, NULL, NULL, NULL, error);
}

static void
watch (Child *child, int report)
{
  guint timeout = g_timeout_add_seconds (child->check->seconds, on_time_over, child);

  child->n_open = 2;
  g_unix_fd_add (report, G_IO_IN | G_IO_HUP, on_report, child);
  g_child_watch_add (child->pid, on_ended, child);
  g_main_loop_run (child->loop);
  g_source_remove (timeout);
}

/* How the child ended, when not as it should. */
static void
judge_end (const Child *child, gboolean is_done, const char *place, GPtrArray *findings)
{
  const char *check = child->check->name;

  if (child->is_over_time)
    add_finding (findings, check, "hang", g_strdup_printf ("%s did not come to an end within %u s", place, child->check->seconds));
  else if (WIFSIGNALED (child->status))
    add_finding (findings, check, "crash", g_strdup_printf ("%s crashed: %s", place, g_strsignal (WTERMSIG (child->status))));
  else if (!is_done)
    add_finding (findings, check, "exit", g_strdup_printf ("%s ended the whole program, with exit code %d",
                                                           place, WEXITSTATUS (child->status)));
  else if (WEXITSTATUS (child->status) != 0)
    add_finding (findings, check, "crash", g_strdup_printf ("the process ended with exit code %d (a sanitizer?)",
                                                            WEXITSTATUS (child->status)));
}

static void
read_report (const Child *child, const char *place, GPtrArray *findings)
{
  g_auto (GStrv) lines = g_strsplit (child->report->str, "\n", -1);
  gboolean       is_done = FALSE;

  for (char **line = lines; *line != NULL; line++)
    {
      g_auto (GStrv) parts = g_strsplit (*line, "\t", 2);

      if (parts[0] != NULL && strcmp (parts[0], "done") == 0)
        is_done = TRUE;
      else if (parts[0] != NULL && parts[0][0] != '\0' && parts[1] != NULL)
        add_finding (findings, child->check->name, parts[0], btfw_text_clean (parts[1], -1));
      if (parts[0] != NULL && strcmp (parts[0], "refused") == 0)
        is_done = TRUE;
    }
  judge_end (child, is_done, place, findings);
}

static gboolean
run_child (Check *self, const BtfwKitCheck *check, const char *file, GPtrArray *findings, GError **error)
{
  Child    child = { .check = check };
  int      pipe_ends[2];
  int      place_fd = memfd_create ("place", MFD_CLOEXEC);
  char    *place;
  gboolean ok;

  if (place_fd < 0 || ftruncate (place_fd, BTFW_KIT_PLACE_SIZE) != 0 || !g_unix_open_pipe (pipe_ends, FD_CLOEXEC, error))
    return FALSE;
  place = mmap (NULL, BTFW_KIT_PLACE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, place_fd, 0);
  g_strlcpy (place, "loading", BTFW_KIT_PLACE_SIZE);

  ok = spawn (self, &child, file, pipe_ends[1], place_fd, error);
  close (pipe_ends[1]);
  if (ok)
    {
      g_autofree char *clean = NULL;

      child.loop = g_main_loop_new (NULL, FALSE);
      child.report = g_string_new (NULL);
      watch (&child, pipe_ends[0]);
      place[BTFW_KIT_PLACE_SIZE - 1] = '\0';
      clean = btfw_text_clean (place, -1);
      read_report (&child, clean, findings);
      g_main_loop_unref (child.loop);
      g_string_free (child.report, TRUE);
    }
  close (pipe_ends[0]);
  munmap (place, BTFW_KIT_PLACE_SIZE);
  close (place_fd);
  return ok;
}

/* --- What is told --- */

static void
print_findings (BtfwPluginInfo *info, GPtrArray *findings)
{
  g_autoptr (GString) out = g_string_new (NULL);
  guint               width = btfw_terminal_can_draw (STDOUT_FILENO) ? btfw_terminal_get_width (STDOUT_FILENO) : 100;

  for (guint i = 0; i < findings->len; i++)
    {
      const Finding   *finding = g_ptr_array_index (findings, i);
      g_autofree char *line = g_strdup_printf ("%s: %s", finding->id, finding->text);
      g_autofree char *rule = g_strdup_printf (_("the rule: %s; found by the check %s"),
                                               btfw_kit_get_where (finding->id, btfw_plugin_info_get_kind (info)), finding->check);

      btfw_columns_wrap (line, 2, width, out);
      g_string_append (out, "\n    ");
      btfw_columns_wrap (rule, 4, width, out);
      g_string_append_c (out, '\n');
    }
  btfw_console_print (out->str);
}

static guint
count_rules (GPtrArray *findings)
{
  g_autoptr (GHashTable) ids = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < findings->len; i++)
    g_hash_table_add (ids, ((Finding *) g_ptr_array_index (findings, i))->id);
  return g_hash_table_size (ids);
}

static void
print_verdict (const char *file, GPtrArray *findings, guint n_checks, double seconds)
{
  g_autofree char *shown = btfw_console_show_path (file);
  g_autofree char *line = NULL;
  guint            n = count_rules (findings);

  if (n == 0)
    line = g_strdup_printf (_("“%s” keeps the contract: %u checks in %.1f s\n"), shown, n_checks, seconds);
  else
    line = g_strdup_printf (g_dngettext (GETTEXT_PACKAGE, "“%s” breaks %u rule: %u checks in %.1f s\n",
                                         "“%s” breaks %u rules: %u checks in %.1f s\n", n),
                            shown, n, n_checks, seconds);
  btfw_console_print (line);
}

static void
print_json (const char *file, BtfwPluginInfo *info, GPtrArray *findings, guint n_checks)
{
  BtfwJson        *json = btfw_json_new ();
  g_autofree char *shown = btfw_console_show_path (file);
  g_autofree char *line = NULL;

  btfw_json_open_object (json, NULL);
  btfw_json_add_string (json, "file", shown);
  btfw_json_add_boolean (json, "keeps_the_contract", findings->len == 0);
  btfw_json_add_unsigned (json, "checks", n_checks);
  btfw_json_open_array (json, "findings");
  for (guint i = 0; i < findings->len; i++)
    {
      const Finding *finding = g_ptr_array_index (findings, i);

      btfw_json_open_object (json, NULL);
      btfw_json_add_string (json, "id", finding->id);
      btfw_json_add_string (json, "text", finding->text);
      btfw_json_add_string (json, "check", finding->check);
      btfw_json_add_string (json, "rule", btfw_kit_get_where (finding->id, info != NULL ? btfw_plugin_info_get_kind (info) : ""));
      btfw_json_close_object (json);
    }
  btfw_json_close_array (json);
  btfw_json_close_object (json);
  line = btfw_json_free_to_string (json);
  btfw_console_print (line);
  btfw_console_print ("\n");
}

/* --- One file --- */

/* The plugin that @file holds, when it is one that can be used. */
static BtfwPluginInfo *
find_plugin (BtfwPlugins *plugins, const char *file, GError **error)
{
  g_autofree char *base = g_path_get_basename (file);
  g_autofree char *stem = g_str_has_suffix (base, ".so") ? g_strndup (base, strlen (base) - 3) : g_strdup (base);
  char            *dash = strchr (stem, '-');
  g_autoptr (BtfwPluginInfo) info = NULL;

  if (dash == NULL || !g_str_has_suffix (base, ".so"))
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_PLUGIN,
                   _("“%s” is not looked at: plugins are called KIND-NAME.so, in lower-case letters, digits and “_”"), base);
      return NULL;
    }
  *dash = '\0';
  info = btfw_plugins_find (plugins, stem, dash + 1, error);
  if (info != NULL && g_strcmp0 (btfw_plugin_info_get_path (info), file) != 0)
    {
      g_autoptr (GPtrArray) list = btfw_plugins_list (plugins, stem);

      for (guint i = 0; i < list->len; i++)
        if (g_strcmp0 (btfw_plugin_info_get_path (g_ptr_array_index (list, i)), file) == 0)
          g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_PLUGIN, btfw_plugin_info_get_reason (g_ptr_array_index (list, i)));
      if (error != NULL && *error == NULL)
        g_set_error (error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND, _("there is no file “%s”"), file);
      return NULL;
    }
  return g_steal_pointer (&info);
}

static BtfwPlugins *
make_plugins (Check *self, const char *file, GError **error)
{
  g_autofree char       *folder = g_path_get_dirname (file);
  g_autoptr (GPtrArray)  dirs = g_ptr_array_new ();
  BtfwSetup              setup = self->setup;
  g_autoptr (BtfwConfig) config = NULL;

  g_ptr_array_add (dirs, folder);
  for (guint i = 0; self->setup.plugin_dirs != NULL && i < self->setup.plugin_dirs->len; i++)
    g_ptr_array_add (dirs, g_ptr_array_index (self->setup.plugin_dirs, i));
  setup.plugin_dirs = dirs;
  config = btfw_setup_load (&setup, error);
  return config != NULL ? btfw_plugins_new (config) : NULL;
}

static void
tell (Check *self, const char *file, BtfwPluginInfo *info, GPtrArray *findings, guint n_checks, gint64 begun)
{
  if (self->json)
    {
      print_json (file, info, findings, n_checks);
      return;
    }
  if (info != NULL)
    print_findings (info, findings);
  print_verdict (file, findings, n_checks, (double) (g_get_monotonic_time () - begun) / G_USEC_PER_SEC);
}

static gboolean
is_chosen (Check *self, const BtfwKitCheck *check)
{
  for (guint i = 0; self->only != NULL && i < self->only->len; i++)
    if (strcmp (g_ptr_array_index (self->only, i), check->name) == 0)
      return TRUE;
  return self->only == NULL;
}

/* Answers whether the file keeps the contract. */
static gboolean
check_file (Check *self, const char *name)
{
  g_autofree char       *file = g_canonicalize_filename (name, NULL);
  g_autoptr (GError)     error = NULL;
  g_autoptr (BtfwPlugins) plugins = make_plugins (self, file, &error);
  g_autoptr (BtfwPluginInfo) info = plugins != NULL ? find_plugin (plugins, file, &error) : NULL;
  g_autoptr (GPtrArray)  findings = g_ptr_array_new_with_free_func (finding_free);
  g_autoptr (GPtrArray)  checks = NULL;
  gint64                 begun = g_get_monotonic_time ();
  guint                  n = 0;

  if (info == NULL)
    {
      add_finding (findings, "file", "refused", g_strdup (error->message));
      if (!self->json)
        btfw_console_error ("%s", error->message);
      tell (self, file, NULL, findings, 0, begun);
      return FALSE;
    }

  checks = btfw_kit_list_checks (btfw_plugin_info_get_kind (info), self->slow);
  for (guint i = 0; i < checks->len && error == NULL; i++)
    if (is_chosen (self, g_ptr_array_index (checks, i)))
      {
        run_child (self, g_ptr_array_index (checks, i), file, findings, &error);
        n++;
      }
  if (error == NULL && n == 0)
    g_set_error (&error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND, _("there is no check of that name for this kind"));
  if (error != NULL)
    {
      btfw_console_error ("%s", error->message);
      return FALSE;
    }
  tell (self, file, info, findings, n, begun);
  return findings->len == 0;
}

/* In a child. */
static int
run_one_check (Check *self, const char *check, const char *name)
{
  g_autofree char            *file = g_canonicalize_filename (name, NULL);
  g_autoptr (GError)          error = NULL;
  g_autoptr (BtfwPlugins)     plugins = make_plugins (self, file, &error);
  g_autoptr (BtfwPluginInfo)  info = plugins != NULL ? find_plugin (plugins, file, &error) : NULL;

  return info != NULL ? btfw_kit_run (check, plugins, info) : BTFW_EXIT_FAILED;
}

/* The words that are options, for children. */
static char **
list_options (int argc, char **argv, GPtrArray *files)
{
  g_autoptr (GStrvBuilder) words = g_strv_builder_new ();

  for (int i = 0; i < argc && strcmp (argv[i], "--") != 0; i++)
    if (!g_ptr_array_find (files, argv[i], NULL))
      g_strv_builder_add (words, argv[i]);
  return g_strv_builder_end (words);
}

int
btfw_plugin_check_run (int argc, char **argv)
{
  Check                 self = { 0 };
  const BtfwOptionGroup groups[] = {
    { _("How to check:"), options, &self },
    btfw_setup_get_group (&self.setup),
    btfw_common_get_group (&self.common),
    { 0 },
  };
  const char           *check = g_getenv (CHECK_VARIABLE);
  g_autoptr (GPtrArray) files = NULL;
  gboolean              ok = TRUE;
  int                   exit_code;

  files = btfw_common_parse (&self.common, &usage, groups, argc, argv, &exit_code);
  if (files == NULL)
    return exit_code;
  if (files->len == 0)
    return btfw_common_fail_usage (&usage, _("which plugin is to be checked?"));
  if (check != NULL)
    return run_one_check (&self, check, g_ptr_array_index (files, 0));

  self.argv = list_options (argc, argv, files);
  for (guint i = 0; i < files->len; i++)
    ok &= check_file (&self, g_ptr_array_index (files, i));
  g_strfreev (self.argv);
  btfw_setup_clear (&self.setup);
  return btfw_console_finish () && ok ? BTFW_EXIT_COMPLETE : BTFW_EXIT_FAILED;
}
