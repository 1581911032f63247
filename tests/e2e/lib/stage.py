"""Where programs run for a test or a benchmark: folders, homes, addresses, and an end for all of it."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import contextlib
import os
import shutil
import tempfile
from pathlib import Path

from . import namespace, sample, torrent
from .process import Process
from .tracker import Tracker

TRACKER_NUMBER = 250  # the last part of its address; peers count from 1

# What programs get of the environment of who runs the tests.
KEPT = ('PATH', 'LD_LIBRARY_PATH', 'LD_PRELOAD', 'G_DEBUG', 'BTFW_PLUGIN_PATH', 'MALLOC_PERTURB_',
        'ASAN_OPTIONS', 'LSAN_OPTIONS', 'TSAN_OPTIONS', 'UBSAN_OPTIONS')


def write_settings(folder):
    """What holds for every program of ours: nobody asks the internet where its DHT begins."""
    settings = folder / 'btfw' / 'btfw.conf'
    if not settings.exists():
        settings.parent.mkdir(parents=True)
        settings.write_text('[discovery-dht]\nbootstrap=\n')


class Stage:
    """A folder on a tmpfs of its own, and the programs that were started in it."""

    def __init__(self, options='mode=0755'):
        self.processes = []
        self.cleanups = contextlib.ExitStack()
        self.folder = Path(tempfile.mkdtemp(prefix='btfw-test-'))
        self.cleanups.callback(shutil.rmtree, self.folder, ignore_errors=True)
        if namespace.current.is_isolated:
            namespace.mount_tmpfs(self.folder, options)
            self.cleanups.callback(namespace.unmount, self.folder)
        self.folder.chmod(0o755)  # a program may be run as somebody else

    def end_processes(self):
        """Ends all that still run."""
        for process in self.processes:
            process.kill()

    def close(self):
        """Ends all, and removes the folder."""
        self.end_processes()
        self.cleanups.close()

    def describe(self):
        """What the programs wrote, for a report."""
        return ''.join(process.describe() for process in self.processes)

    def address(self, number, subnet=0):
        """The address of peer so-and-so."""
        return namespace.current.address(number, subnet)

    def path(self, name):
        """A folder below ours, which is made when there is none."""
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def environment(self, home):
        """Nothing of the user who runs the tests: their settings, proxies and language stay outside."""
        folder = self.path(f'homes/{home}')
        env = {name: os.environ[name] for name in KEPT if name in os.environ}
        env.update(HOME=str(folder), LC_ALL='C.UTF-8', TMPDIR=str(self.path('tmp')),
                   XDG_CONFIG_DIRS=str(folder / 'etc'))
        write_settings(folder / 'etc')
        for name in ('config', 'data', 'state', 'cache', 'runtime'):
            part = folder / name
            part.mkdir(exist_ok=True, mode=0o700)
            env[f'XDG_{name.upper()}_{"DIR" if name == "runtime" else "HOME"}'] = str(part)
        return env

    def start(self, argv, name, home=None, env=None, **arguments):
        """Starts a program that ends with the stage at the latest."""
        number = sum(process.name.partition('#')[0] == name for process in self.processes)
        label = f'{name}#{number + 1}' if number else name
        process = Process(argv, label, self.path('output'), self.environment(home or name) | (env or {}), **arguments)
        self.processes.append(process)
        return process

    def make_sample(self, kind='file', size=2_000_000, seed=0, name='sample'):
        """Something to share: a 'file', or a 'tree' of them."""
        root = self.path('source') / name
        return sample.make_tree(root, seed) if kind == 'tree' else sample.make_file(root, size, seed)

    def make_torrent(self, root, name='sample.torrent', **arguments):
        """A .torrent file in the stage's folder."""
        return torrent.make(root, **arguments).write(self.folder / name)

    def start_tracker(self, **arguments):
        """A tracker that ends with the stage."""
        tracker = Tracker(self.address(TRACKER_NUMBER), **arguments)
        self.cleanups.callback(tracker.stop)
        return tracker
