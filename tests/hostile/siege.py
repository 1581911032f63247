"""A download among very many hostile peers of mixed kinds (T03)."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import resource
import time

from besiegers import KINDS, Siege
from hostile import MEMORY_FACTOR, MIB, HostileCase
from lib import runner
from lib.clients import Btfw

N_HOSTILE = 500
SIZE = 64 * MIB
PIECE = 256 * 1024
RATE = 8 * MIB
TIMES_ALONE = 3
WASTE = 0.1
MOST = 0.8  # comes from the honest one: some of the others send right bytes, too
BUDGET = 64 * MIB
MORE_MEMORY = 16 * MIB
DESCRIPTORS = 4096


class AmongMany(HostileCase):
    """One honest seeder, whom a tracker names."""

    seconds = 240

    def setUp(self):
        super().setUp()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, DESCRIPTORS), hard))
        self.addCleanup(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
        self.tracker = self.stage.start_tracker()
        self.made = self.stage.make_torrent(self.stage.make_sample(size=SIZE, name='large'), 'large.torrent',
                                            piece_length=PIECE, trackers=[self.tracker.url])

    def test_it_completes(self):
        """In little more than its time, little is wasted, and the honest one is not banned."""
        seeder = Btfw(self.stage, 2)
        seeder.seed(self.made, upload_limit=RATE)
        self.tracker.wait_for_seed(self.made)
        self.start_leeching('--seed')
        start = time.monotonic()
        hosts = [self.stage.address(1 + number % 250, 1 + number // 250) for number in range(N_HOSTILE)]
        siege = Siege(self.made, hosts, (self.btfw.address, self.btfw.port))
        self.addCleanup(siege.stop)
        self.btfw.wait_until_complete(TIMES_ALONE * SIZE / RATE)
        took = time.monotonic() - start
        self.report(took, siege)
        self.assert_same_files(self.made, self.stage.path('download'))
        self.assertLessEqual(self.btfw.last('wasted'), SIZE * WASTE)
        self.assertGreater(seeder.last('uploaded'), SIZE * MOST)
        self.assertLess(self.btfw.process.memory()['VmHWM'], (BUDGET + MORE_MEMORY) * MEMORY_FACTOR)
        for kind in KINDS:
            self.assertGreater(siege.count_lives()[kind.__name__], 0, kind.__name__)
        self.assertNotIn('CRITICAL', self.btfw.process.errors)

    def report(self, took, siege):
        """What it was like."""
        memory = self.btfw.process.memory()['VmHWM'] / MIB
        print(f'# {N_HOSTILE} hostile, {sum(siege.count_lives().values())} connections: {took:.1f} s, '
              f'at the best {SIZE / RATE:.1f} s; {100 * self.btfw.last("wasted") / SIZE:.1f} % wasted; '
              f'at most {memory:.0f} MiB', flush=True)


if __name__ == '__main__':
    runner.main()
