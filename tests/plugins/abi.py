#!/usr/bin/env python3
"""The binary interface of libbtfw is the stored one, or one that grew at its ends.

Usage: abi.py ABIDW LIBRARY STORED [--write | unittest options]

What is stored is a line for each promise: a function with its types, a member of a public structure with its
offset, a value of an enumeration. A line more is growth. A line that is gone or has changed breaks plugins that exist;
when that is meant, BTFW_PLUGIN_ABI goes up, and --write stores the new one.
"""
# SPDX-License-Identifier: LGPL-2.1-or-later

import glob
import os
import re
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as tree

# Structures that plugins have inside of themselves; all others are opaque.
STRUCTURES = re.compile(r'^(_Btfw\w+Interface|BtfwPluginDescription|BtfwFileStat)$')
# What may be taken up by growth.
ROOM = re.compile(r'^(padding|reserved|submit)$')
# For tests that are compiled anew.
OUTSIDE = re.compile(r'^btfw_test_')


HEADERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', '..', 'include', 'btfw', '*.h')


def read_headers():
    """All words of the public headers."""
    words = set()
    for path in glob.glob(HEADERS):
        with open(path, encoding='utf-8') as file:
            words.update(re.findall(r'\w+', file.read()))
    return words


class Abi:
    """What abidw says of a library."""

    def __init__(self, abidw, library):
        with tempfile.NamedTemporaryFile(suffix='.abi') as file:
            subprocess.run([abidw, '--load-all-types', '--no-comp-dir-path', '--no-corpus-path', '--no-show-locs',
                            '--out-file', file.name, library], check=True, timeout=100)
            self.root = tree.parse(file.name).getroot()
        self.types = {node.get('id'): node for node in self.root.iter() if node.get('id')}
        self.words = read_headers()
        self.shown = {symbol.get('name') for symbol in self.root.find('elf-function-symbols')}

    def name(self, type_id, depth=0):
        """A type as it is written."""
        node = self.types.get(type_id)
        if node is None or depth > 8:
            return '?'
        inner = node.get('type-id')
        if node.tag in ('pointer-type-def', 'reference-type-def'):
            return self.name(inner, depth + 1) + '*'
        if node.tag == 'qualified-type-def':
            return 'const ' * (node.get('const') == 'yes') + self.name(inner, depth + 1)
        if node.tag == 'array-type-def':
            return f"{self.name(inner, depth + 1)}[{node.find('subrange').get('length')}]"
        if node.tag == 'function-type':
            return self.signature(node, depth + 1)
        return node.get('name') or node.tag

    def signature(self, node, depth=0):
        """The types of a function."""
        types = ['…' if p.get('is-variadic') == 'yes' else self.name(p.get('type-id'), depth) for p in node.findall('parameter')]
        result = node.find('return')
        return f"({', '.join(types)}) {self.name(result.get('type-id'), depth) if result is not None else 'void'}"

    def members(self, node):
        """A line for each member of a structure that is no room to grow."""
        owner = node.get('name').lstrip('_')
        for member in node.findall('data-member'):
            variable = member.find('var-decl')
            if not ROOM.match(variable.get('name')):
                yield f"member {owner}.{variable.get('name')} {int(member.get('layout-offset-in-bits')) // 8} {self.name(variable.get('type-id'))}"
        yield f"size {owner} {int(node.get('size-in-bits')) // 8}"

    def lines(self):
        """All promises, sorted."""
        found = set()
        for node in self.root.iter('function-decl'):
            name = node.get('name')
            if name in self.shown and name.startswith('btfw_') and not OUTSIDE.match(name):
                found.add(f'function {name} {self.signature(node)}')
        for node in self.root.iter('class-decl'):
            if STRUCTURES.match(node.get('name', '')) and node.get('is-declaration-only') != 'yes':
                found.update(self.members(node))
        for node in self.root.iter('enum-decl'):
            if node.get('name', '').startswith('Btfw'):
                found.update(f"value {value.get('name')} {value.get('value')}" for value in node.iter('enumerator')
                             if value.get('name') in self.words)
        return sorted(found)




class AbiTest(unittest.TestCase):
    """The library as it is, and as it was promised."""

    abi = stored = None

    def test_nothing_that_was_promised_is_gone(self):
        now = set(self.abi.lines())
        with open(self.stored, encoding='utf-8') as file:
            promised = file.read().splitlines()
        self.assertGreater(len(promised), 300)
        broken = [line for line in promised if line not in now]
        nearest = {line: sorted(other for other in now if other.split()[:2] == line.split()[:2]) for line in broken}
        self.assertEqual(broken, [], f'what is there instead: {nearest}')

    def test_a_change_would_be_seen(self):
        line = next(line for line in self.abi.lines() if line.startswith('function btfw_picks_add '))
        self.assertEqual(line, 'function btfw_picks_add (BtfwPicks*, guint32, BtfwPickKind) BtfwPickAnswer')
        self.assertIn('size BtfwPickerInterface 120', self.abi.lines())


if __name__ == '__main__':
    AbiTest.abi = Abi(sys.argv[1], sys.argv[2])
    AbiTest.stored = sys.argv[3]
    if '--write' in sys.argv:
        with open(AbiTest.stored, 'w', encoding='utf-8') as output:
            output.write('\n'.join(AbiTest.abi.lines()) + '\n')
        sys.exit(0)
    unittest.main(argv=[sys.argv[0], *sys.argv[4:]])
