/* btfw-text.h: numbers and foreign text, as people should see them. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-plugin.h>

G_BEGIN_DECLS

/**
 * btfw_text_clean:
 * @text: bytes of any kind
 * @length: how many, or -1 when they end with a NUL
 *
 * Makes text from outside fit for terminals and logs: valid UTF-8, no control
 * characters, no characters that turn the direction of writing, at most 1,024
 * characters.
 *
 * Returns: (transfer full):
 */
BTFW_API char *btfw_text_clean (const char *text, gssize length);
/**
 * btfw_text_redact_url:
 *
 * A URL as it may be shown: without user name, password, query values and
 * path elements that look like a passkey.
 *
 * Returns: (transfer full):
 */
BTFW_API char *btfw_text_redact_url (const char *url);

/**
 * btfw_format_size:
 *
 * Returns: (transfer full): "1.4 GiB", with the decimal point of the locale
 */
BTFW_API char *btfw_format_size (guint64 bytes);
/**
 * btfw_format_rate:
 *
 * Returns: (transfer full): "3.2 MB/s"
 */
BTFW_API char *btfw_format_rate (guint64 bytes_per_second);
/**
 * btfw_format_duration:
 *
 * Returns: (transfer full): "1 h 12 min", "12 min 5 s", "4.2 s"
 */
BTFW_API char *btfw_format_duration (gint64 microseconds);
/**
 * btfw_parse_number:
 * @text: as a person wrote it: "20M", "500k", "64MiB", "90s"
 * @unit: what it counts. k, M, G, T are powers of 1,000, Ki (KiB), Mi, Gi, Ti powers of 1,024;
 *   a rate may end in "B/s" or "/s"; of an amount of bytes, too, K and M alone mean 1,000s;
 *   with %BTFW_UNIT_NONE only digits are taken
 * @value: (out): the number
 *
 * Returns: %FALSE with @error set when it is no such number or does not fit
 */
BTFW_API gboolean btfw_parse_number (const char *text, BtfwUnit unit, guint64 *value, GError **error);

G_END_DECLS
