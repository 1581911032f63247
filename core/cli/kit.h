/* kit.h: the contract of plugins, as checks that drive one through its interface. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw.h>

/* A check runs in a process of its own, since the plugin may crash, hang or end
 * it. What it finds goes to the parent through two descriptors. The texts of
 * findings are for authors, beside the names of functions, and not translated. */

#define BTFW_KIT_REPORT_FD 3 /* a pipe: a line for each finding */
#define BTFW_KIT_PLACE_FD 4  /* shared memory: what is being called */
#define BTFW_KIT_PLACE_SIZE 256

typedef struct
{
  BtfwPlugins    *plugins;
  BtfwPluginInfo *info;
  const char     *kind;
  const char     *name;
  GType           type;
  char           *folder; /* of this check alone, removed afterwards */
  gconstpointer   driver; /* the check's */
} BtfwKit;

typedef struct
{
  const char *name;
  const char *kind;    /* NULL for all */
  guint       seconds; /* that it may take */
  gboolean    is_slow; /* only when asked for */
  void (*run) (BtfwKit *kit);
  gconstpointer driver; /* what it is told of the kind; NULL for nothing */
} BtfwKitCheck;

/* A rule, and where it is written. */
typedef struct
{
  const char *id;
  const char *where;
} BtfwKitRule;

/* Tables that end with an empty row. */
extern const BtfwKitCheck btfw_kit_general_checks[];
extern const BtfwKitCheck btfw_kit_picker_checks[];
extern const BtfwKitCheck btfw_kit_choker_checks[];
extern const BtfwKitCheck btfw_kit_storage_checks[];
extern const BtfwKitCheck btfw_kit_tracker_checks[];
extern const BtfwKitCheck btfw_kit_fetcher_checks[];
extern const BtfwKitCheck btfw_kit_service_checks[];
extern const BtfwKitCheck btfw_kit_extension_checks[];
extern const BtfwKitCheck btfw_kit_discovery_checks[];

/* The checks for @kind, general ones first. */
GPtrArray  *btfw_kit_list_checks (const char *kind, gboolean with_slow);
const char *btfw_kit_get_where (const char *id, const char *kind);

/* --- In the child --- */

/* Runs one check. Returns the exit code. */
int      btfw_kit_run (const char *check, BtfwPlugins *plugins, BtfwPluginInfo *info);

void     btfw_kit_find (const char *id, const char *format, ...) G_GNUC_PRINTF (2, 3);
/* What is called from here on, for a finding about a crash. */
void     btfw_kit_at (const char *place);
/* A new instance with its settings; NULL, and a finding, when it refuses. */
gpointer btfw_kit_make (BtfwKit *kit);
/* Gives @instance back, and finds it when somebody else still holds it. */
void     btfw_kit_drop (gpointer instance);
/* Takes over what the swarm of a test noted. */
void     btfw_kit_take_faults (BtfwTestSwarm *swarm, const char *situation);
/* Whether @ok, else a finding of what is missing from the interface. */
gboolean btfw_kit_needs (gboolean ok, const char *method);

/* Around a call on the loop's thread: what is called, and whether it waits for something. */
void     btfw_kit_begin (const char *method);
void     btfw_kit_end (void);
/* Calls @func again and again; finds memory, descriptors and threads that grow. */
void     btfw_kit_watch_growth (BtfwKit *kit, void (*func) (BtfwKit *kit), guint rounds);
/* That a call which failed says so, and one that did not says nothing. */
void     btfw_kit_judge_error (const char *method, gboolean succeeded, const GError *error);
/* Runs the default context until *@done, at most for @seconds. */
gboolean btfw_kit_wait (const gboolean *done, double seconds);
