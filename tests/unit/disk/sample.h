/* sample.h: small torrents with known bytes, and folders to keep them in. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-metainfo.h>

typedef struct
{
  const char *path; /* elements with '/' between; below the folder "sample" */
  guint64     length;
  gboolean    pad;
} SampleFile;

typedef struct
{
  BtfwMetainfo *metainfo;
  BtfwLayout   *layout;
  guint8       *content; /* of the whole torrent, zeros for pads */
  gsize         size;
  char         *root;  /* a folder of its own */
  char         *dir;   /* below it: the save folder, not made yet */
  char         *state; /* below it: for state */
} Sample;

/* @files ends with one without a path. */
void  sample_init (Sample *self, const SampleFile *files, guint32 piece_size);
void  sample_clear (Sample *self);
/* The path of a file on disk. */
char *sample_path (Sample *self, const char *file);
/* Writes all files with their right content. */
void  sample_write_files (Sample *self);
void  sample_remove_tree (const char *path);
