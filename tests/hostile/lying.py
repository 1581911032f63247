"""Peers that send what was not asked for, what is wrong, or nothing (C12, C13, C16)."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import random

from hostile import PIECE, HostileCase
from lib import peer, runner, wire

WASTE = 0.05
# What is in flight when the first piece fails is wasted whatever the size.
POISONED_SIZE = 128 << 20


class Unasked(peer.Seeder):
    """Answers each request, and adds blocks that nobody wants."""

    def on_request(self, connection, piece, begin, length):
        other = random.randrange(self.torrent.n_pieces)
        connection.send(wire.piece_message(other, 0, bytes(length)))
        super().on_request(connection, piece, begin, length)


class Doubler(peer.Seeder):
    """Sends each block twice."""

    def on_request(self, connection, piece, begin, length):
        super().on_request(connection, piece, begin, length)
        super().on_request(connection, piece, begin, length)


class Misplacer(peer.Seeder):
    """Sends the right bytes for another place."""

    def on_request(self, connection, piece, begin, length):
        connection.send(wire.piece_message(piece, begin + 1, self.block(piece, begin, length)))


class Shortener(peer.Seeder):
    """Sends less than was asked for."""

    def on_request(self, connection, piece, begin, length):
        connection.send(wire.piece_message(piece, begin, self.block(piece, begin, length - 1)))


class Lengthener(peer.Seeder):
    """Sends more than was asked for."""

    def on_request(self, connection, piece, begin, length):
        connection.send(wire.piece_message(piece, begin, self.block(piece, begin, length) + b'!'))


class OutOfRange(peer.Seeder):
    """Sends pieces that do not exist."""

    def on_request(self, connection, piece, begin, length):
        connection.send(wire.piece_message(0xffffffff, 0xffffffff, bytes(length)))


class Poisoner(peer.Seeder):
    """Every block has wrong bytes."""

    def block(self, piece, begin, length):
        return bytes(length)


class Silent(peer.Seeder):
    """Claims everything, unchokes, and never delivers."""

    def on_request(self, connection, piece, begin, length):
        pass


class Refuser(peer.Seeder):
    """Rejects whatever is asked for."""

    def on_request(self, connection, piece, begin, length):
        connection.send(wire.request(piece, begin, length, wire.REJECT))


class Flapper(peer.Seeder):
    """Chokes and unchokes at each request."""

    def on_request(self, connection, piece, begin, length):
        connection.send(wire.message(wire.CHOKE) + wire.request(piece, begin, length, wire.REJECT) +
                        wire.message(wire.UNCHOKE))


def peer_words(seeders):
    """--peer for each of them."""
    return [f'--peer={seeder.host}:{seeder.port}' for seeder in seeders]


class Blocks(HostileCase):
    """C12: an honest seeder is there too, and the download has the right bytes."""

    @runner.rows(('unasked', Unasked), ('twice', Doubler), ('misplaced', Misplacer), ('short', Shortener),
                 ('long', Lengthener), ('out_of_range', OutOfRange), ('rejected', Refuser), ('flapping', Flapper))
    def test_blocks(self, kind):
        """What is wrong is dropped."""
        liar, honest = self.start_seeder(100, kind), self.start_seeder(2)
        self.start_leeching(*peer_words([liar, honest]))
        self.assert_downloads()


class Poison(HostileCase):
    """C13: wrong bytes cost little, and never become part of a file."""

    def test_the_poisoner_is_banned(self):
        """A piece that it sent alone convicts it, and the honest one is not taken along."""
        self.made = self.stage.make_torrent(self.stage.make_sample(size=POISONED_SIZE, name='large'), 'large.torrent',
                                            piece_length=PIECE)
        liar, honest = self.start_seeder(100, Poisoner), self.start_seeder(2)
        self.start_leeching(*peer_words([liar, honest]))
        self.assert_downloads()
        self.assertLessEqual(self.btfw.last('wasted') or 0, POISONED_SIZE * WASTE)
        self.assertLessEqual(liar.accepted, 2)

    def test_only_poison(self):
        """Nobody honest: nothing is ever called ours."""
        liar = self.start_seeder(100, Poisoner)
        self.start_leeching(*peer_words([liar]))
        self.btfw.wait_for_status(lambda state: state['wasted'] >= PIECE, 'a piece that fails')
        self.assertEqual(self.btfw.last('done'), 0)
        self.assertTrue(self.btfw.process.is_running)


class Liars(HostileCase):
    """C16: who promises everything does not hold up who has it."""

    seconds = 120

    def test_fifty_liars(self):
        """One honest seeder among them."""
        liars = [self.start_seeder(100 + number, Silent) for number in range(50)]
        honest = self.start_seeder(2)
        self.start_leeching(*peer_words(liars + [honest]))
        self.assert_downloads(90)


if __name__ == '__main__':
    runner.main()
