"""btfw and other people's clients, all driven in the same way."""
# SPDX-License-Identifier: LGPL-2.1-or-later

from .aria2 import Aria2
from .btfw import Btfw
from .libtorrent import Libtorrent
from .rtorrent import Rtorrent
from .transmission import Transmission

OTHERS = {client.name: client for client in (Aria2, Libtorrent, Rtorrent, Transmission)}
EVERYBODY = {Btfw.name: Btfw} | OTHERS
