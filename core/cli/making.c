/* making.c: the options that say what a new torrent shall be like. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/making.h"

#include "cli/console.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <unistd.h>

static gboolean
take_piece_size (gpointer target, const BtfwOption *option, const char *value, GError **error)
{
  BtfwMaking *self = target;

  if (!btfw_parse_number (value, BTFW_UNIT_BYTES, &self->piece_size, error))
    {
      g_prefix_error (error, "--piece-size: ");
      return FALSE;
    }

  if (self->piece_size > G_MAXUINT32)
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID,
                   _("--piece-size: “%s” is more than pieces can have"), value);
      return FALSE;
    }

  return TRUE;
}

static const BtfwOption options[] = {
  { 't', "tracker", BTFW_ARGUMENT_REQUIRED, N_("URL,…"),
    N_("ask this tracker for peers (repeatable); those with a comma between them are equals, later ones stand in for earlier"),
    btfw_option_take_list, NULL, G_STRUCT_OFFSET (BtfwMaking, trackers) },
  { 0, "web-seed", BTFW_ARGUMENT_REQUIRED, N_("URL"), N_("the files can also be had from here (repeatable)"),
    btfw_option_take_list, NULL, G_STRUCT_OFFSET (BtfwMaking, web_seeds) },
  { 0, "piece-size", BTFW_ARGUMENT_REQUIRED, N_("SIZE"),
    N_("a power of two from 16KiB to 64MiB (default: by the size of all files)"), take_piece_size, NULL, 0 },
  { 0, "private", BTFW_ARGUMENT_NONE, NULL, N_("peers come only from its trackers"),
    btfw_option_take_flag, NULL, G_STRUCT_OFFSET (BtfwMaking, is_private) },
  { 0, "comment", BTFW_ARGUMENT_REQUIRED, N_("TEXT"), N_("a remark for those who get it"),
    btfw_option_take_text, NULL, G_STRUCT_OFFSET (BtfwMaking, comment) },
  { 0, "no-date", BTFW_ARGUMENT_NONE, NULL, N_("do not say when it was made; the same files make the same torrent"),
    btfw_option_take_flag, NULL, G_STRUCT_OFFSET (BtfwMaking, no_date) },
  { 0 },
};

BtfwOptionGroup
btfw_making_get_group (BtfwMaking *self)
{
  return (BtfwOptionGroup){ _("The torrent:"), options, self };
}

void
btfw_making_clear (BtfwMaking *self)
{
  g_clear_pointer (&self->trackers, g_ptr_array_unref);
  g_clear_pointer (&self->web_seeds, g_ptr_array_unref);
}

/* Where the URL after the next comma begins. A comma that is part of a URL is
 * not followed by a scheme. */
static const char *
find_next_url (const char *text)
{
  for (const char *comma = strchr (text, ','); comma != NULL; comma = strchr (comma + 1, ','))
    {
      g_autofree char *scheme = g_uri_parse_scheme (comma + 1);

      if (scheme != NULL && g_str_has_prefix (comma + 1 + strlen (scheme), "://"))
        return comma + 1;
    }

  return NULL;
}

static gboolean
add_tracker (BtfwCreator *creator, const char *url, guint tier, GError **error)
{
  g_autofree char *scheme = g_uri_parse_scheme (url);

  if (scheme == NULL || !g_str_has_prefix (url + strlen (scheme), "://"))
    {
      g_autofree char *shown = btfw_text_clean (url, -1);

      g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID,
                   _("“%s” is no tracker's URL; one looks like http://tracker.example.org/announce"), shown);
      return FALSE;
    }

  btfw_creator_add_tracker (creator, url, tier);
  return TRUE;
}

static gboolean
add_tier (BtfwCreator *creator, const char *urls, guint tier, GError **error)
{
  while (urls != NULL)
    {
      const char      *next = find_next_url (urls);
      g_autofree char *url = next != NULL ? g_strndup (urls, next - 1 - urls) : g_strdup (urls);

      if (!add_tracker (creator, url, tier, error))
        return FALSE;
      urls = next;
    }

  return TRUE;
}

static gboolean
check_path (const char *path, GError **error)
{
  int              saved;
  g_autofree char *shown = NULL;

  if (access (path, R_OK) == 0)
    return TRUE;

  saved = errno;
  shown = btfw_console_show_path (path);
  g_set_error (error, BTFW_ERROR, saved == ENOENT ? BTFW_ERROR_NOT_FOUND : BTFW_ERROR_REFUSED,
               _("cannot read “%s”: %s"), shown, g_strerror (saved));
  return FALSE;
}

BtfwCreator *
btfw_making_new_creator (const BtfwMaking *self, const char *path, guint first_tier, GError **error)
{
  g_autoptr (BtfwCreator) creator = NULL;

  if (!check_path (path, error))
    return NULL;

  creator = btfw_creator_new (path);
  if (!btfw_creator_set_piece_size (creator, (guint32) self->piece_size, error))
    return NULL;

  btfw_creator_set_private (creator, self->is_private);
  btfw_creator_set_creation_date (creator, self->no_date ? 0 : g_get_real_time () / G_USEC_PER_SEC);
  if (self->comment != NULL)
    btfw_creator_set_comment (creator, self->comment);

  for (guint i = 0; self->trackers != NULL && i < self->trackers->len; i++)
    if (!add_tier (creator, g_ptr_array_index (self->trackers, i), first_tier + i, error))
      return NULL;
  for (guint i = 0; self->web_seeds != NULL && i < self->web_seeds->len; i++)
    btfw_creator_add_web_seed (creator, g_ptr_array_index (self->web_seeds, i));

  return g_steal_pointer (&creator);
}
