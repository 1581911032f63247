"""Peers on the local network (BEP 14), in two network namespaces with a wire between them."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import socket
import time

from lib import runner
from lib.case import Case
from lib.clients import Btfw
from lib.link import Capture, Link
from lib.tracker import Tracker
from lib.waiting import hold, wait_for

PORT = 6771
GROUP = '239.192.152.143'
LSD = ('--set', 'session.discovery=lsd')


class LocalCase(Case):
    """btfw on either side, and an ear at the wire."""

    seconds = 40

    def setUp(self):
        super().setUp()
        self.link = Link()
        self.addCleanup(self.link.close)
        self.capture = Capture(self.link.near)
        self.addCleanup(self.capture.stop)

    def make(self, **arguments):
        """Something to share without any tracker."""
        return self.stage.make_torrent(self.stage.make_sample('file', size=200_000), **arguments)

    def seed(self, made, *words):
        """On the first machine."""
        seeder = Btfw(self.stage, 1)
        seeder.run('--seed', '--progress=json', '--port=0', f'--dir={made.root.parent}', made.path, *LSD, *words)
        seeder.wait_for_event('complete')
        return seeder

    def start_leeching(self, made, *words):
        """On the second one."""
        leecher = Btfw(self.stage, 2)
        leecher.start([*self.link.enter, Btfw.require(), '--progress=json', '--port=0',
                       f'--dir={self.stage.path("download")}', made.path, *LSD, *words])
        return leecher

    def shout(self, text, group=GROUP):
        """Says something to the group, from the first machine."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                           socket.inet_aton(self.link.addresses[0]))
            out.sendto(text if isinstance(text, bytes) else text.encode(), (group, PORT))


def message(info_hash, port, *extra, first='BT-SEARCH * HTTP/1.1'):
    """As a client says it."""
    lines = [first, f'Host: {GROUP}:{PORT}', f'Port: {port}', f'Infohash: {info_hash.hex()}', *extra, '', '', '']
    return '\r\n'.join(lines)


class Finding(LocalCase):
    """No tracker, and no address that anybody named."""

    def test_find_one_another(self):
        """In under 2 s from the start of the second one, and the bytes are right."""
        made = self.make()
        self.seed(made)
        wait_for(lambda: self.capture.sent_to(PORT), 5, 'the seeder to speak')
        began = time.monotonic()
        leecher = self.start_leeching(made)
        leecher.end_well(10)
        elapsed = time.monotonic() - began
        self.assertLess(elapsed, 2)
        self.assert_same_files(made, self.stage.path('download'))
        print(f'# found, fetched and ended in {elapsed:.2f} s', flush=True)

    @runner.rows(('v4', 4), ('v6', 6))
    def test_over_one_family(self, version):
        """Each group is enough."""
        made = self.make()
        address = (self.link.addresses if version == 4 else self.link.addresses6)
        self.seed(made, f'--bind={address[0]}')
        leecher = self.start_leeching(made, f'--bind={address[1]}')
        leecher.end_well(10)
        self.assert_same_files(made, self.stage.path('download'))
        told = self.capture.sent_to(PORT)
        self.assertTrue(told)
        self.assertTrue(all((':' in datagram.target) == (version == 6) for datagram in told))

    def test_is_told_as_the_book_says(self):
        """Group, form, and hop limit; not more often than each 10 s, whatever is heard."""
        made = self.make()
        seeder = self.seed(made)
        wait_for(lambda: len({datagram.target for datagram in self.capture.sent_to(PORT)}) == 2, 5, 'both groups')
        told = self.capture.sent_to(PORT)
        self.assertEqual({datagram.target for datagram in told}, {GROUP, 'ff15::efc0:988f'})
        lines = told[0].data.decode().split('\r\n')
        port = seeder.process.wait_until_listening()
        self.assertEqual(lines[0], 'BT-SEARCH * HTTP/1.1')
        self.assertIn(f'Port: {port}', lines)
        self.assertIn(f'Infohash: {made.info_hash.hex()}', lines)
        self.assertTrue(told[0].data.endswith(b'\r\n\r\n\r\n'))

        # Our own words, as they come back, are no answer to anything; nor is a flood.
        before = len(told)
        self.shout(told[0].data)
        hold(lambda: len([each for each in self.capture.sent_to(PORT) if each.data != told[0].data
                          and each.target == GROUP]) == 0, 1, 'silence')
        for number in range(2000):
            self.shout(message(made.info_hash, 1024 + number))
        wait_for(lambda: self.capture.sent_to(PORT)[-1].data.find(b'3023') > 0, 10, 'the flood to pass')
        hold(lambda: seeder.process.is_running, 1, 'life')
        own = [each for each in self.capture.sent_to(PORT)[before:]
               if f'Port: {port}\r\n'.encode() in each.data and each.data != told[0].data]
        self.assertLessEqual(len(own), 2)


