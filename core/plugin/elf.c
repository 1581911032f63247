/* elf.c: reads a constant out of a module by its name, without loading the module. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "plugin/elf.h"

#include <errno.h>
#include <glib/gi18n-lib.h>
#include <link.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Real modules have about ten segments, thirty dynamic entries and chains of
 * three symbols; a file that needs more than this is not worth the time. */
#define SEGMENTS_MAX 128
#define DYNAMIC_MAX 1024
#define CHAIN_MAX 4096
#define SYMBOL_MAX 256

#if G_BYTE_ORDER == G_LITTLE_ENDIAN
#define HOST_DATA ELFDATA2LSB
#else
#define HOST_DATA ELFDATA2MSB
#endif

#if __ELF_NATIVE_CLASS == 64
#define HOST_CLASS ELFCLASS64
#define SYMBOL_TYPE(i) ELF64_ST_TYPE (i)
#else
#define HOST_CLASS ELFCLASS32
#define SYMBOL_TYPE(i) ELF32_ST_TYPE (i)
#endif

/* EM_NONE leaves it to the loader to refuse modules of other machines. */
#if defined(__x86_64__)
#define HOST_MACHINE EM_X86_64
#elif defined(__aarch64__)
#define HOST_MACHINE EM_AARCH64
#elif defined(__i386__)
#define HOST_MACHINE EM_386
#elif defined(__arm__)
#define HOST_MACHINE EM_ARM
#elif defined(__riscv)
#define HOST_MACHINE EM_RISCV
#elif defined(__powerpc64__)
#define HOST_MACHINE EM_PPC64
#else
#define HOST_MACHINE EM_NONE
#endif

typedef ElfW (Ehdr) Header;
typedef ElfW (Phdr) Segment;
typedef ElfW (Dyn) Dynamic;
typedef ElfW (Sym) Symbol;

/* Addresses are those that the loader would see with the module at 0. */
typedef struct
{
  int     fd;
  guint64 file_size;

  Segment segments[SEGMENTS_MAX];
  guint   n_segments;

  guint64 symbols;
  guint64 strings;
  guint64 strings_size;
  guint64 sysv_hash; /* 0 when there is none */
  guint64 gnu_hash;  /* 0 when there is none */
} Image;

static gboolean
fail_damaged (GError **error)
{
  g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_INVALID,
                       _("it is cut short or damaged"));
  return FALSE;
}

static gboolean
read_at (const Image *image,
         guint64      offset,
         gpointer     data,
         gsize        size,
         GError     **error)
{
  gsize done = 0;

  if (offset > image->file_size || size > image->file_size - offset)
    return fail_damaged (error);

  while (done < size)
    {
      gssize n = pread (image->fd, (char *) data + done, size - done, (off_t) (offset + done));

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        {
          g_set_error (error, BTFW_ERROR, BTFW_ERROR_FAILED,
                       _("it cannot be read: %s"), g_strerror (errno));
          return FALSE;
        }
      if (n == 0)
        return fail_damaged (error);
      done += n;
    }

  return TRUE;
}

/* Where in the file the bytes at an address come from. Bytes that no segment
 * takes from the file (.bss) cannot be read. */
static gboolean
find_offset (const Image *image,
             guint64      address,
             guint64      size,
             guint64     *offset)
{
  for (guint i = 0; i < image->n_segments; i++)
    {
      const Segment *segment = &image->segments[i];
      guint64        into;

      if (segment->p_type != PT_LOAD || address < segment->p_vaddr)
        continue;

      into = address - segment->p_vaddr;
      if (into <= segment->p_filesz && size <= segment->p_filesz - into)
        return g_uint64_checked_add (offset, segment->p_offset, into);
    }

  return FALSE;
}

static gboolean
read_address (const Image *image,
              guint64      address,
              gpointer     data,
              gsize        size,
              GError     **error)
{
  guint64 offset;

  if (!find_offset (image, address, size, &offset))
    return fail_damaged (error);

  return read_at (image, offset, data, size, error);
}

/* Reads element @index of a table at @address, in which all have one size. */
static gboolean
read_element (const Image *image,
              guint64      address,
              guint64      index,
              gpointer     data,
              gsize        size,
              GError     **error)
{
  guint64 into;

  if (!g_uint64_checked_mul (&into, index, size) || !g_uint64_checked_add (&address, address, into))
    return fail_damaged (error);

  return read_address (image, address, data, size, error);
}

