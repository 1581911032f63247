/* kit.c: what all checks of plugins share. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "cli/kit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <glib/gstdio.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

/* What one round of a check may leave behind before it counts as growth. */
#define GROWTH_MAX 24
/* And how often that is looked at before it does. */
#define GROWTH_LOOKS 12
#define FINDINGS_MAX 50
/* On a busy machine a call can take long without any fault of its own; only one
 * that gave the processor away has waited for something. */
#define BLOCKED (50 * 1000)

static char *place;
static guint n_findings;

static struct
{
  char   method[64];
  gint64 begun;
  long   n_sleeps;
} call;

/* --- Rules and checks --- */

static const BtfwKitRule rules[] = {
  { "refused", "plugins/README.md: How a plugin is found; How it is trusted and loaded" },
  { "crash", "plugins/README.md: The interfaces (a plugin never ends the program)" },
  { "exit", "plugins/README.md: The interfaces (a plugin never ends the program)" },
  { "hang", "plugins/README.md: The interfaces (on the loop's thread nothing may block)" },
  { "blocks", "plugins/README.md: The interfaces (on the loop's thread nothing may block)" },
  { "message", "<glib.h>: a warning or critical is a fault of whoever causes it" },
  { "missing-method", "<btfw/btfw-%s.h>: the methods that are “Required”" },
  { "no-licence", "<btfw/btfw-plugin.h>: BtfwPluginDescription::license" },
  { "no-description", "<btfw/btfw-plugin.h>: BtfwPluginDescription::description" },
  { "no-schemes", "<btfw/btfw-plugin.h>: BtfwPluginDescription::schemes" },
  { "type-name", "plugins/README.md: The ABI (names of types)" },
  { "not-made", "plugins/README.md: How it is configured (the defaults make a working plugin)" },
  { "setting-blurb", "plugins/README.md: How it is configured" },
  { "setting-default", "<btfw/btfw-plugins.h>: btfw_plugins_create()" },
  { "setting-lost", "plugins/README.md: How it is configured" },
  { "setting-range", "plugins/README.md: How it is configured" },
  { "object-kept", "<gobject/gobject.h>: an object dies with its last reference" },
  { "memory-leak", "plugins/README.md: The life of each kind" },
  { "descriptor-leak", "plugins/README.md: The life of each kind" },
  { "thread-leak", "plugins/README.md: The life of each kind" },
  { "error-unset", "<glib/gerror.h>: failure sets @error, success does not" },
  { "error-on-success", "<glib/gerror.h>: failure sets @error, success does not" },
  { "wrong-thread", "<btfw/btfw-view.h>: views are looked at on the session's loop thread only" },
  { "unref-borrowed", "<btfw/btfw-%s.h>: pointers passed in are borrowed" },
  { "view-kept", "<btfw/btfw-picker.h>: BtfwPickerInterface::detach" },
  { "peer-kept", "<btfw/btfw-picker.h>: BtfwPickerInterface (what is kept until detach())" },
  { "not-repeatable", "<btfw/btfw-view.h>: btfw_swarm_view_get_time(), btfw_swarm_view_random()" },
  { "stalls", "<btfw/btfw-picker.h>: BtfwPickerInterface::pick" },
  { "ignores-who-was-there", "<btfw/btfw-picker.h>: BtfwPickerInterface::attach" },
  { "not-attached-again", "<btfw/btfw-picker.h>: BtfwPickerInterface::detach" },
  { "offer-after-enough", "<btfw/btfw-picker.h>: BtfwPickerInterface::pick, BTFW_PICK_ENOUGH" },
  { "offer-no-such-piece", "<btfw/btfw-picker.h>: btfw_picks_add() @piece" },
  { "offer-what-is-here", "<btfw/btfw-picker.h>: btfw_picks_add() @piece" },
  { "offer-unwanted", "<btfw/btfw-picker.h>: btfw_picks_add() @piece" },
  { "offer-not-there", "<btfw/btfw-picker.h>: btfw_picks_add() @piece" },
  { "offer-kind", "<btfw/btfw-picker.h>: BtfwPickKind" },
  { "group-kept", "<btfw/btfw-choker.h>: BtfwPeerGroup" },
  { "peer-range", "<btfw/btfw-choker.h>: btfw_peer_group_get_peer()" },
  { "period", "<btfw/btfw-choker.h>: BtfwChokerInterface::get_period" },
  { "serves-nobody", "<btfw/btfw-choker.h>: BtfwChokerInterface::rechoke" },
  { "starves", "<btfw/btfw-choker.h>: BtfwChokerInterface::rechoke" },
  { "not-opened", "<btfw/btfw-storage.h>: BtfwStorageInterface::open" },
  { "bytes-differ", "<btfw/btfw-storage.h>: BtfwStorageInterface::readv, ::writev" },
  { "bytes-lost", "<btfw/btfw-storage.h>: BtfwStorageInterface::close" },
  { "pad-bytes", "<btfw/btfw-storage.h>: BtfwStorageInterface (pad files)" },
  { "buffer-changed", "<btfw/btfw-storage.h>: BtfwStorageInterface::writev" },
  { "buffer-overrun", "<btfw/btfw-storage.h>: BtfwStorageInterface::readv" },
  { "reads-nothing", "<btfw/btfw-storage.h>: BtfwStorageInterface::readv (what was never written)" },
  { "error-domain", "<btfw/btfw-storage.h>: BtfwStorageInterface (BTFW_STORAGE_ERROR)" },
  { "open-creates", "<btfw/btfw-storage.h>: BtfwStorageInterface::open" },
  { "stat", "<btfw/btfw-storage.h>: BtfwStorageInterface::stat" },
  { "lease", "<btfw/btfw-storage.h>: BtfwStorageInterface::lease" },
  { "remove", "<btfw/btfw-storage.h>: BtfwStorageInterface::remove" },
  { "remove-others", "<btfw/btfw-storage.h>: BtfwStorageInterface::remove" },
  { "move", "<btfw/btfw-storage.h>: BtfwStorageInterface::move" },
  { "move-cancelled", "<btfw/btfw-storage.h>: BtfwStorageInterface::move" },
  { "concurrent", "<btfw/btfw-storage.h>: BtfwStorageInterface (side by side)" },
  { "failed", "<btfw/btfw-%s.h>" },
  { "callback-inside", "<btfw/btfw-%s.h>: a callback runs later, never inside the call that asked" },
  { "callback-twice", "<btfw/btfw-%s.h>: one call, one callback" },
  { "callback-thread", "<btfw/btfw-%s.h>: called in the context that asked" },
  { "no-callback", "<btfw/btfw-%s.h>: one call, one callback" },
  { "ignores-cancel", "<btfw/btfw-%s.h>: @cancellable" },
  { "question-kept", "<btfw/btfw-tracker.h>: BtfwTrackerInterface::announce_async" },
  { "never-gives-up", "<btfw/btfw-tracker.h>: BtfwTrackerInterface (gives up after 30 s, or get_patience())" },
  { "local-address", "<btfw/btfw-net.h>: btfw_net_check_address()" },
  { "ignores-limit", "<btfw/btfw-fetcher.h>: BtfwFetcherInterface::fetch_async @max_size" },
  { "believes-anything", "<btfw/btfw-extension.h>: BtfwExtensionInterface::message (what breaks the protocol)" },
  { "status", "<btfw/btfw-discovery.h>: BtfwDiscoveryInterface::get_status" },
  { "node-port", "<btfw/btfw-discovery.h>: BtfwDiscoveryInterface::get_node_port" },
  { "message-name", "<btfw/btfw-extension.h>: BtfwExtensionInterface::get_message" },
  { "url", "<btfw/btfw-service.h>: BtfwServiceInterface::get_url" },
  { NULL, NULL },
};

