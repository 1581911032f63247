/* lanes.c: keeps all lanes of the hash engine busy. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "disk/lanes.h"

#include <stdlib.h>

static _Thread_local guint8 *thread_room;

guint8 *
btfw_lanes_get_room (void)
{
  if (!thread_room && posix_memalign ((void **) &thread_room, 4096, BTFW_LANES_ROOM) != 0)
    thread_room = NULL;

  return thread_room;
}

void
btfw_lanes_free_room (void)
{
  free (thread_room);
  thread_room = NULL;
}

void
btfw_lanes_run (const BtfwLaneSource *source, gpointer user_data)
{
  gpointer     streams[BTFW_HASH_LANES_MAX] = { NULL };
  BtfwHashPart parts[BTFW_HASH_LANES_MAX];
  guint8      *room = btfw_lanes_get_room ();
  guint        n_parts;

  do
    {
      n_parts = 0;
      for (guint lane = 0; lane < BTFW_HASH_LANES_MAX; lane++)
        while (streams[lane] || (streams[lane] = source->next (user_data)))
          {
            guint8 *lane_room = room ? room + lane * BTFW_LANE_STRIDE : NULL;

            if (source->advance (user_data, streams[lane], lane_room, &parts[n_parts]))
              {
                n_parts++;
                break;
              }
            /* A lane that became free takes the next stream at once. */
            streams[lane] = NULL;
          }
      if (n_parts > 0)
        btfw_hasher_update_many (parts, n_parts);
    }
  while (n_parts > 0);
}
