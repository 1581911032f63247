/* plugin-check.h: "btfw plugin check". */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

/* @argv[0] is "check". Returns the exit code of the program. */
int btfw_plugin_check_run (int argc, char **argv);
