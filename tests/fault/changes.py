"""Killed while something is added, becomes wanted, is moved or removed: it is done or not done, and can be done again."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import shutil

from faults import CHANGES, KILLED, FaultCase, case, choose
from lib import namespace, sample
from lib import runner

DRIVERS = os.environ.get('BTFW_FAULT_DRIVERS')
THEIRS = 'theirs'  # somebody else's file in the torrent's own folder


class Change(FaultCase):
    """One change, killed one call later each time, from the same beginning."""

    seconds = 110
    n_samples = 9

    def begin(self):
        """Everything as it is before the change."""
        raise NotImplementedError

    def change(self, rules=None):
        """The change; returns its process."""
        raise NotImplementedError

    def assert_sound(self):
        """What must hold after a kill."""
        raise NotImplementedError

    def assert_done(self):
        """What must hold after it was done to its end."""
        raise NotImplementedError

    def run_driver(self, name, *words, rules=None):
        """One of the small programs beside these tests."""
        process = self.stage.start([os.path.join(DRIVERS, 'fault-' + name), *words], 'btfw-' + name, home='person',
                                   env=self.environment(rules))
        return process

    def clear(self, *folders):
        """Empty ones, and nothing remembered."""
        for folder in (*folders, self.stage.folder / 'homes' / 'person'):
            shutil.rmtree(folder, ignore_errors=True)
        for folder in folders:
            folder.mkdir(parents=True)

    def sweep(self):
        """Each chosen call."""
        rules = CHANGES.format(self.stage.folder)
        log = self.stage.folder / 'calls'
        self.begin()
        self.assertEqual(self.change(f'{rules} do=log:{log}').wait(20), 0)
        self.assert_done()
        n_calls = len(log.read_text().splitlines())
        self.assertGreater(n_calls, 5)
        n_killed = 0
        for number in choose(n_calls, self.n_samples):
            with case(f'killed at call {number} of {n_calls}'):
                self.begin()
                n_killed += self.change(f'{rules} at={number} do=kill').wait(20) == KILLED
                self.assert_sound()
                self.assert_nobody_elses_touched()
                self.assertEqual(self.change().wait(20), 0)
                self.assert_done()
                self.assert_nobody_elses_touched()
        self.assertGreater(n_killed, min(n_calls, self.n_samples) // 2)


class AddByLink(Change):
    """From a magnet link to the last piece: what peers said of the torrent is remembered, too."""

    def begin(self):
        self.folder = self.stage.folder / 'download'
        self.clear(self.folder)

    def change(self, rules=None):
        return self.start(self.folder, rules=rules, source=self.made.magnet).process

    def assert_sound(self):
        self.assert_claims_hold(self.folder)

    def assert_done(self):
        self.assert_same_files(self.made, self.folder)

    def test_killed(self):
        """At each call that changes a file."""
        self.sweep()


class BecomesWanted(Change):
    """A file whose edges stood elsewhere until now."""

    def begin(self):
        self.folder = self.stage.folder / 'download'
        before = self.stage.folder / 'before'
        if not before.exists():
            self.clear(self.folder)
            self.start(self.folder, '--files=1').end_well(20)
            shutil.copytree(self.folder, before / 'folder', copy_function=shutil.copy2)
            shutil.copytree(self.stage.folder / 'homes' / 'person', before / 'home', copy_function=shutil.copy2)
        shutil.rmtree(self.folder)
        shutil.rmtree(self.stage.folder / 'homes' / 'person')
        shutil.copytree(before / 'folder', self.folder, copy_function=shutil.copy2)
        shutil.copytree(before / 'home', self.stage.folder / 'homes' / 'person', copy_function=shutil.copy2)

    def change(self, rules=None):
        return self.start(self.folder, '--files=1-', rules=rules).process

    def assert_sound(self):
        one = self.folder.joinpath(self.made.name, *self.made.entries[0].parts)
        self.assertEqual(sample.digest(one), sample.digest(self.made.entries[0].path))

    def assert_done(self):
        self.assert_same_files(self.made, self.folder)

    def test_killed(self):
        """At each call that changes a file."""
        self.sweep()


class Remove(Change):
    """A complete torrent is taken out, with its files."""

    def begin(self):
        self.folder = self.stage.folder / 'download'
        before = self.stage.folder / 'before'
        if not before.exists():
            self.clear(self.folder)
            self.start(self.folder).end_well(20)
            shutil.copytree(self.stage.folder / 'homes' / 'person', before, copy_function=shutil.copy2)
            shutil.copytree(self.folder, self.stage.folder / 'files', copy_function=shutil.copy2)
        shutil.rmtree(self.folder)
        shutil.rmtree(self.stage.folder / 'homes' / 'person')
        shutil.copytree(self.stage.folder / 'files', self.folder, copy_function=shutil.copy2)
        shutil.copytree(before, self.stage.folder / 'homes' / 'person', copy_function=shutil.copy2)
        shutil.copy2(self.canary / 'theirs', self.folder / self.made.name / 'a' / THEIRS)

    def change(self, rules=None):
        return self.run_driver('remove', self.made.path, self.folder, rules=rules)

    def theirs_is_there(self):
        """What is somebody else's stays, in its folder."""
        path = self.folder / self.made.name / 'a' / THEIRS
        return path.exists() and sample.digest(path) == sample.digest(self.canary / 'theirs')

    def assert_sound(self):
        self.assertTrue(self.theirs_is_there())
        for entry in self.made.entries:
            path = self.folder.joinpath(self.made.name, *entry.parts)
            self.assertTrue(not path.exists() or sample.digest(path) == sample.digest(entry.path), path)

    def assert_done(self):
        self.assertTrue(self.theirs_is_there())
        left = [path for path in self.folder.rglob('*') if path.is_file()]
        self.assertEqual(left, [self.folder / self.made.name / 'a' / THEIRS])
        self.assertIsNone(self.record())

    def test_killed(self):
        """At each call that changes a file."""
        self.sweep()

    def test_killed_and_not_repeated(self):
        """Who downloads it again instead gets it whole, whatever was left."""
        rules = CHANGES.format(self.stage.folder)
        for number in (2, 4, 6):
            with case(f'killed at call {number}'):
                self.begin()
                self.assertEqual(self.change(f'{rules} at={number} do=kill').wait(20), KILLED)
                self.start(self.folder).end_well(20)
                self.assertTrue(self.theirs_is_there())
                for entry in self.made.entries:
                    path = self.folder.joinpath(self.made.name, *entry.parts)
                    self.assertEqual(sample.digest(path), sample.digest(entry.path))


