"""Stopped in whatever way and started again, it goes on where it was, unasked."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import signal
import time

from lib import runner
from lib.case import Case
from lib.clients import Btfw
from lib.waiting import TIME_FACTOR, wait_for

SIZE = 24_000_000
RATE = 8_000_000
KIB = 1024
STOP_SECONDS = 3


class Resuming(Case):
    """A slow seeder leaves time to stop the download in the middle."""

    def setUp(self):
        super().setUp()
        self.made = self.stage.make_torrent(self.stage.make_sample(size=SIZE), piece_length=128 * KIB)
        self.seeder = Btfw(self.stage, 1)
        self.seeder.seed(self.made, upload_limit=RATE)
        self.folder = self.stage.path('download')
        self.peer = f'--peer={self.seeder.address}:{self.seeder.port}'

    def start(self, *words):
        """Runs of the same person: they share a home."""
        leecher = Btfw(self.stage, 2)
        leecher.download(self.made, self.folder, *words, home='person')
        return leecher

    def wait_until_half(self, leecher):
        """Returns how much it has verified, at least a third."""
        return leecher.wait_for_status(lambda state: state['done'] > SIZE / 3, 'a third of it')['done']

    def assert_goes_on(self, done, lost):
        """The next run hashes nothing, and fetches only what was missing."""
        again = self.start(self.peer)
        state = again.wait_for_status(lambda state: state['state'] == 'downloading', 'it to go on')
        self.assertLess(again.process.bytes_read(), state['session_downloaded'] + done / 2)
        again.end_well(20)
        self.assertLessEqual(again.last('session_downloaded'), SIZE - done + lost)
        self.assert_same_files(self.made, self.folder)

    @runner.rows(('interrupt', signal.SIGINT, 130), ('terminate', signal.SIGTERM, 143), ('hangup', signal.SIGHUP, 129))
    def test_goes_on_after(self, number, code):
        """Nothing that was verified is fetched again."""
        leecher = self.start(self.peer)
        done = self.wait_until_half(leecher)
        leecher.process.signal(number)
        self.assertEqual(leecher.process.wait(STOP_SECONDS), code)
        self.assert_goes_on(done, 128 * KIB)

    def test_goes_on_after_a_kill(self):
        """kill -9 costs what had not been written, and no more."""
        leecher = self.start(self.peer)
        done = self.wait_until_half(leecher)
        leecher.process.kill()
        again = self.start(self.peer)
        again.end_well(20)
        self.assertLess(again.last('session_downloaded'), SIZE - done / 2)
        self.assert_same_files(self.made, self.folder)

    def test_two_interrupts_end_it_at_once(self):
        """And nothing verified is lost by that."""
        leecher = self.start(self.peer)
        done = self.wait_until_half(leecher)
        start = time.monotonic()
        leecher.process.signal(signal.SIGINT)
        leecher.process.signal(signal.SIGINT)
        self.assertEqual(leecher.process.wait(STOP_SECONDS), 130)
        self.assertLess(time.monotonic() - start, STOP_SECONDS * TIME_FACTOR)
        again = self.start(self.peer)
        again.end_well(20)
        self.assertLess(again.last('session_downloaded'), SIZE - done / 2)
        self.assert_same_files(self.made, self.folder)

    def test_what_is_complete_ends_at_once(self):
        """Without any peer."""
        self.start(self.peer).end_well(20)
        again = self.start()
        again.end_well(5)
        self.assertEqual(again.last('session_downloaded'), 0)

    def test_a_file_that_was_changed_is_mended(self):
        """Sizes and times are compared with what was remembered."""
        self.start(self.peer).end_well(20)
        with open(self.folder / self.made.name, 'r+b') as file:
            file.seek(SIZE // 2)
            file.write(b'damage')
        again = self.start(self.peer)
        again.end_well(20)
        self.assertLess(again.last('session_downloaded'), 1_000_000)
        self.assert_same_files(self.made, self.folder)

    def test_a_second_one_names_the_holder(self):
        """The same torrent in the same folder."""
        first = self.start(self.peer)
        self.wait_until_half(first)
        second = Btfw(self.stage, 3)
        second.download(self.made, self.folder, self.peer, home='person')
        self.assertEqual(second.process.wait(2), 1)
        self.assertIn(str(first.process.pid), second.notices)
        first.end_well(20)
        self.assert_same_files(self.made, self.folder)

    def test_two_torrents_run_side_by_side(self):
        """In the same folder, by the same person."""
        other = self.stage.make_torrent(self.stage.make_sample(name='other'), 'other.torrent')
        seeder = Btfw(self.stage, 4)
        seeder.seed(other)
        first = self.start(self.peer)
        second = Btfw(self.stage, 5)
        second.download(other, self.folder, f'--peer={seeder.address}:{seeder.port}', home='person')
        second.end_well(20)
        first.end_well(20)
        self.assert_same_files(self.made, self.folder)
        self.assert_same_files(other, self.folder)

    def test_a_lock_of_the_dead_holds_nobody(self):
        """After kill -9 the next one starts."""
        first = self.start(self.peer)
        self.wait_until_half(first)
        first.process.kill()
        wait_for(lambda: not first.process.is_running, 5, 'the first one to end')
        self.start(self.peer).end_well(20)


if __name__ == '__main__':
    runner.main()