static const BtfwKitCheck *const tables[] = {
  btfw_kit_general_checks, btfw_kit_picker_checks, btfw_kit_choker_checks, btfw_kit_storage_checks,
  btfw_kit_tracker_checks, btfw_kit_fetcher_checks, btfw_kit_service_checks, btfw_kit_extension_checks,
  btfw_kit_discovery_checks,
};

GPtrArray *
btfw_kit_list_checks (const char *kind, gboolean with_slow)
{
  GPtrArray *checks = g_ptr_array_new ();

  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    for (const BtfwKitCheck *check = tables[i]; check->name != NULL; check++)
      if ((check->kind == NULL || g_str_equal (check->kind, kind)) && (with_slow || !check->is_slow))
        g_ptr_array_add (checks, (gpointer) check);
  return checks;
}

const char *
btfw_kit_get_where (const char *id, const char *kind)
{
  for (const BtfwKitRule *rule = rules; rule->id != NULL; rule++)
    if (g_str_equal (rule->id, id))
      {
        g_auto (GStrv) parts = g_strsplit (rule->where, "%s", 2);
        g_autofree char *where = g_strconcat (parts[0], parts[1] != NULL ? kind : "", parts[1], NULL);

        return g_intern_string (where);
      }
  return "";
}

/* --- What is found --- */

