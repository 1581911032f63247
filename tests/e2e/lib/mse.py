"""The handshake of encrypted peers (MSE), made by hand and apart from btfw's own code for it."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import hashlib
import random
import struct

PRIME = int('FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74'
            '020BBEA63B139B22514A08798E3404DDEF9519B3CD3A431B302B0A6DF25F1437'
            '4FE1356D6D51C245E485B576625E7EC6F44C42E9A63A36210000000000090563', 16)
KEY_SIZE = 96
PLAIN, RC4 = 1, 2
CHECK = bytes(8)


def to_key(number):
    """As it goes over the wire."""
    return number.to_bytes(KEY_SIZE, 'big')


class Cipher:
    """RC4 without its first 1,024 bytes."""

    def __init__(self, key):
        state, j = list(range(256)), 0
        for i in range(256):
            j = (j + state[i] + key[i % len(key)]) & 255
            state[i], state[j] = state[j], state[i]
        self.state, self.i, self.j = state, 0, 0
        self.apply(bytes(1024))

    def apply(self, data):
        """Encrypts, or decrypts."""
        state, i, j = self.state, self.i, self.j
        out = bytearray(data)
        for n in range(len(out)):
            i = (i + 1) & 255
            j = (j + state[i]) & 255
            state[i], state[j] = state[j], state[i]
            out[n] ^= state[(state[i] + state[j]) & 255]
        self.i, self.j = i, j
        return bytes(out)


class Party:
    """One side: its key, and once the other's has come its ciphers."""

    def __init__(self, info_hash, begins=True):
        self.info_hash = info_hash
        self.begins = begins
        self.secret = random.getrandbits(160)
        self.key = to_key(pow(2, self.secret, PRIME))

    def meet(self, key):
        """The other side's key has come."""
        self.shared = to_key(pow(int.from_bytes(key, 'big'), self.secret, PRIME))
        ours, theirs = (b'keyA', b'keyB') if self.begins else (b'keyB', b'keyA')
        self.out, self.into = (Cipher(self._hash(word, self.info_hash)) for word in (ours, theirs))

    def _hash(self, word, more=b''):
        return hashlib.sha1(word + self.shared + more).digest()

    @property
    def mark(self):
        """What ends the padding of whoever began."""
        return self._hash(b'req1')

    @property
    def torrent(self):
        """Which torrent is meant."""
        wanted = hashlib.sha1(b'req2' + self.info_hash).digest()
        return bytes(a ^ b for a, b in zip(wanted, self._hash(b'req3')))

    def offer(self, methods=RC4 | PLAIN, pad=b'', payload=b'', pad_size=None, payload_size=None):
        """What whoever began says behind the keys; sizes may lie."""
        words = CHECK + struct.pack('>IH', methods, len(pad) if pad_size is None else pad_size) + pad
        words += struct.pack('>H', len(payload) if payload_size is None else payload_size) + payload
        return self.mark + self.torrent + self.out.apply(words)

    def choose(self, method, pad=b'', pad_size=None):
        """What the other one answers."""
        return self.out.apply(CHECK + struct.pack('>IH', method, len(pad) if pad_size is None else pad_size) + pad)
