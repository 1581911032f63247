#!/usr/bin/python3
# documentation.py: manual pages, completions and the sample say what the
# program does, no less and no more.
# SPDX-License-Identifier: LGPL-2.1-or-later

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unicodedata
import unittest

PROGRAM, DATA = sys.argv[1:3]
COMPLETIONS = ["btfw.bash", "_btfw", "btfw.fish"]
COMMANDS = ["", "show", "fetch", "create", "share", "inspect", "config", "why", "plugin", "plugin new", "plugin check"]


def read(name):
    with open(os.path.join(DATA, name), encoding="utf-8") as file:
        return file.read()


def run(*arguments, expected=0):
    result = subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False)
    if result.returncode != expected:
        raise AssertionError("%s: exit code %d\n%s" % (arguments, result.returncode, result.stderr))
    return result.stdout


def help_of(command):
    return run(*command.split(), "--help")


def options_of(command):
    return set(re.findall(r"(?<=\s)--([a-z][a-z-]*)", "\n".join(
        line[:60] for line in help_of(command).splitlines() if re.match(r"  (-\w, |    )--", line))))


def completion(name):
    """Its text, with options as the others write them."""
    if not name.endswith(".fish"):
        return read(name)
    return "\n".join(re.sub(r" -l ([a-z-]+)", r" --\1 ", line) for line in read(name).splitlines() if line.startswith("complete"))


def columns(line):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in line if not unicodedata.combining(c))


class Options(unittest.TestCase):
    def test_every_command_has_options(self):
        for command in COMMANDS:
            self.assertIn("help", options_of(command), command)

    def test_the_manual_page_has_every_option(self):
        page = read("btfw.1")
        for command in COMMANDS:
            for option in options_of(command):
                self.assertIn("\\-" + option, page, "btfw.1 lacks --%s of “%s”" % (option, command))

    def test_the_manual_page_has_no_other_option(self):
        known = set().union(*(options_of(command) for command in COMMANDS))
        for option in re.findall(r"Fl \\-([a-z-]+)", read("btfw.1")):
            self.assertIn(option, known, "btfw.1 speaks of --" + option)

    def test_completions_have_every_option(self):
        for name in COMPLETIONS:
            text = completion(name)
            for command in COMMANDS:
                for option in options_of(command):
                    self.assertRegex(text, r"--%s\b" % re.escape(option), "%s lacks --%s" % (name, option))

    def test_completions_have_no_other_option(self):
        known = set().union(*(options_of(command) for command in COMMANDS))
        for name in COMPLETIONS:
            for option in re.findall(r"(?<=[\s'{,(])--([a-z][a-z-]+)", completion(name)):
                self.assertIn(option, known, "%s speaks of --%s" % (name, option))

    @unittest.skipUnless(shutil.which("fish"), "there is no fish")
    def test_fish_knows_commands_plugins_and_settings(self):
        rows = {"btfw insp": "inspect", "btfw --picker=": "--picker=rarest", "btfw --picker=rarest,": "--picker=rarest,random-first=",
                "btfw --set picker-rarest.": "picker-rarest.endgame-blocks=", "btfw inspect storage-": "storage-file",
                "btfw plugin new disc": "discovery", "btfw why --wa": "--wait"}
        env = {**os.environ, "PATH": os.path.dirname(os.path.abspath(PROGRAM)) + ":" + os.environ["PATH"]}
        for line, wanted in rows.items():
            done = subprocess.run(["fish", "--no-config", "-c", "source %s; complete -C '%s'" % (os.path.join(DATA, "btfw.fish"), line)],
                                  capture_output=True, text=True, check=True, env=env, timeout=60)
            self.assertIn(wanted, [word.split("\t")[0] for word in done.stdout.splitlines()], line)

    def test_the_help_fits_80_columns(self):
        for command in COMMANDS:
            for line in help_of(command).splitlines():
                self.assertLessEqual(columns(line), 80, line)


class Settings(unittest.TestCase):
    def setUp(self):
        self.settings = json.loads(run("config", "--config=/dev/null", "--json"))["session"]

    def test_the_manual_page_has_every_setting_with_its_default(self):
        page = read("btfw.conf.5")
        found = dict(re.findall(r"^\.It Cm ([a-z-]+)\n(?:.*\n)*?\.Pq .*; default: (.*)$", page, re.M))
        self.assertEqual(set(found), set(self.settings))
        for key, setting in self.settings.items():
            default = found[key].replace("\\&", "")
            if key != "state-dir":
                self.assertEqual(default, setting["value"] or "empty", key)

    def test_the_sample_has_every_setting_with_its_default(self):
        group = re.split(r"## Plugins have groups|#\[match ", read("btfw.conf"))[0]
        found = dict(re.findall(r"^#([a-z-]+)=(.*)$", group, re.M))
        self.assertEqual(set(found), set(self.settings))
        for key, setting in self.settings.items():
            if key != "state-dir":
                self.assertEqual(found[key], setting["value"], key)

    def test_the_sample_is_right_with_and_without_its_comments(self):
        text = read("btfw.conf")
        for content in (text, re.sub(r"^#(?=[a-z-]+=|\[)", "", text, flags=re.M)):
            with tempfile.NamedTemporaryFile("w", suffix=".conf") as file:
                file.write(content)
                file.flush()
                run("config", "--config=" + file.name)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
