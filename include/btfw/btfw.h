/* btfw.h: all public headers. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include <btfw/btfw-types.h>
#include <btfw/btfw-version.h>

#include <btfw/btfw-bencode.h>
#include <btfw/btfw-choker.h>
#include <btfw/btfw-clock.h>
#include <btfw/btfw-config.h>
#include <btfw/btfw-creator.h>
#include <btfw/btfw-datagram.h>
#include <btfw/btfw-dir.h>
#include <btfw/btfw-discovery.h>
#include <btfw/btfw-enums.h>
#include <btfw/btfw-error.h>
#include <btfw/btfw-extension.h>
#include <btfw/btfw-fetcher.h>
#include <btfw/btfw-info-hash.h>
#include <btfw/btfw-layout.h>
#include <btfw/btfw-magnet.h>
#include <btfw/btfw-metainfo.h>
#include <btfw/btfw-net.h>
#include <btfw/btfw-peer-status.h>
#include <btfw/btfw-picker.h>
#include <btfw/btfw-plugin.h>
#include <btfw/btfw-plugins.h>
#include <btfw/btfw-reason.h>
#include <btfw/btfw-service.h>
#include <btfw/btfw-session.h>
#include <btfw/btfw-status.h>
#include <btfw/btfw-storage.h>
#include <btfw/btfw-test.h>
#include <btfw/btfw-text.h>
#include <btfw/btfw-torrent.h>
#include <btfw/btfw-tracker.h>
#include <btfw/btfw-view.h>
