"""The same with files that are encrypted: kills at any call, and power cuts, never make a claimed piece wrong."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import random

import crashes
import powerloss
from faults import Content
from lib import crypt, runner


class EncryptedContent(Content):
    """What is on the disk is opened first."""

    def __init__(self, made, vault):
        super().__init__(made)
        self.vault = vault

    def gather(self, read):
        """All bytes, with zeros for sectors that are not there or do not open."""
        return super().gather(lambda path: self.vault.decrypt(path, read(path) or b'', zeros=True))


class Encrypted:
    """Every run has the key, and what it leaves is read with it."""

    def setUp(self):
        super().setUp()
        crypt.require()
        self.key_file = self.stage.folder / 'key'
        self.key_file.write_bytes(random.Random(1).randbytes(32))
        self.key_file.chmod(0o600)
        self.vault = crypt.Vault(self.made, self.key_file.read_bytes())
        self.content = EncryptedContent(self.made, self.vault)

    def start(self, folder, *words, **arguments):
        """Nothing that a kill leaves is taken for somebody's work."""
        return super().start(folder, f'--storage=crypt,key-file={self.key_file}+file', *words, **arguments)

    def assert_same_files(self, made, folder):
        """Once it is opened."""
        for path, data in self.vault.read_all(folder).items():
            self.assertEqual(data, (made.root.parent / path).read_bytes(), path)

    def assert_completes(self, folder, home='person', seconds=20):
        """And without a word of damage, where no power was cut."""
        again = super().assert_completes(folder, home, seconds)
        if not self.may_be_torn:
            self.assertNotIn('tampered', again.notices)
        return again


class KillAtEveryCall(Encrypted, crashes.KillAtEveryCall):
    """A download; what goes on; a check."""

    may_be_torn = False

    def test_while_it_goes_on(self):
        """From half a download of its own: plain files of somebody else are none of its business."""
        half = self.stage.path('download')
        run = self.start(half, '--max-download=200K')
        run.wait_for_status(lambda state: state['done'] > 30_000, 'some of it')
        run.process.kill()
        self.sweep('going on', self.keep(half, 'person'))


class PowerLoss(Encrypted, powerloss.PowerLoss):
    """A thousand states of the disk; some of them are gone on from."""

    may_be_torn = True

    # The same as without the layer.
    test_after_a_kill = None
    test_the_model_loses_what_was_not_synced = None


if __name__ == '__main__':
    runner.main()
