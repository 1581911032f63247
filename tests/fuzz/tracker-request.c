/* tracker-request.c: what strangers ask the built-in tracker for. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz.h"

#include "../../plugins/service-tracker/invitation.h"
#include "../../plugins/service-tracker/request.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = fuzz_to_string (data, size);
  AnnounceRequest  announce;
  ScrapeRequest    scrape;
  const char      *fault;
  guint8           hash[20];

  fault = announce_request_read (&announce, text);
  if (fault != NULL)
    fuzz_check_text (fault);
  fault = scrape_request_read (&scrape, text);
  if (fault != NULL)
    fuzz_check_text (fault);
  else
    g_assert_cmpuint (scrape.n_hashes, <=, REQUEST_HASHES_MAX);
  invitation_read_path (text, hash);
  return 0;
}
