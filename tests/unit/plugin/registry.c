/* registry.c: tests of plugins that an application registers, as an application does. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "plugins-fixture.h"

#include <locale.h>
#include <string.h>

/* --- Types of an application --- */

typedef struct
{
  GObject parent_instance;
  guint   blocks;
} Thing;

typedef GObjectClass ThingClass;

static void
thing_get (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  g_value_set_uint (value, ((Thing *) object)->blocks);
}

static void
thing_set (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  ((Thing *) object)->blocks = g_value_get_uint (value);
}

static void
thing_class_init (gpointer class, gpointer data)
{
  G_OBJECT_CLASS (class)->get_property = thing_get;
  G_OBJECT_CLASS (class)->set_property = thing_set;
  g_object_class_install_property (class, 1, g_param_spec_uint ("blocks", "", "how many", 1, 8, 4,
                                                                G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS));
}

static void
attach (BtfwPicker *self, BtfwSwarmView *swarm)
{
}

static void
detach (BtfwPicker *self)
{
}

static void
pick (BtfwPicker *self, BtfwPeerView *peer, BtfwPicks *picks)
{
}

static void
picker_init (gpointer iface, gpointer data)
{
  BtfwPickerInterface *picker = iface;

  picker->attach = attach;
  picker->detach = detach;
  if (data == NULL)
    picker->pick = pick;
}

static void
announce (BtfwTracker        *self,
          BtfwAnnounce       *question,
          GCancellable       *cancellable,
          GAsyncReadyCallback callback,
          gpointer            user_data)
{
}

static BtfwAnnounceReply *
announce_finish (BtfwTracker *self, GAsyncResult *result, GError **error)
{
  return NULL;
}

static void
tracker_init (gpointer iface, gpointer data)
{
  ((BtfwTrackerInterface *) iface)->announce_async = announce;
  ((BtfwTrackerInterface *) iface)->announce_finish = announce_finish;
}

static GType
make_type (const char *name, GType interface, GInterfaceInitFunc init, gpointer data, GTypeFlags flags)
{
  const GTypeInfo info = { .class_size = sizeof (ThingClass), .class_init = thing_class_init, .instance_size = sizeof (Thing) };
  const GInterfaceInfo iface = { .interface_init = init, .interface_data = data };
  GType                type = g_type_register_static (G_TYPE_OBJECT, name, &info, flags);

  if (interface != G_TYPE_INVALID)
    g_type_add_interface_static (type, interface, &iface);
  return type;
}

static GType
make_picker (const char *name)
{
  return make_type (name, BTFW_TYPE_PICKER, picker_init, NULL, 0);
}

/* --- Tests --- */

static void
test_chosen_as_any_other (Fixture *f, gconstpointer data)
{
  static const char config[] = "[picker-own]\nblocks=2\n";
  GType             type = make_picker ("TestOwnPicker");
  g_autoptr (GError) error = NULL;
  g_autoptr (BtfwPluginInfo) info = NULL;
  g_autoptr (GPtrArray) settings = NULL;
  g_autoptr (GObject) one = NULL;
  g_autoptr (GObject) other = NULL;
  guint blocks;

  g_assert_true (btfw_plugins_register_full ("picker", "own", type, "a test's own", NULL, 0, &error));
  g_assert_no_error (error);
  g_assert_true (btfw_config_load_data (f->config, config, strlen (config), "x.conf", NULL));

  info = btfw_plugins_find (start (f), "picker", "own", &error);
  g_assert_no_error (error);
  g_assert_null (btfw_plugin_info_get_path (info));
  g_assert_cmpstr (btfw_plugin_info_get_origin (info), ==, "in process");
  g_assert_cmpstr (btfw_plugin_info_get_description (info), ==, "a test's own");
  g_assert_cmpint (btfw_plugin_info_get_status (info), ==, BTFW_PLUGIN_USABLE);
  g_assert_true (btfw_plugins_load (f->plugins, info, NULL) == type);
  settings = btfw_plugins_list_settings (f->plugins, info, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (settings->len, ==, 1);

  one = btfw_plugins_create (f->plugins, "picker", "own", &error);
  g_assert_no_error (error);
  g_assert_true (G_OBJECT_TYPE (one) == type);
  g_object_get (one, "blocks", &blocks, NULL);
  g_assert_cmpuint (blocks, ==, 2);
  other = btfw_plugins_create (f->plugins, "picker", "own,blocks=7", &error);
  g_object_get (other, "blocks", &blocks, NULL);
  g_assert_cmpuint (blocks, ==, 7);

  g_assert_null (btfw_plugins_create (f->plugins, "picker", "own,blocks=9", &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG);
  g_assert_true (btfw_plugins_check_config (f->plugins, NULL));
}

/* What the application says comes before all files, and those that exist already see it. */
static void
test_comes_first (Fixture *f, gconstpointer data)
{
  GType type = make_picker ("TestFirstPicker");
  g_autofree char *path = copy_module (f, "plugins", "picker-good", "picker-good");
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) infos = NULL;
  g_autoptr (GObject) picker = NULL;

  add_folder (f, "plugins");
  start (f);
  g_assert_true (btfw_plugins_register ("picker", "good", type, &error));
  g_assert_no_error (error);

  infos = btfw_plugins_list (f->plugins, "picker");
  g_assert_cmpint (btfw_plugin_info_get_status (find_in_list (infos, path)), ==, BTFW_PLUGIN_SHADOWED);
  picker = btfw_plugins_create (f->plugins, "picker", "good", &error);
  g_assert_no_error (error);
  g_assert_true (G_OBJECT_TYPE (picker) == type);
  g_assert_false (g_file_test (f->mark, G_FILE_TEST_EXISTS));

  /* The file cannot have the name any more. */
  g_assert_cmpuint (btfw_plugins_load (f->plugins, find_in_list (infos, path), &error), ==, G_TYPE_INVALID);
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_PLUGIN);
  assert_says (error->message, path);
}

