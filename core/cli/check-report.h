/* check-report.h: which files a check found incomplete. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "cli/progress.h"

/* Tells of the files of @item that lack pieces, a line each, of the first ones
 * when there are many. Nothing when only some files were wanted: the pieces of
 * others were not looked for. */
void btfw_check_report (BtfwProgress *progress, const BtfwItem *item);
