/* bencode.h: reads bencoded bytes into a flat table of nodes, and writes them. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-error.h>

typedef enum
{
  BTFW_BENCODE_INTEGER,
  BTFW_BENCODE_STRING,
  BTFW_BENCODE_LIST,
  BTFW_BENCODE_DICT,
} BtfwBencodeType;

/* A parsed document. It points into the bytes that it was made from, which
 * must outlive it. Nodes have growing (not consecutive) numbers in the order in
 * which they begin; the root is node 0. Parsing is strict (no leading zeros, no "-0", string keys)
 * and does not recurse. Two lenient points are rules of ours, as many torrents
 * need them: keys of a dictionary may come unsorted, but not twice. */
typedef struct _BtfwBencode BtfwBencode;

#define BTFW_BENCODE_NONE G_MAXUINT32
#define BTFW_BENCODE_DEPTH_MAX 100
#define BTFW_BENCODE_TOKENS_MAX 10000000
/* What the numbers of nodes can stand for. Each format has its own, smaller limit. */
#define BTFW_BENCODE_SIZE_MAX (256 * 1024 * 1024)

/* Parses one value that fills @data. With @rest, bytes may follow it: their
 * number is stored there. Each value and each end of a list or dictionary is a
 * token. Errors say at which byte; input that breaks the rules is found before
 * any memory is taken, which is at most 8 times @size (real documents need
 * less than they are long). */
BtfwBencode *btfw_bencode_parse (const guint8 *data,
                                 gsize         size,
                                 guint32       max_tokens,
                                 gsize        *rest,
                                 GError      **error);
void         btfw_bencode_free (BtfwBencode *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwBencode, btfw_bencode_free)

/* @node must be one of the document. */
BtfwBencodeType btfw_bencode_get_type (const BtfwBencode *self, guint32 node);
/* The bytes of the value as they stand in the document. For BTFW_BENCODE_NONE,
 * none: NULL and a size of 0. */
const guint8   *btfw_bencode_get_raw (const BtfwBencode *self, guint32 node, gsize *size);

/* These answer FALSE when the node is BTFW_BENCODE_NONE or of another type. */
gboolean btfw_bencode_get_integer (const BtfwBencode *self, guint32 node, gint64 *value);
gboolean btfw_bencode_get_string (const BtfwBencode *self, guint32 node, const char **string, gsize *size);

/* The value of @key, of any type, or of one type only; else BTFW_BENCODE_NONE. */
guint32  btfw_bencode_lookup (const BtfwBencode *self, guint32 dict, const char *key);
guint32  btfw_bencode_lookup_type (const BtfwBencode *self, guint32 dict, const char *key, BtfwBencodeType type);
gboolean btfw_bencode_lookup_integer (const BtfwBencode *self, guint32 dict, const char *key, gint64 *value);
gboolean btfw_bencode_lookup_string (const BtfwBencode *self, guint32 dict, const char *key, const char **string, gsize *size);

/* Members of a list, or keys of a dictionary, each followed by its value
 * (btfw_bencode_get_value()). Anything else has none. */
guint32 btfw_bencode_get_n_members (const BtfwBencode *self, guint32 node);
guint32 btfw_bencode_first (const BtfwBencode *self, guint32 node);
guint32 btfw_bencode_next (const BtfwBencode *self, guint32 parent, guint32 member);
guint32 btfw_bencode_get_value (const BtfwBencode *self, guint32 key);

/* Writing: the caller puts keys into order, as the format wants. */
void btfw_bencode_put_integer (GByteArray *out, gint64 value);
void btfw_bencode_put_string (GByteArray *out, const char *string, gssize size);
void btfw_bencode_put_raw (GByteArray *out, const guint8 *data, gsize size);
void btfw_bencode_begin_list (GByteArray *out);
void btfw_bencode_begin_dict (GByteArray *out);
void btfw_bencode_end (GByteArray *out);
