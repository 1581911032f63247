/* response.h: the tracker's answers, as bytes. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "registry.h"
#include "request.h"

GBytes *response_failure (const char *reason);

/* @asker: who asked; @us: at which of our addresses. Peers on this machine are
 * known by a loopback address, and others are told @us in its place. */
GBytes *response_announce (Registry              *registry,
                           const AnnounceRequest *request,
                           const Endpoint        *asker,
                           const Endpoint        *us,
                           guint                  interval);
GBytes *response_scrape (Registry *registry, const ScrapeRequest *request);
