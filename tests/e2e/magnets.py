"""Magnet links: from nothing but a hash to all files, with every other client in each direction."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import hashlib
import subprocess

from lib import bencode, runner, sample, torrent
from lib.case import Case
from lib.clients import OTHERS, Btfw
from lib.clients.libtorrent import SCRIPT, find_python
from lib.waiting import wait_for

KIB = 1024


class MagnetCase(Case):
    """What they have in common."""

    seconds = 90

    def make(self, kind='tree', **arguments):
        """A tracker, and a torrent whose description takes several blocks."""
        tracker = self.stage.start_tracker()
        arguments.setdefault('piece_length', 16 * KIB)
        size = arguments.pop('size', 20_000_000)
        made = self.stage.make_torrent(self.stage.make_sample(kind, size=size), trackers=[tracker.url], **arguments)
        return tracker, made

    def has_all(self, made, folder):
        """Whether everything is there by now."""
        target = folder / made.name
        return target.exists() and sample.digests(target) == sample.digests(made.root)


class FromOthers(MagnetCase):
    """They have it, btfw has the link."""

    @runner.rows(*((name, name, kind) for name in ('aria2', 'libtorrent', 'transmission') for kind in ('file',)),
                 ('rtorrent', 'rtorrent', 'tree'))
    def test_from(self, client, kind):
        """No second step: the right bytes, and each event told to the tracker once."""
        tracker, made = self.make(kind)
        OTHERS[client](self.stage, 1).seed(made)
        tracker.wait_for_seed(made, 60)
        btfw = Btfw(self.stage, 2)
        btfw.download_link(made.magnet, self.stage.path('download'))
        btfw.end_well(60)
        self.assert_same_files(made, self.stage.path('download'))
        own = [announce for announce in tracker.announces if announce.host == btfw.address]
        self.assertEqual([announce.event for announce in own], ['started', 'completed', 'stopped'])
        self.assertGreater(own[0].left, 0)
        states = [event['state'] for event in btfw.events if 'state' in event]
        self.assertEqual(states[0], 'metadata')
        self.assertEqual(btfw.events_called('metadata')[0]['name'], made.name)
        self.assertEqual(btfw.last('metadata_size'), len(made.metadata))


class Versions(MagnetCase):
    """Torrents of version 2 (BEP 52), as libtorrent makes them."""

    def make_with(self, kind):
        """Of both versions, or of the second alone."""
        root, path = self.stage.make_sample('tree'), self.stage.folder / f'{kind}.torrent'
        subprocess.run([find_python(), SCRIPT.with_name('make_hybrid.py'), root, path, kind], check=True)
        info = bencode.decode(path.read_bytes())[b'info']
        return torrent.Torrent(root, info[b'piece length'], [], info, path=path)

    def link_of(self, made, *kinds):
        """With these hashes."""
        hashes = {'btih': made.info_hash.hex(), 'btmh': '1220' + hashlib.sha256(made.metadata).hexdigest()}
        return 'magnet:?' + '&'.join(f'xt=urn:{kind}:{hashes[kind]}' for kind in kinds)

    @runner.rows(('libtorrent', 'libtorrent', ('btih',)), ('libtorrent_by_both', 'libtorrent', ('btih', 'btmh')),
                 ('btfw', 'btfw', ('btih', 'btmh')))
    def test_hybrid_from(self, client, kinds):
        """The description has no piece layers: it comes as a torrent of version 1, and is kept and resumed as such."""
        made = self.make_with('hybrid')
        seeder = OTHERS[client](self.stage, 1) if client in OTHERS else Btfw(self.stage, 1)
        seeder.seed(made)
        folder = self.stage.path('download')
        for _ in range(2):
            btfw = Btfw(self.stage, 2)
            btfw.download_link(self.link_of(made, *kinds), folder, f'--peer={seeder.address}:{seeder.port}')
            btfw.end_well(30)
            self.assertEqual(sample.digests(folder / made.name), sample.digests(made.root))

    def test_hybrid_is_fetched(self):
        """As a file that can be used."""
        made = self.make_with('hybrid')
        seeder = Btfw(self.stage, 1)
        seeder.seed(made)
        btfw, target = Btfw(self.stage, 2), self.stage.folder / 'fetched.torrent'
        btfw.run('fetch', f'--bind={btfw.address}', f'--peer={seeder.address}:{seeder.port}', f'--output={target}',
                 self.link_of(made, 'btih', 'btmh'))
        btfw.end_well(20)
        self.assertEqual(bencode.decode(target.read_bytes())[b'info'], made.info)
        checker = Btfw(self.stage, 3)
        checker.run_session('--check', f'--dir={made.root.parent}', target)
        checker.end_well(20)

    def test_version_2_alone(self):
        """Link and file are refused with a sentence that says why."""
        made = self.make_with('v2')
        for number, words in enumerate(([self.link_of(made, 'btmh')], [made.path], ['fetch', self.link_of(made, 'btmh')])):
            btfw = Btfw(self.stage, 4 + number)
            btfw.run(*words)
            self.assertEqual(btfw.process.wait(10), 1)
            self.assertIn('v2-only torrent, which btfw cannot download yet', btfw.process.errors)


class ToOthers(MagnetCase):
    """btfw has it, they have the link."""

    seconds = 120

    @runner.rows(*((name, name) for name in ('aria2', 'libtorrent', 'transmission', 'rtorrent')))
    def test_to(self, client):
        """They get the description from btfw, and then the files."""
        tracker, made = self.make('file', size=3_000_000)
        Btfw(self.stage, 1).seed(made)
        tracker.wait_for_seed(made)
        leecher = OTHERS[client](self.stage, 2)
        leecher.download_link(made.magnet, self.stage.path('download'))
        wait_for(lambda: self.has_all(made, self.stage.path('download')), 60 + leecher.slowness,
                 f'{client} to have everything')


class Among(MagnetCase):
    """btfw and btfw."""

    def test_several_who_all_have_only_the_link(self):
        """One seed, three links: they tell one another, too."""
        tracker, made = self.make('file', size=4_000_000)
        Btfw(self.stage, 1).seed(made)
        tracker.wait_for_seed(made)
        leechers = [Btfw(self.stage, number) for number in (2, 3, 4)]
        for leecher in leechers:
            leecher.download_link(made.magnet, self.stage.path(f'download-{leecher.number}'))
        for leecher in leechers:
            leecher.end_well(40)
            self.assert_same_files(made, self.stage.path(f'download-{leecher.number}'))

    def test_private(self):
        """Its own tracker is all that it needs."""
        tracker, made = self.make('file', size=2_000_000, private=True)
        Btfw(self.stage, 1).seed(made)
        tracker.wait_for_seed(made)
        leecher = Btfw(self.stage, 2)
        leecher.download_link(made.magnet, self.stage.path('download'))
        leecher.end_well(20)
        self.assert_same_files(made, self.stage.path('download'))

    def test_files_are_chosen_by_the_link(self):
        """so= counts from 0."""
        tracker, made = self.make('tree')
        Btfw(self.stage, 1).seed(made)
        tracker.wait_for_seed(made)
        chosen = next(index for index, entry in enumerate(made.entries) if entry.length > 16 * KIB)
        leecher = Btfw(self.stage, 2)
        leecher.download_link(f'{made.magnet}&so={chosen}', self.stage.path('download'))
        leecher.end_well(20)
        self.assertLess(leecher.last('wanted'), made.size)
        self.assert_is_there(made, chosen)

    def test_files_are_chosen_by_the_user(self):
        """--files counts from 1, and goes before the link."""
        tracker, made = self.make('tree')
        Btfw(self.stage, 1).seed(made)
        tracker.wait_for_seed(made)
        chosen = next(index for index, entry in enumerate(made.entries) if entry.length > 16 * KIB)
        leecher = Btfw(self.stage, 2)
        leecher.download_link(f'{made.magnet}&so=0-1', self.stage.path('download'), f'--files={chosen + 1}')
        leecher.end_well(20)
        self.assert_is_there(made, chosen)
        self.assertLess(leecher.last('wanted'), made.size)

    def test_files_that_are_not_there(self):
        """Known only once the description is here; nothing was written by then."""
        tracker, made = self.make('tree')
        Btfw(self.stage, 1).seed(made)
        tracker.wait_for_seed(made)
        leecher = Btfw(self.stage, 2)
        leecher.download_link(made.magnet, self.stage.path('download'), '--files=*.nothing')
        self.assertEqual(leecher.process.wait(20), 1)
        self.assertIn('no file of', leecher.notices)
        self.assertEqual(list(self.stage.path('download').iterdir()), [])

    def assert_is_there(self, made, index):
        """One file, whole."""
        entry = made.entries[index]
        path = self.stage.path('download').joinpath(made.name, *entry.parts)
        self.assertEqual(path.read_bytes(), entry.path.read_bytes())


class Again(MagnetCase):
    """The same command once more."""

    def test_stopped_in_the_metadata_phase(self):
        """Nobody was there; later somebody is."""
        tracker, made = self.make('file', size=2_000_000)
        leecher = Btfw(self.stage, 2)
        leecher.download_link(made.magnet, self.stage.path('download'))
        tracker.wait_for_announce(host=leecher.address)
        leecher.wait_for_status(lambda event: event['state'] == 'metadata', 'the metadata phase')
        leecher.process.signal(15)
        self.assertEqual(leecher.process.wait(10), 143)
        Btfw(self.stage, 1).seed(made)
        tracker.wait_for_seed(made)
        again = Btfw(self.stage, 2)
        again.download_link(made.magnet, self.stage.path('download'))
        again.end_well(20)
        self.assert_same_files(made, self.stage.path('download'))

    def test_stopped_while_it_downloads(self):
        """What it has stays, and so does the description."""
        tracker, made = self.make('file', size=6_000_000)
        Btfw(self.stage, 1).seed(made, upload_limit=1_500_000)
        tracker.wait_for_seed(made)
        leecher = Btfw(self.stage, 2)
        leecher.download_link(made.magnet, self.stage.path('download'))
        leecher.wait_for_status(lambda event: event['pieces_have'] > 10, 'some pieces')
        leecher.process.signal(15)
        self.assertEqual(leecher.process.wait(10), 143)
        had = leecher.events_called('end')[-1]['pieces_have']
        again = Btfw(self.stage, 2)
        again.download_link(made.magnet, self.stage.path('download'))
        again.end_well(30)
        self.assert_same_files(made, self.stage.path('download'))
        downloaded = again.events_called('end')[-1]['session_downloaded']
        self.assertLessEqual(downloaded, made.size - had * made.piece_length + 64 * KIB)

    def test_needs_nobody_once_it_is_known(self):
        """Complete, and the seed is gone: what is remembered is enough."""
        tracker, made = self.make('file', size=2_000_000)
        seeder = Btfw(self.stage, 1)
        seeder.seed(made)
        tracker.wait_for_seed(made)
        link = f'magnet:?xt=urn:btih:{made.info_hash.hex()}'
        Btfw(self.stage, 2).download_link(link, self.stage.path('download'), f'--peer={seeder.address}:{seeder.port}')
        self.stage.processes[-1].wait(20)
        seeder.process.kill()
        again = Btfw(self.stage, 2)
        again.download_link(link, self.stage.path('download'))
        again.end_well(10)
        self.assertEqual(again.events_called('end')[-1]['session_downloaded'], 0)


    @runner.rows(('empty', b''), ('noise', bytes(range(256)) * 16), ('another', b'd4:infod4:name1:xee'))
    def test_what_was_kept_is_damaged(self, data):
        """It is fetched again, and what was downloaded counts all the same."""
        tracker, made = self.make('file', size=2_000_000)
        Btfw(self.stage, 1).seed(made)
        tracker.wait_for_seed(made)
        leecher = Btfw(self.stage, 2)
        leecher.download_link(made.magnet, self.stage.path('download'))
        leecher.end_well(20)
        kept = [path for path in (leecher.home / 'state').rglob('*-metadata*') if path.is_file()]
        self.assertTrue(kept)
        for path in kept:
            path.write_bytes(data)
        again = Btfw(self.stage, 2)
        again.download_link(made.magnet, self.stage.path('download'))
        again.end_well(20)
        self.assertEqual(again.events_called('end')[-1]['session_downloaded'], 0)
        self.assert_same_files(made, self.stage.path('download'))


class Alone(MagnetCase):
    """When there is nobody, or only the wrong ones."""

    def test_without_any_source(self):
        """A sentence, at once, and not a download that waits for ever."""
        btfw = Btfw(self.stage, 1)
        btfw.download_link('magnet:?xt=urn:btih:' + 40 * 'a', self.stage.path('download'),
                           '--set=session.discovery=none')
        self.assertEqual(btfw.process.wait(10), 1)
        self.assertIn('there is nobody to ask', btfw.notices)

    @runner.rows(('loopback', '127.0.0.1'), ('private', '10.1.2.3'), ('loopback6', '[::1]'))
    def test_local_peers_of_a_link(self, host):
        """A link of the internet does not send us into our own network."""
        btfw = Btfw(self.stage, 1)
        btfw.download_link(f'magnet:?xt=urn:btih:{40 * "a"}&x.pe={host}:6881', self.stage.path('download'))
        btfw.wait_for_notice('in a local network')
        btfw.wait_for_status(lambda event: event['state'] == 'metadata', 'the metadata phase')
        self.assertEqual(btfw.last('peers'), 0)

    def test_give_up(self):
        """With --give-up it ends."""
        tracker, made = self.make('file', size=100_000)
        btfw = Btfw(self.stage, 2)
        btfw.download_link(made.magnet, self.stage.path('download'), '--give-up=1')
        self.assertEqual(btfw.process.wait(20), 3)


class Fetch(MagnetCase):
    """btfw fetch, and btfw show --magnet."""

    def test_fetch(self):
        """The .torrent file, and nothing else; it says what the first one said."""
        tracker, made = self.make('tree')
        seeder = Btfw(self.stage, 1)
        seeder.seed(made)
        tracker.wait_for_seed(made)
        target = self.stage.path('fetched') / 'it.torrent'
        fetcher = Btfw(self.stage, 2)
        fetcher.run('fetch', f'--bind={fetcher.address}', '-o', str(target), made.magnet)
        self.assertEqual(fetcher.process.wait(20), 0)
        self.assertIn('it.torrent', fetcher.process.output)
        decoded = bencode.decode(target.read_bytes())
        self.assertEqual(bencode.encode(decoded[b'info']), made.metadata)
        self.assertEqual(decoded[b'announce'], tracker.url.encode())
        self.assertEqual([path.name for path in target.parent.iterdir()], ['it.torrent'])

    def test_fetch_replaces_nothing_unasked(self):
        """What is there stays."""
        target = self.stage.path('fetched') / 'it.torrent'
        target.write_text('mine')
        fetcher = Btfw(self.stage, 2)
        fetcher.run('fetch', '-o', str(target), 'magnet:?xt=urn:btih:' + 40 * 'a')
        self.assertEqual(fetcher.process.wait(10), 1)
        self.assertEqual(target.read_text(), 'mine')

    def test_the_link_of_a_file(self):
        """btfw show --magnet prints what others take."""
        _, made = self.make('file', size=100_000)
        shown = Btfw(self.stage, 2)
        shown.run('show', '--magnet', made.path)
        self.assertEqual(shown.process.wait(10), 0)
        self.assertEqual(shown.process.output.strip(), made.magnet)


if __name__ == '__main__':
    runner.main()
