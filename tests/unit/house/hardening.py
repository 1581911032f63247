"""How program, library and plugins were built: hard to take over by a fault in them.

Usage: hardening.py SOURCE-ROOT BUILD-ROOT [unittest options]
"""
# SPDX-License-Identifier: LGPL-2.1-or-later

import json
import os
import re
import unittest

from installed import is_library, is_plugin, list_elf_files, run_tool
from tree import Tree, TreeCase, take_argument

# Of each installed source: the last word on a matter wins.
PROTECTOR = re.compile(r'-f(?:no-)?stack-protector(?:-strong|-all)?(?=\s|$)')
FORTIFY = re.compile(r'-[UD]\s*_FORTIFY_SOURCE(?:=\d)?')


class HardeningTest(TreeCase):
    """Every ELF file that is installed, and every source that goes into one."""

    build_root = None

    @classmethod
    def setUpClass(cls):
        cls.files = list_elf_files(cls.build_root)
        with open(os.path.join(cls.build_root, 'compile_commands.json'), encoding='utf-8') as file:
            commands = json.load(file)
        inside = tuple(os.path.join(os.path.realpath(cls.tree.root), folder) + os.sep for folder in ('core', 'plugins'))
        cls.commands = {}
        for entry in commands:
            path = os.path.realpath(os.path.join(entry['directory'], entry['file']))
            if path.startswith(inside):
                cls.commands.setdefault(path, []).append(entry['command'])

    def for_each_file(self, check):
        for path in self.files:
            with self.subTest(file=path):
                check(path)

    def test_all_files_are_looked_at(self):
        names = [os.path.basename(path) for path in self.files]
        self.assertIn('btfw', names)
        self.assertTrue(any(is_library(path) for path in self.files))
        self.expect_many([path for path in self.files if is_plugin(path)], 4, 'plugins')

    def test_code_is_position_independent(self):
        def check(path):
            dynamic = run_tool('readelf', '-dW', path)
            self.assertRegex(run_tool('readelf', '-hW', path), r'Type:\s+DYN')
            self.assertNotIn('TEXTREL', dynamic)
            if os.path.basename(path) == 'btfw':
                self.assertRegex(dynamic, r'FLAGS_1.*\bPIE\b')
        self.for_each_file(check)

    def test_tables_of_addresses_are_read_only(self):
        def check(path):
            self.assertIn('GNU_RELRO', run_tool('readelf', '-lW', path))
            self.assertRegex(run_tool('readelf', '-dW', path), r'BIND_NOW|FLAGS_1.*\bNOW\b')
        self.for_each_file(check)

    def test_no_memory_is_writable_and_executable(self):
        def check(path):
            segments = re.findall(r'^\s+(GNU_STACK|LOAD)\s.* ([R ][W ][E ]) 0x[0-9a-f]+$',
                                  run_tool('readelf', '-lW', path), re.MULTILINE)
            kinds = {kind for kind, _ in segments}
            self.assertEqual(kinds, {'GNU_STACK', 'LOAD'})
            for kind, rights in segments:
                self.assertFalse('W' in rights and 'E' in rights, f'{kind} is {rights}')
        self.for_each_file(check)

    def test_every_source_has_the_stack_protector(self):
        self.expect_many(self.commands, 100, 'compiled sources')
        faults = [path for path, commands in self.commands.items() for command in commands
                  if not (PROTECTOR.findall(command) or [''])[-1].startswith('-fstack-protector-')]
        self.expect_none(faults, 'Without -fstack-protector-strong:')

    def test_every_source_is_fortified(self):
        faults = [path for path, commands in self.commands.items() for command in commands
                  if not re.search(r'=[23]$', (FORTIFY.findall(command) or [''])[-1])]
        self.expect_none(faults, 'Without _FORTIFY_SOURCE:')

    def test_the_compiler_did_both(self):
        """Flags say what was asked for; what the library calls says that it was done."""
        library, = [path for path in self.files if is_library(path)]
        calls = set(re.findall(r' UND (\w+)', run_tool('readelf', '--dyn-syms', '-W', library)))
        self.assertIn('__stack_chk_fail', calls)
        fortified = {name for name in calls if re.fullmatch(r'__\w+_chk|__open(64|at|at64)?_2', name)}
        self.assertTrue(fortified, 'no call of a function that checks its bounds')


if __name__ == '__main__':
    TreeCase.tree = Tree(take_argument())
    HardeningTest.build_root = take_argument()
    unittest.main()
