/* storage-fault.c: a layer that lets the storage below it fail, come short and
 * be slow, as often and in the way that its settings say: for tests. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include <btfw/btfw-plugin.h>
#include <btfw/btfw-storage.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#define DELAY_MAX 60000 /* ms */

/* What can fail. close() cannot: it answers nothing. */
typedef enum
{
  OP_OPEN = 1 << 0,
  OP_READ = 1 << 1,
  OP_WRITE = 1 << 2,
  OP_FLUSH = 1 << 3,
  OP_STAT = 1 << 4,
  OP_MOVE = 1 << 5,
  OP_REMOVE = 1 << 6,
  OP_WANTED = 1 << 7,
} Op;

static const GFlagsValue op_values[] = {
  { OP_OPEN, "open", "open" },
  { OP_READ, "read", "read" },
  { OP_WRITE, "write", "write" },
  { OP_FLUSH, "flush", "flush" },
  { OP_STAT, "stat", "stat" },
  { OP_MOVE, "move", "move" },
  { OP_REMOVE, "remove", "remove" },
  { OP_WANTED, "wanted", "wanted" },
  { 0, NULL, NULL },
};

static const GEnumValue kind_values[] = {
  { BTFW_STORAGE_ERROR_FULL, "full", "full" },
  { BTFW_STORAGE_ERROR_ABSENT, "absent", "absent" },
  { BTFW_STORAGE_ERROR_GONE, "gone", "gone" },
  { BTFW_STORAGE_ERROR_REFUSED, "refused", "refused" },
  { BTFW_STORAGE_ERROR_BROKEN, "broken", "broken" },
  { 0, NULL, NULL },
};

#define BTFW_TYPE_FAULT_STORAGE (btfw_fault_storage_get_type ())
G_DECLARE_FINAL_TYPE (BtfwFaultStorage, btfw_fault_storage, BTFW, FAULT_STORAGE, GObject)

struct _BtfwFaultStorage
{
  GObject      parent_instance;
  BtfwStorage *lower; /* owned, from open() to close() */

  /* Settings, which do not change while it is open. */
  double   rate;
  guint    ops;
  int      kind;
  gboolean is_short;
  guint    delay; /* ms */
  double   delay_rate;
  guint64  after;
  guint64  count;
  guint64  seed;

  /* Of all threads: only touched with __atomic_… */
  guint64 n_calls;
  guint64 n_failures;
};

enum
{
  PROP_RATE = 1,
  PROP_OPS,
  PROP_KIND,
  PROP_SHORT,
  PROP_DELAY,
  PROP_DELAY_RATE,
  PROP_AFTER,
  PROP_COUNT,
  PROP_SEED,
  N_PROPS,
};

static GParamSpec *props[N_PROPS];

