"""A small HTTP tracker that remembers every announce."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import socket
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from . import bencode
from .waiting import wait_for


@dataclass
class Announce:
    """One request, as it came."""
    path: str
    host: str
    values: dict  # of latin-1 text, so that every byte survives
    headers: dict
    when: float = field(default_factory=time.monotonic)

    @property
    def info_hash(self):
        """Twenty bytes."""
        return self.values.get('info_hash', '').encode('latin-1')

    @property
    def event(self):
        """started, stopped, completed, or nothing."""
        return self.values.get('event', '')

    @property
    def port(self):
        """Where the peer says it listens."""
        return int(self.values.get('port', '0'))

    @property
    def left(self):
        """Bytes that it still wants."""
        return int(self.values.get('left', '0'))


class Tracker:
    """Serves /announce and /scrape from a thread of its own."""

    def __init__(self, host, port=0, interval=1800, compact=None):
        self.interval = interval
        self.compact = compact  # None: as the peer asks
        self.announces = []
        self.peers = {}  # by info-hash, then by peer id: (host, port, left)
        self.extra = {}  # keys that every reply has beside the usual ones
        self.answer = self.usual_answer  # a test may put its own in: Announce -> body, or (status, headers, body)
        self._lock = threading.Lock()
        self._server = _Server((host, port), _Handler)
        self._server.tracker = self
        self.host, self.port = self._server.server_address[:2]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self):
        """The announce URL."""
        host = f'[{self.host}]' if ':' in self.host else self.host
        return f'http://{host}:{self.port}/announce'

    def stop(self):
        """Ends it; peers find nobody there from now on."""
        if self._thread is not None:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
            self._thread = None

    def add_peer(self, info_hash, host, port, left=0):
        """Makes a peer known that does not announce itself."""
        with self._lock:
            self.peers.setdefault(info_hash, {})[f'{host}:{port}'] = (host, port, left)

    def usual_answer(self, announce):
        """Notes the peer, and names all others."""
        with self._lock:
            swarm = self.peers.setdefault(announce.info_hash, {})
            key = announce.values.get('peer_id', '')
            if announce.event == 'stopped':
                swarm.pop(key, None)
            else:
                swarm[key] = (announce.host, announce.port, announce.left)
            others = [peer for other, peer in swarm.items() if other != key]
            complete = sum(left == 0 for _, _, left in swarm.values())
        reply = {'interval': self.interval, 'complete': complete, 'incomplete': len(others) + 1 - complete}
        compact = announce.values.get('compact') == '1' if self.compact is None else self.compact
        return bencode.encode(reply | encode_peers(others, compact) | self.extra)

    def events(self, info_hash=None):
        """The events of the announces, in their order; '' for those without."""
        return [announce.event for announce in list(self.announces)
                if info_hash is None or announce.info_hash == info_hash]

    def wait_for_announce(self, seconds=10, **wanted):
        """The first announce whose attributes are as wanted."""
        def found():
            for announce in list(self.announces):
                if all(getattr(announce, name) == value for name, value in wanted.items()):
                    return announce
            return None
        return wait_for(found, seconds, f'an announce with {wanted}')

    def wait_for_seed(self, torrent, seconds=20):
        """A peer that has everything."""
        return self.wait_for_announce(seconds, info_hash=torrent.info_hash, left=0)


def encode_peers(peers, compact):
    """`peers` and `peers6` as they stand in a reply."""
    if not compact:
        return {'peers': [{'ip': host, 'port': port, 'peer id': bytes(20)} for host, port, _ in peers]}
    fields = {'peers': b''}
    for host, port, _ in peers:
        family, key = (socket.AF_INET6, 'peers6') if ':' in host else (socket.AF_INET, 'peers')
        fields[key] = fields.get(key, b'') + socket.inet_pton(family, host) + port.to_bytes(2, 'big')
    return fields


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address, handler):
        self.address_family = socket.AF_INET6 if ':' in address[0] else socket.AF_INET
        super().__init__(address, handler)

    def server_bind(self):
        """As HTTPServer does it, but it would look its own name up."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.server_address[:2]

    def handle_error(self, request, client_address):
        """Clients that break off are nothing to report."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_GET(self):
        """An announce; anything else is unknown here."""
        tracker = self.server.tracker
        url = urlsplit(self.path)
        values = {name: texts[0] for name, texts in
                  parse_qs(url.query, keep_blank_values=True, encoding='latin-1').items()}
        announce = Announce(url.path, self.client_address[0], values, dict(self.headers))
        tracker.announces.append(announce)
        reply = tracker.answer(announce)
        if callable(reply):
            reply(self)  # writes what it likes to self.wfile
            self.close_connection = True
            return
        status, headers, body = reply if isinstance(reply, tuple) else (200, {}, reply)
        self.send_response(status)
        for name, value in ({'Content-Type': 'text/plain', 'Content-Length': str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        """The announces are remembered already."""


class SilentServer:
    """Takes connections and never says a word: a tracker that is dead."""

    def __init__(self, host, port=0):
        self.socket = socket.create_server((host, port), backlog=64)
        self.host, self.port = self.socket.getsockname()[:2]

    @property
    def url(self):
        """An announce URL."""
        return f'http://{self.host}:{self.port}/announce'

    def stop(self):
        """Closes it."""
        self.socket.close()
