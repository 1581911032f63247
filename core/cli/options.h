/* options.h: the options of a command line, parsed and explained from tables. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw.h>

/* An optional argument is only taken from "--name=VALUE", never from the next
 * word, so that `btfw --seed file.torrent` has a file. */
typedef enum
{
  BTFW_ARGUMENT_NONE,
  BTFW_ARGUMENT_REQUIRED,
  BTFW_ARGUMENT_OPTIONAL,
} BtfwArgument;

typedef struct _BtfwOption BtfwOption;

/* Takes what one occurrence of an option says. @value is NULL when there is
 * none; otherwise it lives as long as the words that are parsed. */
typedef gboolean (*BtfwOptionTake) (gpointer          target,
                                    const BtfwOption *option,
                                    const char       *value,
                                    GError          **error);

struct _BtfwOption
{
  char           short_name; /* 0 for none */
  const char    *name;       /* without the dashes; NULL ends a table */
  BtfwArgument   argument;
  const char    *placeholder; /* N_(): what stands for the argument in the help */
  const char    *help;        /* N_() */
  BtfwOptionTake take;
  const char    *setting; /* for @take: which setting this is, when it is one */
  gsize          offset;  /* for the takers below: where in the target it goes */
};

/* One heading of the help. */
typedef struct
{
  const char       *title; /* translated; NULL ends the list */
  const BtfwOption *options;
  gpointer          target;
} BtfwOptionGroup;

/* Takers for a member of the target that lies at the option's offset. */
gboolean btfw_option_take_flag (gpointer target, const BtfwOption *option, const char *value, GError **error);
gboolean btfw_option_take_text (gpointer target, const BtfwOption *option, const char *value, GError **error);
/* Into a guint64, a time of at most G_MAXUINT32 seconds. */
gboolean btfw_option_take_seconds (gpointer target, const BtfwOption *option, const char *value, GError **error);
/* Into a GPtrArray of borrowed strings, which is made when there is none. */
gboolean btfw_option_take_list (gpointer target, const BtfwOption *option, const char *value, GError **error);

/* Parses @argv from 1 on; options and operands may come in any order, "--"
 * ends the options. Returns the operands (borrowed), or NULL with @error set. */
GPtrArray *btfw_options_parse (const BtfwOptionGroup *groups, int argc, char **argv, GError **error);

/* Appends the options of all groups to @help, at most @width columns wide. */
void btfw_options_describe (const BtfwOptionGroup *groups, guint width, GString *help);

/* The one of @candidates that @word is most likely a misspelling of, or NULL. */
const char *btfw_options_suggest (const char *word, const char *const *candidates);
