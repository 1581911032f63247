/* rules.c: groups of the keyfile that are for some torrents only: [match private=true size>4G]. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "config.h"

#include "plugin/rules.h"

#include "plugin/suggest.h"

#include <btfw/btfw-error.h>
#include <btfw/btfw-text.h>

#include <glib/gi18n-lib.h>
#include <string.h>

#define WORD "match"
#define CONDITIONS_MAX 16

typedef enum
{
  RELATION_EQUAL,
  RELATION_UNEQUAL,
  RELATION_LESS,
  RELATION_MORE,
  RELATION_AT_MOST,
  RELATION_AT_LEAST,
} Relation;

/* The longer ones first. */
static const struct
{
  const char *text;
  Relation    relation;
} relations[] = {
  { "!=", RELATION_UNEQUAL },
  { "<=", RELATION_AT_MOST },
  { ">=", RELATION_AT_LEAST },
  { "=", RELATION_EQUAL },
  { "<", RELATION_LESS },
  { ">", RELATION_MORE },
};

typedef struct _Fact Fact;

typedef struct
{
  const Fact *fact;
  Relation    relation;
  char       *pattern; /* folded; of texts */
  guint64     number;  /* of numbers and switches */
} Condition;

typedef enum
{
  FACT_TEXT,
  FACT_NUMBER,
  FACT_SWITCH,
} FactType;

typedef enum
{
  ANSWER_NO,
  ANSWER_YES,
  ANSWER_UNKNOWN,
} Answer;

struct _Fact
{
  const char *name;
  FactType    type;
  BtfwUnit    unit;
  Answer (*compare) (const Condition *condition, BtfwMetainfo *metainfo, BtfwMagnet *magnet);
};

struct _BtfwRule
{
  Condition conditions[CONDITIONS_MAX];
  guint     n;
};

/* --- Comparing --- */

/* "*" is any text and "?" any character. Goes back to the last star only, so the
 * time is at most that of both lengths multiplied. */
static gboolean
is_like (const char *pattern, const char *text)
{
  const char *star = NULL;
  const char *retry = NULL;

  while (*text != '\0')
    if (*pattern == '*')
      {
        star = ++pattern;
        retry = text;
      }
    else if (*pattern == '?' || (*pattern != '\0' && g_utf8_get_char (pattern) == g_utf8_get_char (text)))
      {
        pattern = g_utf8_next_char (pattern);
        text = g_utf8_next_char (text);
      }
    else if (star != NULL)
      {
        pattern = star;
        text = retry = g_utf8_next_char (retry);
      }
    else
      return FALSE;

  while (*pattern == '*')
    pattern++;
  return *pattern == '\0';
}

static gboolean
has_pattern (const Condition *self, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text, -1);
  g_autofree char *folded = g_utf8_casefold (valid, -1);

  return is_like (self->pattern, folded);
}

static Answer
answer (const Condition *self, gboolean is_equal)
{
  return is_equal == (self->relation == RELATION_EQUAL) ? ANSWER_YES : ANSWER_NO;
}

static Answer
compare_number (const Condition *self, guint64 number)
{
  switch (self->relation)
    {
    case RELATION_LESS:
      return number < self->number ? ANSWER_YES : ANSWER_NO;
    case RELATION_MORE:
      return number > self->number ? ANSWER_YES : ANSWER_NO;
    case RELATION_AT_MOST:
      return number <= self->number ? ANSWER_YES : ANSWER_NO;
    case RELATION_AT_LEAST:
      return number >= self->number ? ANSWER_YES : ANSWER_NO;
    default:
      return answer (self, number == self->number);
    }
}

/* --- Facts --- */

static Answer
compare_private (const Condition *self, BtfwMetainfo *metainfo, BtfwMagnet *magnet)
{
  if (metainfo == NULL)
    return ANSWER_UNKNOWN;
  return answer (self, (guint64) (btfw_metainfo_is_private (metainfo) != FALSE) == self->number);
}

static Answer
compare_size (const Condition *self, BtfwMetainfo *metainfo, BtfwMagnet *magnet)
{
  BtfwLayout *layout;
  guint64     size = 0;

  if (metainfo == NULL)
    return ANSWER_UNKNOWN;
  layout = btfw_metainfo_get_layout (metainfo);
  for (guint32 i = 0; i < btfw_layout_get_n_files (layout); i++)
    if (!(btfw_layout_get_file_flags (layout, i) & BTFW_FILE_PAD))
      size += btfw_layout_get_file_length (layout, i);
  return compare_number (self, size);
}

