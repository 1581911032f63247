/* extension-handshake.h: the dictionary of an extension handshake (BEP 10), to be written, or as it came. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "wire/wire.h"

#include <btfw/btfw-extension.h>

/* Real ones have some hundred bytes; whoever sends more plays with us. */
#define BTFW_EXTENSION_HANDSHAKE_MAX (64u * 1024)
#define BTFW_EXTENSION_HANDSHAKE_TOKENS_MAX 1000
/* What a plugin can add under one key. */
#define BTFW_EXTENSION_VALUE_MAX 1024u

/* An empty one, to be written. */
BtfwExtensionHandshake *btfw_extension_handshake_new (void);
/* What came: a dictionary; @body is copied. */
BtfwExtensionHandshake *btfw_extension_handshake_parse (const guint8 *body, gsize size, GError **error);
/* From now on it can be neither read nor written; drops the caller's reference. */
void                    btfw_extension_handshake_kill (BtfwExtensionHandshake *self);

/* The number of the message @name in "m": 1 to 255, or 0 when it is switched off
 * or makes no sense. FALSE when nothing is said of it: then all stays as it was. */
gboolean btfw_extension_handshake_get_message (const BtfwExtensionHandshake *self, const char *name, guint8 *id);
void   btfw_extension_handshake_set_message (BtfwExtensionHandshake *self, const char *name, guint8 id);
/* Borrowed bytes; FALSE when there is no string of that name. */
gboolean btfw_extension_handshake_peek_bytes (const BtfwExtensionHandshake *self, const char *key, const char **bytes, gsize *size);
/* As the public ones, also for the words of the core. */
void   btfw_extension_handshake_put_integer (BtfwExtensionHandshake *self, const char *key, gint64 value);
void   btfw_extension_handshake_put_bytes (BtfwExtensionHandshake *self, const char *key, const void *bytes, gssize size);
/* Appends the dictionary, keys in order. */
void   btfw_extension_handshake_write (BtfwExtensionHandshake *self, GByteArray *out);

/* What of it the core itself understands. */
typedef struct
{
  char    *client;      /* cleaned; nullable */
  guint32  request_max; /* reqq; 0 when not said */
  guint16  port;        /* where it listens; 0 when not said */
  gboolean upload_only; /* BEP 21 */
  gboolean says_upload_only; /* whether it says anything of that */
  guint8   seen_ip[BTFW_IP_MAX]; /* yourip: the address of the one who is spoken to */
  gsize    seen_ip_size; /* 4, 16, or 0 when not said */
} BtfwCoreWords;

/* Single values that make no sense are left out. */
void btfw_core_words_read (BtfwCoreWords *self, const BtfwExtensionHandshake *said);
void btfw_core_words_clear (BtfwCoreWords *self);
void btfw_core_words_write (const BtfwCoreWords *self, BtfwExtensionHandshake *handshake);
