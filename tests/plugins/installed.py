#!/usr/bin/env python3
"""What is installed, as other people's programs and plugins use it.

Usage: installed.py MESON BUILD-ROOT PYTHON [unittest options]

PYTHON is one that has PyGObject, or empty when there are no bindings to test.
"""
# SPDX-License-Identifier: LGPL-2.1-or-later

import contextlib
import functools
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.request

PATIENCE = 60  # seconds for whatever a test starts


class Stage:
    """An installation below a folder of its own, and the environment in which it is the only one."""

    def __init__(self, meson, build_root, folder):
        self.folder = folder
        self.meson = meson
        run([meson, 'install', '-C', build_root, '--no-rebuild', '--quiet', '--destdir', os.path.join(folder, 'image')])
        with open(os.path.join(build_root, 'meson-info', 'intro-buildoptions.json'), encoding='utf-8') as file:
            options = {option['name']: option['value'] for option in json.load(file)}
        self.prefix = os.path.join(folder, 'image') + options['prefix']
        self.btfw = os.path.join(self.prefix, options['bindir'], 'btfw')
        self.libdir = os.path.join(self.prefix, options['libdir'])
        self.documents = os.path.join(self.prefix, options['datadir'], 'doc', 'btfw')
        self.move_pkg_config(options['prefix'])
        self.env = self.make_environment()

    def move_pkg_config(self, configured_prefix):
        """The one line of the file that knows where it was to be installed."""
        path = os.path.join(self.libdir, 'pkgconfig', 'btfw-1.pc')
        with open(path, encoding='utf-8') as file:
            lines = file.read().splitlines(keepends=True)
        lines[lines.index(f'prefix={configured_prefix}\n')] = f'prefix={self.prefix}\n'
        with open(path, 'w', encoding='utf-8') as file:
            file.writelines(lines)

    def make_environment(self):
        """Only the staged files are found, and nothing of the user's is touched."""
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(('BTFW_', 'PKG_CONFIG_', 'XDG_', 'MESON', 'NINJA'))}
        home = os.path.join(self.folder, 'home')
        os.makedirs(home, exist_ok=True)
        return {
            **kept,
            'HOME': home,
            'XDG_CONFIG_DIRS': home,
            'PATH': os.path.dirname(self.btfw) + ':' + kept.get('PATH', ''),
            'LD_LIBRARY_PATH': self.libdir,
            'PKG_CONFIG_PATH': os.path.join(self.libdir, 'pkgconfig'),
            'GI_TYPELIB_PATH': os.path.join(self.libdir, 'girepository-1.0'),
            'BTFW_PLUGIN_PATH': os.path.join(self.libdir, 'btfw-1', 'plugins'),
            'G_DEBUG': 'fatal-criticals',
        }

    def run(self, words, **arguments):
        """What a program prints that ends well."""
        return run(words, env=self.env, **arguments)

    def pkg_config(self, *words):
        """What pkg-config says of the library."""
        return self.run(['pkg-config', *words, 'btfw-1']).strip()

    @contextlib.contextmanager
    def share(self, path):
        """Seeds a file or folder, and gives the URL of its torrent."""
        with subprocess.Popen([self.btfw, 'share', '--bind=127.0.0.1', '--port=0', '--progress=json', path],
                              env=self.env, stdout=subprocess.PIPE, text=True) as child:
            try:
                events = (json.loads(line) for line in child.stdout)
                yield next(event['url'] for event in events if event['event'] == 'share')
            finally:
                child.terminate()
                child.communicate(timeout=PATIENCE)


def run(words, **arguments):
    """Runs a program to its end, which must be a good one."""
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                          timeout=PATIENCE, **arguments)
    if done.returncode != 0:
        raise AssertionError(f'{" ".join(words)}: exit code {done.returncode}\n{done.stdout}')
    return done.stdout


def read_all(folder):
    """The bytes of every file below a folder, by relative path."""
    content = {}
    for place, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(place, name)
            with open(path, 'rb') as file:
                content[os.path.relpath(path, folder)] = file.read()
    return content


