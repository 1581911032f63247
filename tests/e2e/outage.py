"""The network goes away under it and comes back: no error, and the transfer goes on by itself."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import subprocess

from lib import runner
from lib.case import Case
from lib.clients import Btfw
from lib.link import Link
from lib.waiting import hold, wait_for

IS_LONG = bool(os.environ.get('BTFW_TEST_LONG'))
SECONDS_AWAY = 60 if IS_LONG else 5
BACK_WITHIN = 30


class Outage(Case):
    """A seed and a downloader on two machines, with a wire between them."""

    seconds = SECONDS_AWAY + 80

    def setUp(self):
        super().setUp()
        self.link = Link()
        self.addCleanup(self.link.close)
        self.made = self.stage.make_torrent(self.stage.make_sample(size=3_500_000), piece_length=32 * 1024)
        self.seeder = Btfw(self.stage, 1)
        self.seeder.run('--seed', '--progress=json', '--port=0', f'--dir={self.made.root.parent}', self.made.path)
        self.seeder.wait_for_event('complete')
        self.seeder.port = self.seeder.process.wait_until_listening()

    def leech(self, *words):
        """On the second machine, slowly."""
        leecher = Btfw(self.stage, 2)
        leecher.start([*self.link.enter, Btfw.require(), '--progress=json', '--port=0', '--max-download=400K',
                       f'--dir={self.stage.path("download")}', self.made.path,
                       f'--peer={self.link.addresses[0]}:{self.seeder.port}', *words])
        leecher.wait_for_status(lambda state: state['done'] > 500_000, 'some of it')
        return leecher

    def far(self, *words):
        """Runs ip(8) on the second machine."""
        subprocess.run([*self.link.enter, 'ip', *words], check=True, capture_output=True)

    def stay_away(self, leecher):
        """Nothing comes, and nothing is said to be wrong with the torrent."""
        hold(lambda: leecher.process.is_running and not leecher.last('error'), SECONDS_AWAY, 'no error')
        return leecher.last('done')

    def assert_comes_back(self, leecher, done):
        """Within half a minute, and to the end."""
        wait_for(lambda: leecher.last('done') > done + 100_000, BACK_WITHIN, 'the transfer to come back')
        leecher.end_well(30)
        self.assert_same_files(self.made, self.stage.path('download'))

    def test_interface_down(self):
        """As when a cable is pulled."""
        leecher = self.leech()
        self.far('link', 'set', self.link.far, 'down')
        done = self.stay_away(leecher)
        self.far('link', 'set', self.link.far, 'up')
        self.assert_comes_back(leecher, done)

    def test_address_change(self):
        """As when a router gives out another one: all connections are dead."""
        leecher = self.leech()
        self.far('addr', 'del', f'{self.link.addresses[1]}/24', 'dev', self.link.far)
        done = self.stay_away(leecher)
        self.far('addr', 'add', '10.77.0.99/24', 'dev', self.link.far)
        self.assert_comes_back(leecher, done)

    def test_no_names(self):
        """The tracker's name cannot be looked up, then it can be."""
        tracker = self.stage.start_tracker()
        hosts = self.stage.folder / 'hosts'
        hosts.write_text('127.0.0.1 localhost\n')
        self.made.trackers = (f'http://tracker.test:{tracker.port}/announce',)
        self.made.write(self.made.path)
        leecher = Btfw(self.stage, 2)
        leecher.start(['unshare', '--mount', '/bin/sh', '-c', f'mount --bind {hosts} /etc/hosts && exec "$@"', 'sh',
                       Btfw.require(), '--progress=json', '--port=0', '--max-download=400K',
                       f'--dir={self.stage.path("download")}', self.made.path,
                       f'--peer={self.link.addresses[0]}:{self.seeder.port}'])
        leecher.wait_for_status(lambda state: state['done'] > 500_000, 'some of it')
        self.assertIsNone(leecher.last('error'))
        with open(hosts, 'a', encoding='ascii') as file:
            file.write(f'{tracker.host} tracker.test\n')
        leecher.end_well(40)
        self.assert_same_files(self.made, self.stage.path('download'))


if __name__ == '__main__':
    runner.main()
