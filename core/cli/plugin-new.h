/* plugin-new.h: "btfw plugin new". */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

/* @argv[0] is "new". Returns the exit code of the program. */
int btfw_plugin_new_run (int argc, char **argv);
