/* shadow.c: a second picker that is told and asked all that the first one is, and decides nothing. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/shadow.h"

#include "swarm/swarm.h"

#include <glib/gi18n-lib.h>

BtfwShadow *
btfw_shadow_new (BtfwSwarm *swarm, BtfwPicker *picker, const char *name)
{
  BtfwShadow *self = g_new0 (BtfwShadow, 1);

  self->swarm = swarm;
  self->picker = picker;
  self->name = g_strdup (name);
  self->picks = btfw_picks_new ();
  if (swarm->metainfo != NULL)
    btfw_shadow_begin (self);
  return self;
}

void
btfw_shadow_begin (BtfwShadow *self)
{
  g_autofree char *dice = NULL;

  if (self == NULL || self->view != NULL)
    return;
  /* Dice of another name: those of the first picker fall as they would without it. */
  dice = g_strconcat ("shadow of ", G_OBJECT_TYPE_NAME (self->picker), NULL);
  self->view = btfw_swarm_view_new (self->swarm, dice);
  btfw_picker_attach (self->picker, self->view);
}

void
btfw_shadow_free (BtfwShadow *self)
{
  if (self == NULL)
    return;
  if (self->view != NULL)
    btfw_picker_detach (self->picker);
  g_clear_pointer (&self->view, btfw_swarm_view_kill);
  g_object_unref (self->picker);
  g_free (self->name);
  btfw_picks_unref (self->picks);
  g_free (self);
}

void
btfw_shadow_pieces_changed (BtfwShadow *self, guint32 first, guint32 n_pieces, BtfwPieceChange what)
{
  if (self != NULL && self->view != NULL)
    btfw_picker_pieces_changed (self->picker, first, n_pieces, what);
}

void
btfw_shadow_peer_changed (BtfwShadow *self, BtfwPeerView *peer, BtfwPeerChange what)
{
  if (self != NULL && self->view != NULL)
    btfw_picker_peer_changed (self->picker, peer, what);
}

static gboolean
is_same (const BtfwPicks *a, const BtfwPicks *b)
{
  if (a->n_items != b->n_items)
    return FALSE;
  for (guint i = 0; i < a->n_items; i++)
    if (a->items[i].piece != b->items[i].piece || a->items[i].kind != b->items[i].kind)
      return FALSE;
  return TRUE;
}

static guint32
get_first (const BtfwPicks *picks)
{
  return picks->n_items > 0 ? picks->items[0].piece : BTFW_PIECE_NONE;
}

static void
note_difference (BtfwShadow *self, const BtfwPicks *chosen)
{
  BtfwShadowChoice choice = { get_first (chosen), get_first (self->picks) };

  self->n_other++;
  if (choice.chosen == choice.other)
    return;
  self->n_none += choice.other == BTFW_PIECE_NONE;
  self->kept[self->n_first++ % BTFW_SHADOW_KEPT] = choice;
  g_debug ("shadow picker %s: of %u blocks it would ask for piece %d first, not for %d", self->name, self->picks->n_wanted,
           (int) choice.other, (int) choice.chosen);
}

void
btfw_shadow_pick (BtfwShadow *self, BtfwPeerView *view, const BtfwPicks *chosen)
{
  BtfwPicks *picks;

  if (self == NULL || self->view == NULL)
    return;

  picks = self->picks = btfw_picks_renew (self->picks);
  picks->peer = btfw_peer_view_peek (view);
  picks->n_items = 0;
  picks->n_taken = 0;
  picks->n_wanted = chosen->n_wanted;
  btfw_picker_pick (self->picker, view, picks);
  picks->peer = NULL;

  self->n_picks++;
  if (!is_same (picks, chosen))
    note_difference (self, chosen);
}

char *
btfw_shadow_summarize (const BtfwShadow *self)
{
  if (self == NULL || self->n_picks == 0)
    return NULL;
  return g_strdup_printf (_("the shadow picker “%s” would have chosen otherwise in %llu of %llu picks"), self->name,
                          (unsigned long long) self->n_other, (unsigned long long) self->n_picks);
}
