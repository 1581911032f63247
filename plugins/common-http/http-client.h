/* http-client.h: one HTTP GET at a time, bounded and within the session's rules. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw.h>

/* Shared by the plugins that speak HTTP; libsoup stays asleep until the first
 * request. Used on the session's loop thread. */
typedef struct _HttpClient HttpClient;

HttpClient *http_client_new (BtfwNet *net);
void        http_client_unref (HttpClient *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HttpClient, http_client_unref)

typedef struct
{
  const char   *url;         /* what is asked for, complete with its query */
  const char   *named_url;   /* as it was named, without what we added: the rules look at it */
  BtfwNetOrigin origin;      /* who named it */
  GSocketFamily family;      /* G_SOCKET_FAMILY_INVALID: either */
  gsize         max_size;    /* of the decoded body */
  guint         max_seconds; /* for all of it */
} HttpQuestion;

typedef struct
{
  GBytes  *body;
  guint    status;
  char    *phrase;     /* of the status, as the server put it */
  gboolean from_local; /* whether the server is in a local network */
} HttpAnswer;

void http_answer_free (HttpAnswer *answer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (HttpAnswer, http_answer_free)

/* Follows at most five redirects. Any status that came with a body is an
 * answer. Errors never show more of the URL than its host. */
void        http_client_get_async (HttpClient         *self,
                                   GObject            *source,
                                   const HttpQuestion *question,
                                   GCancellable       *cancellable,
                                   GAsyncReadyCallback callback,
                                   gpointer            user_data);
HttpAnswer *http_client_get_finish (GAsyncResult *result, GError **error);
