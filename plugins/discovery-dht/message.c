/* message.c: KRPC, the DHT's messages: between bytes and structs. No policy. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "message.h"

#include <btfw/btfw-bencode.h>

#include <string.h>

/* A reply with all that we take has some 120; one with more is not worth its time. */
#define VALUES_MAX 400

static const char *const method_names[DHT_N_METHODS] = {
  [DHT_PING] = "ping",
  [DHT_FIND_NODE] = "find_node",
  [DHT_GET_PEERS] = "get_peers",
  [DHT_ANNOUNCE_PEER] = "announce_peer",
};

gsize
dht_message_pack_endpoint (const BtfwEndpoint *endpoint, guint8 bytes[18])
{
  gsize size = btfw_endpoint_get_ip (endpoint, bytes);

  bytes[size] = (guint8) (endpoint->port >> 8);
  bytes[size + 1] = (guint8) endpoint->port;
  return size + 2;
}

gboolean
dht_message_unpack_endpoint (BtfwEndpoint *endpoint, const guint8 *bytes, gsize size)
{
  return size > 2 &&
         btfw_endpoint_init (endpoint, bytes, size - 2, (guint16) (bytes[size - 2] << 8 | bytes[size - 1]));
}

/* --- Reading --- */

static const guint8 *
get_string (BtfwBencodeDoc *doc, guint32 dict, const char *key, gsize *size)
{
  *size = 0;
  return btfw_bencode_doc_get_string (doc, btfw_bencode_doc_lookup (doc, dict, key), size);
}

static gboolean
read_id (BtfwBencodeDoc *doc, guint32 dict, const char *key, DhtId *id)
{
  gsize         size;
  const guint8 *bytes = get_string (doc, dict, key, &size);

  if (bytes == NULL || size != DHT_ID_SIZE)
    return FALSE;
  memcpy (id->bytes, bytes, DHT_ID_SIZE);
  return TRUE;
}

/* One that is too long counts as none. */
static void
read_token (BtfwBencodeDoc *doc, guint32 dict, DhtToken *token)
{
  gsize         size;
  const guint8 *bytes = get_string (doc, dict, "token", &size);

  token->size = 0;
  if (bytes == NULL || size > DHT_TOKEN_MAX)
    return;
  memcpy (token->bytes, bytes, size);
  token->size = (guint8) size;
}

static DhtMethod
read_method (BtfwBencodeDoc *doc)
{
  gsize         size;
  const guint8 *name = get_string (doc, BTFW_BENCODE_DOC_ROOT, "q", &size);

  for (guint i = 0; name != NULL && i < DHT_N_METHODS; i++)
    if (size == strlen (method_names[i]) && memcmp (name, method_names[i], size) == 0)
      return i;
  return DHT_UNKNOWN_METHOD;
}

static DhtWant
read_want (BtfwBencodeDoc *doc, guint32 list)
{
  DhtWant want = 0;

  for (guint32 node = btfw_bencode_doc_first (doc, list); node != BTFW_BENCODE_DOC_NONE;
       node = btfw_bencode_doc_next (doc, list, node))
    {
      gsize         size = 0;
      const guint8 *text = btfw_bencode_doc_get_string (doc, node, &size);

      if (text != NULL && size == 2 && text[0] == 'n')
        want |= text[1] == '4' ? DHT_WANT_V4 : text[1] == '6' ? DHT_WANT_V6 : 0;
    }
  return want;
}

static gboolean
read_query (DhtMessage *self, BtfwBencodeDoc *doc)
{
  guint32 arguments = btfw_bencode_doc_lookup (doc, BTFW_BENCODE_DOC_ROOT, "a");
  gint64  number = 0;

  self->method = read_method (doc);
  self->has_id = read_id (doc, arguments, "id", &self->id);
  self->has_target = read_id (doc, arguments, self->method == DHT_FIND_NODE ? "target" : "info_hash", &self->target);
  self->want = read_want (doc, btfw_bencode_doc_lookup (doc, arguments, "want"));
  read_token (doc, arguments, &self->token);
  if (btfw_bencode_doc_get_integer (doc, btfw_bencode_doc_lookup (doc, arguments, "port"), &number) &&
      number > 0 && number <= G_MAXUINT16)
    self->port = (guint16) number;
  if (btfw_bencode_doc_get_integer (doc, btfw_bencode_doc_lookup (doc, arguments, "implied_port"), &number))
    self->implied_port = number != 0;
  if (btfw_bencode_doc_get_integer (doc, btfw_bencode_doc_lookup (doc, BTFW_BENCODE_DOC_ROOT, "ro"), &number))
    self->is_read_only = number != 0;
  return TRUE;
}

/* Entries of @size bytes, of which the last 6 or 18 are an address. A list that
 * does not come out even is left out as a whole. */
