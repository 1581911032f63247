/* stub.c: small plugins for the tests, each with something of its own. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* The build defines KIND and NAME, and where the stub is to be odd: ABI, SIZE,
 * SCHEMES, NO_DESCRIPTION, ODD, LIBRARY (a function of another
 * library), INTERFACE_TYPE and Interface. */

#include <btfw/btfw-picker.h>
#include <btfw/btfw-plugin.h>
#include <btfw/btfw-storage.h>
#include <btfw/btfw-tracker.h>

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#ifndef ABI
#define ABI BTFW_PLUGIN_ABI
#endif
#ifndef SIZE
#define SIZE sizeof (BtfwPluginDescription)
#endif
#ifndef SCHEMES
#define SCHEMES ""
#endif
#ifdef ODD
#define DESCRIPTION "a \033[31mred stub"
#else
#define DESCRIPTION "a stub"
#endif

#define PASTE_(a, b, c) a##b##c
#define PASTE(a, b, c) PASTE_ (a, b, c)
#define TEXT_(a) #a
#define TEXT(a) TEXT_ (a)

/* One type name for all stubs of a kind would clash: modules stay. */
#define STUB_TYPE "Test" TEXT (KIND) TEXT (NAME)

typedef struct
{
  GObject  parent_instance;
  guint    blocks;
  gboolean eager;
  char    *label;
  guint64  rate;
} Stub;

typedef struct
{
  GObjectClass parent_class;
} StubClass;

enum
{
  PROP_0,
  PROP_BLOCKS,
  PROP_EAGER,
  PROP_LABEL,
  PROP_RATE,
};

#ifdef LIBRARY
void LIBRARY (void);
#endif

/* Leaves a mark when any code of the module runs. */
__attribute__ ((constructor)) static void
leave_mark (void)
{
  const char *path = getenv ("BTFW_TEST_MARK");

  if (path != NULL)
    close (open (path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
#ifdef LIBRARY
  LIBRARY ();
#endif
}

static void
stub_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  Stub *self = (Stub *) object;

  if (id == PROP_BLOCKS)
    g_value_set_uint (value, self->blocks);
  else if (id == PROP_EAGER)
    g_value_set_boolean (value, self->eager);
  else if (id == PROP_LABEL)
    g_value_set_string (value, self->label);
  else
    g_value_set_uint64 (value, self->rate);
}

static void
stub_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  Stub *self = (Stub *) object;

  if (id == PROP_BLOCKS)
    self->blocks = g_value_get_uint (value);
  else if (id == PROP_EAGER)
    self->eager = g_value_get_boolean (value);
  else if (id == PROP_RATE)
    self->rate = g_value_get_uint64 (value);
  else
    {
      g_free (self->label);
      self->label = g_value_dup_string (value);
    }
}

static void
stub_finalize (GObject *object)
{
  GObjectClass *parent = g_type_class_peek (G_TYPE_OBJECT);

  g_free (((Stub *) object)->label);
  parent->finalize (object);
}

static void
stub_class_init (gpointer class, gpointer data)
{
  GObjectClass *object_class = class;

  object_class->get_property = stub_get_property;
  object_class->set_property = stub_set_property;
  object_class->finalize = stub_finalize;
  g_object_class_install_property (object_class, PROP_BLOCKS,
    g_param_spec_uint ("blocks", NULL, "a number", 1, 8, 4,
                       G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (object_class, PROP_EAGER,
    g_param_spec_boolean ("eager", NULL, "a switch", FALSE,
                          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (object_class, PROP_LABEL,
    g_param_spec_string ("label", NULL, "a text", NULL,
                         G_PARAM_READWRITE | G_PARAM_CONSTRUCT_ONLY | G_PARAM_STATIC_STRINGS));
  g_object_class_install_property (object_class, PROP_RATE,
    btfw_param_spec_with_unit (g_param_spec_uint64 ("rate", NULL, "a rate", 0, G_MAXUINT64, 0,
                                                    G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS),
                               BTFW_UNIT_BYTES_PER_SECOND));
}

static GType
stub_get_type (void)
{
  static gsize type;

  if (g_once_init_enter (&type))
    {
      GType stub = g_type_register_static_simple (G_TYPE_OBJECT, STUB_TYPE, sizeof (StubClass), stub_class_init,
                                                  sizeof (Stub), NULL, 0);
#ifdef INTERFACE_TYPE
      const GInterfaceInfo info = { NULL, NULL, NULL };

      g_type_add_interface_static (stub, INTERFACE_TYPE, &info);
#endif
      g_once_init_leave (&type, stub);
    }

  return type;
}

#define DEFINE(kind_, name_, get_type, ...) BTFW_PLUGIN_DEFINE (kind_, name_, get_type, __VA_ARGS__)

#ifdef NO_DESCRIPTION
GType PASTE (get_type_of_, NAME, ) (void);
GType PASTE (get_type_of_, NAME, ) (void)
{
  return stub_get_type ();
}
#else
_Pragma ("GCC diagnostic ignored \"-Woverride-init\"")
DEFINE (KIND, NAME, stub_get_type,
        .abi = ABI,
        .struct_size = SIZE,
        .version = "1.0",
        .description = DESCRIPTION,
        .license = "LGPL-2.1-or-later",
        .origin = "btfw's tests",
        .schemes = SCHEMES);
#endif