void
btfw_kit_at (const char *where)
{
  if (place != NULL)
    g_strlcpy (place, where, BTFW_KIT_PLACE_SIZE);
}

static long
count_sleeps (void)
{
  struct rusage usage;

  getrusage (RUSAGE_THREAD, &usage);
  return usage.ru_nvcsw;
}

void
btfw_kit_begin (const char *method)
{
  btfw_kit_at (method);
  g_strlcpy (call.method, method, sizeof call.method);
  call.begun = g_get_monotonic_time ();
  call.n_sleeps = count_sleeps ();
}

void
btfw_kit_end (void)
{
  gint64 took = g_get_monotonic_time () - call.begun;

  if (took > BLOCKED && count_sleeps () > call.n_sleeps)
    btfw_kit_find ("blocks", "%s() waited for %d ms on the loop's thread", call.method, (int) (took / 1000));
}

void
btfw_kit_find (const char *id, const char *format, ...)
{
  g_autofree char *text = NULL;
  g_autofree char *clean = NULL;
  va_list          arguments;

  if (n_findings++ >= FINDINGS_MAX)
    return;

  va_start (arguments, format);
  text = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  clean = btfw_text_clean (text, -1);
  dprintf (BTFW_KIT_REPORT_FD, "%s\t%s\n", id, clean);
}

/* Everything that is complained about is a finding. */
static GLogWriterOutput
on_log (GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer unused)
{
  const char *message = "";
  const char *domain = "";

  for (gsize i = 0; i < n_fields; i++)
    {
      if (g_str_equal (fields[i].key, "MESSAGE"))
        message = fields[i].value;
      if (g_str_equal (fields[i].key, "GLIB_DOMAIN"))
        domain = fields[i].value;
    }
  if (level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING))
    btfw_kit_find ("message", "during %s: %s: %s", place != NULL && place[0] != '\0' ? place : "loading", domain, message);
  return G_LOG_WRITER_HANDLED;
}

void
btfw_kit_take_faults (BtfwTestSwarm *swarm, const char *situation)
{
  const char *id, *text;

  for (guint i = 0; (id = btfw_test_swarm_get_fault (swarm, i, &text)) != NULL; i++)
    btfw_kit_find (id, "%s: %s", situation, text);
}

gboolean
btfw_kit_needs (gboolean ok, const char *method)
{
  if (!ok)
    btfw_kit_find ("missing-method", "there is no %s()", method);
  return ok;
}

void
btfw_kit_judge_error (const char *method, gboolean succeeded, const GError *error)
{
  if (succeeded && error != NULL)
    btfw_kit_find ("error-on-success", "%s() succeeded and set an error: %s", method, error->message);
  if (!succeeded && error == NULL)
    btfw_kit_find ("error-unset", "%s() failed and set no error", method);
  if (error != NULL && (error->message == NULL || error->message[0] == '\0'))
    btfw_kit_find ("error-unset", "%s() failed with an error that says nothing", method);
}

/* --- Instances --- */

gpointer
btfw_kit_make (BtfwKit *kit)
{
  g_autoptr (GError) error = NULL;
  gpointer           instance;

  btfw_kit_at ("making an instance");
  instance = btfw_plugins_create (kit->plugins, kit->kind, kit->name, &error);
  if (instance == NULL)
    btfw_kit_find ("not-made", "no instance can be made of it: %s", error->message);
  return instance;
}

void
btfw_kit_drop (gpointer instance)
{
  gpointer watched = instance;

  btfw_kit_at ("finalizing an instance");
  g_object_add_weak_pointer (instance, &watched);
  g_object_unref (instance);
  if (watched == NULL)
    return;

  /* What comes back through the context may hold it for a moment. */
  for (guint i = 0; i < 100 && watched != NULL; i++)
    g_main_context_iteration (NULL, FALSE);
  if (watched == NULL)
    return;
  btfw_kit_find ("object-kept", "an instance is still held by somebody after its last user gave it back");
  g_object_remove_weak_pointer (watched, &watched);
}

