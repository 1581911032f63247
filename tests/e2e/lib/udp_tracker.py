"""A small UDP tracker (BEP 15, BEP 41) that remembers every packet."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import select
import socket
import struct
import threading
import time
from dataclasses import dataclass, field

from .waiting import wait_for

MAGIC = 0x41727101980
CONNECT, ANNOUNCE, SCRAPE, ERROR = range(4)
EVENTS = ('', 'completed', 'started', 'stopped')


@dataclass
class Packet:
    """A question, as it came."""
    action: int
    connection: int
    transaction: int
    source: tuple
    body: bytes = b''
    when: float = field(default_factory=time.monotonic)

    @property
    def info_hash(self):
        """Twenty bytes of an announce."""
        return self.body[:20]

    @property
    def left(self):
        """Bytes that it still wants."""
        return struct.unpack('!Q', self.body[48:56])[0]

    @property
    def event(self):
        """started, stopped, completed, or nothing."""
        return EVENTS[struct.unpack('!I', self.body[64:68])[0]]

    @property
    def port(self):
        """Where the peer says it listens."""
        return struct.unpack('!H', self.body[80:82])[0]

    @property
    def url_data(self):
        """What it tells of the tracker's URL."""
        told, rest = b'', self.body[82:]
        while len(rest) >= 2 and rest[0] == 2:
            told += rest[2:2 + rest[1]]
            rest = rest[2 + rest[1]:]
        return told.decode()

    @property
    def hashes(self):
        """Of a scrape."""
        return [self.body[i:i + 20] for i in range(0, len(self.body), 20)]


class UdpTracker:
    """Answers from a thread of its own, over IPv4, or IPv6 when the host is such an address."""

    def __init__(self, host, port=0, interval=1800):
        self.interval = interval
        self.packets = []
        self.peers = {}        # by info-hash, then by address: left
        self.connections = {}  # ids that were given out, and to whom
        self.answer = self.usual_answer  # Packet -> packets to send back; a test may put its own in
        family = socket.AF_INET6 if ':' in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_DGRAM)
        self.socket.bind((host, port))
        self.host, self.port = self.socket.getsockname()[:2]
        self._wake, self._stop = socket.socketpair()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self):
        """The announce URL."""
        host = f'[{self.host}]' if ':' in self.host else self.host
        return f'udp://{host}:{self.port}/announce'

    def stop(self):
        """Ends it; its port is closed from now on."""
        if self._thread is not None:
            self._stop.send(b'x')
            self._thread.join()
            self._thread = None
            for each in (self.socket, self._wake, self._stop):
                each.close()

    def add_peer(self, info_hash, host, port, left=0):
        """Makes a peer known that does not announce itself."""
        self.peers.setdefault(info_hash, {})[(host, port)] = left

    @property
    def announces(self):
        """All that came so far."""
        return [packet for packet in list(self.packets) if packet.action == ANNOUNCE]

    def events(self, info_hash=None):
        """The events of the announces, in their order."""
        return [packet.event for packet in self.announces if info_hash in (None, packet.info_hash)]

    def wait_for_announce(self, seconds=10, **wanted):
        """The first announce whose attributes are as wanted."""
        def found():
            return next((packet for packet in self.announces
                         if all(getattr(packet, name) == value for name, value in wanted.items())), None)
        return wait_for(found, seconds, f'a UDP announce with {wanted}')

    def _serve(self):
        while self._wake not in select.select([self.socket, self._wake], [], [])[0]:
            try:
                data, source = self.socket.recvfrom(65536)
            except OSError:
                continue  # an ICMP error of something sent
            packet = self._read(data, source)
            for reply in (self.answer(packet) or []) if packet else []:
                try:
                    self.socket.sendto(reply, source)
                except OSError:
                    pass

    def _read(self, data, source):
        if len(data) < 16:
            return None
        connection, action, transaction = struct.unpack('!QII', data[:16])
        packet = Packet(action, connection, transaction, source, data[16:])
        self.packets.append(packet)
        return packet

    def usual_answer(self, packet):
        """What an honest tracker says."""
        if packet.action == CONNECT:
            return [self.connect(packet)] if packet.connection == MAGIC else []
        if self.connections.get(packet.connection) != packet.source[0]:
            return [self.error(packet, b'connection id')]
        return [self.announce(packet) if packet.action == ANNOUNCE else self.scrape(packet)]

    def connect(self, packet):
        """A connection id for whoever asks."""
        given = struct.unpack('!Q', os.urandom(8))[0]
        self.connections[given] = packet.source[0]
        return struct.pack('!IIQ', CONNECT, packet.transaction, given)

    def error(self, packet, text):
        """A refusal."""
        return struct.pack('!II', ERROR, packet.transaction) + text

    def announce(self, packet):
        """Notes the peer, and names all others."""
        swarm = self.peers.setdefault(packet.info_hash, {})
        key = (packet.source[0], packet.port)
        if packet.event == 'stopped':
            swarm.pop(key, None)
        else:
            swarm[key] = packet.left
        seeds = sum(left == 0 for left in swarm.values())
        peers = b''.join(socket.inet_pton(self.socket.family, host) + struct.pack('!H', port)
                         for host, port in swarm if (host, port) != key)
        return struct.pack('!IIIII', ANNOUNCE, packet.transaction, self.interval, len(swarm) - seeds, seeds) + peers

    def scrape(self, packet):
        """Counts of each hash."""
        reply = struct.pack('!II', SCRAPE, packet.transaction)
        for info_hash in packet.hashes:
            swarm = self.peers.get(info_hash, {})
            seeds = sum(left == 0 for left in swarm.values())
            reply += struct.pack('!III', seeds, 0, len(swarm) - seeds)
        return reply
