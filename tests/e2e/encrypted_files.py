"""Files that are encrypted on the disk: downloaded, gone on with, served; with a wrong key, and when somebody changed them."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import random
import re

from lib import crypt, runner
from lib.case import Case
from lib.clients import OTHERS, Btfw

KIB = 1024
LARGE = 'zz/🦆 last'


class Encrypted(Case):
    """A person with a key, and a torrent whose files end nowhere near the ends of pieces."""

    seconds = 60
    sample = 'tree'
    piece_length = 32 * KIB
    size = 1_234_567

    def setUp(self):
        super().setUp()
        crypt.require()
        self.tracker = self.stage.start_tracker()
        self.made = self.stage.make_torrent(self.stage.make_sample(self.sample, size=self.size),
                                            piece_length=self.piece_length, trackers=[self.tracker.url])
        self.folder = self.stage.path('download')
        self.key_file = self.stage.folder / 'the key'
        self.make_key()
        self.vault = crypt.Vault(self.made, self.key_file.read_bytes())

    def make_key(self, seed=1):
        """Bytes that nobody else may read."""
        self.key_file.write_bytes(random.Random(seed).randbytes(32))
        self.key_file.chmod(0o600)

    def storage(self, above='', below='', settings=''):
        """The stack, as a word."""
        return f'--storage={above}crypt,key-file={self.key_file}{settings}+{below}file'

    def start(self, *words, storage=None, **arguments):
        """A run of the person, who wants it encrypted."""
        run = Btfw(self.stage, 2)
        run.download(self.made, self.folder, storage or self.storage(), *words, home='person', **arguments)
        return run

    def start_seeder(self, upload_limit=0):
        """btfw with the plain files."""
        seeder = Btfw(self.stage, 1)
        seeder.seed(self.made, upload_limit=upload_limit)
        return f'--peer={seeder.address}:{seeder.port}'

    def assert_encrypted(self):
        """On the disk is what opens to the right bytes, under the right names, and none of the bytes themselves."""
        plain = self.vault.read_all(self.folder)
        for path in self.vault.places:
            source = (self.made.root.parent / path).read_bytes()
            self.assertEqual(plain[path], source, path)
            data = (self.folder / path).read_bytes()
            self.assertEqual(len(data), self.vault.size_of(path))
            for at in range(0, len(source) - 32, 4 * KIB):
                self.assertNotIn(source[at:at + 32], data, path)

    def change(self, path, at, data):
        """As somebody would who can write to the disk."""
        with open(self.folder / path, 'r+b') as file:
            file.seek(at)
            file.write(data)


class WithOthers(Encrypted):
    """What other clients send is encrypted here, and served to them as it was."""

    seconds = 90

    @runner.rows(('aes', 'libtorrent', 'aes-256-gcm'), ('chacha', 'aria2', 'chacha20-poly1305'))
    def test_round(self, client, cipher):
        """From another client, and to another one in the next run, which hashes nothing."""
        storage = self.storage(settings=f',cipher={cipher}')
        seeder = OTHERS[client](self.stage, 1)
        seeder.seed(self.made)
        self.tracker.wait_for_seed(self.made, 40)
        self.start(storage=storage).end_well(40)
        self.assert_encrypted()
        seeder.process.stop()

        ours = self.start('--seed')
        ours.wait_until_listening()
        ours.wait_for_event('complete')
        self.assertLess(ours.process.bytes_read(), self.made.size / 2)
        leecher = OTHERS[client](self.stage, 3)
        leecher.download(self.made, self.stage.path('plain'))
        leecher.wait_until_complete(30)
        self.assert_same_files(self.made, self.stage.path('plain'))

    @runner.rows(('fault_above', 'fault+', ''), ('fault_below', '', 'fault+'),
                 ('failing_below', '', r'fault,rate=0.2,ops=write;flush,kind=full,short=true,count=4+'))
    def test_in_a_stack(self, above, below):
        """With layers above and below, which fail at times."""
        peer = self.start_seeder()
        self.start(peer, storage=self.storage(above, below)).end_well(50)
        self.assert_encrypted()

    def test_some_files(self):
        """Only what is wanted is there; what shares its pieces is kept encrypted in the state folder."""
        peer = self.start_seeder()
        self.start(peer, '--files=4').end_well(20)
        there = [path for path in self.folder.rglob('*') if path.is_file() and path.stat().st_size > 0]
        self.assertEqual(len(there), 1, there)
        path = str(there[0].relative_to(self.folder))
        self.assertEqual(self.vault.decrypt(path, there[0].read_bytes()), (self.made.root.parent / path).read_bytes())
        self.start(peer, '--files=1-8').end_well(20)
        self.assert_encrypted()


class Keys(Encrypted):
    """What is wrong with a key is said of the key."""

    def assert_refused(self, *texts):
        """It ends at once and with all of these in its sentences."""
        run = self.start()
        self.assertEqual(run.process.wait(10), 1)
        for text in texts:
            self.assertIn(text, run.notices)

    def test_wrong_key(self):
        """With what was downloaded under another one; which then still is there."""
        peer = self.start_seeder()
        self.start(peer).end_well(20)
        before = {path: path.read_bytes() for path in self.folder.rglob('*') if path.is_file()}
        self.make_key(2)
        self.assert_refused('another key', str(self.key_file), str(self.folder))
        self.assertEqual({path: path.read_bytes() for path in self.folder.rglob('*') if path.is_file()}, before)
        self.make_key(1)
        self.start().end_well(10)

    def test_key_that_others_may_read(self):
        self.key_file.chmod(0o644)
        self.assert_refused(f"chmod 600 '{self.key_file}'")

    def test_no_key(self):
        self.key_file.unlink()
        self.assert_refused(str(self.key_file), 'head -c 32 /dev/urandom')

    def test_plain_files_are_left_alone(self):
        """Of a download that was not encrypted."""
        peer = self.start_seeder()
        self.start(peer, storage='--storage=file').end_well(20)
        self.assert_refused('not encrypted')
        self.assert_same_files(self.made, self.folder)

    def test_key_that_is_made(self):
        """Without a word of where it is, it is in the person's configuration, and the same one the next time."""
        peer = self.start_seeder()
        self.start(peer, storage='--storage=crypt+file').end_well(20)
        made = list((self.stage.folder / 'homes' / 'person').rglob('storage-crypt.key'))
        self.assertEqual(len(made), 1)
        self.assertEqual(made[0].stat().st_mode & 0o777, 0o600)
        self.vault.key = made[0].read_bytes()
        self.assert_encrypted()
        self.start('--check', storage='--storage=crypt+file').end_well(20)


