"""What every client of the tests can do."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import shutil
import unittest

from ..waiting import TIME_FACTOR, wait_for

PORT = 6881  # each has an address of its own


class Client:
    """A client at an address. It finds its peers through the torrent's tracker.

    Rates are in bytes a second, 0 for no limit.
    """

    name = ''
    program = ''
    # How long it may take to find a peer, beside the time of the transfer.
    slowness = 10

    def __init__(self, stage, number):
        self.stage = stage
        self.number = number
        self.address = stage.address(number)
        self.port = PORT
        self.process = None

    @classmethod
    def require(cls):
        """The path of its program. The test is skipped where that is not installed."""
        path = shutil.which(cls.program)
        if path is None:
            raise unittest.SkipTest(f'{cls.program} is not installed')
        return path

    @property
    def label(self):
        """Its name in reports, and of its home."""
        return f'{self.name}-{self.number}'

    @property
    def home(self):
        """A folder of its own."""
        return self.stage.path(f'homes/{self.label}')

    def start(self, argv, **arguments):
        """Starts the program."""
        self.process = self.stage.start(argv, self.label, **arguments)
        return self.process

    def make_hook(self):
        """A program that tells is_done() that a download is complete."""
        script = self.home / 'on-done'
        script.write_text(f'#!/bin/sh\n: > "{self.home}/done"\n', encoding='utf-8')
        script.chmod(0o755)
        return script

    def is_complete(self):
        """Whether the download, or the check, has ended well."""
        return (self.home / 'done').exists()

    def wait_until_complete(self, seconds=20):
        """Fails when it takes longer, or when the program ends before."""
        def met():
            has_ended = not self.process.is_running
            if self.is_complete():
                return True
            if has_ended:
                raise AssertionError(f'{self.label} ended with {self.process.exit_code}')
            return False
        wait_for(met, seconds + self.slowness, f'{self.label} to complete')

    def end_well(self, seconds):
        """For programs that end by themselves: waits, and looks at the exit code."""
        code = self.process.wait(seconds)
        if code != 0:
            raise AssertionError(f'{self.label} ended with {code} after {seconds * TIME_FACTOR:g} s at most')

    def seed(self, torrent, upload_limit=0):
        """Shares what the torrent was made of, where it lies."""
        raise NotImplementedError

    def download(self, torrent, folder, upload_limit=0):
        """Downloads into a folder, and goes on seeding."""
        raise NotImplementedError

    def download_link(self, link, folder):
        """Downloads what a magnet link stands for, and goes on seeding."""
        raise NotImplementedError

    def check(self, torrent):
        """Verifies what the torrent was made of, where it lies."""
        raise NotImplementedError

    def hold(self, paths, folder):
        """Keeps many .torrent files, of which nothing is there and nobody has anything."""
        raise NotImplementedError
