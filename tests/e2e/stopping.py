"""It stops in good order and in time, whatever trackers do."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import signal

from lib import runner, sample
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

    @runner.rows(('input', '0>&-'), ('output', '1>&-'), ('errors', '2>&-'), ('all_of_them', '0>&- 1>&- 2>&-'))
    def test_closed(self, redirection):
        """A descriptor that is closed is not mistaken for a file of the torrent."""
        made = self.stage.make_torrent(self.stage.make_sample())
        seeder, leecher = Btfw(self.stage, 1), Btfw(self.stage, 2)
        seeder.seed(made)
        leecher.start(['/bin/sh', '-c', f'exec "$@" {redirection}', 'sh', leecher.require(), '--progress=plain',
                       f'--bind={leecher.address}', f'--dir={self.stage.path("download")}', made.path,
                       f'--peer={seeder.address}:{seeder.port}'])
        leecher.end_well(20)
        self.assert_same_files(made, self.stage.path('download'))

    @runner.rows(('json', 'json'), ('plain', 'plain'))
    def test_nobody_reads_what_it_says(self, kind):
        """The other end of its pipe is gone: it downloads all the same, and that it is complete is the result."""
        made = self.stage.make_torrent(self.stage.make_sample())
        seeder, leecher = Btfw(self.stage, 1), Btfw(self.stage, 2)
        seeder.seed(made)
        leecher.start(['/bin/sh', '-c', '{ "$@"; echo $? > "$HOME/code"; } | true', 'sh', leecher.require(), f'--progress={kind}',
                       f'--bind={leecher.address}', f'--dir={self.stage.path("download")}', made.path,
                       f'--peer={seeder.address}:{seeder.port}'])
        leecher.process.wait(20)
        self.assertEqual((leecher.home / 'code').read_text().strip(), '0')
        self.assert_same_files(made, self.stage.path('download'))


class Phases(Case):
    """Wherever it is when the signal comes: it ends within 3 s, with the code that the manual has, and goes on later."""

    seconds = 60
    signals = ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129))

    def setUp(self):
        super().setUp()
        self.made = self.stage.make_torrent(self.stage.make_sample(size=8_000_000), piece_length=64 * 1024)
        self.folder = self.stage.path('download')

    def run_one(self, *words):
        """The download, with more words."""
        btfw = Btfw(self.stage, 2)
        btfw.download(self.made, self.folder, *words, home='person')
        return btfw

    def silent(self):
        """A server that takes connections and never answers."""
        server = SilentServer(self.stage.address(200))
        self.addCleanup(server.stop)
        return server

    def seed(self):
        """Somebody who has all of it."""
        seeder = Btfw(self.stage, 1)
        seeder.seed(self.made)
        return f'--peer={seeder.address}:{seeder.port}'

    def begin_starting(self):
        """The program has only just been started."""
        return self.run_one()

    def begin_checking(self):
        """Reads take long."""
        sample.make_file(self.folder / self.made.name, 8_000_000, seed=0)
        btfw = self.run_one('--storage=fault,ops=read,delay=150+file')
        btfw.wait_for_status(lambda state: state['state'] == 'checking', 'it to check')
        return btfw

    def begin_metadata(self):
        """Nobody says what the link stands for."""
        btfw = Btfw(self.stage, 2)
        btfw.download_link(self.made.magnet, self.folder)
        btfw.wait_for_status(lambda state: state['state'] == 'metadata', 'it to wait')
        return btfw

    def begin_fetching(self):
        """The server of the .torrent file does not answer."""
        btfw = Btfw(self.stage, 2)
        btfw.run_session(f'--dir={self.folder}', self.silent().url)
        btfw.wait_until_listening()
        return btfw

    def begin_downloading(self):
        """Slowly."""
        btfw = self.run_one(self.seed(), '--max-download=200K')
        btfw.wait_for_status(lambda state: state['done'] > 0, 'the first piece')
        return btfw

    def begin_full(self):
        """The disk is full."""
        btfw = self.run_one(self.seed(), '--storage=fault,ops=write,kind=full,rate=1+file')
        btfw.wait_for_status(lambda state: state['error'], 'the disk to be full')
        return btfw

    def begin_slow(self):
        """Each write takes long."""
        btfw = self.run_one(self.seed(), '--storage=fault,ops=write,delay=400+file')
        btfw.wait_for_status(lambda state: state['peers'] > 0, 'a peer')
        return btfw

    @runner.rows(*((name, name) for name in ('starting', 'checking', 'metadata', 'fetching', 'downloading', 'full', 'slow')))
    def test_while(self, phase):
        """Each signal; what was there before is still taken for ours at the next start."""
        for number, code in self.signals:
            btfw = getattr(self, 'begin_' + phase)()
            btfw.process.signal(number)
            self.assertEqual(btfw.process.wait(STOP_SECONDS), code, signal.Signals(number).name)
            for process in self.stage.processes:
                process.kill()
        again = self.run_one(self.seed())
        again.end_well(20)
        self.assert_same_files(self.made, self.folder)

    def test_while_it_makes_a_torrent(self):
        """No half a .torrent file is left."""
        big = self.stage.folder / 'big'
        with open(big, 'wb') as file:
            file.truncate(64 << 30)
        for number, code in self.signals:
            btfw = Btfw(self.stage, 2)
            btfw.run('create', '-o', self.stage.folder / 'big.torrent', big)
            btfw.process._reap(0.1)
            btfw.process.signal(number)
            self.assertEqual(btfw.process.wait(STOP_SECONDS), code)
        self.assertEqual([name for name in os.listdir(self.stage.folder) if 'big.torrent' in name], [])


if __name__ == '__main__':
    runner.main()