class Move(Change):
    """A storage in files is moved to another folder, by an application."""

    def begin(self):
        self.folder = self.stage.folder / 'from'
        self.target = self.stage.folder / 'to' / 'there'
        self.state_folder = self.stage.folder / 'moving'
        self.clear(self.folder, self.target, self.state_folder)
        self.copy_files()

    def copy_files(self):
        """The torrent where it is before, and others' files in both places."""
        shutil.copytree(self.made.root, self.folder / self.made.name)
        for folder in (self.folder, self.target):
            (folder / self.made.name / 'a').mkdir(parents=True, exist_ok=True)
            shutil.copy2(self.canary / 'theirs', folder / self.made.name / 'a' / THEIRS)

    def change(self, rules=None):
        return self.run_driver('move', self.made.path, self.folder, self.state_folder, self.target, rules=rules)

    def assert_theirs(self):
        """Others' files are where they were."""
        for folder in (self.folder, self.target):
            path = folder / self.made.name / 'a' / THEIRS
            self.assertEqual(sample.digest(path), sample.digest(self.canary / 'theirs'))

    def assert_all_in(self, folder, other):
        """Each file is whole in one place, and has no name in the other."""
        for entry in self.made.entries:
            self.assertEqual(sample.digest(folder.joinpath(self.made.name, *entry.parts)), sample.digest(entry.path))
            self.assertFalse(other.joinpath(self.made.name, *entry.parts).exists())
        for place in (folder, other):
            self.assertEqual([path for path in place.rglob('*moving*')], [])
        self.assert_theirs()

    def assert_sound(self):
        """No file is lost; and the next start has all of them where they were."""
        for entry in self.made.entries:
            places = [folder.joinpath(self.made.name, *entry.parts) for folder in (self.folder, self.target)]
            self.assertIn(sample.digest(entry.path), [sample.digest(path) for path in places if path.exists()], entry.parts)
        self.assert_theirs()
        if any(self.state_folder.rglob('moving')):
            self.recover()
            self.assert_all_in(self.folder, self.target)
        elif not (self.folder / self.made.name / 'one').exists():
            self.assert_all_in(self.target, self.folder)
            self.begin()  # done, but for the last call

    def recover(self):
        """The next start, which is killed as well, and then another."""
        self.run_driver('move', self.made.path, self.folder, self.state_folder,
                        rules=CHANGES.format(self.stage.folder) + ' at=3 do=kill').wait(20)
        self.assertEqual(self.run_driver('move', self.made.path, self.folder, self.state_folder).wait(20), 0)

    def assert_done(self):
        self.assert_all_in(self.target, self.folder)

    def test_killed(self):
        """At each call that changes a file."""
        self.sweep()

    def test_killed_between_file_systems(self):
        """Where files are copied."""
        target = self.stage.path('to')
        namespace.mount_tmpfs(target, 'mode=0755')
        self.addCleanup(namespace.unmount, target)
        self.sweep()

    def test_never_onto_others(self):
        """Also not where the torrent's own file is not there yet."""
        self.begin()
        (self.folder / self.made.name / 'one').unlink()
        shutil.copy2(self.canary / 'theirs', self.target / self.made.name / 'one')
        run = self.change()
        self.assertEqual(run.wait(20), 1)
        self.assertIn('one', run.errors)
        self.assertEqual(sample.digest(self.target / self.made.name / 'one'), sample.digest(self.canary / 'theirs'))
        self.assertTrue((self.folder / self.made.name / 'b' / 'four').exists())


if __name__ == '__main__':
    runner.main()
