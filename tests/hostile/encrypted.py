"""Encrypted handshakes of strangers who keep to the arithmetic and to nothing else (C25)."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import random
import socket
import time

from hostile import HostileCase
from lib import mse, peer, runner, wire
from lib.clients import Btfw
from lib.waiting import TIME_FACTOR, wait_for

TRIES = 400
RATE = 200  # a second
DEADLINE = 10  # of a whole handshake


class Calling(HostileCase):
    """They come to a seeder."""

    def begin(self, number=100):
        """Both keys are exchanged; the seeder's padding may still come."""
        connection = self.connect(number)
        party = mse.Party(self.made.info_hash)
        connection.send(party.key)
        connection.socket.settimeout(5 * TIME_FACTOR)
        party.meet(connection.receive(mse.KEY_SIZE))
        return connection, party

    def assert_shut(self, connection, data, seconds=5):
        """It is closed, at once or while we still talk; nothing but noise was said before."""
        try:
            connection.send(data)
        except peer.Closed:
            return
        said = self.assert_closes(connection, seconds)
        self.assertLessEqual(len(said), mse.KEY_SIZE + 512)
        self.assertNotIn(wire.PROTOCOL, said)

    def test_an_honest_one_is_served(self):
        """So that what follows is refused for what it is: handshake and answer within the cipher."""
        self.start_seeding()
        connection, party = self.begin()
        ours = wire.handshake(self.made.info_hash, b'-XX0000-000000000000')
        connection.send(os.urandom(512) + party.offer(mse.RC4, pad=bytes(512), payload=ours))
        mark = mse.Cipher(party._hash(b'keyB', self.made.info_hash)).apply(mse.CHECK)
        said = b''
        while mark not in said:
            said += connection.receive(1)
        said = party.into.apply(mark + connection.receive(6 + wire.HANDSHAKE_SIZE))
        self.assertEqual(said[8:14], b'\0\0\0\2\0\0')
        self.assertEqual(said[14:34], wire.PROTOCOL)
        self.assertEqual(said[42:62], self.made.info_hash)

    @runner.rows(('zero', 0), ('one', 1), ('p_minus_1', mse.PRIME - 1), ('p', mse.PRIME), ('all_ones', (1 << 768) - 1))
    def test_key_that_is(self, number):
        """A secret that everybody would know."""
        self.start_seeding()
        self.assert_shut(self.connect(), mse.to_key(number))
        self.assert_serves()

    @runner.rows(('pad_65535', lambda party: os.urandom(65535)),
                 ('a_late_mark', lambda party: bytes(513) + party.offer()),
                 ('another_torrent', lambda party: party.mark + bytes(20) + bytes(100)),
                 ('no_check', lambda party: party.mark + party.torrent + bytes(100)),
                 ('no_method', lambda party: party.offer(0)),
                 ('unknown_method', lambda party: party.offer(0xfffffffc)),
                 ('pad_513', lambda party: party.offer(pad=bytes(513))),
                 ('pad_said_65535', lambda party: party.offer(pad_size=65535) + bytes(65535)),
                 ('payload_65535', lambda party: party.offer(payload=os.urandom(65535))),
                 ('payload_that_is_none', lambda party: party.offer(payload=os.urandom(68))))
    def test_shut(self, say):
        """Closed at the limits of the protocol, and an honest peer is served."""
        self.start_seeding()
        connection, party = self.begin()
        self.assert_shut(connection, say(party))
        self.assert_serves()

    def test_silent(self):
        """Whoever falls silent in the middle is thrown out at the deadline of every handshake."""
        self.start_seeding()
        silent = []
        for number, say in enumerate((lambda party: os.urandom(400), lambda party: party.offer(pad_size=500),
                                      lambda party: party.offer(payload_size=68))):
            connection, party = self.begin(100 + number)
            connection.send(say(party))
            silent.append(connection)
        for connection in silent:
            self.assert_closes(connection, DEADLINE + 3)
        self.assert_serves()

    def test_many(self):
        """200 a second, each with a key of its own: they cost less than one processor."""
        self.start_seeding()
        # Our own arithmetic is done before.
        keys = [mse.to_key(pow(2, random.getrandbits(160), mse.PRIME)) for _ in range(TRIES)]
        began, used = time.monotonic(), self.btfw.process.cpu_seconds()
        connections = []
        for number, key in enumerate(keys):
            wait_for(lambda: time.monotonic() - began >= number / RATE, 60, 'the next try')
            sock = socket.create_connection((self.btfw.address, self.btfw.port), timeout=10,
                                            source_address=(self.stage.address(1, subnet=1 + number % 250), 0))
            sock.sendall(key)
            connections.append(sock)
        answered = sum(self.has_answered(sock) for sock in connections)
        elapsed, used = time.monotonic() - began, self.btfw.process.cpu_seconds() - used
        print(f'# {answered} of {TRIES} key exchanges in {elapsed:.2f} s took {used:.2f} s of processor time', flush=True)
        self.assertGreater(answered, 0)
        self.assertLess(used, elapsed)
        self.assert_serves()

    @staticmethod
    def has_answered(sock):
        """With a key, or with the end."""
        sock.settimeout(5 * TIME_FACTOR)
        try:
            return bool(sock.recv(1))
        except OSError:
            return False
        finally:
            sock.close()


class Answering(HostileCase):
    """They are called by a leecher that asks for encryption; an honest peer is there, too."""

    seconds = 90

    @runner.rows(('both_methods', lambda party: party.choose(3)), ('no_method', lambda party: party.choose(0)),
                 ('another_method', lambda party: party.choose(4)),
                 ('plain_though_not_offered', lambda party: party.choose(mse.PLAIN)),
                 ('pad_65535', lambda party: party.choose(mse.RC4, pad_size=65535) + bytes(65535)),
                 ('noise', lambda party: os.urandom(2000)), ('nothing', lambda party: b''))
    def test_answer(self, say):
        """Refused; the download completes from the other one."""
        closed = []

        class Liar(peer.Seeder):
            """Answers the key, and then as the row has it."""

            def _answer(self, connection):
                party = mse.Party(self.torrent.info_hash, begins=False)
                key = connection.receive(mse.KEY_SIZE)
                party.meet(key)
                connection.send(party.key + say(party))
                connection.read_to_end(DEADLINE * 2)
                closed.append(connection)
                raise peer.Closed

        liar = Liar(self.made, self.stage.address(100))
        self.addCleanup(liar.stop)
        self.start_leeching('--encryption=require', f'--peer={liar.host}:{liar.port}')
        wait_for(lambda: closed, DEADLINE + 5, 'the liar to be left')
        honest = Btfw(self.stage, 2)
        honest.seed(self.made, '--encryption=require', f'--peer={self.btfw.address}:{self.btfw.port}')
        self.assert_downloads(30)


if __name__ == '__main__':
    runner.main()
