/* values.c: the small texts that people write: numbers, plugins, addresses, URLs, names. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "fuzz.h"

#include "net/address.h"
#include "plugin/spec.h"

#include <btfw/btfw-config.h>
#include <btfw/btfw-text.h>

#include <string.h>

static void
check_numbers (const char *text)
{
  for (BtfwUnit unit = BTFW_UNIT_NONE; unit <= BTFW_UNIT_SECONDS; unit++)
    {
      g_autoptr (GError) error = NULL;
      guint64            value;

      fuzz_check (btfw_parse_number (text, unit, &value, &error), &error);
    }
}

static void
check_specs (const char *text)
{
  g_autoptr (GError)    error = NULL;
  g_autoptr (BtfwSpec)  spec = btfw_spec_parse (text, &error);
  g_autoptr (GPtrArray) stack = NULL;

  if (fuzz_check (spec != NULL, &error))
    g_assert_cmpuint (g_strv_length (spec->keys), ==, g_strv_length (spec->values));
  stack = btfw_spec_parse_stack (text, &error);
  if (fuzz_check (stack != NULL, &error))
    {
      g_assert_cmpuint (stack->len, >, 0);
      g_assert_cmpuint (stack->len, <=, 16);
    }
}

static void
check_assignment (const char *text)
{
  g_autoptr (GError)     error = NULL;
  g_autoptr (BtfwConfig) config = btfw_config_new ();

  fuzz_check (btfw_config_set_assignment (config, text, "--set", &error), &error);
}

static void
check_address (const char *text)
{
  BtfwAddress address;

  if (btfw_address_parse (&address, text))
    {
      g_autofree char *written = btfw_address_to_string (&address);
      BtfwAddress      again;

      g_assert_true (btfw_address_parse (&again, written));
      g_assert_true (btfw_address_equal (&address, &again));
    }
}

/* Nothing of what stands before an @ is left. */
static void
check_redaction (const char *text)
{
  g_autofree char *url = g_strconcat ("http://user:Secret77@host/", text, NULL);
  g_autofree char *redacted = btfw_text_redact_url (url);
  g_autofree char *other = btfw_text_redact_url (text);

  fuzz_check_text (redacted);
  fuzz_check_text (other);
  /* libFuzzer may have found out what the secret is. */
  if (strstr (text, "Secret77") == NULL)
    g_assert_null (strstr (redacted, "Secret77"));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize size)
{
  g_autofree char *text = fuzz_to_string (data, size);
  g_autofree char *clean = btfw_text_clean ((const char *) data, (gssize) size);

  fuzz_check_text (clean);
  check_redaction (text);
  check_address (text);
  if (!g_utf8_validate (text, -1, NULL))
    return 0;
  check_numbers (text);
  check_specs (text);
  check_assignment (text);
  return 0;
}
