/* plugin-new.c: writes a small complete project for a plugin, from the templates that are installed. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/plugin-new.h"

#include "cli/common.h"
#include "cli/console.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#define NAME_MAX_LENGTH 31

typedef struct
{
  BtfwCommon  common;
  const char *dir;
  const char *kind;
  const char *name;
  char       *title;  /* Name, as in NamePicker */
  char       *folder; /* that the project is written to */
} New;

static const BtfwUsage usage = {
  "btfw plugin new",
  N_("btfw plugin new [OPTION…] KIND NAME"),
  N_("Writes a small plugin that works, with its test, to begin your own from."),
  N_("Examples:\n"
     "  btfw plugin new picker mine\n"
     "  cd picker-mine && meson setup build && meson test -C build"),
};

static const BtfwOption options[] = {
  { 'd', "dir", BTFW_ARGUMENT_REQUIRED, N_("DIR"), N_("write it below this folder (default: the current one)"),
    btfw_option_take_text, NULL, G_STRUCT_OFFSET (New, dir) },
  { 0 },
};

/* The templates of this program: in its source tree, or where it is installed,
 * also when that is not where it was meant to be. */
static char *
find_templates (GError **error)
{
  g_autofree char  *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char  *bin = program != NULL ? g_path_get_dirname (program) : NULL;
  GStrvBuilder     *places = g_strv_builder_new ();
  g_auto (GStrv)    list = NULL;

  if (program != NULL && g_str_has_prefix (program, BTFW_BUILD_DIR "/"))
    g_strv_builder_add (places, BTFW_SOURCE_DIR "/data/plugin-template");
  if (bin != NULL && g_str_has_suffix (bin, "/" BTFW_BIN_DIR))
    {
      g_autofree char *prefix = g_strndup (bin, strlen (bin) - strlen (BTFW_BIN_DIR));
      g_autofree char *place = g_build_filename (prefix, BTFW_DATA_DIR, "btfw-1", "plugin-template", NULL);

      g_strv_builder_add (places, place);
    }
  g_strv_builder_add (places, BTFW_PREFIX "/" BTFW_DATA_DIR "/btfw-1/plugin-template");
  list = g_strv_builder_end (places);
  g_strv_builder_unref (places);

  for (char **place = list; *place != NULL; place++)
    if (g_file_test (*place, G_FILE_TEST_IS_DIR))
      return g_strdup (*place);

  g_set_error (error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND, _("the templates are not there: no folder “%s”"), list[0]);
  return NULL;
}

/* --- Names --- */

static gboolean
is_word (const char *text)
{
  gsize length = strlen (text);

  if (!g_ascii_islower (text[0]) || length > NAME_MAX_LENGTH || text[length - 1] == '_')
    return FALSE;
  for (; *text != '\0'; text++)
    if (!g_ascii_islower (*text) && !g_ascii_isdigit (*text) && *text != '_')
      return FALSE;
  return TRUE;
}

/* "deep_sea" becomes "DeepSea". */
static char *
make_title (const char *name)
{
  GString *title = g_string_new (NULL);
  gboolean is_first = TRUE;

  for (; *name != '\0'; name++)
    {
      if (*name != '_')
        g_string_append_c (title, is_first ? g_ascii_toupper (*name) : *name);
      is_first = *name == '_';
    }
  return g_string_free (title, FALSE);
}

static gboolean
check_names (New *self, const char *templates, GError **error)
{
  g_autofree char *source = g_strconcat (templates, "/", self->kind, "/plugin.c", NULL);

  if (!is_word (self->kind) || !g_file_test (source, G_FILE_TEST_EXISTS))
    {
      g_autofree char *clean = btfw_text_clean (self->kind, -1);

      g_set_error (error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND,
                   _("“%s” is no kind of plugin; there are: choker, discovery, extension, fetcher, picker, service, storage, tracker"), clean);
      return FALSE;
    }
  if (!is_word (self->name) || g_str_has_prefix (self->name, "btfw"))
    {
      g_autofree char *clean = btfw_text_clean (self->name, -1);

      g_set_error (error, BTFW_ERROR, BTFW_ERROR_INVALID,
                   _("“%s” cannot be its name: lower-case letters, digits and “_”, a letter first, at most %d, and not beginning with btfw"),
                   clean, NAME_MAX_LENGTH);
      return FALSE;
    }
  return TRUE;
}

/* --- Files --- */

static void
replace (char **text, const char *word, const char *by)
{
  g_auto (GStrv) parts = g_strsplit (*text, word, -1);

  g_free (*text);
  *text = g_strjoinv (by, parts);
}

