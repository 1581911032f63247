#!/usr/bin/env python3
"""“btfw plugin check” finds plugins that are broken on purpose, each for its own reason.

Usage: broken.py BTFW FOLDER [unittest options]
"""
# SPDX-License-Identifier: LGPL-2.1-or-later

import concurrent.futures
import json
import os
import subprocess
import sys
import unittest

PATIENCE = 200  # seconds for one plugin

# What is wrong with it, the rule that must be named, and the check that sees it.
FAULTS = {
    'picker': {
        'no-pick': ('missing-method', 'picker-sizes'),
        'never-enough': ('offer-after-enough', 'picker-sizes'),
        'no-such-piece': ('offer-no-such-piece', 'picker-sizes'),
        'what-is-here': ('offer-what-is-here', 'picker-sizes'),
        'what-is-not-there': ('offer-not-there', 'picker-scattered'),
        'keeps-the-view': ('view-kept', 'picker-sizes'),
        'keeps-peers': ('peer-kept', 'picker-sizes'),
        'gives-back-too-much': ('unref-borrowed', 'picker-sizes'),
        'counts-on-joining': ('ignores-who-was-there', 'picker-attached-late'),
        'serves-one-torrent': ('not-attached-again', 'picker-attached-again'),
        'never-the-last': ('stalls', 'picker-sizes'),
        'own-dice': ('not-repeatable', 'picker-repeats'),
        'wrong-thread': ('wrong-thread', 'picker-sizes'),
        'crashes': ('crash', 'picker-sizes'),
        'aborts': ('crash', 'picker-sizes'),
        'exit': ('exit', 'picker-sizes'),
        'sleeps': ('blocks', 'picker-scattered'),
        'leaks': ('memory-leak', 'picker-leaks'),
        'complains': ('message', 'picker-scattered'),
        'forgets-settings': ('setting-lost', 'settings'),
        'false-default': ('setting-default', 'settings'),
        'no-blurb': ('setting-blurb', 'settings'),
        'never-dies': ('object-kept', 'life'),
    },
    'choker': {
        'no-rechoke': ('missing-method', 'choker-sizes'),
        'no-period': ('period', 'choker-sizes'),
        'keeps-the-group': ('group-kept', 'choker-sizes'),
        'keeps-peers': ('peer-kept', 'choker-sizes'),
        'gives-back-too-much': ('unref-borrowed', 'choker-sizes'),
        'one-too-many': ('peer-range', 'choker-sizes'),
        'crashes': ('crash', 'choker-sizes'),
        'exits': ('exit', 'choker-sizes'),
        'sleeps': ('blocks', 'choker-sizes'),
        'leaks': ('memory-leak', 'choker-leaks'),
        'wrong-thread': ('wrong-thread', 'choker-sizes'),
        'serves-nobody': ('serves-nobody', 'choker-turns'),
        'serves-the-first': ('starves', 'choker-turns'),
        'own-dice': ('not-repeatable', 'choker-repeats'),
        'forgets-settings': ('setting-lost', 'settings'),
    },
    'storage': {
        'no-flush': ('missing-method', 'storage-bytes'),
        'creates-at-once': ('open-creates', 'storage-emptiness'),
        'forgets-at-close': ('bytes-lost', 'storage-reopening'),
        'flips-a-bit': ('bytes-differ', 'storage-bytes'),
        'first-buffer-only': ('bytes-differ', 'storage-bytes'),
        'pads': ('pad-bytes', 'storage-bytes'),
        'overruns': ('buffer-overrun', 'storage-bytes'),
        'changes-buffers': ('buffer-changed', 'storage-bytes'),
        'invents': ('reads-nothing', 'storage-emptiness'),
        'other-domain': ('error-domain', 'storage-emptiness'),
        'silent-failure': ('error-unset', 'storage-emptiness'),
        'error-and-success': ('error-on-success', 'storage-emptiness'),
        'all-is-there': ('stat', 'storage-emptiness'),
        'removes-nothing': ('stat', 'storage-removal'),
        'removes-all': ('remove-others', 'storage-removal'),
        'shifted-lease': ('lease', 'storage-leases'),
        'one-at-a-time': ('concurrent', 'storage-side-by-side'),
        'leaks': ('memory-leak', 'storage-leaks'),
        'keeps-the-context': ('object-kept', 'storage-bytes'),
        'leaks-descriptors': ('descriptor-leak', 'storage-leaks'),
        'crashes': ('crash', 'storage-bytes'),
        'exits': ('exit', 'storage-bytes'),
    },
    'tracker': {
        'no-finish': ('missing-method', 'tracker-refused'),
        'twice': ('callback-twice', 'tracker-refused'),
        'inside': ('callback-inside', 'tracker-refused'),
        'elsewhere': ('callback-thread', 'tracker-refused'),
        'ignores-cancel': ('ignores-cancel', 'tracker-cancel'),
        'goes-anywhere': ('local-address', 'tracker-local'),
        'keeps-the-question': ('question-kept', 'tracker-refused'),
        'silent-failure': ('error-unset', 'tracker-refused'),
        'sleeps': ('blocks', 'tracker-refused'),
        'leaks': ('memory-leak', 'tracker-many'),
        'crashes': ('crash', 'tracker-refused'),
        'exits': ('exit', 'tracker-refused'),
        'complains': ('message', 'tracker-refused'),
    },
    'extension': {
        'no-message': ('missing-method', 'extension-life'),
        'no-name': ('message-name', 'extension-life'),
        'other-names': ('message-name', 'extension-life'),
        'words-of-the-core': ('message', 'extension-life'),
        'believes-anything': ('believes-anything', 'extension-nonsense'),
        'fills-a-small-room': ('crash', 'extension-sizes'),
        'one-torrent-only': ('crash', 'extension-torrents'),
        'silent-failure': ('error-unset', 'extension-sizes'),
        'error-and-success': ('error-on-success', 'extension-sizes'),
        'wrong-thread': ('wrong-thread', 'extension-life'),
        'never-dies': ('object-kept', 'extension-nothing'),
        'sleeps': ('blocks', 'extension-life'),
        'leaks': ('memory-leak', 'extension-leaks'),
        'leaks-descriptors': ('descriptor-leak', 'extension-leaks'),
        'crashes': ('crash', 'extension-life'),
        'aborts': ('crash', 'extension-life'),
        'exits': ('exit', 'extension-life'),
        'complains': ('message', 'extension-life'),
        'no-blurb': ('setting-blurb', 'settings'),
        'forgets-settings': ('setting-lost', 'settings'),
    },
    'service': {
        'no-stop': ('missing-method', 'service-starts'),
        'silent-failure': ('error-unset', 'service-starts'),
        'error-and-success': ('error-on-success', 'service-starts'),
        'refuses': ('failed', 'service-starts'),
        'no-url': ('url', 'service-starts'),
        'no-text': ('url', 'service-starts'),
        'never-dies': ('object-kept', 'service-nothing'),
        'hears-on': ('crash', 'service-torrents'),
        'crashes-on-a-torrent': ('crash', 'service-torrents'),
        'complains-on-a-torrent': ('message', 'service-torrents'),
        'crashes-at-the-end': ('crash', 'service-nothing'),
        'leaks': ('memory-leak', 'service-leaks'),
        'leaks-descriptors': ('descriptor-leak', 'service-leaks'),
        'leaks-threads': ('thread-leak', 'service-leaks'),
        'sleeps': ('blocks', 'service-starts'),
        'crashes': ('crash', 'service-starts'),
        'exits': ('exit', 'service-starts'),
        'complains': ('message', 'service-starts'),
        'forgets-settings': ('setting-lost', 'settings'),
    },
    'discovery': {
        'no-removal': ('missing-method', 'discovery-life'),
        'silent-failure': ('error-unset', 'discovery-life'),
        'error-and-success': ('error-on-success', 'discovery-life'),
        'needs-a-folder': ('crash', 'discovery-nothing'),
        'counts-on-torrents': ('crash', 'discovery-nothing'),
        'few-torrents': ('crash', 'discovery-torrents'),
        'v4-only': ('crash', 'discovery-life'),
        'other-ports': ('node-port', 'discovery-life'),
        'odd-status': ('status', 'discovery-life'),
        'wrong-thread': ('wrong-thread', 'discovery-life'),
        'never-dies': ('object-kept', 'discovery-nothing'),
        'inside': ('callback-inside', 'discovery-look-up'),
        'ignores-cancel': ('ignores-cancel', 'discovery-look-up'),
        'silent-look-up': ('error-unset', 'discovery-look-up'),
        'leaks': ('memory-leak', 'discovery-leaks'),
        'leaks-descriptors': ('descriptor-leak', 'discovery-leaks'),
        'sleeps': ('blocks', 'discovery-life'),
        'sleeps-at-the-end': ('blocks', 'discovery-life'),
        'crashes': ('crash', 'discovery-life'),
        'exits': ('exit', 'discovery-life'),
        'complains': ('message', 'discovery-life'),
        'forgets-settings': ('setting-lost', 'settings'),
    },
    'fetcher': {
        'no-finish': ('missing-method', 'fetcher-refused'),
        'too-much': ('ignores-limit', 'fetcher-refused'),
        'silent-failure': ('error-unset', 'fetcher-refused'),
        'inside': ('callback-inside', 'fetcher-refused'),
        'elsewhere': ('callback-thread', 'fetcher-refused'),
        'twice': ('callback-twice', 'fetcher-refused'),
        'ignores-cancel': ('ignores-cancel', 'fetcher-cancel'),
        'never-dies': ('object-kept', 'fetcher-refused'),
        'leaks': ('memory-leak', 'fetcher-many'),
        'sleeps': ('blocks', 'fetcher-refused'),
        'crashes': ('crash', 'fetcher-refused'),
        'exits': ('exit', 'fetcher-refused'),
        'complains': ('message', 'fetcher-refused'),
    },
}

