"""Peers that ask for what they must not have, or for too much (C09, C10)."""
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
        connection.send(wire.message(wire.HAVE_NONE) + wire.request(0, 0, 16384))
        self.assert_no_piece(connection, (0, 0, 16384))
        self.assert_serves()

    def test_for_a_piece_that_is_not_there(self):
        """btfw has nothing yet."""
        self.start_leeching()
        connection = self.join()
        connection.send(wire.message(wire.HAVE_ALL) + wire.message(wire.INTERESTED) + wire.request(3, 0, 16384))
        self.assert_no_piece(connection, (3, 0, 16384))
        self.assertTrue(self.btfw.process.is_running)


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
