/* message.h: what clients say to their local network (BEP 14), between bytes and structs. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw.h>

/* So many hashes are told, or taken, at once: they fit into one packet of any link. */
#define LSD_HASHES_MAX 24u
#define LSD_COOKIE_MAX 64u
/* Larger ones are of no client. */
#define LSD_MESSAGE_MAX 1500u
#define LSD_LINES_MAX 64u

typedef struct
{
  guint16 port;
  guint   n_hashes;
  guint8  hashes[LSD_HASHES_MAX][20];
  char    cookie[LSD_COOKIE_MAX + 1]; /* empty for none */
} LsdMessage;

/* FALSE for what is no such message. Single lines that make no sense are left out. */
gboolean lsd_message_read (LsdMessage *self, const guint8 *data, gsize size);
/* (transfer full): @host: the group's address and port */
char    *lsd_message_write (const LsdMessage *self, const char *host);
