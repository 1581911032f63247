"""“btfw why”: each staged cause has its own sentence, by a try and from a program that runs."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import json
import signal
import socket
import threading

from lib import bencode, runner, wire
from lib.case import Case
from lib.clients import Btfw
from lib.peer import Seeder
from lib.tracker import SilentServer, Tracker
from lib.waiting import wait_for

KIB = 1024


class Strict(Seeder):
    """Has everything, and gives nothing."""

    def greet(self, connection):
        """Without the leave to ask."""
        connection.send(wire.message(wire.HAVE_ALL) if connection.is_fast else wire.bitfield(self.torrent.n_pieces))


class Partial(Seeder):
    """Lacks the last piece."""

    def greet(self, connection):
        """All pieces but that."""
        n = self.torrent.n_pieces
        bits = bytearray((n + 7) // 8)
        for piece in range(n - 1):
            bits[piece // 8] |= 0x80 >> piece % 8
        connection.send(wire.message(wire.BITFIELD, bytes(bits)))
        connection.send(wire.message(wire.UNCHOKE))


class Hasty:
    """Takes connections, and hangs up."""

    def __init__(self, host):
        self.listener = socket.create_server((host, 0), backlog=64)
        self.host, self.port = self.listener.getsockname()[:2]
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        try:
            while True:
                self.listener.accept()[0].close()
        except OSError:
            pass

    def stop(self):
        """No longer."""
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Why(Case):
    """What it says of a torrent that nobody runs, after a second or two."""

    def setUp(self):
        super().setUp()
        self.made = self.stage.make_torrent(self.stage.make_sample(), piece_length=64 * KIB)

    def keep(self, helper):
        """Until the test ends."""
        self.addCleanup(helper.stop)
        return helper

    def why(self, *words, source=None, wait=1, code=0, home='btfw-2'):
        """The reasons it tells programs."""
        process = self.stage.start([Btfw.require(), 'why', '--json', f'--wait={wait}', '--bind=127.0.0.2', '--port=0',
                                    f'--dir={self.stage.path("download")}', *words, source or self.made.path], 'btfw-why', home=home)
        self.assertEqual(process.wait(20 + wait), code, process.describe())
        torrents = json.loads(process.output)['torrents']
        self.assertEqual(len(torrents), 1)
        return torrents[0]

    def assert_only(self, report, code, sentence, weight='halts'):
        """This reason, and no other."""
        self.assertEqual([reason['code'] for reason in report['reasons']], [code], report)
        self.assertIn(sentence, report['reasons'][0]['text'])
        self.assertEqual(report['reasons'][0]['weight'], weight)

    def test_nobody(self):
        """No tracker, no peers."""
        self.assert_only(self.why(), 'no-tracker', 'names no tracker')

    def test_tracker_refuses(self):
        """In its own words."""
        tracker = self.keep(Tracker('127.0.0.3'))
        tracker.answer = lambda announce: bencode.encode({'failure reason': 'go away'})
        made = self.stage.make_torrent(self.made.root, 'announced.torrent', piece_length=64 * KIB, trackers=[tracker.url])
        report = self.why(source=made.path)
        self.assert_only(report, 'tracker-refuses', 'the tracker refuses: “go away”')
        self.assertEqual(report['reasons'][0]['detail'], 'go away')

    def test_tracker_is_not_there(self):
        """Nobody listens."""
        tracker = SilentServer('127.0.0.3')
        made = self.stage.make_torrent(self.made.root, 'announced.torrent', piece_length=64 * KIB, trackers=[tracker.url])
        tracker.stop()
        self.assert_only(self.why(source=made.path), 'tracker-silent', 'no tracker answers: ')

    def test_tracker_knows_none(self):
        """An empty answer."""
        tracker = self.keep(Tracker('127.0.0.3'))
        made = self.stage.make_torrent(self.made.root, 'announced.torrent', piece_length=64 * KIB, trackers=[tracker.url])
        self.assert_only(self.why(source=made.path), 'tracker-knows-none', 'the trackers know none')

    def test_peer_refuses(self):
        """Nobody listens there."""
        listener = socket.create_server(('127.0.0.3', 0))
        port = listener.getsockname()[1]
        listener.close()
        self.assert_only(self.why(f'--peer=127.0.0.3:{port}'), 'peers-refuse', 'refuse connections')

    @runner.rows(('any', 'allow', 'peers-hang-up', 'hang up at once'),
                 ('plain', 'off', 'peers-hang-up-plain', 'encryption=off'),
                 ('encrypted', 'require', 'peers-hang-up-encrypted', 'encryption=require'))
    def test_peer_hangs_up(self, encryption, code, sentence):
        """And what might be the matter."""
        peer = self.keep(Hasty('127.0.0.3'))
        self.assert_only(self.why(f'--encryption={encryption}', f'--peer={peer.host}:{peer.port}'), code, sentence)

    def test_encryption_is_required(self):
        """By us; a peer of ours that is asked to be plain wants none of it."""
        seeder = Btfw(self.stage, 1)
        seeder.seed(self.made, '--encryption=off')
        report = self.why('--encryption=require', f'--peer={seeder.address}:{seeder.port}', wait=2)
        self.assert_only(report, 'peers-hang-up-encrypted', 'encryption=require')

    def test_all_choke(self):
        """One peer, and it gives nothing."""
        peer = self.keep(Strict(self.made, '127.0.0.3', 0))
        report = self.why(f'--peer={peer.host}:{peer.port}', wait=1)
        self.assert_only(report, 'choked', 'it chokes us')
        self.assertEqual((report['reasons'][0]['count'], report['reasons'][0]['total']), (1, 1))

    def test_piece_that_nobody_has(self):
        """By its number."""
        peer = self.keep(Partial(self.made, '127.0.0.3', 0))
        report = self.why(f'--peer={peer.host}:{peer.port}', wait=6)
        self.assert_only(report, 'pieces-nowhere', f'1 piece that is missing exists nowhere (number {self.made.n_pieces - 1})')

    def test_disk_is_full(self):
        """The storage says so."""
        peer = self.keep(Seeder(self.made, '127.0.0.3', 0))
        report = self.why(f'--peer={peer.host}:{peer.port}', '--storage=fault,rate=1,ops=write,kind=full+file', wait=2)
        self.assertEqual([reason['code'] for reason in report['reasons']], ['disk-full'])

    def test_disk_is_slow(self):
        """Each write takes half a second."""
        made = self.stage.make_torrent(self.stage.make_sample(size=60_000_000, name='large'), 'large.torrent', piece_length=256 * KIB)
        seeder = Btfw(self.stage, 1)
        seeder.seed(made)
        report = self.why(f'--peer={seeder.address}:{seeder.port}', '--storage=fault,ops=write,delay=500+file', '--set=session.workers=1',
                          source=made.path, wait=3)
        self.assertEqual([reason['code'] for reason in report['reasons']], ['disk-slow'])

    def test_limit(self):
        """Of all downloads; blocks come."""
        peer = self.keep(Seeder(self.made, '127.0.0.3', 0))
        report = self.why(f'--peer={peer.host}:{peer.port}', '--max-download=100k', wait=3)
        self.assert_only(report, 'session-limit', 'the limit of all downloads', weight='slows')

    def test_nothing_is_missing(self):
        """It seeds, and nobody wants anything."""
        report = self.why(f'--dir={self.made.root.parent}')
        self.assertEqual((report['state'], report['complete']), ('seeding', True))
        self.assert_only(report, 'nobody-wants', 'nobody is connected', weight='states')

    def test_link(self):
        """Of which nobody says what it means."""
        self.assert_only(self.why(source=self.made.magnet), 'no-tracker', 'names no tracker')

    def test_what_is_no_torrent(self):
        """An error, and nothing else."""
        path = self.stage.folder / 'none.torrent'
        path.write_bytes(b'no torrent')
        process = self.stage.start([Btfw.require(), 'why', path], 'btfw-why', home='btfw-2')
        self.assertEqual(process.wait(10), 1)
        self.assertEqual(process.output, '')
        self.assertIn('none.torrent', process.errors)


class Running(Case):
    """What it says of a torrent that a program runs."""

    seconds = 60

    def ask(self, *words, code=0):
        """As the user of the second home."""
        process = self.stage.start([Btfw.require(), 'why', *words], 'btfw-why', home='btfw-2')
        self.assertEqual(process.wait(20), code, process.describe())
        return process

    def notes(self):
        """The files that were left for it."""
        return sorted((self.stage.path('homes/btfw-2') / 'runtime' / 'btfw').glob('why-*'))

    def test_program_tells(self):
        """As long as it lives; a file that a killed one left is not believed, and goes."""
        made = self.stage.make_torrent(self.stage.make_sample(), piece_length=64 * KIB)
        peer = Strict(made, '127.0.0.3', 0)
        self.addCleanup(peer.stop)
        leecher = Btfw(self.stage, 2)
        leecher.download(made, self.stage.path('download'), f'--peer={peer.host}:{peer.port}')
        wait_for(lambda: self.notes() and 'code=choked' in self.notes()[0].read_text(), 15, 'a note that peers choke')

        report = json.loads(self.ask('--json', made.path).output)['torrents'][0]
        self.assertEqual(report['pid'], leecher.process.pid)
        self.assertEqual(report['reasons'][0]['code'], 'choked')
        self.assertEqual(json.loads(self.ask('--json', made.magnet).output)['torrents'][0]['pid'], leecher.process.pid)
        words = self.ask().output
        self.assertIn(f'says process {leecher.process.pid}', words)
        self.assertIn('what halts it: 1 peer has something for us, and it chokes us', words)
        self.assertEqual(self.notes()[0].stat().st_mode & 0o777, 0o600)

        leecher.process.kill()
        self.assertEqual(len(self.notes()), 1)
        self.assertIn('no torrent runs', self.ask(code=3).errors)
        self.assertEqual(self.notes(), [])

    def test_note_goes_with_the_program(self):
        """In good order."""
        made = self.stage.make_torrent(self.stage.make_sample(), piece_length=64 * KIB)
        leecher = Btfw(self.stage, 2)
        leecher.download(made, self.stage.path('download'))
        wait_for(self.notes, 10, 'a note')
        leecher.process.signal(signal.SIGTERM)
        leecher.process.wait(10)
        self.assertEqual(self.notes(), [])

    def test_display_says_it(self):
        """When nothing has moved for ten seconds; and --debug when it becomes so."""
        made = self.stage.make_torrent(self.stage.make_sample(), piece_length=64 * KIB)
        peer = Strict(made, '127.0.0.3', 0)
        self.addCleanup(peer.stop)
        process = self.stage.start([Btfw.require(), '--progress=plain', '--debug=session', f'--dir={self.stage.path("download")}', '--bind=127.0.0.2',
                                    '--port=0', f'--peer={peer.host}:{peer.port}', made.path], 'btfw-plain', home='btfw-2')
        wait_for(lambda: '(1 peer has something for us, and it chokes us)' in process.output, 25, 'the display to say why')
        self.assertIn('is not faster: 1 peer has something for us, and it chokes us', process.errors)


if __name__ == '__main__':
    runner.main()
