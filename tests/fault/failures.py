"""Calls that fail, fall short or take long: the program says what is wrong, loses nothing, and goes on by itself."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import datetime
import os
import re
import shutil
import signal
import stat
import time

from faults import IS_LONG, KIB, FaultCase, case
from lib import namespace, runner, sample
from lib.clients import Btfw
from lib.waiting import TIME_FACTOR, hold, wait_for

ERRORS = ('EIO', 'ENOSPC', 'EMFILE')
# Another one each day, so that in time the normal suite meets every call, too.
SEED = int(os.environ.get('BTFW_FAULT_SEED') or datetime.date.today().toordinal())
STOP_SECONDS = 3
MS_BIND = 4096


def choose_of_each_kind(lines, turn):
    """The numbers of some of the calls that a log has: of each kind of call on each kind of file one, over all errors."""
    kinds = {}
    for number, line in enumerate(lines, 1):
        fields = line.split('\t')
        name = re.sub(r'[0-9a-f]{16,}|[0-9]+', '#', os.path.basename(fields[7]))
        kinds.setdefault((fields[1], name), []).append(number)
    chosen = [numbers[SEED % len(numbers)] for i, numbers in enumerate(kinds.values()) if (i + SEED) % len(ERRORS) == turn]
    return sorted(chosen)


class FailEveryCall(FaultCase):
    """The whole of a small download; once for each call, which then fails with EIO."""

    seconds = 900 if IS_LONG else 110
    calls = 'call=@open,@read,@write,@name,@sync,ftruncate,stat,close,flock path={}/*'

    def run_once(self, folder, number, error):
        """One run with one fault. It may go on or end, but must say so and be stoppable."""
        rules = self.calls.format(self.stage.folder) + f' at={number} do=fail:{error}'
        run = self.start(folder, rules=rules)
        wait_for(lambda: not run.process.is_running or run.last('error') or run.events_called('notice'), 15,
                 'it to end or to say what is wrong')
        if run.process.is_running and not run.process._reap(0.05):
            run.process.signal(signal.SIGTERM)
        code = run.process.wait(STOP_SECONDS)
        self.assertIn(code, (0, 1, 2, 143))  # 2: of its own settings
        if code in (1, 2):
            self.assertNotEqual(run.notices.strip() + str(run.last('error') or ''), '')

    @runner.rows(*((error, error) for error in ERRORS))
    def test_each(self, error):
        """After it, no claim is wrong, nobody else's file was touched, and the next start completes."""
        folder = self.stage.path('download')
        log = self.stage.folder / 'calls'
        self.start(folder, rules=self.calls.format(self.stage.folder) + f' do=log:{log}').end_well(20)
        lines = log.read_text().splitlines()
        n_calls = len(lines)
        for number in range(1, n_calls + 1) if IS_LONG else choose_of_each_kind(lines, ERRORS.index(error)):
            with case(f'call {number} of {n_calls} failed, seed {SEED}'):
                shutil.rmtree(folder)
                folder.mkdir()
                shutil.rmtree(self.stage.folder / 'homes' / 'person')
                self.run_once(folder, number, error)
                self.assert_claims_hold(folder)
                self.assert_nobody_elses_touched()
                self.assert_completes(folder)


