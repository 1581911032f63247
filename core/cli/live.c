/* live.c: a few lines at the bottom of a terminal that are drawn over and over. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/live.h"

#include "cli/columns.h"
#include "cli/console.h"
#include "cli/output.h"
#include "cli/terminal.h"

#include <string.h>

#define ERASE_BELOW "\033[J"
#define ERASE_REST_OF_LINE "\033[K"

struct _BtfwLive
{
  int         fd;
  BtfwOutput *output;
  char       *lines; /* those on the terminal, or NULL; the cursor is below */
};

static void
on_message (const char *text, gpointer user_data)
{
  btfw_live_print (user_data, text);
}

BtfwLive *
btfw_live_new (int fd)
{
  BtfwLive *self = g_new0 (BtfwLive, 1);

  self->fd = fd;
  self->output = btfw_output_new (fd);
  btfw_terminal_hide_cursor (fd);
  btfw_console_set_hook (on_message, self);
  return self;
}

guint
btfw_live_get_width (BtfwLive *self)
{
  /* The last column stays free: terminals disagree on where the cursor is
   * after something was written there. */
  return MAX (btfw_terminal_get_width (self->fd), 2) - 1;
}

guint
btfw_live_get_height (BtfwLive *self)
{
  return MAX (btfw_terminal_get_height (self->fd), 2) - 1;
}

/* How many rows of the terminal the lines take now: one that has become
 * narrower since they were drawn has broken the long ones. */
static guint
count_rows (BtfwLive *self)
{
  g_auto (GStrv) lines = g_strsplit (self->lines, "\n", -1);
  guint          width = btfw_terminal_get_width (self->fd);
  guint          rows = 0;

  /* After the last line end there is one more, empty string. */
  for (char **line = lines; line[0] != NULL && line[1] != NULL; line++)
    {
      guint columns = btfw_columns_width (*line);

      rows += MAX ((columns + width - 1) / width, 1);
    }

  return rows;
}

/* Puts the cursor where the lines begin. */
static void
append_return (BtfwLive *self, GString *frame)
{
  guint rows;

  if (btfw_terminal_was_stopped ())
    g_clear_pointer (&self->lines, g_free);
  if (self->lines == NULL)
    return;

  rows = count_rows (self);
  g_string_append_c (frame, '\r');
  if (rows > 0)
    g_string_append_printf (frame, "\033[%uA", rows);
}

static void
append_lines (GString *frame, const char *lines)
{
  for (const char *end = strchr (lines, '\n'); end != NULL; end = strchr (lines, '\n'))
    {
      g_string_append_len (frame, lines, end - lines);
      g_string_append (frame, ERASE_REST_OF_LINE "\n");
      lines = end + 1;
    }
}

void
btfw_live_draw (BtfwLive *self, const char *lines)
{
  g_autoptr (GString) frame = NULL;

  if (!btfw_output_is_idle (self->output) || !btfw_terminal_is_foreground (self->fd))
    return;

  frame = g_string_new (NULL);
  append_return (self, frame);
  append_lines (frame, lines);
  g_string_append (frame, ERASE_BELOW);
  btfw_output_write (self->output, frame->str);

  g_free (self->lines);
  self->lines = g_strdup (lines);
}

void
btfw_live_print (BtfwLive *self, const char *text)
{
  g_autoptr (GString) frame = g_string_new (NULL);

  append_return (self, frame);
  g_string_append (frame, ERASE_BELOW);
  g_string_append (frame, text);
  if (self->lines != NULL)
    append_lines (frame, self->lines);
  btfw_output_write (self->output, frame->str);
}

void
btfw_live_free (BtfwLive *self)
{
  g_autoptr (GString) frame = g_string_new (NULL);

  btfw_console_set_hook (NULL, NULL);
  if (btfw_terminal_is_foreground (self->fd))
    {
      append_return (self, frame);
      g_string_append (frame, ERASE_BELOW);
      btfw_output_write (self->output, frame->str);
    }
  btfw_output_free (self->output);
  btfw_terminal_show_cursor ();
  g_free (self->lines);
  g_free (self);
}
