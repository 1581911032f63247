/* reason.h: one reason why a torrent is as slow as it is, and its sentence. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-reason.h>

/* What stands behind a sentence; what each means is said by BtfwReasonCode. */
typedef struct
{
  BtfwReasonCode   code;
  BtfwReasonWeight weight;
  guint            count;
  guint            total;
  guint64          rate;
  const char      *detail; /* borrowed; NULL for none */
} BtfwReasonFacts;

/* Appends one, with its sentence, to @list (of BtfwReason, owned). */
void btfw_reason_add (GPtrArray *list, const BtfwReasonFacts *facts);
