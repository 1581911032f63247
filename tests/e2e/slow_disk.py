"""A storage whose reads take half a second holds up those who ask for its bytes, and nobody else."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import time

from lib import runner
from lib.case import Case
from lib.clients import Btfw

MIB = 1 << 20
READ_MS = 500


class SlowReads(Case):
    """One seeder with two torrents, one of them on the slow storage."""

    seconds = 60

    def make(self, name, size, seed):
        """A torrent without a tracker."""
        return self.stage.make_torrent(self.stage.make_sample(size=size, seed=seed, name=name), f'{name}.torrent',
                                       piece_length=256 * 1024)

    def download(self, number, made, seeder):
        """From the seeder alone."""
        btfw = Btfw(self.stage, number)
        btfw.download(made, self.stage.path(f'download-{number}'), f'--peer={seeder.address}:{seeder.port}')
        return btfw

    def test_others_keep_their_rate(self):
        """32 MiB in a fraction of the time in which the slow storage yields 2 MiB."""
        slow, fast = self.make('slow', 16 * MIB, 1), self.make('fast', 32 * MIB, 2)
        config = self.stage.folder / 'rules.conf'
        config.write_text(f'[match name=slow]\nstorage=fault,ops=read,delay={READ_MS}+file\n')
        seeder = Btfw(self.stage, 1)
        seeder.run_session('--seed', '--trust-files', f'--config={config}', f'--dir={slow.root.parent}', slow.path, fast.path)
        seeder.wait_until_listening()

        held_up = self.download(2, slow, seeder)
        held_up.wait_for_status(lambda state: state['session_downloaded'] > 0, 'the first bytes of the slow storage')
        begun = time.monotonic()
        self.download(3, fast, seeder).end_well(20)
        seconds = time.monotonic() - begun
        self.assert_same_files(fast, self.stage.path('download-3'))

        # Its reads really were slow: 128 KiB come with each, so all of it takes a minute.
        self.assertFalse(held_up.is_complete())
        self.assertLess(held_up.last('session_downloaded') / (2 * MIB), 1 + seconds)
        self.assertLess(seconds, 8)


if __name__ == '__main__':
    runner.main()
