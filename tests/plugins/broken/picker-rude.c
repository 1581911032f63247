/* picker-rude.c: a picker that ends, stops or hangs whoever loads it, for the tests of probing. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "broken.h"

typedef struct
{
  GObject parent_instance;
} TestRudePicker;

typedef struct
{
  GObjectClass parent_class;
} TestRudePickerClass;

static void picker_iface_init (BtfwPickerInterface *iface);
GType       test_rude_picker_get_type (void);

G_DEFINE_TYPE_WITH_CODE (TestRudePicker, test_rude_picker, G_TYPE_OBJECT,
                         G_IMPLEMENT_INTERFACE (BTFW_TYPE_PICKER, picker_iface_init));

/* "load-hangs", "class-hangs", "init-hangs" */
static void
misbehave (const char *where)
{
  g_autofree char *crashes = g_strconcat (where, "-crashes", NULL);
  g_autofree char *aborts = g_strconcat (where, "-aborts", NULL);
  g_autofree char *exits = g_strconcat (where, "-exits", NULL);
  g_autofree char *hangs = g_strconcat (where, "-hangs", NULL);

  if (has_fault (crashes))
    raise (SIGSEGV);
  if (has_fault (aborts))
    abort ();
  if (has_fault (exits))
    _exit (0);
  while (has_fault (hangs))
    g_usleep (1000);
}

__attribute__ ((constructor)) static void
on_load (void)
{
  misbehave ("load");
}

static void
attach (BtfwPicker *picker, BtfwSwarmView *swarm)
{
}

static void
detach (BtfwPicker *picker)
{
}

/* It offers nothing, and with a fault it takes its time for it. */
static void
pick (BtfwPicker *picker, BtfwPeerView *peer, BtfwPicks *picks)
{
  if (has_fault ("pick-sleeps"))
    g_usleep (10 * G_USEC_PER_SEC);
  misbehave ("pick");
}

static void
picker_iface_init (BtfwPickerInterface *iface)
{
  iface->attach = attach;
  iface->detach = detach;
  iface->pick = pick;
}

static void
test_rude_picker_class_init (TestRudePickerClass *klass)
{
  misbehave ("class");
}

static void
test_rude_picker_init (TestRudePicker *self)
{
  misbehave ("init");
}

BTFW_PLUGIN_DEFINE (picker, rude, test_rude_picker_get_type,
                    .version = "1.0",
                    .description = "rude on purpose",
                    .license = "LGPL-2.1-or-later",
                    .origin = "btfw's tests");
