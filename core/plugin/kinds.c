/* kinds.c: the kinds of plugins there are, and what plugins may be called. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "plugin/kinds.h"

#include <btfw/btfw-choker.h>
#include <btfw/btfw-discovery.h>
#include <btfw/btfw-extension.h>
#include <btfw/btfw-fetcher.h>
#include <btfw/btfw-picker.h>
#include <btfw/btfw-plugins.h>
#include <btfw/btfw-service.h>
#include <btfw/btfw-storage.h>
#include <btfw/btfw-tracker.h>

#include <string.h>

/* A new kind needs a line in each. */
static const char *const kind_names[] = {
  "choker", "discovery", "extension", "fetcher", "picker", "service", "storage", "tracker", NULL
};

static GType (*const kind_interfaces[]) (void) = {
  btfw_choker_get_type, btfw_discovery_get_type, btfw_extension_get_type, btfw_fetcher_get_type, btfw_picker_get_type,
  btfw_service_get_type, btfw_storage_get_type, btfw_tracker_get_type
};

G_STATIC_ASSERT (G_N_ELEMENTS (kind_names) == G_N_ELEMENTS (kind_interfaces) + 1);

/* What an interface calls “Required”. */
typedef struct
{
  const char *kind;
  const char *name;
  gsize       offset;
} Method;

/* clang-format off */
#define METHOD(kind_, Kind, name_) { #kind_, #name_, G_STRUCT_OFFSET (Btfw##Kind##Interface, name_) }
/* clang-format on */

static const Method required_methods[] = {
  METHOD (choker, Choker, rechoke),
  METHOD (discovery, Discovery, start),
  METHOD (discovery, Discovery, torrent_added),
  METHOD (discovery, Discovery, torrent_removed),
  METHOD (extension, Extension, get_message),
  METHOD (fetcher, Fetcher, start),
  METHOD (fetcher, Fetcher, fetch_async),
  METHOD (fetcher, Fetcher, fetch_finish),
  METHOD (picker, Picker, attach),
  METHOD (picker, Picker, detach),
  METHOD (picker, Picker, pick),
  METHOD (service, Service, start),
  METHOD (service, Service, stop),
  METHOD (storage, Storage, open),
  METHOD (storage, Storage, readv),
  METHOD (storage, Storage, writev),
  METHOD (storage, Storage, flush),
  METHOD (storage, Storage, close),
  METHOD (storage, Storage, stat),
  METHOD (storage, Storage, remove),
  METHOD (tracker, Tracker, announce_async),
  METHOD (tracker, Tracker, announce_finish),
};

const char *
btfw_kinds_find_missing_method (const char *kind,
                                GType       type)
{
  gpointer       class = g_type_class_ref (type);
  const guint8  *iface = g_type_interface_peek (class, btfw_plugins_get_interface (kind));
  const char    *missing = NULL;

  for (guint i = 0; missing == NULL && i < G_N_ELEMENTS (required_methods); i++)
    {
      const Method *method = &required_methods[i];

      if (strcmp (method->kind, kind) == 0 && *(const gpointer *) (iface + method->offset) == NULL)
        missing = method->name;
    }
  g_type_class_unref (class);
  return missing;
}

const char *const *
btfw_kinds_get_names (void)
{
  return kind_names;
}

gboolean
btfw_kinds_is_word (const char *word,
                    gsize       length)
{
  if (length == 0 || !g_ascii_islower (word[0]))
    return FALSE;

  for (gsize i = 1; i < length; i++)
    if (!g_ascii_islower (word[i]) && !g_ascii_isdigit (word[i]) && word[i] != '_')
      return FALSE;

  return TRUE;
}

gboolean
btfw_kinds_split (const char *text,
                  char      **kind,
                  char      **name)
{
  const char *dash = strchr (text, '-');

  if (dash == NULL || !btfw_kinds_is_word (text, dash - text) ||
      !btfw_kinds_is_word (dash + 1, strlen (dash + 1)))
    return FALSE;

  *kind = g_strndup (text, dash - text);
  *name = g_strdup (dash + 1);
  return TRUE;
}

GType
btfw_plugins_get_interface (const char *kind)
{
  g_return_val_if_fail (kind != NULL, G_TYPE_INVALID);

  for (guint i = 0; kind_names[i] != NULL; i++)
    if (strcmp (kind_names[i], kind) == 0)
      return kind_interfaces[i]();

  return G_TYPE_INVALID;
}
