/* add-options.h: how a torrent is to be added, as the engine reads it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-torrent.h>

typedef struct
{
  char   *host;
  guint16 port;
} BtfwNamedPeer;

typedef struct
{
  guint32      file;
  BtfwPriority priority;
} BtfwFilePriority;

struct _BtfwAddOptions
{
  gatomicrefcount n_refs;
  char           *dir; /* NULL: as the settings say; so for all texts */
  char           *picker;
  char           *storage;
  char           *choker;
  int             overwrite; /* -1: as the settings say */
  gboolean        trust_files;
  gboolean        check;
  gboolean        stopped;
  gboolean        holds;
  GArray         *priorities; /* of BtfwFilePriority */
  GArray         *peers;      /* of BtfwNamedPeer */
  guint64         max_download;
  guint64         max_upload;
};
