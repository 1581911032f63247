/* request.c: what a peer asks of the tracker, taken from the query of a URL. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "request.h"

#include <string.h>

#define NUM_WANT_DEFAULT 50
#define NUM_WANT_MAX 200

/* One NAME=VALUE of a query, still escaped. */
typedef struct
{
  const char *name;
  gsize       name_size;
  const char *value;
  gsize       value_size;
} Parameter;

/* Takes the next one off the front of @query; FALSE at its end. */
static gboolean
next_parameter (const char **query, Parameter *parameter)
{
  gsize       size;
  const char *equals;

  *query += strspn (*query, "&");
  size = strcspn (*query, "&");
  if (size == 0)
    return FALSE;

  equals = memchr (*query, '=', size);
  parameter->name = *query;
  parameter->name_size = equals != NULL ? (gsize) (equals - *query) : size;
  parameter->value = equals != NULL ? equals + 1 : *query + size;
  parameter->value_size = (gsize) (*query + size - parameter->value);
  *query += size;
  return TRUE;
}

static gboolean
parameter_is (const Parameter *parameter, const char *name)
{
  return parameter->name_size == strlen (name) && memcmp (parameter->name, name, parameter->name_size) == 0;
}

/* Unescapes a value of exactly @size bytes. */
static gboolean
parameter_get_bytes (const Parameter *parameter, guint8 *bytes, gsize size)
{
  const char *in = parameter->value;
  const char *end = in + parameter->value_size;
  gsize       n = 0;

  for (; in < end && n < size; n++)
    {
      if (*in != '%')
        {
          bytes[n] = (guint8) *in++;
          continue;
        }
      if (end - in < 3 || !g_ascii_isxdigit (in[1]) || !g_ascii_isxdigit (in[2]))
        return FALSE;

      bytes[n] = (guint8) (g_ascii_xdigit_value (in[1]) << 4 | g_ascii_xdigit_value (in[2]));
      in += 3;
    }

  return in == end && n == size;
}

static gboolean
parameter_get_number (const Parameter *parameter, guint64 max, guint64 *value)
{
  char text[24];

  if (parameter->value_size == 0 || parameter->value_size >= sizeof text)
    return FALSE;

  memcpy (text, parameter->value, parameter->value_size);
  text[parameter->value_size] = '\0';
  return g_ascii_string_to_unsigned (text, 10, 0, max, value, NULL);
}

static BtfwAnnounceEvent
parameter_get_event (const Parameter *parameter)
{
  static const struct
  {
    const char       *name;
    BtfwAnnounceEvent event;
  } events[] = {
    { "started", BTFW_ANNOUNCE_STARTED },
    { "completed", BTFW_ANNOUNCE_COMPLETED },
    { "stopped", BTFW_ANNOUNCE_STOPPED },
  };

  for (guint i = 0; i < G_N_ELEMENTS (events); i++)
    {
      if (parameter->value_size == strlen (events[i].name) &&
          memcmp (parameter->value, events[i].name, parameter->value_size) == 0)
        return events[i].event;
    }

  return BTFW_ANNOUNCE_NONE;
}

/* What a parameter may set. The required ones are counted by their bit. */
enum
{
  GOT_INFO_HASH = 1 << 0,
  GOT_PEER_ID = 1 << 1,
  GOT_PORT = 1 << 2,
};

static guint
announce_request_take (AnnounceRequest *request, const Parameter *parameter)
{
  guint64 number;

  if (parameter_is (parameter, "info_hash"))
    return parameter_get_bytes (parameter, request->info_hash, 20) ? GOT_INFO_HASH : 0;
  if (parameter_is (parameter, "peer_id"))
    return parameter_get_bytes (parameter, request->peer_id, 20) ? GOT_PEER_ID : 0;

  if (parameter_is (parameter, "port"))
    {
      if (!parameter_get_number (parameter, G_MAXUINT16, &number) || number == 0)
        return 0;
      request->port = (guint16) number;
      return GOT_PORT;
    }

  if (parameter_is (parameter, "event"))
    request->event = parameter_get_event (parameter);
  else if (parameter_is (parameter, "left") && parameter_get_number (parameter, G_MAXUINT64, &number))
    request->left = number;
  else if (parameter_is (parameter, "numwant") && parameter_get_number (parameter, G_MAXUINT64, &number))
    request->num_want = (guint) MIN (number, NUM_WANT_MAX);
  else if (parameter_is (parameter, "compact") && parameter_get_number (parameter, 1, &number))
    request->is_compact = number == 1;
  else if (parameter_is (parameter, "no_peer_id") && parameter_get_number (parameter, 1, &number))
    request->without_peer_id = number == 1;

  return 0;
}

const char *
announce_request_read (AnnounceRequest *request, const char *query)
{
  Parameter parameter;
  guint     got = 0;

  *request = (AnnounceRequest){ .left = G_MAXUINT64, .num_want = NUM_WANT_DEFAULT };
  while (query != NULL && next_parameter (&query, &parameter))
    got |= announce_request_take (request, &parameter);

  if (!(got & GOT_INFO_HASH))
    return "info_hash must be 20 bytes";
  if (!(got & GOT_PEER_ID))
    return "peer_id must be 20 bytes";
  if (!(got & GOT_PORT))
    return "port must be from 1 to 65535";

  return NULL;
}

const char *
scrape_request_read (ScrapeRequest *request, const char *query)
{
  Parameter parameter;

  request->n_hashes = 0;
  while (query != NULL && next_parameter (&query, &parameter))
    {
      if (!parameter_is (&parameter, "info_hash"))
        continue;
      if (request->n_hashes == REQUEST_HASHES_MAX)
        return "too many hashes at once";
      if (!parameter_get_bytes (&parameter, request->hashes[request->n_hashes], 20))
        return "info_hash must be 20 bytes";

      request->n_hashes++;
    }

  return request->n_hashes > 0 ? NULL : "which torrent? info_hash is missing";
}