class Hostile(LocalCase):
    """F11: malformed words, floods, and private torrents."""

    def test_malformed(self):
        """Nothing of it is taken, and nothing breaks."""
        made = self.make()
        seeder = self.seed(made)
        wait_for(lambda: self.capture.sent_to(PORT), 5, 'the seeder to speak')
        good = message(made.info_hash, 9)
        bad = [b'', b'\r\n' * 700, b'BT-SEARCH * HTTP/1.1', b'\0' * 1500, b'x' * 9000, good.replace('BT-SEARCH', 'NOTIFY'),
               good.replace('Port: 9', 'Port: 0'), good.replace('Port: 9', 'Port: 70000'),
               good.replace('Port: 9', 'Port: -1'), good.replace('Port: 9', 'Port: '),
               good.replace(made.info_hash.hex(), 'zz' * 20), good.replace(made.info_hash.hex(), 'ab'),
               good + 'x' * 5000, 'BT-SEARCH * HTTP/1.1\r\n' + 'a: b\r\n' * 230 + good,
               good.replace('\r\n\r\n', '\r\ncookie: ' + 'c' * 900 + '\r\n\r\n')]
        for each in bad:
            self.shout(each)
        hold(lambda: seeder.process.is_running, 1, 'life')
        # And afterwards it still hears.
        leecher = self.start_leeching(made)
        leecher.end_well(10)
        self.assertNotIn('CRITICAL', seeder.process.errors)

    def test_private_torrents_are_never_told(self):
        """Neither as they start, nor when somebody asks for them."""
        private = self.make(private=True)
        public = self.stage.make_torrent(self.stage.make_sample('file', size=50_000, name='public'), 'public.torrent')
        seeder = Btfw(self.stage, 1)
        seeder.run('--seed', '--progress=json', '--port=0', f'--dir={private.root.parent}', private.path, public.path,
                   *LSD)
        wait_for(lambda: [each for each in self.capture.sent_to(PORT) if public.info_hash.hex().encode() in each.data],
                 5, 'the public one to be told')
        self.shout(message(private.info_hash, 6881))
        self.start_leeching(private)
        hold(lambda: seeder.process.is_running, 3, 'life')
        own = [each for each in self.capture.sent_to(PORT) if f'Port: 6881\r\n'.encode() not in each.data]
        self.assertTrue(own)
        for each in own:
            self.assertNotIn(private.info_hash.hex().encode(), each.data)
        self.assertNotIn(private.info_hash, bytes(self.capture.stream))


class Private(LocalCase):
    """F13: with every plugin that there is, a private torrent's peers come from its tracker alone."""

    def exchange(self, private):
        """One seeds, the other fetches and stays for some seconds; a tracker brings them together."""
        tracker = Tracker(self.link.addresses[0])
        self.addCleanup(tracker.stop)
        made = self.make(trackers=[tracker.url], private=private)
        seeder, leecher = Btfw(self.stage, 1), Btfw(self.stage, 2)
        seeder.run('--seed', '--progress=json', '--port=0', f'--dir={made.root.parent}', made.path)
        tracker.wait_for_seed(made)
        leecher.start([*self.link.enter, Btfw.require(), '--seed', '--progress=json', '--port=0',
                       f'--dir={self.stage.path("download")}', made.path])
        leecher.wait_for_event('complete')
        hold(lambda: seeder.process.is_running and leecher.process.is_running, 4, 'life')
        self.assert_same_files(made, self.stage.path('download'))
        stream = bytes(self.capture.stream)
        shakes = [stream[i + 20:i + 28] for i in range(len(stream))
                  if stream.startswith(b'\x13BitTorrent protocol', i)]
        self.assertTrue(shakes)
        return stream, shakes

    def test_private(self):
        """No UDP datagram at all, no word of peer exchange, no claim to have a node."""
        stream, shakes = self.exchange(True)
        self.assertEqual(self.capture.datagrams, [])
        self.assertNotIn(b'ut_pex', stream)
        self.assertEqual({shake[7] & 1 for shake in shakes}, {0})

    def test_public(self):
        """So that the ear is known to hear: the same torrent, if it is not private, is told to the link."""
        self.exchange(False)
        self.assertTrue(self.capture.sent_to(PORT))


if __name__ == '__main__':
    runner.main()
