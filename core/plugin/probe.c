/* probe.c: opens a module in a child process before it is opened in this one. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "plugin/probe.h"

#include "plugin/trust.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define REPORT_MAX (256 * 1024)
#define RECORD_MAX 4096

extern char **environ;

/* How a child ended. */
typedef struct
{
  GString *report;
  gboolean is_done;      /* it said all that it had to */
  gboolean is_over_time;
  gboolean has_status;   /* somebody else may have waited for it */
  int      status;
} Outcome;

/* What is known: the identity of a file -> NULL for one that can be opened, or a
 * sentence. Never freed. */
static pthread_mutex_t known_lock = PTHREAD_MUTEX_INITIALIZER;
static GHashTable     *known;

/* --- Which file --- */

/* A file that was written to, exchanged or moved is another one. */
static char *
make_identity (const struct stat *st)
{
  return g_strdup_printf ("%llx %llx %lld %lld.%09ld %lld.%09ld " BTFW_VERSION " %u",
                          (unsigned long long) st->st_dev, (unsigned long long) st->st_ino, (long long) st->st_size,
                          (long long) st->st_mtim.tv_sec, st->st_mtim.tv_nsec,
                          (long long) st->st_ctim.tv_sec, st->st_ctim.tv_nsec, BTFW_PLUGIN_ABI);
}

/* What was built, tested and installed together with this library, under the name
 * that it has there: it has been seen before. A stranger's plugin in the same
 * folder has another name, and what a person put over a shipped one is as much
 * their own decision as the library is. */
static gboolean
is_shipped (BtfwPluginInfo *info)
{
  static const char *const shipped[] = { BTFW_SHIPPED_PLUGINS, NULL };
  g_autofree char *folder = g_path_get_dirname (info->path);
  g_autofree char *stem = g_strconcat (info->kind, "-", info->name, NULL);

  return (strcmp (folder, BTFW_PLUGIN_DIR) == 0 || strcmp (folder, BTFW_BUILD_DIR "/plugins") == 0) &&
         g_strv_contains (shipped, stem);
}

static char *
make_record_path (BtfwPluginInfo *info)
{
  g_autofree char *digest = g_compute_checksum_for_string (G_CHECKSUM_SHA256, info->path, -1);
  g_autofree char *file = g_strdup_printf ("%s-%s-%.16s", info->kind, info->name, digest);

  return g_build_filename (g_get_user_cache_dir (), "btfw", "probed", file, NULL);
}

/* --- What is remembered --- */

/* A line with the identity, and one with the sentence, if there is any. */
static gboolean
read_record (BtfwPluginInfo *info, const char *identity, char **sentence)
{
  g_autofree char *path = NULL;
  g_autofree char *text = NULL;
  g_auto (GStrv)   lines = NULL;
  gsize            size;

  if (!btfw_trust_environment ())
    return FALSE;
  path = make_record_path (info);
  if (!g_file_get_contents (path, &text, &size, NULL) || size > RECORD_MAX || !g_utf8_validate (text, (gssize) size, NULL))
    return FALSE;

  lines = g_strsplit (text, "\n", 3);
  if (lines[0] == NULL || lines[1] == NULL || strcmp (lines[0], identity) != 0)
    return FALSE;
  *sentence = lines[1][0] != '\0' ? g_strdup (lines[1]) : NULL;
  return TRUE;
}

static void
write_record (BtfwPluginInfo *info, const char *identity, const char *sentence)
{
  g_autofree char *path = NULL;
  g_autofree char *folder = NULL;
  g_autofree char *text = NULL;

  if (!btfw_trust_environment ())
    return;
  path = make_record_path (info);
  folder = g_path_get_dirname (path);
  text = g_strdup_printf ("%s\n%s\n", identity, sentence != NULL ? sentence : "");

  /* Without it the next program looks again, which costs only time. */
  if (g_mkdir_with_parents (folder, 0700) == 0)
    g_file_set_contents_full (path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL);
}

static gboolean
recall (BtfwPluginInfo *info, const char *identity, char **sentence)
{
  gpointer value;
  gboolean found;

  pthread_mutex_lock (&known_lock);
  found = known != NULL && g_hash_table_lookup_extended (known, identity, NULL, &value);
  *sentence = found ? g_strdup (value) : NULL;
  pthread_mutex_unlock (&known_lock);
  return found || read_record (info, identity, sentence);
}

static void
remember (const char *identity, const char *sentence)
{
  pthread_mutex_lock (&known_lock);
  if (known == NULL)
    known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  g_hash_table_insert (known, g_strdup (identity), g_strdup (sentence));
  pthread_mutex_unlock (&known_lock);
}

/* --- The child --- */

/* The helper stands where this library's own installation has it, also when that
 * was moved as a whole; or in the build tree. */
