"""Two machines on one wire, as far as their programs can tell: network namespaces, and a veth pair between them."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import socket
import struct
import subprocess
import threading
import time
import unittest
from dataclasses import dataclass, field

from . import namespace
from .waiting import wait_for

ETHERTYPES = {0x0800: 4, 0x86dd: 6}


class Link:
    """The test's own namespace is the first machine; a second one is made. Needs an isolated test."""

    def __init__(self, name='wire'):
        if not namespace.current.is_isolated:
            raise unittest.SkipTest(f'needs network namespaces: {namespace.current.reason}')
        self.near, self.far = f'{name}0', f'{name}1'
        self.addresses = ('10.77.0.1', '10.77.0.2')
        self.addresses6 = ('fd77::1', 'fd77::2')
        # It holds the namespace: it sleeps until its input ends.
        self._holder = subprocess.Popen(['unshare', '--net', 'cat'], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        own = _namespace_of('self')
        wait_for(lambda: _namespace_of(self._holder.pid) != own, 5, 'a second namespace')
        _run('ip', 'link', 'add', self.near, 'type', 'veth', 'peer', 'name', self.far)
        _run('ip', 'link', 'set', self.far, 'netns', str(self._holder.pid))
        self._set_up((), self.near, 0)
        self._set_up(self.enter, self.far, 1)

    def _set_up(self, enter, device, i):
        _run(*enter, 'ip', 'link', 'set', 'lo', 'up')
        _run(*enter, 'ip', 'addr', 'add', f'{self.addresses[i]}/24', 'dev', device)
        _run(*enter, 'ip', '-6', 'addr', 'add', f'{self.addresses6[i]}/64', 'dev', device, 'nodad')
        _run(*enter, 'ip', 'link', 'set', device, 'up')

    @property
    def enter(self):
        """Words before a command that is to run on the second machine."""
        return ('nsenter', '-t', str(self._holder.pid), '--net')

    def close(self):
        """Takes the wire away."""
        subprocess.run(['ip', 'link', 'del', self.near], check=False, stderr=subprocess.DEVNULL)
        self._holder.stdin.close()
        self._holder.wait()


def _namespace_of(pid):
    with open(f'/proc/{pid}/ns/net', 'rb') as file:
        return namespace.os.fstat(file.fileno()).st_ino


def _run(*words):
    subprocess.run(words, check=True, capture_output=True)


@dataclass
class Datagram:
    """A UDP datagram that was seen on the wire."""
    source: str
    target: str
    source_port: int
    port: int
    data: bytes
    when: float = field(default_factory=time.monotonic)


class Capture:
    """Whatever passes a device: UDP datagrams, and the bytes of all packets."""

    def __init__(self, device):
        self.datagrams = []
        self.stream = bytearray()  # of all packets, one after the other
        self._socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self._socket.bind((device, 0))
        self._socket.settimeout(0.1)
        self._stops = False
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def stop(self):
        """No packet is looked at any more."""
        self._stops = True
        self._thread.join()
        self._socket.close()

    def sent_to(self, port):
        """The datagrams for a port."""
        return [datagram for datagram in list(self.datagrams) if datagram.port == port]

    def _read(self):
        while not self._stops:
            try:
                frame, where = self._socket.recvfrom(65536)
            except OSError:
                continue
            if where[2] == socket.PACKET_OUTGOING and where[0] == 'lo':
                continue  # it comes back at once
            self.stream += frame
            self._note(ETHERTYPES.get(struct.unpack('!H', frame[12:14])[0]), frame[14:])

    def _note(self, version, packet):
        if version == 4 and packet[9] == socket.IPPROTO_UDP:
            source, target = (socket.inet_ntoa(packet[i:i + 4]) for i in (12, 16))
            udp = packet[(packet[0] & 15) * 4:]
        elif version == 6 and packet[6] == socket.IPPROTO_UDP:
            source, target = (socket.inet_ntop(socket.AF_INET6, packet[i:i + 16]) for i in (8, 24))
            udp = packet[40:]
        else:
            return
        source_port, port, length = struct.unpack('!HHH', udp[:6])
        self.datagrams.append(Datagram(source, target, source_port, port, udp[8:length]))
