"""Full disks, and files that belong to somebody else."""
# SPDX-License-Identifier: LGPL-2.1-or-later

from lib import namespace, runner, sample
from lib.case import Case
from lib.clients import Btfw

KIB = 1024
SIZE = 4_000_000


class FullDisk(Case):
    """A tmpfs of 8 MiB, of which a filler leaves too little."""

    seconds = 120

    def test_goes_on_when_there_is_room_again(self):
        """Without a restart; meanwhile it says what is wrong."""
        made = self.stage.make_torrent(self.stage.make_sample(size=SIZE), piece_length=64 * KIB)
        small = self.stage.path('small')
        namespace.mount_tmpfs(small, 'size=8m')
        self.stage.cleanups.callback(namespace.unmount, small)
        filler = sample.make_file(small / 'filler', 6_500_000)
        seeder, leecher = Btfw(self.stage, 1), Btfw(self.stage, 2)
        seeder.seed(made)
        leecher.download(made, small, f'--peer={seeder.address}:{seeder.port}')
        state = leecher.wait_for_status(lambda state: state['error'], 'the disk to be full', 30)
        self.assertIn(str(small), state['error'] + leecher.notices)
        sent = seeder.last('session_uploaded') or 0
        filler.unlink()
        leecher.end_well(75)
        self.assert_same_files(made, small)
        self.assertLess(seeder.last('session_uploaded') or sent, 3 * SIZE)


class OtherPeoplesFiles(Case):
    """Files of the torrent's names, with something else in them."""

    def setUp(self):
        super().setUp()
        self.made = self.stage.make_torrent(self.stage.make_sample('tree'), piece_length=32 * KIB)
        self.seeder = Btfw(self.stage, 1)
        self.seeder.seed(self.made)
        self.folder = self.stage.path('download')

    def download(self, *words):
        """From the seeder."""
        leecher = Btfw(self.stage, 2)
        leecher.download(self.made, self.folder, f'--peer={self.seeder.address}:{self.seeder.port}', *words)
        return leecher

    def place(self, name, size):
        """A file of somebody else."""
        return sample.make_file(self.folder / self.made.name / name, size, seed='somebody else')

    @runner.rows(('of_the_same_size', 1_234_567), ('shorter', 1000), ('longer', 3_000_000))
    def test_are_left_alone(self, size):
        """It stops with a sentence that names the file and the way out."""
        theirs = self.place('zz/🦆 last', size)
        before = sample.digest(theirs)
        leecher = self.download()
        self.assertEqual(leecher.process.wait(10), 1)
        self.assertIn('--overwrite', leecher.notices)
        self.assertEqual(sample.digest(theirs), before)
        self.assertEqual([path.name for path in self.folder.rglob('*') if path.is_file()], [theirs.name])

    def test_are_overwritten_when_that_is_asked_for(self):
        """With --overwrite."""
        self.place('zz/🦆 last', 3_000_000)
        self.download('--overwrite').end_well(20)
        self.assert_same_files(self.made, self.folder)

    def test_part_of_the_torrent_is_gone_on_with(self):
        """What another program has begun is checked first, and kept."""
        half = self.made.root / 'zz' / '🦆 last'
        (self.folder / self.made.name / 'zz').mkdir(parents=True)
        (self.folder / self.made.name / 'zz' / half.name).write_bytes(half.read_bytes()[:800_000])
        leecher = self.download()
        leecher.end_well(20)
        self.assertLess(leecher.last('session_downloaded'), self.made.size - 600_000)
        self.assert_same_files(self.made, self.folder)


if __name__ == '__main__':
    runner.main()
