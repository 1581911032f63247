/* plugins-fixture.h: a folder for modules, a configuration, and what was said. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw.h>

#include "module-paths.h"

/* Modules that get loaded are taken from MODULES, since a plugin can come from
 * one file only; all else is tried with copies. */
typedef struct
{
  char        *folder;
  char        *mark; /* the file that a module makes when any of its code runs */
  BtfwConfig  *config;
  BtfwPlugins *plugins;
  GPtrArray   *notices; /* texts of the plugins' signal */
} Fixture;

void            set_up (Fixture *f, gconstpointer data);
void            tear_down (Fixture *f, gconstpointer data);

/* Once all folders are there. */
BtfwPlugins    *start (Fixture *f);
BtfwPlugins    *start_with_modules (Fixture *f);

/* Copies a module to a folder below that of the test, under another name or its own. */
char           *copy_module (Fixture *f, const char *folder, const char *module, const char *name);
void            add_folder (Fixture *f, const char *folder);
/* The one of that file; it must be there. */
BtfwPluginInfo *find_in_list (GPtrArray *infos, const char *path);
void            assert_says (const char *text, const char *part);
