/* bencode-parser.h: walks over a bencoded value without recursion; private to bencode.c. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "base/bencode.h"
#include "base/reader.h"

/* A node is the number of its first word in the table, which says at which byte
 * the value begins; that byte also tells the type. Strings and integers need no
 * more: they are short to read again. A list or dictionary that is not empty
 * has three words more, and its members follow. So the worst document, of lists
 * of lists, takes 16 bytes of table for 2 of its own. */
enum
{
  BTFW_BENCODE_WORD_START,
  BTFW_BENCODE_WORD_END,       /* the byte behind the value */
  BTFW_BENCODE_WORD_NEXT,      /* the node behind all that is inside */
  BTFW_BENCODE_WORD_N_MEMBERS, /* keys count, their values do not */
  BTFW_BENCODE_N_WORDS_LEAF = 1,
  BTFW_BENCODE_N_WORDS_PARENT = 4,
};

/* A list or dictionary that has begun and not ended. */
typedef struct
{
  guint32  node;
  guint32  n_members;
  gboolean is_dict;
  gboolean has_key; /* a key has come, its value has not */
  gboolean is_empty;
} BtfwBencodeFrame;

/* The same walk measures the document first, without a table, and then fills
 * one of just the right size. */
typedef struct
{
  BtfwReader       reader;
  gsize            size;
  guint32         *words; /* NULL when measuring */
  guint32          n_words;
  guint32          n_tokens;
  guint32          max_tokens;
  guint            depth;
  BtfwBencodeFrame frames[BTFW_BENCODE_DEPTH_MAX];
} BtfwBencodeParser;

/* @words may be NULL: the walk then only checks and counts. */
void btfw_bencode_parser_init (BtfwBencodeParser *self,
                               const guint8      *data,
                               gsize              size,
                               guint32            max_tokens,
                               guint32           *words);
/* Walks over one value, however deep it is. */
gboolean btfw_bencode_parser_run (BtfwBencodeParser *self, GError **error);
gsize    btfw_bencode_parser_get_offset (const BtfwBencodeParser *self);

/* For a single value where the parser stands: an integer from behind its "i". */
gboolean btfw_bencode_parser_read_integer (BtfwBencodeParser *self, gint64 *value, GError **error);
gboolean btfw_bencode_parser_read_string (BtfwBencodeParser *self,
                                          const guint8     **string,
                                          gsize             *size,
                                          GError           **error);

/* Sets @error to "at byte @offset: @what", and answers FALSE. */
gboolean btfw_bencode_fail (GError **error, BtfwError code, gsize offset, const char *what);
