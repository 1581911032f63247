/* keyfile.c: keyfiles, and what their values can be read as. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz.h"

#include "base/keyfile.h"

#include <btfw/btfw-config.h>

static void
check_entries (const char *text, gsize size)
{
  g_autoptr (GError)      error = NULL;
  g_autoptr (BtfwKeyfile) keyfile = btfw_keyfile_parse (text, size, "btfw.conf", &error);
  const BtfwKeyfileEntry *entries;
  guint                   n;

  if (!fuzz_check (keyfile != NULL, &error))
    return;
  entries = btfw_keyfile_get_entries (keyfile, &n);
  for (guint i = 0; i < n; i++)
    {
      g_assert_nonnull (entries[i].group);
      g_assert_cmpuint (entries[i].line, >, 0);
      g_assert_true ((entries[i].key == NULL) == (entries[i].value == NULL));
      if (entries[i].value != NULL)
        g_free (btfw_keyfile_unescape (entries[i].value));
    }
}

/* All settings of a session, whatever their type. */
static void
check_config (const char *text, gsize size)
{
  g_autoptr (GError)       error = NULL;
  g_autoptr (BtfwConfig)   config = btfw_config_new ();
  g_autoptr (BtfwSettings) settings = btfw_settings_new ();
  g_auto (GStrv)           groups = NULL;

  if (!fuzz_check (btfw_config_load_data (config, text, size, "btfw.conf", &error), &error))
    return;
  groups = btfw_config_get_groups (config);
  for (guint i = 0; groups[i] != NULL; i++)
    {
      g_auto (GStrv) keys = btfw_config_get_keys (config, groups[i]);

      for (guint j = 0; keys[j] != NULL; j++)
        g_assert_nonnull (btfw_config_lookup (config, groups[i], keys[j], NULL));
    }
  fuzz_check (btfw_config_apply (config, "session", G_OBJECT (settings), &error), &error);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  check_entries ((const char *) data, size);
  check_config ((const char *) data, size);
  return 0;
}
