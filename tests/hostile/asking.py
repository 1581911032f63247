"""Peers that ask for what they must not have, or for too much (C09, C10, C23, C24)."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import threading

from hostile import MEMORY_FACTOR, MIB, PIECE, SIZE, HostileCase
from lib import peer, runner, wire

N_PIECES = SIZE // PIECE
MORE_FOR_A_FLOOD = 16 * MIB
FLOOD = 100_000


class Requests(HostileCase):
    """C09: rejected or closed, and never a byte."""

    @runner.rows(('of_nothing', 0, 0, 0), ('too_long', 0, 0, 128 * 1024 + 1), ('past_the_end', 0, PIECE - 1, 16384),
                 ('far_past_the_end', 0, 0xfffff000, 16384), ('no_such_piece', N_PIECES, 0, 16384),
                 ('the_largest_piece', 0xffffffff, 0xffffffff, 0xffffffff))
    def test_request(self, piece, begin, length):
        """Although it is unchoked."""
        self.start_seeding()
        connection = self.join()
        connection.send(wire.message(wire.HAVE_NONE) + wire.message(wire.INTERESTED))
        connection.receive_until(wire.UNCHOKE, 15)
        connection.send(wire.request(piece, begin, length))
        self.assert_no_piece(connection, wire.parse_request(wire.request(piece, begin, length)[5:]))
        self.assert_serves()

    def assert_no_piece(self, connection, wanted):
        """Until a reject or the end."""
        connection.socket.settimeout(10)
        try:
            while True:
                kind, payload = connection.receive_message()
                self.assertNotEqual(kind, wire.PIECE)
                if kind == wire.REJECT:
                    self.assertEqual(wire.parse_request(payload), wanted)
                    return
        except peer.Closed:
            return

    def test_before_unchoke(self):
        """The fast extension rejects what is asked for too early."""
        self.start_seeding()
        connection = self.join()
        allowed = wire.allowed_fast(self.stage.address(100), self.made.info_hash, N_PIECES, 10)
        piece = next(piece for piece in range(N_PIECES) if piece not in allowed)
        connection.send(wire.message(wire.HAVE_NONE) + wire.request(piece, 0, 16384))
        self.assert_no_piece(connection, (piece, 0, 16384))
        self.assert_serves()

    def test_for_a_piece_that_is_not_there(self):
        """btfw has nothing yet."""
        self.start_leeching()
        connection = self.join()
        connection.send(wire.message(wire.HAVE_ALL) + wire.message(wire.INTERESTED) + wire.request(3, 0, 16384))
        self.assert_no_piece(connection, (3, 0, 16384))
        self.assertTrue(self.btfw.process.is_running)


class Choked(HostileCase):
    """C23: what is allowed fast comes once for each host, and nothing else does."""

    def test_over_and_over(self):
        """A piece comes once, then it is rejected, in the end the peer is closed; to come back brings nothing."""
        self.start_seeding()
        connection = self.join()
        allowed = self._begin(connection)
        self.assertEqual(allowed, wire.allowed_fast(self.stage.address(100), self.made.info_hash, N_PIECES, len(allowed)))
        got, rejected = self._ask(connection, allowed[0], 1000)
        self.assertEqual(got, [(allowed[0], begin) for begin in range(0, PIECE, 16384)])
        self.assertTrue(100 < rejected < 1000, rejected)
        back = self.join()
        self.assertEqual(self._begin(back), allowed[1:])
        self.assertEqual(self._ask(back, allowed[0], 2), ([], 2 * PIECE // 16384))
        self.assert_serves()

    def test_for_another_address(self):
        """The set of a network is of use to nobody else."""
        self.start_seeding()
        connection = self.join()
        allowed = self._begin(connection)
        foreign = next(piece for piece in wire.allowed_fast('198.19.0.1', self.made.info_hash, N_PIECES, 10)
                       if piece not in allowed)
        self.assertEqual(self._ask(connection, foreign, 1), ([], PIECE // 16384))
        self.assert_serves()

    def _begin(self, connection):
        """Has nothing. Returns what it is allowed, up to the answer to what it is not."""
        ours = wire.allowed_fast(self.stage.address(100), self.made.info_hash, N_PIECES, 10)
        other = next(piece for piece in range(N_PIECES) if piece not in ours)
        connection.socket.settimeout(10)
        connection.send(wire.message(wire.HAVE_NONE) + wire.request(other, 0, 16384))
        allowed = []
        while True:
            kind, payload = connection.receive_message()
            if kind == wire.ALLOWED_FAST:
                allowed.append(int.from_bytes(payload, 'big'))
            if kind == wire.REJECT:
                return allowed

    def _ask(self, connection, piece, rounds):
        """For all of a piece, again and again. Returns the blocks that came, and how often it was rejected."""
        got, rejected = [], 0
        blocks = range(0, PIECE, 16384)
        try:
            for _ in range(rounds):
                connection.send(b''.join(wire.request(piece, begin, 16384) for begin in blocks))
                for _ in blocks:
                    kind, payload = connection.receive_message()
                    self.assertIn(kind, (wire.PIECE, wire.REJECT))
                    rejected += kind == wire.REJECT
                    if kind == wire.PIECE:
                        got.append((int.from_bytes(payload[:4], 'big'), int.from_bytes(payload[4:8], 'big')))
        except peer.Closed:
            pass
        return got, rejected


class NotAgreed(HostileCase):
    """C24: words of the fast extension to which nobody agreed, and rejects of what was never asked."""

    @runner.rows(('suggest', wire.message(wire.SUGGEST, bytes(4))), ('have_all', wire.message(wire.HAVE_ALL)),
                 ('have_none', wire.message(wire.HAVE_NONE)), ('reject', wire.request(0, 0, 16384, wire.REJECT)),
                 ('allowed_fast', wire.message(wire.ALLOWED_FAST, bytes(4))))
    def test_closed(self, word):
        """At once, and nobody else minds."""
        self.start_seeding()
        connection = self.join(bits=())
        connection.send(word)
        self.assert_closes(connection)
        self.assert_is_well()

    def test_rejects_of_nothing(self):
        """Ten thousand of them change nothing: the same peer serves everything afterwards."""
        seeder = self.start_seeder(100, Rejecting)
        self.start_leeching(f'--peer={seeder.host}:{seeder.port}')
        self.assert_downloads()


class Rejecting(peer.Seeder):
    """Rejects what it was not asked for before it serves."""

    def greet(self, connection):
        connection.send(wire.message(wire.HAVE_ALL))
        connection.send(b''.join(wire.request(number % N_PIECES, 0, 16384, wire.REJECT) for number in range(10_000)))
        connection.send(wire.message(wire.UNCHOKE))


class Floods(HostileCase):
    """C10: queues are bounded."""

    def test_many_requests_for_one_block(self):
        """100,000 of them, of which nothing is read; memory stays, others are served."""
        self.start_seeding()
        connection = self.join()
        connection.send(wire.message(wire.HAVE_NONE) + wire.message(wire.INTERESTED))
        connection.receive_until(wire.UNCHOKE, 15)
        flood = threading.Thread(target=self._flood, args=(connection,), daemon=True)
        flood.start()
        self.assert_serves()
        self.assertLess(self.btfw.process.memory()['VmRSS'], self.memory + MORE_FOR_A_FLOOD * MEMORY_FACTOR)
        connection.close()
        flood.join(10)

    def _flood(self, connection):
        data = wire.request(0, 0, 16384) * 1000
        connection.socket.settimeout(20)
        try:
            for _ in range(FLOOD // 1000):
                connection.send(data)
        except (peer.Closed, OSError):
            pass


if __name__ == '__main__':
    runner.main()