static void
test_name_is_taken (Fixture *f, gconstpointer data)
{
  g_autoptr (GObject) picker = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (btfw_plugins_register ("picker", "taken", make_picker ("TestTakenPicker"), NULL));
  g_assert_false (btfw_plugins_register ("picker", "taken", make_picker ("TestOtherPicker"), &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_EXISTS);
  assert_says (error->message, "picker-taken: the name belongs to this program");
  g_clear_error (&error);

  picker = btfw_plugins_create (start_with_modules (f), "picker", "another", &error);
  g_assert_no_error (error);
  g_assert_false (btfw_plugins_register ("picker", "another", make_picker ("TestLatePicker"), &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_EXISTS);
  assert_says (error->message, MODULES "/picker-another.so");
}

static void
test_refused (Fixture *f, gconstpointer data)
{
  const struct
  {
    const char *kind;
    const char *name;
    GType       type;
    const char *says;
  } rows[] = {
    { "weather", "mine", make_picker ("TestWeather"), "no kind of plugin" },
    { "pickr", "mine", make_picker ("TestPickr"), "did you mean “picker”?" },
    { "picker", "Mine", make_picker ("TestUpper"), "cannot be the name" },
    { "picker", "", make_picker ("TestEmpty"), "cannot be the name" },
    { "picker", "../mine", make_picker ("TestPath"), "cannot be the name" },
    { "picker", "a234567890123456789012345678901234567890", make_picker ("TestLong"), "“name”" },
    { "choker", "mine", make_picker ("TestNoChoker"), "does not implement “BtfwChoker”" },
    { "picker", "mine", G_TYPE_OBJECT, "does not implement “BtfwPicker”" },
    { "picker", "mine", G_TYPE_INVALID, "no type of which an object" },
    { "picker", "mine", G_TYPE_INT, "no type of which an object" },
    { "picker", "mine", BTFW_TYPE_PICKER, "no type of which an object" },
    { "picker", "mine", make_type ("TestAbstract", BTFW_TYPE_PICKER, picker_init, NULL, G_TYPE_FLAG_ABSTRACT), "no type of which an object" },
    { "picker", "mine", make_type ("TestNoPick", BTFW_TYPE_PICKER, picker_init, (gpointer) "", 0), "has no method “pick”" },
    { "service", "mine", make_type ("TestNoStart", BTFW_TYPE_SERVICE, NULL, NULL, 0), "has no method “start”" },
  };
  g_autoptr (GObject) none = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_false (btfw_plugins_register (rows[i].kind, rows[i].name, rows[i].type, &error));
      g_assert_error (error, BTFW_ERROR, BTFW_ERROR_INVALID);
      assert_says (error->message, rows[i].says);
    }

  none = btfw_plugins_create (start (f), "picker", "mine", NULL);
  g_assert_null (none);
}

static void
test_texts_are_checked (Fixture *f, gconstpointer data)
{
  static const char *const wrong[] = { "udp", "UDP://", NULL };
  GType            type = make_type ("TestTextTracker", BTFW_TYPE_TRACKER, tracker_init, NULL, 0);
  g_autofree char *long_text = g_strnfill (128, 'a');
  g_autoptr (GError) error = NULL;

  g_assert_false (btfw_plugins_register_full ("tracker", "texts", type, long_text, NULL, 0, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_INVALID);
  assert_says (error->message, "“description”");
  g_clear_error (&error);
  g_assert_false (btfw_plugins_register_full ("tracker", "texts", type, "two\nlines", NULL, 0, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_INVALID);
  g_clear_error (&error);
  g_assert_false (btfw_plugins_register_full ("tracker", "texts", type, NULL, wrong, 0, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_INVALID);
  assert_says (error->message, "not a URL scheme");
}

static void
test_found_by_scheme (Fixture *f, gconstpointer data)
{
  static const char *const schemes[] = { "carrier", "pigeon", NULL };
  GType type = make_type ("TestPigeon", BTFW_TYPE_TRACKER, tracker_init, NULL, 0);
  g_autoptr (BtfwPluginInfo) info = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (btfw_plugins_register_full ("tracker", "pigeon", type, NULL, schemes, 0, &error));
  g_assert_no_error (error);
  info = btfw_plugins_find_scheme (start (f), "tracker", "pigeon", &error);
  g_assert_no_error (error);
  g_assert_cmpstr (btfw_plugin_info_get_name (info), ==, "pigeon");
}

static gpointer
register_in_thread (gpointer data)
{
  return GINT_TO_POINTER (btfw_plugins_register ("picker", "raced", (GType) data, NULL));
}

static void
test_threads (Fixture *f, gconstpointer data)
{
  GThread *threads[8];
  guint    n_registered = 0;

  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    {
      g_autofree char *name = g_strdup_printf ("TestRaced%u", i);

      threads[i] = g_thread_new ("register", register_in_thread, (gpointer) make_picker (name));
    }
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    n_registered += g_thread_join (threads[i]) != NULL;
  g_assert_cmpuint (n_registered, ==, 1);
}

/* Picks that a picker has kept are dead for ever, also while the next call runs. */
static BtfwPicks *kept;

static void
pick_and_keep (BtfwPicker *self, BtfwPeerView *peer, BtfwPicks *picks)
{
  if (kept == NULL)
    kept = btfw_picks_ref (picks);
  else
    g_assert_cmpint (btfw_picks_add (kept, 0, BTFW_PICK_NEW), ==, BTFW_PICK_ENOUGH);
  for (guint32 piece = btfw_peer_view_next_interesting (peer, BTFW_PIECE_NONE); piece != BTFW_PIECE_NONE;
       piece = btfw_peer_view_next_interesting (peer, piece))
    if (btfw_picks_add (picks, piece, BTFW_PICK_NEW) == BTFW_PICK_ENOUGH)
      return;
  g_assert_not_reached ();
}

static void
keeper_init (gpointer iface, gpointer data)
{
  picker_init (iface, NULL);
  ((BtfwPickerInterface *) iface)->pick = pick_and_keep;
}

static void
test_kept_picks_are_dead (Fixture *f, gconstpointer data)
{
  GType type = make_type ("TestKeeper", BTFW_TYPE_PICKER, keeper_init, NULL, 0);
  g_autoptr (BtfwPicker) picker = g_object_new (type, NULL);
  const BtfwTestFile     file = { "file", 4 * BTFW_BLOCK_SIZE, 0 };
  const BtfwTestPeerSpec peer = { .has_everything = TRUE };
  g_autoptr (BtfwLayout) layout = btfw_test_layout_new (BTFW_BLOCK_SIZE, &file, 1);
  BtfwTestSwarm *swarm = btfw_test_swarm_new (layout, 1);

  btfw_test_swarm_set_picker (swarm, picker);
  for (guint i = 0; i < 2; i++)
    {
      guint number = btfw_test_swarm_add_peer (swarm, &peer);
      guint n_pieces;

      g_free (btfw_test_swarm_pick (swarm, number, 1, &n_pieces));
      g_assert_cmpint (btfw_picks_add (kept, 0, BTFW_PICK_NEW), ==, BTFW_PICK_ENOUGH);
    }
  btfw_test_swarm_free (swarm);
  g_clear_pointer (&kept, btfw_picks_unref);
}

#define ADD(path, test) g_test_add (path, Fixture, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  setlocale (LC_ALL, "C");
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  ADD ("/registry/chosen-as-any-other", test_chosen_as_any_other);
  ADD ("/registry/comes-before-files", test_comes_first);
  ADD ("/registry/a-name-is-taken-once", test_name_is_taken);
  ADD ("/registry/unfit-types-are-refused", test_refused);
  ADD ("/registry/texts-are-checked", test_texts_are_checked);
  ADD ("/registry/found-by-scheme", test_found_by_scheme);
  ADD ("/registry/from-many-threads", test_threads);
  ADD ("/picks/kept-ones-are-dead", test_kept_picks_are_dead);

  return g_test_run ();
}
