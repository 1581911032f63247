/* btfw-service.h: something beside the transfers, for a whole session. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-session.h>

G_BEGIN_DECLS

#define BTFW_TYPE_SERVICE (btfw_service_get_type ())
BTFW_API
G_DECLARE_INTERFACE (BtfwService, btfw_service, BTFW, SERVICE, GObject)

/**
 * BtfwServiceInterface:
 *
 * A tracker, remote control, hooks. Methods are called on the session's loop
 * thread, whose GMainContext is the thread's default one, and return without
 * blocking.
 */
struct _BtfwServiceInterface
{
  /*< private >*/
  GTypeInterface g_iface;

  /*< public >*/
  /**
   * BtfwServiceInterface::start:
   * @session: a session object of the service's own, in the loop's context
   *
   * Required.
   */
  gboolean (*start) (BtfwService *self, BtfwSession *session, GError **error);

  /**
   * BtfwServiceInterface::stop:
   *
   * Ends it at once. Required.
   */
  void (*stop) (BtfwService *self);

  /**
   * BtfwServiceInterface::get_url:
   *
   * Returns: (transfer full) (nullable): where it can be reached. Optional.
   */
  char *(*get_url) (BtfwService *self);

  /*< private >*/
  gpointer padding[8];
};

/**
 * btfw_service_start:
 *
 * Calls start() of the plugin, as the core does; for tests, and for plugins that stand on
 * others.
 */
BTFW_API gboolean btfw_service_start (BtfwService *self, BtfwSession *session, GError **error);
/**
 * btfw_service_stop:
 *
 * Calls stop() of the plugin, as the core does; for tests, and for plugins that stand on
 * others.
 */
BTFW_API void     btfw_service_stop (BtfwService *self);
/**
 * btfw_service_get_url:
 *
 * Returns: (transfer full) (nullable):
 */
BTFW_API char    *btfw_service_get_url (BtfwService *self);

G_END_DECLS
