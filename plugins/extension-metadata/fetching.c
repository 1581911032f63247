/* fetching.c: gets the metadata of one torrent from several peers at once. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fetching.h"

#include <string.h>

/* A peer that owes a block so long is not waited for; while others could be asked, not so long. */
#define ANSWER_MAX (8 * G_USEC_PER_SEC)
#define ANSWER_MAX_BESIDE_OTHERS (3 * G_USEC_PER_SEC)
/* One that did not answer, or refused, is not asked for a while. */
#define PAUSE (20 * G_USEC_PER_SEC)
/* Blocks that nobody asked for, before the peer is closed. */
#define UNASKED_MAX 8
/* In the end a block is asked of a second peer after so long. */
#define DUPLICATE_AFTER (2 * G_USEC_PER_SEC)

typedef struct
{
  GBytes *bytes;  /* NULL until it came */
  guint   n_asked;
  guint8  ip[BTFW_IP_MAX]; /* of whoever sent it */
  gsize   ip_size;
} Block;

/* One try to get all of it. */
typedef struct
{
  guint32 size; /* 0 for none */
  guint32 n_blocks;
  guint32 n_here;
  Block  *blocks;
} Attempt;

struct _Fetching
{
  BtfwExtension *extension;
  BtfwSwarmView *torrent; /* borrowed from the torrent that owns this */
  BtfwClock     *clock;
  Attempt        attempt;
  Attempt        failed; /* to which several had contributed, until it is known who lied */
  gboolean       is_offered;
  gboolean       is_alone; /* one peer at a time */
  guint64        sole; /* whose turn it is; 0 for nobody's yet */
};

static void
attempt_clear (Attempt *self)
{
  for (guint32 i = 0; i < self->n_blocks; i++)
    g_clear_pointer (&self->blocks[i].bytes, g_bytes_unref);
  g_free (self->blocks);
  *self = (Attempt){ 0 };
}

static void
attempt_begin (Attempt *self, guint32 size)
{
  attempt_clear (self);
  self->size = size;
  self->n_blocks = metadata_count_blocks (size);
  self->blocks = g_new0 (Block, self->n_blocks);
}

static gboolean
same_ip (const guint8 *a, gsize a_size, const guint8 *b, gsize b_size)
{
  return a_size == b_size && memcmp (a, b, a_size) == 0;
}

static gint64
get_time (Fetching *self)
{
  return btfw_clock_get_time (self->clock);
}

Fetching *
fetching_new (BtfwExtension *extension, BtfwSwarmView *torrent, BtfwClock *clock)
{
  Fetching *self = g_new0 (Fetching, 1);

  self->extension = extension;
  self->torrent = torrent;
  self->clock = clock;
  return self;
}

void
fetching_free (Fetching *self)
{
  attempt_clear (&self->attempt);
  attempt_clear (&self->failed);
  g_free (self);
}

static void
tell_progress (Fetching *self)
{
  const Attempt *attempt = &self->attempt;
  guint64        done = (guint64) attempt->n_here * METADATA_BLOCK_SIZE;

  btfw_extension_set_metadata_progress (self->extension, self->torrent, (guint32) MIN (done, attempt->size), attempt->size);
}

/* --- What peers owe --- */

static guint
find_asked (const Member *member, guint32 block)
{
  for (guint i = 0; i < member->n_asked; i++)
    if (member->asked[i] == block)
      return i;
  return G_MAXUINT;
}

static void
forget_asked (Fetching *self, Member *member, guint i)
{
  guint32 block = member->asked[i];

  member->n_asked--;
  member->asked[i] = member->asked[member->n_asked];
  member->asked_when[i] = member->asked_when[member->n_asked];
  if (block < self->attempt.n_blocks && self->attempt.blocks[block].n_asked > 0)
    self->attempt.blocks[block].n_asked--;
}

static void
give_up (Fetching *self, Member *member)
{
  member->n_late += member->n_asked;
  while (member->n_asked > 0)
    forget_asked (self, member, member->n_asked - 1);
}

static void
hold_off (Fetching *self, Member *member)
{
  give_up (self, member);
  member->paused_until = get_time (self) + PAUSE;
  if (self->sole == member->id)
    self->sole = 0;
}

/* --- Whom to ask --- */

static gboolean
is_usable (Fetching *self, const Member *member)
{
  return member->size > 0 && member->paused_until <= get_time (self) && btfw_extension_can_send (self->extension, member->view);
}

static gboolean
anybody_names (Fetching *self, GPtrArray *members, guint32 size)
{
  for (guint i = 0; i < members->len; i++)
    {
      const Member *member = g_ptr_array_index (members, i);

      if (member->size == size && is_usable (self, member))
        return TRUE;
    }
  return FALSE;
}

/* How many hosts among those that can be asked name @size. */
static guint
count_hosts (Fetching *self, GPtrArray *members, guint32 size)
{
  guint n = 0;

  for (guint i = 0; i < members->len; i++)
    {
      const Member *member = g_ptr_array_index (members, i);
      gboolean      is_first = is_usable (self, member) && member->size == size;

      for (guint k = 0; k < i && is_first; k++)
        {
          const Member *other = g_ptr_array_index (members, k);

          is_first = !(other->size == size && is_usable (self, other) &&
                       same_ip (other->ip, other->ip_size, member->ip, member->ip_size));
        }
      n += is_first;
    }
  return n;
}

