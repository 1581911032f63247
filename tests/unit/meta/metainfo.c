/* metainfo.c: tests of reading .torrent files. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "meta/layout.h"
#include "meta/names.h"

#include <btfw/btfw-error.h>
#include <btfw/btfw-metainfo.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>

#include "notation.h"

#define SINGLE "'length' i40e 'name' 'a.bin' 'piece length' i16e 'pieces' *60"

static BtfwMetainfo *
parse (const char *notation, GError **error)
{
  g_autoptr (GBytes) bytes = notation_to_bytes (notation);

  return btfw_metainfo_new_from_bytes (bytes, error);
}

/* An info dictionary by itself, in a torrent. */
static BtfwMetainfo *
parse_info (const char *info, GError **error)
{
  g_autofree char *notation = g_strdup_printf ("d 'info' d %s e e", info);

  return parse (notation, error);
}

static BtfwMetainfo *
parse_good (const char *notation)
{
  g_autoptr (GError) error = NULL;
  BtfwMetainfo      *metainfo = parse (notation, &error);

  g_assert_no_error (error);
  return metainfo;
}

/* What must be refused: with which kind, and what the message must tell. */
typedef struct
{
  const char *name;
  const char *info;
  BtfwError   code;
  const char *message;
} Refusal;

#define INVALID BTFW_ERROR_INVALID
#define LIMIT BTFW_ERROR_LIMIT
#define UNSUPPORTED BTFW_ERROR_UNSUPPORTED

#define TREE_HEAD "'meta version' i2e 'name' 't' 'piece length' i16384e"
#define TREE_FILE(length) "d '' d 'length' i" length "e 'pieces root' *32 e e"

