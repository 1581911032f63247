"""Rules by torrent in the keyfile, storages on storages, and plugins that are exchanged meanwhile."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import json
import signal
import subprocess

from lib import runner
from lib.case import Case
from lib.clients import Btfw
from lib.peer import Seeder
from lib.waiting import wait_for

KIB = 1024


class Rules(Case):
    """[match CONDITION…] in a keyfile."""

    def write(self, text):
        """A keyfile; its path."""
        path = self.stage.folder / 'rules.conf'
        path.write_text(f'[discovery-dht]\nbootstrap=\n{text}')
        return path

    def explain(self, config, what):
        """What “btfw config --explain” tells programs."""
        done = subprocess.run([Btfw.require(), 'config', f'--config={config}', f'--explain={what}', '--json'],
                              check=True, capture_output=True, text=True, timeout=20, env=self.stage.environment('explain'))
        return json.loads(done.stdout)

    def test_folder_by_name(self):
        """The one that matches is saved to; --explain says why."""
        made = self.stage.make_torrent(self.stage.make_sample(), piece_length=64 * KIB)
        there, elsewhere = self.stage.path('there'), self.stage.path('elsewhere')
        config = self.write(f'[session]\ndir={elsewhere}\n[match name=samp* size>1M]\ndir={there}\n[match private=true]\ndir=/nowhere\n')
        told = self.explain(config, made.path)
        self.assertEqual(told['dir'], {'value': str(there), 'origin': f'{config}:6', 'group': 'match name=samp* size>1M'})
        self.assertIsNone(told['picker']['origin'])
        seeder, leecher = Btfw(self.stage, 1), Btfw(self.stage, 2)
        seeder.seed(made)
        leecher.run_session(f'--config={config}', made.path, f'--peer={seeder.address}:{seeder.port}')
        leecher.end_well(20)
        self.assert_same_files(made, there)
        self.assertEqual(list(elsewhere.iterdir()), [])

    @runner.rows(('first_run', False), ('metadata_was_kept', True))
    def test_magnet(self, again):
        """Size and privacy are known when the metadata has come; the folder is right then, and again later."""
        made = self.stage.make_torrent(self.stage.make_sample(), piece_length=64 * KIB)
        there, elsewhere = self.stage.path('there'), self.stage.path('elsewhere')
        config = self.write(f'[session]\ndir={elsewhere}\n[match size>1M]\ndir={there}\nstorage=fault+file\n')
        seeder = Btfw(self.stage, 1)
        seeder.seed(made)
        link = f'{made.magnet}&x.pe={seeder.address}:{seeder.port}'
        for _ in range(2 if again else 1):
            leecher = Btfw(self.stage, 2)
            leecher.run_session(f'--config={config}', link, f'--peer={seeder.address}:{seeder.port}')
            leecher.end_well(20)
            self.assert_same_files(made, there)
        self.assertEqual(list(elsewhere.iterdir()), [])
        if again:
            self.assertEqual(leecher.last('session_downloaded') or 0, 0)

    def test_mistake_names_its_line(self):
        """And what is allowed."""
        config = self.write('[match size~4G]\n')
        done = subprocess.run([Btfw.require(), 'config', f'--config={config}'], capture_output=True, text=True, timeout=20,
                              check=False, env=self.stage.environment('explain'))
        self.assertEqual(done.returncode, 2)
        self.assertIn(f'{config}:3', done.stderr)
        self.assertIn('size>4G', done.stderr)


class Exchange(Case):
    """SIGUSR1 reads the keyfile again."""

    seconds = 90

    def test_a_hundred_times(self):
        """Picker and choker go to and fro during a download; nothing is asked for twice because of it."""
        made = self.stage.make_torrent(self.stage.make_sample(size=6_000_000), piece_length=64 * KIB)
        config = self.stage.folder / 'changing.conf'

        def write(number):
            picker = ('rarest', 'sequential')[number % 2]
            config.write_text(f'[discovery-dht]\nbootstrap=\n[match name=sample]\npicker={picker}\n'
                              f'choker=standard,optimistic-slots={1 + number % 2}\n')

        write(0)
        seeder, leecher = Seeder(made, '127.0.0.3', 0), Btfw(self.stage, 2)
        self.addCleanup(seeder.stop)
        leecher.download(made, self.stage.path('download'), f'--config={config}', f'--peer={seeder.host}:{seeder.port}',
                         '--max-download=700k')
        leecher.wait_for_status(lambda state: state['done'] > 0, 'the first piece')
        for number in range(1, 101):
            write(number)
            leecher.process.signal(signal.SIGUSR1)
            wait_for(lambda n=number: leecher.notices.count('read again') >= n, 10, f'exchange {number}')
        self.assertTrue(leecher.process.is_running and not leecher.is_complete())
        leecher.end_well(40)
        self.assert_same_files(made, self.stage.path('download'))
        self.assertEqual(leecher.last('session_downloaded'), made.size)
        # On the wire: each block was asked for, and each once.
        blocks = [(piece, begin) for piece in range(made.n_pieces)
                  for begin in range(0, min(64 * KIB, made.size - piece * 64 * KIB), 16 * KIB)]
        self.assertEqual(sorted((piece, begin) for piece, begin, _ in seeder.requests), blocks)
        self.assertEqual(seeder.accepted, 1)


class Shadow(Case):
    """--shadow-picker looks on."""

    def test_summary(self):
        """And tells in the end what it would have done."""
        made = self.stage.make_torrent(self.stage.make_sample(), piece_length=16 * KIB)
        seeder, leecher = Btfw(self.stage, 1), Btfw(self.stage, 2)
        seeder.seed(made)
        leecher.download(made, self.stage.path('download'), f'--peer={seeder.address}:{seeder.port}', '--shadow-picker=sequential')
        leecher.end_well(20)
        self.assert_same_files(made, self.stage.path('download'))
        told = leecher.events_called('end')[0]['shadow']
        self.assertEqual(told['picker'], 'sequential')
        self.assertGreaterEqual(told['picks'], told['differences'])
        self.assertGreaterEqual(told['differences'], told['firsts'])
        self.assertGreater(told['firsts'], 0)
        self.assertEqual(len(told['last']), min(told['firsts'], 16))
        self.assertTrue(all(choice['chosen'] != choice['other'] for choice in told['last']))
        self.assertRegex(leecher.notices, 'shadow picker “sequential” would have chosen otherwise in [0-9]+ of [1-9][0-9]* picks')


class Stacks(Case):
    """A storage upon a storage."""

    def test_failures_below_are_survived(self):
        """Writes fail as from a full disk, some by half, and then there is room."""
        made = self.stage.make_torrent(self.stage.make_sample(), piece_length=64 * KIB)
        seeder, leecher = Btfw(self.stage, 1), Btfw(self.stage, 2)
        seeder.seed(made, '--storage=fault,delay=1,delay-rate=0.1+file')
        leecher.download(made, self.stage.path('download'), f'--peer={seeder.address}:{seeder.port}',
                         '--storage=fault,rate=0.5,ops=write,kind=full,short=true,count=3+file')
        leecher.end_well(40)
        self.assert_same_files(made, self.stage.path('download'))

    def test_layer_alone(self):
        """Says what it needs."""
        made = self.stage.make_torrent(self.stage.make_sample())
        leecher = Btfw(self.stage, 2)
        leecher.download(made, self.stage.path('download'), '--storage=fault')
        self.assertEqual(leecher.process.wait(10), 1)
        self.assertIn('+file', leecher.notices)


if __name__ == '__main__':
    runner.main()
