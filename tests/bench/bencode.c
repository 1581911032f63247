/* bencode.c: how fast .torrent files of many files and many pieces are read and written. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/bencode.h"

#include "stopwatch.h"

typedef struct
{
  guint       n_files;
  gsize       n_pieces;
  GByteArray *bytes;
} Sample;

static void
put_file (GByteArray *out, guint number)
{
  g_autofree char *name = g_strdup_printf ("file-%u", number);

  btfw_bencode_begin_dict (out);
  btfw_bencode_put_string (out, "length", -1);
  btfw_bencode_put_integer (out, 1000 + number);
  btfw_bencode_put_string (out, "path", -1);
  btfw_bencode_begin_list (out);
  btfw_bencode_put_string (out, "folder", -1);
  btfw_bencode_put_string (out, name, -1);
  btfw_bencode_end (out);
  btfw_bencode_end (out);
}

static void
write_sample (gpointer data)
{
  Sample            *sample = data;
  g_autofree guint8 *hashes = g_malloc0 (sample->n_pieces * 20);

  g_byte_array_set_size (sample->bytes, 0);
  btfw_bencode_begin_dict (sample->bytes);
  btfw_bencode_put_string (sample->bytes, "files", -1);
  btfw_bencode_begin_list (sample->bytes);
  for (guint i = 0; i < sample->n_files; i++)
    put_file (sample->bytes, i);
  btfw_bencode_end (sample->bytes);
  btfw_bencode_put_string (sample->bytes, "pieces", -1);
  btfw_bencode_put_string (sample->bytes, (const char *) hashes, (gssize) (sample->n_pieces * 20));
  btfw_bencode_end (sample->bytes);
}

static void
read_sample (gpointer data)
{
  Sample                  *sample = data;
  g_autoptr (BtfwBencode) document = btfw_bencode_parse (sample->bytes->data, sample->bytes->len, BTFW_BENCODE_TOKENS_MAX, NULL, NULL);

  g_assert_nonnull (document);
}

int
main (void)
{
  Sample samples[] = { { 1, 1000, NULL }, { 1, 1000000, NULL }, { 1000, 1000, NULL }, { 100000, 1000, NULL } };

  g_print ("# bencode: files    pieces       KiB  write MB/s   read MB/s  read ns/file\n");
  for (guint i = 0; i < G_N_ELEMENTS (samples); i++)
    {
      Sample *sample = &samples[i];
      double  write, read;

      sample->bytes = g_byte_array_new ();
      write = stopwatch_measure (write_sample, sample);
      read = stopwatch_measure (read_sample, sample);
      g_print ("# %14u %9" G_GSIZE_FORMAT " %9u %11.0f %11.0f %13.0f\n", sample->n_files, sample->n_pieces,
               sample->bytes->len / 1024, sample->bytes->len / write / 1e6, sample->bytes->len / read / 1e6,
               read * 1e9 / sample->n_files);
      g_byte_array_unref (sample->bytes);
    }
  return 0;
}
