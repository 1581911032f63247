#!/usr/bin/env python3
"""Plugins of strangers, as the program meets them: who may write to them, where they are looked for, what their
description says, and what they do once they run. Each is refused or bounded at the border, for its own reason.

Usage: strangers.py BTFW FOLDER [unittest options]
"""
# SPDX-License-Identifier: LGPL-2.1-or-later

import contextlib
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest

PATIENCE = 60
NOBODY = 65534
# Of BtfwPluginDescription: where its texts begin, and how much room each has.
FIELDS = {'kind': (16, 16), 'name': (32, 32), 'version': (64, 16), 'description': (80, 128), 'license': (208, 48),
          'origin': (256, 96), 'schemes': (352, 64)}
SIZE = 416
WELL_KNOWN = {'picker-rarest', 'storage-file', 'choker-standard'}


class Strangers(unittest.TestCase):
    """A folder of plugins, and a home of its own for each test."""

    btfw = folder = None

    def setUp(self):
        self.root = tempfile.mkdtemp(prefix='btfw-strangers-')
        self.addCleanup(shutil.rmtree, self.root)
        self.plugins = os.path.join(self.root, 'outer', 'plugins')
        os.makedirs(self.plugins, mode=0o755)
        os.chmod(self.root, 0o755)

    def copy(self, name='picker-rude', folder=None, change=None):
        """A plugin of the tests in the folder, its bytes changed."""
        with open(os.path.join(self.folder, f'{name}.so'), 'rb') as file:
            data = bytearray(file.read())
        if change is not None:
            change(data)
        path = os.path.join(folder or self.plugins, f'{name}.so')
        with open(path, 'wb') as file:
            file.write(data)
        os.chmod(path, 0o755)
        return path

    def run_btfw(self, *words, fault='', cwd=None, **environment):
        env = {**os.environ, 'XDG_CACHE_HOME': os.path.join(self.root, 'cache'), 'HOME': self.root, 'LC_ALL': 'C.UTF-8',
               'XDG_STATE_HOME': os.path.join(self.root, 'state'), 'XDG_RUNTIME_DIR': self.root, 'BTFW_TEST_FAULT': fault, **environment}
        # Here plugins misbehave on purpose.
        env.pop('G_DEBUG', None)
        return subprocess.run([self.btfw, *words], capture_output=True, text=True, env=env, timeout=PATIENCE, check=False, cwd=cwd)

    def inspect(self, *words, **arguments):
        """Everything that is found, by name; the program ends well and the shipped ones are there."""
        done = self.run_btfw('inspect', '--json', *(words or [f'--plugin-dir={self.plugins}']), **arguments)
        self.assertEqual(done.returncode, 0, done)
        listed = json.loads(done.stdout)['plugins']
        self.assertLessEqual(WELL_KNOWN, {plugin['plugin'] for plugin in listed if plugin['status'] == 'usable'})
        found = {}
        for plugin in listed:
            found.setdefault(plugin['plugin'], []).append(plugin)
        return found

    def assert_refused(self, plugin, *words):
        self.assertEqual(plugin['status'], 'refused', plugin)
        for word in words:
            self.assertIn(word, plugin['reason'])

    # --- Who may write to it ---

    def test_whoever_may_write_to_it(self):
        """To the file, its folder, or a parent; or whose it is."""
        path = self.copy()
        outer = os.path.dirname(self.plugins)
        for place in (path, self.plugins, outer):
            for change, undo in ((lambda p: os.chmod(p, 0o777), lambda p: os.chmod(p, 0o755)),
                                 (lambda p: os.chown(p, NOBODY, -1), lambda p: os.chown(p, 0, -1))):
                with self.subTest(place=os.path.relpath(place, self.root)):
                    change(place)
                    self.assert_refused(self.inspect()['picker-rude'][0], place)
                    undo(place)
        self.assertEqual(self.inspect()['picker-rude'][0]['status'], 'usable')

    # --- Where it is looked for ---

    def test_only_absolute_folders_count(self):
        self.copy()
        self.assertEqual(self.inspect(BTFW_PLUGIN_PATH=f'{os.environ["BTFW_PLUGIN_PATH"]}:{self.plugins}')['picker-rude'][0]['status'], 'usable')
        for path in ('plugins', './plugins', '../outer/plugins', ''):
            with self.subTest(path=path):
                found = self.inspect('--verbose', BTFW_PLUGIN_PATH=f'{os.environ["BTFW_PLUGIN_PATH"]}:{path}', cwd=os.path.dirname(self.plugins))
                self.assertNotIn('picker-rude', found)

    def test_two_of_one_name(self):
        """The first folder wins, both are listed."""
        other = os.path.join(self.root, 'other')
        os.makedirs(other, mode=0o755)
        first, second = self.copy(), self.copy(folder=other)
        for order in ((self.plugins, other), (other, self.plugins)):
            found = self.inspect(*(f'--plugin-dir={folder}' for folder in order))['picker-rude']
            status = {plugin['path']: plugin['status'] for plugin in found}
            winner = first if order[0] == self.plugins else second
            self.assertEqual(status, {path: 'usable' if path == winner else 'shadowed' for path in (first, second)})

    def test_a_library_that_is_missing(self):
        """Is named, and asked for nothing else."""
        self.copy(change=lambda data: self.replace(data, b'libglib-2.0.so.0\0', b'libglub-2.0.so.0\0'))
        self.assert_refused(self.inspect()['picker-rude'][0], 'libglub-2.0.so.0')

    # --- What it says of itself ---

    @staticmethod
    def replace(data, old, new):
        at = data.find(old)
        assert at >= 0 and len(old) == len(new)
        data[at:at + len(old)] = new

    @staticmethod
    def find_description(data):
        """By its kind and its name, at their places."""
        at = -1
        while (at := data.find(b'picker\0', at + 1)) >= 0:
            if data[at + 16:at + 21] == b'rude\0':
                return at - FIELDS['kind'][0]
        raise AssertionError('no description')

    def test_descriptions(self):
        """Each is refused before a line of the module's code runs: its constructor would end the program."""
        def number(offset, value):
            return lambda data, at: data.__setitem__(slice(at + offset, at + offset + 4), struct.pack('=I', value))

        def text(field, value):
            start, size = FIELDS[field]
            return lambda data, at: data.__setitem__(slice(at + start, at + start + size), value.ljust(size, b'\0')[:size])

        rows = {
            'older-abi': (number(0, 0), 'ABI'), 'newer-abi': (number(0, 99), 'ABI'), 'wrong-magic': (number(0, 0x464c457f), 'ABI'),
            'no-size': (number(4, 0), ''), 'small-size': (number(4, 20), ''), 'huge-size': (number(4, 0xffffffff), ''),
            'path-as-name': (text('name', b'../x'), ''), 'other-name': (text('name', b'other'), ''), 'no-name': (text('name', b''), ''),
            'other-kind': (text('kind', b'choker'), ''),
        } | {f'unterminated-{field}': (text(field, b'A' * size), '') for field, (_, size) in FIELDS.items()}
        for name, (change, word) in rows.items():
            with self.subTest(row=name):
                path = self.copy(change=lambda data, change=change: change(data, self.find_description(data)))
                found = self.inspect(fault='load-aborts')['picker-rude'][0]
                self.assert_refused(found, path, word)
                self.assertNotIn('set aside', found['reason'])

    def test_no_description(self):
        """The symbol has another name."""
        self.copy(change=lambda data: self.replace(data, b'btfw_plugin_picker_rude\0', b'btfw_plugin_picker_nude\0'))
        self.assert_refused(self.inspect(fault='load-aborts')['picker-rude'][0], 'picker-rude.so')

    # --- What it does ---

    @contextlib.contextmanager
    def share(self):
        """Somebody who shares a sample: its URL, and the sample's bytes."""
        content = os.path.join(self.root, 'content')
        with open(content, 'wb') as file:
            file.write(os.urandom(1_500_000))
        env = {**os.environ, 'HOME': os.path.join(self.root, 'sharer'), 'BTFW_TEST_FAULT': ''}
        os.makedirs(env['HOME'], exist_ok=True)
        with subprocess.Popen([self.btfw, 'share', '--bind=127.0.0.1', '--port=0', '--progress=json', '--piece-size=16KiB', content],
                              env=env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as child:
            try:
                yield next(event['url'] for event in map(json.loads, child.stdout) if event['event'] == 'share')
            finally:
                child.terminate()
                child.communicate(timeout=PATIENCE)

    def test_nonsense_is_stopped_at_the_border(self):
        """Wrong numbers, too many, NULL, no text, success with an error, and methods that leave themselves: the bytes are right."""
        rows = [('picker', fault, ['--picker=broken']) for fault in ('never-enough', 'no-such-piece', 'what-is-here', 'what-is-not-there')]
        rows += [('choker', fault, ['--choker=broken']) for fault in ('no-period', 'one-too-many', 'serves-nobody')]
        rows += [('extension', fault, ['--set=session.extensions=broken']) for fault in ('other-names', 'silent-failure', 'error-and-success')]
        rows += [('discovery', fault, ['--set=session.discovery=broken']) for fault in ('odd-status', 'error-and-success', 'silent-failure')]
        rows += [('service', fault, ['--set=session.services=broken']) for fault in ('no-url', 'no-text', 'hears-on')]
        for kind in {kind for kind, _, _ in rows}:
            self.copy(f'{kind}-broken')
        with self.share() as url:
            for kind, fault, words in rows:
                with self.subTest(kind=kind, fault=fault):
                    folder = tempfile.mkdtemp(dir=self.root)
                    done = self.run_btfw('--bind=127.0.0.1', '--port=0', '--progress=none', '--give-up=20s', f'--plugin-dir={self.plugins}',
                                         f'--dir={folder}', *words, url, fault=fault)
                    self.assertEqual(done.returncode, 0, done)
                    with open(os.path.join(self.root, 'content'), 'rb') as wanted, open(os.path.join(folder, 'content'), 'rb') as got:
                        self.assertEqual(wanted.read(), got.read())


if __name__ == '__main__':
    Strangers.btfw, Strangers.folder = os.path.abspath(sys.argv.pop(1)), os.path.abspath(sys.argv.pop(1))
    unittest.main()