class OneFault(FaultCase):
    """A certain call fails for a while."""

    seconds = 60

    @runner.rows(('write_EIO', 'pwrite', 'EIO'), ('write_ENOSPC', 'pwrite', 'ENOSPC'), ('write_EDQUOT', 'pwrite', 'EDQUOT'),
                 ('write_EROFS', 'pwrite', 'EROFS'), ('create_EACCES', 'create', 'EACCES'))
    def test_goes_on_after(self, call, error):
        """It names the file, waits, tries again by itself, and completes; the peer is not blamed."""
        folder = self.stage.path('download')
        run = self.start(folder, rules=f'call={call} path={folder}/* at=1-2 do=fail:{error}')
        state = run.wait_for_status(lambda state: state['error'], 'the fault')
        self.assertIn(str(folder), state['error'])
        run.end_well(30)
        self.assert_same_files(self.made, folder)

    def test_what_cannot_be_synced_is_not_durable(self):
        """It says so, and goes on downloading."""
        folder = self.stage.path('download')
        run = self.start(folder, '--seed', rules=f'call=fsync path={folder}/* do=fail:EIO')
        run.wait_for_event('complete')
        wait_for(lambda: 'sync' in run.notices, 10, 'it to say so')
        run.process.stop()
        self.assertEqual(max(event['durable'] for event in run.events if 'durable' in event), 0)
        self.assertEqual(self.assert_claims_hold(folder), 0)
        self.assert_completes(folder)

    @runner.rows(('rename', 'rename'), ('fsync', 'fsync'), ('create', 'create'), ('write', 'write'))
    def test_a_record_that_cannot_be_written(self, call):
        """Costs no byte of what is here, and is told."""
        folder = self.stage.path('download')
        run = self.start(folder, rules=f'call={call} path={self.state()}/*-* do=fail:EIO')
        code = run.process.wait(20)
        self.assertIn(code, (0, 1))
        if code == 0:
            self.assertIn('remembered', run.notices)
        self.assert_completes(folder)

    def test_one_byte_at_a_time(self):
        """Short reads and writes."""
        folder = self.stage.path('download')
        run = self.start(folder, rules=f'call=@read,@write path={folder}/* do=short:1; '
                                       f'call=@read,@write path={self.state()}/* do=short:1')
        run.end_well(40)
        self.assert_same_files(self.made, folder)
        self.assertEqual(self.assert_claims_hold(folder), len(self.content.hashes))
        again = self.start(folder, '--check', rules=f'call=@read path={folder}/* do=short:1')
        again.end_well(40)
        self.assertEqual(again.last('session_downloaded'), 0)

    def test_interrupted_every_second_time(self):
        """EINTR."""
        folder = self.stage.path('download')
        run = self.start(folder, rules=f'call=@open,@read,@write,fallocate,ftruncate,flock path={self.stage.folder}/* '
                                       'at=1/2 do=fail:EINTR')
        run.end_well(30)
        self.assert_same_files(self.made, folder)
        self.assertEqual(self.assert_claims_hold(folder), len(self.content.hashes))

    @runner.rows(('ten_years_on', 315_360_000), ('ten_years_back', -315_360_000), ('a_day_on', 86_400),
                 ('a_day_back', -86_400))
    def test_the_clock_jumps(self, shift):
        """In the middle of a download, and back at the next start: nothing is announced more, no rate is negative."""
        folder = self.stage.path('download')
        tracker = self.stage.start_tracker()
        made = self.made
        made.trackers = (tracker.url,)
        made.write(made.path)
        run = self.start(folder, '--max-download=60K', rules=f'call=clock at=30- do=shift:{shift}')
        run.end_well(20)
        self.assert_same_files(made, folder)
        for event in run.events:
            self.assertGreaterEqual(event.get('download_rate', 0), 0)
            self.assertGreaterEqual(event.get('seconds', 0), 0)
            self.assertLess(event.get('seconds', 0), 60)
        self.assertLessEqual(len(tracker.announces), 4)
        self.assertEqual(self.assert_completes(folder).last('session_downloaded'), 0)


