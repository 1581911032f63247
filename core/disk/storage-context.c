/* storage-context.c: what a storage knows of its torrent. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "disk/storage-context.h"

#include "disk/resume.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Which files are wanted: one for all contexts of a torrent, read on workers
 * while the loop's thread changes it. */
typedef struct
{
  gint    ref_count;
  guint32 n_files;
  guint8  bytes[];
} Wanted;

struct _BtfwStorageContext
{
  gint          ref_count;
  BtfwInfoHash *info_hash;
  BtfwLayout   *layout;
  GPtrArray    *stack; /* top first */
  guint         depth; /* the layer that this is for */
  Wanted       *wanted;
  char         *dir;
  char         *state_dir; /* nullable: the folder of all torrents' state */
};

G_DEFINE_BOXED_TYPE (BtfwStorageContext, btfw_storage_context, btfw_storage_context_ref, btfw_storage_context_unref)

/* All wanted, when there is no memory to say more: n_files is 0 then. */
static Wanted *
wanted_new (guint32 n_files)
{
  Wanted *self = g_try_malloc (sizeof *self + n_files);

  if (!self)
    self = g_malloc (sizeof *self + (n_files = 0));

  self->ref_count = 1;
  self->n_files = n_files;
  memset (self->bytes, 1, n_files);

  return self;
}

