#!/usr/bin/env python3
"""A module that was never seen is opened in a child process first; one that does harm is named and set aside.

Usage: probing.py BTFW FOLDER [unittest options]
"""
# SPDX-License-Identifier: LGPL-2.1-or-later

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest

PATIENCE = 60


class ProbingTest(unittest.TestCase):
    """One plugin in a folder of its own, and a cache of its own for each test."""

    btfw = folder = None

    def setUp(self):
        self.root = tempfile.mkdtemp(prefix='btfw-probing-')
        self.addCleanup(shutil.rmtree, self.root)
        self.plugins = os.path.join(self.root, 'plugins')
        os.makedirs(self.plugins)
        self.path = shutil.copy(os.path.join(self.folder, 'picker-rude.so'), self.plugins)

    def run_btfw(self, *words, fault=''):
        env = {**os.environ, 'XDG_CACHE_HOME': os.path.join(self.root, 'cache'), 'HOME': self.root,
               'XDG_STATE_HOME': os.path.join(self.root, 'state'), 'BTFW_TEST_FAULT': fault}
        begun = time.monotonic()
        done = subprocess.run([self.btfw, *words], capture_output=True, text=True, env=env, timeout=PATIENCE, check=False)
        return done, time.monotonic() - begun

    def inspect(self, fault='', *words):
        """What is said of the rude plugin, and how long that took."""
        done, took = self.run_btfw('inspect', '--json', f'--plugin-dir={self.plugins}', *words, fault=fault)
        self.assertEqual(done.returncode, 0, done)
        shown = json.loads(done.stdout)
        listed = shown['plugins'] if 'plugins' in shown else [shown]
        usable = {plugin['plugin'] for plugin in listed if plugin['status'] == 'usable'}
        rude = next(plugin for plugin in listed if plugin['plugin'] == 'picker-rude')
        if not words:
            self.assertLessEqual({'picker-rarest', 'storage-file', 'choker-standard'}, usable)
        return rude, took

    def test_a_plugin_that_behaves_is_usable(self):
        self.assertEqual(self.inspect()[0]['status'], 'usable')

    def test_who_does_harm_is_named_and_set_aside(self):
        words = {'crashes': 'crashed', 'aborts': 'crashed', 'exits': 'ended', 'hangs': 'did not come to an end'}
        for where in ('load', 'class', 'init'):
            for how, word in words.items():
                with self.subTest(where=where, how=how):
                    os.utime(self.path)
                    rude, took = self.inspect(f'{where}-{how}')
                    self.assertEqual(rude['status'], 'refused')
                    self.assertIn('set aside', rude['reason'])
                    self.assertIn(word, rude['reason'])
                    self.assertIn(self.path, rude['reason'])
                    self.assertLess(took, 5 if how == 'hangs' else 4)

                    # Known from now on, without being opened: now it would do no harm.
                    again, took = self.inspect()
                    self.assertEqual(again['reason'], rude['reason'])

    def test_another_file_of_that_name_is_looked_at_anew(self):
        self.inspect('load-crashes')
        os.unlink(self.path)
        shutil.copy(os.path.join(self.folder, 'picker-rude.so'), self.plugins)
        self.assertEqual(self.inspect()[0]['status'], 'usable')

    def test_it_can_be_forgiven(self):
        self.inspect('load-crashes')
        self.assertEqual(self.inspect()[0]['status'], 'refused')
        self.assertEqual(self.inspect('', '--forgive', 'picker-rude')[0]['status'], 'usable')
        self.assertEqual(self.inspect()[0]['status'], 'usable')

    def test_what_is_known_is_not_opened_again(self):
        self.assertEqual(self.inspect()[0]['status'], 'usable')
        # It would crash now, in whatever process.
        self.assertEqual(self.inspect('load-crashes')[0]['status'], 'usable')

    def test_a_cache_that_was_tampered_with_is_ignored(self):
        self.inspect()
        probed = os.path.join(self.root, 'cache', 'btfw', 'probed')
        for name in os.listdir(probed):
            with open(os.path.join(probed, name), 'wb') as file:
                file.write(os.urandom(5000))
        self.assertEqual(self.inspect()[0]['status'], 'usable')

    def test_who_needs_it_is_told_and_others_go_on(self):
        torrent = os.path.join(self.root, 'x.torrent')
        content = os.path.join(self.root, 'content')
        with open(content, 'wb') as file:
            file.write(os.urandom(100000))
        self.assertEqual(self.run_btfw('create', '-o', torrent, content)[0].returncode, 0)
        common = ['--bind=127.0.0.1', '--port=0', '--progress=none', f'--plugin-dir={self.plugins}', f'--dir={self.root}', torrent]
        done, took = self.run_btfw('--check', '--picker=rude', *common, fault='load-hangs')
        self.assertEqual(done.returncode, 1, done)
        self.assertIn('set aside', done.stderr)
        self.assertLess(took, 5)
        done, took = self.run_btfw('--check', *common, fault='load-hangs')
        self.assertEqual(done.returncode, 0, done)

    def test_who_never_returns_is_named_and_ends_the_program(self):
        content = os.path.join(self.root, 'content')
        with open(content, 'wb') as file:
            file.write(os.urandom(500000))
        with subprocess.Popen([self.btfw, 'share', '--bind=127.0.0.1', '--port=0', '--progress=json', content],
                              env={**os.environ, 'HOME': self.root}, stdout=subprocess.PIPE, text=True) as child:
            try:
                url = next(event['url'] for event in map(json.loads, child.stdout) if event['event'] == 'share')
                done, took = self.run_btfw('--bind=127.0.0.1', '--port=0', '--progress=none', f'--plugin-dir={self.plugins}',
                                           '--picker=rude', f'--dir={self.root}/target', url, fault='pick-hangs')
            finally:
                child.terminate()
                child.communicate(timeout=PATIENCE)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn('TestRudePicker has not returned from its method “pick” for 5 s', done.stderr)
        self.assertIn('TestRudePicker never returned from its method “pick”', done.stderr)
        self.assertLess(took, 30)

    def test_every_kind_is_watched(self):
        """Methods on the loop's thread: who takes seven seconds is named, and all goes on; who never returns ends the program."""
        torrent = os.path.join(self.root, 'x.torrent')
        with open(os.path.join(self.root, 'content'), 'wb') as file:
            file.write(os.urandom(100000))
        self.assertEqual(self.run_btfw('create', '-o', torrent, os.path.join(self.root, 'content'))[0].returncode, 0)
        used = {'extension': ['--set=session.extensions=broken', torrent], 'discovery': ['--set=session.discovery=broken', torrent],
                'service': ['--set=session.services=broken', torrent], 'fetcher': ['x-broken://nobody/x.torrent']}
        for kind in used:
            shutil.copy(os.path.join(self.folder, f'{kind}-broken.so'), self.plugins)
        self.inspect()
        children = {}
        for kind, words in used.items():
            for fault in ('takes-long', 'hangs'):
                folder = os.path.join(self.root, f'{kind}-{fault}')
                env = {**os.environ, 'XDG_CACHE_HOME': os.path.join(self.root, 'cache'), 'HOME': folder, 'XDG_RUNTIME_DIR': folder,
                       'XDG_STATE_HOME': os.path.join(folder, 'state'), 'BTFW_TEST_FAULT': fault}
                os.makedirs(folder)
                children[kind, fault] = subprocess.Popen(
                    [self.btfw, '--bind=127.0.0.1', '--port=0', '--progress=none', f"--give-up={12 if fault == 'takes-long' else 40}s", f'--plugin-dir={self.plugins}',
                     f'--dir={folder}', *words], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=env)
        for (kind, fault), child in children.items():
            with self.subTest(kind=kind, fault=fault):
                errors = child.communicate(timeout=PATIENCE)[1]
                name = f'TestBroken{kind.capitalize()}'
                self.assertIn(f'{name} has not returned from its method “start” for 5 s', errors)
                if fault == 'hangs':
                    self.assertEqual(child.returncode, 1, errors)
                    self.assertIn(f'{name} never returned from its method “start”', errors)
                else:
                    self.assertNotIn('never returned', errors)
                    self.assertEqual(child.returncode, 1 if kind == 'fetcher' else 3, errors)

    def test_no_child_is_left(self):
        self.inspect('load-hangs')
        shown = subprocess.run(['ps', '-eo', 'args'], capture_output=True, text=True, check=True).stdout
        self.assertNotIn(self.path, shown)


if __name__ == '__main__':
    ProbingTest.btfw, ProbingTest.folder = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main()
