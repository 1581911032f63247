#!/usr/bin/python3
# catalogs.py: the translations are complete and in step with the source.
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import re
import subprocess
import sys
import tempfile
import unicodedata
import unittest

ROOT, BUILT, PROGRAM = sys.argv[1:4]
KEYWORDS = ["_", "N_", "C_:1c,2", "NC_:1c,2", "g_dcgettext:2", "g_dngettext:2,3", "g_dpgettext2:2c,3"]
TRANSLATABLE = re.compile(r"(?<![A-Za-z0-9_])(N?_|NC?_|C_) ?\(\"|g_dngettext \(")


def lines_of(name):
    with open(os.path.join(ROOT, "po", name), encoding="utf-8") as file:
        return [line.strip() for line in file if line.strip() and not line.startswith("#")]


def sources():
    for top in ("core", "plugins", "include"):
        for folder, _, names in os.walk(os.path.join(ROOT, top)):
            for name in names:
                if name.endswith((".c", ".h")):
                    yield os.path.relpath(os.path.join(folder, name), ROOT)


def columns(line):
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in line)


def run(*command, **variables):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False,
                          env={**os.environ, "LC_ALL": "C", "LANGUAGE": "", **variables})


class Catalogs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.template = os.path.join(cls.folder.name, "btfw.pot")
        result = run("xgettext", "--from-code=UTF-8", "--files-from=po/POTFILES.in", "--output=" + cls.template,
                     *("--keyword=" + keyword for keyword in KEYWORDS))
        if result.returncode != 0:
            raise AssertionError(result.stderr)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_there_are_the_languages_that_were_promised(self):
        self.assertLessEqual({"de", "es", "fr", "zh_CN"}, set(lines_of("LINGUAS")))

    def test_every_source_with_words_is_listed(self):
        listed = set(lines_of("POTFILES.in"))
        for source in sources():
            with open(os.path.join(ROOT, source), encoding="utf-8") as file:
                if TRANSLATABLE.search(file.read()):
                    self.assertIn(source, listed)

    def test_no_format_is_cut_off_by_a_macro(self):
        for source in sources():
            with open(os.path.join(ROOT, source), encoding="utf-8") as file:
                self.assertNotRegex(file.read(), r'\b_ ?\("[^;]*?%[^ "]*" (G_G|PRI)', source)

    def test_every_listed_source_exists_and_is_in_order(self):
        listed = lines_of("POTFILES.in")
        self.assertEqual(listed, sorted(listed))
        for source in listed:
            self.assertTrue(os.path.exists(os.path.join(ROOT, source)), source)

    def test_catalogs_are_well_formed(self):
        for language in lines_of("LINGUAS"):
            result = run("msgfmt", "--check", "--output-file=/dev/null", "po/%s.po" % language)
            self.assertEqual(result.returncode, 0, result.stderr)

    def test_catalogs_have_nothing_untranslated_or_fuzzy(self):
        for language in lines_of("LINGUAS"):
            result = run("msgcmp", "po/%s.po" % language, self.template)
            self.assertEqual(result.returncode, 0, "%s: %s" % (language, result.stderr))
            result = run("msgattrib", "--only-fuzzy", "--no-obsolete", "po/%s.po" % language)
            self.assertEqual(result.stdout, "", language)

    def test_the_program_speaks_each_language_in_80_columns(self):
        program = os.path.abspath(PROGRAM)
        english = run(program, "--help", LC_ALL="C.UTF-8").stdout
        for language in lines_of("LINGUAS"):
            for command in ([], ["show"], ["create"], ["share"], ["inspect"], ["config"], ["why"], ["plugin"], ["plugin", "new"], ["plugin", "check"]):
                result = run(program, *command, "--help", LC_ALL="C.UTF-8", LANGUAGE=language, BTFW_LOCALE_DIR=BUILT)
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertNotEqual(result.stdout, english, language)
                for line in result.stdout.splitlines():
                    self.assertLessEqual(columns(line), 80, line)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
