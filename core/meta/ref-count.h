/* ref-count.h: how many hold a constant object, over all threads. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>
#include <stdatomic.h>

/* C11 atomics rather than GLib's, so that race detectors see that the last
 * owner frees after every other one has let go. */
typedef atomic_uint BtfwRefCount;

static inline void
btfw_ref_count_init (BtfwRefCount *self)
{
  atomic_init (self, 1);
}

static inline void
btfw_ref_count_inc (BtfwRefCount *self)
{
  atomic_fetch_add_explicit (self, 1, memory_order_relaxed);
}

/* Answers TRUE when that was the last one. */
static inline gboolean
btfw_ref_count_dec (BtfwRefCount *self)
{
  return atomic_fetch_sub_explicit (self, 1, memory_order_acq_rel) == 1;
}
