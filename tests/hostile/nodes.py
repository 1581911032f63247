"""Strangers who have much to say to a node of the DHT (F01, F02, F09)."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import select
import socket
import time

from hostile import HostileCase
from lib import bencode, krpc, peer, runner
from lib.waiting import TIME_FACTOR, wait_for

BURST, RATE = 16_000, 8_000  # bytes that a node answers with
SOURCE_BURST, SOURCE_RATE = 200, 20  # queries of one host
FLOOD_SECONDS = 2
RESPONSIVE = 0.2
ID = bytes(range(20))


class NodeCase(HostileCase):
    """btfw seeds, with a node of the DHT that knows nobody."""

    def setUp(self):
        super().setUp()
        self.start_seeding('--set=session.discovery=dht')
        wait_for(lambda: self.ask(99, 'ping'), 10, 'the node')

    def ask(self, number, name, **arguments):
        """The answer to somebody who asks."""
        return krpc.ask(self.btfw.address, self.btfw.port, name, source=self.stage.address(number), **arguments)

    def open(self, number, subnet=0):
        """A socket at an address."""
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.addCleanup(sock.close)
        sock.bind((self.stage.address(number, subnet=subnet), 0))
        sock.connect((self.btfw.address, self.btfw.port))
        return sock

    def assert_alive(self, number):
        """Somebody else is answered, and the torrent served."""
        wait_for(lambda: self.ask(number, 'ping'), 10, 'an answer to somebody else')
        self.assert_serves()


def drain(sock):
    """The packets that wait there."""
    packets = []
    while select.select([sock], [], [], 0)[0]:
        packets.append(sock.recv(4096))
    return packets


class Malformed(NodeCase):
    """F01: what is no message, or lacks something."""

    BAD = (
        b'', b'd', b'de', b'i5e', b'le', b'd1:y1:qe', b'd' + b'1:a' * 600, b'l' * 1400, b'd1:ad2:id20:',
        bencode.encode({'a': {'id': ID}, 'q': 'ping', 'y': 'q'}),
        bencode.encode({'a': {'id': ID}, 'q': 'ping', 't': b'', 'y': 'q'}),
        bencode.encode({'a': {'id': ID}, 'q': 'ping', 't': b't' * 10_240, 'y': 'q'}),
        bencode.encode({'a': {'id': ID}, 'q': 'ping', 't': 5, 'y': 'q'}),
        bencode.encode({'a': {'id': ID[:19]}, 'q': 'ping', 't': b'aa', 'y': 'q'}),
        bencode.encode({'a': {'id': ID + b'x'}, 'q': 'find_node', 't': b'aa', 'y': 'q'}),
        bencode.encode({'a': {'id': ID, 'target': ID[:19]}, 'q': 'find_node', 't': b'aa', 'y': 'q'}),
        bencode.encode({'a': {'id': ID}, 'q': 'get_peers', 't': b'aa', 'y': 'q'}),
        bencode.encode({'a': [], 'q': 'ping', 't': b'aa', 'y': 'q'}),
        bencode.encode({'a': {'id': ID}, 'q': 'x' * 1000, 't': b'aa', 'y': 'q'}),
        bencode.encode({'a': {'id': ID, 'info_hash': ID, 'port': 0, 'token': b't' * 1000}, 'q': 'announce_peer',
                        't': b'aa', 'y': 'q'}),
        bencode.encode({'a': {'id': ID, 'info_hash': ID, 'port': 70000, 'token': b''}, 'q': 'announce_peer',
                        't': b'aa', 'y': 'q'}),
        bencode.encode({'a': {'id': ID, 'salt': b's' * 1200, 'target': ID}, 'q': 'get', 't': b'aa', 'y': 'q'}),
        bencode.encode({'r': {'id': ID, 'nodes': b'n' * 27}, 't': b'aa', 'y': 'r'}),
        bencode.encode({'r': {'id': ID, 'nodes': ID + b'\1\2\3\4\0\0', 'values': [b'\0' * 6]}, 't': b'aaaa', 'y': 'r'}),
        bencode.encode({'e': [201, 'x' * 1000], 't': b'aaaa', 'y': 'e'}), bencode.encode({'t': b'aa', 'y': 'z'}),
    )

    def test_malformed(self):
        """Dropped, or an error of less than 200 bytes, and less than three times what came."""
        for number, packet in enumerate(self.BAD):
            sock = self.open(100 + number)
            sock.send(packet)
            # The answer to the second one shows that the first was looked at.
            sock.send(krpc.query('ping', id=ID))
            sock.settimeout(5 * TIME_FACTOR)
            packets = []
            while not packets or b'1:y1:r' not in packets[-1]:
                packets.append(sock.recv(4096))
            said = [answer for answer in packets[:-1] if b'1:q4:ping' not in answer]
            self.assertLessEqual(len(said), 1, packet[:60])
            for answer in said:
                self.assertLess(len(answer), 200)
                self.assertLessEqual(len(answer), 3 * len(packet))
                self.assertEqual(bencode.decode(answer)[b'y'], b'e', packet[:60])
        self.assert_alive(98)


class Floods(NodeCase):
    """F02: more than anybody asks in earnest."""

    def flood(self, sockets, rate, number):
        """For some seconds; how long connections take meanwhile. Returns packets sent, seconds, and the slowest."""
        packet = krpc.query('get_peers', id=os.urandom(20), info_hash=self.made.info_hash, want=['n4'])
        began, sent, slowest, next_look = time.monotonic(), 0, 0.0, 0.0
        while time.monotonic() - began < FLOOD_SECONDS:
            for _ in range(50):
                try:
                    sockets[sent % len(sockets)].send(packet)
                except OSError:
                    pass
                sent += 1
            if time.monotonic() - began >= next_look:
                next_look += 0.25
                slowest = max(slowest, self.measure(number))
            while sent / rate > time.monotonic() - began:
                pass
        return sent, time.monotonic() - began, slowest

    def measure(self, number):
        """Seconds for a connection and its handshake."""
        began = time.monotonic()
        peer.join(self.made, self.btfw.address, self.btfw.port, self.stage.address(number)).close()
        return time.monotonic() - began

    def test_of_one(self):
        """5,000 queries a second of one host: not heard any more; others are."""
        sock = self.open(100)
        sent, seconds, slowest = self.flood([sock], 5000, 200)
        answers = drain(sock)
        print(f'# {sent / seconds:.0f} queries/s, {len(answers)} answers, slowest handshake {slowest * 1000:.0f} ms',
              flush=True)
        self.assertGreater(sent / seconds, 2000 / TIME_FACTOR)
        self.assertLess(len(answers), SOURCE_BURST + SOURCE_RATE * (seconds + 1) + 10)
        self.assertLess(slowest, RESPONSIVE * TIME_FACTOR)
        self.assert_alive(98)
        self.assertIsNone(self.ask(100, 'ping'))

    def test_of_a_thousand(self):
        """As many as can be sent, of 1,000 hosts: what is answered stays within the budget."""
        sockets = [self.open(1 + number % 250, subnet=1 + number // 250) for number in range(1000)]
        sent, seconds, slowest = self.flood(sockets, 50_000, 200)
        time_of_answers = seconds + 1
        answers = [packet for sock in sockets for packet in drain(sock)]
        size = sum(map(len, answers))
        print(f'# {sent / seconds:.0f} queries/s, {len(answers)} answers of {size} bytes, '
              f'slowest handshake {slowest * 1000:.0f} ms', flush=True)
        self.assertTrue(answers)
        self.assertLess(size, BURST + RATE * time_of_answers)
        self.assertLess(slowest, RESPONSIVE * TIME_FACTOR)
        self.assert_alive(98)


class Tokens(NodeCase):
    """F09: an announce without a right to it."""

    def get_token(self, number, info_hash):
        """As whoever asks first is given one."""
        return self.ask(number, 'get_peers', info_hash=info_hash)[b'r'][b'token']

    def announce(self, number, info_hash, token, port=7000):
        """The kind of the answer."""
        return self.ask(number, 'announce_peer', info_hash=info_hash, port=port, token=token)[b'y']

    def peers(self, info_hash):
        """All that it knows of."""
        return self.ask(98, 'get_peers', info_hash=info_hash)[b'r'].get(b'values', [])

    def test_tokens(self):
        """Wrong, cut, of another address, of another torrent: an error, and nothing kept. The right one is taken."""
        wanted, other = os.urandom(20), os.urandom(20)
        token = self.get_token(100, wanted)
        wrong = bytes([token[0] ^ 1]) + token[1:]
        for number, info_hash, given in ((100, wanted, wrong), (100, wanted, token[:-1]), (100, wanted, b''),
                                         (101, wanted, token), (100, other, token), (100, wanted, token * 20)):
            self.assertEqual(self.announce(number, info_hash, given), b'e')
        self.assertEqual(self.announce(100, wanted, token, port=0), b'e')
        self.assertEqual(self.peers(wanted) + self.peers(other), [])
        self.assertEqual(self.announce(100, wanted, token), b'r')
        self.assertEqual(self.peers(wanted), [socket.inet_aton(self.stage.address(100)) + (7000).to_bytes(2, 'big')])

    def test_one_host_has_few_places(self):
        """Under a hundred ports it is told of as few."""
        wanted = os.urandom(20)
        token = self.get_token(100, wanted)
        for port in range(1000, 1030):
            self.announce(100, wanted, token, port)
        self.assertLessEqual(len(self.peers(wanted)), 4)


if __name__ == '__main__':
    runner.main()