static const Refusal refusals[] = {
  { "no-name", "'length' i40e 'piece length' i16e 'pieces' *60", INVALID, "info.name" },
  { "empty-name", "'length' i40e 'name' '' 'piece length' i16e 'pieces' *60", INVALID, "info.name" },
  { "name-is-a-number", "'length' i40e 'name' i1e 'piece length' i16e 'pieces' *60", INVALID, "info.name" },
  { "no-piece-length", "'length' i40e 'name' 'a' 'pieces' *60", INVALID, "info.piece length" },
  { "piece-length-0", "'length' i40e 'name' 'a' 'piece length' i0e 'pieces' *60", INVALID, "piece length 0 is not allowed" },
  { "piece-length-negative", "'length' i40e 'name' 'a' 'piece length' i-1e 'pieces' *60", INVALID, "piece length -1 is not allowed" },
  { "piece-length-2-31", "'length' i40e 'name' 'a' 'piece length' i2147483648e 'pieces' *60", LIMIT, "2147483648" },
  { "piece-length-2-32", "'length' i40e 'name' 'a' 'piece length' i4294967296e 'pieces' *60", LIMIT, "4294967296" },
  { "piece-length-2-63", "'length' i40e 'name' 'a' 'piece length' i9223372036854775807e 'pieces' *60", LIMIT, "9223372036854775807" },
  { "no-pieces", "'length' i40e 'name' 'a' 'piece length' i16e", INVALID, "info.pieces" },
  { "empty-pieces", "'length' i40e 'name' 'a' 'piece length' i16e 'pieces' ''", INVALID, "0 hashes" },
  { "pieces-not-of-20", "'length' i40e 'name' 'a' 'piece length' i16e 'pieces' *59", INVALID, "59" },
  { "too-few-pieces", "'length' i40e 'name' 'a' 'piece length' i16e 'pieces' *40", INVALID, "2 hashes, but 40 bytes in pieces of 16 need 3" },
  { "too-many-pieces", "'length' i40e 'name' 'a' 'piece length' i16e 'pieces' *80", INVALID, "4 hashes" },
  { "pieces-is-a-list", "'length' i40e 'name' 'a' 'piece length' i16e 'pieces' l e", INVALID, "info.pieces" },
  { "more-pieces-than-may-be", "'length' i2097153e 'name' 'a' 'piece length' i1e 'pieces' *20", LIMIT, "2097153 are too many (2097152" },
  { "no-length-and-no-files", "'name' 'a' 'piece length' i16e 'pieces' *60", INVALID, "info.length" },
  { "both-length-and-files", "'files' l e 'length' i40e 'name' 'a' 'piece length' i16e 'pieces' *60", INVALID, "info.files" },
  { "negative-length", "'length' i-1e 'name' 'a' 'piece length' i16e 'pieces' *60", INVALID, "info.length: -1" },
  { "length-is-a-text", "'length' '40' 'name' 'a' 'piece length' i16e 'pieces' *60", INVALID, "info.length" },
  { "nothing-to-download", "'length' i0e 'name' 'a' 'piece length' i16e 'pieces' ''", INVALID, "info.length" },
  { "no-files", "'files' l e 'name' 'a' 'piece length' i16e 'pieces' *20", INVALID, "info.files" },
  { "files-is-a-number", "'files' i1e 'name' 'a' 'piece length' i16e 'pieces' *20", INVALID, "info.files" },
  { "file-is-a-text", "'files' l 'x' e 'name' 'a' 'piece length' i16e 'pieces' *20", INVALID, "info.files[0]" },
  { "negative-length-of-a-file", "'files' l d 'length' i1e 'path' l 'a' e e d 'length' i-5e 'path' l 'b' e e e 'name' 'a' 'piece length' i16e 'pieces' *20", INVALID, "info.files[1].length: -5" },
  { "empty-path", "'files' l d 'length' i5e 'path' l e e e 'name' 'a' 'piece length' i16e 'pieces' *20", INVALID, "info.files[0].path" },
  { "path-is-a-text", "'files' l d 'length' i5e 'path' 'a' e e 'name' 'a' 'piece length' i16e 'pieces' *20", INVALID, "info.files[0].path" },
  { "no-path", "'files' l d 'length' i5e e e 'name' 'a' 'piece length' i16e 'pieces' *20", INVALID, "info.files[0].path" },
  { "empty-element", "'files' l d 'length' i5e 'path' l 'a' '' e e e 'name' 'a' 'piece length' i16e 'pieces' *20", INVALID, "info.files[0].path[1]" },
  { "element-is-a-number", "'files' l d 'length' i5e 'path' l i1e e e e 'name' 'a' 'piece length' i16e 'pieces' *20", INVALID, "info.files[0].path[0]" },
  { "file-of-2-62-bytes", "'files' l d 'length' i4611686018427387904e 'path' l 'a' e e e 'name' 'a' 'piece length' i16e 'pieces' *20", LIMIT, "4611686018427387904" },
  { "only-pads", "'files' l d 'attr' 'p' 'length' i5e 'path' l 'a' e e e 'name' 'a' 'piece length' i16e 'pieces' *20", INVALID, "info.files" },
  { "only-links", "'files' l d 'attr' 'l' 'length' i5e 'path' l 'a' e e e 'name' 'a' 'piece length' i16e 'pieces' *20", INVALID, "info.files" },
  { "meta-version-0", SINGLE " 'meta version' i0e", UNSUPPORTED, "meta version" },
  { "meta-version-3", SINGLE " 'meta version' i3e", UNSUPPORTED, "not of 3" },
  { "meta-version-is-a-text", SINGLE " 'meta version' '2'", INVALID, "info.meta version" },
  { "v2-only", "'file tree' d 'f' " TREE_FILE ("5") " e " TREE_HEAD, UNSUPPORTED, "v2-only torrent" },
  { "v2-without-tree", TREE_HEAD, INVALID, "info.file tree" },
  { "v2-tree-is-a-list", "'file tree' l e " TREE_HEAD, INVALID, "info.file tree" },
  { "v2-empty-tree", "'file tree' d e " TREE_HEAD, INVALID, "info.file tree" },
  { "v2-empty-folder", "'file tree' d 'f' d e e " TREE_HEAD, INVALID, "“f”" },
  { "v2-file-without-name", "'file tree' d '' d 'length' i5e 'pieces root' *32 e e " TREE_HEAD, INVALID, "without a name" },
  { "v2-file-and-folder", "'file tree' d 'f' d '' d 'length' i0e e 'g' d '' d 'length' i0e e e e e " TREE_HEAD, INVALID, "both a file and a folder" },
  { "v2-no-root", "'file tree' d 'f' d '' d 'length' i5e e e e " TREE_HEAD, INVALID, "pieces root" },
  { "v2-short-root", "'file tree' d 'f' d '' d 'length' i5e 'pieces root' *31 e e e " TREE_HEAD, INVALID, "31 bytes instead of 32" },
  { "v2-no-length", "'file tree' d 'f' d '' d 'pieces root' *32 e e e " TREE_HEAD, INVALID, "length" },
  { "v2-negative-length", "'file tree' d 'f' " TREE_FILE ("-5") " e " TREE_HEAD, INVALID, "-5" },
  { "v2-properties-are-a-number", "'file tree' d 'f' d '' i1e e e " TREE_HEAD, INVALID, "properties" },
  { "v2-piece-length-too-small", "'file tree' d 'f' " TREE_FILE ("5") " e 'meta version' i2e 'name' 't' 'piece length' i8192e", INVALID, "8192" },
  { "v2-piece-length-no-power-of-two", "'file tree' d 'f' " TREE_FILE ("5") " e 'meta version' i2e 'name' 't' 'piece length' i49152e", INVALID, "49152" },
  { "v2-too-many-pieces", "'file tree' d 'f' " TREE_FILE ("1125899906842624") " e " TREE_HEAD, LIMIT, "too many" },
  { "hybrid-other-length", "'file tree' d 't' " TREE_FILE ("6") " e 'length' i5e 'pieces' *20" TREE_HEAD, INVALID, "6 bytes" },
  { "hybrid-other-name", "'file tree' d 'u' " TREE_FILE ("5") " e 'length' i5e 'pieces' *20" TREE_HEAD, INVALID, "“u”" },
  { "hybrid-more-files", "'file tree' d 't' " TREE_FILE ("5") " 'u' " TREE_FILE ("5") " e 'length' i5e 'pieces' *20" TREE_HEAD, INVALID, "as many files" },
  { "hybrid-fewer-files", "'file tree' d 'a' " TREE_FILE ("5") " e 'files' l d 'length' i5e 'path' l 'a' e e d 'length' i0e 'path' l 'b' e e e 'pieces' *20" TREE_HEAD, INVALID, "as many files" },
  { "hybrid-not-aligned", "'file tree' d 'a' " TREE_FILE ("5") " 'b' " TREE_FILE ("5") " e 'files' l d 'length' i5e 'path' l 'a' e e d 'length' i5e 'path' l 'b' e e e 'pieces' *20" TREE_HEAD, INVALID, "byte 5" },
  { "hybrid-without-tree", SINGLE " 'meta version' i2e", INVALID, "info" },
};

