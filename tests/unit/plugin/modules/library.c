/* library.c: a library that a stub needs, and that the tests leave behind. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

void btfw_test_library (void);

void
btfw_test_library (void)
{
}