static Wanted *
wanted_ref (Wanted *self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

static void
wanted_unref (Wanted *self)
{
  if (g_atomic_int_dec_and_test (&self->ref_count))
    g_free (self);
}

static BtfwStorageContext *
copy (BtfwStorageContext *other, BtfwLayout *layout, guint depth, const char *dir)
{
  BtfwStorageContext *self = g_new0 (BtfwStorageContext, 1);

  self->ref_count = 1;
  self->info_hash = btfw_info_hash_ref (other->info_hash);
  self->layout = btfw_layout_ref (layout);
  self->stack = g_ptr_array_ref (other->stack);
  self->depth = depth;
  self->wanted = wanted_ref (other->wanted);
  self->dir = g_strdup (dir);
  self->state_dir = g_strdup (other->state_dir);

  return self;
}

/* Of this torrent in this save folder: the same torrent elsewhere has its own. */
static char *
make_torrent_state_path (BtfwStorageContext *self)
{
  g_autofree char *key = btfw_resume_make_key (self->info_hash, self->dir);

  return g_build_filename (self->state_dir, key, NULL);
}

/* The type's name, and a number when layers of one type lie upon each other. */
static char *
make_layer_name (BtfwStorageContext *self)
{
  const char *name = G_OBJECT_TYPE_NAME (g_ptr_array_index (self->stack, self->depth));
  guint       n_above = 0;

  for (guint i = 0; i < self->depth; i++)
    n_above += g_str_equal (name, G_OBJECT_TYPE_NAME (g_ptr_array_index (self->stack, i)));

  return n_above == 0 ? g_strdup (name) : g_strdup_printf ("%s-%u", name, n_above + 1);
}

static char *
make_layer_state_path (BtfwStorageContext *self, GError **error)
{
  g_autofree char *torrent = NULL;
  g_autofree char *layer = NULL;

  if (!self->state_dir)
    {
      g_set_error_literal (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_REFUSED,
                           _("there is no folder for the state of storages"));
      return NULL;
    }

  torrent = make_torrent_state_path (self);
  layer = make_layer_name (self);
  return g_build_filename (torrent, layer, NULL);
}

/* Removes a folder with plain files and folders in it; links are removed, not followed. */
static gboolean
remove_tree (int parent, const char *name, guint depth)
{
  struct dirent *entry;
  DIR           *dir;
  int            fd = openat (parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

  if (fd < 0 || depth == 0)
    {
      if (fd >= 0)
        close (fd);
      return unlinkat (parent, name, 0) == 0 || errno == ENOENT;
    }

  dir = fdopendir (fd);
  while (dir && (entry = readdir (dir)))
    if (!g_str_equal (entry->d_name, ".") && !g_str_equal (entry->d_name, ".."))
      remove_tree (dirfd (dir), entry->d_name, depth - 1);
  if (dir)
    closedir (dir);
  else
    close (fd);

  return unlinkat (parent, name, AT_REMOVEDIR) == 0;
}

BtfwStorageContext *
btfw_storage_context_new (BtfwInfoHash *info_hash,
                          BtfwLayout   *layout,
                          GPtrArray    *stack,
                          const char   *dir,
                          const char   *state_dir)
{
  BtfwStorageContext *self = g_new0 (BtfwStorageContext, 1);

  self->ref_count = 1;
  self->info_hash = btfw_info_hash_ref (info_hash);
  self->layout = btfw_layout_ref (layout);
  self->stack = g_ptr_array_ref (stack);
  self->wanted = wanted_new (btfw_layout_get_n_files (layout));
  self->dir = g_canonicalize_filename (dir, NULL);
  self->state_dir = state_dir ? g_canonicalize_filename (state_dir, NULL) : NULL;

  return self;
}

BtfwStorageContext *
btfw_storage_context_new_at (BtfwStorageContext *self, const char *dir)
{
  g_autofree char *absolute = g_canonicalize_filename (dir, NULL);

  return copy (self, self->layout, self->depth, absolute);
}

BtfwStorageContext *
btfw_storage_context_ref (BtfwStorageContext *self)
{
  g_return_val_if_fail (self, NULL);

  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
btfw_storage_context_unref (BtfwStorageContext *self)
{
  g_return_if_fail (self);

  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;

  btfw_info_hash_unref (self->info_hash);
  btfw_layout_unref (self->layout);
  g_ptr_array_unref (self->stack);
  wanted_unref (self->wanted);
  g_free (self->dir);
  g_free (self->state_dir);
  g_free (self);
}

BtfwLayout *
btfw_storage_context_get_layout (BtfwStorageContext *self)
{
  g_return_val_if_fail (self, NULL);

  return self->layout;
}

BtfwInfoHash *
btfw_storage_context_get_info_hash (BtfwStorageContext *self)
{
  g_return_val_if_fail (self, NULL);

  return self->info_hash;
}

const char *
btfw_storage_context_get_path (BtfwStorageContext *self)
{
  return self->dir;
}

BtfwDir *
btfw_storage_context_get_dir (BtfwStorageContext *self, GError **error)
{
  g_return_val_if_fail (self, NULL);

  return btfw_dir_open (self->dir, TRUE, error);
}

BtfwDir *
btfw_storage_context_find_dir (BtfwStorageContext *self, GError **error)
{
  g_autoptr (GError) local = NULL;
  BtfwDir           *dir;

  g_return_val_if_fail (self, NULL);

  dir = btfw_dir_open (self->dir, FALSE, &local);
  if (!dir)
    {
      if (g_error_matches (local, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_GONE))
        local->code = BTFW_STORAGE_ERROR_ABSENT;
      g_propagate_error (error, g_steal_pointer (&local));
    }
  return dir;
}

BtfwDir *
btfw_storage_context_get_state_dir (BtfwStorageContext *self, GError **error)
{
  g_autofree char *path = NULL;

  g_return_val_if_fail (self, NULL);

  path = make_layer_state_path (self, error);
  if (!path)
    return NULL;
  if (g_mkdir_with_parents (path, 0700) < 0)
    {
      btfw_set_storage_error_from_errno (error, errno, N_("create"), path);
      return NULL;
    }
  return btfw_dir_open (path, FALSE, error);
}

BtfwDir *
btfw_storage_context_find_state_dir (BtfwStorageContext *self, GError **error)
{
  g_autofree char *path = NULL;

  g_return_val_if_fail (self, NULL);

  path = make_layer_state_path (self, error);
  return path ? btfw_dir_open (path, FALSE, error) : NULL;
}

gboolean
btfw_storage_context_is_wanted (BtfwStorageContext *self, guint32 file)
{
  g_return_val_if_fail (self, TRUE);

  /* A layer may have made files of its own. */
  if (file >= self->wanted->n_files || self->wanted->n_files != btfw_layout_get_n_files (self->layout))
    return TRUE;

  return __atomic_load_n (&self->wanted->bytes[file], __ATOMIC_RELAXED) != 0;
}

void
btfw_storage_context_set_wanted (BtfwStorageContext *self, const guint8 *wanted, guint32 n_files)
{
  for (guint32 i = 0; i < MIN (n_files, self->wanted->n_files); i++)
    __atomic_store_n (&self->wanted->bytes[i], wanted[i] != 0, __ATOMIC_RELAXED);
}

BtfwStorage *
btfw_storage_context_get_lower (BtfwStorageContext *self)
{
  g_return_val_if_fail (self, NULL);

  return self->depth + 1 < self->stack->len ? g_ptr_array_index (self->stack, self->depth + 1) : NULL;
}

BtfwStorageContext *
btfw_storage_context_derive (BtfwStorageContext *self, BtfwLayout *layout)
{
  g_return_val_if_fail (self && self->depth + 1 < self->stack->len, NULL);

  return copy (self, layout ? layout : self->layout, self->depth + 1, self->dir);
}

gboolean
btfw_storage_context_remove_state (BtfwStorageContext *self, GError **error)
{
  g_autofree char *path = NULL;

  if (!self->state_dir)
    return TRUE;

  path = make_torrent_state_path (self);
  /* Layer, and what a storage put into its folder. */
  if (remove_tree (AT_FDCWD, path, 8) || errno == ENOENT)
    return TRUE;

  btfw_set_storage_error_from_errno (error, errno, N_("remove"), path);
  return FALSE;
}