static void
test_refusal (gconstpointer data)
{
  const Refusal     *row = data;
  g_autoptr (GError) error = NULL;
  BtfwMetainfo      *metainfo = parse_info (row->info, &error);

  g_assert_null (metainfo);
  g_assert_error (error, BTFW_ERROR, (int) row->code);
  if (strstr (error->message, row->message) == NULL)
    g_error ("“%s” lacks “%s”", error->message, row->message);
}

/* Whole files that must be refused. */
static const Refusal file_refusals[] = {
  { "empty", "", INVALID, "not a torrent" },
  { "a-list", "l e", INVALID, "not a dictionary" },
  { "a-number", "i1e", INVALID, "not a dictionary" },
  { "a-web-page", "<!DOCTYPE html>", INVALID, "byte 0" },
  { "no-info", "d 'announce' 'http://t/' e", INVALID, "info" },
  { "info-is-a-list", "d 'info' l e e", INVALID, "info" },
  { "two-infos", "d 'info' d " SINGLE " e 'info' d " SINGLE " e e", INVALID, "info" },
  { "cut", "d 'info' d " SINGLE, INVALID, "not a torrent" },
  { "key-is-a-number", "d i1e 'x' e", INVALID, "not a torrent" },
  { "v2-layer-of-wrong-size", "d 'info' d 'file tree' d 'f' " TREE_FILE ("40000") " e " TREE_HEAD " e 'piece layers' d *32 *64 e e", INVALID, "64 bytes of hashes instead of 96" },
  { "v2-no-layer", "d 'info' d 'file tree' d 'f' " TREE_FILE ("40000") " e " TREE_HEAD " e 'piece layers' d e e", INVALID, "1 of 1" },
  { "v2-layers-are-a-list", "d 'info' d 'file tree' d 'f' " TREE_FILE ("40000") " e " TREE_HEAD " e 'piece layers' l e e", INVALID, "piece layers" },
  { "v2-layer-under-short-root", "d 'info' d 'file tree' d 'f' " TREE_FILE ("40000") " e " TREE_HEAD " e 'piece layers' d *31 *96 e e", INVALID, "piece layers" },
  { "v2-only-with-layers", "d 'info' d 'file tree' d 'f' " TREE_FILE ("40000") " e " TREE_HEAD " e 'piece layers' d *32 *96 e e", UNSUPPORTED, "“t” is a v2-only torrent" },
};

static void
test_file_refusal (gconstpointer data)
{
  const Refusal     *row = data;
  g_autoptr (GError) error = NULL;
  BtfwMetainfo      *metainfo = parse (row->info, &error);

  g_assert_null (metainfo);
  g_assert_error (error, BTFW_ERROR, (int) row->code);
  if (strstr (error->message, row->message) == NULL)
    g_error ("“%s” lacks “%s”", error->message, row->message);
}

/* The bytes behind the key "info" of a notation, up to the last but one "e". */
static char *
checksum_of_info (GChecksumType type, const char *info)
{
  g_autofree char   *notation = g_strdup_printf ("d %s e", info);
  g_autoptr (GBytes) bytes = notation_to_bytes (notation);

  return g_compute_checksum_for_bytes (type, bytes);
}

static void
test_single_file (void)
{
  g_autoptr (BtfwMetainfo) metainfo = parse_good ("d 'info' d " SINGLE " e e");
  BtfwLayout              *layout = btfw_metainfo_get_layout (metainfo);

  g_assert_cmpstr (btfw_metainfo_get_name (metainfo), ==, "a.bin");
  g_assert_false (btfw_metainfo_is_multi_file (metainfo));
  g_assert_false (btfw_metainfo_is_private (metainfo));
  g_assert_cmpuint (btfw_metainfo_get_protocols (metainfo), ==, BTFW_PROTOCOL_V1);
  g_assert_cmpuint (btfw_layout_get_n_files (layout), ==, 1);
  g_assert_cmpstr (btfw_layout_get_file_path (layout, 0), ==, "a.bin");
  g_assert_cmpuint (btfw_layout_get_size (layout), ==, 40);
  g_assert_cmpuint (btfw_layout_get_n_pieces (layout), ==, 3);
  g_assert_cmpmem (btfw_metainfo_get_piece_hash (metainfo, 2), 20, "hhhhhhhhhhhhhhhhhhhh", 20);
  g_assert_cmpuint (btfw_metainfo_get_n_tiers (metainfo), ==, 0);
  g_assert_null (btfw_metainfo_get_web_seeds (metainfo)[0]);
  g_assert_null (btfw_metainfo_get_nodes (metainfo)[0]);
  g_assert_null (btfw_metainfo_get_warnings (metainfo)[0]);
  g_assert_null (btfw_metainfo_get_comment (metainfo));
}

