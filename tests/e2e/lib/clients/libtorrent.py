"""libtorrent, through its Python binding in a process of its own."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import functools
import subprocess
import sys
import unittest
from pathlib import Path

from .client import Client

SCRIPT = Path(__file__).parents[1] / 'programs' / 'libtorrent_client.py'


@functools.cache
def find_python():
    """The interpreter that has the binding: the distribution's packages serve theirs only."""
    for python in (sys.executable, '/usr/bin/python3'):
        if subprocess.run([python, '-c', 'import libtorrent'], capture_output=True, check=False).returncode == 0:
            return python
    raise unittest.SkipTest('python3-libtorrent is not installed')


class Libtorrent(Client):
    """Tells on its standard output when the download is complete, and goes on seeding."""

    name = 'libtorrent'

    @classmethod
    def require(cls):
        return find_python()

    def _run(self, paths, folder, *words):
        self.start([self.require(), SCRIPT, self.address, str(self.port), folder, *words, *paths])

    def is_complete(self):
        return 'complete' in self.process.output

    def seed(self, torrent, upload_limit=0):
        self._run([torrent.path], torrent.root.parent, '--seed', f'--set=upload_rate_limit={upload_limit}')
        self.process.wait_until_listening(self.port)

    def download(self, torrent, folder, upload_limit=0, download_limit=0):
        self._run([torrent.path], folder, f'--set=upload_rate_limit={upload_limit}',
                  f'--set=download_rate_limit={download_limit}')

    def seed_logged(self, torrent, *words):
        """Tells in its output what it says to peers, and hears."""
        self._run([torrent.path], torrent.root.parent, '--seed', '--log-peers', *words)
        self.process.wait_until_listening(self.port)

    def download_logged(self, torrent, folder, peer, *words):
        """The same; it connects to that client."""
        self._run([torrent.path], folder, '--log-peers', f'--peer={peer.address}:{peer.port}', *words)

    def download_link(self, link, folder):
        self._run([link], folder)

    def check(self, torrent):
        self._run([torrent.path], torrent.root.parent)

    def hold(self, paths, folder):
        self._run(paths, folder, '--set=active_limit=5000', '--set=active_downloads=5000')
