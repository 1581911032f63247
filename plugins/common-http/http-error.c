/* http-error.c: says in a sentence why an HTTP exchange failed. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "http-error.h"

#include <glib/gi18n-lib.h>

/* The first that is set is named: worst first. */
static const struct
{
  GTlsCertificateFlags flag;
  const char          *text;
} certificate_texts[] = {
  { G_TLS_CERTIFICATE_BAD_IDENTITY, N_("the certificate of “%s” is made out to another name") },
  { G_TLS_CERTIFICATE_REVOKED, N_("the certificate of “%s” was revoked") },
  { G_TLS_CERTIFICATE_EXPIRED, N_("the certificate of “%s” has expired") },
  { G_TLS_CERTIFICATE_NOT_ACTIVATED, N_("the certificate of “%s” is not valid yet") },
  { G_TLS_CERTIFICATE_UNKNOWN_CA, N_("the certificate of “%s” is signed by an unknown issuer, or by itself") },
  { G_TLS_CERTIFICATE_INSECURE, N_("the certificate of “%s” uses an algorithm that is not secure") },
};

void
http_trouble_clear (HttpTrouble *self)
{
  g_clear_error (&self->guard_error);
}

/* The first refusal counts: it is the address that would have been used. */
void
http_trouble_set_guard_error (HttpTrouble *self, const GError *error)
{
  if (self->guard_error == NULL)
    self->guard_error = g_error_copy (error);
}

static const char *
certificate_text (GTlsCertificateFlags errors)
{
  for (guint i = 0; i < G_N_ELEMENTS (certificate_texts); i++)
    {
      if (errors & certificate_texts[i].flag)
        return _(certificate_texts[i].text);
    }

  return _("the certificate of “%s” cannot be verified");
}

GError *
http_trouble_explain (const HttpTrouble *self, GError *error, const char *host, guint max_seconds)
{
  g_autoptr (GError) cause = error;

  if (cause->domain == BTFW_ERROR)
    return g_steal_pointer (&cause);
  if (self->is_old_tls)
    return g_error_new (BTFW_ERROR, BTFW_ERROR_REFUSED,
                        _("“%s” speaks a version of TLS that is no longer secure; it must be 1.2 at least"), host);
  if (self->is_late)
    return g_error_new (BTFW_ERROR, BTFW_ERROR_NETWORK, _("“%s” did not answer within %u seconds"), host, max_seconds);
  if (self->certificate_errors != 0)
    return g_error_new (BTFW_ERROR, BTFW_ERROR_REFUSED, certificate_text (self->certificate_errors), host);
  if (self->guard_error != NULL)
    return g_error_copy (self->guard_error);
  if (cause->domain == G_TLS_ERROR)
    return g_error_new (BTFW_ERROR, BTFW_ERROR_NETWORK, _("no secure connection to “%s”: %s"), host, cause->message);

  return g_error_new (BTFW_ERROR, BTFW_ERROR_NETWORK, _("cannot ask “%s”: %s"), host, cause->message);
}
