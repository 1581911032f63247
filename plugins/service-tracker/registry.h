/* registry.h: who shares which torrent, within bounds. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <gio/gio.h>

typedef struct _Registry Registry;

/* IPv4 in its mapped form, so that equal addresses have equal bytes. */
typedef struct
{
  guint8  ip[16];
  guint16 port;
} Endpoint;

typedef struct
{
  Endpoint endpoint;
  guint8   id[20];
  gboolean is_seed;
} Member;

typedef struct
{
  guint  seeds;
  guint  leechers;
  gint64 completed;
} Counts;

Registry *registry_new (guint max_torrents, guint max_members);
void      registry_free (Registry *self);

/* Notes that @member is there at @now; FALSE when there is no room. @completed: it
 * has just become a seed. */
gboolean  registry_put (Registry *self, const guint8 hash[20], const Member *member, gboolean completed, gint64 now);
void      registry_remove (Registry *self, const guint8 hash[20], const Endpoint *endpoint);
/* Forgets who was last there before @before, and torrents that nobody is left of. */
void      registry_expire (Registry *self, gint64 before);

/* Zeros for a torrent that nobody shares. */
Counts    registry_count (Registry *self, const guint8 hash[20]);
/* Up to @max members at random, but @except (nullable), and no seeds for a seed.
 * Borrowed until the next change. (transfer container) */
GPtrArray *registry_sample (Registry       *self,
                            const guint8    hash[20],
                            const Endpoint *except,
                            gboolean        without_seeds,
                            guint           max);

/* FALSE when it is an address of no known family. */
gboolean  endpoint_from_inet (Endpoint *endpoint, GInetAddress *address, guint16 port);
gboolean  endpoint_is_v4 (const Endpoint *endpoint);
gboolean  endpoint_is_loopback (const Endpoint *endpoint);
