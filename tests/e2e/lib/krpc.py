"""Nodes of a DHT that are a test's own: one that only listens, and questions to others."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import socket
import threading

from . import bencode


def query(name, /, **arguments):
    """A query as bytes."""
    arguments.setdefault('id', os.urandom(20))
    return bencode.encode({b'a': {key.encode(): value for key, value in arguments.items()},
                           b'q': name.encode(), b't': b'aa', b'y': b'q'})


def family_of(address):
    """Of IPv4 or of IPv6."""
    return socket.AF_INET6 if ':' in address else socket.AF_INET


def ask(address, port, name, /, source='', seconds=1, **arguments):
    """The answer of a node, or None."""
    with socket.socket(family_of(address), socket.SOCK_DGRAM) as sock:
        sock.bind((source, 0))
        sock.settimeout(seconds)
        sock.sendto(query(name, **arguments), (address, port))
        try:
            return bencode.decode(sock.recv(4096))
        except (TimeoutError, OSError, ValueError):
            return None


class SilentNode:
    """Notes what it is asked, and answers nothing."""

    def __init__(self, address):
        self.sock = socket.socket(family_of(address), socket.SOCK_DGRAM)
        self.sock.bind((address, 0))
        self.address, self.port = self.sock.getsockname()[:2]
        self.packets = []
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self):
        while True:
            try:
                self.packets.append(self.sock.recv(4096))
            except OSError:
                return
            if self.packets[-1] == b'end':
                return

    def stop(self):
        """Ends it."""
        self.sock.sendto(b'end', (self.address, self.port))
        self.thread.join()
        self.sock.close()
