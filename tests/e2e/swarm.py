"""A seeder and eight leechers, all with capped uploads: how well they share."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import time

from lib import runner
from lib.case import Case
from lib.clients import Btfw
from lib.waiting import TIME_FACTOR

SIZE = 256 << 20
LEECHERS = 8
SEED_RATE = 20_000_000
LEECH_RATE = 10_000_000
TIMES_IDEAL = 1.2


class Swarm(Case):
    """They find one another through a tracker."""

    seconds = 180

    def test_all_complete_near_the_ideal_time(self):
        """No faster way exists than the slower of: the seeder sends all once, all together send all copies."""
        tracker = self.stage.start_tracker(interval=60)
        made = self.stage.make_torrent(self.stage.make_sample(size=SIZE), piece_length=256 * 1024,
                                       trackers=[tracker.url])
        seeder = Btfw(self.stage, 1)
        seeder.seed(made, upload_limit=SEED_RATE)
        tracker.wait_for_seed(made)
        leechers = [Btfw(self.stage, 2 + number) for number in range(LEECHERS)]
        start = time.monotonic()
        for leecher in leechers:
            leecher.download(made, self.stage.path(leecher.label), '--seed', upload_limit=LEECH_RATE)
        for leecher in leechers:
            leecher.wait_until_complete(120)
        took = time.monotonic() - start
        ideal = max(SIZE / SEED_RATE, LEECHERS * SIZE / (SEED_RATE + LEECHERS * LEECH_RATE))
        for leecher in leechers:
            self.assert_same_files(made, self.stage.path(leecher.label))
        self.assertLess(took / ideal, TIMES_IDEAL * TIME_FACTOR, f'{took:.1f} s, where {ideal:.1f} s is ideal')


if __name__ == '__main__':
    runner.main()
