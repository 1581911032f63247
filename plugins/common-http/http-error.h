/* http-error.h: says in a sentence why an HTTP exchange failed. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw.h>

/* What was seen on the way, and explains a failure better than its error does. */
typedef struct
{
  GError              *guard_error; /* why an address was refused */
  GTlsCertificateFlags certificate_errors;
  gboolean             is_old_tls; /* a version that is no longer secure */
  gboolean             is_late; /* our own clock ran out */
} HttpTrouble;

void http_trouble_clear (HttpTrouble *self);
void http_trouble_set_guard_error (HttpTrouble *self, const GError *error);

/* Takes @error and gives the sentence for people, which shows no more of the
 * URL than @host. */
GError *http_trouble_explain (const HttpTrouble *self, GError *error, const char *host, guint max_seconds);
