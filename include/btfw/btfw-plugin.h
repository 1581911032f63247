/* btfw-plugin.h: how a module says what it is. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-types.h>

G_BEGIN_DECLS

/**
 * BTFW_PLUGIN_ABI:
 *
 * The version of the interface between core and plugins. It changes only when
 * an old module could not work any more; growth is by appending.
 */
#define BTFW_PLUGIN_ABI 1u

/**
 * BtfwPluginFlags:
 * @BTFW_PLUGIN_NONE: nothing special
 * @BTFW_PLUGIN_EXCHANGES_PEERS: an extension that tells peers of other peers;
 *   never offered to private torrents
 */
typedef enum
{
  BTFW_PLUGIN_NONE = 0,
  BTFW_PLUGIN_EXCHANGES_PEERS = 1 << 0,
} BtfwPluginFlags;

/**
 * BtfwPluginDescription: (skip)
 * @abi: %BTFW_PLUGIN_ABI
 * @struct_size: sizeof (BtfwPluginDescription) when the module was built
 * @flags: of #BtfwPluginFlags
 * @kind: "picker", "storage", "tracker", "choker", "service", …
 * @name: lower-case letters, digits and '_'; the file is KIND-NAME.so
 * @version: of the plugin
 * @description: one line, for people
 * @license: an SPDX expression
 * @origin: where it comes from: a URL, or a name
 * @schemes: for trackers, the URL schemes it serves, with ',' between
 *
 * What is known of a module without running any of its code: flat and without
 * pointers, so that it can be read straight from the file. Every text ends
 * with a NUL inside its field.
 */
typedef struct
{
  guint32 abi;
  guint32 struct_size;
  guint32 flags;
  guint32 reserved;
  char    kind[16];
  char    name[32];
  char    version[16];
  char    description[128];
  char    license[48];
  char    origin[96];
  char    schemes[64];
} BtfwPluginDescription;

#define BTFW_PLUGIN_EXPORT __attribute__ ((visibility ("default"))) extern

/**
 * BTFW_PLUGIN_DEFINE: (skip)
 * @kind_: the kind, as a bare word
 * @name_: the name, as a bare word
 * @get_type: the function that registers the type
 *
 * Defines the two symbols that the core looks for in a module: the constant
 * `btfw_plugin_KIND_NAME` and the function `btfw_plugin_KIND_NAME_get_type`.
 * Further arguments are designated initialisers of #BtfwPluginDescription.
 * End it with a semicolon.
 *
 * |[<!-- language="C" -->
 * BTFW_PLUGIN_DEFINE (picker, sequential, btfw_sequential_picker_get_type,
 *                     .version = "1.0",
 *                     .description = "pieces in file order",
 *                     .license = "LGPL-2.1-or-later");
 * ]|
 */
#define BTFW_PLUGIN_DEFINE(kind_, name_, get_type, ...)                                 \
  BTFW_PLUGIN_EXPORT const BtfwPluginDescription btfw_plugin_##kind_##_##name_;         \
  BTFW_PLUGIN_EXPORT GType                       btfw_plugin_##kind_##_##name_##_get_type (void); \
  const BtfwPluginDescription                    btfw_plugin_##kind_##_##name_ = {      \
    .abi = BTFW_PLUGIN_ABI,                                                             \
    .struct_size = sizeof (BtfwPluginDescription),                                      \
    .kind = #kind_,                                                                     \
    .name = #name_,                                                                     \
    __VA_ARGS__                                                                         \
  };                                                                                    \
  GType                                                                                 \
  btfw_plugin_##kind_##_##name_##_get_type (void)                                       \
  {                                                                                     \
    return get_type ();                                                                 \
  }                                                                                     \
  G_STATIC_ASSERT (TRUE)

/**
 * BtfwUnit:
 * @BTFW_UNIT_NONE: a plain number
 * @BTFW_UNIT_BYTES: an amount of bytes; may be written as "64M", "4GiB"
 * @BTFW_UNIT_BYTES_PER_SECOND: a rate; may be written as "20M", "500k"
 * @BTFW_UNIT_SECONDS: a time; may be written as "90", "90s", "2m", "1h"
 *
 * What the number of a setting counts, so that people can write it their way.
 */
typedef enum
{
  BTFW_UNIT_NONE,
  BTFW_UNIT_BYTES,
  BTFW_UNIT_BYTES_PER_SECOND,
  BTFW_UNIT_SECONDS,
} BtfwUnit;

/**
 * btfw_param_spec_with_unit: (skip)
 * @pspec: (transfer floating): a number's spec
 *
 * Marks what a property of a plugin counts.
 *
 * Returns: (transfer floating): @pspec
 */
BTFW_API GParamSpec *btfw_param_spec_with_unit (GParamSpec *pspec, BtfwUnit unit);
/**
 * btfw_param_spec_get_unit:
 *
 * Returns: what the property counts
 */
BTFW_API BtfwUnit    btfw_param_spec_get_unit (GParamSpec *pspec);

G_END_DECLS
