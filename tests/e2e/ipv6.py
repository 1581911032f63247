"""IPv6: with every other client, and beside IPv4."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import ipaddress
import subprocess
from pathlib import Path

from lib import runner
from lib.case import Case
from lib.clients import OTHERS, Btfw
from lib.encrypted import insist
from lib.tracker import Tracker
from lib.waiting import wait_for

KIB = 1024
SLOW = 100_000  # bytes a second


def address6(number):
    """The address of peer so-and-so, of the kind that is set apart for private networks."""
    return f'fd77::{number:x}'


def connected_hosts():
    """Pairs of hosts between which there is a connection over IPv6, as the kernel tells."""
    def parse(text):
        words = bytes.fromhex(text.partition(':')[0])
        return str(ipaddress.ip_address(b''.join(words[i:i + 4][::-1] for i in range(0, 16, 4))))
    lines = Path('/proc/self/net/tcp6').read_text(encoding='ascii').splitlines()[1:]
    fields = [line.split() for line in lines]
    return {(parse(field[1]), parse(field[2])) for field in fields if field[3] == '01'}


class Ipv6Case(Case):
    """All that have an address of IPv6 have no other."""

    seconds = 90

    def setUp(self):
        super().setUp()
        for number in (1, 2, 3, 250):
            subprocess.run(['ip', '-6', 'addr', 'replace', f'{address6(number)}/128', 'dev', 'lo', 'nodad'],
                           check=True, capture_output=True)

    def client(self, kind, number):
        """A client at an address of IPv6."""
        client = Btfw(self.stage, number) if kind == 'btfw' else OTHERS[kind](self.stage, number)
        client.address = address6(number)
        return client

    def start_tracker(self):
        """Over IPv6, too."""
        tracker = Tracker(address6(250))
        self.addCleanup(tracker.stop)
        return tracker

    def make(self, *trackers, kind='tree', **arguments):
        """Something to share."""
        return self.stage.make_torrent(self.stage.make_sample(kind, **arguments), piece_length=64 * KIB,
                                       trackers=list(trackers))


class Alone(Ipv6Case):
    """Not a packet of IPv4."""

    @runner.rows(('btfw_to_btfw', 'btfw', 'btfw'),
                 ('aria2_to_btfw', 'aria2', 'btfw'), ('btfw_to_aria2', 'btfw', 'aria2'),
                 ('libtorrent_to_btfw', 'libtorrent', 'btfw'), ('btfw_to_libtorrent', 'btfw', 'libtorrent'),
                 ('transmission_to_btfw', 'transmission', 'btfw'), ('btfw_to_transmission', 'btfw', 'transmission'))
    def test_between(self, seeding, leeching):
        """They find one another through a tracker, and the right bytes come."""
        tracker = self.start_tracker()
        # transmission makes no empty files.
        made = self.make(tracker.url, kind='file' if leeching == 'transmission' else 'tree')
        self.client(seeding, 1).seed(made)
        tracker.wait_for_seed(made, 40)
        leecher = self.client(leeching, 2)
        leecher.download(made, self.stage.path('download'))
        leecher.wait_until_complete(40)
        self.assert_same_files(made, self.stage.path('download'))
        self.assertEqual({announce.host for announce in tracker.announces}, {address6(1), address6(2)})

    @runner.rows(('btfw_to_btfw', 'btfw', 'btfw'),
                 ('libtorrent_to_btfw', 'libtorrent', 'btfw'), ('btfw_to_libtorrent', 'btfw', 'libtorrent'),
                 ('btfw_to_aria2', 'btfw', 'aria2'))
    def test_encrypted(self, seeding, leeching):
        """Both refuse whoever is not."""
        tracker = self.start_tracker()
        made = self.make(tracker.url)
        insist(self.client(seeding, 1)).seed(made)
        tracker.wait_for_seed(made, 40)
        leecher = insist(self.client(leeching, 2))
        leecher.download(made, self.stage.path('download'))
        leecher.wait_until_complete(40)
        self.assert_same_files(made, self.stage.path('download'))

    def test_by_exchange(self):
        """A peer that only another peer knows (BEP 11)."""
        made = self.make(kind='file', size=6_000_000)
        seeder = self.client('btfw', 3)
        seeder.seed(made)
        middle = self.client('btfw', 1)
        middle.download(made, self.stage.path('middle'), f'--peer=[{seeder.address}]:{seeder.port}',
                        f'--max-download={SLOW}')
        middle.wait_until_listening()
        leecher = self.client('btfw', 2)
        leecher.download(made, self.stage.path('download'), f'--peer=[{middle.address}]:{middle.port}',
                         f'--max-download={SLOW}')
        pair = {address6(2), address6(3)}
        wait_for(lambda: any(set(hosts) == pair for hosts in connected_hosts()), 40, 'the two to connect')

    def test_by_a_link(self):
        """A magnet link, and the address of one peer."""
        made = self.make()
        seeder = self.client('btfw', 1)
        seeder.seed(made)
        leecher = self.client('btfw', 2)
        leecher.download_link(f'magnet:?xt=urn:btih:{made.info_hash.hex()}', self.stage.path('download'),
                              f'--peer=[{seeder.address}]:{seeder.port}')
        leecher.end_well(20)
        self.assert_same_files(made, self.stage.path('download'))


class Beside(Ipv6Case):
    """Both families."""

    @runner.rows(('v4', '127.0.0.1'), ('v6', '[::1]'), ('other_v4', '198.18.0.9'), ('other_v6', '[fd77::3]'))
    def test_listens_on_both(self, host):
        """Without a word about it, one port is open on each address of the machine."""
        made = self.make()
        seeder = Btfw(self.stage, 1)
        seeder.run('--seed', '--progress=json', '--port=0', f'--dir={made.root.parent}', made.path)
        seeder.wait_until_listening()
        seeder.wait_for_event('complete')
        leecher = Btfw(self.stage, 2)
        leecher.run('--progress=json', '--port=0', f'--dir={self.stage.path("download")}',
                    f'--peer={host}:{seeder.port}', made.path)
        leecher.end_well(20)
        self.assert_same_files(made, self.stage.path('download'))


if __name__ == '__main__':
    runner.main()
