"""What the tests of misbehaviour share: an honest download alongside, and how it must end."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import time

from lib import peer, waiting
from lib.case import Case
from lib.clients import Btfw

MIB = 1 << 20
SIZE = 8 * MIB
PIECE = 128 * 1024
MORE_MEMORY = 32 * MIB
MEMORY_FACTOR = 1 if waiting.TIME_FACTOR == 1 else 8  # sanitizers keep what was freed for a while


class HostileCase(Case):
    """btfw at address 1, honest peers from 2 on, bad ones from 100 on."""

    seconds = 60

    def setUp(self):
        super().setUp()
        self.made = self.stage.make_torrent(self.stage.make_sample(size=SIZE), piece_length=PIECE)
        self.btfw = Btfw(self.stage, 1)

    def start_seeding(self, *words):
        """btfw has everything."""
        self.btfw.seed(self.made, *words)
        self.memory = self.btfw.process.memory()['VmRSS']

    def start_leeching(self, *words):
        """btfw wants everything; words may name peers."""
        self.btfw.download(self.made, self.stage.path('download'), *words)
        self.btfw.wait_until_listening()
        self.btfw.wait_for_status(lambda state: state['state'] != 'checking', 'the start')

    def join(self, number=100, **arguments):
        """A bad peer that is through with the handshakes."""
        connection = peer.join(self.made, self.btfw.address, self.btfw.port, self.stage.address(number), **arguments)
        self.addCleanup(connection.close)
        return connection

    def connect(self, number=100, **arguments):
        """A bad peer before the handshakes."""
        connection = peer.connect(self.made, self.btfw.address, self.btfw.port, self.stage.address(number), **arguments)
        self.addCleanup(connection.close)
        return connection

    def start_seeder(self, number, kind=peer.Seeder, **arguments):
        """A peer that btfw can download from."""
        seeder = kind(self.made, self.stage.address(number), **arguments)
        self.addCleanup(seeder.stop)
        return seeder

    def assert_serves(self, seconds=15):
        """btfw still serves an honest leecher, with the right bytes, and is not much larger than before."""
        honest = Btfw(self.stage, 2)
        honest.download(self.made, self.stage.path('honest'), f'--peer={self.btfw.address}:{self.btfw.port}')
        honest.end_well(seconds)
        self.assert_same_files(self.made, self.stage.path('honest'))
        self.assert_is_well()

    def assert_is_well(self):
        """It runs, complained of nothing inside, and its memory came back."""
        self.assertTrue(self.btfw.process.is_running)
        self.assertNotIn('CRITICAL', self.btfw.process.errors)
        self.assertNotIn('WARNING', self.btfw.process.errors)
        self.assertLess(self.btfw.process.memory()['VmRSS'], self.memory + MORE_MEMORY * MEMORY_FACTOR)

    def assert_downloads(self, seconds=20):
        """btfw completes with the right bytes. Returns how long that took from its start."""
        self.btfw.end_well(seconds)
        self.assert_same_files(self.made, self.stage.path('download'))
        self.assertNotIn('CRITICAL', self.btfw.process.errors)
        return time.monotonic() - self.btfw.process.started

    def assert_closes(self, connection, seconds=5):
        """btfw closes the connection. Returns what it had sent before."""
        try:
            return connection.read_to_end(seconds * waiting.TIME_FACTOR)
        except TimeoutError:
            self.fail('the connection stays open')
