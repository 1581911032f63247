/* console.c: what the program says, on standard output and standard error. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/console.h"

#include "cli/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <libintl.h>
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <unistd.h>

static BtfwConsoleHook message_hook;
static gpointer        message_hook_data;

/* Of btfw_console_show_debug(); set before there is a second thread. */
static char **debug_areas;

static void
guard_standard_descriptors (void)
{
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl (fd, F_GETFD) == -1 && errno == EBADF)
      {
        /* The lowest free number is taken, so this is @fd itself. */
        int opened = open ("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY);

        if (opened != fd)
          _exit (1);
      }
}

static void
set_up_translations (void)
{
  const char *folder = getauxval (AT_SECURE) ? NULL : g_getenv ("BTFW_LOCALE_DIR");

  setlocale (LC_ALL, "");
  bindtextdomain (GETTEXT_PACKAGE, folder != NULL ? folder : BTFW_LOCALE_DIR);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
}

void
btfw_console_start (void)
{
  struct sigaction ignore = { .sa_handler = SIG_IGN };

  guard_standard_descriptors ();
  sigemptyset (&ignore.sa_mask);
  sigaction (SIGPIPE, &ignore, NULL);
  /* Debug output and results must not be mixed up in a pipe; GLib takes no word
   * of that once there was a thread. */
  g_log_writer_default_set_use_stderr (TRUE);
  set_up_translations ();
}

char *
btfw_console_encode (const char *text)
{
  const char      *charset = NULL;
  g_autofree char *target = NULL;
  char            *encoded;

  if (g_get_charset (&charset))
    return g_strdup (text);

  target = g_strconcat (charset, "//TRANSLIT", NULL);
  encoded = g_convert_with_fallback (text, -1, target, "UTF-8", "?", NULL, NULL, NULL);
  return encoded != NULL ? encoded : g_str_to_ascii (text, NULL);
}

char *
btfw_console_show_path (const char *path)
{
  return btfw_text_clean (path, -1);
}

void
btfw_console_print (const char *text)
{
  g_autofree char *encoded = btfw_console_encode (text);

  fputs (encoded, stdout);
}

gboolean
btfw_console_finish (void)
{
  errno = 0;
  if (fflush (stdout) == 0 && !ferror (stdout))
    return TRUE;

  if (errno != EPIPE)
    btfw_console_error (_("cannot write to standard output: %s"),
                        errno != 0 ? g_strerror (errno) : _("unknown error"));
  return FALSE;
}

static void
say (const char *prefix, const char *format, va_list args)
{
  g_autofree char *sentence = g_strdup_vprintf (format, args);
  g_autofree char *line = g_strdup_printf ("btfw: %s%s\n", prefix, sentence);
  g_autofree char *encoded = btfw_console_encode (line);

  if (message_hook != NULL)
    {
      message_hook (encoded, message_hook_data);
      return;
    }

  fflush (stdout);
  fputs (encoded, stderr);
}

void
btfw_console_error (const char *format, ...)
{
  va_list args;

  va_start (args, format);
  say ("", format, args);
  va_end (args);
}

void
btfw_console_warning (const char *format, ...)
{
  va_list args;

  va_start (args, format);
  say (_("warning: "), format, args);
  va_end (args);
}

void
btfw_console_info (const char *format, ...)
{
  va_list args;

  va_start (args, format);
  say ("", format, args);
  va_end (args);
}

void
btfw_console_set_hook (BtfwConsoleHook hook, gpointer user_data)
{
  message_hook = hook;
  message_hook_data = user_data;
}

/* Whether a message comes from one of the areas that were asked for. The area
 * is the folder of its source file: "…/core/swarm/requests.c". */
static gboolean
is_wanted_area (const char *source)
{
  g_auto (GStrv) elements = NULL;

  if (debug_areas == NULL)
    return TRUE;
  if (source == NULL)
    return FALSE;

  elements = g_strsplit (source, "/", -1);
  for (char **area = debug_areas; *area != NULL; area++)
    if (g_strv_contains ((const char *const *) elements, *area))
      return TRUE;

  return FALSE;
}

static const char *
find_field (const GLogField *fields, gsize n_fields, const char *key)
{
  for (gsize i = 0; i < n_fields; i++)
    if (strcmp (fields[i].key, key) == 0 && fields[i].length < 0)
      return fields[i].value;

  return NULL;
}

static GLogWriterOutput
write_debug (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user_data)
{
  const char *domain = find_field (fields, n_fields, "GLIB_DOMAIN");

  if ((level & G_LOG_LEVEL_DEBUG) == 0)
    return g_log_writer_default (level, fields, n_fields, user_data);

  if (g_strcmp0 (domain, "btfw") == 0 && is_wanted_area (find_field (fields, n_fields, "CODE_FILE")))
    return g_log_writer_standard_streams (level, fields, n_fields, user_data);

  return G_LOG_WRITER_HANDLED;
}

void
btfw_console_show_debug (const char *areas)
{
  if (areas != NULL)
    debug_areas = g_strsplit (areas, ",", -1);

  g_log_set_writer_func (write_debug, NULL, NULL);
}