#define MANY_FILES                                                      \
  "'files' l"                                                           \
  " d 'attr' 'x' 'length' i10e 'path' l 'sub' 'run' e e"                \
  " d 'attr' 'p' 'length' i6e 'path' l '.pad' '6' e e"                  \
  " d 'attr' 'lh' 'path' l 'link' e 'symlink path' l '..' '..' 'x' e e" \
  " d 'length' i0e 'path' l 'empty' e e"                                \
  " d 'length' i30e 'path' l 'data' e e"                                \
  " e 'name' 'many' 'piece length' i16e 'pieces' *60"

static void
test_many_files (void)
{
  static const struct
  {
    const char   *path;
    guint64       offset, length;
    BtfwFileFlags flags;
  } expected[] = {
    { "many/sub/run", 0, 10, BTFW_FILE_EXECUTABLE },
    { BTFW_PAD_PATH, 10, 6, BTFW_FILE_PAD },
    { "many/link", 16, 0, BTFW_FILE_SYMLINK | BTFW_FILE_HIDDEN },
    { "many/empty", 16, 0, 0 },
    { "many/data", 16, 30, 0 },
  };
  g_autoptr (BtfwMetainfo) metainfo = parse_good ("d 'info' d " MANY_FILES " e e");
  BtfwLayout              *layout = btfw_metainfo_get_layout (metainfo);

  g_assert_true (btfw_metainfo_is_multi_file (metainfo));
  g_assert_cmpuint (btfw_layout_get_n_files (layout), ==, G_N_ELEMENTS (expected));
  for (guint32 i = 0; i < G_N_ELEMENTS (expected); i++)
    {
      g_assert_cmpstr (btfw_layout_get_file_path (layout, i), ==, expected[i].path);
      g_assert_cmpuint (btfw_layout_get_file_offset (layout, i), ==, expected[i].offset);
      g_assert_cmpuint (btfw_layout_get_file_length (layout, i), ==, expected[i].length);
      g_assert_cmpuint (btfw_layout_get_file_flags (layout, i), ==, expected[i].flags);
    }
}

static void
test_info_hash_is_over_the_exact_bytes (void)
{
  /* Unsorted keys and ones that nobody knows change the hash, so they are kept. */
  static const char       *info = "'zzz' l i1e e " SINGLE " 'aaa' 'unknown'";
  g_autofree char         *notation = g_strdup_printf ("d 'comment' 'c' 'info' d %s e 'x' i1e e", info);
  g_autofree char         *expected = checksum_of_info (G_CHECKSUM_SHA1, info);
  g_autoptr (BtfwMetainfo) metainfo = parse_good (notation);
  g_autofree char         *text = btfw_info_hash_to_string (btfw_metainfo_get_info_hash (metainfo));
  g_autofree char         *of_bytes = g_compute_checksum_for_bytes (G_CHECKSUM_SHA1, btfw_metainfo_get_info (metainfo));

  g_assert_cmpstr (text, ==, expected);
  g_assert_cmpstr (of_bytes, ==, expected);
  g_assert_null (btfw_info_hash_get_v2 (btfw_metainfo_get_info_hash (metainfo)));
}

#define HYBRID_INFO                                                       \
  "'file tree' d 'a' " TREE_FILE ("5") " 'd' d 'b' " TREE_FILE ("7") " e e" \
  " 'files' l d 'length' i5e 'path' l 'a' e e"                            \
  " d 'attr' 'p' 'length' i16379e 'path' l '.pad' '16379' e e"            \
  " d 'length' i7e 'path' l 'd' 'b' e e e"                                \
  " 'pieces' *40" TREE_HEAD

static void
test_hybrid_has_both_hashes_and_v1_layout (void)
{
  g_autoptr (BtfwMetainfo) metainfo = parse_good ("d 'info' d " HYBRID_INFO " e 'piece layers' d e e");
  g_autofree char         *v2 = checksum_of_info (G_CHECKSUM_SHA256, HYBRID_INFO);
  g_autofree char         *v1 = checksum_of_info (G_CHECKSUM_SHA1, HYBRID_INFO);
  g_autofree char         *text = btfw_info_hash_to_string (btfw_metainfo_get_info_hash (metainfo));
  g_autoptr (BtfwInfoHash) from_text = btfw_info_hash_parse (v2, NULL);

  g_assert_cmpstr (text, ==, v1);
  g_assert_cmpmem (btfw_info_hash_get_v2 (btfw_metainfo_get_info_hash (metainfo)), 32, btfw_info_hash_get_v2 (from_text), 32);
  g_assert_cmpuint (btfw_metainfo_get_protocols (metainfo), ==, BTFW_PROTOCOL_V1 | BTFW_PROTOCOL_V2);
  g_assert_cmpuint (btfw_layout_get_n_files (btfw_metainfo_get_layout (metainfo)), ==, 3);
  g_assert_nonnull (btfw_metainfo_get_piece_hash (metainfo, 1));
}

