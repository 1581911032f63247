/* assembly.h: blocks on their way to the disk: gathered, hashed in order, written, judged. */
/* SPDX-License-Identifier: LGPL-2.1-or-later */

#pragma once

#include "swarm/active.h"
#include "swarm/peer.h"

/* A block came; @data is the assembly's from now on. FALSE when it was of no use. */
gboolean btfw_assembly_on_block (BtfwPeer *peer, const BtfwBlock *block, guint8 *data);
/* Buffers are scarce: writes what is held, also before its turn to be hashed. */
void     btfw_assembly_relieve (BtfwSwarm *swarm);
/* Forgets what is held in memory of a piece without jobs, and asks for it anew. */
void     btfw_assembly_restart (BtfwSwarm *swarm, BtfwActivePiece *active);
/* Gives up what is in doubt of a piece that others go on with (see trust.h), if
 * all of that is still in memory. It is remembered what it was. */
void     btfw_assembly_purge (BtfwSwarm *swarm, BtfwActivePiece *active);
/* Drops pieces that are not wanted any more; those with workers once they are back. */
void     btfw_assembly_drop_unwanted (BtfwSwarm *swarm);
/* Drops all pieces that no worker is busy with; answers how many are left. */
guint    btfw_assembly_drop_all (BtfwSwarm *swarm);
