/* directory.c: whom a torrent is connected with, and who was told of whom. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "directory.h"

static gboolean
was_told (const DirectoryTold *told, guint slot)
{
  return (told->slots[slot / 64] >> (slot % 64)) & 1;
}

static void
set_told (DirectoryTold *told, guint slot, gboolean value)
{
  guint64 bit = G_GUINT64_CONSTANT (1) << (slot % 64);

  if (value)
    told->slots[slot / 64] |= bit;
  else
    told->slots[slot / 64] &= ~bit;
}

Directory *
directory_new (void)
{
  Directory *self = g_new0 (Directory, 1);

  self->by_address = g_hash_table_new (pex_address_hash, pex_address_equal);
  return self;
}

void
directory_free (Directory *self)
{
  g_hash_table_unref (self->by_address);
  g_free (self);
}

void
directory_begin_update (Directory *self)
{
  self->n_updates++;
  for (guint i = 0; i < DIRECTORY_SLOTS; i++)
    self->slots[i].is_here = FALSE;
}

/* A free slot, or that of whoever went longest ago; NULL when all are here. */
static DirectorySlot *
find_room (Directory *self)
{
  DirectorySlot *oldest = NULL;

  for (guint i = 0; i < DIRECTORY_SLOTS; i++)
    {
      DirectorySlot *slot = &self->slots[i];

      if (!slot->is_used)
        return slot;
      if (slot->last_update < self->n_updates && (oldest == NULL || slot->last_update < oldest->last_update))
        oldest = slot;
    }
  return oldest;
}

static DirectorySlot *
take_slot (Directory *self, const PexAddress *address, GPtrArray *told)
{
  DirectorySlot *slot = find_room (self);

  if (slot == NULL)
    return NULL;
  if (slot->is_used)
    g_hash_table_remove (self->by_address, &slot->address);
  for (guint i = 0; i < told->len; i++)
    set_told (g_ptr_array_index (told, i), (guint) (slot - self->slots), FALSE);
  slot->is_used = TRUE;
  slot->address = *address;
  g_hash_table_insert (self->by_address, &slot->address, slot);
  return slot;
}

void
directory_name (Directory *self, const PexAddress *address, gboolean is_local, GPtrArray *told)
{
  DirectorySlot *slot = g_hash_table_lookup (self->by_address, address);

  if (slot == NULL)
    slot = take_slot (self, address, told);
  if (slot == NULL)
    return;
  slot->address.flags = address->flags;
  slot->is_local = is_local;
  slot->is_here = TRUE;
  slot->last_update = self->n_updates;
}

void
directory_collect (Directory *self, DirectoryTold *told, const PexAddress *own, gboolean for_local, GArray *added, GArray *dropped)
{
  for (guint i = 0; i < DIRECTORY_SLOTS; i++)
    {
      const DirectorySlot *slot = &self->slots[i];
      gboolean             is_told = was_told (told, i);

      if (!slot->is_used || slot->is_here == is_told)
        continue;
      if (slot->is_here && ((slot->is_local && !for_local) || pex_address_equal (&slot->address, own)))
        continue;
      /* What does not fit is told the next time. */
      if ((slot->is_here ? added : dropped)->len >= PEX_ADDED_MAX)
        continue;
      g_array_append_val (slot->is_here ? added : dropped, slot->address);
      set_told (told, i, slot->is_here);
    }
}