class System(FaultCase):
    """What the system gives a program it does not give once."""

    seconds = 100

    @runner.rows(*((f'{call}_{error}', call, error) for call, error in (
        ('pthread_create', 'EAGAIN'), ('getaddrinfo', 'ENOMEM'), ('epoll_create', 'EMFILE'), ('epoll_ctl', 'ENOMEM'),
        ('epoll_ctl', 'ENOSPC'), ('epoll_wait', 'EINTR'), ('pipe', 'EMFILE'), ('eventfd', 'EMFILE'), ('socket', 'EMFILE'), ('mmap', 'ENOMEM'))))
    def test_fails_once(self, call, error):
        """It goes without, or ends with a sentence; what is remembered stays whole."""
        folder = self.stage.path('download')
        # The fourth is GLib's own, which ends the process when it does not get it; so it is asked first
        # whether there are threads at all.
        for number in (1, 2, 3, 5, 6) if call == 'pthread_create' else (1, 2, 3, 5):
            with case(f'{call} number {number}'):
                run = self.start(folder, '--peer=localhost:1', rules=f'call={call} at={number} do=fail:{error}')
                run.process._reap(2)
                run.process.signal(signal.SIGTERM)
                code = run.process.wait(STOP_SECONDS)
                self.assertIn(code, (0, 1, 143))
                self.assertTrue(code != 1 or run.notices.strip())
                self.assert_claims_hold(folder)
        self.assert_completes(folder)


class Gone(FaultCase):
    """A file of a torrent that is seeded becomes something else."""

    seconds = 80

    def change(self, path, how):
        """What somebody does to it."""
        if how == 'truncated':
            os.truncate(path, 100)
            return
        path.unlink()
        if how == 'directory':
            path.mkdir()
        elif how == 'fifo':
            os.mkfifo(path)
        elif how == 'symlink':
            path.symlink_to(self.canary / 'theirs')
        elif how == 'device':
            os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))

    @runner.rows(*((how, how) for how in ('deleted', 'truncated', 'directory', 'fifo', 'symlink', 'device')))
    def test_while_it_is_seeded(self, how):
        """Its pieces are lost, and only these; the others are served; nothing hangs, and the next start claims no more."""
        folder = self.stage.path('download')
        seed = self.start(folder, '--seed')
        seed.wait_for_event('complete')
        seed.wait_until_listening()
        self.seeder.process.stop()
        self.change(folder / self.made.name / 'b' / 'four', how)
        n = 0
        # What is open stays good for a moment, so some may still get all of it.
        while 'four' not in seed.notices:
            n += 1
            self.assertLess(n, 40)
            other = Btfw(self.stage, 3)
            other.download(self.made, self.stage.path(f'other-{n}'), f'--peer={seed.address}:{seed.port}')
            # Who was being sent a piece of it is cut off, and comes again after 20 s.
            state = other.wait_for_status(lambda state: state['pieces_have'] >= 4, 'the pieces that are there', 40)
            wait_for(lambda: not other.process.is_running or 'four' in seed.notices, 10, 'it to end or to be told')
            other.process.kill()
        self.assertLess(state['pieces_have'], 8)
        self.assertTrue(seed.process.is_running)
        self.assertEqual(seed.process.stop(STOP_SECONDS), 143)
        self.assert_claims_hold(folder)
        self.assert_nobody_elses_touched()

    @runner.rows(('deleted', 'deleted'), ('truncated', 'truncated'))
    def test_and_nobody_asks_for_it(self, how):
        """What is written down at the end does not claim it either."""
        folder = self.stage.path('download')
        seed = self.start(folder, '--seed')
        seed.wait_for_event('complete')
        self.change(folder / self.made.name / 'b' / 'four', how)
        seed.process.stop(STOP_SECONDS)
        self.assert_claims_hold(folder)
        self.assert_completes(folder)

    def test_broken_when_it_is_read_back(self):
        """Our disk's fault: that piece is fetched again from somebody who has it, and no peer is banned."""
        folder = self.stage.path('download')
        self.start(folder).end_well(20)
        seed = self.start(folder, '--seed', rules=f'call=pread,sendfile path={folder}/* at=1 do=fail:EIO')
        seed.wait_until_listening()
        seed.wait_for_event('complete')
        other = Btfw(self.stage, 3)
        other.download(self.made, self.stage.path('other'), f'--peer={seed.address}:{seed.port}', self.peer)
        other.end_well(20)
        self.assert_same_files(self.made, self.stage.path('other'))
        self.assertNotIn('ban', seed.notices)
        self.assert_same_files(self.made, folder)