static void
read_contacts (DhtMessage *self, BtfwBencodeDoc *doc, guint32 dict, const char *key, gsize address_size)
{
  gsize         size, entry = DHT_ID_SIZE + address_size;
  const guint8 *bytes = get_string (doc, dict, key, &size);

  if (bytes == NULL || size % entry != 0)
    return;

  for (; size > 0 && self->n_contacts < DHT_CONTACTS_MAX; bytes += entry, size -= entry)
    {
      DhtContact *contact = &self->contacts[self->n_contacts];

      memcpy (contact->id.bytes, bytes, DHT_ID_SIZE);
      if (dht_message_unpack_endpoint (&contact->endpoint, bytes + DHT_ID_SIZE, address_size) &&
          btfw_endpoint_is_usable (&contact->endpoint))
        self->n_contacts++;
    }
}

static void
read_values (DhtMessage *self, BtfwBencodeDoc *doc, guint32 list)
{
  for (guint32 node = btfw_bencode_doc_first (doc, list); node != BTFW_BENCODE_DOC_NONE && self->n_values < DHT_VALUES_MAX;
       node = btfw_bencode_doc_next (doc, list, node))
    {
      gsize         size = 0;
      const guint8 *bytes = btfw_bencode_doc_get_string (doc, node, &size);
      BtfwEndpoint *value = &self->values[self->n_values];

      if (bytes != NULL && dht_message_unpack_endpoint (value, bytes, size) && btfw_endpoint_is_usable (value))
        self->n_values++;
    }
}

static gboolean
read_reply (DhtMessage *self, BtfwBencodeDoc *doc)
{
  guint32       reply = btfw_bencode_doc_lookup (doc, BTFW_BENCODE_DOC_ROOT, "r");
  gsize         size;
  const guint8 *external = get_string (doc, BTFW_BENCODE_DOC_ROOT, "ip", &size);

  self->has_id = read_id (doc, reply, "id", &self->id);
  if (!self->has_id)
    return FALSE;

  self->has_external = external != NULL && dht_message_unpack_endpoint (&self->external, external, size);
  read_token (doc, reply, &self->token);
  read_contacts (self, doc, reply, "nodes", 6);
  read_contacts (self, doc, reply, "nodes6", 18);
  read_values (self, doc, btfw_bencode_doc_lookup (doc, reply, "values"));
  return TRUE;
}

static gboolean
read_error (DhtMessage *self, BtfwBencodeDoc *doc)
{
  guint32 list = btfw_bencode_doc_lookup (doc, BTFW_BENCODE_DOC_ROOT, "e");

  return btfw_bencode_doc_get_integer (doc, btfw_bencode_doc_first (doc, list), &self->code);
}

static gboolean
read_document (DhtMessage *self, BtfwBencodeDoc *doc)
{
  gsize         size;
  const guint8 *transaction = get_string (doc, BTFW_BENCODE_DOC_ROOT, "t", &size);
  const guint8 *kind;

  if (transaction == NULL || size == 0 || size > DHT_TRANSACTION_MAX)
    return FALSE;
  memcpy (self->transaction, transaction, size);
  self->transaction_size = (guint8) size;

  kind = get_string (doc, BTFW_BENCODE_DOC_ROOT, "y", &size);
  if (kind == NULL || size != 1)
    return FALSE;
  switch (kind[0])
    {
    case 'q':
      self->kind = DHT_QUERY;
      return read_query (self, doc);
    case 'r':
      self->kind = DHT_REPLY;
      return read_reply (self, doc);
    case 'e':
      self->kind = DHT_ERROR;
      return read_error (self, doc);
    default:
      return FALSE;
    }
}

gboolean
dht_message_parse (DhtMessage *self, const guint8 *data, gsize size)
{
  g_autoptr (GBytes)         bytes = g_bytes_new_static (data, size);
  g_autoptr (BtfwBencodeDoc) doc = btfw_bencode_doc_new (bytes, VALUES_MAX, NULL);

  /* The arrays behind their counts need no zeros. */
  memset (self, 0, G_STRUCT_OFFSET (DhtMessage, contacts));
  self->n_values = 0;
  self->token.size = 0;
  self->code = 0;
  return doc != NULL && read_document (self, doc);
}

/* --- Writing --- */

static void
put_string (GByteArray *out, const char *key, gconstpointer bytes, gsize size)
{
  btfw_bencode_append_key (out, key);
  btfw_bencode_append_string (out, bytes, size);
}

static void
put_integer (GByteArray *out, const char *key, gint64 value)
{
  btfw_bencode_append_key (out, key);
  btfw_bencode_append_integer (out, value);
}

static void
put_want (GByteArray *out, DhtWant want)
{
  if (want == 0)
    return;

  btfw_bencode_append_key (out, "want");
  btfw_bencode_open_list (out);
  if (want & DHT_WANT_V4)
    btfw_bencode_append_string (out, (const guint8 *) "n4", 2);
  if (want & DHT_WANT_V6)
    btfw_bencode_append_string (out, (const guint8 *) "n6", 2);
  btfw_bencode_close (out);
}

/* Fills up to a size: whoever is careful answers with so many bytes for each that
 * comes, and a list of nodes takes some. */
static void
put_padding (GByteArray *out, gsize wanted)
{
  static const guint8 padding[DHT_QUERY_SIZE_BOTH];
  gsize               left = wanted - MIN (wanted, out->len + 8);

  if (left > 0)
    put_string (out, "z", padding, left);
}

