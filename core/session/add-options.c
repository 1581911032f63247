/* add-options.c: how a torrent is to be added. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/add-options.h"

G_DEFINE_BOXED_TYPE (BtfwAddOptions, btfw_add_options, btfw_add_options_ref, btfw_add_options_unref)

static void
clear_peer (gpointer data)
{
  g_free (((BtfwNamedPeer *) data)->host);
}

BtfwAddOptions *
btfw_add_options_new (void)
{
  BtfwAddOptions *self = g_new0 (BtfwAddOptions, 1);

  g_atomic_ref_count_init (&self->n_refs);
  self->overwrite = -1;
  self->priorities = g_array_new (FALSE, FALSE, sizeof (BtfwFilePriority));
  self->peers = g_array_new (FALSE, FALSE, sizeof (BtfwNamedPeer));
  g_array_set_clear_func (self->peers, clear_peer);
  return self;
}

BtfwAddOptions *
btfw_add_options_ref (BtfwAddOptions *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->n_refs);
  return self;
}

void
btfw_add_options_unref (BtfwAddOptions *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->n_refs))
    return;
  g_free (self->dir);
  g_free (self->picker);
  g_free (self->storage);
  g_free (self->choker);
  g_array_unref (self->priorities);
  g_array_unref (self->peers);
  g_free (self);
}

static void
set_text (char **place, const char *text)
{
  g_free (*place);
  *place = g_strdup (text);
}

void
btfw_add_options_set_dir (BtfwAddOptions *self, const char *path)
{
  set_text (&self->dir, path);
}

void
btfw_add_options_set_picker (BtfwAddOptions *self, const char *spec)
{
  set_text (&self->picker, spec);
}

void
btfw_add_options_set_storage (BtfwAddOptions *self, const char *spec)
{
  set_text (&self->storage, spec);
}

void
btfw_add_options_set_choker (BtfwAddOptions *self, const char *spec)
{
  set_text (&self->choker, spec);
}

void
btfw_add_options_set_overwrite (BtfwAddOptions *self, gboolean overwrite)
{
  self->overwrite = overwrite;
}

void
btfw_add_options_set_trust_files (BtfwAddOptions *self, gboolean trust)
{
  self->trust_files = trust;
}

void
btfw_add_options_set_check (BtfwAddOptions *self, gboolean check)
{
  self->check = check;
}

void
btfw_add_options_set_stopped (BtfwAddOptions *self, gboolean stopped)
{
  self->stopped = stopped;
}

void
btfw_add_options_set_hold (BtfwAddOptions *self, gboolean hold)
{
  self->holds = hold;
}

void
btfw_add_options_set_file_priority (BtfwAddOptions *self, guint32 file, BtfwPriority priority)
{
  BtfwFilePriority entry = { file, priority };

  g_array_append_val (self->priorities, entry);
}

void
btfw_add_options_add_peer (BtfwAddOptions *self, const char *host, guint16 port)
{
  BtfwNamedPeer peer = { g_strdup (host), port };

  g_array_append_val (self->peers, peer);
}

void
btfw_add_options_set_limits (BtfwAddOptions *self, guint64 max_download, guint64 max_upload)
{
  self->max_download = max_download;
  self->max_upload = max_upload;
}
