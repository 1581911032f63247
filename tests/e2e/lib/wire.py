"""The bytes of the peer protocol, apart from btfw's own code for them."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import hashlib
import socket
import struct

PROTOCOL = b'\x13BitTorrent protocol'
HANDSHAKE_SIZE = 68
FAST_BIT = (7, 0x04)
EXTENSION_BIT = (5, 0x10)
DHT_BIT = (7, 0x01)

CHOKE, UNCHOKE, INTERESTED, NOT_INTERESTED, HAVE, BITFIELD, REQUEST, PIECE, CANCEL, PORT = range(10)
SUGGEST, HAVE_ALL, HAVE_NONE, REJECT, ALLOWED_FAST = range(13, 18)
EXTENDED = 20


def handshake(info_hash, peer_id, bits=(FAST_BIT,)):
    """The first 68 bytes."""
    reserved = bytearray(8)
    for index, mask in bits:
        reserved[index] |= mask
    return PROTOCOL + bytes(reserved) + info_hash + peer_id


def message(kind, payload=b''):
    """Length, id and payload."""
    return struct.pack('>IB', len(payload) + 1, kind) + payload


def have(piece):
    """We have it."""
    return message(HAVE, struct.pack('>I', piece))


def request(piece, begin, length, kind=REQUEST):
    """Also a cancel or a reject, which look the same."""
    return message(kind, struct.pack('>III', piece, begin, length))


def piece_message(piece, begin, data):
    """A block."""
    return message(PIECE, struct.pack('>II', piece, begin) + data)


def bitfield(n_pieces, has=lambda piece: True):
    """A bit for each piece, the first in the highest bit of the first byte."""
    bits = bytearray((n_pieces + 7) // 8)
    for piece in range(n_pieces):
        if has(piece):
            bits[piece // 8] |= 0x80 >> (piece % 8)
    return message(BITFIELD, bytes(bits))


def allowed_fast(host, info_hash, n_pieces, size):
    """The pieces that a choked peer with that IPv4 address may have (BEP 6), in their order."""
    pieces = []
    seed = socket.inet_aton(host)[:3] + b'\0' + info_hash
    while len(pieces) < min(size, n_pieces):
        seed = hashlib.sha1(seed).digest()
        for number in struct.unpack('>5I', seed):
            if number % n_pieces not in pieces and len(pieces) < size:
                pieces.append(number % n_pieces)
    return pieces


def parse_request(payload):
    """(piece, begin, length)."""
    return struct.unpack('>III', payload)
