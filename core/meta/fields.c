/* fields.c: takes required fields out of a torrent's dictionaries, and says what is wrong with them. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "meta/fields.h"

#include <glib/gi18n-lib.h>

gboolean
btfw_field_fail (GError **error, BtfwError code, const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  if (error != NULL)
    *error = g_error_new_valist (BTFW_ERROR, (int) code, format, arguments);
  va_end (arguments);

  return FALSE;
}

static gboolean
fail_type (const char *key, BtfwBencodeType type, GError **error)
{
  switch (type)
    {
    case BTFW_BENCODE_INTEGER:
      return btfw_field_fail (error, BTFW_ERROR_INVALID, _("%s: this must be a number"), key);
    case BTFW_BENCODE_STRING:
      return btfw_field_fail (error, BTFW_ERROR_INVALID, _("%s: this must be a text"), key);
    case BTFW_BENCODE_LIST:
      return btfw_field_fail (error, BTFW_ERROR_INVALID, _("%s: this must be a list"), key);
    case BTFW_BENCODE_DICT:
      return btfw_field_fail (error, BTFW_ERROR_INVALID, _("%s: this must be a dictionary"), key);
    }

  g_assert_not_reached ();
}

gboolean
btfw_field_find (const BtfwBencode *document,
                 guint32            dict,
                 const char        *key,
                 BtfwBencodeType    type,
                 guint32           *node,
                 GError           **error)
{
  guint32 found = btfw_bencode_lookup (document, dict, key);

  if (found != BTFW_BENCODE_NONE && btfw_bencode_get_type (document, found) != type)
    return fail_type (key, type, error);

  *node = found;
  return TRUE;
}

guint32
btfw_field_require (const BtfwBencode *document,
                    guint32            dict,
                    const char        *key,
                    BtfwBencodeType    type,
                    GError           **error)
{
  guint32 node = BTFW_BENCODE_NONE;

  if (!btfw_field_find (document, dict, key, type, &node, error))
    return BTFW_BENCODE_NONE;

  if (node == BTFW_BENCODE_NONE)
    btfw_field_fail (error, BTFW_ERROR_INVALID, _("%s: this is missing"), key);
  return node;
}
