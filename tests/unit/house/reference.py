"""The reference: every public name has its comment, and every comment speaks of what there is.

Usage: reference.py SOURCE-ROOT [unittest options]
"""
# SPDX-License-Identifier: LGPL-2.1-or-later

import re
import unittest

from tree import Tree, TreeCase, take_argument

COMMENT = re.compile(r'/\*\*\n(.*?)\*/', re.DOTALL)
# A function as a header declares it, with what stands between the parentheses.
FUNCTION = re.compile(r'^BTFW_API\s[^;{}()]*?\b(btfw_\w+)\s*\(((?:[^();]|\([^()]*\))*)\)\s*[^;()]*;', re.MULTILINE)
INTERFACE = re.compile(r'^struct _(Btfw\w+Interface)\n\{(.*?)^\};', re.MULTILINE | re.DOTALL)
METHOD = re.compile(r'\(\*(\w+)\)\s*\(((?:[^()]|\([^()]*\))*)\);')
ENUMERATION = re.compile(r'^typedef enum\n\{(.*?)\} (Btfw\w+);', re.MULTILINE | re.DOTALL)
# These say by their name alone what they do, for every type in the same way.
KNOWN = re.compile(r'_(get_type|ref|unref)$')
# Pages that speak of the API.
PAGES = ('README.md', 'core/README.md', 'plugins/README.md', 'data/plugin-tutorial.md', 'data/embedding.md')


def without_comments(text):
    """The declarations alone."""
    return re.sub(r'/\*.*?\*/', '', text, flags=re.DOTALL)


def read_names(arguments):
    """The names of the parameters of a declaration."""
    flat = re.sub(r'\(\*\s*(\w+)\)\s*\([^()]*\)', r'\1', arguments)
    return {match.group(1) for argument in flat.split(',') if (match := re.search(r'(\w+)\s*(?:\[\w*\])?\s*$', argument))}


class Comment:
    """One comment of the form that g-ir-scanner reads."""

    def __init__(self, text):
        lines = [re.sub(r'^\s*\*? ?', '', line) for line in text.splitlines()]
        head = re.match(r'([\w:]+(?:::?[\w-]+)*):', lines[0])
        self.name = head.group(1) if head else lines[0]
        self.parameters = [match.group(1) for line in lines if (match := re.match(r'@(\w+):', line))]
        self.text = '\n'.join(lines)
        self.says_something = bool(re.sub(r'\(.*?\)', '', self.text.removeprefix(lines[0])).strip(': \n'))


class ReferenceTest(TreeCase):
    """All public headers."""

    @classmethod
    def setUpClass(cls):
        cls.paths = cls.tree.list('include/btfw', '.h')
        cls.texts = {path: cls.tree.read(path) for path in cls.paths}
        cls.comments = {}
        cls.functions = {}
        cls.methods = {}
        cls.enumerators = {}
        for text in cls.texts.values():
            cls.comments |= {comment.name: comment for found in COMMENT.findall(text) if (comment := Comment(found))}
            bare = without_comments(text)
            cls.functions |= {name: read_names(arguments) for name, arguments in FUNCTION.findall(bare)}
            for interface, body in INTERFACE.findall(bare):
                cls.methods |= {f'{interface}::{name}': read_names(arguments) for name, arguments in METHOD.findall(body)}
            for body, name in ENUMERATION.findall(bare):
                cls.enumerators[name] = re.findall(r'^\s*(BTFW_\w+)', body, re.MULTILINE)
        cls.words = set(re.findall(r'\w+', ' '.join(cls.texts.values())))

    def test_the_look_around_finds_them(self):
        self.expect_many(self.functions, 350, 'functions')
        self.expect_many(self.methods, 40, 'methods of interfaces')
        self.expect_many(self.enumerators, 15, 'enumerations')
        self.expect_many(self.comments, 400, 'comments')

    def test_every_function_has_a_comment(self):
        faults = [name for name in self.functions
                  if not KNOWN.search(name) and (name not in self.comments or not self.comments[name].says_something)]
        self.expect_none(sorted(faults), 'Public functions about which nothing is said:')

    def test_every_method_of_an_interface_has_a_comment(self):
        faults = [name for name in self.methods if name not in self.comments or not self.comments[name].says_something]
        self.expect_none(sorted(faults), 'Methods about which nothing is said:')

    def test_every_method_says_whether_it_is_required(self):
        faults = [name for name in self.methods if name in self.comments and not re.search(r'Required|Optional', self.comments[name].text)]
        self.expect_none(sorted(faults), 'Methods that do not say whether they are required or optional:')

    def test_every_interface_says_on_which_thread(self):
        names = {name.partition('::')[0] for name in self.methods}
        faults = [name for name in names if name not in self.comments or 'thread' not in self.comments[name].text]
        self.expect_none(sorted(faults), 'Interfaces that do not say on which thread they are called:')

    def test_every_value_has_a_word(self):
        faults = [f'{name}: {value}' for name, values in self.enumerators.items() for value in values
                  if name not in self.comments or value not in self.comments[name].parameters]
        self.expect_none(sorted(faults), 'Values of enumerations about which nothing is said:')

    def test_comments_speak_of_what_there_is(self):
        declared = set(re.findall(r'\b_?(\w+)', ' '.join(without_comments(text) for text in self.texts.values())))
        faults = [name for name in self.comments
                  if name.startswith('btfw_') and name not in self.functions
                  or '::' in name and name not in self.methods
                  or name.startswith(('Btfw', 'BTFW')) and '::' not in name and name not in declared]
        self.expect_none(sorted(faults), 'Comments about what there is not:')

    def test_parameters_are_those_of_the_function(self):
        faults = [f'{name}: @{parameter}' for name, names in (self.functions | self.methods).items() if name in self.comments
                  for parameter in self.comments[name].parameters if parameter not in names | {'self'}]
        self.expect_none(sorted(faults), 'Comments about parameters that there are not:')

    def test_what_is_referred_to_is_there(self):
        """In comments and on pages: functions, types, constants by their names."""
        texts = {path: '\n'.join(COMMENT.findall(text)) for path, text in self.texts.items()}
        texts |= {page: self.tree.read(page) for page in PAGES if self.tree.exists(page)}
        faults = [f'{path}: {name}' for path, text in texts.items()
                  for name in set(re.findall(r'\b(btfw_[a-z0-9_]+[a-z0-9])\s?\(|[#%](\w+)|\b(BTFW_[A-Z0-9_]+[A-Z0-9])\b', text))
                  for name in name if name.lower().startswith('btfw') and name not in self.words and not self.is_made(name)]
        self.expect_none(sorted(faults), 'Names that there are not:')

    @staticmethod
    def is_made(name):
        """What a build, a macro or the environment makes: the names of plugins, version numbers, variables."""
        return bool(re.match(r'btfw_plugin_([A-Z]|(picker|storage|tracker)_)|BTFW_(PLUGIN_PATH|TEST_\w+|TYPE_\w+|VERSION\w*|CACHE\w*|LANG\w*)$', name))


if __name__ == '__main__':
    ReferenceTest.tree = Tree(take_argument())
    unittest.main()