static void btfw_fault_storage_iface_init (BtfwStorageInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (BtfwFaultStorage, btfw_fault_storage, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (BTFW_TYPE_STORAGE, btfw_fault_storage_iface_init));

/* --- Chance --- */

/* splitmix64: the number of a call makes its luck, so that no thread waits for
 * another one, and the nth call of a seed has the same luck in every run. */
static double
draw (guint64 seed, guint64 n)
{
  guint64 z = seed + n * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15);

  z = (z ^ (z >> 30)) * G_GUINT64_CONSTANT (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * G_GUINT64_CONSTANT (0x94d049bb133111eb);
  z ^= z >> 31;
  return (double) (z >> 11) / (double) (G_GUINT64_CONSTANT (1) << 53);
}

/* Only so many fail in all, on however many threads. */
static gboolean
take_failure (BtfwFaultStorage *self)
{
  guint64 n = __atomic_fetch_add (&self->n_failures, 1, __ATOMIC_RELAXED);

  return self->count == 0 || n < self->count;
}

/* Waits as long as this call is to take, and says whether it is to fail. */
static gboolean
is_hit (BtfwFaultStorage *self, Op op)
{
  guint64 n;

  if ((self->ops & op) == 0)
    return FALSE;

  n = __atomic_fetch_add (&self->n_calls, 1, __ATOMIC_RELAXED);
  if (self->delay > 0 && draw (~self->seed, n) < self->delay_rate)
    g_usleep ((gulong) self->delay * 1000);

  return n >= self->after && draw (self->seed, n) < self->rate && take_failure (self);
}

static gboolean
fail (BtfwFaultStorage *self, const char *method, GError **error)
{
  g_set_error (error, BTFW_STORAGE_ERROR, self->kind, _("storage-fault lets %s() fail (kind=%s), as its settings say"), method,
               kind_values[self->kind].value_nick);
  return FALSE;
}

/* TRUE when the layer below is to be asked. */
static gboolean
pass (BtfwFaultStorage *self, Op op, const char *method, GError **error)
{
  if (self->lower == NULL)
    {
      g_set_error_literal (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_ABSENT, _("the storage is not open"));
      return FALSE;
    }
  return !is_hit (self, op) || fail (self, method, error);
}

/* --- Methods --- */

static gboolean
btfw_fault_storage_open (BtfwStorage *storage, BtfwStorageContext *context, GError **error)
{
  BtfwFaultStorage              *self = BTFW_FAULT_STORAGE (storage);
  BtfwStorage                   *lower = btfw_storage_context_get_lower (context);
  g_autoptr (BtfwStorageContext) derived = NULL;

  if (lower == NULL)
    {
      g_set_error_literal (error, BTFW_STORAGE_ERROR, BTFW_STORAGE_ERROR_REFUSED,
                           _("storage-fault keeps nothing itself and needs a storage below it, as in --storage=fault,rate=0.1+file"));
      return FALSE;
    }
  if (is_hit (self, OP_OPEN))
    return fail (self, "open", error);

  derived = btfw_storage_context_derive (context, NULL);
  if (!btfw_storage_open (lower, derived, error))
    return FALSE;

  self->lower = g_object_ref (lower);
  return TRUE;
}

static gboolean
btfw_fault_storage_readv (BtfwStorage        *storage,
                          guint64             offset,
                          const GInputVector *vectors,
                          guint               n_vectors,
                          GError            **error)
{
  BtfwFaultStorage *self = BTFW_FAULT_STORAGE (storage);

  return pass (self, OP_READ, "readv", error) && btfw_storage_readv (self->lower, offset, vectors, n_vectors, error);
}

/* The first half of what is to be written: what a full disk leaves behind. */
static void
write_half (BtfwFaultStorage *self, guint64 offset, const GOutputVector *vectors, guint n_vectors)
{
  g_autofree GOutputVector *half = g_new (GOutputVector, n_vectors + 1);
  gsize                     size = 0;
  guint                     n = 0;

  for (guint i = 0; i < n_vectors; i++)
    size += vectors[i].size;
  for (size /= 2; size > 0; n++)
    {
      half[n] = vectors[n];
      half[n].size = MIN (half[n].size, size);
      size -= half[n].size;
    }
  if (n > 0)
    btfw_storage_writev (self->lower, offset, half, n, NULL);
}

static gboolean
btfw_fault_storage_writev (BtfwStorage         *storage,
                           guint64              offset,
                           const GOutputVector *vectors,
                           guint                n_vectors,
                           GError             **error)
{
  BtfwFaultStorage *self = BTFW_FAULT_STORAGE (storage);

  if (pass (self, OP_WRITE, "writev", error))
    return btfw_storage_writev (self->lower, offset, vectors, n_vectors, error);

  if (self->is_short && self->lower != NULL)
    write_half (self, offset, vectors, n_vectors);
  return FALSE;
}

static gboolean
btfw_fault_storage_flush (BtfwStorage *storage, GError **error)
{
  BtfwFaultStorage *self = BTFW_FAULT_STORAGE (storage);

  return pass (self, OP_FLUSH, "flush", error) && btfw_storage_flush (self->lower, error);
}

static void
btfw_fault_storage_close (BtfwStorage *storage)
{
  BtfwFaultStorage *self = BTFW_FAULT_STORAGE (storage);

  if (self->lower != NULL)
    btfw_storage_close (self->lower);
  g_clear_object (&self->lower);
}

static gboolean
btfw_fault_storage_stat (BtfwStorage *storage, guint32 file, BtfwFileStat *stat, GError **error)
{
  BtfwFaultStorage *self = BTFW_FAULT_STORAGE (storage);

  return pass (self, OP_STAT, "stat", error) && btfw_storage_stat (self->lower, file, stat, error);
}

static gboolean
btfw_fault_storage_move (BtfwStorage        *storage,
                         BtfwStorageContext *context,
                         BtfwStorageProgress progress,
                         gpointer            user_data,
                         GCancellable       *cancellable,
                         GError            **error)
{
  BtfwFaultStorage              *self = BTFW_FAULT_STORAGE (storage);
  g_autoptr (BtfwStorageContext) derived = NULL;

  if (!pass (self, OP_MOVE, "move", error))
    return FALSE;
  derived = btfw_storage_context_derive (context, NULL);
  return btfw_storage_move (self->lower, derived, progress, user_data, cancellable, error);
}

static gboolean
btfw_fault_storage_remove (BtfwStorage *storage, GError **error)
{
  BtfwFaultStorage *self = BTFW_FAULT_STORAGE (storage);

  return pass (self, OP_REMOVE, "remove", error) && btfw_storage_remove (self->lower, error);
}

static gboolean
btfw_fault_storage_wanted_changed (BtfwStorage *storage, GError **error)
{
  BtfwFaultStorage *self = BTFW_FAULT_STORAGE (storage);

  return pass (self, OP_WANTED, "wanted_changed", error) && btfw_storage_wanted_changed (self->lower, error);
}

/* No lease: bytes that went by a descriptor would never fail. */
static void
btfw_fault_storage_iface_init (BtfwStorageInterface *iface)
{
  iface->open = btfw_fault_storage_open;
  iface->readv = btfw_fault_storage_readv;
  iface->writev = btfw_fault_storage_writev;
  iface->flush = btfw_fault_storage_flush;
  iface->close = btfw_fault_storage_close;
  iface->stat = btfw_fault_storage_stat;
  iface->move = btfw_fault_storage_move;
  iface->remove = btfw_fault_storage_remove;
  iface->wanted_changed = btfw_fault_storage_wanted_changed;
}

/* --- Settings --- */

static void
btfw_fault_storage_get_property (GObject *object, guint id, GValue *value, GParamSpec *pspec)
{
  BtfwFaultStorage *self = BTFW_FAULT_STORAGE (object);

  switch (id)
    {
    case PROP_RATE:
      g_value_set_double (value, self->rate);
      break;
    case PROP_OPS:
      g_value_set_flags (value, self->ops);
      break;
    case PROP_KIND:
      g_value_set_enum (value, self->kind);
      break;
    case PROP_SHORT:
      g_value_set_boolean (value, self->is_short);
      break;
    case PROP_DELAY:
      g_value_set_uint (value, self->delay);
      break;
    case PROP_DELAY_RATE:
      g_value_set_double (value, self->delay_rate);
      break;
    case PROP_AFTER:
      g_value_set_uint64 (value, self->after);
      break;
    case PROP_COUNT:
      g_value_set_uint64 (value, self->count);
      break;
    case PROP_SEED:
      g_value_set_uint64 (value, self->seed);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
btfw_fault_storage_set_property (GObject *object, guint id, const GValue *value, GParamSpec *pspec)
{
  BtfwFaultStorage *self = BTFW_FAULT_STORAGE (object);

  switch (id)
    {
    case PROP_RATE:
      self->rate = g_value_get_double (value);
      break;
    case PROP_OPS:
      self->ops = g_value_get_flags (value);
      break;
    case PROP_KIND:
      self->kind = g_value_get_enum (value);
      break;
    case PROP_SHORT:
      self->is_short = g_value_get_boolean (value);
      break;
    case PROP_DELAY:
      self->delay = g_value_get_uint (value);
      break;
    case PROP_DELAY_RATE:
      self->delay_rate = g_value_get_double (value);
      break;
    case PROP_AFTER:
      self->after = g_value_get_uint64 (value);
      break;
    case PROP_COUNT:
      self->count = g_value_get_uint64 (value);
      break;
    case PROP_SEED:
      self->seed = g_value_get_uint64 (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    }
}

static void
btfw_fault_storage_dispose (GObject *object)
{
  btfw_fault_storage_close (BTFW_STORAGE (object));
  G_OBJECT_CLASS (btfw_fault_storage_parent_class)->dispose (object);
}

#define FLAGS (G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS)

static void
btfw_fault_storage_class_init (BtfwFaultStorageClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = btfw_fault_storage_dispose;
  object_class->get_property = btfw_fault_storage_get_property;
  object_class->set_property = btfw_fault_storage_set_property;

  props[PROP_RATE] = g_param_spec_double ("rate", NULL, N_("the share of calls that fail: 0 is none, 1 all"), 0, 1, 0, FLAGS);
  props[PROP_OPS] = g_param_spec_flags ("ops", NULL, N_("which calls fail and are delayed"),
                                        g_flags_register_static ("BtfwFaultOps", op_values), OP_READ | OP_WRITE, FLAGS);
  props[PROP_KIND] = g_param_spec_enum ("kind", NULL, N_("the kind of their error"),
                                        g_enum_register_static ("BtfwFaultKind", kind_values), BTFW_STORAGE_ERROR_BROKEN, FLAGS);
  props[PROP_SHORT] = g_param_spec_boolean ("short", NULL, N_("a write that fails has written half of its bytes"), FALSE, FLAGS);
  props[PROP_DELAY] = g_param_spec_uint ("delay", NULL, N_("how many milliseconds calls take longer"), 0, DELAY_MAX, 0, FLAGS);
  props[PROP_DELAY_RATE] = g_param_spec_double ("delay-rate", NULL, N_("the share of calls that take longer"), 0, 1, 1, FLAGS);
  props[PROP_AFTER] = g_param_spec_uint64 ("after", NULL, N_("how many calls succeed before the first may fail"), 0, G_MAXUINT64, 0, FLAGS);
  props[PROP_COUNT] = g_param_spec_uint64 ("count", NULL, N_("how many calls fail in all; 0 for no limit"), 0, G_MAXUINT64, 0, FLAGS);
  props[PROP_SEED] = g_param_spec_uint64 ("seed", NULL, N_("where the chances begin: the same number, the same failures"), 0, G_MAXUINT64, 1, FLAGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
btfw_fault_storage_init (BtfwFaultStorage *self)
{
}

BTFW_PLUGIN_DEFINE (storage, fault, btfw_fault_storage_get_type,
                    .version = BTFW_VERSION,
                    .description = "lets the storage below it fail, come short and be slow, for tests",
                    .license = "LGPL-2.1-or-later",
                    .origin = "btfw");