static Answer
compare_files (const Condition *self, BtfwMetainfo *metainfo, BtfwMagnet *magnet)
{
  BtfwLayout *layout;
  guint64     n = 0;

  if (metainfo == NULL)
    return ANSWER_UNKNOWN;
  layout = btfw_metainfo_get_layout (metainfo);
  for (guint32 i = 0; i < btfw_layout_get_n_files (layout); i++)
    n += !(btfw_layout_get_file_flags (layout, i) & BTFW_FILE_PAD);
  return compare_number (self, n);
}

static Answer
compare_name (const Condition *self, BtfwMetainfo *metainfo, BtfwMagnet *magnet)
{
  const char *name = metainfo != NULL ? btfw_metainfo_get_name (metainfo) : btfw_magnet_get_name (magnet);

  return name == NULL ? ANSWER_UNKNOWN : answer (self, has_pattern (self, name));
}

static Answer
compare_file (const Condition *self, BtfwMetainfo *metainfo, BtfwMagnet *magnet)
{
  BtfwLayout *layout;

  if (metainfo == NULL)
    return ANSWER_UNKNOWN;
  layout = btfw_metainfo_get_layout (metainfo);
  for (guint32 i = 0; i < btfw_layout_get_n_files (layout); i++)
    if (!(btfw_layout_get_file_flags (layout, i) & BTFW_FILE_PAD) && has_pattern (self, btfw_layout_get_file_path (layout, i)))
      return answer (self, TRUE);
  return answer (self, FALSE);
}

static gboolean
has_host (const Condition *self, const char *url)
{
  g_autofree char *host = NULL;

  return g_uri_split_network (url, G_URI_FLAGS_NONE, NULL, &host, NULL, NULL) && host != NULL && has_pattern (self, host);
}

static gboolean
has_tracker (const Condition *self, const char *const *urls)
{
  for (; *urls != NULL; urls++)
    if (has_host (self, *urls))
      return TRUE;
  return FALSE;
}

static Answer
compare_tracker (const Condition *self, BtfwMetainfo *metainfo, BtfwMagnet *magnet)
{
  gboolean has = FALSE;

  if (metainfo == NULL)
    return answer (self, has_tracker (self, btfw_magnet_get_trackers (magnet)));
  for (guint i = 0; i < btfw_metainfo_get_n_tiers (metainfo) && !has; i++)
    has = has_tracker (self, btfw_metainfo_get_tier (metainfo, i));
  return answer (self, has);
}

static Answer
compare_hash (const Condition *self, BtfwMetainfo *metainfo, BtfwMagnet *magnet)
{
  BtfwInfoHash    *hash = metainfo != NULL ? btfw_metainfo_get_info_hash (metainfo) : btfw_magnet_get_info_hash (magnet);
  g_autofree char *text = btfw_info_hash_to_string (hash);

  return answer (self, has_pattern (self, text));
}

static const Fact facts[] = {
  { "private", FACT_SWITCH, BTFW_UNIT_NONE, compare_private },
  { "tracker", FACT_TEXT, BTFW_UNIT_NONE, compare_tracker },
  { "name", FACT_TEXT, BTFW_UNIT_NONE, compare_name },
  { "file", FACT_TEXT, BTFW_UNIT_NONE, compare_file },
  { "size", FACT_NUMBER, BTFW_UNIT_BYTES, compare_size },
  { "files", FACT_NUMBER, BTFW_UNIT_NONE, compare_files },
  { "hash", FACT_TEXT, BTFW_UNIT_NONE, compare_hash },
};

/* --- Parsing --- */

#define ALLOWED _("conditions are private=true, tracker=*.example.org, name=*.iso, file=*.flac, size>4G, files<10 and hash=…, with blanks between")

G_GNUC_PRINTF (2, 3)
static gboolean
fail (GError **error, const char *format, ...)
{
  g_autofree char *message = NULL;
  va_list          arguments;

  va_start (arguments, format);
  message = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  g_set_error (error, BTFW_ERROR, BTFW_ERROR_CONFIG, "%s; %s", message, ALLOWED);
  return FALSE;
}

static const Fact *
find_fact (const char *name, GError **error)
{
  const char      *names[G_N_ELEMENTS (facts) + 1] = { NULL };
  g_autofree char *end = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (facts); i++)
    if (strcmp (facts[i].name, name) == 0)
      return &facts[i];

  for (gsize i = 0; i < G_N_ELEMENTS (facts); i++)
    names[i] = facts[i].name;
  end = btfw_suggest (name, names) != NULL ? btfw_suggest_sentence (name, names) : g_strdup ("");
  fail (error, _("there is no condition “%s”%s"), name, end);
  return NULL;
}

