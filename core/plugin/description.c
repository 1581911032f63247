/* description.c: what a module says of itself, read from its file and checked. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "plugin/description.h"

#include <btfw/btfw-text.h>

#include "plugin/elf.h"
#include "plugin/kinds.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* A module built with later headers of the same ABI may say more than we
 * know, but not endlessly more. */
#define DESCRIPTION_SIZE_MAX 4096

typedef struct
{
  const char *field;
  gsize       offset;
  gsize       size;
} Text;

/* clang-format off */
#define TEXT(field_) \
  { #field_, offsetof (BtfwPluginDescription, field_), sizeof (((BtfwPluginDescription *) NULL)->field_) }
/* clang-format on */

static const Text texts[] = {
  TEXT (kind),
  TEXT (name),
  TEXT (version),
  TEXT (description),
  TEXT (license),
  TEXT (origin),
  TEXT (schemes),
};

static gboolean
check_texts (const BtfwPluginDescription *description,
             GError                     **error)
{
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      const char      *text = (const char *) description + texts[i].offset;
      g_autofree char *clean = NULL;

      if (memchr (text, '\0', texts[i].size) == NULL)
        {
          g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID,
                       _("the field “%s” of its description is longer than %zu bytes"),
                       texts[i].field, texts[i].size - 1);
          return FALSE;
        }

      if (g_utf8_validate (text, -1, NULL))
        clean = btfw_text_clean (text, -1);
      if (g_strcmp0 (text, clean) != 0)
        {
          g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID,
                       _("the field “%s” of its description is not plain UTF-8 text"), texts[i].field);
          return FALSE;
        }
    }

  return TRUE;
}

static gboolean
is_scheme (const char *text)
{
  if (!g_ascii_islower (text[0]))
    return FALSE;

  for (; *text != '\0'; text++)
    if (!g_ascii_islower (*text) && !g_ascii_isdigit (*text) && strchr ("+-.", *text) == NULL)
      return FALSE;

  return TRUE;
}

static gboolean
check_schemes (const char *schemes,
               GError    **error)
{
  g_auto (GStrv) list = g_strsplit (schemes, ",", -1);

  for (guint i = 0; list[i] != NULL; i++)
    if (!is_scheme (list[i]))
      {
        g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID,
                     _("“%s” in its description is not a URL scheme"), list[i]);
        return FALSE;
      }

  return TRUE;
}

static gboolean
check_abi (const BtfwPluginDescription *description,
           const char                  *kind,
           const char                  *name,
           GError                     **error)
{
  if (description->abi != BTFW_PLUGIN_ABI)
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_PLUGIN,
                   _("plugin %s-%s needs ABI %u, this is %u; build it again with the headers of this version"),
                   kind, name, description->abi, BTFW_PLUGIN_ABI);
      return FALSE;
    }

  if (description->struct_size < sizeof *description || description->struct_size > DESCRIPTION_SIZE_MAX)
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID,
                   _("its description is %u bytes long instead of %zu"),
                   description->struct_size, sizeof *description);
      return FALSE;
    }

  return TRUE;
}

gboolean
btfw_description_check (const BtfwPluginDescription *description,
                        const char                  *kind,
                        const char                  *name,
                        GError                     **error)
{
  /* The order matters: nothing else has a meaning when the ABI differs. */
  if (!check_abi (description, kind, name, error) || !check_texts (description, error))
    return FALSE;

  if (strcmp (description->kind, kind) != 0 || strcmp (description->name, name) != 0)
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID,
                   _("its description is one of “%s-%s”, its name that of “%s-%s”"),
                   description->kind, description->name, kind, name);
      return FALSE;
    }

  return check_schemes (description->schemes, error);
}

char *
btfw_description_make_symbol (const char *kind,
                              const char *name,
                              const char *suffix)
{
  return g_strconcat ("btfw_plugin_", kind, "_", name, suffix, NULL);
}

gboolean
btfw_description_read (int                    fd,
                       const char            *kind,
                       const char            *name,
                       BtfwPluginDescription *description,
                       GError               **error)
{
  BtfwPluginDescription read;
  g_autofree char      *symbol = NULL;
  guint64               symbol_size;

  /* The fields could not hold longer ones. */
  if (strlen (kind) >= sizeof read.kind || strlen (name) >= sizeof read.name)
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID,
                   _("its name is too long: at most %d letters for the kind and %d for the name"),
                   (int) sizeof read.kind - 1, (int) sizeof read.name - 1);
      return FALSE;
    }

  symbol = btfw_description_make_symbol (kind, name, "");
  if (!btfw_elf_read_symbol (fd, symbol, &read, sizeof read, &symbol_size, error))
    return FALSE;

  if (!btfw_description_check (&read, kind, name, error))
    return FALSE;

  if (symbol_size < read.struct_size)
    {
      g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_INVALID, _("its description is cut short"));
      return FALSE;
    }

  *description = read;
  return TRUE;
}
