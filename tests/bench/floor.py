"""The least that a work can cost on this machine, as if it were a client."""
# SPDX-License-Identifier: LGPL-2.1-or-later

from lib.clients.client import Client

SEED_NUMBER = 1  # where cheap-seed is, in works.leech


class Floor(Client):
    """Runs floor.c, which takes its peer on trust, and has none but that one."""

    name = 'floor'
    tools = None  # the folder it is in

    @classmethod
    def require(cls):
        return cls.tools / 'floor'

    def download(self, torrent, folder, upload_limit=0):
        folder.mkdir(parents=True, exist_ok=True)
        self.start([self.require(), 'download', self.stage.address(SEED_NUMBER), str(self.port), torrent.info_hash.hex(),
                    str(torrent.piece_length), str(torrent.size), folder / torrent.root.name])

    def check(self, torrent):
        self.start([self.require(), 'check', str(torrent.piece_length), torrent.root])

    def is_complete(self):
        return not self.process.is_running and self.process.exit_code == 0
