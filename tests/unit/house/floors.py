"""Who may include whom: the floors of core/, and the walls around it.

Usage: floors.py SOURCE-ROOT [unittest options]
"""
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import unittest

from tree import Tree, TreeCase, take_argument

# The ground first. A folder includes its own headers and those of the floors below it.
FLOORS = ['base', 'loop', 'meta', 'plugin', 'net', 'wire', 'disk', 'swarm', 'session']

PUBLIC = 'include/btfw'
GENERATED = {'btfw/btfw-version.h', 'btfw/btfw-enums.h'}


class FloorsTest(TreeCase):
    """Every include line of core/, plugins/ and the public headers."""

    def find_faults(self, folder, judge):
        paths = self.tree.list(folder, '.c', '.h')
        self.expect_many(paths, 10, f'sources in {folder}')
        faults = []
        for path in paths:
            for quote, name in self.tree.includes(path):
                if '..' in name.split('/'):
                    reason = 'no way leads up and around'
                else:
                    reason = judge(path, name) if quote == '"' else self.judge_angled(name)
                if reason:
                    faults.append(f'{path} includes {name}: {reason}')
        return faults

    def judge_angled(self, name):
        """<…> is for the public headers, and for what does not belong to this project."""
        if name.startswith('btfw/'):
            if name not in GENERATED and not self.tree.exists(os.path.join('include', name)):
                return 'there is no such public header'
            return None
        if self.tree.exists(os.path.join('core', name)):
            return 'a private header is included with quotes'
        return None

    def judge_core(self, path, name):
        """Quotes in core/: config.h, or FOLDER/NAME.h of the same floor or one below it."""
        if name == 'config.h':
            return None
        folder = name.split('/')[0]
        own = path.split('/')[1]
        if not self.tree.exists(os.path.join('core', name)):
            return 'there is no such file in core/'
        if own == 'cli':
            return None if folder == 'cli' else 'the program uses only <btfw/…>, as any application would'
        if folder not in FLOORS:
            return f'{folder} is no floor of the library'
        if FLOORS.index(folder) > FLOORS.index(own):
            return f'{folder} is above {own}'
        return None

    def judge_plugin(self, path, name):
        """Quotes in plugins/: config.h, its own folder, or what plugins share."""
        if name == 'config.h':
            return None
        if self.tree.exists(os.path.join(os.path.dirname(path), name)):
            return None
        shared = [folder for folder in os.listdir(os.path.join(self.tree.root, 'plugins'))
                  if folder.startswith('common-')]
        if any(self.tree.exists(os.path.join('plugins', folder, name)) for folder in shared):
            return None
        return 'a plugin uses only <btfw/…>, as any third party would'

    def judge_public(self, path, name):
        """No quotes in public headers: they are found as <btfw/…> wherever they are installed."""
        return 'public headers include one another as <btfw/…>'

    def test_every_folder_of_core_is_a_floor(self):
        folders = {path.split('/')[1] for path in self.tree.list('core', '.c', '.h')}
        self.assertEqual(folders, set(FLOORS) | {'cli'})

    def test_core_includes_only_what_is_below(self):
        self.expect_none(self.find_faults('core', self.judge_core), 'The floors of core/ are broken:')

    def test_plugins_stay_outside_of_core(self):
        self.expect_none(self.find_faults('plugins', self.judge_plugin), 'The wall around core/ is broken:')

    def test_public_headers_need_only_public_headers(self):
        self.expect_none(self.find_faults(PUBLIC, self.judge_public), 'A public header needs what is not installed:')


if __name__ == '__main__':
    TreeCase.tree = Tree(take_argument())
    unittest.main()