static void
test_hybrid_of_one_file (void)
{
  g_autoptr (BtfwMetainfo) metainfo =
    parse_good ("d 'info' d 'file tree' d 't' " TREE_FILE ("5") " e 'length' i5e 'pieces' *20 " TREE_HEAD " e e");

  g_assert_false (btfw_metainfo_is_multi_file (metainfo));
}

/* As it is written of what came by a magnet link. */
static void
test_hybrid_without_layers (void)
{
  g_autoptr (BtfwMetainfo) metainfo =
    parse_good ("d 'info' d 'file tree' d 't' " TREE_FILE ("40000") " e 'length' i40000e 'pieces' *60 " TREE_HEAD " e e");

  g_assert_nonnull (btfw_metainfo_get_piece_hash (metainfo, 2));
}

static void
test_private_unless_plainly_not (void)
{
  static const struct
  {
    const char *info;
    gboolean    is_private;
  } rows[] = {
    { SINGLE, FALSE },
    { SINGLE " 'private' i0e", FALSE },
    { SINGLE " 'private' i1e", TRUE },
    { SINGLE " 'private' i2e", TRUE },
    { SINGLE " 'private' '1'", TRUE },
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++)
    {
      g_autoptr (BtfwMetainfo) metainfo = parse_info (rows[i].info, NULL);

      g_assert_nonnull (metainfo);
      g_assert_cmpint (btfw_metainfo_is_private (metainfo), ==, rows[i].is_private);
    }
}

/* Which field goes in, and what comes out: the tiers with '|' between them. */
typedef struct
{
  const char *name;
  const char *fields;
  const char *tiers;
  guint       n_warnings;
} TierCase;

static const TierCase tier_cases[] = {
  { "none", "", "", 0 },
  { "announce-alone", "'announce' 'http://a/x'", "http://a/x", 0 },
  { "list-wins", "'announce' 'http://a/x' 'announce-list' l l 'http://b/' 'udp://c:1' e l 'http://d/' e e", "http://b/ udp://c:1|http://d/", 0 },
  { "each-once", "'announce-list' l l 'http://b/' 'http://b/' e l 'http://b/' e l 'http://c/' e e", "http://b/|http://c/", 0 },
  { "empty-list-falls-back", "'announce' 'http://a/' 'announce-list' l l e e", "http://a/", 0 },
  { "texts-as-tiers", "'announce-list' l 'http://a/' 'http://b/' e", "http://a/|http://b/", 0 },
  { "blanks-around", "'announce' ' http://a/\n'", "http://a/", 0 },
  { "no-url", "'announce-list' l l 'nonsense' 'http://' '://x' 'http://a b/' 'http://a/\033[2J' e l 'http://ok/' e e", "http://ok/", 5 },
  { "invalid-utf-8", "'announce' 'http://a/\xff'", "", 1 },
  { "wrong-types", "'announce' i1e 'announce-list' l i1e d e l i2e e e 'nodes' i1e 'url-list' i1e", "", 0 },
};

static void
test_tiers (gconstpointer data)
{
  const TierCase          *row = data;
  g_autofree char         *notation = g_strdup_printf ("d %s 'info' d " SINGLE " e e", row->fields);
  g_autoptr (BtfwMetainfo) metainfo = parse_good (notation);
  g_autoptr (GString)      tiers = g_string_new (NULL);

  for (guint i = 0; i < btfw_metainfo_get_n_tiers (metainfo); i++)
    {
      g_autofree char *tier = g_strjoinv (" ", (char **) btfw_metainfo_get_tier (metainfo, i));

      g_string_append_printf (tiers, "%s%s", i > 0 ? "|" : "", tier);
    }

  g_assert_cmpstr (tiers->str, ==, row->tiers);
  g_assert_cmpuint (g_strv_length ((char **) btfw_metainfo_get_warnings (metainfo)), ==, row->n_warnings);
}

static void
test_web_seeds (void)
{
  g_autoptr (BtfwMetainfo) one = parse_good ("d 'info' d " SINGLE " e 'url-list' 'http://s/f' e");
  g_autoptr (BtfwMetainfo) list = parse_good ("d 'info' d " SINGLE " e 'url-list' l 'http://s/f' 'http://s/f' 'ftp://t/' e e");
  g_autoptr (BtfwMetainfo) empty = parse_good ("d 'info' d " SINGLE " e 'url-list' '' e");
  const char *const        one_url[] = { "http://s/f", NULL };
  const char *const        two_urls[] = { "http://s/f", "ftp://t/", NULL };

  g_assert_cmpstrv (btfw_metainfo_get_web_seeds (one), one_url);
  g_assert_cmpstrv (btfw_metainfo_get_web_seeds (list), two_urls);
  g_assert_null (btfw_metainfo_get_web_seeds (empty)[0]);
  g_assert_null (btfw_metainfo_get_warnings (empty)[0]);
}

