/* btfw-bencode.h: reads and writes the notation of torrents and trackers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-error.h>

G_BEGIN_DECLS

typedef struct _BtfwBencodeDoc BtfwBencodeDoc;

/**
 * BtfwBencodeDoc:
 *
 * Parsed bencode (BEP 3) from outside: bounded in depth and in the number of
 * values, and never followed by anything else. Immutable, ref-counted, may be
 * used on every thread.
 *
 * Its values are numbered nodes; 0 is the outermost one. A node that is not
 * there is %BTFW_BENCODE_DOC_NONE, which all functions take, and answer as
 * they answer a value of another type. So a chain of look-ups needs one check,
 * at its end.
 */
#define BTFW_TYPE_BENCODE_DOC (btfw_bencode_doc_get_type ())
BTFW_API GType btfw_bencode_doc_get_type (void) G_GNUC_CONST;

#define BTFW_BENCODE_DOC_ROOT 0u
#define BTFW_BENCODE_DOC_NONE G_MAXUINT32

/**
 * btfw_bencode_doc_new:
 * @bytes: one value, and nothing else
 * @max_values: how many values it may have at most
 *
 * Returns: (transfer full) (nullable): the document, or %NULL; @error says at which byte the fault is
 */
BTFW_API BtfwBencodeDoc *btfw_bencode_doc_new (GBytes *bytes, guint32 max_values, GError **error);
/**
 * btfw_bencode_doc_new_prefix:
 * @bytes: one value, and what may follow it
 * @rest: (out): how many bytes follow; untouched on failure
 *
 * For messages that have bytes of another kind behind a dictionary.
 *
 * Returns: (transfer full) (nullable): the document, or %NULL; @error says at which byte the fault is
 */
BTFW_API BtfwBencodeDoc *btfw_bencode_doc_new_prefix (GBytes *bytes, guint32 max_values, gsize *rest, GError **error);
BTFW_API BtfwBencodeDoc *btfw_bencode_doc_ref (BtfwBencodeDoc *self);
BTFW_API void            btfw_bencode_doc_unref (BtfwBencodeDoc *self);

/**
 * btfw_bencode_doc_is_dict:
 *
 * Returns: whether @node is a dictionary
 */
BTFW_API gboolean        btfw_bencode_doc_is_dict (BtfwBencodeDoc *self, guint32 node);
/**
 * btfw_bencode_doc_is_list:
 *
 * Returns: whether @node is a list
 */
BTFW_API gboolean        btfw_bencode_doc_is_list (BtfwBencodeDoc *self, guint32 node);
/**
 * btfw_bencode_doc_get_integer:
 * @value: (out): untouched on failure
 *
 * Returns: %FALSE when @node is no integer
 */
BTFW_API gboolean        btfw_bencode_doc_get_integer (BtfwBencodeDoc *self, guint32 node, gint64 *value);
/**
 * btfw_bencode_doc_get_string:
 * @size: (out): how many bytes; untouched on failure
 *
 * Returns: (transfer none) (array length=size) (nullable): bytes of any kind, without a NUL at their end, or
 *   %NULL when @node is no string
 */
BTFW_API const guint8   *btfw_bencode_doc_get_string (BtfwBencodeDoc *self, guint32 node, gsize *size);
/**
 * btfw_bencode_doc_dup_text:
 *
 * Returns: (transfer full) (nullable): a string made fit to be shown (see
 *   btfw_text_clean()), or %NULL when @node is no string
 */
BTFW_API char           *btfw_bencode_doc_dup_text (BtfwBencodeDoc *self, guint32 node);
/**
 * btfw_bencode_doc_lookup:
 * @dict: a dictionary
 *
 * Returns: the node of the value of @key, or %BTFW_BENCODE_DOC_NONE
 */
BTFW_API guint32         btfw_bencode_doc_lookup (BtfwBencodeDoc *self, guint32 dict, const char *key);
/**
 * btfw_bencode_doc_lookup_bytes:
 * @key: (array length=size): a key of any bytes
 *
 * Returns: the node of the value of @key, or %BTFW_BENCODE_DOC_NONE
 */
BTFW_API guint32         btfw_bencode_doc_lookup_bytes (BtfwBencodeDoc *self, guint32 dict, const guint8 *key, gsize size);
/**
 * btfw_bencode_doc_first:
 * @list: a list
 *
 * Returns: its first member, or %BTFW_BENCODE_DOC_NONE
 */
BTFW_API guint32         btfw_bencode_doc_first (BtfwBencodeDoc *self, guint32 list);
/**
 * btfw_bencode_doc_next:
 *
 * Returns: the member of @list behind @member, or %BTFW_BENCODE_DOC_NONE
 */
BTFW_API guint32         btfw_bencode_doc_next (BtfwBencodeDoc *self, guint32 list, guint32 member);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwBencodeDoc, btfw_bencode_doc_unref)

/**
 * btfw_bencode_append_integer:
 * @out: gets the value at its end
 *
 * Writers put the keys of a dictionary into order themselves.
 */
BTFW_API void btfw_bencode_append_integer (GByteArray *out, gint64 value);
/**
 * btfw_bencode_append_string:
 * @data: (array length=size): bytes of any kind
 */
BTFW_API void btfw_bencode_append_string (GByteArray *out, const guint8 *data, gsize size);
/**
 * btfw_bencode_append_key:
 * @key: a text
 */
BTFW_API void btfw_bencode_append_key (GByteArray *out, const char *key);
/**
 * btfw_bencode_open_list:
 * @out: what is written
 *
 * Begins a list.
 */
BTFW_API void btfw_bencode_open_list (GByteArray *out);
/**
 * btfw_bencode_open_dict:
 * @out: what is written
 *
 * Begins a dictionary; its keys come in ascending order.
 */
BTFW_API void btfw_bencode_open_dict (GByteArray *out);
/**
 * btfw_bencode_close:
 *
 * Ends the list or dictionary that was opened last.
 */
BTFW_API void btfw_bencode_close (GByteArray *out);

G_END_DECLS