/* The size that most hosts name; 0 when nobody can be asked. */
static guint32
choose_size (Fetching *self, GPtrArray *members)
{
  guint32 best = 0;
  guint   best_n = 0;

  for (guint i = 0; i < members->len; i++)
    {
      const Member *member = g_ptr_array_index (members, i);
      guint         n;

      if (!is_usable (self, member) || member->size == best)
        continue;
      n = count_hosts (self, members, member->size);
      if (n > best_n)
        {
          best = member->size;
          best_n = n;
        }
    }
  return best;
}

static void
drop_attempt (Fetching *self, GPtrArray *members)
{
  for (guint i = 0; i < members->len; i++)
    give_up (self, g_ptr_array_index (members, i));
  attempt_clear (&self->attempt);
  self->is_offered = FALSE;
}

/* The one whose turn it is, or the next one; NULL when there is none. */
static Member *
choose_sole (Fetching *self, GPtrArray *members)
{
  Member *first = NULL;

  for (guint i = 0; i < members->len; i++)
    {
      Member *member = g_ptr_array_index (members, i);

      if (member->id == self->sole && is_usable (self, member))
        return member;
      if (first == NULL && is_usable (self, member))
        first = member;
    }
  /* It begins from nothing: what another one sent proves nothing about it. */
  drop_attempt (self, members);
  self->sole = first == NULL ? 0 : first->id;
  return first;
}

/* --- Asking --- */

static void
ask (Fetching *self, Member *member, guint32 block)
{
  g_autoptr (GByteArray) message = g_byte_array_new ();

  metadata_message_put (message, METADATA_REQUEST, block, 0);
  if (!btfw_extension_send (self->extension, member->view, message->data, message->len))
    {
      hold_off (self, member);
      return;
    }
  member->asked[member->n_asked] = block;
  member->asked_when[member->n_asked] = get_time (self);
  member->n_asked++;
  self->attempt.blocks[block].n_asked++;
}

static gboolean
is_overdue (Fetching *self, GPtrArray *members, guint32 block)
{
  gint64 now = get_time (self);

  for (guint i = 0; i < members->len; i++)
    {
      const Member *member = g_ptr_array_index (members, i);
      guint         place = find_asked (member, block);

      if (place != G_MAXUINT && now - member->asked_when[place] >= DUPLICATE_AFTER)
        return TRUE;
    }
  return FALSE;
}

/* The next block for @member: one that nobody was asked for, or one that is waited for too long. */
static guint32
choose_block (Fetching *self, GPtrArray *members, const Member *member)
{
  const Attempt *attempt = &self->attempt;

  for (guint32 block = 0; block < attempt->n_blocks; block++)
    if (attempt->blocks[block].bytes == NULL && attempt->blocks[block].n_asked == 0)
      return block;
  for (guint32 block = 0; block < attempt->n_blocks; block++)
    if (attempt->blocks[block].bytes == NULL && attempt->blocks[block].n_asked == 1 &&
        find_asked (member, block) == G_MAXUINT && is_overdue (self, members, block))
      return block;
  return G_MAXUINT32;
}

static void
fill_member (Fetching *self, GPtrArray *members, Member *member)
{
  if (!is_usable (self, member) || member->size != self->attempt.size)
    return;
  while (member->n_asked < MEMBER_ASKED_MAX && is_usable (self, member))
    {
      guint32 block = choose_block (self, members, member);

      if (block == G_MAXUINT32)
        return;
      ask (self, member, block);
    }
}

static void
fill_alone (Fetching *self, GPtrArray *members)
{
  Member *sole = choose_sole (self, members);

  if (sole == NULL)
    return;
  if (self->attempt.size != sole->size)
    attempt_begin (&self->attempt, sole->size);
  fill_member (self, members, sole);
}

void
fetching_fill (Fetching *self, GPtrArray *members)
{
  if (self->is_offered)
    return;
  if (self->is_alone)
    {
      fill_alone (self, members);
      return;
    }

  /* When nobody stands by the size any more, another one is tried. */
  if (self->attempt.size == 0 || !anybody_names (self, members, self->attempt.size))
    {
      guint32 size = choose_size (self, members);

      if (size == 0)
        return;
      drop_attempt (self, members);
      attempt_begin (&self->attempt, size);
      tell_progress (self);
    }
  /* One block each in turn, so that several share the work. */
  for (guint round = 0; round < MEMBER_ASKED_MAX; round++)
    for (guint i = 0; i < members->len; i++)
      {
        Member *member = g_ptr_array_index (members, i);

        if (member->n_asked <= round && member->size == self->attempt.size && is_usable (self, member))
          {
            guint32 block = choose_block (self, members, member);

            if (block != G_MAXUINT32)
              ask (self, member, block);
          }
      }
}

/* --- Answers --- */

