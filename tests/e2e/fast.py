"""The fast extension (BEP 6) on the wire: what a choked peer gets, and suggestions, with other clients."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import re

from lib import peer, runner, wire
from lib.case import Case
from lib.clients import Btfw, OTHERS
from lib.waiting import wait_for

MIB = 1 << 20
PIECE = 32 * 1024
N_PIECES = 400
SET_SIZE = 10
LOG_WORD = re.compile(r'^peer (<==|==>) (\w+)(?: \[ (?:piece: )?(\d+))?', re.MULTILINE)


def read_log(client, direction):
    """(word, piece) of each message of libtorrent's log that went one way."""
    return [(word, piece and int(piece)) for way, word, piece in LOG_WORD.findall(client.process.output)
            if way == direction]


class Fast(Case):
    """One seed, one leecher, known to one another without a tracker."""

    seconds = 60

    def setUp(self):
        super().setUp()
        self.made = self.stage.make_torrent(self.stage.make_sample(size=N_PIECES * PIECE), piece_length=PIECE)

    def _download(self, leecher, seed, *words):
        leecher.download(self.made, self.stage.path(f'download{leecher.address}'), f'--peer={seed.address}:{seed.port}',
                         *words)


class AllowedFast(Fast):
    """Choked all the while, and still not without anything."""

    def _seed_without_room(self):
        """Its one place is taken by somebody who does nothing with it."""
        seed = Btfw(self.stage, 1)
        seed.seed(self.made, '--set=session.upload-slots=1')
        first = peer.join(self.made, seed.address, seed.port, self.stage.address(9))
        self.addCleanup(first.close)
        first.send(wire.message(wire.HAVE_NONE) + wire.message(wire.INTERESTED))
        first.receive_until(wire.UNCHOKE)
        return seed

    def test_from_libtorrent(self):
        """btfw asks for what it is allowed, gets it, and stays choked."""
        seed = OTHERS['libtorrent'](self.stage, 1)
        seed.seed_logged(self.made, '--set=unchoke_slots_limit=0', f'--set=allowed_fast_set_size={SET_SIZE}')
        leecher = Btfw(self.stage, 2)
        self._download(leecher, seed)
        leecher.wait_for_status(lambda state: state['done'] == SET_SIZE * PIECE, 'the allowed pieces')
        said = read_log(seed, '==>')
        allowed = [piece for word, piece in said if word == 'ALLOWED_FAST']
        self.assertEqual(len(set(allowed)), SET_SIZE)  # it takes the whole address, so they are not those of BEP 6
        self.assertEqual({piece for word, piece in said if word == 'PIECE'}, set(allowed))
        self.assertNotIn('UNCHOKE', [word for word, _ in said])

    def test_to_libtorrent(self):
        """The one place is taken; libtorrent gets its ten pieces nevertheless, once."""
        seed = self._seed_without_room()
        leecher = OTHERS['libtorrent'](self.stage, 2)
        leecher.download_logged(self.made, self.stage.path('download'), seed)
        wait_for(lambda: f'pieces {SET_SIZE}\n' in leecher.process.output, 8, 'the allowed pieces')
        heard = read_log(leecher, '<==')
        allowed = [piece for word, piece in heard if word == 'ALLOWED_FAST']
        self.assertEqual(allowed, wire.allowed_fast(leecher.address, self.made.info_hash, N_PIECES, SET_SIZE))
        self.assertEqual({piece for word, piece in heard if word == 'PIECE'}, set(allowed))
        self.assertNotIn('UNCHOKE', [word for word, _ in heard])


    def test_to_aria2(self):
        """The same: what is sent is what is allowed. (rtorrent and transmission do not ask for that.)"""
        tracker = self.stage.start_tracker()
        self.made = self.stage.make_torrent(self.made.root, piece_length=PIECE, trackers=[tracker.url])
        seed = self._seed_without_room()
        tracker.wait_for_seed(self.made, 30)
        OTHERS['aria2'](self.stage, 2).download(self.made, self.stage.path('download'))
        seed.wait_for_status(lambda state: state['uploaded'] == SET_SIZE * PIECE, 'the allowed pieces to be sent')


class Suggesting(peer.Seeder):
    """Would rather be asked for these; the last word counts most."""

    pieces = (170, 333, 42)

    def greet(self, connection):
        connection.send(wire.message(wire.HAVE_ALL))
        for piece in reversed(self.pieces):
            connection.send(wire.message(wire.SUGGEST, piece.to_bytes(4, 'big')))
        connection.send(wire.message(wire.UNCHOKE))


class Suggest(Fast):
    """What was just read is suggested to whoever comes next."""

    def test_to_libtorrent(self):
        """Where reading costs something: a storage that leases no files."""
        seed = Btfw(self.stage, 1)
        seed.seed(self.made, '--storage=fault+file')
        self._download(first := Btfw(self.stage, 3), seed)
        first.wait_until_complete()
        leecher = OTHERS['libtorrent'](self.stage, 2)
        leecher.download_logged(self.made, self.stage.path('download'), seed)
        leecher.wait_until_complete()
        suggested = [piece for word, piece in read_log(leecher, '<==') if word == 'SUGGEST_PIECE']
        self.assertTrue(1 <= len(suggested) <= 8, suggested)
        self.assertTrue(all(0 <= piece < N_PIECES for piece in suggested))

    def test_to_btfw(self):
        """libtorrent keeps its suggestions to itself here, so a peer by hand makes some: they come first."""
        seeder = Suggesting(self.made, self.stage.address(1))
        self.addCleanup(seeder.stop)
        leecher = Btfw(self.stage, 2)
        leecher.download(self.made, self.stage.path('download'), f'--peer={seeder.host}:{seeder.port}')
        leecher.wait_until_complete()
        self.assert_same_files(self.made, self.stage.path('download'))
        asked = list(dict.fromkeys(piece for piece, _, _ in seeder.requests))
        self.assertEqual(asked[:3], list(Suggesting.pieces))


if __name__ == '__main__':
    runner.main()
