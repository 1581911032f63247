/* hook.c: runs the user's program when a torrent is complete. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/hook.h"

#include "cli/console.h"

#include <glib/gi18n-lib.h>
#include <unistd.h>

typedef struct
{
  char        *program; /* fit for a terminal */
  BtfwHookDone done;
  gpointer     user_data;
} Hook;

static char **
build_environment (const BtfwItem *item, const char *path, const char *hash)
{
  char           **environment = g_get_environ ();
  g_autofree char *size = g_strdup_printf ("%" G_GUINT64_FORMAT, btfw_torrent_status_get_wanted (btfw_item_get_status (item)));

  environment = g_environ_setenv (environment, "BTFW_EVENT", "complete", TRUE);
  environment = g_environ_setenv (environment, "BTFW_NAME", btfw_item_get_name (item), TRUE);
  environment = g_environ_setenv (environment, "BTFW_PATH", path, TRUE);
  environment = g_environ_setenv (environment, "BTFW_DIR", btfw_torrent_get_dir (item->torrent), TRUE);
  environment = g_environ_setenv (environment, "BTFW_INFO_HASH", hash, TRUE);
  environment = g_environ_setenv (environment, "BTFW_SIZE", size, TRUE);
  return environment;
}

static void
hook_free (Hook *hook)
{
  g_free (hook->program);
  g_free (hook);
}

static void
on_program_ended (GPid pid, int wait_status, gpointer user_data)
{
  Hook              *hook = user_data;
  g_autoptr (GError) error = NULL;

  if (!g_spawn_check_wait_status (wait_status, &error))
    g_prefix_error (&error, _("“%s” (--on-complete): "), hook->program);
  hook->done (error, hook->user_data);
  g_spawn_close_pid (pid);
  hook_free (hook);
}

gboolean
btfw_hook_run (const char *program, const BtfwItem *item, BtfwHookDone done, gpointer user_data, GError **error)
{
  g_autofree char *path = btfw_item_dup_path (item);
  g_autofree char *hash = btfw_info_hash_to_string (btfw_torrent_get_info_hash (item->torrent));
  g_auto (GStrv)   environment = build_environment (item, path, hash);
  const char      *arguments[] = { program, btfw_item_get_name (item), path, hash, NULL };
  g_autofree char *shown = btfw_console_show_path (program);
  Hook            *hook;
  GPid             pid;

  if (!g_spawn_async_with_pipes_and_fds (NULL, arguments, (const char *const *) environment,
                                         G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_SEARCH_PATH, NULL, NULL,
                                         -1, STDERR_FILENO, STDERR_FILENO, NULL, NULL, 0,
                                         &pid, NULL, NULL, NULL, error))
    {
      g_prefix_error (error, _("“%s” (--on-complete) cannot be started: "), shown);
      return FALSE;
    }

  hook = g_new0 (Hook, 1);
  hook->program = g_steal_pointer (&shown);
  hook->done = done;
  hook->user_data = user_data;
  g_child_watch_add (pid, on_program_ended, hook);
  return TRUE;
}
