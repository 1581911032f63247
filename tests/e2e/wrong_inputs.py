"""What people get wrong: each is told in a sentence that helps."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import socket
import stat

from lib import namespace, runner
from lib.case import Case
from lib.clients import Btfw
from lib.waiting import wait_for

NOBODY = 65534


class WrongWords(Case):
    """It ends at once."""

    def expect(self, code, words, *texts):
        """Runs it and looks at what it says on standard error."""
        btfw = Btfw(self.stage, 1)
        btfw.run(*words, cwd=self.stage.folder)
        self.assertEqual(btfw.process.wait(5), code)
        for text in texts:
            self.assertIn(text, btfw.process.errors)
        return btfw

    @runner.rows(('nothing', 2, [], ['--help']),
                 ('no_such_file', 1, ['missing.torrent'], ['missing.torrent']),
                 ('unknown_option', 2, ['--frobnicate', 'good.torrent'], ['--frobnicate']),
                 ('misspelled_option', 2, ['--pickr=rarest', 'good.torrent'], ['--picker']),
                 ('no_rate', 2, ['--max-upload=fast', 'good.torrent'], ['fast']),
                 ('no_port', 2, ['--port=70000', 'good.torrent'], ['70000']),
                 ('no_ratio', 2, ['--seed=much', 'good.torrent'], ['much']),
                 ('no_progress', 2, ['--progress=loud', 'good.torrent'], ['loud', 'json']),
                 ('no_setting', 2, ['--set', 'session.nonsense=1', 'good.torrent'], ['nonsense']),
                 ('no_peer', 2, ['--peer=nowhere', 'good.torrent'], ['nowhere']),
                 ('no_config', 1, ['--config=missing.conf', 'good.torrent'], ['missing.conf']),
                 ('check_and_trust', 2, ['--check', '--trust-files', 'good.torrent'], ['--check', '--trust-files']))
    def test_words(self, code, words, texts):
        """The sentence names what is wrong."""
        self.stage.make_torrent(self.stage.make_sample(), 'good.torrent')
        self.expect(code, words, *texts)

    @runner.rows(('picker', 'picker', 'rarest'), ('storage', 'storage', 'file'), ('choker', 'choker', 'standard'))
    def test_unknown_plugin(self, kind, known):
        """It says which there are."""
        self.stage.make_torrent(self.stage.make_sample(), 'good.torrent')
        self.expect(1, [f'--{kind}=nonsense', 'good.torrent'], 'nonsense', known)

    @runner.rows(('text', b'<html>no torrent</html>', 'byte 0'),
                 ('empty', b'', 'byte 0'),
                 ('cut_short', b'd4:infod6:lengthi5', 'byte'))
    def test_not_a_torrent(self, data, text):
        """It says at which byte, and why."""
        (self.stage.folder / 'bad.torrent').write_bytes(data)
        self.expect(1, ['bad.torrent'], 'bad.torrent', text)
        self.expect(1, ['show', 'bad.torrent'], 'bad.torrent', text)

    def test_bytes_behind_a_torrent(self):
        """They are passed over, with a warning that counts them."""
        made = self.stage.make_torrent(self.stage.make_sample())
        (self.stage.folder / 'long.torrent').write_bytes(made.to_bytes() + b'!!')
        self.expect(0, ['--check', f'--dir={made.root.parent}', 'long.torrent'], '2 bytes')

    def test_keyfile_errors_have_file_and_line(self):
        """And what is allowed."""
        self.stage.make_torrent(self.stage.make_sample(), 'good.torrent')
        (self.stage.folder / 'bad.conf').write_text('[session]\n\nport = many\n', encoding='utf-8')
        self.expect(2, ['--config=bad.conf', 'good.torrent'], 'bad.conf:3', 'port')


class WrongPlaces(Case):
    """It says what is in the way."""

    seconds = 120

    def test_folder_that_is_not_writable(self):
        """It says so at once, and the same command works when that has been mended."""
        if os.geteuid() != 0 or namespace.current.is_mapped_user:
            self.fail('this test needs to become another user')
        made = self.stage.make_torrent(self.stage.make_sample())
        closed = self.stage.path('closed')
        self.assertEqual(stat.S_IMODE(closed.stat().st_mode) & 0o022, 0)
        seeder, btfw = Btfw(self.stage, 1), Btfw(self.stage, 2)
        seeder.seed(made)
        self.stage.environment(btfw.label)
        for folder in (btfw.home, *btfw.home.iterdir()):
            os.chown(folder, NOBODY, NOBODY)
        btfw.download(made, closed, f'--peer={seeder.address}:{seeder.port}', user=NOBODY)
        self.assertEqual(btfw.process.wait(10), 1)
        self.assertIn(str(closed), btfw.notices)
        self.assertEqual(list(closed.iterdir()), [])
        os.chown(closed, NOBODY, NOBODY)
        btfw.download(made, closed, f'--peer={seeder.address}:{seeder.port}', user=NOBODY)
        btfw.end_well(90)
        self.assert_same_files(made, closed)

    def test_port_in_use(self):
        """It takes the next one, and says so."""
        made = self.stage.make_torrent(self.stage.make_sample())
        btfw = Btfw(self.stage, 1)
        with socket.create_server((btfw.address, btfw.port)):
            btfw.run_session('--seed', f'--dir={made.root.parent}', made.path)
            port = btfw.process.wait_until_listening()
            self.assertNotEqual(port, btfw.port)
            wait_for(lambda: str(port) in btfw.notices, 5, 'a word about the port')
            self.assertIn(str(btfw.port), btfw.notices)


if __name__ == '__main__':
    runner.main()
