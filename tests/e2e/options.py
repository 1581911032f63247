"""What the options promise."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import json
import shutil

from lib import bencode, runner, sample
from lib.case import Case
from lib.clients import Btfw

KIB = 1024


class Check(Case):
    """--check verifies what is there, and nothing more."""

    def check(self, made):
        """The exit code."""
        btfw = Btfw(self.stage, 1)
        btfw.check(made)
        return btfw.process.wait(10)

    @runner.rows(('file', 'file'), ('tree', 'tree'))
    def test_complete(self, kind):
        """0 when all is there."""
        self.assertEqual(self.check(self.stage.make_torrent(self.stage.make_sample(kind))), 0)

    def test_one_wrong_byte(self):
        """1, and the file stays as it is."""
        made = self.stage.make_torrent(self.stage.make_sample())
        with open(made.root, 'r+b') as file:
            file.seek(1_000_000)
            byte = file.read(1)
            file.seek(1_000_000)
            file.write(bytes([byte[0] ^ 1]))
        before = sample.digest(made.root)
        self.assertEqual(self.check(made), 1)
        self.assertEqual(sample.digest(made.root), before)

    def test_missing_file(self):
        """1, and it is not made."""
        made = self.stage.make_torrent(self.stage.make_sample('tree'))
        (made.root / 'one byte').unlink()
        self.assertEqual(self.check(made), 1)
        self.assertFalse((made.root / 'one byte').exists())

    def test_nothing_there(self):
        """1, and nothing is made."""
        made = self.stage.make_torrent(self.stage.make_sample('tree'))
        shutil.rmtree(made.root)
        self.assertEqual(self.check(made), 1)
        self.assertFalse(made.root.exists())


class Files(Case):
    """--files downloads some of them."""

    def download(self, made, *words):
        """From a seeder of all, until it ends well."""
        seeder, leecher = Btfw(self.stage, 1), Btfw(self.stage, 2)
        seeder.seed(made)
        leecher.download(made, self.stage.path('download'), f'--peer={seeder.address}:{seeder.port}', *words)
        leecher.end_well(20)
        return sample.digests(self.stage.path('download') / made.name)

    @runner.rows(('number', '1', ['a first file']),
                 ('list', '1,3-4', ['a first file', 'docs/deeper/日本語のファイル', 'docs/Ünïcödé «quotes» & 100%.bin']),
                 ('pattern', '*.txt', ['docs/ένα αρχείο.txt']))
    def test_only(self, which, wanted):
        """Unwanted ones are not made; those that share a piece with them have the right bytes."""
        made = self.stage.make_torrent(self.stage.make_sample('tree'))
        got = self.download(made, f'--files={which}')
        everything = sample.digests(made.root)
        self.assertEqual(got, {name: everything[name] for name in wanted})

    def test_the_rest_later(self):
        """A second run without --files fetches what was left out."""
        made = self.stage.make_torrent(self.stage.make_sample('tree'))
        self.download(made, '--files=1')
        again = Btfw(self.stage, 2)
        again.download(made, self.stage.path('download'), '--peer=' + self.stage.address(1) + ':6881')
        again.end_well(20)
        self.assert_same_files(made, self.stage.path('download'))


class Seeding(Case):
    """--trust-files and --seed."""

    def test_trusted_files_are_not_checked(self):
        """It seeds at once, and what is sent is right."""
        made = self.stage.make_torrent(self.stage.make_sample(size=8_000_000))
        seeder, leecher = Btfw(self.stage, 1), Btfw(self.stage, 2)
        seeder.seed(made, '--trust-files')
        self.assertLess(seeder.process.bytes_read(), made.size / 4)
        leecher.download(made, self.stage.path('download'), f'--peer={seeder.address}:{seeder.port}')
        leecher.end_well(20)
        self.assert_same_files(made, self.stage.path('download'))

    def test_a_trusted_file_that_is_wrong_reaches_nobody(self):
        """Each piece is verified at its first use."""
        made = self.stage.make_torrent(self.stage.make_sample(), piece_length=64 * KIB)
        with open(made.root, 'r+b') as file:
            file.seek(1_000_000)
            file.write(bytes(16))
        seeder, leecher = Btfw(self.stage, 1), Btfw(self.stage, 2)
        seeder.seed(made, '--trust-files')
        leecher.download(made, self.stage.path('download'), f'--peer={seeder.address}:{seeder.port}')
        state = leecher.wait_for_status(lambda state: state['pieces_have'] == made.n_pieces - 1, 'all but one piece')
        self.assertEqual(state['wasted'], 0)
        self.assertFalse(leecher.last('complete'))

    def test_seeds_until_the_ratio(self):
        """--seed=1 ends when each byte was sent once."""
        made = self.stage.make_torrent(self.stage.make_sample())
        seeder, leecher = Btfw(self.stage, 1), Btfw(self.stage, 2)
        seeder.seed(made, '--seed=1')
        leecher.download(made, self.stage.path('download'), f'--peer={seeder.address}:{seeder.port}')
        leecher.end_well(20)
        seeder.end_well(10)
        self.assertGreaterEqual(seeder.last('ratio'), 1)

    def test_seed_does_not_take_the_next_word(self):
        """`btfw --seed file.torrent` has a file."""
        made = self.stage.make_torrent(self.stage.make_sample())
        btfw = Btfw(self.stage, 1)
        btfw.run_session(f'--dir={made.root.parent}', '--seed', made.path)
        btfw.wait_for_event('complete')


class Sharing(Case):
    """btfw create, show and share."""

    def test_what_is_shared_can_be_downloaded_by_the_line_printed(self):
        """From the URL alone."""
        root = self.stage.make_sample('tree')
        sharing, leecher = Btfw(self.stage, 1), Btfw(self.stage, 2)
        sharing.run_session(root, command=['share'])
        url = sharing.wait_for_event('share')['url']
        leecher.run_session(f'--dir={self.stage.path("download")}', url)
        leecher.end_well(20)
        self.assertEqual(sample.digests(self.stage.path('download') / root.name), sample.digests(root))

    @runner.rows(('file', 'file'), ('tree', 'tree'))
    def test_created_torrents_are_the_same_as_ours(self, kind):
        """The info dictionary, read with another decoder, hashes the same pieces."""
        root = self.stage.make_sample(kind)
        target = self.stage.folder / 'created.torrent'
        btfw = Btfw(self.stage, 1)
        btfw.run('create', root, '-o', target, '--piece-size=64KiB', '--tracker=http://tracker.example/announce',
                 '--private', '--comment=a remark')
        btfw.end_well(10)
        made = self.stage.make_torrent(root, piece_length=64 * KIB)
        outer = bencode.decode(target.read_bytes())
        self.assertEqual(outer[b'info'][b'private'], 1)
        self.assertEqual(outer[b'announce'], b'http://tracker.example/announce')
        self.assertEqual(outer[b'comment'], b'a remark')
        self.assertEqual(outer[b'info'][b'piece length'], 64 * KIB)
        if kind == 'file':
            self.assertEqual(outer[b'info'][b'pieces'], made.info['pieces'])

    def test_show_tells_programs(self):
        """The same numbers as ours."""
        made = self.stage.make_torrent(self.stage.make_sample('tree'), private=True)
        btfw = Btfw(self.stage, 1)
        btfw.run('show', '--json', made.path)
        btfw.end_well(5)
        told = json.loads(btfw.process.output)
        self.assertIn(made.info_hash.hex(), btfw.process.output)
        self.assertIn('sample', json.dumps(told))


class Progress(Case):
    """--progress=json."""

    def test_every_line_is_an_object(self):
        """With the keys that the manual promises."""
        made = self.stage.make_torrent(self.stage.make_sample(size=4_000_000))
        seeder, leecher = Btfw(self.stage, 1), Btfw(self.stage, 2)
        seeder.seed(made)
        leecher.download(made, self.stage.path('download'), f'--peer={seeder.address}:{seeder.port}')
        leecher.end_well(20)
        events = leecher.events
        self.assertTrue(all({'event', 'time', 'torrent'} <= event.keys() for event in events))
        self.assertEqual([event['event'] for event in events if event['event'] not in ('progress', 'notice')],
                         ['added', 'complete', 'end', 'exit'])
        self.assertEqual(events[-1]['code'], 0)
        last = leecher.events_called('end')[0]
        self.assertEqual((last['done'], last['size'], last['complete']), (made.size, made.size, True))
        self.assertEqual(last['info_hash'], made.info_hash.hex())

    @runner.rows(('rarest', '--picker=rarest'), ('sequential', '--picker=sequential'),
                 ('full', '--storage=file,allocate=full'))
    def test_with(self, word):
        """Each shipped plugin downloads the same bytes."""
        made = self.stage.make_torrent(self.stage.make_sample('tree'))
        seeder, leecher = Btfw(self.stage, 1), Btfw(self.stage, 2)
        seeder.seed(made)
        leecher.download(made, self.stage.path('download'), f'--peer={seeder.address}:{seeder.port}', word)
        leecher.end_well(20)
        self.assert_same_files(made, self.stage.path('download'))


if __name__ == '__main__':
    runner.main()
