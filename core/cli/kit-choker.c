/* kit-choker.c: what every choker must do. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/kit.h"

#define KIB 1024u
#define SECONDS(n) ((gint64) (n) * G_USEC_PER_SEC)
#define N_PIECES 64

static gboolean
is_complete_interface (BtfwKit *kit)
{
  BtfwChokerInterface *iface = g_type_interface_peek (g_type_class_peek (kit->type), BTFW_TYPE_CHOKER);

  return btfw_kit_needs (iface->rechoke != NULL, "rechoke");
}

static BtfwTestSwarm *
begin (BtfwKit *kit, guint slots, gboolean seeds)
{
  const BtfwTestFile     file = { "torrent", N_PIECES * 32 * KIB, 0 };
  g_autoptr (BtfwLayout) layout = btfw_test_layout_new (32 * KIB, &file, 1);
  g_autoptr (BtfwChoker) choker = is_complete_interface (kit) ? btfw_kit_make (kit) : NULL;
  BtfwTestSwarm         *swarm;

  if (choker == NULL)
    return NULL;

  swarm = btfw_test_swarm_new (layout, 7);
  for (guint32 piece = 0; seeds && piece < N_PIECES; piece++)
    btfw_test_swarm_set_have (swarm, piece, TRUE);
  btfw_kit_at ("rechoke()");
  btfw_test_swarm_set_choker (swarm, choker, slots);
  return swarm;
}

static void
end (BtfwTestSwarm *swarm, const char *situation)
{
  btfw_test_swarm_set_choker (swarm, NULL, 0);
  btfw_kit_take_faults (swarm, situation);
  btfw_test_swarm_free (swarm);
}

/* Nobody, one, few, many; with no slot, few, more than enough. */
static void
check_sizes (BtfwKit *kit)
{
  static const guint numbers[] = { 0, 1, 2, 5, 200 };
  static const guint slots[] = { 0, 1, 4, 500 };

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++)
    for (guint k = 0; k < G_N_ELEMENTS (slots); k++)
      {
        BtfwTestSwarm *swarm = begin (kit, slots[k], i % 2 == 0);

        if (swarm == NULL)
          return;
        for (guint n = 0; n < numbers[i]; n++)
          btfw_test_swarm_add_peer (swarm, &(BtfwTestPeerSpec){ .takes = 100 * KIB, .wants_nothing = n % 5 == 4 });
        btfw_test_swarm_run (swarm, SECONDS (35));
        end (swarm, "groups of all sizes");
      }
}

/* Whom it serves, over an hour. */
static void
watch_turns (BtfwKit *kit, gboolean seeds, const char *situation)
{
  BtfwTestSwarm *swarm = begin (kit, 3, seeds);
  gboolean       had_turn[12] = { FALSE };
  guint          n_idle = 0, n_waiting = 0;

  if (swarm == NULL)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (had_turn); i++)
    btfw_test_swarm_add_peer (swarm, &(BtfwTestPeerSpec){ .takes = (i + 1) * 50 * KIB, .gives = seeds ? 0 : i * 10 * KIB });
  for (guint second = 0; second < 3600; second += 5)
    {
      guint n_served = 0;

      btfw_test_swarm_run (swarm, SECONDS (5));
      for (guint i = 0; i < G_N_ELEMENTS (had_turn); i++)
        {
          n_served += btfw_test_swarm_is_served (swarm, i);
          had_turn[i] |= btfw_test_swarm_is_served (swarm, i);
        }
      n_idle += n_served == 0;
    }

  for (guint i = 0; i < G_N_ELEMENTS (had_turn); i++)
    n_waiting += !had_turn[i];
  if (n_idle > 24)
    btfw_kit_find ("serves-nobody", "%s: 3 slots for 12 interested peers, and nobody was served in %u of 60 minutes",
                   situation, n_idle / 12);
  else if (n_waiting > 0)
    btfw_kit_find ("starves", "%s: %u of 12 interested peers had no turn in an hour", situation, n_waiting);
  end (swarm, situation);
}

static void
check_turns (BtfwKit *kit)
{
  watch_turns (kit, FALSE, "while downloading");
  watch_turns (kit, TRUE, "while seeding");
}

/* Peers come, go, and change their minds, between two rounds. */
static void
check_changes (BtfwKit *kit)
{
  BtfwTestSwarm *swarm = begin (kit, 4, FALSE);
  guint          peers[10];

  if (swarm == NULL)
    return;
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    peers[i] = btfw_test_swarm_add_peer (swarm, &(BtfwTestPeerSpec){ .takes = 100 * KIB, .gives = i * KIB });
  for (guint i = 0; i < 300; i++)
    {
      guint who = i * 7 % G_N_ELEMENTS (peers);

      btfw_test_swarm_set_interested (swarm, peers[(who + 3) % G_N_ELEMENTS (peers)], i % 3 != 0);
      btfw_test_swarm_remove_peer (swarm, peers[who]);
      peers[who] = btfw_test_swarm_add_peer (swarm, &(BtfwTestPeerSpec){ .takes = 100 * KIB });
      btfw_test_swarm_run (swarm, SECONDS (2));
    }
  for (guint i = 0; i < G_N_ELEMENTS (peers); i++)
    btfw_test_swarm_remove_peer (swarm, peers[i]);
  btfw_test_swarm_run (swarm, SECONDS (60));
  end (swarm, "peers that come, go and change their interest");
}

static guint64
run_once (BtfwKit *kit)
{
  BtfwTestSwarm *swarm = begin (kit, 3, TRUE);
  guint64        trace;

  if (swarm == NULL)
    return 0;
  for (guint i = 0; i < 30; i++)
    btfw_test_swarm_add_peer (swarm, &(BtfwTestPeerSpec){ .takes = 50 * KIB });
  btfw_test_swarm_run (swarm, SECONDS (900));
  trace = btfw_test_swarm_get_trace (swarm);
  btfw_test_swarm_free (swarm);
  return trace;
}

static void
check_repeats (BtfwKit *kit)
{
  guint64 first = run_once (kit);

  g_usleep (2000);
  if (run_once (kit) != first || run_once (kit) != first)
    btfw_kit_find ("not-repeatable", "with the same seed, another run served other peers: it uses a clock, dice or an "
                                     "order of its own");
}

static void
live_once (BtfwKit *kit)
{
  BtfwTestSwarm *swarm = begin (kit, 2, TRUE);

  if (swarm == NULL)
    return;
  for (guint i = 0; i < 5; i++)
    btfw_test_swarm_add_peer (swarm, &(BtfwTestPeerSpec){ .takes = 100 * KIB });
  btfw_test_swarm_run (swarm, SECONDS (10));
  end (swarm, "made and dropped many times");
}

static void
check_leaks (BtfwKit *kit)
{
  btfw_kit_watch_growth (kit, live_once, 100);
}

const BtfwKitCheck btfw_kit_choker_checks[] = {
  { "choker-sizes", "choker", 30, FALSE, check_sizes, NULL },
  { "choker-turns", "choker", 60, FALSE, check_turns, NULL },
  { "choker-changes", "choker", 30, FALSE, check_changes, NULL },
  { "choker-repeats", "choker", 30, FALSE, check_repeats, NULL },
  { "choker-leaks", "choker", 30, FALSE, check_leaks, NULL },
  { NULL, NULL, 0, FALSE, NULL, NULL },
};