/* The operator that comes first in @text; its length goes to @length. */
static const char *
find_relation (const char *text, Relation *relation, gsize *length)
{
  const char *place = strpbrk (text, "=<>!");

  for (gsize i = 0; place != NULL && i < G_N_ELEMENTS (relations); i++)
    if (g_str_has_prefix (place, relations[i].text))
      {
        *relation = relations[i].relation;
        *length = strlen (relations[i].text);
        return place;
      }
  return NULL;
}

static gboolean
parse_value (Condition *self, const char *value, GError **error)
{
  gboolean           is_equality = self->relation == RELATION_EQUAL || self->relation == RELATION_UNEQUAL;
  g_autoptr (GError) cause = NULL;

  if (self->fact->type != FACT_NUMBER && !is_equality)
    return fail (error, _("“%s” can be compared with “=” and “!=” only"), self->fact->name);
  if (*value == '\0')
    return fail (error, _("“%s” is compared with nothing"), self->fact->name);

  if (self->fact->type == FACT_TEXT)
    {
      self->pattern = g_utf8_casefold (value, -1);
      return TRUE;
    }
  if (self->fact->type == FACT_NUMBER)
    return btfw_parse_number (value, self->fact->unit, &self->number, &cause) ||
           fail (error, "%s: %s", self->fact->name, cause->message);

  self->number = strcmp (value, "true") == 0;
  return self->number == 1 || strcmp (value, "false") == 0 ||
         fail (error, _("“%s” is true or false, not “%s”"), self->fact->name, value);
}

static gboolean
parse_condition (BtfwRule *self, const char *text, GError **error)
{
  Condition       *condition = &self->conditions[self->n];
  gsize            length = 0;
  const char      *place = find_relation (text, &condition->relation, &length);
  g_autofree char *name = place == NULL ? NULL : g_strndup (text, (gsize) (place - text));

  if (place == NULL)
    return fail (error, _("“%s” compares nothing"), text);
  if (self->n + 1 == CONDITIONS_MAX)
    return fail (error, _("more than %d conditions"), CONDITIONS_MAX - 1);

  condition->fact = find_fact (name, error);
  if (condition->fact == NULL)
    return FALSE;
  self->n++;
  return parse_value (condition, place + length, error);
}

/* The next word, with quotes taken away; NULL at the end, and, with @error set,
 * where a quote does not end. */
static char *
take_word (const char **text, GError **error)
{
  g_autoptr (GString) word = g_string_new (NULL);
  gboolean            is_quoted = FALSE;

  while (**text == ' ' || **text == '\t')
    (*text)++;
  if (**text == '\0')
    return NULL;
  for (; **text != '\0' && (is_quoted || (**text != ' ' && **text != '\t')); (*text)++)
    if (**text == '"')
      is_quoted = !is_quoted;
    else
      g_string_append_c (word, **text);

  if (!is_quoted)
    return g_string_free (g_steal_pointer (&word), FALSE);
  fail (error, _("a quote does not end"));
  return NULL;
}

gboolean
btfw_rule_is_group (const char *group)
{
  gsize length = strlen (WORD);

  return strncmp (group, WORD, length) == 0 && (group[length] == '\0' || group[length] == ' ' || group[length] == '\t');
}

BtfwRule *
btfw_rule_parse (const char *group, GError **error)
{
  g_autoptr (BtfwRule) self = g_new0 (BtfwRule, 1);
  g_autoptr (GError)   cause = NULL;
  const char          *rest = group + strlen (WORD);
  char                *word;

  while ((word = take_word (&rest, &cause)) != NULL)
    {
      g_autofree char *owned = word;

      if (!parse_condition (self, owned, error))
        return NULL;
    }

  if (cause != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&cause));
      return NULL;
    }
  if (self->n > 0)
    return g_steal_pointer (&self);
  fail (error, _("a rule needs a condition"));
  return NULL;
}

void
btfw_rule_free (BtfwRule *self)
{
  for (guint i = 0; i < self->n; i++)
    g_free (self->conditions[i].pattern);
  g_free (self);
}

gboolean
btfw_rule_matches (const BtfwRule *self, BtfwMetainfo *metainfo, BtfwMagnet *magnet)
{
  for (guint i = 0; i < self->n; i++)
    if (self->conditions[i].fact->compare (&self->conditions[i], metainfo, magnet) != ANSWER_YES)
      return FALSE;
  return TRUE;
}

const char *const *
btfw_rule_get_keys (void)
{
  static const char *const keys[] = {
    "choker", "dir", "max-download", "max-peers", "max-upload", "picker", "storage", NULL,
  };

  return keys;
}

gboolean
btfw_rule_may_set (const char *key)
{
  return g_strv_contains (btfw_rule_get_keys (), key);
}
