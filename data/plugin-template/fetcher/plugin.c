/* fetcher-@name@.c: gets .torrent files from a folder: @scheme@://debian is
 * debian.torrent there. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Names of types are shared by the whole process: yours begin with a word of
 * your own, never with Btfw. */
struct _@Name@Fetcher
{
  GObject parent_instance;
  char   *folder;
};

#define @NAME@_TYPE_FETCHER (@name@_fetcher_get_type ())
G_DECLARE_FINAL_TYPE (@Name@Fetcher, @name@_fetcher, @NAME@, FETCHER, GObject)

/* The properties of a plugin are its settings: this one is folder=/srv/torrents
 * in the group [fetcher-@name@] of the keyfile, or --set fetcher-@name@.folder=… */
enum
{
  PROP_FOLDER = 1,
  N_PROPS
};

static GParamSpec *properties[N_PROPS];

static void fetcher_iface_init (BtfwFetcherInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (@Name@Fetcher, @name@_fetcher, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_FETCHER, fetcher_iface_init));

/* What a thread is handed: it touches nothing else. */
typedef struct
{
  char *folder;
  char *name; /* "debian.torrent" */
  gsize max_size;
} Job;

static void
job_free (gpointer data)
{
  Job *job = data;

  g_free (job->folder);
  g_free (job->name);
  g_free (job);
}

/* A fetcher that needs the network keeps @net, and asks it about every socket. */
static void
@name@_fetcher_start (BtfwFetcher *fetcher, BtfwNet *net)
{
}

/* "debian" of "@scheme@://debian"; what would lead elsewhere is no name. */
static char *
get_file_name (const char *url, GError **error)
{
  const char *begin = strstr (url, "://");
  const char *name = begin != NULL ? begin + 3 : "";

  if (name[0] != '\0' && name[0] != '.' && strchr (name, '/') == NULL && strlen (name) < 200)
    return g_strconcat (name, ".torrent", NULL);

  g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID, "“%.60s” is not of the form @scheme@://NAME", url);
  return NULL;
}

/* Files block, and on the loop's thread nothing may: so this runs on another one. */
static void
read_file (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  const Job          *job = data;
  GError             *error = NULL;
  g_autoptr (BtfwDir) dir = btfw_dir_open (job->folder, FALSE, &error);
  int                 fd = dir != NULL ? btfw_dir_open_beneath (dir, job->name, O_RDONLY, 0, &error) : -1;
  g_autofree guint8  *bytes = NULL;
  gsize               size = 0;
  gssize              n = 1;

  if (fd < 0)
    {
      g_task_return_error (task, error);
      return;
    }

  bytes = g_malloc (job->max_size + 1);
  while (n > 0 && size <= job->max_size && !g_cancellable_is_cancelled (cancellable))
    {
      n = read (fd, bytes + size, job->max_size + 1 - size);
      size += n > 0 ? (gsize) n : 0;
    }
  close (fd);

  if (n < 0)
    g_task_return_new_error (task, BTFW_ERROR, BTFW_ERROR_FAILED, "cannot read “%s”: %s", job->name, g_strerror (errno));
  else if (size > job->max_size)
    g_task_return_new_error (task, BTFW_ERROR, BTFW_ERROR_LIMIT, "“%s” is larger than %zu bytes", job->name, job->max_size);
  else
    g_task_return_pointer (task, g_bytes_new (bytes, size), (GDestroyNotify) g_bytes_unref);
}

static void
@name@_fetcher_fetch_async (BtfwFetcher        *fetcher,
                            const char         *url,
                            gsize               max_size,
                            GCancellable       *cancellable,
                            GAsyncReadyCallback callback,
                            gpointer            user_data)
{
  @Name@Fetcher    *self = @NAME@_FETCHER (fetcher);
  g_autoptr (GTask) task = g_task_new (fetcher, cancellable, callback, user_data);
  GError           *error = NULL;
  char             *name = get_file_name (url, &error);
  Job              *job;

  g_task_set_source_tag (task, @name@_fetcher_fetch_async);
  if (name == NULL)
    {
      g_task_return_error (task, error);
      return;
    }

  job = g_new0 (Job, 1);
  job->folder = self->folder != NULL && self->folder[0] != '\0'
                  ? g_strdup (self->folder)
                  : g_build_filename (g_get_user_data_dir (), "torrents", NULL);
  job->name = name;
  job->max_size = max_size;
  g_task_set_task_data (task, job, job_free);
  g_task_run_in_thread (task, read_file);
}

static GBytes *
@name@_fetcher_fetch_finish (BtfwFetcher *fetcher, GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

static void
fetcher_iface_init (BtfwFetcherInterface *iface)
{
  iface->start = @name@_fetcher_start;
  iface->fetch_async = @name@_fetcher_fetch_async;
  iface->fetch_finish = @name@_fetcher_fetch_finish;
}

static void
@name@_fetcher_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  if (id == PROP_FOLDER)
    g_value_set_string (value, @NAME@_FETCHER (object)->folder);
  else
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
}

static void
@name@_fetcher_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  @Name@Fetcher *self = @NAME@_FETCHER (object);

  if (id != PROP_FOLDER)
    {
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      return;
    }
  g_free (self->folder);
  self->folder = g_value_dup_string (value);
}

static void
@name@_fetcher_finalize (GObject *object)
{
  g_free (@NAME@_FETCHER (object)->folder);
  G_OBJECT_CLASS (@name@_fetcher_parent_class)->finalize (object);
}

static void
@name@_fetcher_class_init (@Name@FetcherClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->finalize = @name@_fetcher_finalize;
  object_class->get_property = @name@_fetcher_get_property;
  object_class->set_property = @name@_fetcher_set_property;

  properties[PROP_FOLDER] =
    g_param_spec_string ("folder", NULL, "where the files are; empty for torrents in the user's data folder", "",
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
@name@_fetcher_init (@Name@Fetcher *self)
{
}

BTFW_PLUGIN_DEFINE (fetcher, @name@, @name@_fetcher_get_type,
                    .version = "0.1",
                    .description = "torrents from a folder, by name",
                    .license = "LGPL-2.1-or-later",
                    .origin = "https://example.org/fetcher-@name@",
                    .schemes = "@scheme@");
