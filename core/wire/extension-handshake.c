/* extension-handshake.c: the dictionary of an extension handshake. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "wire/extension-handshake.h"

#include "base/bencode.h"

#include <btfw/btfw-text.h>

#include <string.h>

/* What is shown of a client's name. */
#define CLIENT_NAME_MAX 64
/* Queues deeper than this make no sense, whatever the other side says. */
#define REQUEST_MAX_MAX 100000

typedef struct
{
  char   *key;
  GBytes *value; /* bencoded */
} Entry;

struct _BtfwExtensionHandshake
{
  gatomicrefcount n_refs;
  GPtrArray      *entries;  /* to be written; NULL for one that came, or a dead one */
  GPtrArray      *messages; /* of the dictionary "m" */
  BtfwBencode    *document; /* what came; NULL otherwise */
  guint8         *body;     /* the document's */
};

G_DEFINE_BOXED_TYPE (BtfwExtensionHandshake, btfw_extension_handshake, btfw_extension_handshake_ref,
                     btfw_extension_handshake_unref)

/* What the core says and reads itself. */
static const char *const core_words[] = { "m", "p", "reqq", "upload_only", "v", "yourip", NULL };

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->key);
  g_bytes_unref (entry->value);
  g_free (entry);
}

BtfwExtensionHandshake *
btfw_extension_handshake_new (void)
{
  BtfwExtensionHandshake *self = g_new0 (BtfwExtensionHandshake, 1);

  g_atomic_ref_count_init (&self->n_refs);
  self->entries = g_ptr_array_new_with_free_func (entry_free);
  self->messages = g_ptr_array_new_with_free_func (entry_free);
  return self;
}

BtfwExtensionHandshake *
btfw_extension_handshake_parse (const guint8 *body, gsize size, GError **error)
{
  g_autofree guint8       *copy = NULL;
  g_autoptr (BtfwBencode)  document = NULL;
  BtfwExtensionHandshake  *self;

  if (size > BTFW_EXTENSION_HANDSHAKE_MAX)
    {
      btfw_wire_fail (error, BTFW_WIRE_ERROR_LENGTH, "an extension handshake of %" G_GSIZE_FORMAT " bytes", size);
      return NULL;
    }
  copy = g_memdup2 (body, size);
  document = btfw_bencode_parse (copy, size, BTFW_EXTENSION_HANDSHAKE_TOKENS_MAX, NULL, error);
  if (document == NULL)
    return NULL;
  if (btfw_bencode_get_type (document, 0) != BTFW_BENCODE_DICT)
    {
      btfw_wire_fail (error, BTFW_WIRE_ERROR_HANDSHAKE, "an extension handshake that is no dictionary");
      return NULL;
    }

  self = g_new0 (BtfwExtensionHandshake, 1);
  g_atomic_ref_count_init (&self->n_refs);
  self->document = g_steal_pointer (&document);
  self->body = g_steal_pointer (&copy);
  return self;
}

static void
clear (BtfwExtensionHandshake *self)
{
  g_clear_pointer (&self->entries, g_ptr_array_unref);
  g_clear_pointer (&self->messages, g_ptr_array_unref);
  g_clear_pointer (&self->document, btfw_bencode_free);
  g_clear_pointer (&self->body, g_free);
}

void
btfw_extension_handshake_kill (BtfwExtensionHandshake *self)
{
  clear (self);
  btfw_extension_handshake_unref (self);
}

BtfwExtensionHandshake *
btfw_extension_handshake_ref (BtfwExtensionHandshake *self)
{
  g_return_val_if_fail (self != NULL, NULL);

  g_atomic_ref_count_inc (&self->n_refs);
  return self;
}

void
btfw_extension_handshake_unref (BtfwExtensionHandshake *self)
{
  g_return_if_fail (self != NULL);

  if (!g_atomic_ref_count_dec (&self->n_refs))
    return;
  clear (self);
  g_free (self);
}

/* --- Reading --- */

gboolean
btfw_extension_handshake_get_message (const BtfwExtensionHandshake *self, const char *name, guint8 *id)
{
  guint32 messages;
  gint64  number;

  if (self->document == NULL)
    return FALSE;
  messages = btfw_bencode_lookup_type (self->document, 0, "m", BTFW_BENCODE_DICT);
  if (messages == BTFW_BENCODE_NONE || !btfw_bencode_lookup_integer (self->document, messages, name, &number))
    return FALSE;
  *id = number > 0 && number <= G_MAXUINT8 ? (guint8) number : 0;
  return TRUE;
}

gboolean
btfw_extension_handshake_peek_bytes (const BtfwExtensionHandshake *self, const char *key, const char **bytes, gsize *size)
{
  return self->document != NULL && btfw_bencode_lookup_string (self->document, 0, key, bytes, size);
}

gboolean
btfw_extension_handshake_get_integer (BtfwExtensionHandshake *self, const char *key, gint64 *value)
{
  g_return_val_if_fail (self != NULL, FALSE);
  g_return_val_if_fail (key != NULL, FALSE);
  g_return_val_if_fail (value != NULL, FALSE);

  return self->document != NULL && btfw_bencode_lookup_integer (self->document, 0, key, value);
}

GBytes *
btfw_extension_handshake_get_bytes (BtfwExtensionHandshake *self, const char *key)
{
  const char *bytes;
  gsize       size;

  g_return_val_if_fail (self != NULL, NULL);
  g_return_val_if_fail (key != NULL, NULL);

  return btfw_extension_handshake_peek_bytes (self, key, &bytes, &size) ? g_bytes_new (bytes, size) : NULL;
}

