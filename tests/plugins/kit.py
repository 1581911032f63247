#!/usr/bin/env python3
"""Every plugin on BTFW_PLUGIN_PATH keeps its contract, as “btfw plugin check” sees it.

Usage: kit.py BTFW [unittest options]
"""
# SPDX-License-Identifier: LGPL-2.1-or-later

import json
import os
import subprocess
import sys
import unittest

PATIENCE = 120  # seconds for one plugin


class KitTest(unittest.TestCase):
    """The kit, over whatever plugins there are."""

    btfw = None

    def list_plugins(self):
        shown = subprocess.run([self.btfw, 'inspect', '--json'], check=True, capture_output=True, text=True, timeout=PATIENCE)
        paths = [plugin['path'] for plugin in json.loads(shown.stdout)['plugins']
                 if plugin['status'] == 'usable' and plugin['path']]
        searched = os.environ['BTFW_PLUGIN_PATH'].split(':')
        return [path for path in paths if os.path.dirname(path) in searched]

    def test_every_plugin_keeps_its_contract(self):
        paths = self.list_plugins()
        self.assertGreaterEqual(len(paths), 5)
        for path in paths:
            with self.subTest(plugin=os.path.basename(path)):
                done = subprocess.run([self.btfw, 'plugin', 'check', '--json', path],
                                      capture_output=True, text=True, timeout=PATIENCE, check=False)
                report = json.loads(done.stdout)
                self.assertEqual(report['findings'], [])
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertGreaterEqual(report['checks'], 3)


if __name__ == '__main__':
    KitTest.btfw = sys.argv.pop(1)
    unittest.main()
