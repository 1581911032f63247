/* lab-storage.h: a storage in memory that fails when a test says so. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-storage.h>

#define LAB_TYPE_STORAGE (lab_storage_get_type ())
G_DECLARE_FINAL_TYPE (LabStorage, lab_storage, LAB, STORAGE, GObject)

#define LAB_NO_FAULT (-1)

struct _LabStorage
{
  GObject     parent_instance;
  BtfwLayout *layout; /* from the first open on */
  int         fd;
  guint8     *bytes;
  guint64     size;
  guint8     *written; /* by 4 KiB: whether it ever was */
  gboolean    is_open;
  gboolean    has_leases;

  int     write_fault; /* a BtfwStorageError, or LAB_NO_FAULT */
  int     read_fault;  /* of reads that touch the bytes … */
  guint64 read_fault_begin;
  guint64 read_fault_end;
  gboolean lies; /* what is read back is not what was written */
  guint   n_lies;
  guint   n_write_faults; /* how often each came */
  guint   n_read_faults;
  guint64 n_written; /* bytes, however often the same */
  guint64 n_rewritten; /* bytes where there were some already */
};

/* @content: what is there from the start: @size bytes, or NULL for nothing. */
LabStorage *lab_storage_new (const guint8 *content, guint64 size);
/* Reads of these bytes fail from now on. */
void        lab_storage_break (LabStorage *self, BtfwStorageError fault, guint64 begin, guint64 end);
