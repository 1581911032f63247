/* peer-priority.c: tests of whom two peers both prefer. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "net/peer-priority.h"

typedef struct
{
  const char *a;
  const char *b;
  guint32     priority;
} PriorityCase;

/* The first two are the examples of BEP 40; the others follow from its rules. */
static const PriorityCase cases[] = {
  { "123.213.32.10:1", "98.76.54.32:2", 0xec2d7224 },
  { "123.213.32.10:1", "123.213.32.234:1", 0x99568189 },
  { "206.248.98.111:1", "142.147.89.224:1", 0x2b41d456 },
  { "230.12.123.3:1234", "230.12.123.3:300", 0xae8b7034 },
  { "230.12.23.1:1234", "230.12.123.3:300", 0x21fd5f80 },
  { "230.120.23.1:1234", "230.12.123.3:300", 0xfa9a860e },
  { "[2015:7693:6cd9:a56a:e47f:7101:483e:800a]:1", "[b1fa:9ff2:fbdc:23b9:3618:332c:216c:5b4a]:1", 0xfbd26e29 },
  { "[2001:db8:1:2233::ffff]:1", "[2001:db8:1:4433::ff]:1", 0x8a1b933b },
  { "[2001:db8:1:2233::ffff]:1", "[2001:db8:1:22ff::ff]:1", 0x8783b0ee },
  { "[2001:db8:1:2233:8000::ffff]:1", "[2001:db8:1:2233:9fff::ff]:1", 0x8f66cefb },
  { "[2001:db8:1:2233::fffe]:1", "[2001:db8:1:2233::ffff]:1", 0x6c94bc86 },
  { "[2001:db8::1]:1234", "[2001:db8::1]:300", 0xae8b7034 },
  { "1.2.3.4:1", "[2001:db8::1]:1", 0 },
};

static void
test_case (gconstpointer data)
{
  const PriorityCase *test = data;
  BtfwAddress         a, b;

  g_assert_true (btfw_address_parse (&a, test->a));
  g_assert_true (btfw_address_parse (&b, test->b));
  g_assert_cmphex (btfw_peer_priority (&a, &b), ==, test->priority);
  g_assert_cmphex (btfw_peer_priority (&b, &a), ==, test->priority);
}

/* Addresses of one network are worth no more than a few draws: 65,536 of them
 * have 256 numbers. */
static void
test_a_network_has_few_numbers (void)
{
  g_autoptr (GHashTable) seen = g_hash_table_new (NULL, NULL);
  BtfwAddress            own, other;

  g_assert_true (btfw_address_parse (&own, "8.8.8.8:1"));
  for (guint i = 0; i < 65536; i++)
    {
      const guint8 ip[4] = { 9, 9, (guint8) (i >> 8), (guint8) i };

      btfw_address_from_v4 (&other, ip, 1);
      g_hash_table_add (seen, GUINT_TO_POINTER (btfw_peer_priority (&own, &other)));
    }
  g_assert_cmpuint (g_hash_table_size (seen), ==, 256);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/peer-priority/%u", i);

      g_test_add_data_func (path, &cases[i], test_case);
    }
  g_test_add_func ("/peer-priority/a-network-has-few-numbers", test_a_network_has_few_numbers);
  return g_test_run ();
}
