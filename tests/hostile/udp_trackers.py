"""UDP trackers that lie, and strangers that answer in their place (E09, E01, E02, E14)."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import random
import socket
import struct

from hostile import HostileCase
from lib import runner
from lib.udp_tracker import ANNOUNCE, CONNECT, ERROR, SCRAPE, UdpTracker
from lib.waiting import hold, wait_for


class UdpTrackers(HostileCase):
    """The tracker misbehaves; a peer that was named by hand delivers."""

    def start_tracker(self, **arguments):
        """A download with that tracker alone."""
        tracker = UdpTracker(self.stage.address(250), **arguments)
        self.addCleanup(tracker.stop)
        self.made = self.stage.make_torrent(self.made.root, 'tracked.torrent', piece_length=131072,
                                            trackers=[tracker.url])
        return tracker

    def assert_unmoved(self, tracker, packets=1):
        """It was asked no more than that, believes nothing, and an honest peer delivers."""
        hold(lambda: self.btfw.process.is_running and len(tracker.packets) <= packets, 1.5, 'peace')
        self.assertEqual(self.btfw.last('peers'), 0)
        self.assert_is_well()
        self.start_seeder(2).call(self.btfw.address, self.btfw.port)
        self.assert_downloads()

    def start(self, *words):
        """btfw, and what it takes."""
        self.start_leeching('--verbose', *words)
        self.memory = self.btfw.process.memory()['VmRSS']

    def name_a_trap(self):
        """A peer that must not be met: what tells of it is a lie."""
        trap = socket.create_server((self.stage.address(66), 6881))
        trap.setblocking(False)
        self.addCleanup(trap.close)
        return trap, socket.inet_aton(self.stage.address(66)) + struct.pack('!H', 6881)

    def assert_untouched(self, trap):
        """Nobody came."""
        self.assertRaises(BlockingIOError, trap.accept)

    @runner.rows(('transaction', lambda tracker, packet: [struct.pack('!IIQ', CONNECT, packet.transaction ^ 1, 5)]),
                 ('action', lambda tracker, packet: [struct.pack('!IIQ', action, packet.transaction, 5)
                                                     for action in (1, 2, 4, 5, 1 << 31)]),
                 ('short', lambda tracker, packet: [struct.pack('!IIQ', CONNECT, packet.transaction, 5)[:size]
                                                    for size in range(16)]),
                 ('noise', lambda tracker, packet: [random.Random(size).randbytes(size) for size in range(0, 3000, 17)]),
                 ('large', lambda tracker, packet: [struct.pack('!IIQ', CONNECT, packet.transaction, 5)
                                                    + bytes(size) for size in (4081, 20000, 65000)]))
    def test_connect_with_a_wrong(self, replies):
        """E09: it is passed over, and nothing is asked with it."""
        tracker = self.start_tracker()
        tracker.answer = lambda packet: replies(tracker, packet)
        self.start()
        wait_for(lambda: tracker.packets, 5, 'a question')
        self.assert_unmoved(tracker)

    @runner.rows(('transaction', lambda head, peers: [struct.pack('!II', ANNOUNCE, head ^ 1) + peers]),
                 ('action', lambda head, peers: [struct.pack('!II', action, head) + peers
                                                 for action in (CONNECT, SCRAPE, 4)]),
                 ('size', lambda head, peers: [(struct.pack('!II', ANNOUNCE, head) + peers)[:size] for size in range(20)]),
                 ('large', lambda head, peers: [struct.pack('!II', ANNOUNCE, head) + peers + bytes(60000)]))
    def test_announce_with_a_wrong(self, replies):
        """E09: no peer of it is met, and the tracker is asked again as if nothing had come."""
        tracker = self.start_tracker()
        trap, peer = self.name_a_trap()
        body = struct.pack('!III', 1800, 0, 1) + peer

        def answer(packet):
            if packet.action == CONNECT:
                return [tracker.connect(packet)]
            return replies(packet.transaction, body)
        tracker.answer = answer
        self.start()
        tracker.wait_for_announce()
        self.assert_unmoved(tracker, 2)
        self.assert_untouched(trap)

    def test_another_source_is_not_heard(self):
        """E09: right in all but where it comes from: another address, and another port."""
        tracker = self.start_tracker()
        trap, peer = self.name_a_trap()
        others = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2)]
        others[0].bind((self.stage.address(251), tracker.port))
        others[1].bind((self.stage.address(250), 0))
        for other in others:
            self.addCleanup(other.close)

        def answer(packet):
            if packet.action == CONNECT:
                return [tracker.connect(packet)]
            for other in others:
                other.sendto(struct.pack('!IIIII', ANNOUNCE, packet.transaction, 1800, 0, 1) + peer, packet.source)
                other.sendto(struct.pack('!II', ERROR, packet.transaction) + b'go away', packet.source)
            return []
        tracker.answer = answer
        self.start()
        tracker.wait_for_announce()
        self.assert_unmoved(tracker, 2)
        self.assert_untouched(trap)
        self.assertNotIn('go away', self.btfw.notices)

    def test_ids_are_not_guessed(self):
        """E09: a stranger that floods the port with answers to questions that were never asked."""
        tracker = self.start_tracker()
        tracker.answer = lambda packet: []
        self.start()
        wait_for(lambda: tracker.packets, 5, 'a question')
        target = tracker.packets[0].source
        for _ in range(20000):
            tracker.socket.sendto(struct.pack('!I', random.randrange(4)) + os.urandom(random.randrange(60)), target)
        self.assert_unmoved(tracker)

    def test_stale_connection(self):
        """E09: a kept id that the tracker forgot: a new one is asked for, and both torrents are known there."""
        tracker = self.start_tracker()
        other = self.stage.make_torrent(self.stage.make_sample(size=100_000, seed=3, name='other'), 'other.torrent',
                                        trackers=[tracker.url])
        second = []

        def answer(packet):
            if packet.action == ANNOUNCE and packet.info_hash == other.info_hash and not second:
                second.append(packet)
                tracker.connections.clear()
            return tracker.usual_answer(packet)
        tracker.answer = answer
        self.btfw.run_session('--seed', f'--dir={self.made.root.parent}', self.made.path, other.path)
        wait_for(lambda: {packet.info_hash for packet in tracker.announces
                          if tracker.connections.get(packet.connection)} >= {other.info_hash}, 10, 'a second try')
        self.assertTrue(self.btfw.process.is_running)

    def test_refusal_is_clean(self):
        """E01: its words are short and harmless, and it is left alone for a while."""
        tracker = self.start_tracker()
        tracker.answer = lambda packet: [tracker.error(packet, b'\x1b[31m\r\n\xff' + b'x' * 4000)]
        self.start()
        self.btfw.wait_for_notice('xxx')
        self.assert_unmoved(tracker)
        self.assertNotIn('\x1b', self.btfw.notices)
        self.assertTrue(all(len(line) < 2000 for line in self.btfw.notices.splitlines()))

    @runner.rows(('zero', 0), ('negative', -1), ('one', 1), ('huge', (1 << 31) - 1))
    def test_interval(self, interval):
        """E02: brought into [60 s, 24 h], and its peers are used."""
        tracker = self.start_tracker()
        seeder = self.start_seeder(2)
        tracker.add_peer(self.made.info_hash, seeder.host, seeder.port)
        tracker.interval = interval & 0xffffffff
        self.start_leeching('--verbose')
        self.assert_downloads()
        self.assertEqual(tracker.events(), ['started', 'completed', 'stopped'])
        told = [event for event in self.btfw.events_called('tracker') if event['next'] is not None]
        self.assertTrue(told)
        for event in told:
            self.assertTrue(55 <= event['next'] <= 86400 or event['state'] != 'working', event)

    def test_useless_peers_are_left_out(self):
        """E02: port 0, this machine, a group, half an address; the good one is met."""
        tracker = self.start_tracker()
        seeder = self.start_seeder(2)
        bad = b''.join(socket.inet_aton(host) + struct.pack('!H', port)
                       for host, port in (('0.0.0.0', 1), ('224.0.0.1', 1), ('198.18.0.7', 0), ('255.255.255.255', 9)))
        good = socket.inet_aton(seeder.host) + struct.pack('!H', seeder.port)

        def answer(packet):
            if packet.action == ANNOUNCE:
                return [struct.pack('!IIIII', ANNOUNCE, packet.transaction, 1800, 0, 1) + bad + good + b'\1\2\3']
            return tracker.usual_answer(packet)
        tracker.answer = answer
        self.start_leeching()
        self.assert_downloads()


if __name__ == '__main__':
    runner.main()