class InstalledTest(unittest.TestCase):
    """One staged installation serves all tests."""

    meson = build_root = python = None

    @classmethod
    def setUpClass(cls):
        # A folder in which nobody else can write, or no module of it would be loaded.
        cls.folder = tempfile.mkdtemp(prefix='btfw-installed-')
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        cls.stage = Stage(cls.meson, cls.build_root, cls.folder)
        cls.sample = os.path.join(cls.folder, 'sample')
        os.makedirs(os.path.join(cls.sample, 'folder'))
        for name, size in {'large': 3_000_000, 'folder/small': 70_000, 'empty': 0}.items():
            with open(os.path.join(cls.sample, name), 'wb') as file:
                file.write(os.urandom(size))

    @classmethod
    @functools.cache
    def build_new(cls, kind, name):
        """What “btfw plugin new” writes, built where nothing of this project's tree is in reach."""
        cls.stage.run([cls.stage.btfw, 'plugin', 'new', f'--dir={cls.folder}', kind, name])
        source = os.path.join(cls.folder, f'{kind}-{name}')
        cls.stage.run([cls.stage.meson, 'setup', 'build', '--fatal-meson-warnings', '-Dwerror=true'], cwd=source)
        cls.stage.run([cls.stage.meson, 'compile', '-C', 'build'], cwd=source)
        return os.path.join(source, 'build')

    @classmethod
    def build_template(cls):
        return cls.build_new('picker', 'preview')

    def run_new(self, kind, name):
        """Builds a new plugin, runs its own tests, looks at it; answers its folder."""
        build = self.build_new(kind, name)
        report = self.stage.run([self.stage.meson, 'test', '-C', build, '--no-rebuild', '--print-errorlogs'])
        self.assertRegex(report, r'Ok:\s+2\b')
        shown = self.stage.run([self.stage.btfw, 'inspect', f'--plugin-dir={build}', f'{kind}-{name}'])
        self.assertIn(f'[{kind}-{name}]', shown)
        return build

    def download(self, *words):
        """Downloads the sample with the installed program, and compares it."""
        folder = tempfile.mkdtemp(prefix='download-', dir=self.folder)
        with self.stage.share(self.sample) as url:
            output = self.stage.run([self.stage.btfw, '--bind=127.0.0.1', '--port=0', '--progress=json',
                                     f'--dir={folder}', *words, url])
        self.assertEqual(read_all(os.path.join(folder, 'sample')), read_all(self.sample))
        return output

    def test_pkg_config_names_what_is_there(self):
        include = os.path.join(self.stage.prefix, 'include', 'btfw-1')
        self.assertIn(f'-I{include}', self.stage.pkg_config('--cflags').split())
        self.assertTrue(os.path.isfile(os.path.join(include, 'btfw', 'btfw.h')))
        self.assertIn('-lbtfw-1', self.stage.pkg_config('--libs').split())
        self.assertIn('-lgio-2.0', self.stage.pkg_config('--libs').split())
        self.assertTrue(os.path.exists(os.path.join(self.stage.libdir, 'libbtfw-1.so')))
        plugins = glob.glob(os.path.join(self.stage.pkg_config('--variable=plugindir'), '*.so'))
        self.assertIn('picker-rarest.so', [os.path.basename(path) for path in plugins])

    def test_version_is_one_everywhere(self):
        version = self.stage.pkg_config('--modversion')
        self.assertIn(version, self.stage.run([self.stage.btfw, '--version']))
        with open(os.path.join(self.stage.prefix, 'include/btfw-1/btfw/btfw-version.h'), encoding='utf-8') as file:
            header = file.read()
        for word, number in zip(('MAJOR', 'MINOR', 'MICRO'), version.split('.')):
            self.assertRegex(header, rf'{word}\w*\s+\(?{number}\b')

    def test_manual_and_completions_come_along(self):
        for path in ('share/man/man1/btfw.1', 'share/man/man5/btfw.conf.5',
                     'share/bash-completion/completions/btfw', 'share/zsh/site-functions/_btfw', 'share/fish/vendor_completions.d/btfw.fish'):
            self.assertTrue(os.path.isfile(os.path.join(self.stage.prefix, path)), path)

    def test_installed_program_downloads(self):
        self.download()

    def test_new_picker(self):
        build = self.run_new('picker', 'preview')
        self.download(f'--plugin-dir={build}', '--picker=preview,edge-size=64k')

    def test_new_choker(self):
        build = self.run_new('choker', 'fair')
        self.download(f'--plugin-dir={build}', '--choker=fair,turn=20')

    def test_new_storage(self):
        build = self.run_new('storage', 'image')
        folder = tempfile.mkdtemp(prefix='image-', dir=self.folder)
        with self.stage.share(self.sample) as url:
            self.stage.run([self.stage.btfw, '--bind=127.0.0.1', '--port=0', f'--plugin-dir={build}',
                            '--storage=image,suffix=.img', f'--dir={folder}', url])
        self.assertEqual(os.listdir(folder), ['sample.img'])
        with open(os.path.join(folder, 'sample.img'), 'rb') as image:
            content = image.read()
        for data in read_all(self.sample).values():
            self.assertIn(data, content)

    def test_new_tracker(self):
        build = self.run_new('tracker', 'named')
        torrent = os.path.join(self.folder, 'named.torrent')
        folder = tempfile.mkdtemp(prefix='named-', dir=self.folder)
        with self.seed() as (port, seeded):
            self.stage.run([self.stage.btfw, 'create', '--tracker', f'named://127.0.0.1:{port}/announce', '-o', torrent, seeded])
            self.stage.run([self.stage.btfw, '--bind=127.0.0.1', '--port=0', f'--plugin-dir={build}', f'--dir={folder}', torrent])
        self.assertEqual(read_all(os.path.join(folder, 'sample')), read_all(self.sample))

    @contextlib.contextmanager
    def seed(self):
        """Somebody who has the sample and asks no tracker: its port, and the folder."""
        torrent = os.path.join(self.folder, 'seed.torrent')
        self.stage.run([self.stage.btfw, 'create', '--overwrite', '-o', torrent, self.sample])
        with subprocess.Popen([self.stage.btfw, '--bind=127.0.0.1', '--port=0', '--progress=json', '--seed', '--debug=session',
                               f'--dir={self.folder}', torrent], env=self.stage.env, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True) as child:
            try:
                for line in child.stdout:
                    if json.loads(line).get('state') == 'seeding':
                        break
                yield self.find_port(child.pid), self.sample
            finally:
                child.terminate()
                child.communicate(timeout=PATIENCE)

    @staticmethod
    def find_port(pid):
        """The TCP port at which a process listens, as the system tells it."""
        sockets = set()
        for name in os.listdir(f'/proc/{pid}/fd'):
            with contextlib.suppress(OSError):
                sockets.add(os.readlink(f'/proc/{pid}/fd/{name}'))
        with open(f'/proc/{pid}/net/tcp', encoding='ascii') as table:
            for line in list(table)[1:]:
                fields = line.split()
                if fields[3] == '0A' and f'socket:[{fields[9]}]' in sockets:
                    return int(fields[1].split(':')[1], 16)
        raise AssertionError('the seed does not listen')

    def test_new_fetcher(self):
        build = self.run_new('fetcher', 'shelf')
        torrents = os.path.join(self.folder, 'torrents')
        folder = tempfile.mkdtemp(prefix='shelf-', dir=self.folder)
        os.makedirs(torrents)
        with self.stage.share(self.sample) as url:
            with urllib.request.urlopen(url, timeout=PATIENCE) as reply, \
                    open(os.path.join(torrents, 'mine.torrent'), 'wb') as file:
                shutil.copyfileobj(reply, file)
            self.stage.run([self.stage.btfw, '--bind=127.0.0.1', '--port=0', f'--plugin-dir={build}',
                            '--set', f'fetcher-shelf.folder={torrents}', f'--dir={folder}', 'shelf://mine'])
        self.assertEqual(read_all(os.path.join(folder, 'sample')), read_all(self.sample))

    def test_new_service(self):
        build = self.run_new('service', 'teller')
        self.download(f'--plugin-dir={build}', '--set=session.services=teller')

    def test_new_extension(self):
        build = self.run_new('extension', 'greeter')
        self.download(f'--plugin-dir={build}', '--set=session.extensions=greeter')

    def test_new_discovery(self):
        build = self.run_new('discovery', 'listed')
        folder = tempfile.mkdtemp(prefix='listed-', dir=self.folder)
        peers = os.path.join(self.folder, 'peers.txt')
        with self.seed() as (port, _):
            with open(peers, 'w', encoding='ascii') as file:
                file.write(f'not an address\n127.0.0.1:{port}\n')
            self.stage.run([self.stage.btfw, '--bind=127.0.0.1', '--port=0', f'--plugin-dir={build}', '--set=session.discovery=listed',
                            f'--set=discovery-listed.path={peers}', f'--dir={folder}', os.path.join(self.folder, 'seed.torrent')])
        self.assertEqual(read_all(os.path.join(folder, 'sample')), read_all(self.sample))

    def read_blocks(self, page):
        """The blocks of a page: the word behind the fence, the rest of that line, the lines inside."""
        with open(os.path.join(self.stage.documents, page), encoding='utf-8') as file:
            text = file.read()
        return re.findall(r'^```(\w+) ?(.*)\n((?:.*\n)*?)```$', text, re.MULTILINE)

    def run_command(self, place, command, expected, env):
        """One line, in a shell at @place; answers where it ends up."""
        done = subprocess.run(['sh', '-c', f'{command}\ncode=$?; echo "at:$PWD"; exit $code'], cwd=place, env=env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 0, f'{command}\n{done.stdout}')
        for line in expected:
            self.assertIn(line, done.stdout, command)
        return re.search(r'^at:(.*)$', done.stdout, re.MULTILINE).group(1)

    def run_page(self, page, place, env):
        """Writes its files and runs its commands, line by line; answers how many commands there were."""
        n_commands = 0
        for word, name, text in self.read_blocks(page):
            if word == 'c':
                with open(os.path.join(place, name), 'w', encoding='utf-8') as file:
                    file.write(text)
                continue
            self.assertEqual(word, 'console')
            for command, output in re.findall(r'^\$ (.*)\n((?:(?!\$ ).*\n)*)', text, re.MULTILINE):
                place = self.run_command(place, command, output.splitlines(), env)
                n_commands += 1
        return n_commands

    def test_tutorial_line_by_line(self):
        place = tempfile.mkdtemp(prefix='tutorial-', dir=self.folder)
        with self.stage.share(self.sample) as url:
            self.assertGreater(self.run_page('plugin-tutorial.md', place, {**self.stage.env, 'TORRENT': url}), 12)
        self.assertEqual(read_all(os.path.join(self.stage.env['HOME'], 'here', 'sample')), read_all(self.sample))

    def test_embedding_line_by_line(self):
        if not self.python:
            self.skipTest('no bindings: the build has no introspection data, or no Python has PyGObject')
        place = tempfile.mkdtemp(prefix='embedding-', dir=self.folder)
        programs = os.path.join(place, 'bin')
        os.makedirs(programs)
        os.symlink(self.python, os.path.join(programs, 'python3'))
        torrent = os.path.join(place, 'sample.torrent')
        with self.stage.share(self.sample) as url:
            with urllib.request.urlopen(url, timeout=PATIENCE) as reply, open(torrent, 'wb') as file:
                shutil.copyfileobj(reply, file)
            env = {**self.stage.env, 'TORRENT_FILE': torrent, 'EXAMPLES': os.path.dirname(self.example('session.c')),
                   'PATH': programs + ':' + self.stage.env['PATH']}
            self.assertGreater(self.run_page('embedding.md', place, env), 5)
        for folder in ('here', 'there', 'elsewhere'):
            self.assertEqual(read_all(os.path.join(place, folder, 'sample')), read_all(self.sample))

    def test_new_refuses_what_it_cannot_write(self):
        for words, sentence in ((['weather', 'mine'], 'no kind of plugin'), (['picker', 'Mine'], 'cannot be its name'),
                                (['picker', '../mine'], 'cannot be its name'), (['picker', 'btfw_mine'], 'cannot be its name')):
            done = subprocess.run([self.stage.btfw, 'plugin', 'new', f'--dir={self.folder}', *words],
                                  env=self.stage.env, capture_output=True, text=True, timeout=PATIENCE, check=False)
            self.assertEqual(done.returncode, 1, done)
            self.assertIn(sentence, done.stderr)

    def test_third_party_plugin_is_found_in_a_folder_and_used(self):
        folder = os.path.join(self.folder, 'plugins')
        os.makedirs(folder)
        path = shutil.copy(os.path.join(self.build_template(), 'picker-preview.so'), folder)

        listed = json.loads(self.stage.run([self.stage.btfw, 'inspect', '--json', f'--plugin-dir={folder}']))
        mine = [plugin for plugin in listed['plugins'] if plugin['plugin'] == 'picker-preview']
        self.assertEqual([(plugin['path'], plugin['status']) for plugin in mine], [(path, 'usable')])

        described = self.stage.run([self.stage.btfw, 'inspect', f'--plugin-dir={folder}', 'picker-preview'])
        self.assertIn('edge-size', described)
        self.download(f'--plugin-dir={folder}', '--picker=preview,edge-size=64k')

    def test_setting_of_a_third_party_plugin_is_checked(self):
        torrent = os.path.join(self.folder, 'checked.torrent')
        self.stage.run([self.stage.btfw, 'create', self.sample, '-o', torrent])
        done = subprocess.run([self.stage.btfw, '--bind=127.0.0.1', '--port=0', f'--dir={self.folder}/checked',
                               f'--plugin-dir={self.build_template()}', '--picker=preview,edge-size=none', torrent],
                              env=self.stage.env, capture_output=True, text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 1, done)
        self.assertRegex(done.stdout + done.stderr, 'edge-size.*from 1')

    def example(self, name):
        """The path of an installed example."""
        return os.path.join(self.stage.documents, 'examples', name)

    def run_example(self, *words):
        """Downloads the sample with a program of another kind, and compares it; answers what was printed."""
        folder = tempfile.mkdtemp(prefix='example-', dir=self.folder)
        torrent = os.path.join(folder, 'sample.torrent')
        with self.stage.share(self.sample) as url:
            with urllib.request.urlopen(url, timeout=PATIENCE) as reply, open(torrent, 'wb') as file:
                shutil.copyfileobj(reply, file)
            output = self.stage.run([*words, torrent, folder])
        self.assertEqual(read_all(os.path.join(folder, 'sample')), read_all(self.sample))
        return output

    def test_python_program_downloads(self):
        if not self.python:
            self.skipTest('no bindings: the build has no introspection data, or no Python has PyGObject')
        for name in ('session.py', 'picker.py'):
            output = self.run_example(self.python, self.example(name))
            self.assertIn('sample: seeding, 3070000 of 3070000 bytes', output)

    def test_c_program_downloads(self):
        program = os.path.join(self.folder, 'session-c')
        self.stage.run(['cc', '-Wall', '-Wextra', '-Wno-unused-parameter', '-Werror', '-o', program, self.example('session.c'),
                        *self.stage.pkg_config('--cflags', '--libs').split()])
        self.assertIn('sample: 3070000 of 3070000 bytes', self.run_example(program))
        self.assert_usage_and_errors(program)

    def test_vala_program_downloads(self):
        bindings = os.path.join(self.stage.prefix, 'share', 'vala', 'vapi')
        if not os.path.isdir(bindings) or not shutil.which('valac'):
            self.skipTest('no bindings for Vala, or no compiler of it')
        program = os.path.join(self.folder, 'session-vala')
        # What the compiler of C makes of its output is its own business.
        self.stage.run(['valac', f'--vapidir={bindings}', '--pkg=btfw-1', '--pkg=posix', '-X', '-w', '--fatal-warnings',
                        *(word for flag in self.stage.pkg_config('--cflags', '--libs').split() for word in ('-X', flag)),
                        '-o', program, self.example('session.vala')])
        self.assertIn('sample: 2.9 MiB of 2.9 MiB', self.run_example(program))
        self.assert_usage_and_errors(program)

    def assert_usage_and_errors(self, program):
        """What it says when it cannot begin, and that it does not stay."""
        for words, code, sentence in (((), 2, 'Usage:'), (('/nowhere.torrent', self.folder), 1, '/nowhere.torrent')):
            done = subprocess.run([program, *words], env=self.stage.env, capture_output=True, text=True, timeout=PATIENCE, check=False)
            self.assertEqual(done.returncode, code, done)
            self.assertIn(sentence, done.stderr)


if __name__ == '__main__':
    InstalledTest.meson, InstalledTest.build_root, InstalledTest.python = (sys.argv.pop(1) for _ in range(3))
    unittest.main()
