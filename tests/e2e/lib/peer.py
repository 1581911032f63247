"""Peers made by hand: honest ones, and the base of those that are not."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import random
import socket
import struct
import threading

from . import wire
from .waiting import wait_for

LONGEST_MESSAGE = 4 << 20


class Closed(Exception):
    """The other side has closed the connection, or it broke."""


class Connection:
    """One connection, with messages read and written on demand."""

    def __init__(self, sock, torrent, peer_id=None, bits=(wire.FAST_BIT,)):
        self.socket = sock
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.torrent = torrent
        self.peer_id = peer_id or b'-XX0000-' + random.randbytes(12)
        self.bits = bits
        self.remote_id = None
        self.remote_reserved = None

    def send(self, data):
        """Sends all of it."""
        try:
            self.socket.sendall(data)
        except OSError as error:
            raise Closed(str(error)) from error

    def receive(self, size):
        """Exactly so many bytes."""
        parts = []
        while size > 0:
            try:
                part = self.socket.recv(size)
            except TimeoutError:
                raise
            except OSError as error:
                raise Closed(str(error)) from error
            if not part:
                raise Closed('end of stream')
            parts.append(part)
            size -= len(part)
        return b''.join(parts)

    def send_handshake(self):
        """Our first 68 bytes."""
        self.send(wire.handshake(self.torrent.info_hash, self.peer_id, self.bits))

    def receive_handshake(self):
        """Theirs."""
        data = self.receive(wire.HANDSHAKE_SIZE)
        if data[:20] != wire.PROTOCOL or data[28:48] != self.torrent.info_hash:
            raise Closed('no handshake for this torrent')
        self.remote_reserved, self.remote_id = data[20:28], data[48:68]

    @property
    def is_fast(self):
        """Whether both sides speak the fast extension."""
        index, mask = wire.FAST_BIT
        return wire.FAST_BIT in self.bits and bool(self.remote_reserved[index] & mask)

    def receive_message(self):
        """(id, payload); keep-alives are passed over."""
        while True:
            length = struct.unpack('>I', self.receive(4))[0]
            if length > LONGEST_MESSAGE:
                raise Closed(f'a message of {length} bytes')
            if length > 0:
                data = self.receive(length)
                return data[0], data[1:]

    def receive_until(self, kind, seconds=10):
        """The payload of the first message of a kind."""
        self.socket.settimeout(seconds)
        while True:
            got, payload = self.receive_message()
            if got == kind:
                return payload

    def read_to_end(self, seconds):
        """All bytes until the other side closes; TimeoutError when it does not."""
        self.socket.settimeout(seconds)
        data = b''
        try:
            while part := self.socket.recv(65536):
                data += part
        except TimeoutError:
            raise
        except OSError:
            pass
        return data

    def close(self):
        """Closes it; whoever waits for bytes in another thread wakes up."""
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()


def connect(torrent, host, port, source, seconds=10, **arguments):
    """A connection out of an address of our own, before the handshakes."""
    sock = socket.create_connection((host, port), timeout=seconds, source_address=(source, 0))
    return Connection(sock, torrent, **arguments)


def join(torrent, host, port, source, **arguments):
    """The same with both handshakes done."""
    connection = connect(torrent, host, port, source, **arguments)
    connection.send_handshake()
    connection.receive_handshake()
    return connection


class Seeder:
    """Listens, claims every piece and serves what is asked for, in a thread a connection.

    What a kind of misbehaviour needs it overrides: greet(), on_request(), block().
    """

    def __init__(self, torrent, host, port=6881, bits=(wire.FAST_BIT,)):
        self.torrent = torrent
        self.bits = bits
        self.peer_id = b'-XX0000-' + random.randbytes(12)
        self.listener = socket.create_server((host, port), backlog=64)
        self.host, self.port = self.listener.getsockname()[:2]
        self.connections = []
        self.accepted = 0
        self.callers = set()  # addresses
        self.requests = []  # (piece, begin, length)
        self.sent = 0  # payload
        self._stopping = False
        self._threads = []
        self._spawn(self._accept)

    def _spawn(self, target, *arguments):
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        while not self._stopping:
            try:
                sock, address = self.listener.accept()
            except OSError:
                return
            self.callers.add(address[0])
            self.accepted += 1
            self.serve(sock, self._answer)

    def serve(self, sock, first):
        """Talks on a socket, in a thread of its own, with handshakes as `first` does them."""
        connection = Connection(sock, self.torrent, self.peer_id, self.bits)
        self.connections.append(connection)
        self._spawn(self._talk, connection, first)

    def call(self, host, port):
        """Connects to a peer, rather than waiting for it."""
        self.serve(socket.create_connection((host, port), source_address=(self.host, 0)), self._ask)

    def _answer(self, connection):
        connection.receive_handshake()
        connection.send_handshake()

    def _ask(self, connection):
        connection.send_handshake()
        connection.receive_handshake()

    def _talk(self, connection, first):
        try:
            first(connection)
            self.greet(connection)
            while True:
                kind, payload = connection.receive_message()
                self.on_message(connection, kind, payload)
        except (Closed, OSError, struct.error):
            pass
        finally:
            connection.close()
            if connection in self.connections:
                self.connections.remove(connection)

    def greet(self, connection):
        """What is said first: all pieces, and the leave to ask."""
        connection.send(wire.message(wire.HAVE_ALL) if connection.is_fast else wire.bitfield(self.torrent.n_pieces))
        connection.send(wire.message(wire.UNCHOKE))

    def on_message(self, connection, kind, payload):
        """Only requests matter to who has everything."""
        if kind == wire.REQUEST:
            wanted = wire.parse_request(payload)
            self.requests.append(wanted)
            self.on_request(connection, *wanted)

    def on_request(self, connection, piece, begin, length):
        """Sends the block."""
        data = self.block(piece, begin, length)
        connection.send(wire.piece_message(piece, begin, data))
        self.sent += len(data)

    def block(self, piece, begin, length):
        """Its bytes."""
        return self.torrent.read(piece * self.torrent.piece_length + begin, length)

    def stop(self):
        """Closes everything, and waits for the threads."""
        self._stopping = True
        try:
            self.listener.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.listener.close()
        for connection in list(self.connections):
            connection.close()
        for thread in self._threads:
            thread.join(5)

    def wait_for_connection(self, seconds=10):
        """Somebody has connected."""
        wait_for(lambda: self.accepted, seconds, f'a connection to {self.host}')