static gboolean
check_header (const Header *header,
              GError      **error)
{
  if (memcmp (header->e_ident, ELFMAG, SELFMAG) != 0)
    {
      g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_INVALID, _("it is not a module (no ELF file)"));
      return FALSE;
    }

  if (header->e_ident[EI_CLASS] != HOST_CLASS || header->e_ident[EI_DATA] != HOST_DATA ||
      (HOST_MACHINE != EM_NONE && header->e_machine != HOST_MACHINE))
    {
      g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_UNSUPPORTED,
                           _("it was built for another kind of machine"));
      return FALSE;
    }

  if (header->e_type != ET_DYN)
    {
      g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_INVALID,
                           _("it is not a module (build it as a shared object)"));
      return FALSE;
    }

  return TRUE;
}

static gboolean
read_segments (Image   *image,
               GError **error)
{
  Header header;

  if (image->file_size < sizeof header)
    {
      g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_INVALID, _("it is not a module (no ELF file)"));
      return FALSE;
    }

  if (!read_at (image, 0, &header, sizeof header, error) || !check_header (&header, error))
    return FALSE;

  if (header.e_phentsize != sizeof image->segments[0] || header.e_phnum > SEGMENTS_MAX)
    return fail_damaged (error);

  image->n_segments = header.e_phnum;
  return read_at (image, header.e_phoff, image->segments,
                  image->n_segments * sizeof image->segments[0], error);
}

static gboolean
find_dynamic (const Image *image,
              guint64     *offset,
              guint       *n_entries)
{
  for (guint i = 0; i < image->n_segments; i++)
    if (image->segments[i].p_type == PT_DYNAMIC)
      {
        *offset = image->segments[i].p_offset;
        *n_entries = MIN (image->segments[i].p_filesz / sizeof (Dynamic), DYNAMIC_MAX);
        return TRUE;
      }

  return FALSE;
}

static gboolean
read_dynamic (Image   *image,
              GError **error)
{
  guint64 offset;
  guint   n_entries;
  guint64 symbol_entry_size = 0;

  if (!find_dynamic (image, &offset, &n_entries))
    return fail_damaged (error);

  for (guint i = 0; i < n_entries; i++, offset += sizeof (Dynamic))
    {
      Dynamic entry;

      if (!read_at (image, offset, &entry, sizeof entry, error))
        return FALSE;
      if (entry.d_tag == DT_NULL)
        break;
      if (entry.d_tag == DT_SYMTAB)
        image->symbols = entry.d_un.d_ptr;
      else if (entry.d_tag == DT_SYMENT)
        symbol_entry_size = entry.d_un.d_val;
      else if (entry.d_tag == DT_STRTAB)
        image->strings = entry.d_un.d_ptr;
      else if (entry.d_tag == DT_STRSZ)
        image->strings_size = entry.d_un.d_val;
      else if (entry.d_tag == DT_HASH)
        image->sysv_hash = entry.d_un.d_ptr;
      else if (entry.d_tag == DT_GNU_HASH)
        image->gnu_hash = entry.d_un.d_ptr;
    }

  if (image->symbols == 0 || image->strings == 0 || symbol_entry_size != sizeof (Symbol))
    return fail_damaged (error);
  if (image->sysv_hash == 0 && image->gnu_hash == 0)
    return fail_damaged (error);

  return TRUE;
}

/* Reads symbol @index, and tells whether it is a constant of that name that
 * this file defines. */
static gboolean
read_symbol (const Image *image,
             guint64      index,
             const char  *name,
             Symbol      *symbol,
             gboolean    *matches,
             GError     **error)
{
  char    found[SYMBOL_MAX];
  gsize   size = strlen (name) + 1;
  guint64 address;

  *matches = FALSE;
  if (!read_element (image, image->symbols, index, symbol, sizeof *symbol, error))
    return FALSE;

  if (symbol->st_shndx == SHN_UNDEF || SYMBOL_TYPE (symbol->st_info) != STT_OBJECT)
    return TRUE;
  if (symbol->st_name > image->strings_size)
    return fail_damaged (error);
  if (size > image->strings_size - symbol->st_name)
    return TRUE;
  if (!g_uint64_checked_add (&address, image->strings, symbol->st_name))
    return fail_damaged (error);
  if (!read_address (image, address, found, size, error))
    return FALSE;

  *matches = memcmp (found, name, size) == 0;
  return TRUE;
}

static guint32
hash_gnu (const char *name)
{
  guint32 hash = 5381;

  for (const guchar *c = (const guchar *) name; *c != '\0'; c++)
    hash = hash * 33 + *c;

  return hash;
}

