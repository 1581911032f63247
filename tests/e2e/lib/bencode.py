"""Bencode, written apart from btfw's own, so that one checks the other."""
# SPDX-License-Identifier: LGPL-2.1-or-later


class BencodeError(ValueError):
    """Bytes that are no bencode."""

    def __init__(self, offset, text):
        super().__init__(f'byte {offset}: {text}')
        self.offset = offset


def encode(value):
    """Bytes, text, whole numbers, lists and dictionaries; keys are sorted."""
    if isinstance(value, int):
        return b'i%de' % value
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return b'%d:%s' % (len(value), value)
    if isinstance(value, (list, tuple)):
        return b'l' + b''.join(encode(element) for element in value) + b'e'
    members = sorted((key.encode() if isinstance(key, str) else key, member) for key, member in value.items())
    return b'd' + b''.join(encode(key) + encode(member) for key, member in members) + b'e'


class Decoder:
    """Reads strictly: no leading zeros, keys sorted and single, nothing after the end."""

    def __init__(self, data):
        self.data = data
        self.at = 0
        self.spans = {}  # where the values of the outermost dictionary lie

    def fail(self, text):
        """Raises the error for where we are."""
        raise BencodeError(self.at, text)

    def peek(self):
        """The next byte."""
        if self.at >= len(self.data):
            self.fail('cut short')
        return self.data[self.at:self.at + 1]

    def number(self, end):
        """Digits up to a byte."""
        stop = self.data.find(end, self.at)
        digits = self.data[self.at:stop] if stop >= 0 else b''
        plain = digits.removeprefix(b'-')
        if not plain.isdigit() or (plain[:1] == b'0' and digits != b'0'):
            self.fail('no number')
        self.at = stop + 1
        return int(digits)

    def string(self):
        """A byte string."""
        length = self.number(b':')
        if length < 0 or length > len(self.data) - self.at:
            self.fail('a string that is longer than what is left')
        self.at += length
        return self.data[self.at - length:self.at]

    def members(self, depth):
        """What is in a dictionary, after its first byte."""
        members, last = {}, None
        while self.peek() != b'e':
            key = self.string()
            if last is not None and key <= last:
                self.fail('keys out of order')
            start, last = self.at, key
            members[key] = self.value(depth + 1)
            if depth == 0:
                self.spans[key] = (start, self.at)
        self.at += 1
        return members

    def value(self, depth=0):
        """Whatever comes next."""
        first = self.peek()
        if first.isdigit():
            return self.string()
        if first not in b'ild':
            self.fail('no value')
        self.at += 1
        if first == b'i':
            return self.number(b'e')
        if first == b'd':
            return self.members(depth)
        elements = []
        while self.peek() != b'e':
            elements.append(self.value(depth + 1))
        self.at += 1
        return elements


def decode(data):
    """The one value that the bytes are."""
    decoder = Decoder(data)
    value = decoder.value()
    if decoder.at != len(data):
        decoder.fail('bytes after the end')
    return value


def raw_member(data, key):
    """The bytes of one value in the outermost dictionary: what an info-hash is taken over."""
    decoder = Decoder(data)
    decoder.value()
    start, end = decoder.spans[key]
    return data[start:end]
