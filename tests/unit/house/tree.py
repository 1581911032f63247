"""The files of the source tree, for the tests that look at all of them."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import re
import sys
import unittest

# What a person may have beside the sources: build folders, and what starts with a dot.
OTHERS = re.compile(r'^(\.|_?build|__pycache__$)')

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(["<])([^">]+)[">]', re.MULTILINE)


class Tree:
    """A checkout, or an unpacked release."""

    def __init__(self, root):
        self.root = root

    def list(self, folder, *endings):
        """Paths of files below a folder, relative to the root, in a fixed order."""
        paths = []
        for place, folders, files in os.walk(os.path.join(self.root, folder)):
            folders[:] = sorted(name for name in folders if not OTHERS.match(name))
            paths += [os.path.relpath(os.path.join(place, name), self.root)
                      for name in sorted(files) if name.endswith(endings)]
        return paths

    def read(self, path):
        """The text of a file."""
        with open(os.path.join(self.root, path), encoding='utf-8') as file:
            return file.read()

    def exists(self, path):
        """Whether there is such a file."""
        return os.path.isfile(os.path.join(self.root, path))

    def includes(self, path):
        """What a C file includes: pairs of the opening quote and the name."""
        return INCLUDE.findall(self.read(path))


class TreeCase(unittest.TestCase):
    """A rule that holds for many files: all that break it are named at once."""

    tree = None
    maxDiff = None

    def expect_none(self, faults, rule):
        """Fails when there is any fault."""
        if faults:
            self.fail('\n'.join(['', rule] + [f'  {fault}' for fault in faults]))

    def expect_many(self, things, least, what):
        """Fails when a look around found so few that it looked in the wrong place."""
        self.assertGreaterEqual(len(things), least, f'too few {what} were found')


def take_argument():
    """The next argument of the test program. What remains is for unittest."""
    return sys.argv.pop(1)
