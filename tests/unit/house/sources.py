"""How every source is written: first lines, length, what must not be in it.

Usage: sources.py SOURCE-ROOT [unittest options]
"""
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import re
import unittest

from tree import Tree, TreeCase, take_argument

FOLDERS = ['include', 'core', 'plugins', 'tests', 'data']
C_ENDINGS = ('.c', '.h', '.c.in', '.h.in')

CORE_LINES_MAX = 900

LICENSE = 'SPDX-License-Identifier: LGPL-2.1-or-later'
# The licence stands behind the comment that says what the file is for.
HEAD_LINES = 20

PYTHON_HEAD = re.compile(r'(#!.*\n)?("""\S|# \S+\.py: )')

# Written apart, so that this file passes its own test.
LEFT_TO_DO = re.compile(r'\b(' + '|'.join(['TO' + 'DO', 'FIX' + 'ME', 'X' * 3, 'HA' + 'CK']) + r')\b')
SLEEP = re.compile(r'\b(g_usleep|usleep|nanosleep|clock_nanosleep|sleep|asyncio\.sleep)\s*\(|^\s*sleep\s+[0-9]',
                   re.MULTILINE)
# The one place where tests wait for what they cannot be woken by; it looks again and again, and gives up in time.
WAITING = {'tests/e2e/lib/waiting.py'}

NAME_LIST = re.compile(r"\bfiles\(([^()]*)\)")
NAME_TABLE = re.compile(r"\{\n([^{}]*)\}")
SUBDIR = re.compile(r"^subdir\('([^']+)'\)", re.MULTILINE)
WORD = re.compile(r"'([^']+)'")
KEY = re.compile(r"^  '([^']+)':", re.MULTILINE)


def is_sorted(names):
    """With or without what names end in: both “a-b.c, a.c” and “a.h, a-b.h” are in order.

    Files of other folders are not looked at.
    """
    names = [name for name in names if '/' not in name]
    return names in (sorted(names), sorted(names, key=lambda name: os.path.splitext(name)[0]))


def line_of(text, position):
    """The number of the line at a position."""
    return text.count('\n', 0, position) + 1


class SourcesTest(TreeCase):
    """The rules of CONTRIBUTING.md that a program can check."""

    @classmethod
    def setUpClass(cls):
        cls.c_paths = [path for folder in FOLDERS for path in cls.tree.list(folder, *C_ENDINGS)]
        cls.python_paths = [path for folder in FOLDERS for path in cls.tree.list(folder, '.py')]
        cls.paths = cls.c_paths + cls.python_paths

    def find(self, pattern, paths):
        faults = []
        for path in paths:
            text = self.tree.read(path)
            faults += [f'{path}:{line_of(text, match.start())}: {match.group().strip()}'
                       for match in pattern.finditer(text)]
        return faults

    def test_the_tree_is_there(self):
        self.expect_many(self.c_paths, 200, 'C sources')
        self.expect_many(self.python_paths, 5, 'Python sources')

    def test_c_sources_begin_with_their_name_and_purpose(self):
        faults = []
        for path in self.c_paths:
            name = os.path.basename(path).removesuffix('.in')
            if path.startswith('data/plugin-template/'):
                # Written under another name by “btfw plugin new”.
                name = {'plugin.c': path.split('/')[2] + '-@name@.c', 'test.c': 'test-@name@.c'}[name]
            if not self.tree.read(path).startswith(f'/* {name}: '):
                faults.append(f'{path}: begins without “/* {name}: ”')
        self.expect_none(faults, 'The first line says what a file is for:')

    def test_python_sources_begin_with_their_purpose(self):
        faults = [path for path in self.python_paths if not PYTHON_HEAD.match(self.tree.read(path))]
        self.expect_none(faults, 'The first line says what a file is for:')

    def test_sources_name_their_license(self):
        faults = [path for path in self.paths
                  if LICENSE not in '\n'.join(self.tree.read(path).splitlines()[:HEAD_LINES])]
        self.expect_none(faults, f'“{LICENSE}” is missing at the top of:')

    def test_nothing_is_left_to_do(self):
        self.expect_none(self.find(LEFT_TO_DO, self.paths), 'What is not done belongs in an issue:')

    def test_tests_do_not_sleep(self):
        paths = [path for path in self.tree.list('tests', '.c', '.h', '.py', '.sh') if path not in WAITING
                 and not path.startswith('tests/plugins/broken/')]  # these are to be found out
        self.expect_none(self.find(SLEEP, paths), 'A test waits for an event, with a limit, and does not sleep:')

    def test_files_of_core_have_a_bounded_length(self):
        faults = []
        for path in self.tree.list('core', '.c', '.h'):
            length = self.tree.read(path).count('\n')
            if length > CORE_LINES_MAX:
                faults.append(f'{path}: {length} lines')
        self.expect_none(faults, f'More than {CORE_LINES_MAX} lines are two modules:')

    def test_lines_end_cleanly(self):
        faults = self.find(re.compile(r'[ \t\r]+$|\t', re.MULTILINE), self.paths)
        faults += [f'{path}: no line feed at the end' for path in self.paths
                   if self.tree.read(path)[-1:] not in ('\n', '')]
        self.expect_none([fault.rstrip() for fault in faults], 'Tabs, spaces at the end of a line:')

    def test_maps_name_what_is_there(self):
        plugins = {os.path.dirname(path).split('/')[1] for path in self.tree.list('plugins', '.c')}
        folders = {path.split('/')[1] for path in self.tree.list('core', '.c')}
        faults = [f'{page}: `{name}` is missing'
                  for page, names in (('plugins/README.md', plugins), ('core/README.md', folders))
                  for name in sorted(names) if f'`{name}`' not in self.tree.read(page)]
        listed = re.findall(r'^\| `([a-z]+-[a-z0-9_]+)` ', self.tree.read('plugins/README.md'), re.MULTILINE)
        faults += [f'plugins/README.md: there is no {name}' for name in listed if name not in plugins]
        self.expect_none(faults, 'The maps are not of this tree:')

    def test_meson_lists_are_in_alphabetical_order(self):
        paths = [path for folder in FOLDERS for path in self.tree.list(folder, 'meson.build')]
        self.expect_many(paths, 20, 'meson.build files')
        faults = []
        for path in paths:
            text = self.tree.read(path)
            lists = [WORD.findall(names) for names in NAME_LIST.findall(text)]
            lists += [KEY.findall(table) for table in NAME_TABLE.findall(text)]
            if path == 'plugins/meson.build':
                lists.append(SUBDIR.findall(text))
            faults += [f'{path}: {", ".join(names)}' for names in lists if not is_sorted(names)]
        self.expect_none(faults, 'Names in meson.build are sorted:')


if __name__ == '__main__':
    TreeCase.tree = Tree(take_argument())
    unittest.main()
