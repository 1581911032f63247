/* own-address.c: tests of where we are, as others see it. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "swarm/own-address.h"

static BtfwAddress
parse (const char *text)
{
  BtfwAddress address;

  g_assert_true (btfw_address_parse (&address, text));
  return address;
}

static void
hear (BtfwOwnAddress *own, const char *who, const char *said)
{
  BtfwAddress from = parse (who);
  BtfwAddress address = parse (said);
  guint8      ip[16];
  gsize       size = btfw_address_get_ip (&address, ip);

  btfw_own_address_hear (own, &from, ip, size);
}

/* @expected: NULL for not known */
static void
assert_own (const BtfwOwnAddress *own, const char *peer, const char *expected)
{
  BtfwAddress        address = parse (peer);
  const BtfwAddress *known = btfw_own_address_get (own, &address);
  g_autofree char   *text = known == NULL ? NULL : btfw_address_to_string (known);

  g_assert_cmpstr (text, ==, expected);
}

static void
test_each_kind_by_itself (void)
{
  BtfwOwnAddress own = { 0 };

  assert_own (&own, "9.9.9.9:1", NULL);
  hear (&own, "9.9.9.9:1", "5.5.5.5");
  hear (&own, "[2a00::9]:1", "2a00::1");
  hear (&own, "10.0.0.9:1", "10.0.0.1");
  assert_own (&own, "7.7.7.7:1", "5.5.5.5");
  assert_own (&own, "[2a00::7]:1", "2a00::1");
  assert_own (&own, "192.168.0.7:1", "10.0.0.1");
  assert_own (&own, "[fd00::7]:1", NULL);
}

static void
test_what_cannot_be_is_passed_over (void)
{
  static const char *const lies[] = { "10.0.0.1", "2a00::1", "0.0.0.0", "224.0.0.1", "127.0.0.1" };
  const BtfwAddress        who = parse ("9.9.9.9:1");
  BtfwOwnAddress           own = { 0 };

  for (guint i = 0; i < G_N_ELEMENTS (lies); i++)
    hear (&own, "9.9.9.9:1", lies[i]);
  btfw_own_address_hear (&own, &who, (const guint8 *) "abcde", 5);
  assert_own (&own, "9.9.9.9:1", NULL);
  g_assert_cmpuint (own.serial, ==, 0);
}

/* One liar has one voice, however often it speaks and from whatever port. */
static void
test_most_voices_count (void)
{
  BtfwOwnAddress own = { 0 };

  hear (&own, "9.9.9.1:1", "5.5.5.5");
  hear (&own, "9.9.9.2:1", "5.5.5.5");
  g_assert_cmpuint (own.serial, ==, 1);
  for (guint i = 1; i <= 100; i++)
    {
      g_autofree char *liar = g_strdup_printf ("9.9.9.3:%u", i);

      hear (&own, liar, "6.6.6.6");
    }
  assert_own (&own, "7.7.7.7:1", "5.5.5.5");
  g_assert_cmpuint (own.serial, ==, 1);

  hear (&own, "9.9.9.4:1", "6.6.6.6");
  assert_own (&own, "7.7.7.7:1", "5.5.5.5");
  hear (&own, "9.9.9.5:1", "6.6.6.6");
  assert_own (&own, "7.7.7.7:1", "6.6.6.6");
  g_assert_cmpuint (own.serial, ==, 2);
}

/* We moved: those who said so before are forgotten after a while. */
static void
test_old_voices_fade (void)
{
  BtfwOwnAddress own = { 0 };

  for (guint i = 0; i < 100; i++)
    {
      g_autofree char *who = g_strdup_printf ("9.9.8.%u:1", i);

      hear (&own, who, "5.5.5.5");
    }
  for (guint i = 0; i < BTFW_OWN_ADDRESS_VOICES; i++)
    {
      g_autofree char *who = g_strdup_printf ("9.9.9.%u:1", i);

      hear (&own, who, "6.6.6.6");
    }
  assert_own (&own, "7.7.7.7:1", "6.6.6.6");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  g_test_add_func ("/own-address/each-kind-by-itself", test_each_kind_by_itself);
  g_test_add_func ("/own-address/what-cannot-be-is-passed-over", test_what_cannot_be_is_passed_over);
  g_test_add_func ("/own-address/most-voices-count", test_most_voices_count);
  g_test_add_func ("/own-address/old-voices-fade", test_old_voices_fade);
  return g_test_run ();
}
