"""The public headers: each compiles alone, all of them come with btfw.h.

Usage: headers.py SOURCE-ROOT BUILD-ROOT COMPILER… [-- unittest options]
"""
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import re
import subprocess
import sys
import tempfile
import unittest

from tree import Tree, TreeCase, take_argument

WARNINGS = ['-Wall', '-Wextra', '-Wstrict-prototypes', '-Werror']


class HeadersTest(TreeCase):
    """What a plugin or an application includes."""

    build_root = None
    compiler = None

    @classmethod
    def setUpClass(cls):
        generated = Tree(cls.build_root)
        cls.headers = sorted(os.path.basename(path)
                             for path in cls.tree.list('include/btfw', '.h') + generated.list('include/btfw', '.h'))
        flags = subprocess.run(['pkg-config', '--cflags', 'gio-2.0'], check=True, capture_output=True, text=True)
        cls.flags = flags.stdout.split() + [f'-I{root}/include' for root in (cls.tree.root, cls.build_root)]

    def compile(self, language, warnings):
        """One source for each header, all in one run of the compiler."""
        with tempfile.TemporaryDirectory() as folder:
            sources = []
            for header in self.headers:
                sources.append(os.path.join(folder, header + language))
                with open(sources[-1], 'w', encoding='utf-8') as source:
                    source.write(f'#include <btfw/{header}>\ntypedef int not_empty;\n')
            run = subprocess.run([*self.compiler, *warnings, *self.flags, '-fsyntax-only', *sources],
                                 capture_output=True, text=True, check=False)
        self.assertEqual(run.returncode, 0, run.stderr)

    def test_the_headers_are_there(self):
        self.expect_many(self.headers, 20, 'public headers')
        self.assertIn('btfw-enums.h', self.headers)
        self.assertIn('btfw-version.h', self.headers)

    def test_each_compiles_alone(self):
        self.compile('.c', WARNINGS)

    def test_each_compiles_under_the_oldest_rules(self):
        self.compile('.c', [*WARNINGS, '-std=c99', '-Wpedantic'])

    def test_all_come_with_the_one_that_is_named_after_the_library(self):
        included = set(re.findall(r'#include <btfw/(\S+)>', self.tree.read('include/btfw/btfw.h')))
        self.assertEqual(included, set(self.headers) - {'btfw.h'})


if __name__ == '__main__':
    TreeCase.tree = Tree(take_argument())
    HeadersTest.build_root = take_argument()
    end = sys.argv.index('--') if '--' in sys.argv else len(sys.argv)
    HeadersTest.compiler = sys.argv[1:end]
    unittest.main(argv=[sys.argv[0], *sys.argv[end + 1:]])
