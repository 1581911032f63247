#!/usr/bin/env python3
"""Plugins that were built long ago still load, keep their contract, and download.

Usage: stored.py BTFW FOLDER [unittest options]
"""
# SPDX-License-Identifier: LGPL-2.1-or-later

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

PATIENCE = 120


class StoredTest(unittest.TestCase):
    """The modules in a folder of their own, as they are stored."""

    btfw = folder = None

    def setUp(self):
        self.root = tempfile.mkdtemp(prefix='btfw-stored-')
        self.addCleanup(shutil.rmtree, self.root)
        self.plugins = os.path.join(self.root, 'plugins')
        os.makedirs(self.plugins)
        for name in ('picker-stored.so', 'storage-stored.so'):
            shutil.copy(os.path.join(self.folder, name), self.plugins)
        self.env = {**os.environ, 'HOME': self.root, 'XDG_CACHE_HOME': os.path.join(self.root, 'cache'),
                    'XDG_STATE_HOME': os.path.join(self.root, 'state')}

    def run_btfw(self, *words):
        done = subprocess.run([self.btfw, *words], capture_output=True, text=True, env=self.env, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 0, done)
        return done.stdout

    def test_they_keep_their_contract(self):
        for name in ('picker-stored.so', 'storage-stored.so'):
            with self.subTest(plugin=name):
                report = json.loads(self.run_btfw('plugin', 'check', '--json', os.path.join(self.plugins, name)))
                self.assertEqual(report['findings'], [])

    def test_they_download(self):
        content = os.path.join(self.root, 'content')
        data = os.urandom(3_000_000)
        with open(content, 'wb') as file:
            file.write(data)
        with subprocess.Popen([self.btfw, 'share', '--bind=127.0.0.1', '--port=0', '--progress=json', content],
                              env=self.env, stdout=subprocess.PIPE, text=True) as child:
            try:
                url = next(event['url'] for event in map(json.loads, child.stdout) if event['event'] == 'share')
                target = os.path.join(self.root, 'target')
                self.run_btfw('--bind=127.0.0.1', '--port=0', '--progress=none', f'--plugin-dir={self.plugins}',
                              '--picker=stored,edge-size=64k', '--storage=stored', f'--dir={target}', url)
            finally:
                child.terminate()
                child.communicate(timeout=PATIENCE)
        with open(os.path.join(target, 'content.image'), 'rb') as file:
            self.assertEqual(file.read(), data)


if __name__ == '__main__':
    StoredTest.btfw, StoredTest.folder = sys.argv.pop(1), sys.argv.pop(1)
    unittest.main()
