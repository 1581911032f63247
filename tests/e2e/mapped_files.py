"""Files that are mapped: downloaded, killed, cut by somebody, on a full disk, and under a layer that encrypts."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import os

from lib import namespace, runner, sample
from lib.case import Case
from lib.clients import Btfw, Libtorrent

KIB = 1024
MAPPED = '--storage=mmap,window=128KiB,windows=4'


class Mapped(Case):
    """Small windows, so that they have to change places."""

    seconds = 90

    def make(self, kind='tree', **arguments):
        """A torrent, its tracker, and where it goes."""
        self.tracker = self.stage.start_tracker()
        self.made = self.stage.make_torrent(self.stage.make_sample(kind, **arguments), piece_length=64 * KIB,
                                            trackers=[self.tracker.url])
        self.folder = self.stage.path('download')

    def start(self, *words, folder=None, storage=MAPPED):
        """A run of one person."""
        run = Btfw(self.stage, 2)
        run.download(self.made, folder or self.folder, storage, *words, home='person')
        return run

    def start_seeder(self, upload_limit=0):
        """btfw with ordinary files."""
        seeder = Btfw(self.stage, 1)
        seeder.seed(self.made, upload_limit=upload_limit)
        return f'--peer={seeder.address}:{seeder.port}'

    @runner.rows(('mapped', MAPPED), ('writes_by_calls', MAPPED + ',write=calls'))
    def test_round(self, storage):
        """From libtorrent, and back to it."""
        self.make()
        seeder = Libtorrent(self.stage, 1)
        seeder.seed(self.made)
        self.tracker.wait_for_seed(self.made, 40)
        self.start(storage=storage).end_well(40)
        self.assert_same_files(self.made, self.folder)
        seeder.process.stop()
        ours = self.start('--seed', storage=storage)
        ours.wait_for_event('complete')
        leecher = Libtorrent(self.stage, 3)
        leecher.download(self.made, self.stage.path('back'))
        leecher.wait_until_complete(30)
        self.assert_same_files(self.made, self.stage.path('back'))

    def test_killed(self):
        """Again and again; what was verified is not fetched again."""
        self.make('file', size=16_000_000)
        peer = self.start_seeder(upload_limit=8_000_000)
        done = 0
        for part in (0.3, 0.6):
            run = self.start(peer)
            done = run.wait_for_status(lambda state, least=part: state['done'] > least * self.made.size, f'{part} of it')['done']
            run.process.kill()
        run = self.start(peer)
        run.end_well(20)
        self.assertLessEqual(run.last('session_downloaded'), self.made.size - done + 4 * 64 * KIB)
        self.assert_same_files(self.made, self.folder)

    def test_cut_while_it_downloads(self):
        """The program lives, and what is missing then is found by a check, and comes anew."""
        self.make('file', size=12_000_000)
        peer = self.start_seeder(upload_limit=6_000_000)
        run = self.start(peer)
        run.wait_for_status(lambda state: state['done'] > 4_000_000, 'a third of it')
        for size in (1_000_000, 0, 3_000_001):
            os.truncate(self.folder / self.made.name, size)
        run.end_well(40)
        check = self.start('--check')
        self.assertIn(check.process.wait(20), (0, 1))
        self.start(peer).end_well(20)
        self.assert_same_files(self.made, self.folder)

    def test_full_disk(self):
        """Is an error that says so, and no end of the program; it goes on when there is room."""
        self.make('file', size=4_000_000)
        small = self.stage.path('small')
        namespace.mount_tmpfs(small, 'size=8m')
        self.stage.cleanups.callback(namespace.unmount, small)
        filler = sample.make_file(small / 'filler', 6_500_000)
        run = self.start(self.start_seeder(), folder=small)
        state = run.wait_for_status(lambda state: state['error'], 'the disk to be full', 30)
        self.assertIn(str(small), state['error'] + run.notices)
        filler.unlink()
        run.end_well(60)
        self.assert_same_files(self.made, small)

    def test_encrypted(self):
        """The whole stack, seeded back."""
        self.make()
        storage = '--storage=crypt+fault+mmap,window=64KiB'
        self.start(self.start_seeder(), storage=storage).end_well(20)
        self.assertNotEqual(sample.digests(self.folder / self.made.name), sample.digests(self.made.root))
        ours = self.start('--seed', storage=storage)
        ours.wait_until_listening()
        ours.wait_for_event('complete')
        leecher = Btfw(self.stage, 3)
        leecher.download(self.made, self.stage.path('back'), f'--peer={ours.address}:{ours.port}')
        leecher.end_well(20)
        self.assert_same_files(self.made, self.stage.path('back'))


if __name__ == '__main__':
    runner.main()
