"""Reads what storage-crypt wrote, from its description in plugins/storage-crypt/record.h and apart from its code."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import hmac
import struct
import unittest

try:
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305
except ImportError:
    AESGCM = None

SECTOR = 16 * 1024
HEADER = 128
END = 32
FIELDS = struct.Struct('>7sBB3xI16s32sIQ20x')


class Tampered(Exception):
    """A header or a sector that does not fit."""


def _hkdf(salt, key, info, size=32):
    middle = hmac.digest(salt, key, 'sha256')
    return hmac.digest(middle, info + b'\1', 'sha256')[:size]


def require():
    """The ciphers. The test is skipped where they are not installed."""
    if AESGCM is None:
        raise unittest.SkipTest('python3-cryptography is not installed')


class Vault:
    """The files of one torrent, under one key."""

    def __init__(self, made, key):
        self.made = made
        self.key = key
        self.places = {}  # path below the save folder: (number, torrent offset, length)
        offset = 0
        for number, entry in enumerate(made.entries):
            if not entry.is_pad:
                parts = entry.parts if made.root.is_file() else (made.name, *entry.parts)
                self.places['/'.join(parts)] = (number, offset, entry.length)
            offset += entry.length

    def _cut(self, offset, length):
        """The lengths of a file's sectors: pieces are cut every 16 KiB, and where files end."""
        end, piece = offset + length, self.made.piece_length
        while offset < end:
            size = min(SECTOR - offset % piece % SECTOR, piece - offset % piece, end - offset)
            yield size
            offset += size

    def size_of(self, path):
        """How long the file is on the disk."""
        _, offset, length = self.places[path]
        return HEADER + length + END * len(list(self._cut(offset, length))) if length else 0

    def _read_header(self, number, length, header):
        name, version, cipher, sector, key_id, salt, its_number, its_length = FIELDS.unpack(header[:96])
        if (name, version, sector, its_number, its_length) != (b'btfwcry', 1, SECTOR, number, length):
            raise Tampered('header')
        if key_id != _hkdf(b'btfw-crypt key id', self.key, b'', 16):
            raise Tampered('key')
        info = bytes((cipher, 1)) + self.made.info_hash + struct.pack('>I', number)
        if hmac.digest(_hkdf(salt, self.key, b'h' + info), header[:96], 'sha256') != header[96:]:
            raise Tampered('header')
        return {1: AESGCM, 2: ChaCha20Poly1305}[cipher](_hkdf(salt, self.key, b'd' + info))

    def decrypt(self, path, data, zeros=False):
        """The file that is in @data. With zeros, they stand for what was never written or does not fit."""
        number, offset, length = self.places[path]
        if length == 0:
            return data
        try:
            cipher = self._read_header(number, length, data[:HEADER])
        except (Tampered, struct.error):
            if not zeros:
                raise
            return bytes(length)
        plain, at = bytearray(), HEADER
        for sector, size in enumerate(self._cut(offset, length)):
            record = data[at:at + size + END]
            at += size + END
            plain += self._open(cipher, sector, size, record, zeros)
        return bytes(plain)

    @staticmethod
    def _open(cipher, sector, size, record, zeros):
        try:
            if len(record) != size + END or record[-4:] != b'\0\0\0\1':
                raise Tampered(f'sector {sector}')
            return cipher.decrypt(record[-16:-4], record[:size + 16], struct.pack('>QI', sector, size))
        except (Tampered, InvalidTag) as error:
            if not zeros:
                raise Tampered(f'sector {sector}') from error
            return bytes(size)

    def read_all(self, folder):
        """{path: bytes} of all files below the save folder."""
        return {path: self.decrypt(path, (folder / path).read_bytes()) for path in self.places}

    def place_of(self, path, offset):
        """Where the record is, in the file on the disk, that has a byte of the file, and how long it is."""
        _, begin, length = self.places[path]
        at = HEADER
        for size in self._cut(begin, length):
            if offset < size:
                return at, size + END
            offset -= size
            at += size + END
        raise ValueError(offset)