static char *
fill_in (New *self, const char *template)
{
  char            *text = g_strdup (template);
  g_autofree char *upper = g_ascii_strup (self->name, -1);
  g_autofree char *scheme = g_strdup (self->name);

  /* A URL scheme has no underscore. */
  g_strdelimit (scheme, "_", '-');
  replace (&text, "@scheme@", scheme);
  replace (&text, "@kind@", self->kind);
  replace (&text, "@name@", self->name);
  replace (&text, "@Name@", self->title);
  replace (&text, "@NAME@", upper);
  return text;
}

static gboolean
write_file (New *self, const char *templates, const char *from, const char *to, GError **error)
{
  g_autofree char *source = g_build_filename (templates, from, NULL);
  g_autofree char *target = g_build_filename (self->folder, to, NULL);
  g_autofree char *template = NULL;
  g_autofree char *text = NULL;

  if (!g_file_get_contents (source, &template, NULL, error))
    return FALSE;
  text = fill_in (self, template);
  return g_file_set_contents_full (target, text, -1, G_FILE_SET_CONTENTS_NONE, 0644, error);
}

static gboolean
make_folder (New *self, GError **error)
{
  /* One that others may write to would not be searched for plugins. */
  if (g_mkdir (self->folder, 0755) == 0)
    return TRUE;

  g_set_error (error, BTFW_ERROR, errno == EEXIST ? BTFW_ERROR_EXISTS : BTFW_ERROR_FAILED,
               errno == EEXIST ? _("“%s” is there already: %s") : _("cannot make the folder “%s”: %s"),
               self->folder, errno == EEXIST ? _("choose another name, or remove it") : g_strerror (errno));
  return FALSE;
}

static gboolean
write_project (New *self, const char *templates, GError **error)
{
  g_autofree char *source = g_strdup_printf ("%s-%s.c", self->kind, self->name);
  g_autofree char *test = g_strdup_printf ("test-%s.c", self->name);
  g_autofree char *plugin_template = g_strconcat (self->kind, "/plugin.c", NULL);
  g_autofree char *test_template = g_strconcat (self->kind, "/test.c", NULL);
  g_autofree char *try_template = g_strconcat (self->kind, "/README.md", NULL);

  return make_folder (self, error) &&
         write_file (self, templates, plugin_template, source, error) &&
         write_file (self, templates, test_template, test, error) &&
         write_file (self, templates, try_template, "README.md", error) &&
         write_file (self, templates, "meson.build.template", "meson.build", error);
}

static void
print_next (New *self)
{
  g_autofree char *shown = btfw_console_show_path (self->folder);
  g_autofree char *text = NULL;

  text = g_strdup_printf (_("“%s” is a plugin that works. Build it, run its tests, and look at it:\n\n"
                            "  cd %s\n"
                            "  meson setup build && meson test -C build\n"
                            "  btfw inspect --plugin-dir=$PWD/build %s-%s\n\n"
                            "README.md there goes on; the source says what to change.\n"),
                          shown, shown, self->kind, self->name);
  btfw_console_print (text);
}

static int
run (New *self)
{
  g_autoptr (GError) error = NULL;
  g_autofree char   *templates = find_templates (&error);
  g_autofree char   *base = g_strdup_printf ("%s-%s", self->kind, self->name);

  self->folder = self->dir != NULL ? g_build_filename (self->dir, base, NULL) : g_strdup (base);
  self->title = make_title (self->name);
  if (templates == NULL || !check_names (self, templates, &error) || !write_project (self, templates, &error))
    return btfw_common_fail (error);

  print_next (self);
  return btfw_console_finish () ? BTFW_EXIT_COMPLETE : BTFW_EXIT_FAILED;
}

int
btfw_plugin_new_run (int argc, char **argv)
{
  New                   self = { 0 };
  const BtfwOptionGroup groups[] = { { _("Where to:"), options, &self }, btfw_common_get_group (&self.common), { 0 } };
  g_autoptr (GPtrArray) words = NULL;
  int                   exit_code;

  words = btfw_common_parse (&self.common, &usage, groups, argc, argv, &exit_code);
  if (words == NULL)
    return exit_code;
  if (words->len != 2)
    return btfw_common_fail_usage (&usage, _("a kind and a name are needed, as in “btfw plugin new picker mine”"));

  self.kind = g_ptr_array_index (words, 0);
  self.name = g_ptr_array_index (words, 1);
  exit_code = run (&self);
  g_free (self.folder);
  g_free (self.title);
  return exit_code;
}
