/* wishes.c: how one torrent is to be run: by its options, the rules, and the settings for all. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "session/wishes.h"

#include <string.h>

typedef struct
{
  BtfwConfig   *config;
  BtfwSettings *settings;
  BtfwMetainfo *metainfo;
  BtfwMagnet   *magnet;
} Sources;

/* The torrent's own wish, or what holds for it. */
static char *
choose_text (const Sources *self, const char *wish, const char *key)
{
  const char *text = wish != NULL ? wish : btfw_config_lookup_for (self->config, self->metainfo, self->magnet, key, NULL, NULL);
  char       *value = NULL;

  if (text != NULL && *text != '\0')
    return g_strdup (text);
  g_object_get (self->settings, key, &value, NULL);
  return value;
}

/* What a rule says; 0 when none does. What is said for all is counted elsewhere. */
static guint64
choose_number (const Sources *self, const char *key)
{
  GParamSpec  *pspec = g_object_class_find_property (G_OBJECT_GET_CLASS (self->settings), key);
  const char  *group = NULL;
  const char  *text = btfw_config_lookup_for (self->config, self->metainfo, self->magnet, key, NULL, &group);
  g_auto (GValue) value = G_VALUE_INIT;

  if (text == NULL || strcmp (group, "session") == 0 || !btfw_config_parse_value (pspec, text, &value, NULL))
    return 0;
  return G_VALUE_HOLDS_UINT (&value) ? g_value_get_uint (&value) : g_value_get_uint64 (&value);
}

void
btfw_wishes_init (BtfwWishes     *self,
                  BtfwConfig     *config,
                  BtfwSettings   *settings,
                  BtfwAddOptions *options,
                  BtfwMetainfo   *metainfo,
                  BtfwMagnet     *magnet)
{
  Sources          sources = { config, settings, metainfo, magnet };
  g_autofree char *dir = choose_text (&sources, options->dir, "dir");

  *self = (BtfwWishes){
    .dir = g_canonicalize_filename (dir == NULL || *dir == '\0' ? "." : dir, NULL),
    .picker = choose_text (&sources, options->picker, "picker"),
    .storage = choose_text (&sources, options->storage, "storage"),
    .choker = choose_text (&sources, options->choker, "choker"),
    .max_download = options->max_download > 0 ? options->max_download : choose_number (&sources, "max-download"),
    .max_upload = options->max_upload > 0 ? options->max_upload : choose_number (&sources, "max-upload"),
    .max_peers = (guint) choose_number (&sources, "max-peers"),
  };
}

void
btfw_wishes_clear (BtfwWishes *self)
{
  g_clear_pointer (&self->dir, g_free);
  g_clear_pointer (&self->picker, g_free);
  g_clear_pointer (&self->storage, g_free);
  g_clear_pointer (&self->choker, g_free);
}

char *
btfw_wishes_sign (BtfwConfig *config, const char *kind, const char *spec)
{
  g_autoptr (GString) sign = g_string_new (spec);
  g_autofree char    *name = g_strndup (spec, strcspn (spec, ","));
  g_autofree char    *group = g_strdup_printf ("%s-%s", kind, g_strstrip (name));
  g_auto (GStrv)      keys = btfw_config_get_keys (config, group);

  for (char **key = keys; *key != NULL; key++)
    g_string_append_printf (sign, "\n%s=%s", *key, btfw_config_lookup (config, group, *key, NULL));
  return g_string_free (g_steal_pointer (&sign), FALSE);
}
