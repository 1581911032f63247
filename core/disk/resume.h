/* resume.h: what is remembered of a torrent between two runs. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "base/bitfield.h"

#include <btfw/btfw-metainfo.h>
#include <btfw/btfw-storage.h>

/* A plain record; the parser checks every size against the metainfo. */
typedef struct
{
  BtfwBitfield  have;     /* verified and written */
  BtfwBitfield  unproven; /* claimed without a hash (--trust-files), still to be verified at first use */
  guint32       n_files;
  BtfwFileStat *stats;      /* one a file, when have was true */
  guint8       *priorities; /* one a file; NULL for all normal */
  guint64       uploaded;   /* over all runs */
  guint64       downloaded;
  gint64        added; /* seconds since 1970 */
  gint64        completed;
  gboolean      stopped; /* the user stopped it */
  guint64       dir_id;  /* of the drive with the save folder; 0 for unknown */
} BtfwResume;

gboolean btfw_resume_init (BtfwResume *self, BtfwMetainfo *metainfo);
void     btfw_resume_clear (BtfwResume *self);

GBytes  *btfw_resume_save (const BtfwResume *self, BtfwMetainfo *metainfo, const char *dir);
/* Fails, and leaves @self cleared, for any fault, another torrent or another folder. */
gboolean btfw_resume_load (BtfwResume *self, BtfwMetainfo *metainfo, const char *dir, GBytes *data, GError **error);
/* Moves pieces of files that are not as they were from have into @doubtful
 * (initialised by the call), which must be hashed again; pieces that were not claimed but
 * lie in such files are doubtful too. */
gboolean btfw_resume_compare (BtfwResume *self, BtfwMetainfo *metainfo, const BtfwFileStat *now, BtfwBitfield *doubtful);
/* Takes out of have what the files as they are now cannot hold: a file that vanished
 * or was cut would else be "as it was left" at the next start. Answers how many bytes these pieces have. */
guint64  btfw_resume_drop_missing (BtfwResume *self, BtfwMetainfo *metainfo);
/* What tells the drive that a folder is on, or would be on, from another one, also
 * after a restart; 0 for unknown. Blocks. */
guint64  btfw_resume_get_dir_id (const char *dir);
/* Whether the drive with the files seems to be away: there were some, there is not
 * one now, and the drive is unknown or another one. To begin again would be
 * wrong then; without resume data it is not. */
gboolean btfw_resume_is_absent (const BtfwResume *self, const BtfwFileStat *now, guint64 dir_id);
/* The key of a record: of info-hash and save folder. */
char    *btfw_resume_make_key (BtfwInfoHash *info_hash, const char *dir);
