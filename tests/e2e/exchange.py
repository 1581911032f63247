"""Peer exchange: a peer that only another peer knows (BEP 11), and none of it where a torrent is private."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import time

from lib import bencode, peer, runner, wire
from lib.case import Case
from lib.clients import OTHERS, Btfw
from lib.waiting import TIME_FACTOR, wait_for

KIB = 1024
IS_LONG = bool(os.environ.get('BTFW_TEST_LONG'))
SLOW = 100_000  # bytes a second, so that the one in the middle is not through too soon


def with_exchange(client):
    """Has it speak the message, which the others' tests do without."""
    run = client._run
    if client.name == 'aria2':
        client._run = lambda folder, *words: run(folder, *words, '--enable-peer-exchange=true')
    if client.name == 'transmission':
        client._run = lambda *words, **more: run(*words, **more | {'pex-enabled': True})
    return client


class ExchangeCase(Case):
    """A seeder by hand at 3, which only the one in the middle, at 1, is told of."""

    seconds = 120

    def make(self, **arguments):
        """A torrent without a tracker, and one with."""
        root = self.stage.make_sample(size=6_000_000)
        self.tracker = self.stage.start_tracker()
        self.plain = self.stage.make_torrent(root, piece_length=64 * KIB, **arguments)
        self.tracked = self.stage.make_torrent(root, 'tracked.torrent', piece_length=64 * KIB,
                                               trackers=[self.tracker.url], **arguments)
        self.seeder = peer.Seeder(self.plain, self.stage.address(3))
        self.addCleanup(self.seeder.stop)

    def wait_for_the_other(self, seconds):
        """Until the seeder is known to the one at 2, too."""
        wait_for(lambda: self.stage.address(2) in self.seeder.callers, seconds, 'the second one to find the seeder')


class FromBtfw(ExchangeCase):
    """btfw is in the middle, and tells."""

    @runner.rows(('libtorrent', 'libtorrent'), ('btfw', 'btfw'), ('aria2', 'aria2'), ('transmission', 'transmission'),
                 ('btfw_encrypted', 'btfw', '--encryption=prefer'))
    def test_to(self, client, *words):
        """They find the seeder through it, also when the two speak in cipher."""
        self.make()
        middle = Btfw(self.stage, 1)
        middle.download(self.plain, self.stage.path('middle'), f'--peer={self.seeder.host}:{self.seeder.port}',
                        f'--max-download={SLOW}', *words)
        middle.wait_until_listening()
        self.tracker.add_peer(self.plain.info_hash, middle.address, middle.port)
        leecher = with_exchange(OTHERS[client](self.stage, 2)) if client in OTHERS else Btfw(self.stage, 2)
        leecher.download(self.tracked, self.stage.path('download'), *words)
        self.wait_for_the_other(40 + leecher.slowness)
        leecher.wait_until_complete(40)
        self.assert_same_files(self.plain, self.stage.path('download'))


class FromOthers(ExchangeCase):
    """They are in the middle."""

    seconds = 220

    @runner.rows(('libtorrent', 'libtorrent'), *((('transmission', 'transmission'),) if IS_LONG else ()))
    def test_from(self, client):
        """They tell once a minute, or once in a while. (aria2 only of whom it met within the last minute.)"""
        self.make()
        self.tracker.add_peer(self.plain.info_hash, self.seeder.host, self.seeder.port)
        middle = with_exchange(OTHERS[client](self.stage, 1))
        self.slow_down(middle)
        middle.process.wait_until_listening(middle.port)
        leecher = Btfw(self.stage, 2)
        leecher.download(self.plain, self.stage.path('download'), f'--peer={middle.address}:{middle.port}')
        self.wait_for_the_other(130)
        leecher.end_well(40)
        self.assert_same_files(self.plain, self.stage.path('download'))

    def slow_down(self, middle):
        """It downloads, but not to the end so soon."""
        rate, folder = SLOW // 5, self.stage.path('middle')
        if middle.name == 'libtorrent':
            middle.download(self.tracked, folder, download_limit=rate)
        else:
            middle._run([self.tracked.path], folder, **{'speed-limit-down-enabled': True, 'speed-limit-down': rate // 1000})


class Private(ExchangeCase):
    """Nobody is told of anybody."""

    def test_not_a_word(self):
        """A peer by hand that speaks the message is offered none of it, and hears nothing."""
        self.make(private=True)
        middle = Btfw(self.stage, 1)
        middle.download(self.plain, self.stage.path('middle'), f'--peer={self.seeder.host}:{self.seeder.port}',
                        f'--max-download={SLOW}')
        middle.wait_until_listening()
        said = self.listen_to(middle)
        for payload in said:
            self.assertEqual(payload[0], 0)  # handshakes, and nothing else
            self.assertNotIn(b'ut_pex', payload)

    def test_but_otherwise(self):
        """The same peer hears of the seeder when the torrent is not private."""
        self.make()
        middle = Btfw(self.stage, 1)
        middle.download(self.plain, self.stage.path('middle'), f'--peer={self.seeder.host}:{self.seeder.port}',
                        f'--max-download={SLOW}')
        middle.wait_until_listening()
        said = self.listen_to(middle)
        self.assertIn(b'ut_pex', said[0])
        self.assertTrue(any(payload[0] == 1 and b'added' in payload for payload in said[1:]))

    def listen_to(self, middle):
        """All that it says in the extension protocol within some seconds: its handshake, and what else comes."""
        middle.wait_for_status(lambda state: state['state'] != 'checking', 'the start')
        connection = peer.join(self.plain, middle.address, middle.port, self.stage.address(100),
                               bits=(wire.FAST_BIT, wire.EXTENSION_BIT))
        self.addCleanup(connection.close)
        connection.send(wire.message(wire.EXTENDED, b'\0' + bencode.encode({'m': {'ut_pex': 1}, 'p': 6881})))
        connection.socket.settimeout(1)
        said = []
        end = time.monotonic() + 6 * TIME_FACTOR
        while len(said) < 2 and time.monotonic() < end:
            try:
                kind, payload = connection.receive_message()
            except TimeoutError:
                continue
            if kind == wire.EXTENDED:
                said.append(payload)
        return said


if __name__ == '__main__':
    runner.main()