static char *
find_helper (void)
{
  Dl_info          self;
  g_autofree char *real = NULL;
  g_autofree char *folder = NULL;

  if (dladdr ((gpointer) btfw_probe_check, &self) != 0 && self.dli_fname != NULL)
    real = realpath (self.dli_fname, NULL);
  if (real != NULL && g_str_has_prefix (real, BTFW_BUILD_DIR "/"))
    return g_strdup (BTFW_BUILD_DIR "/core/cli/btfw-probe");

  folder = real != NULL ? g_path_get_dirname (real) : NULL;
  if (folder != NULL && g_str_has_suffix (folder, BTFW_LIB_DIR))
    {
      folder[strlen (folder) - strlen (BTFW_LIB_DIR)] = '\0';
      return g_strconcat (folder, BTFW_LIBEXEC_DIR, "/btfw-probe", NULL);
    }
  return g_strdup (BTFW_LIBEXEC_DIR "/btfw-probe");
}

/* posix_spawn, for a program with threads has no business between fork and exec. */
static pid_t
spawn (const char *helper, BtfwPluginInfo *info, const char *real_path, int fd, int result)
{
  char                      *words[] = { (char *) "btfw-probe", info->kind, info->name, (char *) real_path, NULL };
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t          attributes;
  sigset_t                   all, none;
  pid_t                      pid = -1;

  sigfillset (&all);
  sigemptyset (&none);
  posix_spawn_file_actions_init (&actions);
  posix_spawn_file_actions_addopen (&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen (&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen (&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_adddup2 (&actions, fd, BTFW_PROBE_FILE_FD);
  posix_spawn_file_actions_adddup2 (&actions, result, BTFW_PROBE_RESULT_FD);
  posix_spawnattr_init (&attributes);
  posix_spawnattr_setsigmask (&attributes, &none);
  posix_spawnattr_setsigdefault (&attributes, &all);
  posix_spawnattr_setflags (&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  if (posix_spawn (&pid, helper, &actions, &attributes, words, environ) != 0)
    pid = -1;
  posix_spawnattr_destroy (&attributes);
  posix_spawn_file_actions_destroy (&actions);
  return pid;
}

static int
get_milliseconds_left (gint64 deadline)
{
  gint64 left = (deadline - g_get_monotonic_time ()) / 1000;

  return (int) CLAMP (left, 0, G_MAXINT);
}

static void
listen_to_child (Outcome *outcome, int fd, gint64 deadline)
{
  struct pollfd waiting = { fd, POLLIN, 0 };
  char          buffer[4096];
  int           n_ready;

  while ((n_ready = poll (&waiting, 1, get_milliseconds_left (deadline))) != 0)
    {
      gssize n = n_ready < 0 ? -1 : read (fd, buffer, sizeof buffer);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0 || outcome->report->len > REPORT_MAX)
        return;
      g_string_append_len (outcome->report, buffer, n);
    }
  outcome->is_over_time = TRUE;
}

/* The end may hang as well: a destructor is code of the plugin too. */
static void
wait_for_child (Outcome *outcome, pid_t pid, gint64 deadline)
{
  pid_t ended = 0;

  while (!outcome->is_over_time && (ended = waitpid (pid, &outcome->status, WNOHANG)) == 0)
    {
      if (get_milliseconds_left (deadline) == 0)
        outcome->is_over_time = TRUE;
      else
        g_usleep (500);
    }
  if (outcome->is_over_time)
    {
      kill (pid, SIGKILL);
      ended = waitpid (pid, &outcome->status, 0);
    }
  outcome->has_status = ended == pid;
}

/* Descriptors that the child's own places cannot overwrite before they are used. */
static int
lift (int fd)
{
  int lifted = fcntl (fd, F_DUPFD_CLOEXEC, 16);

  close (fd);
  return lifted;
}

/* FALSE when there is no way to ask. */
static gboolean
run_child (BtfwPluginInfo *info, const char *real_path, int file, Outcome *outcome)
{
  g_autofree char *helper = find_helper ();
  gint64           deadline = g_get_monotonic_time () + BTFW_PROBE_SECONDS * G_USEC_PER_SEC;
  int              ends[2];
  int              fd;
  pid_t            pid;

  if (pipe2 (ends, O_CLOEXEC) < 0)
    return FALSE;
  ends[0] = lift (ends[0]);
  ends[1] = lift (ends[1]);
  fd = fcntl (file, F_DUPFD_CLOEXEC, 16);
  pid = spawn (helper, info, real_path, fd, ends[1]);
  close (ends[1]);
  close (fd);
  if (pid > 0)
    {
      listen_to_child (outcome, ends[0], deadline);
      wait_for_child (outcome, pid, deadline);
      outcome->is_done = g_str_has_suffix (outcome->report->str, "done \n");
    }
  else
    g_debug ("“%s” cannot be started; “%s” is opened without a probe", helper, info->path);
  close (ends[0]);
  return pid > 0;
}

/* What makes a file be set aside. NULL: it did no harm. */
static char *
describe_harm (BtfwPluginInfo *info, const Outcome *outcome)
{
  const char *how = NULL;

  if (outcome->is_over_time)
    how = _("did not come to an end");
  else if (outcome->has_status && WIFSIGNALED (outcome->status))
    return g_strdup_printf (_("the plugin “%s” is set aside: the process that opened it crashed (%s); "
                              "mend it, or try again with: btfw inspect --forgive %s-%s"),
                            info->path, g_strsignal (WTERMSIG (outcome->status)), info->kind, info->name);
  else if (!outcome->is_done)
    how = _("was ended by it");
  if (how == NULL)
    return NULL;

  return g_strdup_printf (_("the plugin “%s” is set aside: the process that opened it %s; "
                            "mend it, or try again with: btfw inspect --forgive %s-%s"),
                          info->path, how, info->kind, info->name);
}

/* "error TEXT": what failed in good order, and may be well the next time. */
static char *
find_error (const Outcome *outcome)
{
  g_auto (GStrv) lines = g_strsplit (outcome->report->str, "\n", -1);

  for (char **line = lines; *line != NULL; line++)
    if (g_str_has_prefix (*line, "error "))
      return g_strcompress (*line + strlen ("error "));
  return NULL;
}

/* --- Asking --- */

static gboolean
fail (GError **error, const char *sentence)
{
  g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_PLUGIN, sentence);
  return FALSE;
}

/* Answers the sentence about the file, or NULL when it can be used. */
static char *
probe (BtfwPluginInfo *info, int fd, const char *real_path, const char *identity, GPtrArray *settings)
{
  Outcome          outcome = { .report = g_string_new (NULL) };
  char            *sentence = NULL;
  g_autofree char *harm = NULL;
  g_autofree char *reason = NULL;

  if (run_child (info, real_path, fd, &outcome))
    {
      harm = describe_harm (info, &outcome);
      reason = harm == NULL ? find_error (&outcome) : NULL;
      if (reason == NULL)
        {
          write_record (info, identity, harm);
          remember (identity, harm);
        }
      if (reason != NULL)
        sentence = g_strdup_printf (_("the plugin “%s” cannot be used: %s"), info->path, reason);
      else
        sentence = g_strdup (harm);
    }
  if (settings != NULL && sentence == NULL)
    {
      g_auto (GStrv) lines = g_strsplit (outcome.report->str, "\n", -1);

      for (char **line = lines; *line != NULL; line++)
        if (g_str_has_prefix (*line, "setting "))
          {
            GParamSpec *pspec = btfw_probe_parse_setting (*line + strlen ("setting "), info->name);

            if (pspec != NULL)
              g_ptr_array_add (settings, pspec);
          }
    }
  g_string_free (outcome.report, TRUE);
  return sentence;
}

static int
open_and_identify (BtfwPluginInfo *info, char **real_path, char **identity, GError **error)
{
  BtfwPluginDescription description;
  struct stat           st;
  int                   fd = btfw_plugin_info_open (info->path, info->kind, info->name, &description, real_path, error);

  if (fd >= 0 && fstat (fd, &st) == 0)
    *identity = make_identity (&st);
  return fd;
}

gboolean
btfw_probe_check (BtfwPluginInfo *info, GError **error)
{
  g_autofree char *real_path = NULL;
  g_autofree char *identity = NULL;
  g_autofree char *sentence = NULL;
  int              fd;

  if (info->path == NULL || is_shipped (info))
    return TRUE;

  fd = open_and_identify (info, &real_path, &identity, error);
  if (fd < 0)
    return FALSE;
  if (identity != NULL && !recall (info, identity, &sentence))
    sentence = probe (info, fd, real_path, identity, NULL);
  close (fd);
  return sentence == NULL || fail (error, sentence);
}

char *
btfw_probe_recall (BtfwPluginInfo *info)
{
  g_autofree char *identity = NULL;
  struct stat      st;
  char            *sentence = NULL;

  if (info->path == NULL || is_shipped (info) || stat (info->path, &st) < 0)
    return NULL;
  identity = make_identity (&st);
  recall (info, identity, &sentence);
  return sentence;
}

gboolean
btfw_probe_forgive (BtfwPluginInfo *info)
{
  g_autofree char *path = NULL;

  if (info->path == NULL || !btfw_trust_environment ())
    return FALSE;

  pthread_mutex_lock (&known_lock);
  g_clear_pointer (&known, g_hash_table_unref);
  pthread_mutex_unlock (&known_lock);
  path = make_record_path (info);
  return g_unlink (path) == 0;
}

GPtrArray *
btfw_probe_read_settings (BtfwPluginInfo *info, GError **error)
{
  g_autoptr (GPtrArray) settings = g_ptr_array_new_with_free_func ((GDestroyNotify) g_param_spec_unref);
  g_autofree char      *real_path = NULL;
  g_autofree char      *identity = NULL;
  g_autofree char      *sentence = NULL;
  int                   fd = open_and_identify (info, &real_path, &identity, error);

  if (fd < 0)
    return NULL;

  /* What is set aside is not tried again. */
  if (!recall (info, identity, &sentence) || sentence == NULL)
    {
      g_clear_pointer (&sentence, g_free);
      sentence = probe (info, fd, real_path, identity, settings);
    }
  close (fd);
  if (sentence != NULL)
    {
      fail (error, sentence);
      return NULL;
    }
  return g_steal_pointer (&settings);
}