static void
test_nodes (void)
{
  g_autoptr (BtfwMetainfo) metainfo =
    parse_good ("d 'info' d " SINGLE " e 'nodes' l l 'host.example' i6881e e l '2001:db8::1' i1e e"
                " l 'x' i0e e l 'x' i70000e e l '' i1e e l 'a b' i1e e l 'x' e 'x' e e");
  const char *const expected[] = { "host.example:6881", "[2001:db8::1]:1", NULL };

  g_assert_cmpstrv (btfw_metainfo_get_nodes (metainfo), expected);
  g_assert_cmpuint (g_strv_length ((char **) btfw_metainfo_get_warnings (metainfo)), ==, 1);
}

static void
test_texts_are_clean (void)
{
  g_autoptr (BtfwMetainfo) metainfo =
    parse_good ("d 'comment' 'a\033[31m\xff' 'created by' 'x\xe2\x80\xaey' 'creation date' i1700000000e 'info' d " SINGLE " e e");

  g_assert_true (g_utf8_validate (btfw_metainfo_get_comment (metainfo), -1, NULL));
  g_assert_null (strchr (btfw_metainfo_get_comment (metainfo), '\033'));
  g_assert_null (strstr (btfw_metainfo_get_created_by (metainfo), "\xe2\x80\xae"));
  g_assert_cmpint (btfw_metainfo_get_creation_date (metainfo), ==, 1700000000);
}

static void
test_utf8_names_win (void)
{
  g_autoptr (BtfwMetainfo) metainfo =
    parse_good ("d 'info' d 'files' l d 'length' i40e 'path' l '\xc4\xe3' e 'path.utf-8' l '\xe4\xbd\xa0' e e e"
                " 'name' '\xba\xc3' 'name.utf-8' '\xe5\xa5\xbd' 'piece length' i16e 'pieces' *60 e e");

  g_assert_cmpstr (btfw_layout_get_file_path (btfw_metainfo_get_layout (metainfo), 0), ==, "\xe5\xa5\xbd/\xe4\xbd\xa0");
}

static void
test_mended_names_are_told (void)
{
  g_autoptr (BtfwMetainfo) metainfo =
    parse_good ("d 'info' d 'files' l"
                " d 'length' i10e 'path' l '..' '..' 'x' e e d 'length' i10e 'path' l 'ok' e e"
                " d 'length' i10e 'path' l 'ok' e e d 'length' i10e 'path' l '/etc' e e"
                " e 'name' '..' 'piece length' i16e 'pieces' *60 e e");
  BtfwLayout *layout = btfw_metainfo_get_layout (metainfo);

  g_assert_cmpstr (btfw_metainfo_get_name (metainfo), ==, ".%2E");
  g_assert_cmpstr (btfw_layout_get_file_path (layout, 0), ==, ".%2E/.%2E/.%2E/x");
  g_assert_cmpstr (btfw_layout_get_file_path (layout, 2), ==, ".%2E/ok (2)");
  g_assert_cmpstr (btfw_layout_get_file_path (layout, 3), ==, ".%2E/%2Fetc");
  g_assert_cmpuint (g_strv_length ((char **) btfw_metainfo_get_warnings (metainfo)), ==, 4);
}

static void
test_bytes_behind_the_end_are_ignored (void)
{
  g_autoptr (BtfwMetainfo) metainfo = parse_good ("d 'info' d " SINGLE " e e\r\n");

  g_assert_cmpuint (g_strv_length ((char **) btfw_metainfo_get_warnings (metainfo)), ==, 1);
}

static void
test_odd_piece_lengths (void)
{
  g_autoptr (BtfwMetainfo) one = parse_info ("'length' i3e 'name' 'a' 'piece length' i1e 'pieces' *60", NULL);
  g_autoptr (BtfwMetainfo) three_blocks = parse_info ("'length' i50000e 'name' 'a' 'piece length' i49152e 'pieces' *40", NULL);
  g_autoptr (BtfwMetainfo) largest = parse_info ("'length' i1e 'name' 'a' 'piece length' i536870912e 'pieces' *20", NULL);

  g_assert_nonnull (one);
  g_assert_nonnull (three_blocks);
  g_assert_nonnull (largest);
  g_assert_cmpuint (btfw_layout_get_piece_length (btfw_metainfo_get_layout (three_blocks), 1), ==, 848);
  g_assert_cmpuint (btfw_layout_get_piece_length (btfw_metainfo_get_layout (largest), 0), ==, 1);
}

static void
test_info_from_peers (void)
{
  static const char *const trackers[] = { "http://a/", "bad", "http://a/", "udp://b:1/x", NULL };
  g_autoptr (GBytes)       info = notation_to_bytes ("d " SINGLE " e");
  g_autoptr (GBytes)       longer = notation_to_bytes ("d " SINGLE " ee");
  g_autoptr (GError)       error = NULL;
  g_autoptr (BtfwMetainfo) metainfo = btfw_metainfo_new_from_info (info, trackers, &error);
  g_autofree char         *expected = checksum_of_info (G_CHECKSUM_SHA1, SINGLE);
  g_autofree char         *text = NULL;

  g_assert_no_error (error);
  text = btfw_info_hash_to_string (btfw_metainfo_get_info_hash (metainfo));
  g_assert_cmpstr (text, ==, expected);
  g_assert_cmpuint (btfw_metainfo_get_n_tiers (metainfo), ==, 2);
  g_assert_cmpstr (btfw_metainfo_get_tier (metainfo, 1)[0], ==, "udp://b:1/x");
  g_assert_null (btfw_metainfo_get_web_seeds (metainfo)[0]);
  g_assert_null (btfw_metainfo_new_from_info (longer, NULL, NULL));
}

