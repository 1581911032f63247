"""The program is killed: at each call that changes a file, and at any moment. Nothing verified is lost by it."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import random
import shutil

from faults import CHANGES, IS_LONG, KIB, KILLED, FaultCase, case, choose
from lib import runner

N_SAMPLES = 10  # of the calls, in the normal suite
N_CYCLES = 200 if IS_LONG else 10


class KillAtEveryCall(FaultCase):
    """A small torrent; the same run again and again, killed one call later each time."""

    seconds = 600 if IS_LONG else 100

    def start_from(self, folder, home, before):
        """A folder and a home as they are before the run."""
        for path in (folder, self.stage.folder / 'homes' / home):
            shutil.rmtree(path, ignore_errors=True)
        if before:
            shutil.copytree(before / 'folder', folder, copy_function=shutil.copy2)
            shutil.copytree(before / 'home', self.stage.folder / 'homes' / home, copy_function=shutil.copy2)
        else:
            folder.mkdir()

    def keep(self, folder, home):
        """What later runs start from."""
        before = self.stage.folder / 'before'
        shutil.copytree(folder, before / 'folder', copy_function=shutil.copy2)
        shutil.copytree(self.stage.folder / 'homes' / home, before / 'home', copy_function=shutil.copy2)
        return before

    def sweep(self, what, before=None, *words):
        """Kills it at each chosen call, before it is made; then the next start must do what was not done."""
        folder = self.stage.path('download')
        home = 'person'
        rules = CHANGES.format(self.stage.folder)
        log = self.stage.folder / 'calls'
        self.start_from(folder, home, before)
        self.start(folder, *words, rules=f'{rules} do=log:{log}').end_well(20)
        n_calls = len(log.read_text().splitlines())
        self.assertGreater(n_calls, 5, what)
        n_killed = 0
        for number in choose(n_calls, N_SAMPLES):
            with case(f'{what}, killed at call {number} of {n_calls}'):
                self.start_from(folder, home, before)
                run = self.start(folder, *words, rules=f'{rules} at={number} do=kill')
                n_killed += run.process.wait(20) == KILLED
                self.assert_claims_hold(folder)
                self.assert_nobody_elses_touched()
                self.assert_completes(folder)
        self.assertGreater(n_killed, min(n_calls, N_SAMPLES) // 2, what)

    def test_while_it_downloads(self):
        """From the first call to the last save."""
        self.sweep('a download')

    def test_while_it_goes_on(self):
        """What was begun before is not lost by the next run's end."""
        half = self.stage.path('download')
        self.stage.path('homes/person')
        (half / self.made.name).mkdir()
        shutil.copy2(self.made.root / 'one', half / self.made.name / 'one')
        with open(half / self.made.name / 'one', 'r+b') as file:
            file.truncate(33_000)
        self.sweep('going on', self.keep(half, 'person'))

    def test_while_it_checks(self):
        """A complete torrent that is checked again stays complete, without a peer."""
        folder = self.stage.path('download')
        self.start(folder).end_well(20)
        before = self.keep(folder, 'person')
        self.sweep('a check', before, '--check')


class KillAtAnyMoment(FaultCase):
    """64 MiB in pieces of 64 KiB in the long run, a part of it else."""

    seconds = 1500 if IS_LONG else 100

    def _make_source(self):
        return self.stage.make_sample(size=(64 if IS_LONG else 16) * KIB * KIB)

    def test_what_was_durable_is_there(self):
        """Each cycle goes on where the one before was killed; when complete, it begins anew."""
        dice = random.Random(5)
        folder = self.stage.path('download')
        n_complete = 0
        for cycle in range(N_CYCLES):
            with case(f'cycle {cycle}'):
                leecher = self.start(folder, f'--max-download={dice.choice((8, 32, 64))}M')
                moment = dice.uniform(0.05, 0.8)
                leecher.process._reap(moment)
                leecher.process.kill()
                told = max([event['durable'] for event in leecher.events if 'durable' in event], default=0)
                n = self.assert_claims_hold(folder)
                self.assertGreaterEqual(n * self.content.piece, told)
                self.assert_nobody_elses_touched()
                if leecher.process.exit_code == 0:
                    n_complete += 1
                    self.assert_same_files(self.made, folder)
                    shutil.rmtree(folder)
                    shutil.rmtree(self.state())
                    folder.mkdir()
        self.assert_completes(folder, seconds=60)
        print(f'# {N_CYCLES} kills, {n_complete} times complete')

    def test_what_was_written_is_not_fetched_again(self):
        """A kill costs only what had not been written: no sync is needed for that."""
        folder = self.stage.path('download')
        size = self.made.size
        leecher = self.start(folder, '--max-download=16M')
        done = leecher.wait_for_status(lambda state: state['done'] > size / 3, 'a third of it')['done']
        leecher.process.kill()
        again = self.assert_completes(folder)
        self.assertLessEqual(again.last('session_downloaded'), size - done)

    def test_durable_comes_within_five_seconds(self):
        """While bytes keep coming, what is told to be durable is never more than 5 s behind."""
        folder = self.stage.path('download')
        leecher = self.start(folder, '--max-download=2M')
        state = leecher.wait_for_status(lambda state: state['done'] > 0, 'the first piece')
        first = state['done']
        told = leecher.wait_for_status(lambda state: state['durable'] >= first, 'it to be durable', 5)
        self.assertLess(told['seconds'] - state['seconds'], 5)
        leecher.process.kill()
        n = self.assert_claims_hold(folder)
        self.assertGreaterEqual(n * self.content.piece, first)

    def test_killed_with_half_a_piece(self):
        """What we ourselves began is no foreign file at the next start."""
        folder = self.stage.path('download')
        leecher = self.start(folder, rules=f'call=pwrite path={folder}/* at=1 do=torn:1000')
        self.assertEqual(leecher.process.wait(20), KILLED)
        self.assert_completes(folder)


if __name__ == '__main__':
    runner.main()