class Absent(FaultCase):
    """The drive with the save folder goes away and comes back."""

    seconds = 100
    size = 3_000_000

    def test_while_it_downloads(self):
        """It waits, writes nothing into the empty mount point, and completes when the drive is there again."""
        drive, mount_point = self.stage.path('drive'), self.stage.path('mnt')
        namespace.mount(str(drive), mount_point, None, MS_BIND)
        self.addCleanup(lambda: os.path.ismount(mount_point) and namespace.unmount(mount_point))
        run = self.start(mount_point, '--max-download=300K')
        done = run.wait_for_status(lambda state: state['done'] > 400_000, 'some of it')['done']
        namespace.unmount(mount_point)
        state = run.wait_for_status(lambda state: state['error'], 'it to miss the drive')
        self.assertIn(str(mount_point), state['error'])
        hold(lambda: not list(mount_point.iterdir()), 2, 'the mount point stays empty')
        namespace.mount(str(drive), mount_point, None, MS_BIND)
        run.end_well(60)
        self.assert_same_files(self.made, mount_point)
        self.assertLess(run.last('session_downloaded'), self.made.size + done)

    def test_at_the_start(self):
        """It waits as well, and never says that nothing is there."""
        drive, mount_point = self.stage.path('drive'), self.stage.path('mnt')
        namespace.mount('tmpfs', drive, 'tmpfs')
        self.addCleanup(namespace.unmount, drive)
        namespace.mount(str(drive), mount_point, None, MS_BIND)
        self.addCleanup(lambda: os.path.ismount(mount_point) and namespace.unmount(mount_point))
        self.start(mount_point).end_well(30)
        namespace.unmount(mount_point)
        run = self.start(mount_point, peer=False)
        run.wait_for_status(lambda state: state['error'], 'it to miss the drive')
        hold(lambda: not list(mount_point.iterdir()), 1, 'the mount point stays empty')
        namespace.mount(str(drive), mount_point, None, MS_BIND)
        run.end_well(60)
        self.assertEqual(run.last('session_downloaded'), 0)


class Slow(FaultCase):
    """Each write takes long."""

    seconds = 100
    size = 24 * KIB * KIB

    def test_the_network_is_slowed(self):
        """What has come and is not written stays within its budget, and the peer stays."""
        folder = self.stage.path('download')
        settings = self.stage.path('homes/person/config/btfw') / 'btfw.conf'
        settings.write_text('[session]\nmemory=8MiB\n')
        run = self.start(folder, rules=f'call=pwrite path={folder}/* do=delay:500')
        start = time.monotonic()
        most = 0
        while time.monotonic() - start < 5 * TIME_FACTOR and run.process.is_running:
            most = max(most, run.process.memory().get('RssAnon', 0))
            run.process._reap(0.1)
        if TIME_FACTOR == 1:
            self.assertLess(most, 20 << 20)
        self.assertNotIn('ban', run.notices)
        self.assertGreaterEqual(max(event.get('peers', 0) for event in run.events), 1)
        run.process.signal(signal.SIGTERM)
        run.process.wait(8)
        self.assert_claims_hold(folder)
        self.assert_completes(folder)


class Refused(FaultCase):
    """Somebody without the right to write there."""

    def test_read_only_folder(self):
        """It names the folder and the cause, and ends."""
        folder = self.stage.path('download')
        self.start(folder).end_well(20)
        namespace.mount(str(folder), folder, None, MS_BIND)
        namespace.mount('none', folder, None, MS_BIND | 32 | namespace.MS_RDONLY)
        self.addCleanup(namespace.unmount, folder)
        # What is complete is seeded from there all the same.
        self.start(folder, home='other').end_well(10)
        empty = self.stage.path('empty')
        namespace.mount(str(empty), empty, None, MS_BIND)
        namespace.mount('none', empty, None, MS_BIND | 32 | namespace.MS_RDONLY)
        self.addCleanup(namespace.unmount, empty)
        run = self.start(empty, home='third')
        self.assertEqual(run.process.wait(10), 1)
        self.assertIn(str(empty), run.notices)


if __name__ == '__main__':
    runner.main()