static void
test_sum_of_lengths_is_refused_before_it_wraps (void)
{
  g_autoptr (GString) info = g_string_new ("'files' l");
  g_autoptr (GError)  error = NULL;

  /* Each is as large as one may be; 16,384 of them would wrap to nothing. */
  for (guint i = 0; i < 16384; i++)
    g_string_append_printf (info, " d 'length' i1125899906842624e 'path' l '%u' e e", i);
  g_string_append (info, " e 'name' 'a' 'piece length' i536870912e 'pieces' ''");

  g_assert_null (parse_info (info->str, &error));
  g_assert_error (error, BTFW_ERROR, LIMIT);
  g_assert_nonnull (strstr (error->message, "info.files[1]"));
}

static void
test_path_depth_is_limited (void)
{
  for (guint depth = BTFW_PATH_DEPTH_MAX; depth <= BTFW_PATH_DEPTH_MAX + 1; depth++)
    {
      g_autoptr (GString)      info = g_string_new ("'files' l d 'length' i5e 'path' l");
      g_autoptr (GError)       error = NULL;
      g_autoptr (BtfwMetainfo) metainfo = NULL;

      for (guint i = 0; i < depth; i++)
        g_string_append (info, " 'd'");
      g_string_append (info, " e e e 'name' 'a' 'piece length' i16e 'pieces' *20");

      metainfo = parse_info (info->str, &error);
      if (depth <= BTFW_PATH_DEPTH_MAX)
        g_assert_no_error (error);
      else
        g_assert_error (error, BTFW_ERROR, LIMIT);
    }
}

static void
test_deep_trees_are_refused (void)
{
  g_autoptr (GString) torrent = g_string_new ("d4:infod9:file tree");
  g_autoptr (GBytes)  bytes = NULL;
  g_autoptr (GError)  error = NULL;

  for (guint i = 0; i < 10000; i++)
    g_string_append (torrent, "d1:d");
  bytes = g_string_free_to_bytes (g_steal_pointer (&torrent));

  g_assert_null (btfw_metainfo_new_from_bytes (bytes, &error));
  g_assert_error (error, BTFW_ERROR, LIMIT);
  g_assert_nonnull (strstr (error->message, "100"));
}

/* A million files in folders of a thousand; 31 MB. */
static GBytes *
make_huge_torrent (guint n_files)
{
  GString *out = g_string_sized_new ((gsize) n_files * 32);

  g_string_append (out, "d4:infod5:filesl");
  for (guint i = 0; i < n_files; i++)
    {
      char name[32];
      int  size = g_snprintf (name, sizeof name, "%x", i);

      g_string_append_printf (out, "d6:lengthi1e4:pathl%d:%see", size, name);
    }
  g_string_append_printf (out, "e4:name1:t12:piece lengthi%ue6:pieces20:hhhhhhhhhhhhhhhhhhhheee", 1u << 20);

  return g_string_free_to_bytes (out);
}

static void
test_a_million_files_load (void)
{
  g_autoptr (GBytes)       bytes = make_huge_torrent (BTFW_FILES_MAX);
  g_autoptr (GError)       error = NULL;
  g_autoptr (GTimer)       timer = g_timer_new ();
  g_autoptr (BtfwMetainfo) metainfo = btfw_metainfo_new_from_bytes (bytes, &error);

  g_test_message ("loaded in %.2f s", g_timer_elapsed (timer, NULL));
  g_assert_no_error (error);
  g_assert_cmpuint (btfw_layout_get_n_files (btfw_metainfo_get_layout (metainfo)), ==, BTFW_FILES_MAX);
  g_assert_cmpstr (btfw_layout_get_file_path (btfw_metainfo_get_layout (metainfo), 999999), ==, "t/f423f");
}

static void
test_more_than_a_million_files_are_refused (void)
{
  g_autoptr (GBytes) bytes = make_huge_torrent (BTFW_FILES_MAX + 1);
  g_autoptr (GError) error = NULL;

  g_assert_null (btfw_metainfo_new_from_bytes (bytes, &error));
  g_assert_error (error, BTFW_ERROR, LIMIT);
  g_assert_nonnull (strstr (error->message, "1000001 are too many (1000000 at most)"));
}

static void
test_million_strange_things_keep_few_warnings (void)
{
  g_autoptr (GString)      torrent = g_string_new ("d8:announce5:nope!13:announce-listl");
  g_autoptr (GBytes)       bytes = NULL;
  g_autoptr (BtfwMetainfo) metainfo = NULL;

  for (guint i = 0; i < 1000000; i++)
    g_string_append (torrent, "l1:xe");
  g_string_append (torrent, "e4:infod6:lengthi5e4:name1:a12:piece lengthi16e6:pieces20:hhhhhhhhhhhhhhhhhhhhee");
  bytes = g_string_free_to_bytes (g_steal_pointer (&torrent));

  metainfo = btfw_metainfo_new_from_bytes (bytes, NULL);
  g_assert_nonnull (metainfo);
  g_assert_cmpuint (g_strv_length ((char **) btfw_metainfo_get_warnings (metainfo)), <, 100);
}

