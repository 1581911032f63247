/* quark.h: error domains that many threads may need at once. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* G_DEFINE_QUARK() for functions that workers call: its variable is shared
 * without an atomic access. */
#define BTFW_DEFINE_QUARK(QN, q_n)                                           \
  GQuark                                                                     \
  q_n##_quark (void)                                                         \
  {                                                                          \
    static GQuark quark;                                                     \
    GQuark        value = __atomic_load_n (&quark, __ATOMIC_RELAXED);        \
                                                                             \
    if (value == 0)                                                          \
      {                                                                      \
        value = g_quark_from_static_string (#QN);                            \
        __atomic_store_n (&quark, value, __ATOMIC_RELAXED);                  \
      }                                                                      \
    return value;                                                            \
  }
