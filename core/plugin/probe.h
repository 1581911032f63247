/* probe.h: opens a module in a child process before it is opened in this one. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "plugin/info.h"

/* What the child of a probe finds at its descriptors. */
#define BTFW_PROBE_FILE_FD 3
#define BTFW_PROBE_RESULT_FD 4

/* Whether the module of @info may be opened here: a child could load it, register
 * its type and make an object, or could when it was this very file the last time.
 * A file that made its child crash, hang or end is set aside, and FALSE is
 * answered without trying again, until it changes or is forgiven.
 *
 * What is linked in, and what came with btfw and lies where it was installed, is
 * not probed. May be called on every thread; a file that was never seen takes as
 * long as a process to start, and BTFW_PROBE_SECONDS at most. */
#ifdef __SANITIZE_THREAD__ /* under which a process takes a second to start */
#define BTFW_PROBE_SECONDS 30
#else
#define BTFW_PROBE_SECONDS 3
#endif
gboolean btfw_probe_check (BtfwPluginInfo *info, GError **error);

/* The sentence about a file that is set aside, or NULL; starts nothing. */
char *btfw_probe_recall (BtfwPluginInfo *info);

/* Forgets what is known of the file. FALSE when nothing was. */
gboolean btfw_probe_forgive (BtfwPluginInfo *info);

/* The settings of a plugin as a child reads them: floating no more GParamSpecs. */
GPtrArray *btfw_probe_read_settings (BtfwPluginInfo *info, GError **error);

/* One setting as a line, and back. NULL for a line that makes no sense. */
char       *btfw_probe_write_setting (GParamSpec *pspec);
GParamSpec *btfw_probe_parse_setting (const char *line, const char *plugin);
