/* message.h: KRPC, the DHT's messages: between bytes and structs. No policy. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "node-id.h"

/* What we take of what others send; the rest is left out. */
#define DHT_TRANSACTION_MAX 16
#define DHT_TOKEN_MAX 40
#define DHT_CONTACTS_MAX 32
#define DHT_VALUES_MAX 100
/* What we send fits into one packet everywhere. */
#define DHT_MESSAGE_MAX 1200

/* Queries for nodes have at least that size, so that an answer that is not longer
 * than three times the query has room for all of a bucket, of one family or of both. */
#define DHT_QUERY_SIZE 150
#define DHT_QUERY_SIZE_BOTH 240

#define DHT_VERSION "bf\1\0"

typedef enum
{
  DHT_QUERY,
  DHT_REPLY,
  DHT_ERROR,
} DhtMessageKind;

typedef enum
{
  DHT_PING,
  DHT_FIND_NODE,
  DHT_GET_PEERS,
  DHT_ANNOUNCE_PEER,
  DHT_N_METHODS,
  DHT_UNKNOWN_METHOD = DHT_N_METHODS,
} DhtMethod;

typedef enum
{
  DHT_WANT_V4 = 1 << 0,
  DHT_WANT_V6 = 1 << 1,
} DhtWant;

typedef enum
{
  DHT_CODE_GENERIC = 201,
  DHT_CODE_SERVER = 202,
  DHT_CODE_PROTOCOL = 203,
  DHT_CODE_UNKNOWN_METHOD = 204,
} DhtCode;

/* Some bytes of somebody's, with a limit. */
typedef struct
{
  guint8 size;
  guint8 bytes[DHT_TOKEN_MAX];
} DhtToken;

typedef struct
{
  DhtMessageKind kind;
  guint8         transaction_size;
  guint8         transaction[DHT_TRANSACTION_MAX];
  gboolean       has_id;
  DhtId          id; /* the sender's */

  /* Queries: */
  DhtMethod method;
  gboolean  is_read_only; /* BEP 43: not to be asked anything */
  gboolean  has_target;
  DhtId     target; /* or the info-hash */
  DhtWant   want;   /* 0: as the query came */
  guint16   port;   /* of an announce; 0 when there is none */
  gboolean  implied_port;

  /* Replies: */
  gboolean     has_external;
  BtfwEndpoint external; /* where the other side sees us */
  guint        n_contacts;
  DhtContact   contacts[DHT_CONTACTS_MAX];
  guint        n_values;
  BtfwEndpoint values[DHT_VALUES_MAX];

  DhtToken token; /* of a reply, or of an announce; size 0 for none */
  gint64   code;  /* of an error */
} DhtMessage;

/* FALSE for what is no message, or cannot be answered. A query with something
 * wrong in it is one: what it lacks shows in the struct. */
gboolean dht_message_parse (DhtMessage *self, const guint8 *data, gsize size);

/* Each begins @out anew. A query has @target unless it is a ping. */
void     dht_message_write_query (GByteArray    *out,
                                  const guint8  *transaction,
                                  gsize          transaction_size,
                                  const DhtId   *id,
                                  DhtMethod      method,
                                  const DhtId   *target,
                                  DhtWant        want,
                                  gboolean       read_only);
void     dht_message_write_announce (GByteArray     *out,
                                     const guint8   *transaction,
                                     gsize           transaction_size,
                                     const DhtId    *id,
                                     const DhtId    *info_hash,
                                     guint16         port,
                                     const DhtToken *token,
                                     gboolean        read_only);
void     dht_message_write_error (GByteArray *out, const DhtMessage *query, DhtCode code, const char *text);

/* What a reply carries; what is NULL or 0 is left out. */
typedef struct
{
  const DhtId        *id;
  const DhtToken     *token;
  guint               n_v4, n_v6;
  const DhtContact   *v4, *v6;
  guint               n_values;
  const BtfwEndpoint *values;
} DhtAnswer;

/* @to: the asker's address, which is told to it. */
void     dht_message_write_reply (GByteArray *out, const DhtMessage *query, const DhtAnswer *answer, const BtfwEndpoint *to);

/* A compact address: 6 or 18 bytes. Answers how many. */
gsize    dht_message_pack_endpoint (const BtfwEndpoint *endpoint, guint8 bytes[18]);
gboolean dht_message_unpack_endpoint (BtfwEndpoint *endpoint, const guint8 *bytes, gsize size);
