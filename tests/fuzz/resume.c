/* resume.c: records of what a torrent had; none may claim more than the torrent has. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz.h"

#include "disk/resume.h"
#include "meta/metainfo.h"

#include <string.h>

#define DIR "/srv/files"
#define N_FILES 4u

/* Four files, 15 pieces; the same as in the stored records. */
static BtfwMetainfo *
make_metainfo (void)
{
  g_autoptr (GByteArray) out = g_byte_array_new ();
  g_autoptr (GBytes)     bytes = NULL;
  static const char      head[] =
    "d4:infod5:filesld6:lengthi100000e4:pathl1:aeed6:lengthi0e4:pathl1:beed6:lengthi40000e4:pathl1:ceed6:lengthi100000e4:pathl1:deee"
    "4:name4:test12:piece lengthi16384e6:pieces300:";

  g_byte_array_append (out, (const guint8 *) head, sizeof head - 1);
  g_byte_array_set_size (out, out->len + 300);
  memset (out->data + out->len - 300, 'x', 300);
  g_byte_array_append (out, (const guint8 *) "ee", 2);
  bytes = g_bytes_new (out->data, out->len);
  return btfw_metainfo_new_from_bytes (bytes, NULL);
}

static void
check (BtfwResume *resume, BtfwMetainfo *metainfo)
{
  g_autoptr (GBytes) bytes = btfw_resume_save (resume, metainfo, DIR);
  g_autoptr (GError) error = NULL;
  BtfwResume         copy = { 0 };
  BtfwFileStat       now[N_FILES] = { { .exists = TRUE, .size = 100000, .mtime = 7 } };
  BtfwBitfield       doubtful = { 0 };

  g_assert_cmpuint (resume->have.n_bits, ==, 15);
  g_assert_cmpuint (resume->n_files, ==, N_FILES);
  g_assert_true (btfw_resume_load (&copy, metainfo, DIR, bytes, &error));
  g_assert_cmpuint (copy.have.n_set, ==, resume->have.n_set);
  btfw_resume_clear (&copy);

  btfw_resume_is_absent (resume, now, 1);
  if (btfw_resume_compare (resume, metainfo, now, &doubtful))
    g_assert_cmpuint (btfw_bitfield_count_and (&doubtful, &resume->have), ==, 0);
  btfw_bitfield_clear (&doubtful);
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  static BtfwMetainfo *metainfo;
  g_autoptr (GBytes)   bytes = g_bytes_new (data, size);
  g_autoptr (GError)   error = NULL;
  BtfwResume           resume = { 0 };

  if (metainfo == NULL)
    metainfo = make_metainfo ();
  g_assert_nonnull (metainfo);
  if (fuzz_check (btfw_resume_load (&resume, metainfo, DIR, bytes, &error), &error))
    check (&resume, metainfo);
  btfw_resume_clear (&resume);
  return 0;
}
