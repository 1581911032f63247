"""Connections that never become a peer, or become a bad one at once (C01, C02, C04, C05, C07, C29)."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import collections
import os
import resource
import socket
import struct
import time

from hostile import HostileCase
from lib import peer, runner, wire
from lib.waiting import TIME_FACTOR, wait_for

FAST = {'bits': (wire.FAST_BIT,)}
PLAIN = {'bits': ()}
SILENT = 10_000
SILENT_HELD = 2000
MORE_DESCRIPTORS = 400


class Handshakes(HostileCase):
    """Before the handshake is through, not a byte is given away."""

    @runner.rows(('wrong_length_byte', lambda made: b'\x12BitTorrent protocol' + bytes(48)),
                 ('unknown_torrent', lambda made: wire.handshake(bytes(20), b'-XX0000-000000000000')),
                 ('http', lambda made: b'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n' + bytes(68)),
                 ('tls', lambda made: b'\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03' + bytes(517)),
                 ('noise', lambda made: bytes(range(256)) * 4))
    def test_closed_without_a_word(self, make):
        """Whoever knocks in another protocol learns nothing."""
        self.start_seeding()
        connection = self.connect()
        connection.send(make(self.made))
        self.assertEqual(self.assert_closes(connection, 15), b'')
        self.assert_serves()

    def test_two_handshakes(self):
        """The second one is no message."""
        self.start_seeding()
        connection = self.join()
        connection.send(wire.handshake(self.made.info_hash, b'-XX0000-000000000000'))
        self.assert_closes(connection)
        self.assert_serves()

    def test_own_peer_id(self):
        """That is a connection to oneself."""
        self.start_seeding()
        first = self.join()
        self.assert_closes(self._open_with_id(first.remote_id))
        self.assert_serves()

    def _open_with_id(self, peer_id):
        connection = self.connect(101, peer_id=peer_id)
        connection.send_handshake()
        return connection

    def allow_many_files(self):
        """For this process, as there are so many connections."""
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))

    def test_silent_ones_do_not_keep_others_out(self):
        """C02: 10,000 connections that say nothing, as fast as they can be made; 2,000 are held."""
        self.allow_many_files()
        self.start_seeding()
        silent = collections.deque()
        self.addCleanup(lambda: [sock.close() for sock in silent])
        for number in range(SILENT):
            silent.append(self._knock(number))
            if len(silent) > SILENT_HELD:
                silent.popleft().close()
            if number % 1000 == 0:
                self.assertLess(self._count_descriptors(), MORE_DESCRIPTORS)
        self.assert_serves(5)
        self.assertLess(self._count_descriptors(), MORE_DESCRIPTORS)

    def _knock(self, number):
        sock = socket.socket()
        sock.setblocking(False)
        sock.bind((self.stage.address(100 + number % 100), 0))
        try:
            sock.connect((self.btfw.address, self.btfw.port))
        except BlockingIOError:
            pass
        return sock

    def _count_descriptors(self):
        return len(os.listdir(f'/proc/{self.btfw.process.pid}/fd'))

    def test_slow_ones_do_not_keep_others_out(self):
        """C01: a byte each 5 s, of 1,000 sockets; all are thrown out at the deadline."""
        self.allow_many_files()
        self.start_seeding()
        start = time.monotonic()
        slow = [self.connect(100 + number % 100) for number in range(1000)]
        for connection in slow:
            self._trickle(connection, wire.PROTOCOL[:1])
        self.assert_serves(5)
        for connection in slow:
            self._trickle(connection, wire.PROTOCOL[1:2])
        for connection in slow:
            self.assertEqual(self.assert_closes(connection, 17), b'')
        self.assertLess(time.monotonic() - start, 25 * TIME_FACTOR)
        self.assert_is_well()

    def _trickle(self, connection, data):
        try:
            connection.send(data)
        except peer.Closed:
            pass  # it may be refused at once


class Lengths(HostileCase):
    """C05: no memory is set aside for what a peer claims."""

    @runner.rows(('largest', 0xffffffff), ('half_of_it', 1 << 31), ('above_the_limit', (1 << 20) + 1))
    def test_length(self, length):
        """Closed as soon as the length is there."""
        self.start_seeding()
        connection = self.join()
        connection.send(struct.pack('>IB', length, wire.PIECE))
        self.assert_closes(connection)
        self.assert_serves()


class Pieces(HostileCase):
    """C07: what a peer says that it has."""

    @runner.rows(
        ('short_bitfield', PLAIN, lambda made: [wire.message(wire.BITFIELD, bytes(made.n_pieces // 8 - 1))]),
        ('long_bitfield', PLAIN, lambda made: [wire.message(wire.BITFIELD, bytes(made.n_pieces // 8 + 2))]),
        ('bitfield_twice', PLAIN, lambda made: [wire.bitfield(made.n_pieces, lambda piece: piece == 0)] * 2),
        ('bitfield_that_takes_back', FAST, lambda made: [wire.bitfield(made.n_pieces, lambda piece: piece < 9),
                                                         wire.bitfield(made.n_pieces, lambda piece: piece > 9)]),
        ('late_bitfield', PLAIN, lambda made: [wire.have(0), wire.bitfield(made.n_pieces)]),
        ('have_out_of_range', PLAIN, lambda made: [wire.have(made.n_pieces)]),
        ('have_far_out_of_range', PLAIN, lambda made: [wire.have(0xffffffff)]),
        ('have_all_and_bitfield', FAST, lambda made: [wire.message(wire.HAVE_ALL), wire.bitfield(made.n_pieces)]),
        ('have_all_without_leave', PLAIN, lambda made: [wire.message(wire.HAVE_ALL)]),
        ('short_have', PLAIN, lambda made: [wire.message(wire.HAVE, b'\0\0')]))
    def test_closes_on(self, arguments, make):
        """An error of the protocol closes that peer, and no other."""
        self.start_leeching()
        connection = self.join(**arguments)
        for data in make(self.made):
            connection.send(data)
        self.assert_closes(connection)
        self.assertTrue(self.btfw.process.is_running)

    def test_spare_bits(self):
        """Bits behind the last piece."""
        odd = self.stage.make_torrent(self.stage.make_sample(size=SPARE_SIZE, name='odd'), 'odd.torrent',
                                      piece_length=65536)
        self.made = odd
        self.start_leeching()
        connection = self.join(**PLAIN)
        connection.send(wire.message(wire.BITFIELD, b'\xff' * ((odd.n_pieces + 7) // 8)))
        self.assert_closes(connection)


SPARE_SIZE = 65536 * 11


class Crowds(HostileCase):
    """C29: many connections that are one peer."""

    def test_one_address_gets_few_places(self):
        """200 connections from one address; an honest peer still gets in."""
        self.start_seeding()
        crowd = []
        for _ in range(200):
            connection = self.connect()
            try:
                connection.send_handshake()
            except peer.Closed:
                continue
            crowd.append(connection)
        self.assert_serves()
        open_ones = wait_for(lambda: self._count_open(crowd), 10, 'some to be open')
        self.assertLessEqual(open_ones, 4)

    def _count_open(self, crowd):
        count = 0
        for connection in crowd:
            connection.socket.setblocking(False)
            try:
                while (data := connection.socket.recv(65536)):
                    pass
                count += data is None
            except BlockingIOError:
                count += 1
            except OSError:
                pass
        return count

    def test_one_peer_id_gets_one_place(self):
        """From five addresses."""
        self.start_seeding()
        crowd = []
        for number in range(5):
            connection = self.connect(100 + number, peer_id=b'-XX0000-the same one')
            connection.send_handshake()
            crowd.append(connection)
        wait_for(lambda: self._count_open(crowd) == 1, 10, 'one of them to be left')
        self.assert_serves()

    def test_it_does_not_download_from_itself(self):
        """The tracker names its own address."""
        tracker = self.stage.start_tracker()
        self.made = self.stage.make_torrent(self.made.root, 'tracked.torrent', piece_length=65536,
                                            trackers=[tracker.url])
        tracker.add_peer(self.made.info_hash, self.btfw.address, 6881)
        seeder = self.start_seeder(2)
        tracker.add_peer(self.made.info_hash, seeder.host, seeder.port)
        self.start_leeching()
        self.assert_downloads()


if __name__ == '__main__':
    runner.main()
