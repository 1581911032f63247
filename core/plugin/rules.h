/* rules.h: groups of the keyfile that are for some torrents only: [match private=true size>4G]. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-magnet.h>
#include <btfw/btfw-metainfo.h>

typedef struct _BtfwRule BtfwRule;

/* Whether @group is one of these, right or wrong. */
gboolean  btfw_rule_is_group (const char *group);

/* Conditions with blanks between, all of which must hold; a value with blanks
 * in it has "quotes". The message of an error says what is wrong and allowed,
 * and leaves to the caller to say where. */
BtfwRule *btfw_rule_parse (const char *group, GError **error);
void      btfw_rule_free (BtfwRule *self);

/* Of a @magnet (when @metainfo is NULL) little is known; a condition on what is
 * not known does not hold. */
gboolean  btfw_rule_matches (const BtfwRule *self, BtfwMetainfo *metainfo, BtfwMagnet *magnet);

/* Whether a rule may set the setting @key of the group "session". */
gboolean  btfw_rule_may_set (const char *key);
/* All that it may, ended by NULL. */
const char *const *btfw_rule_get_keys (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (BtfwRule, btfw_rule_free)