static guint32
hash_sysv (const char *name)
{
  guint32 hash = 0;

  for (const guchar *c = (const guchar *) name; *c != '\0'; c++)
    {
      hash = (hash << 4) + *c;
      hash ^= (hash >> 24) & 0xf0;
      hash &= 0x0fffffff;
    }

  return hash;
}

/* The table: how many buckets, the index of the first symbol in it, how many
 * words of a filter, its shift; the filter; for each bucket its first symbol;
 * for each symbol its hash, the lowest bit set on the last one of a bucket. */
static gboolean
find_by_gnu_hash (const Image *image,
                  const char  *name,
                  Symbol      *symbol,
                  gboolean    *found,
                  GError     **error)
{
  guint32 header[4];
  guint32 hash = hash_gnu (name);
  guint32 index;
  guint64 buckets, chains;

  if (!read_address (image, image->gnu_hash, header, sizeof header, error))
    return FALSE;
  if (header[0] == 0)
    return TRUE;

  if (!g_uint64_checked_add (&buckets, image->gnu_hash,
                             sizeof header + (guint64) header[2] * sizeof (ElfW (Addr))) ||
      !g_uint64_checked_add (&chains, buckets, (guint64) header[0] * sizeof (guint32)))
    return fail_damaged (error);
  if (!read_element (image, buckets, hash % header[0], &index, sizeof index, error))
    return FALSE;

  for (guint steps = 0; index >= header[1] && index != 0; index++, steps++)
    {
      guint32 entry;

      if (steps == CHAIN_MAX)
        return fail_damaged (error);
      if (!read_element (image, chains, index - header[1], &entry, sizeof entry, error))
        return FALSE;
      if ((entry | 1) == (hash | 1) && !read_symbol (image, index, name, symbol, found, error))
        return FALSE;
      if (*found || (entry & 1) != 0)
        return TRUE;
    }

  return TRUE;
}

/* The table: how many buckets, how many symbols; for each bucket its first
 * symbol; for each symbol the next one, 0 after the last. */
static gboolean
find_by_sysv_hash (const Image *image,
                   const char  *name,
                   Symbol      *symbol,
                   gboolean    *found,
                   GError     **error)
{
  guint32 header[2];
  guint32 index;

  if (!read_address (image, image->sysv_hash, header, sizeof header, error))
    return FALSE;
  if (header[0] == 0)
    return TRUE;
  if (!read_element (image, image->sysv_hash, 2 + hash_sysv (name) % header[0], &index, sizeof index, error))
    return FALSE;

  for (guint steps = 0; index != 0; steps++)
    {
      if (steps == CHAIN_MAX || index >= header[1])
        return fail_damaged (error);
      if (!read_symbol (image, index, name, symbol, found, error))
        return FALSE;
      if (*found)
        return TRUE;
      if (!read_element (image, image->sysv_hash, 2 + (guint64) header[0] + index, &index, sizeof index, error))
        return FALSE;
    }

  return TRUE;
}

static gboolean
open_image (Image   *image,
            int      fd,
            GError **error)
{
  struct stat st;

  memset (image, 0, sizeof *image);
  if (fstat (fd, &st) != 0 || st.st_size < 0)
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_FAILED, _("it cannot be read: %s"), g_strerror (errno));
      return FALSE;
    }

  image->fd = fd;
  image->file_size = st.st_size;
  return read_segments (image, error) && read_dynamic (image, error);
}

gboolean
btfw_elf_read_symbol (int         fd,
                      const char *symbol,
                      gpointer    data,
                      gsize       size,
                      guint64    *symbol_size,
                      GError    **error)
{
  Image    image;
  Symbol   entry;
  gboolean found = FALSE;
  gsize    copied;

  g_assert (strlen (symbol) < SYMBOL_MAX);

  if (!open_image (&image, fd, error))
    return FALSE;

  if (image.gnu_hash != 0 && !find_by_gnu_hash (&image, symbol, &entry, &found, error))
    return FALSE;
  if (image.gnu_hash == 0 && !find_by_sysv_hash (&image, symbol, &entry, &found, error))
    return FALSE;
  if (!found)
    {
      g_set_error (error, BTFW_ERROR, BTFW_ERROR_NOT_FOUND,
                   _("it has no constant “%s” (see BTFW_PLUGIN_DEFINE)"), symbol);
      return FALSE;
    }

  copied = MIN ((guint64) size, (guint64) entry.st_size);
  memset (data, 0, size);
  if (!read_address (&image, entry.st_value, data, copied, error))
    return FALSE;

  *symbol_size = entry.st_size;
  return TRUE;
}