static guint
count_entries (const char *path)
{
  DIR  *dir = opendir (path);
  guint n = 0;

  while (dir != NULL && readdir (dir) != NULL)
    n++;
  if (dir != NULL)
    closedir (dir);
  return n;
}

static gsize
get_memory (void)
{
#if __GLIBC_PREREQ(2, 33)
  struct mallinfo2 info = mallinfo2 ();

  return info.uordblks + info.hblkhd;
#else
  return 0;
#endif
}

/* Bytes for each round. */
static gsize
measure_growth (BtfwKit *kit, void (*func) (BtfwKit *kit), guint rounds)
{
  gsize before = get_memory ();
  gsize after;

  for (guint i = 0; i < rounds; i++)
    func (kit);
  after = get_memory ();
  return after > before ? (after - before) / rounds : 0;
}

void
btfw_kit_watch_growth (BtfwKit *kit, void (*func) (BtfwKit *kit), guint rounds)
{
  guint descriptors, threads;
  gsize least = G_MAXSIZE;
  guint n_lives = 0;

  for (guint i = 0; i < rounds / 4 + 2; i++)
    func (kit);

  /* Caches fill up once, and what is yet to be cleaned up waits for its time; only
   * what is lost grows again and again. */
  descriptors = count_entries ("/proc/self/fd");
  threads = count_entries ("/proc/self/task");
  for (guint i = 0; i < GROWTH_LOOKS && least > GROWTH_MAX; i++)
    {
      least = MIN (least, measure_growth (kit, func, rounds / 4));
      n_lives += rounds / 4;
    }
  if (least > GROWTH_MAX)
    btfw_kit_find ("memory-leak", "memory grows by %zu bytes each time (%u times)", least, n_lives);
  if (count_entries ("/proc/self/fd") > descriptors + n_lives / 2)
    btfw_kit_find ("descriptor-leak", "%u more descriptors are open after %u times",
                   count_entries ("/proc/self/fd") - descriptors, n_lives);
  if (count_entries ("/proc/self/task") > threads + n_lives / 2)
    btfw_kit_find ("thread-leak", "%u more threads run after %u times", count_entries ("/proc/self/task") - threads, n_lives);
}

static gboolean
on_timeout (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_REMOVE;
}

gboolean
btfw_kit_wait (const gboolean *done, double seconds)
{
  gboolean is_over = FALSE;
  guint    timeout = g_timeout_add ((guint) (seconds * 1000), on_timeout, &is_over);

  while (!*done && !is_over)
    g_main_context_iteration (NULL, TRUE);
  if (!is_over)
    g_source_remove (timeout);
  return *done;
}

/* --- A run --- */

static int
remove_one (const char *path, const struct stat *st, int flag, struct FTW *walk)
{
  return remove (path);
}

static const BtfwKitCheck *
find_check (const char *name)
{
  for (guint i = 0; i < G_N_ELEMENTS (tables); i++)
    for (const BtfwKitCheck *check = tables[i]; check->name != NULL; check++)
      if (g_str_equal (check->name, name))
        return check;
  return NULL;
}

int
btfw_kit_run (const char *name, BtfwPlugins *plugins, BtfwPluginInfo *info)
{
  const BtfwKitCheck *check = find_check (name);
  g_autoptr (GError)  error = NULL;
  BtfwKit             kit = { plugins, info, btfw_plugin_info_get_kind (info), btfw_plugin_info_get_name (info), 0, NULL, NULL };

  place = mmap (NULL, BTFW_KIT_PLACE_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, BTFW_KIT_PLACE_FD, 0);
  if (place == MAP_FAILED)
    place = NULL;
  if (check == NULL)
    return 2;

  g_log_set_writer_func (on_log, NULL, NULL);
  btfw_test_judge_errors ();
  btfw_kit_at ("loading");
  kit.type = btfw_plugins_load (plugins, info, &error);
  if (kit.type == G_TYPE_INVALID)
    {
      btfw_kit_find ("refused", "%s", error->message);
      return 0;
    }

  kit.driver = check->driver;
  kit.folder = g_dir_make_tmp ("btfw-check-XXXXXX", NULL);
  check->run (&kit);
  btfw_kit_at ("the end of the process");
  if (kit.folder != NULL)
    nftw (kit.folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
  g_free (kit.folder);
  dprintf (BTFW_KIT_REPORT_FD, "done\t\n");
  return 0;
}
