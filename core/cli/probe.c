/* probe.c: the helper in which libbtfw opens a module that it has never seen. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <btfw/btfw-plugins.h>

int
main (int argc, char **argv)
{
  return btfw_plugins_run_probe (argc, argv);
}