static void
test_path_errors_name_the_file (void)
{
  g_autofree char   *dir = g_dir_make_tmp (NULL, NULL);
  g_autofree char   *absent = g_build_filename (dir, "absent.torrent", NULL);
  g_autofree char   *wrong = g_build_filename (dir, "wrong.torrent", NULL);
  g_autoptr (GError) not_found = NULL, is_folder = NULL, not_torrent = NULL;

  g_assert_true (g_file_set_contents (wrong, "hello", -1, NULL));
  g_assert_null (btfw_metainfo_new_from_path (absent, &not_found));
  g_assert_null (btfw_metainfo_new_from_path (dir, &is_folder));
  g_assert_null (btfw_metainfo_new_from_path (wrong, &not_torrent));

  g_assert_error (not_found, BTFW_ERROR, BTFW_ERROR_NOT_FOUND);
  g_assert_nonnull (strstr (not_found->message, absent));
  g_assert_error (is_folder, BTFW_ERROR, INVALID);
  g_assert_nonnull (strstr (is_folder->message, "folder"));
  g_assert_error (not_torrent, BTFW_ERROR, INVALID);
  g_assert_nonnull (strstr (not_torrent->message, wrong));
  g_assert_nonnull (strstr (not_torrent->message, "byte 0"));
  g_remove (wrong);
  g_rmdir (dir);
}

static void
test_endless_file_stops_at_the_limit (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (btfw_metainfo_new_from_path ("/dev/zero", &error));
  g_assert_error (error, BTFW_ERROR, LIMIT);
  g_assert_nonnull (strstr (error->message, "33554432"));
}

static void
add_tables (void)
{
  for (guint i = 0; i < G_N_ELEMENTS (refusals); i++)
    {
      g_autofree char *path = g_strconcat ("/metainfo/refuses/", refusals[i].name, NULL);
      g_test_add_data_func (path, &refusals[i], test_refusal);
    }
  for (guint i = 0; i < G_N_ELEMENTS (file_refusals); i++)
    {
      g_autofree char *path = g_strconcat ("/metainfo/refuses/file/", file_refusals[i].name, NULL);
      g_test_add_data_func (path, &file_refusals[i], test_file_refusal);
    }
  for (guint i = 0; i < G_N_ELEMENTS (tier_cases); i++)
    {
      g_autofree char *path = g_strconcat ("/metainfo/tiers/", tier_cases[i].name, NULL);
      g_test_add_data_func (path, &tier_cases[i], test_tiers);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);

  add_tables ();
  g_test_add_func ("/metainfo/single-file", test_single_file);
  g_test_add_func ("/metainfo/many-files", test_many_files);
  g_test_add_func ("/metainfo/info-hash-is-over-the-exact-bytes", test_info_hash_is_over_the_exact_bytes);
  g_test_add_func ("/metainfo/hybrid/both-hashes-and-v1-layout", test_hybrid_has_both_hashes_and_v1_layout);
  g_test_add_func ("/metainfo/hybrid/one-file", test_hybrid_of_one_file);
  g_test_add_func ("/metainfo/hybrid/without-layers", test_hybrid_without_layers);
  g_test_add_func ("/metainfo/private-unless-plainly-not", test_private_unless_plainly_not);
  g_test_add_func ("/metainfo/web-seeds", test_web_seeds);
  g_test_add_func ("/metainfo/nodes", test_nodes);
  g_test_add_func ("/metainfo/texts-are-clean", test_texts_are_clean);
  g_test_add_func ("/metainfo/utf8-names-win", test_utf8_names_win);
  g_test_add_func ("/metainfo/mended-names-are-told", test_mended_names_are_told);
  g_test_add_func ("/metainfo/bytes-behind-the-end-are-ignored", test_bytes_behind_the_end_are_ignored);
  g_test_add_func ("/metainfo/odd-piece-lengths", test_odd_piece_lengths);
  g_test_add_func ("/metainfo/info-from-peers", test_info_from_peers);
  g_test_add_func ("/metainfo/limits/sum-of-lengths-is-refused-before-it-wraps", test_sum_of_lengths_is_refused_before_it_wraps);
  g_test_add_func ("/metainfo/limits/path-depth", test_path_depth_is_limited);
  g_test_add_func ("/metainfo/limits/deep-trees-are-refused", test_deep_trees_are_refused);
  g_test_add_func ("/metainfo/limits/a-million-files-load", test_a_million_files_load);
  g_test_add_func ("/metainfo/limits/more-than-a-million-files-are-refused", test_more_than_a_million_files_are_refused);
  g_test_add_func ("/metainfo/limits/million-strange-things-keep-few-warnings", test_million_strange_things_keep_few_warnings);
  g_test_add_func ("/metainfo/path/errors-name-the-file", test_path_errors_name_the_file);
  g_test_add_func ("/metainfo/path/endless-file-stops-at-the-limit", test_endless_file_stops_at_the_limit);

  return g_test_run ();
}
