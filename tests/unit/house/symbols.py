"""What the library and the plugins show to others: what is marked, and nothing else.

Usage: symbols.py SOURCE-ROOT BUILD-ROOT COMPILER… [-- unittest options]
"""
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import re
import subprocess
import sys
import unittest

from installed import is_library, is_plugin, list_elf_files, run_tool
from tree import Tree, TreeCase, take_argument

# As BTFW_API reads once the preprocessor has been over it.
MARKED = re.compile(r'__attribute__ \(\(visibility \("default"\)\)\) extern\s+[^;{}()]*?\b(\w+)\s*\(')


def list_shown_symbols(path):
    """Names that an ELF file defines for others."""
    lines = run_tool('nm', '-D', '--defined-only', '--format=posix', path).splitlines()
    return {line.split()[0] for line in lines}


class SymbolsTest(TreeCase):
    """The dynamic symbols of what is installed."""

    build_root = None
    compiler = None

    @classmethod
    def setUpClass(cls):
        cls.files = list_elf_files(cls.build_root)

    def list_marked_symbols(self):
        flags = subprocess.run(['pkg-config', '--cflags', 'gio-2.0'], check=True, capture_output=True, text=True)
        text = subprocess.run([*self.compiler, '-E', '-P', '-x', 'c', *flags.stdout.split(),
                               f'-I{self.tree.root}/include', f'-I{self.build_root}/include', '-'],
                              input='#include <btfw/btfw.h>\n', check=True, capture_output=True, text=True).stdout
        return set(MARKED.findall(text))

    def test_the_library_shows_what_the_headers_mark(self):
        libraries = [path for path in self.files if is_library(path)]
        self.assertEqual(len(libraries), 1, libraries)
        shown = list_shown_symbols(libraries[0])
        marked = self.list_marked_symbols()
        self.expect_many(marked, 200, 'marked symbols')
        self.expect_none(sorted(shown - marked), 'Shown, but not BTFW_API in a public header:')
        self.expect_none(sorted(marked - shown), 'BTFW_API in a public header, but not shown:')

    def test_plugins_show_only_their_two_symbols(self):
        plugins = [path for path in self.files if is_plugin(path)]
        for path in plugins:
            symbol = 'btfw_plugin_' + os.path.basename(path).removesuffix('.so').replace('-', '_')
            with self.subTest(plugin=path):
                self.assertEqual(list_shown_symbols(path), {symbol, symbol + '_get_type'})

    def test_there_are_plugins(self):
        self.expect_many([path for path in self.files if is_plugin(path)], 4, 'plugins')


if __name__ == '__main__':
    TreeCase.tree = Tree(take_argument())
    SymbolsTest.build_root = take_argument()
    end = sys.argv.index('--') if '--' in sys.argv else len(sys.argv)
    SymbolsTest.compiler = sys.argv[1:end]
    unittest.main(argv=[sys.argv[0], *sys.argv[end + 1:]])
