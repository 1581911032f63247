/* source.c: opens what the user named: a .torrent file, its URL, or a magnet link. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/source.h"

#include "cli/console.h"

#include <glib/gi18n-lib.h>
#include <string.h>

static void
on_fetched (GObject *object, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (GTask)  task = user_data;
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char   *shown = NULL;
  BtfwMetainfo      *metainfo;
  GError            *error = NULL;

  bytes = btfw_session_fetch_finish (BTFW_SESSION (object), result, &error);
  metainfo = bytes != NULL ? btfw_metainfo_new_from_bytes (bytes, &error) : NULL;
  if (metainfo != NULL)
    {
      g_task_return_pointer (task, metainfo, (GDestroyNotify) btfw_metainfo_unref);
      return;
    }

  shown = btfw_text_redact_url (g_task_get_task_data (task));
  if (bytes != NULL)
    g_prefix_error (&error, "“%s”: ", shown);
  g_task_return_error (task, error);
}

BtfwMagnet *
btfw_source_parse_magnet (const char *source, GError **error)
{
  g_autoptr (BtfwInfoHash) hash = NULL;
  g_autofree char         *link = NULL;

  if (btfw_magnet_is_link (source))
    return btfw_magnet_parse (source, error);

  /* A bare hash is a link that says nothing else, unless a file has that name. */
  hash = btfw_info_hash_parse (source, NULL);
  if (hash == NULL || btfw_info_hash_get_v1 (hash) == NULL || g_file_test (source, G_FILE_TEST_EXISTS))
    return NULL;
  link = g_strconcat ("magnet:?xt=urn:btih:", source, NULL);
  return btfw_magnet_parse (link, error);
}

/* What is no file but can be said to be something, and what to do then. */
static GError *
explain_missing (const char *source, const char *shown)
{
  g_autoptr (BtfwInfoHash) hash = btfw_info_hash_parse (source, NULL);

  if (hash != NULL)
    return g_error_new (BTFW_ERROR, BTFW_ERROR_UNSUPPORTED,
                        _("“%s” is an info-hash; name the .torrent file"), shown);

  return g_error_new (BTFW_ERROR, BTFW_ERROR_NOT_FOUND, _("there is no file “%s”"), shown);
}

/* Says what a person who named @source may have meant. NULL when it is a file. */
static GError *
check_file (const char *source)
{
  g_autofree char *shown = btfw_console_show_path (source);

  if (g_file_test (source, G_FILE_TEST_IS_DIR))
    return g_error_new (BTFW_ERROR, BTFW_ERROR_INVALID,
                        _("“%s” is a folder; “btfw share” shares it, “btfw create” makes a torrent of it"), shown);
  if (!g_file_test (source, G_FILE_TEST_EXISTS))
    return explain_missing (source, shown);

  return NULL;
}

static void
open_file (GTask *task, const char *path)
{
  GError       *error = check_file (path);
  BtfwMetainfo *metainfo = error == NULL ? btfw_metainfo_new_from_path (path, &error) : NULL;

  if (metainfo != NULL)
    g_task_return_pointer (task, metainfo, (GDestroyNotify) btfw_metainfo_unref);
  else
    g_task_return_error (task, error);
}

/* A plugin may serve schemes of its own. */
static gboolean
is_url (const char *source)
{
  return g_uri_peek_scheme (source) != NULL && strstr (source, "://") != NULL && !g_file_test (source, G_FILE_TEST_EXISTS);
}

void
btfw_source_open_async (BtfwSession        *session,
                        const char         *source,
                        GCancellable       *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (session, cancellable, callback, user_data);

  g_task_set_source_tag (task, btfw_source_open_async);
  g_task_set_task_data (task, g_strdup (source), g_free);

  if (is_url (source))
    btfw_session_fetch_async (session, source, cancellable, on_fetched, g_steal_pointer (&task));
  else
    open_file (task, source);
}

BtfwMetainfo *
btfw_source_open_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