# These take until the kit's patience is over.
SLOW = {
    'picker': {'hangs': ('hang', 'picker-scattered')},
    'choker': {'hangs': ('hang', 'choker-sizes')},
    'storage': {'hangs': ('hang', 'storage-emptiness')},
    'tracker': {'never-answers': ('no-callback', 'tracker-refused')},
    'extension': {'hangs': ('hang', 'extension-nothing')},
    'service': {'hangs': ('hang', 'service-nothing')},
    'discovery': {'hangs': ('hang', 'discovery-nothing')},
    'fetcher': {'hangs': ('hang', 'fetcher-cancel')},
}


class BrokenTest(unittest.TestCase):
    """One plugin of each kind, with one fault at a time."""

    btfw = folder = None
    faults = FAULTS

    def check(self, kind, fault, *only):
        """The ids of what is found, and the whole report."""
        path = os.path.join(self.folder, f'{kind}-broken.so')
        done = subprocess.run([self.btfw, 'plugin', 'check', '--json', *only, path], capture_output=True, text=True,
                              env={**os.environ, 'BTFW_TEST_FAULT': fault}, timeout=PATIENCE, check=False)
        report = json.loads(done.stdout)
        self.assertEqual(done.returncode, 1 if report['findings'] else 0, done)
        return {finding['id'] for finding in report['findings']}, report

    def find_all(self, kind):
        self.assertGreaterEqual(len(self.faults[kind]), 10 if self.faults is FAULTS else 1)
        # Most of their time they wait.
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            runs = {fault: pool.submit(self.check, kind, fault, f'--only={check}') for fault, (_, check) in self.faults[kind].items()}
        for fault, (expected, _) in self.faults[kind].items():
            with self.subTest(kind=kind, fault=fault):
                found, report = runs[fault].result()
                self.assertIn(expected, found, report)
                for finding in report['findings']:
                    self.assertTrue(finding['rule'] and finding['text'] and finding['check'], finding)

    def test_without_a_fault_nothing_is_found(self):
        for kind in FAULTS:
            with self.subTest(kind=kind):
                self.assertEqual(self.check(kind, '')[0], set())

    def test_pickers(self):
        self.find_all('picker')

    def test_chokers(self):
        self.find_all('choker')

    def test_storages(self):
        self.find_all('storage')

    def test_trackers(self):
        self.find_all('tracker')

    def test_extensions(self):
        self.find_all('extension')

    def test_services(self):
        self.find_all('service')

    def test_discoveries(self):
        self.find_all('discovery')

    def test_fetchers(self):
        self.find_all('fetcher')


if __name__ == '__main__':
    BrokenTest.btfw, BrokenTest.folder = sys.argv.pop(1), sys.argv.pop(1)
    if sys.argv[1:2] == ['--slow']:
        sys.argv.pop(1)
        BrokenTest.faults = SLOW
    unittest.main()
