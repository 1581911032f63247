/* address.c: addresses as sockets, people and policies see them. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "net/address.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>

static const guint8 mapped_prefix[12] = { [10] = 0xff, [11] = 0xff };

/* A range of addresses: the first @bits of @ip. */
typedef struct
{
  guint8 bits;
  guint8 ip[16];
} BtfwRange;

static const BtfwRange local_v4[] = {
  { 8, { 0 } },          /* this network; 0.0.0.0 reaches this machine */
  { 8, { 10 } },         /* private */
  { 10, { 100, 64 } },   /* carriers' */
  { 8, { 127 } },        /* loopback */
  { 16, { 169, 254 } },  /* link-local */
  { 12, { 172, 16 } },   /* private */
  { 16, { 192, 168 } },  /* private */
  { 3, { 224 } },        /* multicast, reserved, broadcast */
};

static const BtfwRange local_v6[] = {
  { 127, { 0 } },        /* unspecified and loopback */
  { 7, { 0xfc } },       /* unique-local */
  { 10, { 0xfe, 0x80 } }, /* link-local */
  { 10, { 0xfe, 0xc0 } }, /* site-local */
  { 8, { 0xff } },       /* multicast */
};

/* IPv6 that leads to the IPv4 address which stands behind the prefix. */
static const BtfwRange carriers_of_v4[] = {
  { 96, { 0 } },                      /* compatible */
  { 96, { 0x00, 0x64, 0xff, 0x9b } }, /* NAT64 */
  { 16, { 0x20, 0x02 } },             /* 6to4 */
};

static const BtfwRange unusable_v4[] = {
  { 8, { 0 } },
  { 3, { 224 } },
};

static const BtfwRange unusable_v6[] = {
  { 128, { 0 } },
  { 8, { 0xff } },
};

static gboolean
btfw_range_contains (const BtfwRange *self, const guint8 *ip)
{
  guint n_bytes = self->bits / 8;
  guint n_bits = self->bits % 8;

  if (memcmp (self->ip, ip, n_bytes) != 0)
    return FALSE;
  return n_bits == 0 || (self->ip[n_bytes] ^ ip[n_bytes]) >> (8 - n_bits) == 0;
}

static gboolean
is_in_ranges (const guint8 *ip, const BtfwRange *ranges, guint n_ranges)
{
  for (guint i = 0; i < n_ranges; i++)
    if (btfw_range_contains (&ranges[i], ip))
      return TRUE;
  return FALSE;
}

#define IS_IN(ip, ranges) is_in_ranges ((ip), (ranges), G_N_ELEMENTS (ranges))

void
btfw_address_from_v4 (BtfwAddress *self, const guint8 ip[4], guint16 port)
{
  *self = (BtfwAddress){ .port = port };
  memcpy (self->ip, mapped_prefix, sizeof mapped_prefix);
  memcpy (self->ip + 12, ip, 4);
}

void
btfw_address_from_v6 (BtfwAddress *self, const guint8 ip[16], guint16 port)
{
  *self = (BtfwAddress){ .port = port };
  memcpy (self->ip, ip, 16);
}

gboolean
btfw_address_is_v4 (const BtfwAddress *self)
{
  return memcmp (self->ip, mapped_prefix, sizeof mapped_prefix) == 0;
}

gboolean
btfw_address_from_ip (BtfwAddress *self, const guint8 *ip, gsize ip_size, guint16 port)
{
  if (ip_size == 4)
    btfw_address_from_v4 (self, ip, port);
  else if (ip_size == sizeof self->ip)
    btfw_address_from_v6 (self, ip, port);
  return ip_size == 4 || ip_size == sizeof self->ip;
}

gsize
btfw_address_get_ip (const BtfwAddress *self, guint8 ip[16])
{
  gsize skipped = btfw_address_is_v4 (self) ? sizeof mapped_prefix : 0;

  memcpy (ip, self->ip + skipped, sizeof self->ip - skipped);
  return sizeof self->ip - skipped;
}

static gboolean
btfw_address_is_link_local_v6 (const BtfwAddress *self)
{
  return self->ip[0] == 0xfe && (self->ip[1] & 0xc0) == 0x80;
}

gboolean
btfw_address_from_sockaddr (BtfwAddress *self, const struct sockaddr *sockaddr, socklen_t size)
{
  if (size >= sizeof (struct sockaddr_in) && sockaddr->sa_family == AF_INET)
    {
      const struct sockaddr_in *in = (const struct sockaddr_in *) sockaddr;

      btfw_address_from_v4 (self, (const guint8 *) &in->sin_addr, g_ntohs (in->sin_port));
      return TRUE;
    }
  if (size >= sizeof (struct sockaddr_in6) && sockaddr->sa_family == AF_INET6)
    {
      const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *) sockaddr;

      btfw_address_from_v6 (self, in6->sin6_addr.s6_addr, g_ntohs (in6->sin6_port));
      if (btfw_address_is_link_local_v6 (self))
        self->scope = in6->sin6_scope_id;
      return TRUE;
    }
  return FALSE;
}

socklen_t
btfw_address_to_sockaddr (const BtfwAddress *self, struct sockaddr_storage *storage)
{
  memset (storage, 0, sizeof *storage);
  if (btfw_address_is_v4 (self))
    {
      struct sockaddr_in *in = (struct sockaddr_in *) storage;

      in->sin_family = AF_INET;
      in->sin_port = g_htons (self->port);
      memcpy (&in->sin_addr, self->ip + 12, 4);
      return sizeof *in;
    }
  else
    {
      struct sockaddr_in6 *in6 = (struct sockaddr_in6 *) storage;

      in6->sin6_family = AF_INET6;
      in6->sin6_port = g_htons (self->port);
      in6->sin6_scope_id = self->scope;
      memcpy (&in6->sin6_addr, self->ip, 16);
      return sizeof *in6;
    }
}

