#!/usr/bin/env python3
"""btfw with all plugins linked in: configured, built, and used for a download.

Usage: static_build.py MESON SOURCE-ROOT
"""
# SPDX-License-Identifier: LGPL-2.1-or-later

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

BUILD_PATIENCE = 1500  # seconds, on a machine with other things to do
PATIENCE = 60


class StaticBuildTest(unittest.TestCase):
    """Small systems and fuzzers have no folder of modules."""

    meson = source_root = None

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix='btfw-static-')
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        build = os.path.join(cls.folder, 'build')
        for words in ([cls.meson, 'setup', build, cls.source_root, '-Dplugins=static', '-Dtests=false',
                       '-Dintrospection=disabled', '-Dwerror=true', '-Dbuildtype=debug'],
                      [cls.meson, 'compile', '-C', build]):
            done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                                  timeout=BUILD_PATIENCE)
            if done.returncode != 0:
                raise AssertionError(f'{" ".join(words)}\n{done.stdout[-5000:]}')
        cls.btfw = os.path.join(build, 'core', 'cli', 'btfw')
        home = os.path.join(cls.folder, 'home')
        os.makedirs(home)
        cls.env = {name: value for name, value in os.environ.items() if not name.startswith(('BTFW_', 'XDG_'))}
        cls.env.update(HOME=home, XDG_CONFIG_DIRS=home, G_DEBUG='fatal-criticals')

    def test_plugins_are_linked_in(self):
        output = subprocess.run([self.btfw, 'inspect', '--json'], env=self.env, check=True, capture_output=True,
                                timeout=PATIENCE).stdout
        linked = {plugin['plugin'] for plugin in json.loads(output)['plugins']
                  if plugin['path'] is None and plugin['status'] == 'usable'}
        self.assertLessEqual({'choker-standard', 'picker-rarest', 'storage-file', 'tracker-http'}, linked)

    def test_it_downloads(self):
        sample = os.path.join(self.folder, 'sample')
        content = os.urandom(2_000_000)
        with open(sample, 'wb') as file:
            file.write(content)
        target = os.path.join(self.folder, 'download')
        words = [self.btfw, 'share', '--bind=127.0.0.1', '--port=0', '--progress=json', sample]
        with subprocess.Popen(words, env=self.env, stdout=subprocess.PIPE, text=True) as sharer:
            try:
                events = (json.loads(line) for line in sharer.stdout)
                url = next(event['url'] for event in events if event['event'] == 'share')
                subprocess.run([self.btfw, '--bind=127.0.0.1', '--port=0', '--progress=none', f'--dir={target}', url],
                               env=self.env, check=True, timeout=PATIENCE)
            finally:
                sharer.terminate()
                sharer.communicate(timeout=PATIENCE)
        with open(os.path.join(target, 'sample'), 'rb') as file:
            self.assertEqual(file.read(), content)


if __name__ == '__main__':
    StaticBuildTest.meson, StaticBuildTest.source_root = (sys.argv.pop(1) for _ in range(2))
    unittest.main()