class Changed(Encrypted):
    """Somebody had their hands on the disk."""

    def setUp(self):
        super().setUp()
        self.peer = self.start_seeder()
        self.start(self.peer).end_well(20)
        self.path = f'{self.made.name}/{LARGE}'
        self.at, self.length = self.vault.place_of(self.path, 600_000)

    def assert_mended(self, run, most=64 * KIB):
        """By what was changed, and not much more."""
        run.end_well(20)
        self.assertLessEqual(run.last('session_downloaded'), most)
        self.assert_encrypted()

    def test_changed_sector(self):
        """Is named with its file and place, and comes anew."""
        self.change(self.path, self.at + 5, b'?')
        run = self.start(self.peer)
        self.assert_mended(run)
        self.assertIn('tampered', run.notices)
        self.assertIn(LARGE, run.notices)
        place = int(re.search(r'at (\d+) in the encrypted file', run.notices).group(1))
        self.assertEqual(place, self.at)

    def test_changed_under_a_seeder(self):
        """Nothing wrong is sent; that piece is told to be lost, and the rest is served."""
        run = self.start('--seed', self.peer)
        run.wait_until_listening()
        run.wait_for_event('complete')
        self.change(self.path, self.at + self.length - 20, b'?')
        leecher = Btfw(self.stage, 3)
        leecher.download(self.made, self.stage.path('plain'), f'--peer={run.address}:{run.port}')
        leecher.end_well(30)
        self.assert_same_files(self.made, self.stage.path('plain'))
        self.assertIn('tampered', run.notices)

    def test_wiped_sector(self):
        """Is missing, as if it had never come."""
        self.change(self.path, self.at, bytes(self.length))
        run = self.start(self.peer)
        self.assert_mended(run)
        self.assertNotIn('tampered', run.notices)

    def test_exchanged_sectors(self):
        """Each is whole, but not there."""
        data = (self.folder / self.path).read_bytes()
        self.change(self.path, self.at, data[self.at + self.length:self.at + 2 * self.length])
        run = self.start(self.peer)
        self.assert_mended(run)
        self.assertIn('tampered', run.notices)

    def test_file_that_was_cut(self):
        """The pieces behind the cut come anew."""
        with open(self.folder / self.path, 'r+b') as file:
            file.truncate(self.at + 100)
        self.assert_mended(self.start(self.peer), 700_000)

    def test_file_that_was_removed(self):
        """Comes anew, with a header of its own."""
        (self.folder / self.path).unlink()
        self.assert_mended(self.start(self.peer), 1_400_000)


class Killed(Encrypted):
    """kill -9 in the middle, again and again."""

    sample = 'file'
    size = 16_000_000
    piece_length = 128 * KIB
    seconds = 100

    def test_goes_on(self):
        """What was verified is not fetched again, and nothing that is there is called tampered with."""
        peer = self.start_seeder(upload_limit=8_000_000)
        dice = random.Random(3)
        done = 0
        for part in (0.2, 0.4, 0.6, 0.8):
            run = self.start(peer)
            done = run.wait_for_status(lambda state, least=part: state['done'] > least * self.size, f'{part} of it')['done']
            run.process._reap(dice.uniform(0, 0.2))
            run.process.kill()
            self.assertNotIn('tampered', run.notices)
        run = self.start(peer)
        run.end_well(20)
        self.assertNotIn('tampered', run.notices)
        self.assertLessEqual(run.last('session_downloaded'), self.size - done + 4 * self.piece_length)
        self.assert_encrypted()


if __name__ == '__main__':
    runner.main()
