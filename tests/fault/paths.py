"""Files that more than one has a right to: two torrents, somebody else, a folder with an odd name."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import os

from faults import KIB, FaultCase
from lib import runner, sample
from lib.clients import Btfw


class Overlapping(FaultCase):
    """Two different torrents with a file of one name, in one folder and one session."""

    def make_other(self):
        """Has “one” with other bytes in the same place, and a file of its own."""
        root = self.stage.path('elsewhere/sample')
        sample.make_file(root / 'one', 40_000, seed='another')
        sample.make_file(root / 'own', 70_000, seed='own')
        return self.stage.make_torrent(root, 'other.torrent', piece_length=16 * KIB)

    def test_the_second_never_writes_the_file(self):
        """It is told; the first one's bytes stay, and it completes."""
        other = self.make_other()
        other_seed = Btfw(self.stage, 4)
        other_seed.seed(other)
        folder = self.stage.path('download')
        run = Btfw(self.stage, 2)
        run.run_session('--seed', f'--dir={folder}', self.made.path, other.path, self.peer,
                        f'--peer={other_seed.address}:{other_seed.port}', home='person')
        run.wait_for_notice('another torrent')
        self.assertIn('one', run.notices)
        run.wait_for_event('complete')
        complete = run.events_called('complete')[0]['source']
        winner = self.made if complete == str(self.made.path) else other
        run.process.stop()
        for entry in winner.entries:
            path = os.path.join(winner.name, *entry.parts)
            self.assertEqual(sample.digest(folder / path), sample.digest(winner.root.parent / path))


class Longer(FaultCase):
    """A file with something behind what the torrent says."""

    def test_is_not_cut(self):
        """Where pieces of it match, too; --overwrite cuts it."""
        folder = self.stage.path('download')
        theirs = folder / self.made.name / 'one'
        theirs.parent.mkdir()
        theirs.write_bytes((self.made.root / 'one').read_bytes()[:33_000] + b'theirs' * 5_000)
        before = sample.digest(theirs)
        run = self.start(folder)
        self.assertEqual(run.process.wait(10), 1)
        self.assertIn('longer', run.notices)
        self.assertEqual(sample.digest(theirs), before)
        self.start(folder, '--overwrite').end_well(20)
        self.assert_same_files(self.made, folder)


class OddFolders(FaultCase):
    """Save folders as people have them."""

    @runner.rows(('newline', 'a\nb'), ('spaces', ' a b '), ('not_utf_8', os.fsdecode(b'caf\xe9 \xff')))
    def test_name(self, name):
        """Works, and what is remembered is found again."""
        folder = self.stage.folder / name
        folder.mkdir()
        self.start(folder).end_well(20)
        self.assert_same_files(self.made, folder)
        self.assertEqual(self.assert_completes(folder).last('session_downloaded'), 0)

    def test_symlink(self):
        """The save folder itself may be one: the user named it."""
        real = self.stage.path('real')
        folder = self.stage.folder / 'link'
        folder.symlink_to(real)
        self.start(folder).end_well(20)
        self.assert_same_files(self.made, real)
        self.assertEqual(self.assert_completes(folder).last('session_downloaded'), 0)

    def test_symlink_within(self):
        """One that somebody put in a torrent's way is not followed."""
        folder = self.stage.path('download')
        (folder / self.made.name).mkdir()
        (folder / self.made.name / 'b').symlink_to(self.canary)
        run = self.start(folder)
        run.wait_for_status(lambda state: state['error'], 'it to say so')
        run.process.stop()
        self.assertIn(str(folder), run.notices)
        self.assert_nobody_elses_touched()


if __name__ == '__main__':
    runner.main()
