#!/usr/bin/env python3
"""The tracker service, asked by peers that behave and by some that do not.

Usage: tracker_service.py TRACKER-DRIVER [unittest options]
"""
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import socket
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

DRIVER = None
HASH = bytes(range(20))


def quote(data):
    return "".join(f"%{byte:02x}" for byte in data)


class Tracker:
    def __init__(self, settings):
        self.home = tempfile.TemporaryDirectory()
        environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        environment.update(HOME=self.home.name, XDG_STATE_HOME=self.home.name, XDG_CONFIG_HOME=self.home.name,
                           G_DEBUG="fatal-criticals", LC_ALL="C.UTF-8")
        self.process = subprocess.Popen([DRIVER, "address=127.0.0.1," + settings], env=environment, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.url = self.process.stdout.readline().strip()
        self.port = urllib.parse.urlsplit(self.url).port

    def stop(self):
        _, errors = self.process.communicate(timeout=30)
        self.home.cleanup()
        return self.process.returncode, errors

    def resident(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS:"))

    def connect(self, source="127.0.0.1"):
        return socket.create_connection(("127.0.0.1", self.port), timeout=30, source_address=(source, 0))

    def send(self, request, source="127.0.0.1"):
        with self.connect(source) as connection:
            connection.sendall(request)
            answer = b""
            while chunk := connection.recv(65536):
                answer += chunk
        return answer

    def get(self, target, source="127.0.0.1"):
        head, _, body = self.send(f"GET {target} HTTP/1.1\r\nHost: x\r\n\r\n".encode(), source).partition(b"\r\n\r\n")
        return int(head.split()[1]), body

    def announce(self, port=6881, source="127.0.0.1", info_hash=HASH, **more):
        query = {"port": port, "left": 1, "compact": 1, **more}
        target = f"/announce?info_hash={quote(info_hash)}&peer_id={quote(b'p' * 20)}"
        target += "".join(f"&{key}={value}" for key, value in query.items())
        status, body = self.get(target, source)
        assert status == 200, status
        return body


class Case(unittest.TestCase):
    settings = "open=true,interval=60,max-torrents=3,max-peers=10"

    def setUp(self):
        self.tracker = Tracker(self.settings)

    def tearDown(self):
        status, errors = self.tracker.stop()
        self.assertEqual((status, errors), (0, ""))


class Open(Case):
    def test_says_where_it_is(self):
        self.assertRegex(self.tracker.url, r"^http://127\.0\.0\.1:\d+/announce$")

    def test_peers_find_one_another(self):
        self.assertIn(b"5:peers0:", self.tracker.announce(0x4142, "127.0.0.2"))
        self.assertIn(b"5:peers6:\x7f\x00\x00\x02AB", self.tracker.announce(2, "127.0.0.3"))
        self.tracker.announce(0x4142, "127.0.0.2", event="stopped")
        self.assertIn(b"5:peers0:", self.tracker.announce(2, "127.0.0.3"))

    def test_counts(self):
        self.tracker.announce(1)
        self.tracker.announce(1, left=0, event="completed")
        body = self.tracker.announce(2)
        for part in (b"8:completei1e", b"10:downloadedi1e", b"10:incompletei1e", b"8:intervali60e"):
            self.assertIn(part, body)
        status, body = self.tracker.get(f"/scrape?info_hash={quote(HASH)}")
        self.assertEqual(status, 200)
        self.assertIn(b"d8:completei1e10:downloadedi1e10:incompletei1ee", body)

    def test_others_cannot_be_announced(self):
        self.tracker.announce(0x4142, "127.0.0.2", ip="8.8.8.8", ipv4="8.8.8.8")
        self.assertIn(b"5:peers6:\x7f\x00\x00\x02AB", self.tracker.announce(2, "127.0.0.3"))

    def test_is_bounded(self):
        for number in range(10):
            self.assertNotIn(b"failure", self.tracker.announce(number + 1))
        self.assertIn(b"tracker is full", self.tracker.announce(11))
        self.assertNotIn(b"failure", self.tracker.announce(10))

    def test_garbage_gets_short_answers(self):
        for target in ("/announce", "/announce?", "/announce?" + "a" * 30000, "/announce?&&&=", "/scrape",
                       "/scrape?info_hash=x", "/announce?info_hash=" + "%41" * 5000):
            self.assertIn(b"failure reason", self.tracker.get(target)[1], target)
        for target in ("/announce?info_hash=%", "/announce?info_hash=%zz", "/scrape?%"):
            self.assertEqual(self.tracker.get(target), (400, b""))
        for target in ("/", "/x", "/../../etc/passwd", "/" + "0" * 40 + ".torrent", "/" + "z" * 40 + ".torrent"):
            self.assertEqual(self.tracker.get(target)[0], 404, target)

    def test_other_methods(self):
        for method in ("POST", "PUT", "DELETE", "OPTIONS", "BREW"):
            answer = self.tracker.send(f"{method} /announce HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".encode())
            self.assertIn(b" 405 ", answer.splitlines()[0])

    def test_bodies_take_no_memory(self):
        before = self.tracker.resident()
        with self.tracker.connect() as connection:
            connection.sendall(b"POST /announce HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n")
            try:
                for _ in range(64):
                    connection.sendall(b"x" * (1 << 20))
            except OSError:
                pass
            self.assertLess(self.tracker.resident() - before, 32 << 10)

    def test_headers_take_no_memory(self):
        before = self.tracker.resident()
        with self.tracker.connect() as connection:
            try:
                connection.sendall(b"GET /announce HTTP/1.1\r\n")
                for number in range(64):
                    connection.sendall(b"X-%d: " % number + b"x" * (1 << 20) + b"\r\n")
            except OSError:
                pass
            self.assertLess(self.tracker.resident() - before, 32 << 10)

    def test_noise_and_early_ends(self):
        for noise in (os.urandom(3000), b"\x16\x03\x01", b"GET", b"GET / HTTP/9.9\r\n\r\n", b"\r\n" * 1000, b"\0" * 1000):
            with self.tracker.connect() as connection:
                connection.sendall(noise)
        self.assertIn(b"5:peers", self.tracker.announce())

    def test_silent_guests_make_room(self):
        guests = [self.tracker.connect() for _ in range(300)]
        self.assertIn(b"5:peers", self.tracker.announce())
        for guest in guests:
            guest.close()


class Closed(Case):
    settings = "interval=60"

    def test_strangers_are_refused(self):
        self.assertIn(b"does not know that torrent", self.tracker.announce())
        status, body = self.tracker.get(f"/scrape?info_hash={quote(HASH)}")
        self.assertEqual(status, 200)
        self.assertIn(b"completei0e", body)


if __name__ == "__main__":
    DRIVER = sys.argv.pop(1)
    unittest.main(verbosity=2)