/* --- Writing --- */

/* The last one of a name counts; takes @value. */
static void
set_entry (GPtrArray *entries, const char *key, GByteArray *value)
{
  Entry *entry;

  for (guint i = 0; i < entries->len; i++)
    {
      entry = g_ptr_array_index (entries, i);
      if (strcmp (entry->key, key) != 0)
        continue;
      g_bytes_unref (entry->value);
      entry->value = g_byte_array_free_to_bytes (value);
      return;
    }
  entry = g_new (Entry, 1);
  entry->key = g_strdup (key);
  entry->value = g_byte_array_free_to_bytes (value);
  g_ptr_array_add (entries, entry);
}

static void
set_integer (GPtrArray *entries, const char *key, gint64 value)
{
  GByteArray *bytes = g_byte_array_new ();

  btfw_bencode_put_integer (bytes, value);
  set_entry (entries, key, bytes);
}

void
btfw_extension_handshake_set_message (BtfwExtensionHandshake *self, const char *name, guint8 id)
{
  set_integer (self->messages, name, id);
}

void
btfw_extension_handshake_put_integer (BtfwExtensionHandshake *self, const char *key, gint64 value)
{
  set_integer (self->entries, key, value);
}

void
btfw_extension_handshake_put_bytes (BtfwExtensionHandshake *self, const char *key, const void *bytes, gssize size)
{
  GByteArray *value = g_byte_array_new ();

  btfw_bencode_put_string (value, bytes, size);
  set_entry (self->entries, key, value);
}

void
btfw_extension_handshake_set_integer (BtfwExtensionHandshake *self, const char *key, gint64 value)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (key != NULL);
  g_return_if_fail (!g_strv_contains (core_words, key));

  if (self->entries != NULL)
    btfw_extension_handshake_put_integer (self, key, value);
}

void
btfw_extension_handshake_set_bytes (BtfwExtensionHandshake *self, const char *key, const guint8 *value, gsize size)
{
  g_return_if_fail (self != NULL);
  g_return_if_fail (key != NULL);
  g_return_if_fail (value != NULL || size == 0);
  g_return_if_fail (size <= BTFW_EXTENSION_VALUE_MAX);
  g_return_if_fail (!g_strv_contains (core_words, key));

  if (self->entries != NULL)
    btfw_extension_handshake_put_bytes (self, key, value, (gssize) size);
}

static int
compare_entries (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(Entry *const *) a)->key, (*(Entry *const *) b)->key);
}

static GByteArray *
make_dict (GPtrArray *entries)
{
  GByteArray *out = g_byte_array_new ();

  g_ptr_array_sort (entries, compare_entries);
  btfw_bencode_begin_dict (out);
  for (guint i = 0; i < entries->len; i++)
    {
      const Entry *entry = g_ptr_array_index (entries, i);
      gsize        size;
      const void  *value = g_bytes_get_data (entry->value, &size);

      btfw_bencode_put_string (out, entry->key, -1);
      btfw_bencode_put_raw (out, value, size);
    }
  btfw_bencode_end (out);
  return out;
}

void
btfw_extension_handshake_write (BtfwExtensionHandshake *self, GByteArray *out)
{
  g_autoptr (GByteArray) dict = NULL;

  set_entry (self->entries, "m", make_dict (self->messages));
  dict = make_dict (self->entries);
  g_byte_array_append (out, dict->data, dict->len);
}

/* --- The words of the core --- */

void
btfw_core_words_read (BtfwCoreWords *self, const BtfwExtensionHandshake *said)
{
  const BtfwBencode *document = said->document;
  const char        *text;
  gsize              size;
  gint64             number;

  *self = (BtfwCoreWords){ 0 };
  if (btfw_bencode_lookup_string (document, 0, "v", &text, &size))
    self->client = btfw_text_clean (text, (gssize) MIN (size, CLIENT_NAME_MAX));
  if (btfw_bencode_lookup_integer (document, 0, "reqq", &number) && number > 0)
    self->request_max = (guint32) MIN (number, REQUEST_MAX_MAX);
  if (btfw_bencode_lookup_integer (document, 0, "p", &number) && number > 0 && number <= G_MAXUINT16)
    self->port = (guint16) number;
  if (btfw_bencode_lookup_integer (document, 0, "upload_only", &number))
    {
      self->says_upload_only = TRUE;
      self->upload_only = number != 0;
    }
  if (btfw_bencode_lookup_string (document, 0, "yourip", &text, &size) && (size == 4 || size == BTFW_IP_MAX))
    {
      memcpy (self->seen_ip, text, size);
      self->seen_ip_size = size;
    }
}

void
btfw_core_words_clear (BtfwCoreWords *self)
{
  g_clear_pointer (&self->client, g_free);
}

void
btfw_core_words_write (const BtfwCoreWords *self, BtfwExtensionHandshake *handshake)
{
  if (self->client != NULL)
    btfw_extension_handshake_put_bytes (handshake, "v", self->client, -1);
  if (self->request_max != 0)
    btfw_extension_handshake_put_integer (handshake, "reqq", self->request_max);
  if (self->port != 0)
    btfw_extension_handshake_put_integer (handshake, "p", self->port);
  if (self->says_upload_only)
    btfw_extension_handshake_put_integer (handshake, "upload_only", self->upload_only);
  if (self->seen_ip_size != 0)
    btfw_extension_handshake_put_bytes (handshake, "yourip", self->seen_ip, (gssize) self->seen_ip_size);
}