/* Decimal, nothing before or behind it. */
static gboolean
parse_number (const char *text, guint64 max, guint64 *number)
{
  return g_ascii_string_to_unsigned (text, 10, 0, max, number, NULL);
}

/* Cuts "%2" or "%eth0" off @host. */
static gboolean
cut_scope (char *host, guint32 *scope)
{
  char   *percent = strchr (host, '%');
  guint64 number = 0;

  *scope = 0;
  if (percent == NULL)
    return TRUE;

  *percent = '\0';
  if (!parse_number (percent + 1, G_MAXUINT32, &number))
    number = if_nametoindex (percent + 1);
  *scope = (guint32) number;
  return number != 0;
}

static gboolean
parse_host (BtfwAddress *self, char *host)
{
  guint8  ip[16];
  guint32 scope;

  if (inet_pton (AF_INET, host, ip) == 1)
    {
      btfw_address_from_v4 (self, ip, 0);
      return TRUE;
    }
  if (!cut_scope (host, &scope) || inet_pton (AF_INET6, host, ip) != 1)
    return FALSE;

  btfw_address_from_v6 (self, ip, 0);
  if (scope != 0 && !btfw_address_is_link_local_v6 (self))
    return FALSE;
  self->scope = scope;
  return TRUE;
}

/* Splits @text, which is changed, into a host and what is behind its colon, or
 * NULL. A colon of an IPv6 address separates nothing unless there are brackets. */
static gboolean
split_port (char *text, char **host, char **port)
{
  char *end;

  *host = text;
  *port = NULL;
  if (text[0] == '[')
    {
      end = strchr (text, ']');
      if (end == NULL || (end[1] != '\0' && end[1] != ':'))
        return FALSE;
      *host = text + 1;
      *port = end[1] == ':' ? end + 2 : NULL;
      *end = '\0';
      return strchr (*host, ':') != NULL;
    }

  end = strchr (text, ':');
  if (end != NULL && strchr (end + 1, ':') == NULL)
    {
      *end = '\0';
      *port = end + 1;
    }
  return TRUE;
}

gboolean
btfw_address_parse (BtfwAddress *self, const char *text)
{
  g_autofree char *copy = g_strdup (text);
  BtfwAddress      parsed;
  char            *host;
  char            *port;
  guint64          number = 0;

  if (!split_port (copy, &host, &port) || !parse_host (&parsed, host))
    return FALSE;
  if (port != NULL && !parse_number (port, G_MAXUINT16, &number))
    return FALSE;

  parsed.port = (guint16) number;
  *self = parsed;
  return TRUE;
}

char *
btfw_address_to_string (const BtfwAddress *self)
{
  g_autoptr (GString) text = g_string_new (NULL);
  char     ip[INET6_ADDRSTRLEN];
  gboolean v4 = btfw_address_is_v4 (self);
  gboolean brackets = !v4 && self->port != 0;

  inet_ntop (v4 ? AF_INET : AF_INET6, v4 ? self->ip + 12 : self->ip, ip, sizeof ip);
  g_string_append_printf (text, "%s%s", brackets ? "[" : "", ip);
  if (self->scope != 0)
    g_string_append_printf (text, "%%%u", self->scope);
  if (brackets)
    g_string_append_c (text, ']');
  if (self->port != 0)
    g_string_append_printf (text, ":%u", self->port);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

/* The IPv4 address that @self leads to, or NULL. */
static const guint8 *
btfw_address_get_v4 (const BtfwAddress *self)
{
  if (btfw_address_is_v4 (self))
    return self->ip + 12;

  for (guint i = 0; i < G_N_ELEMENTS (carriers_of_v4); i++)
    if (btfw_range_contains (&carriers_of_v4[i], self->ip))
      return self->ip + carriers_of_v4[i].bits / 8;
  return NULL;
}

gboolean
btfw_address_is_local (const BtfwAddress *self)
{
  const guint8 *v4 = btfw_address_get_v4 (self);

  return (v4 != NULL && IS_IN (v4, local_v4)) || IS_IN (self->ip, local_v6);
}

gboolean
btfw_address_is_usable (const BtfwAddress *self)
{
  if (self->port == 0)
    return FALSE;
  if (btfw_address_is_v4 (self))
    return !IS_IN (self->ip + 12, unusable_v4);
  if (btfw_address_is_link_local_v6 (self) && self->scope == 0)
    return FALSE;
  return !IS_IN (self->ip, unusable_v6);
}

guint
btfw_address_hash (gconstpointer pointer)
{
  const BtfwAddress *self = pointer;
  guint64            words[2];
  guint64            hash;

  memcpy (words, self->ip, sizeof words);
  hash = (words[0] ^ self->port) * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);
  hash = (hash ^ hash >> 32 ^ words[1]) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  return (guint) (hash >> 32) ^ self->scope;
}

gboolean
btfw_address_equal (gconstpointer a, gconstpointer b)
{
  const BtfwAddress *first = a;
  const BtfwAddress *second = b;

  return first->port == second->port && btfw_address_same_host (first, second);
}

gboolean
btfw_address_same_host (const BtfwAddress *a, const BtfwAddress *b)
{
  return memcmp (a->ip, b->ip, sizeof a->ip) == 0 && a->scope == b->scope;
}
