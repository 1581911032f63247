/* name-set.c: the paths of a torrent that are taken, as files or as folders. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "meta/name-set.h"

#include <gnutls/crypto.h>

#define BITS_AT_FIRST 6
#define FOLDER_BIT G_GUINT64_CONSTANT (1)

/* FNV-1a, 64 bits wide. */
#define FNV_PRIME G_GUINT64_CONSTANT (0x100000001b3)

static guint64
mix_byte (guint64 key, guint8 byte)
{
  return (key ^ byte) * FNV_PRIME;
}

BtfwNameKey
btfw_name_key (BtfwNameKey folder, const char *element, gsize size)
{
  guint64 key = mix_byte (folder, '/');

  for (gsize i = 0; i < size; i++)
    key = mix_byte (key, (guint8) element[i]);

  return key;
}

BtfwNameKey
btfw_name_key_extend (BtfwNameKey key, const char *text)
{
  for (; *text != '\0'; text++)
    key = mix_byte (key, (guint8) *text);

  return key;
}

void
btfw_name_set_init (BtfwNameSet *self)
{
  self->entries = NULL;
  self->bits = 0;
  self->n_used = 0;
  self->factor = 0;
}

void
btfw_name_set_clear (BtfwNameSet *self)
{
  g_clear_pointer (&self->entries, g_free);
  btfw_name_set_init (self);
}

static guint64
entry_of_key (BtfwNameKey key)
{
  guint64 entry = key & ~FOLDER_BIT;

  return entry != 0 ? entry : FOLDER_BIT << 1;
}

/* The place of @entry, or the empty one where it would go. */
static gsize
btfw_name_set_find (const BtfwNameSet *self, guint64 entry)
{
  gsize mask = ((gsize) 1 << self->bits) - 1;
  gsize place = (gsize) ((entry * self->factor) >> (64 - self->bits));

  while (self->entries[place] != 0 && (self->entries[place] & ~FOLDER_BIT) != entry)
    place = (place + 1) & mask;

  return place;
}

static gboolean
btfw_name_set_grow (BtfwNameSet *self)
{
  BtfwNameSet grown = { .n_used = self->n_used };

  grown.bits = self->bits == 0 ? BITS_AT_FIRST : self->bits + 1;
  if (gnutls_rnd (GNUTLS_RND_NONCE, &grown.factor, sizeof grown.factor) < 0)
    return FALSE;
  grown.factor |= 1;
  grown.entries = g_try_new0 (guint64, (gsize) 1 << grown.bits);
  if (grown.entries == NULL)
    return FALSE;

  for (gsize i = 0; self->bits > 0 && i < (gsize) 1 << self->bits; i++)
    {
      if (self->entries[i] != 0)
        grown.entries[btfw_name_set_find (&grown, self->entries[i] & ~FOLDER_BIT)] = self->entries[i];
    }

  g_free (self->entries);
  *self = grown;
  return TRUE;
}

BtfwNameUse
btfw_name_set_get (const BtfwNameSet *self, BtfwNameKey key)
{
  guint64 entry;

  if (self->entries == NULL)
    return BTFW_NAME_FREE;

  entry = self->entries[btfw_name_set_find (self, entry_of_key (key))];
  if (entry == 0)
    return BTFW_NAME_FREE;

  return entry & FOLDER_BIT ? BTFW_NAME_FOLDER : BTFW_NAME_FILE;
}

gboolean
btfw_name_set_add (BtfwNameSet *self, BtfwNameKey key, BtfwNameUse use)
{
  guint64 entry = entry_of_key (key);

  g_assert (use != BTFW_NAME_FREE);

  if (self->entries == NULL || (self->n_used + 1) * 3 > ((gsize) 1 << self->bits) * 2)
    {
      if (!btfw_name_set_grow (self))
        return FALSE;
    }

  self->entries[btfw_name_set_find (self, entry)] = entry | (use == BTFW_NAME_FOLDER ? FOLDER_BIT : 0);
  self->n_used++;
  return TRUE;
}