/* What stands behind the arguments of every query. */
static void
end_query (GByteArray *out, const char *name, const guint8 *transaction, gsize size, gboolean read_only, gsize wanted)
{
  put_string (out, "q", name, strlen (name));
  if (read_only)
    put_integer (out, "ro", 1);
  put_string (out, "t", transaction, size);
  /* A ping goes to strangers besides an answer, and is as short as it can be. */
  if (strcmp (name, method_names[DHT_PING]) != 0)
    put_string (out, "v", DHT_VERSION, 4);
  put_string (out, "y", "q", 1);
  put_padding (out, wanted);
  btfw_bencode_close (out);
}

static void
begin_message (GByteArray *out, const char *body, const DhtId *id)
{
  g_byte_array_set_size (out, 0);
  btfw_bencode_open_dict (out);
  btfw_bencode_append_key (out, body);
  btfw_bencode_open_dict (out);
  put_string (out, "id", id->bytes, DHT_ID_SIZE);
}

void
dht_message_write_query (GByteArray   *out,
                         const guint8 *transaction,
                         gsize         transaction_size,
                         const DhtId  *id,
                         DhtMethod     method,
                         const DhtId  *target,
                         DhtWant       want,
                         gboolean      read_only)
{
  begin_message (out, "a", id);
  if (method != DHT_PING)
    put_string (out, method == DHT_FIND_NODE ? "target" : "info_hash", target->bytes, DHT_ID_SIZE);
  put_want (out, want);
  btfw_bencode_close (out);
  end_query (out, method_names[method], transaction, transaction_size, read_only,
             method == DHT_PING ? 0 : want == (DHT_WANT_V4 | DHT_WANT_V6) ? DHT_QUERY_SIZE_BOTH : DHT_QUERY_SIZE);
}

void
dht_message_write_announce (GByteArray     *out,
                            const guint8   *transaction,
                            gsize           transaction_size,
                            const DhtId    *id,
                            const DhtId    *info_hash,
                            guint16         port,
                            const DhtToken *token,
                            gboolean        read_only)
{
  begin_message (out, "a", id);
  put_string (out, "info_hash", info_hash->bytes, DHT_ID_SIZE);
  put_integer (out, "port", port);
  put_string (out, "token", token->bytes, token->size);
  btfw_bencode_close (out);
  end_query (out, method_names[DHT_ANNOUNCE_PEER], transaction, transaction_size, read_only, 0);
}

static void
put_contacts (GByteArray *out, const char *key, const DhtContact *contacts, guint n)
{
  guint8 bytes[DHT_CONTACTS_MAX * (DHT_ID_SIZE + 18)];
  gsize  size = 0;

  for (guint i = 0; i < n; i++)
    {
      memcpy (bytes + size, contacts[i].id.bytes, DHT_ID_SIZE);
      size += DHT_ID_SIZE + dht_message_pack_endpoint (&contacts[i].endpoint, bytes + size + DHT_ID_SIZE);
    }
  if (n > 0)
    put_string (out, key, bytes, size);
}

static void
put_values (GByteArray *out, const BtfwEndpoint *values, guint n)
{
  if (n == 0)
    return;

  btfw_bencode_append_key (out, "values");
  btfw_bencode_open_list (out);
  for (guint i = 0; i < n; i++)
    {
      guint8 bytes[18];

      btfw_bencode_append_string (out, bytes, dht_message_pack_endpoint (&values[i], bytes));
    }
  btfw_bencode_close (out);
}

void
dht_message_write_reply (GByteArray *out, const DhtMessage *query, const DhtAnswer *answer, const BtfwEndpoint *to)
{
  guint8 external[18];

  g_byte_array_set_size (out, 0);
  btfw_bencode_open_dict (out);
  put_string (out, "ip", external, dht_message_pack_endpoint (to, external));
  btfw_bencode_append_key (out, "r");
  btfw_bencode_open_dict (out);
  put_string (out, "id", answer->id->bytes, DHT_ID_SIZE);
  put_contacts (out, "nodes", answer->v4, answer->n_v4);
  put_contacts (out, "nodes6", answer->v6, answer->n_v6);
  if (answer->token != NULL)
    put_string (out, "token", answer->token->bytes, answer->token->size);
  put_values (out, answer->values, answer->n_values);
  btfw_bencode_close (out);
  put_string (out, "t", query->transaction, query->transaction_size);
  put_string (out, "v", DHT_VERSION, 4);
  put_string (out, "y", "r", 1);
  btfw_bencode_close (out);
}

void
dht_message_write_error (GByteArray *out, const DhtMessage *query, DhtCode code, const char *text)
{
  g_byte_array_set_size (out, 0);
  btfw_bencode_open_dict (out);
  btfw_bencode_append_key (out, "e");
  btfw_bencode_open_list (out);
  btfw_bencode_append_integer (out, code);
  btfw_bencode_append_string (out, (const guint8 *) text, strlen (text));
  btfw_bencode_close (out);
  put_string (out, "t", query->transaction, query->transaction_size);
  put_string (out, "v", DHT_VERSION, 4);
  put_string (out, "y", "e", 1);
  btfw_bencode_close (out);
}
