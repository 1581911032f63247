/* why-report.h: how a torrent stands and why, for people, for programs, and for notes between them. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cli/item.h"
#include "cli/json.h"

/* One reason, as BtfwReason has it. */
typedef struct
{
  char   *code;   /* "tracker-refuses" */
  char   *weight; /* "halts", "slows", "states" */
  char   *text;
  char   *detail; /* NULL for none */
  guint   count;
  guint   total;
  guint64 rate;
} BtfwWhyReason;

/* What is told of one torrent; texts are fit to be shown. */
typedef struct
{
  char      *name;
  char      *info_hash;
  char      *state; /* "downloading" */
  gboolean   is_complete;
  guint64    done;
  guint64    wanted;
  guint64    download_rate;
  guint64    upload_rate;
  guint      n_peers;
  guint      n_seeds;
  guint64    pid;  /* of the program that runs it; 0 for this one */
  gint64     told; /* when it said so, in seconds since 1970 */
  GPtrArray *reasons; /* of BtfwWhyReason */
} BtfwWhyReport;

BtfwWhyReport *btfw_why_report_new (const BtfwItem *item);
void           btfw_why_report_free (BtfwWhyReport *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwWhyReport, btfw_why_report_free)

/* Whether it says the same, but for numbers that change always. */
gboolean btfw_why_report_equal (const BtfwWhyReport *a, const BtfwWhyReport *b);

/* As a keyfile, and back: NULL when @text is none. */
char          *btfw_why_report_to_text (const BtfwWhyReport *self);
BtfwWhyReport *btfw_why_report_parse (const char *text, gsize size);

/* Lines for people. */
char *btfw_why_report_describe (const BtfwWhyReport *self);
/* A member of its own in what is open. */
void  btfw_why_report_add_json (const BtfwWhyReport *self, BtfwJson *json, const char *key);
/* The reasons alone, as an array. */
void  btfw_why_add_reasons (BtfwJson *json, const char *key, BtfwTorrentStatus *status);
