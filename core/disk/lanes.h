/* lanes.h: hashes many streams side by side, a part of each at a time. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "base/hash.h"

/* So small that a part of every lane stays in a processor's own cache. */
#define BTFW_LANE_PART 16384

/* From one lane's room to the next. Lanes are read in step: at equal distances
 * of a power of two all of them would fall into the same few sets of the
 * first-level cache. */
#define BTFW_LANE_STRIDE (BTFW_LANE_PART + 1024)

/* Where streams come from. Every stream has a hasher of its own. */
typedef struct
{
  /* The next stream that has not begun, or NULL when there is none. */
  gpointer (*next) (gpointer user_data);
  /* Points @part at what follows in the stream: at most BTFW_LANE_PART bytes, for
   * which there is space at @room if they must be read first. FALSE when the stream
   * is at its end, or failed. */
  gboolean (*advance) (gpointer user_data, gpointer stream, guint8 *room, BtfwHashPart *part);
} BtfwLaneSource;

/* Runs all streams to their end. */
void btfw_lanes_run (const BtfwLaneSource *source, gpointer user_data);

/* Some memory that belongs to the calling thread: at least BTFW_HASH_LANES_MAX
 * parts. NULL when there is none. */
guint8 *btfw_lanes_get_room (void);
void    btfw_lanes_free_room (void);
#define BTFW_LANES_ROOM (BTFW_HASH_LANES_MAX * BTFW_LANE_STRIDE)
