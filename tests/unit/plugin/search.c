/* search.c: tests of where plugins are looked for, and in which order. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "plugin/search.h"

#include <string.h>

static const char *const dirs[] = { "/first", "/second", NULL };

/* "/a /b * /c", with '*' for what is linked in */
static char *
write_places (GPtrArray *places)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < places->len; i++)
    {
      const BtfwSearchPlace *place = places->pdata[i];

      g_string_append_printf (text, "%s%s", i > 0 ? " " : "",
                              place->folder != NULL ? place->folder : place->is_registered ? "=" : "*");
    }

  return g_string_free (g_steal_pointer (&text), FALSE);
}

static GPtrArray *
new_notices (void)
{
  return g_ptr_array_new_with_free_func (g_free);
}

static void
test_order (void)
{
  g_autoptr (GPtrArray) notices = new_notices ();
  g_autoptr (GPtrArray) places = NULL;
  g_autofree char *text = NULL;
  g_autofree char *expected =
    g_strdup_printf ("= /first /second /env/one /env/two %s/btfw/plugins * %s", g_get_user_data_dir (), BTFW_PLUGIN_DIR);

  g_setenv ("BTFW_PLUGIN_PATH", "/env/one::/env/two:", TRUE);
  places = btfw_search_make_places (dirs, TRUE, notices);
  text = write_places (places);

  g_assert_cmpstr (text, ==, expected);
  g_assert_cmpuint (notices->len, ==, 0);
}

static void
test_without_environment (void)
{
  g_autoptr (GPtrArray) notices = new_notices ();
  g_autoptr (GPtrArray) places = NULL;
  g_autofree char *text = NULL;

  g_setenv ("BTFW_PLUGIN_PATH", "/env/one:relative", TRUE);
  places = btfw_search_make_places (dirs, FALSE, notices);
  text = write_places (places);

  g_assert_cmpstr (text, ==, "= /first /second * " BTFW_PLUGIN_DIR);
  g_assert_cmpuint (notices->len, ==, 0);
}

static void
test_relative (void)
{
  static const char *const relative[] = { "plugins", "/first", NULL };
  g_autoptr (GPtrArray) notices = new_notices ();
  g_autoptr (GPtrArray) places = NULL;
  g_autofree char *text = NULL;

  g_setenv ("BTFW_PLUGIN_PATH", "./here:/env", TRUE);
  places = btfw_search_make_places (relative, TRUE, notices);
  text = write_places (places);

  g_assert_true (g_str_has_prefix (text, "= /first /env "));
  g_assert_cmpuint (notices->len, ==, 2);
  g_assert_nonnull (strstr (notices->pdata[0], "“plugins”"));
  g_assert_nonnull (strstr (notices->pdata[1], "“./here” ($BTFW_PLUGIN_PATH)"));
}

static void
test_missing_folders (void)
{
  const BtfwSearchPlace named = { .folder = (char *) "/nowhere/at/all", .named = TRUE };
  const BtfwSearchPlace usual = { .folder = (char *) "/nowhere/at/all" };
  g_autoptr (GPtrArray) notices = new_notices ();
  g_autoptr (GPtrArray) nothing = btfw_search_list (&usual, 0, NULL, notices);
  g_autoptr (GPtrArray) nothing_either = NULL;

  g_assert_cmpuint (nothing->len, ==, 0);
  g_assert_cmpuint (notices->len, ==, 0);

  nothing_either = btfw_search_list (&named, 0, NULL, notices);
  g_assert_cmpuint (nothing_either->len, ==, 0);
  g_assert_cmpuint (notices->len, ==, 1);
  g_assert_nonnull (strstr (notices->pdata[0], "/nowhere/at/all"));
  g_assert_null (btfw_search_find (&named, 0, "picker", "rarest"));
}

static GType
get_no_type (void)
{
  g_assert_not_reached ();
}

static const BtfwPluginDescription linked = {
  .abi = BTFW_PLUGIN_ABI,
  .struct_size = sizeof linked,
  .kind = "picker",
  .name = "linked",
  .version = "2",
};
static const BtfwPluginDescription linked_badly = {
  .abi = BTFW_PLUGIN_ABI + 1,
  .struct_size = sizeof linked_badly,
  .kind = "picker",
  .name = "badly",
};

static void
test_linked_in (void)
{
  g_autoptr (GPtrArray) notices = new_notices ();
  const BtfwSearchPlace place = { .folder = NULL };
  g_autoptr (GPtrArray) all = NULL;
  g_autoptr (GPtrArray) chokers = NULL;
  g_autoptr (BtfwPluginInfo) info = NULL;
  g_autoptr (BtfwPluginInfo) bad = NULL;

  btfw_plugins_register_static (&linked, get_no_type);
  btfw_plugins_register_static (&linked_badly, get_no_type);

  all = btfw_search_list (&place, 7, NULL, notices);
  chokers = btfw_search_list (&place, 7, "choker", notices);
  g_assert_cmpuint (all->len, ==, 2);
  g_assert_cmpuint (chokers->len, ==, 0);

  info = btfw_search_find (&place, 7, "picker", "linked");
  g_assert_cmpint (btfw_plugin_info_get_status (info), ==, BTFW_PLUGIN_USABLE);
  g_assert_null (btfw_plugin_info_get_path (info));
  g_assert_cmpstr (btfw_plugin_info_get_version (info), ==, "2");

  bad = btfw_search_find (&place, 7, "picker", "badly");
  g_assert_cmpint (btfw_plugin_info_get_status (bad), ==, BTFW_PLUGIN_REFUSED);
  g_assert_nonnull (strstr (btfw_plugin_info_get_reason (bad), "needs ABI"));
  g_assert_null (btfw_search_find (&place, 7, "picker", "rarest"));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/search/order", test_order);
  g_test_add_func ("/search/environment-is-not-for-set-id", test_without_environment);
  g_test_add_func ("/search/relative-paths-are-left-out", test_relative);
  g_test_add_func ("/search/missing-folder-is-told-when-named", test_missing_folders);
  g_test_add_func ("/search/linked-in", test_linked_in);

  return g_test_run ();
}
