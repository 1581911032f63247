/* fields.h: takes required fields out of a torrent's dictionaries, and says what is wrong with them. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "base/bencode.h"

/* Messages begin with the key ("length: …"); callers that know where the
 * dictionary stands put its path before it ("info.files[3]."). */

/* Sets @error of that code and answers FALSE. */
gboolean btfw_field_fail (GError **error, BtfwError code, const char *format, ...) G_GNUC_PRINTF (3, 4);

/* The value of @key, which must be there and of that type; BTFW_BENCODE_NONE
 * with @error set when it is not. */
guint32 btfw_field_require (const BtfwBencode *document,
                            guint32            dict,
                            const char        *key,
                            BtfwBencodeType    type,
                            GError           **error);
/* The same for a key that may be missing: FALSE only for one of another type. */
gboolean btfw_field_find (const BtfwBencode *document,
                          guint32            dict,
                          const char        *key,
                          BtfwBencodeType    type,
                          guint32           *node,
                          GError           **error);
