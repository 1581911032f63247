"""Programs in other languages: the examples, with real peers."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import re
import signal
from pathlib import Path

from lib import runner
from lib.case import Case
from lib.clients import Btfw
from lib.clients.client import Client
from lib.peer import Seeder
from lib.waiting import wait_for

KIB = 1024
PROGRESS = re.compile(r'^sample: (\w+), (\d+) of (\d+) bytes, .+/s, \d+ peers$', re.MULTILINE)

# A picker that fails, used as the one of the examples is.
FAILING = '''
import sys
import session
from gi.repository import Btfw, GObject

class Failing(GObject.Object, Btfw.Picker):
    def do_attach(self, swarm):
        pass
    def do_detach(self):
        print('detached', file=sys.stderr)
    def do_pick(self, peer, picks):
        raise ValueError('no idea')

Btfw.Plugins.register('picker', 'failing', Failing)
sys.exit(session.main(picker='failing'))
'''

# A choker, a service and an extension, which say what they are told.
OTHERS = '''
import sys
import session
from gi.repository import Btfw, GObject

def say(*words):
    print(*words, file=sys.stderr, flush=True)

class Choker(GObject.Object, Btfw.Choker):
    def do_get_period(self):
        return 500
    def do_rechoke(self, group, is_round):
        served = [i for i in range(group.get_n_peers())
                  if group.get_peer(i).get_flags() & Btfw.PeerFlags.INTERESTED_IN_US and group.unchoke(i)]
        say('choker', group.get_n_peers(), len(served), is_round)

class Service(GObject.Object, Btfw.Service):
    def do_start(self, session):
        self.session = session
        session.connect('torrent-added', lambda _, torrent: say('service: added', torrent.get_name()))
        return True
    def do_stop(self):
        self.session = None
        say('service: stop')

class Extension(GObject.Object, Btfw.Extension):
    def do_get_message(self):
        return 'xx_hello'
    def do_write_handshake(self, torrent, peer, handshake):
        handshake.set_integer('xx', 7)
    def do_handshake(self, torrent, peer, handshake):
        say('extension: handshake', handshake.get_bytes('v').get_data().decode(), torrent.get_n_pieces())
        if self.can_send(peer):
            self.send(peer, b'hello')
    def do_message(self, torrent, peer, data):
        say('extension: message', bytes(data).decode())
        return True

for kind, plugin in (('choker', Choker), ('service', Service), ('extension', Extension)):
    Btfw.Plugins.register(kind, 'own', plugin)
sys.exit(session.main())
'''

# A class that lacks a method, and a name that is taken.
REFUSED = '''
import session
from gi.repository import Btfw, GLib, GObject

class Half(GObject.Object, Btfw.Picker):
    def do_attach(self, swarm):
        pass
    def do_pick(self, peer, picks):
        pass

class Whole(GObject.Object, Btfw.Picker):
    def do_attach(self, swarm):
        pass
    def do_detach(self):
        pass
    def do_pick(self, peer, picks):
        pass

for name, kind in (('half', Half), ('whole', Whole), ('whole', Whole)):
    try:
        Btfw.Plugins.register('picker', name, kind)
        print(name, 'registered')
    except GLib.Error as error:
        print(name, error.matches(Btfw.error_quark(), Btfw.Error.EXISTS), error.message)
'''


class Program(Client):
    """A program of the examples, at an address of its own."""

    name = 'example'

    @staticmethod
    def find(name):
        """Where an example is, or the program that was made of it."""
        return Path(os.environ['BTFW_EXAMPLES']) / name

    def run(self, argv, source, folder, *words):
        """Starts it."""
        env = {name: os.environ[name] for name in ('GI_TYPELIB_PATH', 'PYTHONDONTWRITEBYTECODE') if name in os.environ}
        return self.start([*argv, f'--set=session.bind={self.address}', '--set=session.port=0', *words, source, folder],
                          env=env | {'PYTHONPATH': os.environ['BTFW_EXAMPLES']})

    def run_python(self, name, source, folder, *words):
        """Starts one that is written in Python, by its name or path."""
        return self.run([os.environ['BTFW_PYTHON'], self.find(name)], source, folder, *words)


class Base(Case):
    """What all of these do."""

    seconds = 60

    def share(self, upload_limit=0, size=3_000_000, **arguments):
        """A torrent, a tracker that knows it, and a seed."""
        tracker = self.stage.start_tracker()
        root = self.stage.make_sample(size=size)
        made = self.stage.make_torrent(root, piece_length=32 * KIB, trackers=[tracker.url], **arguments)
        Btfw(self.stage, 1).seed(made, upload_limit=upload_limit)
        tracker.wait_for_seed(made)
        return made, tracker

    def assert_complete(self, process, made):
        """It ended well, and has the bytes."""
        self.assertEqual(process.wait(40), 0, process.describe())
        self.assert_same_files(made, self.stage.path('download'))
        told = PROGRESS.findall(process.output)
        self.assertEqual(told[-1], ('seeding', str(made.size), str(made.size)))
        return told


class Session(Base):
    """A whole session in Python."""

    @runner.rows(('file', False), ('link', True))
    def test_downloads(self, is_link):
        """With progress that only grows."""
        made, tracker = self.share(upload_limit=2_000_000)
        program = Program(self.stage, 2)
        process = program.run_python('session.py', made.magnet + '&tr=' + tracker.url if is_link else made.path,
                                     self.stage.path('download'))
        told = self.assert_complete(process, made)
        done = [int(number) for state, number, _ in told if state == 'downloading']
        self.assertEqual(done, sorted(done))
        self.assertGreater(len(set(done)), 3)
        events = [announce.event for announce in tracker.announces if announce.host == program.address]
        self.assertEqual((events[0], events[-1]), ('started', 'stopped'))

    @runner.rows(('ctrl_c', signal.SIGINT, 130), ('terminate', signal.SIGTERM, 143))
    def test_interrupted(self, number, code):
        """It ends in good order, and goes on where it was."""
        made, tracker = self.share(upload_limit=500_000)
        program = Program(self.stage, 2)
        process = program.run_python('session.py', made.path, self.stage.path('download'))
        wait_for(lambda: any(int(done) > 300_000 for _, done, _ in PROGRESS.findall(process.output)), 20, 'some progress')
        process.signal(number)
        self.assertEqual(process.wait(10), code, process.describe())
        self.assertNotIn('Traceback', process.errors)
        self.assertIn('stopped', [announce.event for announce in tracker.announces if announce.host == program.address])

        again = program.run_python('session.py', made.path, self.stage.path('download'))
        told = self.assert_complete(again, made)
        self.assertGreaterEqual(max(int(done) for _, done, _ in told[:3]), 300_000)

    def test_foreign_files_stay(self):
        """A torrent that fails ends the program, with what the torrent says."""
        made, _ = self.share()
        folder = self.stage.path('download')
        (folder / 'sample').write_bytes(made.size * b'x')
        process = Program(self.stage, 2).run_python('session.py', made.path, folder)
        self.assertEqual(process.wait(20), 1, process.describe())
        self.assertIn('files of these names whose content is another one', process.errors)
        self.assertEqual((folder / 'sample').read_bytes(), made.size * b'x')

    def test_mistakes_are_said(self):
        """As a sentence and an exit code."""
        folder = self.stage.path('download')
        bad = self.stage.folder / 'bad.torrent'
        bad.write_bytes(b'd4:info')
        for words, code, sentence in ((('/nowhere.torrent', folder), 1, '/nowhere.torrent'), ((bad, folder), 1, 'byte'),
                                      (('magnet:?xt=urn:btih:no', folder), 1, 'magnet'), (('/x', folder, '--zzz'), 2, '--zzz'),
                                      (('/x', folder, '--set=session.prot=1'), 1, 'did you mean “port”')):
            process = Program(self.stage, 2).run_python('session.py', *words)
            self.assertEqual(process.wait(20), code, process.describe())
            self.assertIn(sentence, process.errors)
            self.assertNotIn('Traceback', process.errors)


class Picker(Base):
    """A piece picker in Python."""

    def download(self, *words):
        """From a seed that notes what it is asked for."""
        root = self.stage.make_sample(size=4_000_000)
        made = self.stage.make_torrent(root, piece_length=32 * KIB)
        seeder = Seeder(made, self.stage.address(1))
        self.stage.cleanups.callback(seeder.stop)
        process = Program(self.stage, 2).run_python('picker.py', made.path, self.stage.path('download'),
                                                    f'--peer={seeder.host}:{seeder.port}', *words)
        self.assert_complete(process, made)
        self.assertNotIn('Traceback', process.errors)
        order = [piece for piece, _, _ in seeder.requests]
        self.assertEqual(set(order), set(range(made.n_pieces)))
        return order

    def test_in_order(self):
        """Each piece is asked for behind the one before it."""
        order = self.download('--picker=in_order,window=4')
        first = [piece for i, piece in enumerate(order) if piece not in order[:i]]
        self.assertEqual(first, sorted(first))

    def test_shuffled(self):
        """Not in order."""
        order = self.download('--picker=shuffled', '--set=session.seed=7')
        self.assertNotEqual(order, sorted(order))

    def test_setting_is_checked(self):
        """By the type of the property, as that of a plugin in a file."""
        made, _ = self.share()
        process = Program(self.stage, 2).run_python('picker.py', made.path, self.stage.path('download'), '--picker=in_order,window=0')
        self.assertEqual(process.wait(20), 1, process.describe())
        self.assertIn('“0” is not a whole number from 1 to 100000', process.errors)

    def test_interrupted_while_it_picks(self):
        """Again and again: the engine's thread and the main one never wait for each other."""
        made, _ = self.share(upload_limit=4_000_000, size=30_000_000)
        for done in range(0, 4_000_000, 800_000):
            process = Program(self.stage, 2).run_python('picker.py', made.path, self.stage.path('download'), '--picker=in_order')
            wait_for(lambda: any(int(n) > done for _, n, _ in PROGRESS.findall(process.output)), 20, 'progress')
            process.signal(signal.SIGINT)
            self.assertEqual(process.wait(10), 130, process.describe())

    def write(self, name, text):
        """A program of the test's own."""
        path = self.stage.folder / name
        path.write_text(text, encoding='utf-8')
        return path

    def test_exceptions_are_printed(self):
        """Nothing comes then, and it ends in good order."""
        made, _ = self.share()
        process = Program(self.stage, 2).run_python(self.write('failing.py', FAILING), made.path, self.stage.path('download'))
        wait_for(lambda: 'ValueError: no idea' in process.errors, 20, 'the exception')
        process.signal(signal.SIGINT)
        self.assertEqual(process.wait(10), 130, process.describe())
        self.assertIn('detached', process.errors)

    def test_other_kinds(self):
        """A choker, a service and an extension, all in one program."""
        made, _ = self.share(upload_limit=2_000_000)
        process = Program(self.stage, 2).run_python(
            self.write('others.py', OTHERS), made.path, self.stage.path('download'), '--set=session.choker=own',
            '--set=session.services=own', '--set=session.extensions=own')
        self.assert_complete(process, made)
        for line in ('service: added sample', 'service: stop', f'extension: handshake btfw 0.1.0 {made.n_pieces}', 'choker 1 0 True'):
            self.assertIn(line, process.errors.splitlines())
        self.assertNotIn('Traceback', process.errors)

    def test_unfit_classes_are_refused(self):
        """A method that is missing must not be called."""
        process = Program(self.stage, 2).run_python(self.write('refused.py', REFUSED), 'x', 'y')
        self.assertEqual(process.wait(20), 0, process.describe())
        half, whole, again = process.output.splitlines()
        self.assertRegex(half, r'^half False .*Half” has no method “detach”')
        self.assertEqual(whole, 'whole registered')
        self.assertRegex(again, r'^whole True .*choose another')


if __name__ == '__main__':
    runner.main()
