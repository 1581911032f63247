/* elf.c: tests that constants are found in modules, and that no file can fool the reader. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "plugin/elf.h"

#include <btfw/btfw-plugin.h>

#include "module-file.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <string.h>
#include <unistd.h>

#define SYMBOL "btfw_plugin_picker_another"

typedef ElfW (Ehdr) Header;
typedef ElfW (Phdr) Segment;
typedef ElfW (Dyn) Dynamic;
typedef ElfW (Sym) Symbol;

static gboolean
read_symbol (const ModuleFile      *file,
             gsize                  size,
             const char            *symbol,
             BtfwPluginDescription *description,
             GError               **error)
{
  int      fd = module_file_open (file, size);
  guint64  symbol_size;
  gboolean ok = btfw_elf_read_symbol (fd, symbol, description, sizeof *description, &symbol_size, error);

  close (fd);
  return ok;
}

static void
assert_readable (const ModuleFile *file,
                 const char       *name)
{
  BtfwPluginDescription description;
  g_autofree char      *symbol = g_strconcat ("btfw_plugin_picker_", name, NULL);
  g_autoptr (GError) error = NULL;

  read_symbol (file, file->size, symbol, &description, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (description.abi, ==, BTFW_PLUGIN_ABI);
  g_assert_cmpuint (description.struct_size, ==, sizeof description);
  g_assert_cmpstr (description.kind, ==, "picker");
  g_assert_cmpstr (description.name, ==, name);
  g_assert_cmpstr (description.description, ==, "a stub");
}

static void
test_reads (gconstpointer data)
{
  const char *name = data;
  g_autofree char *file_name = g_strconcat ("picker-", name, NULL);
  g_autoptr (ModuleFile) file = module_file_new (file_name);

  assert_readable (file, name);
}

static void
test_reads_without_sections (void)
{
  g_autoptr (ModuleFile) file = module_file_new ("picker-another");
  Header *header = (Header *) file->data;

  header->e_shoff = 0;
  header->e_shnum = 0;
  header->e_shstrndx = 0;
  assert_readable (file, "another");
}

/* A file that others made: GLib's library has a constant that we know, too. */
static void
test_reads_a_library (void)
{
  Dl_info  info;
  guint    major = 0;
  guint64  size;
  int      fd;
  g_autoptr (GError) error = NULL;

  g_assert_cmpint (dladdr (dlsym (RTLD_DEFAULT, "g_strdup"), &info), !=, 0);
  fd = open (info.dli_fname, O_RDONLY | O_CLOEXEC);
  g_assert_cmpint (fd, >=, 0);
  btfw_elf_read_symbol (fd, "glib_major_version", &major, sizeof major, &size, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (major, ==, glib_major_version);
  g_assert_cmpuint (size, ==, sizeof major);
  close (fd);
}

static void
test_short_constant_is_padded (void)
{
  g_autoptr (ModuleFile) file = module_file_new ("picker-another");
  guint8  data[sizeof (BtfwPluginDescription) + 64];
  guint64 size;
  int     fd = module_file_open (file, file->size);

  memset (data, 0xff, sizeof data);
  g_assert_true (btfw_elf_read_symbol (fd, SYMBOL, data, sizeof data, &size, NULL));
  g_assert_cmpuint (size, ==, sizeof (BtfwPluginDescription));
  for (gsize i = size; i < sizeof data; i++)
    g_assert_cmpuint (data[i], ==, 0);
  close (fd);
}

static void
test_missing (gconstpointer data)
{
  const char *file_name = data;
  g_autoptr (ModuleFile) file = module_file_new (file_name);
  BtfwPluginDescription description;
  g_autoptr (GError) error = NULL;

  g_assert_false (read_symbol (file, file->size, "btfw_plugin_picker_missing", &description, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND);
}

/* Functions, and constants of other libraries, are none of this file's constants. */
static void
test_other_symbols (void)
{
  static const char *const others[] = { SYMBOL "_get_type", "g_free", "", SYMBOL "x", "btfw_plugin_picker_anothe" };
  g_autoptr (ModuleFile) file = module_file_new ("picker-another");

  for (guint i = 0; i < G_N_ELEMENTS (others); i++)
    {
      BtfwPluginDescription description;
      g_autoptr (GError) error = NULL;

      g_assert_false (read_symbol (file, file->size, others[i], &description, &error));
      g_assert_error (error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND);
    }
}

/* Cut anywhere, the file is refused, or what is read is right. */
static void
test_every_length (void)
{
  g_autoptr (ModuleFile) file = module_file_new ("picker-another");
  BtfwPluginDescription whole, cut;
  gsize                 first_good = 0;

  g_assert_true (read_symbol (file, file->size, SYMBOL, &whole, NULL));
  for (gsize size = 0; size < file->size; size += size < 1024 ? 1 : 61)
    {
      g_autoptr (GError) error = NULL;

      if (!read_symbol (file, size, SYMBOL, &cut, &error))
        {
          g_assert_error (error, BTFW_ERROR, BTFW_ERROR_INVALID);
          g_assert_cmpuint (first_good, ==, 0);
        }
      else
        {
          first_good = first_good == 0 ? size : first_good;
          g_assert_cmpmem (&cut, sizeof cut, &whole, sizeof whole);
        }
    }

  g_assert_cmpuint (first_good, >, 1024);
}

/* Any one byte may be anything: there is an answer, and no reading past ends. */
static void
test_every_byte (gconstpointer data)
{
  static const guint8 masks[] = { 0x01, 0x80, 0xff };
  const char         *file_name = data;
  g_autoptr (ModuleFile) file = module_file_new (file_name);
  g_autofree char *symbol = g_strconcat ("btfw_plugin_picker_", file_name + strlen ("picker-"), NULL);
  guint            refused = 0;

  for (gsize i = 0; i < MIN (file->size, 4096); i++)
    for (guint j = 0; j < G_N_ELEMENTS (masks); j++)
      {
        BtfwPluginDescription description;

        file->data[i] ^= masks[j];
        refused += !read_symbol (file, file->size, symbol, &description, NULL);
        file->data[i] ^= masks[j];
      }

  g_assert_cmpuint (refused, >, 100);
}

/* What a row may change. */
typedef struct
{
  ModuleFile *file;
  Header     *header;
  Segment    *segments;
} Image;

static Segment *
get_segment (Image *image,
             guint  type)
{
  for (guint i = 0; i < image->header->e_phnum; i++)
    if (image->segments[i].p_type == type)
      return &image->segments[i];

  g_assert_not_reached ();
}

static Dynamic *
get_dynamic (Image *image,
             gint64 tag)
{
  Dynamic *entry = (Dynamic *) (image->file->data + get_segment (image, PT_DYNAMIC)->p_offset);

  while (entry->d_tag != tag)
    {
      g_assert_cmpint (entry->d_tag, !=, DT_NULL);
      entry++;
    }
  return entry;
}

/* The tables of a module stand in its first segment, where addresses are offsets. */
static gpointer
get_table (Image *image,
           gint64 tag)
{
  return image->file->data + get_dynamic (image, tag)->d_un.d_ptr;
}

static Symbol *
get_symbol (Image *image)
{
  Symbol     *symbol = get_table (image, DT_SYMTAB);
  const char *strings = get_table (image, DT_STRTAB);

  while (strcmp (strings + symbol->st_name, SYMBOL) != 0)
    symbol++;
  return symbol;
}

#define CHANGE(name_, statement)    \
  static void                       \
  change_##name_ (Image *image)     \
  {                                 \
    statement;                      \
  }                                 \
  G_STATIC_ASSERT (TRUE)

CHANGE (magic, image->header->e_ident[0] = 0);
CHANGE (class, image->header->e_ident[EI_CLASS] ^= ELFCLASS32 ^ ELFCLASS64);
CHANGE (byte_order, image->header->e_ident[EI_DATA] ^= ELFDATA2LSB ^ ELFDATA2MSB);
CHANGE (machine, image->header->e_machine = EM_VAX);
CHANGE (program, image->header->e_type = ET_EXEC);
CHANGE (object, image->header->e_type = ET_REL);
CHANGE (segment_size, image->header->e_phentsize--);
CHANGE (many_segments, image->header->e_phnum = 0xffff);
CHANGE (no_segments, image->header->e_phnum = 0);
CHANGE (segments_behind, image->header->e_phoff = image->file->size);
CHANGE (segments_wrap, image->header->e_phoff = (gsize) -64);
CHANGE (no_dynamic, get_segment (image, PT_DYNAMIC)->p_type = PT_NULL);
CHANGE (dynamic_behind, get_segment (image, PT_DYNAMIC)->p_offset = image->file->size - 8);
CHANGE (dynamic_wraps, get_segment (image, PT_DYNAMIC)->p_offset = (gsize) -16);
CHANGE (dynamic_empty, get_segment (image, PT_DYNAMIC)->p_filesz = 0);
CHANGE (no_load, get_segment (image, PT_LOAD)->p_type = PT_NULL);
CHANGE (load_wraps, get_segment (image, PT_LOAD)->p_offset = (gsize) -16);
CHANGE (no_symbols, get_dynamic (image, DT_SYMTAB)->d_tag = 0x12345);
CHANGE (symbols_behind, get_dynamic (image, DT_SYMTAB)->d_un.d_ptr = 0x7fffffff);
CHANGE (symbols_wrap, get_dynamic (image, DT_SYMTAB)->d_un.d_ptr = (gsize) -1);
CHANGE (symbol_size, get_dynamic (image, DT_SYMENT)->d_un.d_val = 1);
CHANGE (strings_behind, get_dynamic (image, DT_STRTAB)->d_un.d_ptr = 0x7fffffff);
CHANGE (strings_wrap, get_dynamic (image, DT_STRTAB)->d_un.d_ptr = (gsize) -1);
CHANGE (no_strings, get_dynamic (image, DT_STRSZ)->d_un.d_val = 0);
CHANGE (no_hash, get_dynamic (image, DT_GNU_HASH)->d_tag = 0x12345);
CHANGE (hash_behind, get_dynamic (image, DT_GNU_HASH)->d_un.d_ptr = 0x7fffffff);
CHANGE (no_buckets, ((guint32 *) get_table (image, DT_GNU_HASH))[0] = 0);
CHANGE (many_buckets, ((guint32 *) get_table (image, DT_GNU_HASH))[0] = 0xfffffff1);
CHANGE (large_filter, ((guint32 *) get_table (image, DT_GNU_HASH))[2] = 0xffffffff);
CHANGE (symbol_name, get_symbol (image)->st_name = 0xffffffff);
CHANGE (symbol_elsewhere, get_symbol (image)->st_shndx = SHN_UNDEF);
CHANGE (symbol_behind, get_symbol (image)->st_value = 0x7fffffff);
CHANGE (symbol_wraps, get_symbol (image)->st_value = (gsize) -8);

typedef struct
{
  const char *name;
  void (*change) (Image *image);
  BtfwError error;
} Case;

static const Case cases[] = {
  { "magic", change_magic, BTFW_ERROR_INVALID },
  { "class", change_class, BTFW_ERROR_UNSUPPORTED },
  { "byte-order", change_byte_order, BTFW_ERROR_UNSUPPORTED },
  { "machine", change_machine, BTFW_ERROR_UNSUPPORTED },
  { "program", change_program, BTFW_ERROR_INVALID },
  { "object", change_object, BTFW_ERROR_INVALID },
  { "segment-size", change_segment_size, BTFW_ERROR_INVALID },
  { "many-segments", change_many_segments, BTFW_ERROR_INVALID },
  { "no-segments", change_no_segments, BTFW_ERROR_INVALID },
  { "segments-behind-the-end", change_segments_behind, BTFW_ERROR_INVALID },
  { "segments-wrap", change_segments_wrap, BTFW_ERROR_INVALID },
  { "no-dynamic", change_no_dynamic, BTFW_ERROR_INVALID },
  { "dynamic-behind-the-end", change_dynamic_behind, BTFW_ERROR_INVALID },
  { "dynamic-wraps", change_dynamic_wraps, BTFW_ERROR_INVALID },
  { "dynamic-empty", change_dynamic_empty, BTFW_ERROR_INVALID },
  { "no-load", change_no_load, BTFW_ERROR_INVALID },
  { "load-wraps", change_load_wraps, BTFW_ERROR_INVALID },
  { "no-symbols", change_no_symbols, BTFW_ERROR_INVALID },
  { "symbols-behind-the-end", change_symbols_behind, BTFW_ERROR_INVALID },
  { "symbols-wrap", change_symbols_wrap, BTFW_ERROR_INVALID },
  { "symbol-size", change_symbol_size, BTFW_ERROR_INVALID },
  { "strings-behind-the-end", change_strings_behind, BTFW_ERROR_INVALID },
  { "strings-wrap", change_strings_wrap, BTFW_ERROR_INVALID },
  { "no-strings", change_no_strings, BTFW_ERROR_INVALID },
  { "no-hash", change_no_hash, BTFW_ERROR_INVALID },
  { "hash-behind-the-end", change_hash_behind, BTFW_ERROR_INVALID },
  { "no-buckets", change_no_buckets, BTFW_ERROR_NOT_FOUND },
  { "many-buckets", change_many_buckets, BTFW_ERROR_INVALID },
  { "large-filter", change_large_filter, BTFW_ERROR_INVALID },
  { "symbol-name-behind-the-end", change_symbol_name, BTFW_ERROR_INVALID },
  { "symbol-of-another-file", change_symbol_elsewhere, BTFW_ERROR_NOT_FOUND },
  { "symbol-behind-the-end", change_symbol_behind, BTFW_ERROR_INVALID },
  { "symbol-wraps", change_symbol_wraps, BTFW_ERROR_INVALID },
};

static void
image_init (Image      *image,
            ModuleFile *file)
{
  image->file = file;
  image->header = (Header *) file->data;
  image->segments = (Segment *) (file->data + image->header->e_phoff);
}

static void
test_refuses (gconstpointer data)
{
  const Case *row = data;
  g_autoptr (ModuleFile) file = module_file_new ("picker-another");
  BtfwPluginDescription description;
  Image                 image;
  g_autoptr (GError) error = NULL;

  image_init (&image, file);
  row->change (&image);
  g_assert_false (read_symbol (file, file->size, SYMBOL, &description, &error));
  g_assert_error (error, BTFW_ERROR, (int) row->error);
}

/* A table whose chains never end costs a bounded time. */
static void
test_circle_ends (void)
{
  g_autoptr (ModuleFile) file = module_file_new ("picker-sysv");
  BtfwPluginDescription description;
  Image                 image;
  guint32              *hash;
  g_autoptr (GError) error = NULL;

  image_init (&image, file);
  hash = get_table (&image, DT_HASH);
  for (guint i = 0; i < hash[0] + hash[1]; i++)
    hash[2 + i] = 1;

  g_assert_false (read_symbol (file, file->size, "btfw_plugin_picker_sysv", &description, &error));
  g_assert_error (error, BTFW_ERROR, BTFW_ERROR_INVALID);
}

static void
test_other_files (void)
{
  ModuleFile empty = { (guint8 *) "", 0 };
  ModuleFile text = { (guint8 *) "/* a source, not a module: long enough for a header of an ELF file */", 69 };
  BtfwPluginDescription description;

  g_assert_false (read_symbol (&empty, empty.size, SYMBOL, &description, NULL));
  g_assert_false (read_symbol (&text, text.size, SYMBOL, &description, NULL));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  g_test_add_data_func ("/elf/reads/gnu-hash", "another", test_reads);
  g_test_add_data_func ("/elf/reads/sysv-hash", "sysv", test_reads);
  g_test_add_func ("/elf/reads/without-sections", test_reads_without_sections);
  g_test_add_func ("/elf/reads/a-library", test_reads_a_library);
  g_test_add_func ("/elf/short-constant-is-padded", test_short_constant_is_padded);
  g_test_add_data_func ("/elf/missing/gnu-hash", "picker-another", test_missing);
  g_test_add_data_func ("/elf/missing/sysv-hash", "picker-sysv", test_missing);
  g_test_add_func ("/elf/only-constants-of-the-file", test_other_symbols);
  g_test_add_func ("/elf/cut-at-every-length", test_every_length);
  g_test_add_data_func ("/elf/every-byte-changed/gnu-hash", "picker-another", test_every_byte);
  g_test_add_data_func ("/elf/every-byte-changed/sysv-hash", "picker-sysv", test_every_byte);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/elf/refuses/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i], test_refuses);
    }
  g_test_add_func ("/elf/refuses/endless-chain", test_circle_ends);
  g_test_add_func ("/elf/refuses/other-files", test_other_files);

  return g_test_run ();
}
