"""What the tests of faults share: the shim, the state store read apart from btfw, and what must hold after all."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import contextlib
import hashlib
import os
import struct
import unittest
from pathlib import Path

from lib import bencode, sample
from lib.case import Case
from lib.clients import Btfw

KIB = 1024
PIECE = 16 * KIB
IS_LONG = bool(os.environ.get('BTFW_FAULT_LONG'))
KILLED = 137
CHANGES = 'call=@change,fsync path={}/*'

MAGIC = b'btfwrec\n'
FIELDS = struct.Struct('>8sIIQ')


@contextlib.contextmanager
def case(what):
    """One of many cases of a test: a failure says which."""
    try:
        yield
    except AssertionError as error:
        raise AssertionError(f'{what}: {error}') from error


def choose(n, n_samples):
    """All numbers up to n in the long run, else some that are spread over them, with the first and the last."""
    if IS_LONG or n <= n_samples:
        return list(range(1, n + 1))
    return sorted({1 + i * (n - 1) // (n_samples - 1) for i in range(n_samples)})


class Damaged(Exception):
    """A record that is not whole."""


def read_record(data):
    """The dictionary in a record of the state store."""
    if len(data) < FIELDS.size + 32:
        raise Damaged('cut short')
    magic, version, zero, length = FIELDS.unpack_from(data)
    body = data[FIELDS.size + 32:]
    if magic != MAGIC or version != 1 or zero != 0 or length != len(body):
        raise Damaged('its header')
    if hashlib.sha256(data[:FIELDS.size] + body).digest() != data[FIELDS.size:FIELDS.size + 32]:
        raise Damaged('its checksum')
    return bencode.decode(body)


def read_newest(read, key):
    """The record that a start would use; read(name) answers bytes or None. None: there never was one."""
    found = False
    for name in (key, key + '.old'):
        data = read(name)
        if data is None:
            continue
        found = True
        try:
            return read_record(data)
        except Damaged:
            pass
    if found:
        raise Damaged(f'no generation of {key} can be read')
    return None


def claimed(record):
    """The pieces that it says are here."""
    bits = record[b'have']
    return [i for i in range(8 * len(bits)) if bits[i // 8] >> (7 - i % 8) & 1]


class Content:
    """What a torrent's files should be, as one string of bytes."""

    def __init__(self, made):
        pieces = made.info['pieces']
        self.piece = made.piece_length
        self.hashes = [pieces[i:i + 20] for i in range(0, len(pieces), 20)]
        self.files = [('/'.join(entry.parts if made.root.is_file() else [made.name, *entry.parts]), entry.length)
                      for entry in made.entries]

    def gather(self, read):
        """All bytes, with zeros for what is not there."""
        whole = bytearray()
        for path, length in self.files:
            data = (read(path) or b'')[:length]
            whole += data + bytes(length - len(data))
        return bytes(whole)

    def wrong(self, pieces, read):
        """Those of the pieces that fail their hash."""
        whole = self.gather(read)
        return [piece for piece in pieces if
                hashlib.sha1(whole[piece * self.piece:(piece + 1) * self.piece]).digest() != self.hashes[piece]]


def read_below(folder):
    """A reader of the files in a folder."""
    def read(name):
        path = folder / name
        return path.read_bytes() if path.is_file() and not path.is_symlink() else None
    return read


class FaultCase(Case):
    """A torrent of several files, its seeder, and files of somebody else beside them."""

    size = None  # of a single file; None: several

    def setUp(self):
        super().setUp()
        self.shim = os.environ.get('BTFW_FAULT_SHIM')
        if not self.shim:
            raise unittest.SkipTest('$BTFW_FAULT_SHIM does not say where the shim is')
        self.made = self.stage.make_torrent(self._make_source(), piece_length=PIECE)
        self.content = Content(self.made)
        self.seeder = Btfw(self.stage, 1)
        self.seeder.seed(self.made)
        self.peer = f'--peer={self.seeder.address}:{self.seeder.port}'
        self.n_runs = 0
        self.canary = self.stage.path('canary')
        sample.make_file(self.canary / 'theirs', 100_000, seed='somebody else')
        self.canary_digest = sample.digests(self.canary)

    def _make_source(self):
        if self.size:
            return self.stage.make_sample(size=self.size)
        root = self.stage.path('source/sample')
        for name, size in (('one', 40_000), ('a/two', 1), ('a/three', 30_001), ('b/none', 0), ('b/four', 50_000)):
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            sample.make_file(root / name, size, seed=name)
        return root

    def environment(self, rules):
        """What lets calls go wrong as the rules say; nothing without them."""
        if not rules:
            return {}
        preload = os.environ.get('LD_PRELOAD')
        return {'LD_PRELOAD': self.shim + (' ' + preload if preload else ''), 'BTFW_FAULT': rules,
                'ASAN_OPTIONS': os.environ.get('ASAN_OPTIONS', '') + ':verify_asan_link_order=0'}

    def start(self, folder, *words, home='person', rules=None, env=None, peer=True, source=None, **arguments):
        """A run of the person; faults as in README.md."""
        leecher = Btfw(self.stage, 2)
        self.n_runs += 1
        if peer:
            words = (self.peer, *words)
        leecher.run_session(f'--dir={folder}', '--max-upload=0', source or self.made.path, *words, home=home,
                            env=dict(env or {}) | self.environment(rules), **arguments)
        return leecher

    def state(self, home='person'):
        """The folder of the state store."""
        return self.stage.folder / 'homes' / home / 'state' / 'btfw'

    def find_keys(self, home='person'):
        """The keys of all resume records; what links stand for has a third part in its name."""
        names = {path.name.removesuffix('.old') for path in self.state(home).rglob('*')
                 if path.is_file() and not path.name.endswith(('.lock', '.tmp'))}
        return sorted(name for name in names if name.count('-') == 1 and '.' not in name)

    def record(self, home='person'):
        """The record that the next start will use, or None."""
        for key in self.find_keys(home):
            folder = next(path.parent for path in self.state(home).rglob(key + '*'))
            return read_newest(read_below(folder), key)
        return None

    def assert_claims_hold(self, folder, home='person'):
        """No piece is claimed that fails its hash. Returns how many are claimed."""
        record = self.record(home)
        if record is None:
            return 0
        pieces = claimed(record)
        self.assertEqual(self.content.wrong(pieces, read_below(folder)), [])
        return len(pieces)

    def assert_nobody_elses_touched(self):
        """The canary is as it was."""
        self.assertEqual(sample.digests(self.canary), self.canary_digest)

    def assert_completes(self, folder, home='person', seconds=20):
        """Another start, without faults."""
        again = self.start(folder, home=home)
        again.end_well(seconds)
        self.assert_same_files(self.made, folder)
        return again