static gboolean
fail (GError **error, const char *text)
{
  g_set_error_literal (error, BTFW_ERROR, BTFW_ERROR_INVALID, text);
  return FALSE;
}

static void
offer (Fetching *self)
{
  GByteArray        *all = g_byte_array_sized_new (self->attempt.size);
  g_autoptr (GBytes) bytes = NULL;

  for (guint32 i = 0; i < self->attempt.n_blocks; i++)
    {
      gsize         size;
      const guint8 *data = g_bytes_get_data (self->attempt.blocks[i].bytes, &size);

      g_byte_array_append (all, data, (guint) size);
    }
  bytes = g_byte_array_free_to_bytes (all);
  self->is_offered = btfw_extension_offer_metadata (self->extension, self->torrent, bytes);
}

static gboolean
on_unasked (Member *member, GError **error)
{
  if (member->n_late > 0)
    {
      member->n_late--;
      return TRUE;
    }
  return ++member->n_unasked <= UNASKED_MAX || fail (error, "it sends metadata that nobody asked for");
}

gboolean
fetching_on_data (Fetching *self, Member *member, guint32 block, guint32 total, const guint8 *data, gsize size, GError **error)
{
  guint  place = find_asked (member, block);
  Block *slot;

  if (total != 0 && total != member->size)
    return fail (error, "the size of its metadata changes");
  if (place == G_MAXUINT)
    return on_unasked (member, error);
  forget_asked (self, member, place);
  if (block >= self->attempt.n_blocks)
    return TRUE;
  if (size != metadata_get_block_size (self->attempt.size, block))
    return fail (error, "a block of metadata of the wrong size");

  slot = &self->attempt.blocks[block];
  if (slot->bytes != NULL)
    return TRUE;
  slot->bytes = g_bytes_new (data, size);
  slot->ip_size = member->ip_size;
  memcpy (slot->ip, member->ip, sizeof slot->ip);
  self->attempt.n_here++;
  tell_progress (self);
  if (self->attempt.n_here == self->attempt.n_blocks)
    offer (self);
  return TRUE;
}

void
fetching_on_reject (Fetching *self, Member *member, guint32 block)
{
  if (find_asked (member, block) != G_MAXUINT)
    hold_off (self, member);
}

void
fetching_on_gone (Fetching *self, Member *member)
{
  give_up (self, member);
  if (self->sole == member->id)
    self->sole = 0;
}

/* Somebody to turn to, who is not asked now. */
static gboolean
has_others (Fetching *self, GPtrArray *members)
{
  for (guint i = 0; i < members->len; i++)
    {
      const Member *member = g_ptr_array_index (members, i);

      if (member->n_asked == 0 && is_usable (self, member))
        return TRUE;
    }
  return FALSE;
}

void
fetching_tick (Fetching *self, GPtrArray *members)
{
  gint64 now = get_time (self);
  gint64 limit = has_others (self, members) ? ANSWER_MAX_BESIDE_OTHERS : ANSWER_MAX;

  for (guint i = 0; i < members->len; i++)
    {
      Member  *member = g_ptr_array_index (members, i);
      gboolean is_late = FALSE;

      for (guint k = 0; k < member->n_asked; k++)
        is_late |= now - member->asked_when[k] > limit;
      if (is_late)
        hold_off (self, member);
    }
  /* An offer that was not taken is made again. */
  if (!self->is_offered && self->attempt.n_blocks > 0 && self->attempt.n_here == self->attempt.n_blocks)
    offer (self);
  fetching_fill (self, members);
}

/* --- Blame --- */

static gboolean
came_from_one (const Attempt *attempt)
{
  for (guint32 i = 1; i < attempt->n_blocks; i++)
    if (!same_ip (attempt->blocks[i].ip, attempt->blocks[i].ip_size, attempt->blocks[0].ip, attempt->blocks[0].ip_size))
      return FALSE;
  return TRUE;
}

static void
ban (Fetching *self, const Block *block, const char *reason)
{
  btfw_extension_ban_address (self->extension, self->torrent, block->ip, block->ip_size, reason);
}

/* What is right tells who lied before. */
static void
convict (Fetching *self)
{
  gboolean same_size = self->failed.size == self->attempt.size;

  for (guint32 i = 0; i < self->failed.n_blocks; i++)
    if (!same_size || !g_bytes_equal (self->failed.blocks[i].bytes, self->attempt.blocks[i].bytes))
      ban (self, &self->failed.blocks[i], "it sent metadata that is wrong");
}

void
fetching_on_checked (Fetching *self, GPtrArray *members, gboolean is_right)
{
  if (is_right)
    {
      if (self->failed.n_blocks > 0 && self->is_offered)
        convict (self);
      attempt_clear (&self->failed);
      drop_attempt (self, members);
      return;
    }
  if (!self->is_offered)
    return;

  if (came_from_one (&self->attempt))
    ban (self, &self->attempt.blocks[0], "it alone sent metadata that is wrong");
  else
    {
      attempt_clear (&self->failed);
      self->failed = self->attempt;
      self->attempt = (Attempt){ 0 };
    }
  self->is_alone = TRUE;
  self->sole = 0;
  drop_attempt (self, members);
  tell_progress (self);
}
