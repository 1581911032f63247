/* lab-priority.c: tests of who stays when a torrent has enough peers (BEP 40). */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "lab-peer.h"

#define N_PLACES 8u
#define N_GUESTS 40u

static const LabNodeSpec node_spec = { .max_peers = N_PLACES };
static const LabPeerSpec silent = { .features = BTFW_FEATURE_FAST, .is_silent = TRUE };

typedef struct
{
  Lab       *lab;
  LabNode   *node;
  GPtrArray *guests; /* of LabPeer */
} Party;

static void
party_init (Party *self, gboolean knows_itself)
{
  BtfwAddress teller;

  self->lab = lab_new (1, 8 * MIB, 256 * KIB);
  self->node = lab_add (self->lab, &node_spec);
  self->guests = g_ptr_array_new_with_free_func ((GDestroyNotify) lab_peer_free);
  g_assert_true (btfw_address_parse (&teller, "9.9.9.9:1"));
  if (knows_itself)
    btfw_own_address_hear (&self->node->resources.own, &teller, (const guint8 *) "\x32\1\2\3", 4);
  lab_run (self->lab, MILLISECONDS (10));
}

static void
party_clear (Party *self)
{
  g_ptr_array_unref (self->guests);
  lab_free (self->lab);
}

static void
invite (Party *self, guint first, guint n, const LabPeerSpec *spec)
{
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (self->guests, lab_peer_new (self->node, first + i, spec));
}

static LabPeer *
get_guest (const Party *self, guint i)
{
  return g_ptr_array_index (self->guests, i);
}

static guint32
get_priority (const Party *self, const LabPeer *guest)
{
  BtfwAddress address = lab_get_address (1000 + guest->number);

  return btfw_resources_get_priority (&self->node->resources, &address);
}

/* Who is there is dearer than whoever is not. */
static void
assert_dearest_stay (const Party *self)
{
  guint32 least = G_MAXUINT32;
  guint32 greatest = 0;
  guint   n = 0;

  for (guint i = 0; i < self->guests->len; i++)
    {
      LabPeer *guest = get_guest (self, i);

      if (guest->stream != NULL)
        least = MIN (least, get_priority (self, guest));
      else
        greatest = MAX (greatest, get_priority (self, guest));
      n += guest->stream != NULL;
    }
  g_assert_cmpuint (n, ==, N_PLACES);
  g_assert_cmpuint (self->node->swarm->peers->len, ==, N_PLACES);
  g_assert_cmphex (least, >=, greatest);
  g_assert_cmphex (greatest, >, 0);
}

static void
test_dearest_stay (gconstpointer data)
{
  gboolean at_once = GPOINTER_TO_INT (data);
  Party    party;

  party_init (&party, TRUE);
  for (guint i = 0; i < N_GUESTS; i++)
    {
      invite (&party, i, 1, &silent);
      if (!at_once)
        lab_run (party.lab, MILLISECONDS (10));
    }
  lab_run (party.lab, SECONDS (1));
  assert_dearest_stay (&party);
  party_clear (&party);
}

/* Those who were turned away come again and again, and change nothing. */
static void
test_nobody_is_pushed_twice (void)
{
  Party party;

  party_init (&party, TRUE);
  invite (&party, 0, N_GUESTS, &silent);
  lab_run (party.lab, SECONDS (1));
  for (guint life = 1; life <= 20; life++)
    for (guint i = 0; i < N_GUESTS; i++)
      if (get_guest (&party, i)->stream == NULL)
        btfw_stream_close (lab_join_again (party.node, i, life, BTFW_FEATURE_FAST));
  lab_run (party.lab, SECONDS (1));
  assert_dearest_stay (&party);
  party_clear (&party);
}

/* Without an address of our own there is no order: whoever came first stays. */
static void
test_first_ones_stay_while_nothing_is_known (void)
{
  Party party;

  party_init (&party, FALSE);
  invite (&party, 0, N_GUESTS, &silent);
  lab_run (party.lab, SECONDS (1));
  for (guint i = 0; i < N_GUESTS; i++)
    g_assert_cmpint (get_guest (&party, i)->stream != NULL, ==, i < N_PLACES);
  party_clear (&party);
}

/* A crowd that only wants places takes none of those who give us something. */
static void
test_givers_stay (void)
{
  static const LabPeerSpec giver = { .answers = TRUE, .delay = MILLISECONDS (500) };
  Party                    party;

  party_init (&party, TRUE);
  invite (&party, 0, N_PLACES, &giver);
  lab_run (party.lab, SECONDS (2));
  for (guint i = 0; i < N_PLACES; i++)
    g_assert_cmpuint (get_guest (&party, i)->n_sent, >, 0);
  invite (&party, N_PLACES, 200, &silent);
  lab_run (party.lab, MILLISECONDS (100));
  for (guint i = 0; i < party.guests->len; i++)
    g_assert_cmpint (get_guest (&party, i)->stream != NULL, ==, i < N_PLACES);
  g_assert_true (lab_run_until (party.lab, lab_node_is_complete, party.node, SECONDS (120)));
  lab_node_assert_content (party.node);
  party_clear (&party);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  g_test_add_data_func ("/lab/priority/dearest-stay/at-once", GINT_TO_POINTER (TRUE), test_dearest_stay);
  g_test_add_data_func ("/lab/priority/dearest-stay/one-by-one", GINT_TO_POINTER (FALSE), test_dearest_stay);
  g_test_add_func ("/lab/priority/nobody-is-pushed-twice", test_nobody_is_pushed_twice);
  g_test_add_func ("/lab/priority/first-ones-stay-while-nothing-is-known", test_first_ones_stay_while_nothing_is_known);
  g_test_add_func ("/lab/priority/givers-stay", test_givers_stay);
  return g_test_run ();
}
