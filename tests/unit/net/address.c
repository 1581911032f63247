/* address.c: tests of addresses. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "net/address.h"

#include <string.h>

typedef struct
{
  const char *text;
  const char *back; /* as it is written again; NULL when it is no address */
} TextCase;

static const TextCase text_cases[] = {
  { "1.2.3.4:6881", "1.2.3.4:6881" },
  { "1.2.3.4", "1.2.3.4" },
  { "[::1]:6881", "[::1]:6881" },
  { "[::1]", "::1" },
  { "::1", "::1" },
  { "2001:DB8:0::1", "2001:db8::1" },
  { "[::ffff:1.2.3.4]:80", "1.2.3.4:80" },
  { "fe80::1%7", "fe80::1%7" },
  { "[fe80::1%7]:80", "[fe80::1%7]:80" },
  { "1.2.3.4:65535", "1.2.3.4:65535" },
  { "1.2.3.4:65536", NULL },
  { "1.2.3.4:", NULL },
  { "1.2.3.4:-1", NULL },
  { "1.2.3.4:+1", NULL },
  { "1.2.3.4: 1", NULL },
  { "1.2.3", NULL },
  { "01.2.3.4", NULL },
  { "1.2.3.256", NULL },
  { "[1.2.3.4]:5", NULL },
  { "[::1", NULL },
  { "[::1]x", NULL },
  { "::1%7", NULL },
  { "fe80::1%", NULL },
  { "fe80::1%no-such-interface", NULL },
  { "", NULL },
  { "localhost", NULL },
  { "localhost:80", NULL },
};

static void
test_text (gconstpointer data)
{
  const TextCase  *row = data;
  BtfwAddress      address;
  g_autofree char *back = NULL;

  memset (&address, 0xaa, sizeof address);
  g_assert_cmpint (btfw_address_parse (&address, row->text), ==, row->back != NULL);
  if (row->back == NULL)
    {
      g_assert_cmpuint (address.ip[0], ==, 0xaa);
      return;
    }
  back = btfw_address_to_string (&address);
  g_assert_cmpstr (back, ==, row->back);
}

typedef struct
{
  const char *text;
  gboolean    local;
  gboolean    usable; /* with a port */
} KindCase;

static const KindCase kind_cases[] = {
  { "0.0.0.0", TRUE, FALSE },
  { "0.1.2.3", TRUE, FALSE },
  { "10.255.255.255", TRUE, TRUE },
  { "11.0.0.0", FALSE, TRUE },
  { "100.63.255.255", FALSE, TRUE },
  { "100.64.0.0", TRUE, TRUE },
  { "100.127.255.255", TRUE, TRUE },
  { "100.128.0.0", FALSE, TRUE },
  { "127.0.0.1", TRUE, TRUE },
  { "127.255.255.255", TRUE, TRUE },
  { "128.0.0.1", FALSE, TRUE },
  { "169.254.169.254", TRUE, TRUE },
  { "169.253.0.1", FALSE, TRUE },
  { "172.15.255.255", FALSE, TRUE },
  { "172.16.0.1", TRUE, TRUE },
  { "172.31.255.255", TRUE, TRUE },
  { "172.32.0.0", FALSE, TRUE },
  { "192.168.0.1", TRUE, TRUE },
  { "192.167.255.255", FALSE, TRUE },
  { "198.18.0.1", FALSE, TRUE },
  { "198.19.255.255", FALSE, TRUE },
  { "223.255.255.255", FALSE, TRUE },
  { "224.0.0.1", TRUE, FALSE },
  { "239.192.152.143", TRUE, FALSE },
  { "255.255.255.255", TRUE, FALSE },
  { "8.8.8.8", FALSE, TRUE },
  { "::", TRUE, FALSE },
  { "::1", TRUE, TRUE },
  { "fc00::1", TRUE, TRUE },
  { "fdff::1", TRUE, TRUE },
  { "fe00::1", FALSE, TRUE },
  { "fe80::1", TRUE, FALSE },
  { "fe80::1%1", TRUE, TRUE },
  { "febf::1%1", TRUE, TRUE },
  { "fec0::1", TRUE, TRUE },
  { "ff02::1", TRUE, FALSE },
  { "2001:db8::1", FALSE, TRUE },
  { "::ffff:127.0.0.1", TRUE, TRUE },
  { "::ffff:10.0.0.1", TRUE, TRUE },
  { "::ffff:8.8.8.8", FALSE, TRUE },
  { "::127.0.0.1", TRUE, TRUE },
  { "64:ff9b::127.0.0.1", TRUE, TRUE },
  { "64:ff9b::8.8.8.8", FALSE, TRUE },
  { "2002:7f00:1::", TRUE, TRUE },
  { "2002:808:808::", FALSE, TRUE },
};

