"""Makes .torrent files, apart from btfw's own code for that."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from . import bencode

BLOCK = 16 * 1024


@dataclass
class Entry:
    """One file of a torrent; pads have no path on disk."""
    parts: tuple
    length: int
    path: Path = None

    @property
    def is_pad(self):
        """Whether it only fills up to the next piece (BEP 47)."""
        return self.path is None

    def to_info(self):
        """As it stands in the info dictionary."""
        info = {'path': list(self.parts), 'length': self.length}
        return info | {'attr': 'p'} if self.is_pad else info


@dataclass
class Torrent:
    """What was made, and what it was made of."""
    root: Path  # the file or folder that it holds
    piece_length: int
    entries: list
    info: dict
    trackers: tuple = ()
    extra: dict = field(default_factory=dict)
    path: Path = None  # of the .torrent file

    @property
    def name(self):
        """What the file or folder is called."""
        return self.root.name

    @property
    def size(self):
        """Bytes of all files, pads too."""
        return sum(entry.length for entry in self.entries)

    @property
    def n_pieces(self):
        """How many pieces there are."""
        return len(self.info['pieces']) // 20

    @property
    def info_hash(self):
        """Twenty bytes."""
        return hashlib.sha1(bencode.encode(self.info)).digest()

    @property
    def magnet(self):
        """Its link, with its trackers."""
        return ''.join([f'magnet:?xt=urn:btih:{self.info_hash.hex()}&dn={quote(self.name)}'] +
                       [f'&tr={quote(tracker, safe="")}' for tracker in self.trackers])

    @property
    def metadata(self):
        """The bytes of the info dictionary."""
        return bencode.encode(self.info)

    def length_of(self, piece):
        """Bytes of a piece; the last one may be short."""
        return min(self.piece_length, self.size - piece * self.piece_length)

    def read(self, offset, length):
        """Bytes of the torrent, over the borders of files."""
        parts = []
        for entry in self.entries:
            if offset < entry.length and length > 0:
                count = min(length, entry.length - offset)
                parts.append(_read_entry(entry, offset, count))
                length -= count
                offset += count
            offset -= entry.length
        return b''.join(parts)

    def to_bytes(self):
        """The .torrent file."""
        outer = {'info': self.info, 'created by': 'btfw tests'} | self.extra
        if self.trackers:
            outer['announce'] = self.trackers[0]
        if len(self.trackers) > 1:
            outer['announce-list'] = [[tracker] for tracker in self.trackers]
        return bencode.encode(outer)

    def write(self, path):
        """Writes the .torrent file. Returns self."""
        path.write_bytes(self.to_bytes())
        self.path = path
        return self


def _read_entry(entry, offset, count):
    if entry.is_pad:
        return bytes(count)
    with open(entry.path, 'rb') as file:
        file.seek(offset)
        return file.read(count)


def _collect(root, piece_length, with_pads):
    if root.is_file():
        return [Entry((root.name,), root.stat().st_size, root)]
    entries = []
    for path in sorted(path for path in root.rglob('*') if path.is_file()):
        entry = Entry(path.relative_to(root).parts, path.stat().st_size, path)
        gap = -sum(other.length for other in entries) % piece_length
        if with_pads and gap > 0 and entry.length > 0:
            entries.append(Entry(('.pad', str(gap)), gap))
        entries.append(entry)
    return entries


def make(root, piece_length=BLOCK * 4, trackers=(), private=False, with_pads=False):
    """Hashes a file or folder into a torrent."""
    torrent = Torrent(root, piece_length, _collect(root, piece_length, with_pads), {}, tuple(trackers))
    hashes = [hashlib.sha1(torrent.read(offset, piece_length)).digest()
              for offset in range(0, torrent.size, piece_length)]
    torrent.info.update({'name': root.name, 'piece length': piece_length, 'pieces': b''.join(hashes)})
    if root.is_file():
        torrent.info['length'] = torrent.size
    else:
        torrent.info['files'] = [entry.to_info() for entry in torrent.entries]
    if private:
        torrent.info['private'] = 1
    return torrent
