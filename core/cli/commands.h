/* commands.h: what the program can do; each takes its own words. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <glib.h>

/* @argv[0] is not looked at. Each returns the exit code of the program. */
int btfw_command_config (int argc, char **argv);
int btfw_command_create (int argc, char **argv);
int btfw_command_dht (int argc, char **argv);
int btfw_command_download (int argc, char **argv);
int btfw_command_fetch (int argc, char **argv);
int btfw_command_inspect (int argc, char **argv);
int btfw_command_plugin (int argc, char **argv);
int btfw_command_share (int argc, char **argv);
int btfw_command_show (int argc, char **argv);
int btfw_command_why (int argc, char **argv);