static void
test_kind (gconstpointer data)
{
  const KindCase *row = data;
  BtfwAddress     address;

  g_assert_true (btfw_address_parse (&address, row->text));
  g_assert_cmpint (btfw_address_is_local (&address), ==, row->local);
  g_assert_false (btfw_address_is_usable (&address));
  address.port = 1;
  g_assert_cmpint (btfw_address_is_usable (&address), ==, row->usable);
}

static void
test_sockaddr_round_trip (void)
{
  static const char *const texts[] = { "1.2.3.4:5", "[2001:db8::1]:5", "[fe80::1%3]:5" };
  static const int         families[] = { AF_INET, AF_INET6, AF_INET6 };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      struct sockaddr_storage storage;
      BtfwAddress             address, back;
      socklen_t               size;

      g_assert_true (btfw_address_parse (&address, texts[i]));
      size = btfw_address_to_sockaddr (&address, &storage);
      g_assert_cmpint (storage.ss_family, ==, families[i]);
      g_assert_true (btfw_address_from_sockaddr (&back, (struct sockaddr *) &storage, size));
      g_assert_cmpmem (&address, sizeof address, &back, sizeof back);
      g_assert_false (btfw_address_from_sockaddr (&back, (struct sockaddr *) &storage, size - 1));
    }
}

/* A peer of IPv4 that came in through an IPv6 socket is the same peer. */
static void
test_mapped_addresses_are_equal (void)
{
  struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = g_htons (5), .sin6_scope_id = 4 };
  BtfwAddress         a, b;

  g_assert_true (btfw_address_parse (&a, "1.2.3.4:5"));
  memcpy (&in6.sin6_addr, "\0\0\0\0\0\0\0\0\0\0\xff\xff\1\2\3\4", 16);
  g_assert_true (btfw_address_from_sockaddr (&b, (struct sockaddr *) &in6, sizeof in6));
  g_assert_true (btfw_address_equal (&a, &b));
  g_assert_cmpuint (btfw_address_hash (&a), ==, btfw_address_hash (&b));

  b.port = 6;
  g_assert_false (btfw_address_equal (&a, &b));
  g_assert_true (btfw_address_same_host (&a, &b));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, G_TEST_OPTION_ISOLATE_DIRS, NULL);
  for (guint i = 0; i < G_N_ELEMENTS (text_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/address/text/%u:%s", i, text_cases[i].text);

      g_strdelimit (path + strlen ("/address/text/"), "/", '_');
      g_test_add_data_func (path, &text_cases[i], test_text);
    }
  for (guint i = 0; i < G_N_ELEMENTS (kind_cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/address/kind/%s", kind_cases[i].text);

      g_test_add_data_func (path, &kind_cases[i], test_kind);
    }
  g_test_add_func ("/address/sockaddr/round-trip", test_sockaddr_round_trip);
  g_test_add_func ("/address/mapped-ones-are-equal", test_mapped_addresses_are_equal);
  return g_test_run ();
}
