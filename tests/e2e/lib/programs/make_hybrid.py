"""Makes a .torrent file with libtorrent.

    ROOT TARGET v1|v2|hybrid
"""
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import sys

import libtorrent

root, target, kind = sys.argv[1:]
flags = {'v1': libtorrent.create_torrent.v1_only, 'v2': libtorrent.create_torrent.v2_only, 'hybrid': 0}[kind]
storage = libtorrent.file_storage()
libtorrent.add_files(storage, root)
creator = libtorrent.create_torrent(storage, 16 * 1024, flags)
libtorrent.set_piece_hashes(creator, os.path.dirname(root))
with open(target, 'wb') as file:
    file.write(libtorrent.bencode(creator.generate()))
