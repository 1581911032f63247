"""btfw itself."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import json
import os
import unittest

from .. import namespace
from ..waiting import wait_for
from .client import Client


class Btfw(Client):
    """What it tells with --progress=json is parsed."""

    name = 'btfw'

    def __init__(self, stage, number):
        super().__init__(stage, number)
        if not namespace.current.is_isolated:
            self.port = 0

    @classmethod
    def require(cls):
        """$BTFW, as meson sets it."""
        path = os.environ.get('BTFW')
        if not path:
            raise unittest.SkipTest('$BTFW does not say where the program is')
        return path

    def run(self, *words, **arguments):
        """Starts it with these words and no others."""
        return self.start([self.require(), *words], **arguments)

    def run_session(self, *words, command=(), **arguments):
        """Starts it at our address, with progress for programs."""
        return self.run(*command, '--progress=json', f'--bind={self.address}', f'--port={self.port}', *words,
                        **arguments)

    def wait_until_listening(self):
        """Reads the port back, too."""
        self.port = self.process.wait_until_listening()

    def seed(self, torrent, *words, upload_limit=0, **arguments):
        self.run_session('--seed', f'--dir={torrent.root.parent}', f'--max-upload={upload_limit}',
                         torrent.path, *words, **arguments)
        self.wait_until_listening()
        self.wait_for_event('complete')

    def download(self, torrent, folder, *words, upload_limit=0, **arguments):
        """Stays only with --seed among the words."""
        self.run_session(f'--dir={folder}', f'--max-upload={upload_limit}', torrent.path, *words, **arguments)

    def download_link(self, link, folder, *words, **arguments):
        self.run_session(f'--dir={folder}', link, *words, **arguments)

    def check(self, torrent):
        self.run_session('--check', f'--dir={torrent.root.parent}', torrent.path)

    def hold(self, paths, folder):
        self.run_session(f'--dir={folder}', *paths)

    def is_complete(self):
        if not self.process.is_running:
            return self.process.exit_code == 0
        return '"event":"complete"' in self.process.output

    @property
    def events(self):
        """Every whole line of its progress so far."""
        whole = self.process.output.rpartition('\n')[0]
        return [json.loads(line) for line in whole.splitlines()]

    def last(self, key):
        """The last value it told for a key, or None."""
        return next((event[key] for event in reversed(self.events) if event.get(key) is not None), None)

    def events_called(self, name):
        """Those of one kind."""
        return [event for event in self.events if event['event'] == name]

    def wait_for_event(self, name, seconds=15):
        """The first event of a kind."""
        def found():
            has_ended = not self.process.is_running
            events = self.events_called(name)
            if has_ended and not events:
                raise AssertionError(f'btfw ended with {self.process.exit_code} before “{name}”')
            return events and events[0]
        return wait_for(found, seconds, f'btfw to tell “{name}”')

    def wait_for_status(self, condition, what, seconds=20):
        """The last told state of a torrent for which the condition is true."""
        def found():
            has_ended = not self.process.is_running
            state = next((event for event in reversed(self.events) if 'done' in event and condition(event)), None)
            if has_ended and state is None:
                raise AssertionError(f'btfw ended with {self.process.exit_code} before {what}')
            return state
        return wait_for(found, seconds, what)

    def wait_for_notice(self, text, seconds=15):
        """Until it has said this to a person."""
        return wait_for(lambda: text in self.notices, seconds, f'btfw to say “{text}”')

    @property
    def notices(self):
        """All it said to a person: in its progress and on standard error."""
        return '\n'.join([event['text'] for event in self.events_called('notice')] + [self.process.errors])
