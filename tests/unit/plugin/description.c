/* description.c: tests that only sound descriptions are taken from modules. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "plugin/description.h"

#include "module-file.h"

#include <string.h>
#include <unistd.h>

typedef struct
{
  const char *name;
  gsize       offset; /* of the field */
  gsize       size;
  const char *bytes;  /* what to put there; filled with 'x' when NULL */
  gsize       n_bytes;
  const char *message;
} Case;

#define FIELD(field) offsetof (BtfwPluginDescription, field), sizeof (((BtfwPluginDescription *) NULL)->field)
#define BYTES(text) text, sizeof text - 1

static const Case cases[] = {
  { "older-abi", FIELD (abi), BYTES ("\0\0\0\0"), "plugin picker-another needs ABI 0, this is 1" },
  { "newer-abi", FIELD (abi), BYTES ("\2\0\0\0"), "plugin picker-another needs ABI 2, this is 1" },
  { "other-byte-order", FIELD (abi), BYTES ("\0\0\0\1"), "needs ABI 16777216" },
  { "size-zero", FIELD (struct_size), BYTES ("\0\0\0\0"), "0 bytes long" },
  { "size-small", FIELD (struct_size), BYTES ("\x10\0\0\0"), "16 bytes long" },
  { "size-of-a-later-version-cut", FIELD (struct_size), BYTES ("\0\x0f\0\0"), "cut short" },
  { "size-huge", FIELD (struct_size), BYTES ("\xff\xff\xff\xff"), "4294967295 bytes long" },
  { "kind-without-end", FIELD (kind), NULL, 0, "“kind”" },
  { "name-without-end", FIELD (name), NULL, 0, "“name”" },
  { "version-without-end", FIELD (version), NULL, 0, "“version”" },
  { "description-without-end", FIELD (description), NULL, 0, "“description”" },
  { "license-without-end", FIELD (license), NULL, 0, "“license”" },
  { "origin-without-end", FIELD (origin), NULL, 0, "“origin”" },
  { "schemes-without-end", FIELD (schemes), NULL, 0, "“schemes”" },
  { "broken-utf8", FIELD (description), BYTES ("\xc3("), "“description”" },
  { "utf8-cut-at-the-end", FIELD (version), BYTES ("aaaaaaaaaaaaaa\xc3"), "“version”" },
  { "terminal-sequence", FIELD (origin), BYTES ("\033[31m"), "“origin”" },
  { "turned-writing", FIELD (license), BYTES ("\xe2\x80\xae"), "“license”" },
  { "other-kind", FIELD (kind), BYTES ("storage\0"), "“storage-another”" },
  { "other-name", FIELD (name), BYTES ("someone\0"), "“picker-someone”" },
  { "path-as-name", FIELD (name), BYTES ("../x\0"), "“picker-../x”" },
  { "no-name", FIELD (name), BYTES ("\0"), "“picker-”" },
  { "scheme-in-capitals", FIELD (schemes), BYTES ("HTTP"), "“HTTP”" },
  { "scheme-with-slash", FIELD (schemes), BYTES ("http,http://"), "“http://”" },
  { "scheme-empty", FIELD (schemes), BYTES ("http,"), "“”" },
};

static gboolean
read_description (const ModuleFile      *file,
                  const char            *kind,
                  const char            *name,
                  BtfwPluginDescription *description,
                  GError               **error)
{
  int      fd = module_file_open (file, file->size);
  gboolean ok = btfw_description_read (fd, kind, name, description, error);

  close (fd);
  return ok;
}

static gsize
find_description (const ModuleFile *file)
{
  BtfwPluginDescription description;
  g_autoptr (GError) error = NULL;

  read_description (file, "picker", "another", &description, &error);
  g_assert_no_error (error);
  return module_file_find (file, &description, sizeof description);
}

static void
test_reads (void)
{
  g_autoptr (ModuleFile) file = module_file_new ("tracker-two");
  BtfwPluginDescription description;
  g_autoptr (GError) error = NULL;

  read_description (file, "tracker", "two", &description, &error);
  g_assert_no_error (error);
  g_assert_cmpstr (description.version, ==, "1.0");
  g_assert_cmpstr (description.schemes, ==, "http,udp");
}

static void
test_refuses (gconstpointer data)
{
  const Case *row = data;
  g_autoptr (ModuleFile) file = module_file_new ("picker-another");
  BtfwPluginDescription description;
  gsize                 start = find_description (file);
  g_autoptr (GError) error = NULL;

  if (row->bytes == NULL)
    memset (file->data + start + row->offset, 'x', row->size);
  else
    memcpy (file->data + start + row->offset, row->bytes, row->n_bytes);

  g_assert_false (read_description (file, "picker", "another", &description, &error));
  g_assert_nonnull (error);
  g_assert_cmpint (error->domain, ==, BTFW_ERROR);
  g_test_message ("%s", error->message);
  g_assert_true (g_utf8_validate (error->message, -1, NULL));
  g_assert_nonnull (strstr (error->message, row->message));
}

/* Fields that later versions append are not ours to judge. */
static void
test_longer_is_fine (void)
{
  BtfwPluginDescription description = {
    .abi = BTFW_PLUGIN_ABI,
    .struct_size = sizeof description + 100,
    .kind = "picker",
    .name = "later",
  };
  g_autoptr (GError) error = NULL;

  btfw_description_check (&description, "picker", "later", &error);
  g_assert_no_error (error);
}

static void
test_long_names (void)
{
  g_autoptr (ModuleFile) file = module_file_new ("picker-another");
  g_autofree char *long_name = g_strnfill (5000, 'a');
  BtfwPluginDescription description;

  g_assert_false (read_description (file, "picker", long_name, &description, NULL));
  g_assert_false (read_description (file, long_name, "another", &description, NULL));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_func ("/description/reads", test_reads);
  g_test_add_func ("/description/longer-one-is-fine", test_longer_is_fine);
  g_test_add_func ("/description/long-names-are-refused", test_long_names);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/description/refuses/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_refuses);
    }

  return g_test_run ();
}
