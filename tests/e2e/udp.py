"""UDP trackers: ours, and opentracker; over IPv4 and IPv6."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import shutil
import socket
import time
import unittest

from lib import runner
from lib.case import Case
from lib.clients import OTHERS, Btfw
from lib.udp_tracker import CONNECT, UdpTracker
from lib.waiting import wait_for


class UdpCase(Case):
    """A tracker, and torrents that name it."""

    seconds = 60

    def start_tracker(self, host=None, **arguments):
        """One that ends with the test."""
        tracker = UdpTracker(host or self.stage.address(250), **arguments)
        self.addCleanup(tracker.stop)
        return tracker

    def make(self, *trackers, kind='tree', **arguments):
        """Something to share through them."""
        return self.stage.make_torrent(self.stage.make_sample(kind), trackers=list(trackers), **arguments)


class Ours(UdpCase):
    """What the tracker is told, packet by packet."""

    def test_among_itself(self):
        """Seeder and leecher find one another, and each event is told once."""
        tracker = self.start_tracker()
        made = self.make(tracker.url)
        Btfw(self.stage, 1).seed(made)
        tracker.wait_for_announce(left=0)
        btfw = Btfw(self.stage, 2)
        btfw.download(made, self.stage.path('download'))
        btfw.end_well(20)
        self.assert_same_files(made, self.stage.path('download'))
        own = [packet for packet in tracker.announces if packet.source[0] == self.stage.address(2)]
        self.assertEqual([packet.event for packet in own], ['started', 'completed', 'stopped'])
        self.assertEqual([packet.left for packet in own], [made.size, 0, 0])
        self.assertEqual({packet.url_data for packet in own}, {''})

    def test_port_is_that_of_tcp_and_one_connection_serves_all(self):
        """Ten torrents ask from the one port, which peers reach us at, with one connection id."""
        tracker = self.start_tracker()
        torrents = [self.stage.make_torrent(self.stage.make_sample(size=40_000, seed=i, name=f'sample{i}'),
                                            f'{i}.torrent', trackers=[tracker.url]) for i in range(10)]
        btfw = Btfw(self.stage, 1)
        btfw.run_session('--seed', f'--dir={torrents[0].root.parent}', *[made.path for made in torrents])
        btfw.wait_until_listening()
        wait_for(lambda: len(tracker.announces) == 10, 20, 'ten announces')
        self.assertEqual({packet.source for packet in tracker.packets}, {(self.stage.address(1), btfw.port)})
        self.assertEqual({packet.port for packet in tracker.announces}, {btfw.port})
        self.assertEqual(len([packet for packet in tracker.packets if packet.action == CONNECT]), 1)

    def test_url_is_told(self):
        """BEP 41: a passkey reaches the tracker, and no output."""
        tracker = self.start_tracker()
        made = self.make(f'{tracker.url}?passkey=0123456789abcdef0123456789abcdef')
        btfw = Btfw(self.stage, 1)
        btfw.seed(made, '--verbose')
        packet = tracker.wait_for_announce()
        self.assertEqual(packet.url_data, '/announce?passkey=0123456789abcdef0123456789abcdef')
        self.assertNotIn('0123456789abcdef', btfw.process.output + btfw.process.errors)

    def test_over_ipv6(self):
        """Eighteen bytes a peer."""
        tracker = self.start_tracker('::1')
        made = self.make(tracker.url)
        seeder, leecher = Btfw(self.stage, 1), Btfw(self.stage, 2)
        seeder.run('--seed', '--progress=json', '--bind=::1', '--port=0', f'--dir={made.root.parent}', made.path)
        tracker.wait_for_announce(left=0)
        leecher.run('--progress=json', '--bind=::1', '--port=0', f'--dir={self.stage.path("download")}', made.path)
        leecher.end_well(20)
        self.assert_same_files(made, self.stage.path('download'))
        self.assertEqual({packet.source[0] for packet in tracker.announces}, {'::1'})

    def test_a_lost_packet_is_sent_again(self):
        """After 15 s, as BEP 15 has it."""
        tracker = self.start_tracker()
        lost = []

        def answer(packet):
            if not lost:
                lost.append(packet)
                return []
            return tracker.usual_answer(packet)
        tracker.answer = answer
        Btfw(self.stage, 1).seed(self.make(tracker.url))
        packet = tracker.wait_for_announce(20)
        self.assertGreater(packet.when - lost[0].when, 14.5)
        self.assertLess(packet.when - lost[0].when, 17)

    def test_dead_trackers_delay_nothing(self):
        """One that is silent and one whose port is closed: a named peer delivers at once, and the end comes at once."""
        silent = self.start_tracker()
        silent.answer = lambda packet: []
        closed = self.start_tracker(self.stage.address(251))
        closed.stop()
        made = self.make(silent.url, closed.url, 'udp://nobody.invalid:6969')
        seeder = Btfw(self.stage, 1)
        seeder.seed(made)
        leecher = Btfw(self.stage, 2)
        began = time.monotonic()
        leecher.download(made, self.stage.path('download'), '--set', 'session.all-tiers=true',
                         f'--peer={seeder.address}:{seeder.port}')
        leecher.end_well(10)
        self.assertLess(time.monotonic() - began, 5)
        began = time.monotonic()
        seeder.process.stop()
        self.assertLess(time.monotonic() - began, 3)


class Opentracker(UdpCase):
    """The tracker that most of the world uses."""

    def start_opentracker(self, address, port, made):
        """On one address; it may be one that serves only hashes of a list."""
        program = shutil.which('opentracker')
        if program is None:
            raise unittest.SkipTest('opentracker is not installed')
        folder = self.stage.path('opentracker')
        (folder / 'whitelist').write_text(f'{made.info_hash.hex()}\n', encoding='ascii')
        self.stage.start([program, '-i', address, '-P', str(port), '-p', str(port), '-d', str(folder),
                          '-w', 'whitelist'], 'opentracker', cwd=folder)

        def answers():
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
                probe.settimeout(0.2)
                probe.sendto(bytes.fromhex('00000417271019800000000012345678'), (address, port))
                try:
                    return len(probe.recv(100)) == 16
                except OSError:
                    return False
        wait_for(answers, 10, 'opentracker to answer')

    @runner.rows(('btfw_to_btfw', 'btfw', 'btfw'), ('libtorrent_to_btfw', 'libtorrent', 'btfw'),
                 ('btfw_to_libtorrent', 'btfw', 'libtorrent'),
                 ('aria2_to_btfw', 'aria2', 'btfw'), ('btfw_to_aria2', 'btfw', 'aria2'),
                 ('btfw_to_rtorrent', 'btfw', 'rtorrent'), ('btfw_to_transmission', 'btfw', 'transmission'))
    def test_between(self, seeding, leeching):
        """They find one another there."""
        address, port = self.stage.address(250), 6969
        # transmission makes no empty files.
        made = self.make(f'udp://{address}:{port}/announce', kind='file' if leeching == 'transmission' else 'tree')
        self.start_opentracker(address, port, made)
        clients = dict(OTHERS, btfw=Btfw)
        seeder, leecher = clients[seeding](self.stage, 1), clients[leeching](self.stage, 2)
        # aria2 speaks to UDP trackers through its node of the DHT.
        seeder.extra = leecher.extra = ('--enable-dht=true',)
        seeder.seed(made)
        leecher.download(made, self.stage.path('download'))
        leecher.wait_until_complete(40)
        self.assert_same_files(made, self.stage.path('download'))


if __name__ == '__main__':
    runner.main()
