"""More peers than there is room for: whom the program keeps (BEP 40)."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import socket

from lib import bencode, peer, runner, wire
from lib.case import Case
from lib.clients import Btfw
from lib.waiting import hold, wait_for

PLACES = 4
GUESTS = 16


def crc32c(data):
    """Castagnoli's sum."""
    crc = 0xffffffff
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82f63b78 if crc & 1 else 0)
    return crc ^ 0xffffffff


def priority(own, other):
    """Of two hosts that have the first half of their addresses in common, but not the third byte."""
    pair = [bytes(byte & mask for byte, mask in zip(socket.inet_aton(host), b'\xff\xff\xff\x55'))
            for host in (own, other)]
    return crc32c(b''.join(sorted(pair)))


def is_open(connection):
    """Whether the other side has not closed it."""
    try:
        while connection.socket.recv(4096):
            pass
    except BlockingIOError:
        return True
    except OSError:
        pass
    return False


class Crowd(Case):
    """Peers by hand that tell the program where it is, and want nothing."""

    def setUp(self):
        super().setUp()
        self.made = self.stage.make_torrent(self.stage.make_sample(size=100_000))
        self.btfw = Btfw(self.stage, 1)
        self.btfw.seed(self.made, '--set', f'session.max-peers={PLACES}')
        self.hosts = [self.stage.address(1, subnet) for subnet in range(1, GUESTS + 1)]

    def come(self, host, says_where):
        """One more."""
        handshake = {'m': {}}
        if says_where:
            handshake['yourip'] = socket.inet_aton(self.btfw.address)
        connection = peer.join(self.made, self.btfw.address, self.btfw.port, host,
                               bits=(wire.FAST_BIT, wire.EXTENSION_BIT))
        self.addCleanup(connection.close)
        try:
            connection.send(wire.message(wire.EXTENDED, b'\0' + bencode.encode(handshake)))
        except peer.Closed:
            pass  # it was turned away already
        connection.socket.setblocking(False)
        return connection

    def fill(self, says_where):
        """All come, one after the other; answers whose connections last."""
        guests = {host: self.come(host, says_where) for host in self.hosts}

        def those_who_stay():
            return {host for host, connection in guests.items() if is_open(connection)}
        wait_for(lambda: len(those_who_stay()) == PLACES, 10, 'the others to be turned away')
        hold(lambda: len(those_who_stay()) == PLACES, 1, 'those to stay')
        return those_who_stay()

    def test_dearest_stay(self):
        """The same ones as any other client would keep in our place."""
        dearest = sorted(self.hosts, key=lambda host: priority(self.btfw.address, host))[-PLACES:]
        self.assertNotEqual(set(dearest), set(self.hosts[:PLACES]))
        self.assertEqual(self.fill(True), set(dearest))

    def test_first_ones_stay(self):
        """While nobody says where it is, it has no order of its own."""
        self.assertEqual(self.fill(False), set(self.hosts[:PLACES]))


if __name__ == '__main__':
    runner.main()
