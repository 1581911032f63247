"""It stops in good order and in time, whatever trackers do."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import signal

from lib import runner
from lib.case import Case
from lib.clients import Btfw
from lib.tracker import SilentServer

STOP_SECONDS = 3


class Stopping(Case):
    """A download that has nobody to download from."""

    def start(self, *trackers):
        """Until it runs."""
        made = self.stage.make_torrent(self.stage.make_sample(), trackers=trackers)
        btfw = Btfw(self.stage, 1)
        btfw.download(made, self.stage.path('download'))
        btfw.wait_for_status(lambda state: state['state'] == 'downloading', 'the download')
        return btfw

    def silent_tracker(self):
        """One that takes connections and never answers."""
        server = SilentServer(self.stage.address(200))
        self.addCleanup(server.stop)
        return server.url

    @runner.rows(('interrupt', signal.SIGINT, 130), ('terminate', signal.SIGTERM, 143), ('hangup', signal.SIGHUP, 129))
    def test_dead_tracker(self, number, code):
        """It waits no longer than 3 s for the tracker."""
        btfw = self.start(self.silent_tracker())
        btfw.process.signal(number)
        self.assertEqual(btfw.process.wait(STOP_SECONDS), code)
        self.assertEqual(btfw.events_called('exit')[0]['code'], code)

    def test_refusing_tracker(self):
        """Nobody listens at the tracker's address."""
        btfw = self.start(f'http://{self.stage.address(200)}:9/announce')
        btfw.process.signal(signal.SIGINT)
        self.assertEqual(btfw.process.wait(STOP_SECONDS), 130)

    def test_a_tracker_that_works_hears_of_it(self):
        """Although another one is dead: started, and then stopped with what is left."""
        tracker = self.stage.start_tracker()
        btfw = self.start(self.silent_tracker(), tracker.url)
        tracker.wait_for_announce(event='started', seconds=40)
        btfw.process.signal(signal.SIGINT)
        self.assertEqual(btfw.process.wait(STOP_SECONDS), 130)
        self.assertEqual(tracker.events(), ['started', 'stopped'])
        self.assertEqual(tracker.announces[-1].left, 2_000_000)

    def test_a_complete_one_that_is_stopped_ends_well(self):
        """130 is for those that are incomplete."""
        made = self.stage.make_torrent(self.stage.make_sample())
        btfw = Btfw(self.stage, 1)
        btfw.seed(made)
        btfw.process.signal(signal.SIGINT)
        self.assertEqual(btfw.process.wait(STOP_SECONDS), 0)

    def test_it_gives_up(self):
        """3 is for its own limits."""
        made = self.stage.make_torrent(self.stage.make_sample())
        btfw = Btfw(self.stage, 1)
        btfw.download(made, self.stage.path('download'), '--give-up=1s')
        self.assertEqual(btfw.process.wait(8), 3)

    @runner.rows(('output', 1), ('errors', 2))
    def test_closed(self, descriptor):
        """A descriptor that is closed is not mistaken for a file of the torrent."""
        made = self.stage.make_torrent(self.stage.make_sample())
        seeder, leecher = Btfw(self.stage, 1), Btfw(self.stage, 2)
        seeder.seed(made)
        leecher.start(['/bin/sh', '-c', f'exec "$@" {descriptor}>&-', 'sh', leecher.require(), '--progress=plain',
                       f'--bind={leecher.address}', f'--dir={self.stage.path("download")}', made.path,
                       f'--peer={seeder.address}:{seeder.port}'])
        leecher.end_well(20)
        self.assert_same_files(made, self.stage.path('download'))


if __name__ == '__main__':
    runner.main()
