"""What is remembered is damaged, foreign, or of another version: it is set aside by name, and nothing is lost."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import hashlib
import os
import shutil
import time
from pathlib import Path

from faults import FIELDS, MAGIC, FaultCase, read_record
from lib import bencode, namespace, runner, sample
from lib.clients import Btfw

STORED = Path(__file__).parent / 'stored'
NOBODY = 65534
DAMAGE = 'was set aside as'


def make_record(body, version=1):
    """A record around a dictionary, with a checksum that is right."""
    data = bencode.encode(body)
    fields = FIELDS.pack(MAGIC, version, 0, len(data))
    return fields + hashlib.sha256(fields + data).digest() + data


class Records(FaultCase):
    """A complete torrent whose record somebody changes."""

    seconds = 60

    def setUp(self):
        super().setUp()
        self.folder = self.stage.path('download')
        self.start(self.folder).end_well(20)
        self.seeder.process.stop()
        self.key = self.find_keys()[0]
        self.path = next(self.state().rglob(self.key))
        self.older = self.path.with_name(self.key + '.old')

    def again(self, *words):
        """Another start, without anybody to download from."""
        return self.start(self.folder, *words, peer=False)

    def assert_complete_without_a_byte(self, run):
        """All that was there is there."""
        run.end_well(20)
        self.assertEqual(run.last('session_downloaded'), 0)
        self.assert_same_files(self.made, self.folder)

    def put(self, path, how):
        """Puts something in a record's place."""
        whole = path.read_bytes()
        path.unlink()
        if how == 'directory':
            (path / 'with').mkdir(parents=True)
        elif how == 'link':
            path.symlink_to(self.canary / 'theirs')
        elif how == 'fifo':
            os.mkfifo(path)
        elif how == 'huge':
            with open(path, 'wb') as file:
                file.write(whole)
                file.truncate(1 << 30)
        elif how == 'empty':
            path.write_bytes(b'')
        elif how == 'cut':
            path.write_bytes(whole[:len(whole) // 2])
        elif how == 'flipped':
            path.write_bytes(whole[:-3] + bytes([whole[-3] ^ 4]) + whole[-2:])
        elif how == 'another torrent':
            path.write_bytes(make_record(read_record(whole) | {b'info-hash': b'0' * 40}))
        elif how == 'another folder':
            path.write_bytes(make_record(read_record(whole) | {b'dir': b'/elsewhere'}))
        elif how == 'no dictionary':
            path.write_bytes(make_record({b'version': 1}))

    @runner.rows(*((how.replace(' ', '_'), how) for how in (
        'directory', 'link', 'fifo', 'huge', 'empty', 'cut', 'flipped', 'another torrent', 'another folder', 'no dictionary')))
    def test_the_older_one_is_used(self, how):
        """With nothing hashed but what it does not say; the other is kept, and named."""
        self.put(self.path, how)
        run = self.again()
        self.assert_complete_without_a_byte(run)
        self.assertIn(DAMAGE, run.notices)
        self.assertTrue(self.path.with_name(self.key + '.damaged-1').exists() or
                        self.path.with_name(self.key + '.damaged-1').is_symlink())
        self.assert_nobody_elses_touched()
        silent = self.again()
        self.assert_complete_without_a_byte(silent)
        self.assertEqual(silent.notices.strip(), '')

    @runner.rows(('directory', 'directory'), ('huge', 'huge'), ('cut', 'cut'), ('another_torrent', 'another torrent'))
    def test_without_any_it_looks_at_the_files(self, how):
        """Both generations are of no use. Other torrents of the session are not concerned."""
        self.put(self.path, how)
        self.put(self.older, how)
        other = self.stage.make_torrent(self.stage.make_sample(name='other'), 'other.torrent')
        shutil.copy2(other.root, self.folder / other.name)
        run = self.again(other.path)
        run.end_well(20)
        self.assertIn(DAMAGE, run.notices)
        self.assertEqual(len(run.events_called('complete')), 2)
        self.assert_same_files(self.made, self.folder)

    def test_of_a_newer_form(self):
        """It says so, and touches neither the record nor the files."""
        data = make_record(read_record(self.path.read_bytes()), version=2)
        self.path.write_bytes(data)
        run = self.again()
        self.assertEqual(run.process.wait(10), 1)
        self.assertIn('newer version', run.notices)
        self.assertEqual(self.path.read_bytes(), data)
        self.assert_same_files(self.made, self.folder)

    def test_of_a_newer_version(self):
        """It is kept for the newer one, and the files are looked at."""
        data = make_record(read_record(self.path.read_bytes()) | {b'version': 2})
        self.path.write_bytes(data)
        run = self.again()
        self.assert_complete_without_a_byte(run)
        self.assertIn('newer version', run.notices)
        self.assertEqual(self.path.with_name(self.key + '.newer-1').read_bytes(), data)


class Accounts(FaultCase):
    """Somebody else than root, for whom permissions count."""

    seconds = 60

    def setUp(self):
        super().setUp()
        if namespace.current.is_mapped_user:
            self.skipTest('there is only one account in a user namespace')
        self.folder = self.stage.path('download')
        self.give(self.folder)

    def give(self, *paths):
        """Files and folders become theirs."""
        for path in paths:
            for part in (path, *path.rglob('*')):
                os.chown(part, NOBODY, NOBODY, follow_symlinks=False)

    def start_as_it_is(self, folder, *words, user=NOBODY, **arguments):
        """A run under that account, which owns what it owns."""
        return self.start(folder, *words, user=user, **arguments)

    def start_as(self, folder, *words, **arguments):
        """A run under that account, which owns its home."""
        self.stage.environment('person')
        self.give(self.stage.folder / 'homes' / 'person')
        return self.start_as_it_is(folder, *words, **arguments)

    def test_it_works_for_everybody(self):
        """From beginning to end, and again."""
        self.start_as(self.folder).end_well(20)
        self.assert_same_files(self.made, self.folder)
        again = self.start_as(self.folder)
        again.end_well(20)
        self.assertEqual(again.last('session_downloaded'), 0)

    def test_unreadable_record(self):
        """The older one is used."""
        self.start_as(self.folder).end_well(20)
        path = next(self.state().rglob(self.find_keys()[0]))
        path.chmod(0)
        run = self.start_as(self.folder)
        run.end_well(20)
        self.assertIn(DAMAGE, run.notices)
        self.assertEqual(run.last('session_downloaded'), 0)

    @runner.rows(('read_only', 0o555), ('closed', 0))
    def test_a_folder_without_permission(self, mode):
        """It names the folder and the cause, and ends; after a chmod it works."""
        self.folder.chmod(mode)
        run = self.start_as(self.folder)
        self.assertEqual(run.process.wait(10), 1)
        self.assertIn(str(self.folder), run.notices)
        self.assertIn('ermission', run.notices)
        self.folder.chmod(0o755)
        self.start_as(self.folder).end_well(20)

    def test_a_folder_of_somebody_else(self):
        """A torrent folder in it that is not ours."""
        theirs = self.folder / self.made.name
        theirs.mkdir()
        run = self.start_as(self.folder)
        state = run.wait_for_status(lambda state: state['error'], 'it to say so')
        self.assertIn(str(self.folder), state['error'])
        self.give(theirs)
        run.end_well(30)
        self.assert_same_files(self.made, self.folder)

    def test_permission_that_goes_while_it_runs(self):
        """It waits, and goes on by itself when it is given back."""
        run = self.start_as(self.folder, '--max-download=30K')
        run.wait_for_status(lambda state: state['done'] > 0, 'the first piece')
        (self.folder / self.made.name).chmod(0o555)
        for path in (self.folder / self.made.name).rglob('*'):
            path.chmod(0o555 if path.is_dir() else 0o444)
        run.wait_for_status(lambda state: state['error'], 'it to say so')
        self.assertIn(str(self.folder), run.last('error') or run.notices)
        for path in (self.folder / self.made.name, *(self.folder / self.made.name).rglob('*')):
            path.chmod(0o755 if path.is_dir() else 0o644)
        run.end_well(40)
        self.assert_same_files(self.made, self.folder)

    def test_no_place_to_remember(self):
        """Says so, and downloads all the same or ends with a sentence."""
        self.stage.environment('person')
        self.give(self.stage.folder / 'homes' / 'person')
        self.stage.path('homes/person/state').chmod(0o555)
        run = self.start_as(self.folder)
        code = run.process.wait(20)
        self.assertIn(code, (0, 1))
        self.assertIn('state', run.notices)
        if code == 0:
            self.assert_same_files(self.made, self.folder)

    def test_a_lock_that_another_account_holds(self):
        """With one state folder for both: the second ends within 2 s and says who holds it."""
        first = self.start_as(self.folder, '--max-download=10K')
        first.wait_for_status(lambda state: state['done'] > 0, 'the first piece')
        second = Btfw(self.stage, 3)
        second.download(self.made, self.folder, self.peer, home='person')
        start = time.monotonic()
        self.assertEqual(second.process.wait(2), 1)
        self.assertLess(time.monotonic() - start, 2)
        self.assertIn(str(first.process.pid), second.notices)

    def test_a_lock_left_by_another_account(self):
        """Root was killed; what it left is taken by whoever may."""
        first = self.start_as(self.folder, '--max-download=10K', user=0)
        first.wait_for_status(lambda state: state['done'] > 0, 'the first piece')
        first.process.kill()
        lock = next(self.state().rglob('*.lock'))
        self.give(self.folder, self.state())
        os.chown(lock, 0, 0)
        run = self.start_as_it_is(self.folder)
        run.end_well(20)
        self.assert_same_files(self.made, self.folder)


class Stored(FaultCase):
    """What earlier versions wrote, under the path at which they did."""

    seconds = 60
    place = Path('/mnt/btfw-stored')

    def setUp(self):
        super().setUp()
        namespace.mount_tmpfs('/mnt', 'mode=0755')
        self.addCleanup(namespace.unmount, '/mnt')
        self.place.mkdir()

    def lay_out(self, version):
        """Files as they were, with their times, and the state folder."""
        shutil.copytree(self.made.root, self.place / self.made.name)
        for path in (self.place / self.made.name).rglob('*'):
            os.utime(path, ns=(0, 1_700_000_000_000_000_000))
        self.stage.environment('person')
        shutil.copytree(STORED / version, self.state(), dirs_exist_ok=True)

    @runner.rows(*((path.name.replace('.', '_'), path.name) for path in sorted(STORED.iterdir())))
    def test_is_taken(self, version):
        """Nothing is hashed again: all is durable as soon as it starts."""
        self.lay_out(version)
        run = self.start(self.place, '--seed', peer=False)
        state = run.wait_for_status(lambda state: state['state'] == 'seeding', 'it to seed')
        self.assertEqual(state['durable'], self.made.size)
        self.assertEqual(run.notices.strip(), '')
        run.process.stop()
        before = read_record((STORED / version / self.find_keys()[0]).read_bytes())
        after = self.record()
        for key in (b'added', b'completed', b'downloaded', b'have'):
            self.assertEqual(after[key], before[key], key)
        self.assertEqual(sample.digests(self.place / self.made.name), sample.digests(self.made.root))


if __name__ == '__main__':
    runner.main()
