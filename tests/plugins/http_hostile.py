#!/usr/bin/env python3
"""Trackers and web servers that misbehave, against the HTTP plugins.

Usage: http_hostile.py HTTP-DRIVER [unittest options]
"""
# SPDX-License-Identifier: LGPL-2.1-or-later

import base64
import gzip
import os
import socket
import ssl
import subprocess
import sys
import threading
import unittest
import warnings

HERE = os.path.dirname(os.path.abspath(__file__))
DRIVER = None
HASH = bytes((i * 13) & 255 for i in range(20))
OTHER = bytes(range(20))
SECRET = "s3cr3tpasskey0123456789abcdef"


class Server:
    """Answers each connection with what `respond (request)` yields, and counts them."""

    def __init__(self, respond, certificate=None, versions=None):
        self.respond = respond
        self.requests = []
        self.context = None
        if certificate is not None:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            if versions is not None:
                self.context.set_ciphers("ALL:@SECLEVEL=0")
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore", DeprecationWarning)
                    self.context.minimum_version, self.context.maximum_version = versions
            self.context.load_cert_chain(os.path.join(HERE, "certificates", certificate))
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        try:
            with connection:
                if self.context is not None:
                    connection = self.context.wrap_socket(connection, server_side=True)
                request = b""
                while b"\r\n\r\n" not in request and not request.startswith(b"\x16"):
                    chunk = connection.recv(65536)
                    if not chunk:
                        return
                    request += chunk
                self.requests.append(request.decode("latin-1"))
                for part in self.respond(self.requests[-1]):
                    connection.sendall(part)
                if self.context is not None:
                    connection.unwrap()
        except (OSError, ssl.SSLError):
            pass

    def url(self, path="/announce"):
        scheme = "http" if self.context is None else "https"
        return f"{scheme}://127.0.0.1:{self.port}{path}"

    def close(self):
        self.listener.close()


def http(body, status="200 OK", headers=()):
    head = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return ["\r\n".join(head).encode() + b"\r\n\r\n" + body]


def redirect(target, status="302 Found"):
    return http(b"", status, [f"Location: {target}"])


def endless_chunks():
    yield b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    while True:
        yield b"10000\r\n" + b"x" * 0x10000 + b"\r\n"


def bencode(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, list):
        return b"l" + b"".join(bencode(v) for v in value) + b"e"
    items = sorted((k.encode() if isinstance(k, str) else k, v) for k, v in value.items())
    return b"d" + b"".join(bencode(k) + bencode(v) for k, v in items) + b"e"


class Answer(dict):
    """The driver's lines: every name with the list of its values."""

    def one(self, name):
        return self[name][0] if name in self else None


class Case(unittest.TestCase):
    def serve(self, respond, **options):
        server = Server(respond, **options)
        self.addCleanup(server.close)
        return server

    def drive(self, *arguments, env=None, timeout=60):
        environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
        environment.update(G_DEBUG="fatal-warnings", LC_ALL="C.UTF-8", **(env or {}))
        done = subprocess.run([DRIVER, *arguments], env=environment, timeout=timeout,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        self.assertEqual(done.returncode, 0, done.stderr.decode(errors="replace"))
        self.output = done.stdout.decode().replace("\u00a0", " ")
        answer = Answer()
        for line in self.output.splitlines():
            name, _, value = line.partition("=")
            answer.setdefault(name, []).append(value)
        return answer

    def announce(self, respond, path="/announce", **options):
        server = self.serve(respond, **options)
        return self.drive("announce", server.url(path)), server

    def announce_value(self, value):
        return self.announce(lambda request: http(bencode(value)))[0]


class Question(Case):
    def query(self, **env):
        _, server = self.announce(lambda request: http(bencode({"peers": b""})))
        return server.requests[0]

    def test_bytes_are_escaped_exactly(self):
        line = self.query().splitlines()[0]
        self.assertIn("info_hash=%00%0D%1A%274AN%5Bhu%82%8F%9C%A9%B6%C3%D0%DD%EA%F7&", line)
        self.assertIn("peer_id=-BW0001-abc%20def%26%3D%25%2B~&", line)

    def test_numbers(self):
        line = self.query().splitlines()[0]
        for part in ("port=6881", "uploaded=11", "downloaded=22", "left=18446744073709551615",
                     "numwant=80", "key=DEADBEEF", "compact=1"):
            self.assertIn("&" + part, line)
        self.assertNotIn("event=", line)

    def test_one_honest_name(self):
        self.assertRegex(self.query(), r"(?m)^User-Agent: btfw/\S+\r?$")

    def test_events(self):
        for event in ("started", "completed", "stopped"):
            server = self.serve(lambda request: http(bencode({})))
            self.drive("announce", server.url(), event)
            self.assertIn("&event=" + event, server.requests[0])

    def test_tracker_id_is_escaped(self):
        server = self.serve(lambda request: http(bencode({})))
        self.drive("announce", server.url(), env={"BTFW_TEST_TRACKER_ID": "a&b=c d"})
        self.assertIn("&trackerid=a%26b%3Dc%20d", server.requests[0])

    def test_own_query_is_kept(self):
        proxy = self.serve(lambda request: http(bencode({"interval": 77})))
        environment = {"http_proxy": f"http://127.0.0.1:{proxy.port}"}
        answer = self.drive("announce", "http://tracker.invalid/announce?passkey=1", env=environment)
        self.assertEqual(answer.one("interval"), "77")
        self.assertIn("GET http://tracker.invalid/announce?passkey=1&info_hash=", proxy.requests[0])


class Replies(Case):
    def test_compact(self):
        answer = self.announce_value({
            "interval": 900, "min interval": 60, "complete": 3, "incomplete": 4, "tracker id": "xyz",
            "warning message": "careful", "external ip": bytes([9, 8, 7, 6]),
            "peers": bytes([1, 2, 3, 4, 0x1a, 0xe1]), "peers6": bytes(range(1, 17)) + b"\x1a\xe1"})
        self.assertEqual(answer["peer"], ["1.2.3.4:6881", "[102:304:506:708:90a:b0c:d0e:f10]:6881"])
        self.assertEqual(answer.one("interval"), "900")
        self.assertEqual(answer.one("min_interval"), "60")
        self.assertEqual(answer.one("seeds"), "3")
        self.assertEqual(answer.one("leechers"), "4")
        self.assertEqual(answer.one("tracker_id"), "xyz")
        self.assertEqual(answer.one("warning"), "careful")
        self.assertEqual(answer.one("external"), "9.8.7.6")
        self.assertEqual(answer.one("from_local"), "1")

    def test_dictionaries(self):
        answer = self.announce_value({"peers": [{"ip": "1.2.3.4", "port": 1, "peer id": "x" * 20},
                                                {"ip": "2001:db8::1", "port": 2}]})
        self.assertEqual(answer["peer"], ["1.2.3.4:1", "[2001:db8::1]:2"])

    def test_gzip(self):
        body = gzip.compress(bencode({"interval": 123}))
        answer, _ = self.announce(lambda request: http(body, headers=["Content-Encoding: gzip"]))
        self.assertEqual(answer.one("interval"), "123")

    def test_refusal_with_retry_in(self):
        answer = self.announce_value({"failure reason": "busy", "retry in": 5})
        self.assertEqual(answer.one("failure"), "busy")
        self.assertEqual(answer.one("retry_in"), "300")

    def test_refusal_for_ever(self):
        answer = self.announce_value({"failure reason": "no", "retry in": "never"})
        self.assertEqual(answer.one("retry_in"), "-1")

    def test_refusal_with_an_error_status(self):
        body = bencode({"failure reason": "not registered"})
        answer, _ = self.announce(lambda request: http(body, "403 Forbidden"))
        self.assertEqual(answer.one("failure"), "not registered")

    def test_password_is_given_when_asked_for(self):
        def respond(request):
            if "Authorization:" not in request:
                return http(b"", "401 Unauthorized", ['WWW-Authenticate: Basic realm="x"'])
            return http(bencode({"interval": 321}))

        server = self.serve(respond)
        answer = self.drive("announce", server.url().replace("//", "//joe:hush@"))
        self.assertEqual(answer.one("interval"), "321")
        self.assertNotIn("Authorization", server.requests[0])
        self.assertIn(base64.b64encode(b"joe:hush").decode(), server.requests[1])


class Nonsense(Case):
    """Bodies that are too large, never end, or are no answers at all."""

    def assert_refused(self, answer, text):
        self.assertIn(text, answer.one("error") or "")
        self.assertEqual(answer.one("domain"), "btfw-error-quark")

    def test_ten_megabytes(self):
        answer, _ = self.announce(lambda request: http(b"x" * 10000000))
        self.assert_refused(answer, "more than 1.0 MiB")

    def test_endless_chunks(self):
        answer, _ = self.announce(lambda request: endless_chunks())
        self.assert_refused(answer, "more than 1.0 MiB")

    def test_gzip_bomb(self):
        body = gzip.compress(b"\0" * (64 << 20))
        answer, _ = self.announce(lambda request: http(body, headers=["Content-Encoding: gzip"]))
        self.assert_refused(answer, "more than 1.0 MiB")

    def test_empty(self):
        answer, _ = self.announce(lambda request: http(b""))
        self.assert_refused(answer, "empty")

    def test_closed_without_a_word(self):
        answer, _ = self.announce(lambda request: [])
        self.assert_refused(answer, "127.0.0.1")

    def test_html(self):
        answer, _ = self.announce(lambda request: http(b"<html>please log in</html>"))
        self.assert_refused(answer, "no answer of a tracker")

    def test_html_with_an_error_status(self):
        answer, _ = self.announce(lambda request: http(b"<html>", "503 Service\x1b[31m Unavailable"))
        self.assert_refused(answer, "503 Service")
        self.assertNotIn("\x1b", self.output)

    def test_deep_nesting(self):
        for body in (b"l" * (1 << 20), b"d1:a" * (1 << 18)):
            answer, _ = self.announce(lambda request, body=body: http(body))
            self.assert_refused(answer, "no answer of a tracker")

    def test_long_texts_are_cut_and_cleaned(self):
        answer = self.announce_value({"failure reason": "\x1b[31m" + "x" * 1000000})
        self.assertLessEqual(len(answer.one("failure")), 1024)
        self.assertNotIn("\x1b", self.output)

    def test_interval_that_is_a_text(self):
        answer = self.announce_value({"interval": "900", "peers": b""})
        self.assertEqual(answer.one("interval"), "1800")

    def test_compact_with_a_rest(self):
        answer = self.announce_value({"peers": bytes([1, 2, 3, 4, 0, 80, 5, 6, 7])})
        self.assertEqual(answer["peer"], ["1.2.3.4:80"])

    def test_bad_peers_are_dropped_and_good_ones_kept(self):
        answer = self.announce_value({"peers": [
            {"ip": "1.2.3.4", "port": 70000}, {"ip": "1.2.3.4", "port": -1}, {"ip": "1.2.3.4", "port": 0},
            {"ip": "1.2.3.4", "port": "80"}, {"ip": "../x", "port": 80}, {"ip": "tracker.invalid", "port": 80},
            {"ip": 7, "port": 80}, {"port": 80}, 7, "text", [], {"ip": "0.0.0.0", "port": 80},
            {"ip": "5.6.7.8", "port": 80}]})
        self.assertEqual(answer["peer"], ["5.6.7.8:80"])


class Redirects(Case):
    """A tracker sends us where it has no business."""

    def setUp(self):
        self.canary = self.serve(lambda request: http(bencode({"interval": 666})))

    def assert_not_followed(self, target, text):
        answer, _ = self.announce(lambda request: redirect(target))
        self.assertIn(text, answer.one("error") or "")
        self.assertEqual(self.canary.requests, [])

    def test_to_a_local_service(self):
        for path in ("/announce", "/announce?info_hash=x", "/admin?shutdown=1"):
            self.assert_not_followed(self.canary.url(path), "redirect to local address")
            self.assert_not_followed(self.canary.url(path).replace("127.0.0.1", "localhost"), "redirect to local address")

    def test_to_link_local(self):
        self.assert_not_followed("http://169.254.169.254/latest/meta-data/", "redirect to local address")

    def test_to_other_schemes(self):
        for target in ("file:///etc/passwd", "ftp://127.0.0.1/x", "gopher://127.0.0.1/x", "data:,x", "http://"):
            self.assert_not_followed(target, "redirects to something other than HTTP")

    def test_without_a_target(self):
        answer, _ = self.announce(lambda request: http(b"", "302 Found"))
        self.assertIn("redirects to something other than HTTP", answer.one("error"))

    def test_loop_of_a_server_that_the_user_named(self):
        server = self.serve(lambda request: redirect("/again"))
        answer = self.drive("fetch", server.url("/x.torrent"), "1000")
        self.assertIn("redirects more than 5 times", answer.one("error"))
        self.assertEqual(len(server.requests), 6)

    def test_loop_through_a_proxy(self):
        proxy = self.serve(lambda request: redirect("http://tracker.invalid/announce"))
        answer = self.drive("announce", "http://tracker.invalid/announce",
                            env={"http_proxy": f"http://127.0.0.1:{proxy.port}"})
        self.assertIn("redirects more than 5 times", answer.one("error"))
        self.assertEqual(len(proxy.requests), 6)

    def test_user_may_be_led_on_in_the_own_network(self):
        server = self.serve(lambda request: redirect("/b") if "GET /a" in request else http(b"content"))
        self.assertEqual(self.drive("fetch", server.url("/a"), "1000").one("size"), "7")

    def test_torrent_may_not_name_local_services(self):
        for path in ("/announce?x=1", "/admin", "/"):
            answer = self.drive("announce", self.canary.url(path))
            self.assertIn("local address", answer.one("error"))
        self.assertEqual(self.canary.requests, [])


class Certificates(Case):
    """Servers that cannot prove who they are."""

    CASES = {
        "self-signed.pem": "signed by an unknown issuer, or by itself",
        "expired.pem": "has expired",
        "not-yet.pem": "is not valid yet",
        "wrong-name.pem": "is made out to another name",
    }

    def test_is_refused_with_the_reason(self):
        for certificate, text in self.CASES.items():
            with self.subTest(certificate):
                answer, server = self.announce(lambda request: http(bencode({})), certificate=certificate)
                self.assertIn(text, answer.one("error") or "")
                self.assertEqual(server.requests, [])

    def test_old_versions(self):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            versions = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1)
        answer, server = self.announce(lambda request: http(bencode({})), certificate="self-signed.pem", versions=versions)
        self.assertIn("127.0.0.1", answer.one("error") or "")
        self.assertEqual(server.requests, [])

    def test_no_tls_at_all(self):
        server = self.serve(lambda request: http(b""))
        answer = self.drive("announce", server.url().replace("http:", "https:"))
        self.assertIn("127.0.0.1", answer.one("error") or "")


class Secrets(Case):
    """Pass keys and passwords stay out of sight."""

    def test_are_in_no_message(self):
        closed = socket.create_server(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        closed.close()
        server = self.serve(lambda request: http(b"<html>", "404 Not Found"))
        urls = [f"http://joe:{SECRET}@127.0.0.1:{port}/{SECRET}/announce",
                f"http://joe:{SECRET}@127.0.0.1:{port}/announce?passkey={SECRET}",
                server.url(f"/{SECRET}/announce"),
                f"https://127.0.0.1:{server.port}/{SECRET}/announce",
                f"http://joe:{SECRET}@[::1/announce"]
        for url in urls:
            with self.subTest(url):
                answer = self.drive("announce", url)
                self.assertIsNotNone(answer.one("error"))
                self.assertNotIn(SECRET, self.output)


class Scrapes(Case):
    """Counts of other torrents, and counts that are none."""

    def scrape(self, value, path="/announce", hashes=(HASH,)):
        self.server = self.serve(lambda request: http(bencode(value)))
        return self.drive("scrape", self.server.url(path), *(h.hex() for h in hashes))

    def test_counts_stay_with_their_hashes(self):
        files = {HASH: {"complete": 1, "incomplete": 2, "downloaded": 3},
                 OTHER: {"complete": 4, "incomplete": 5, "downloaded": 6},
                 bytes(20): {"complete": 7, "incomplete": 8, "downloaded": 9}}
        answer = self.scrape({"files": files}, hashes=(OTHER, HASH, bytes([255] * 20)))
        self.assertEqual(answer["counts"], ["4,5,6", "1,2,3", "-1,-1,-1"])
        self.assertIn("GET /scrape?info_hash=", self.server.requests[0])

    def test_implausible_numbers_are_unknown(self):
        for counts in ({"complete": -5, "incomplete": 1 << 62, "downloaded": "7"}, {}, 7, "x", []):
            self.assertEqual(self.scrape({"files": {HASH: counts}})["counts"], ["-1,-1,-1"])

    def test_refusal(self):
        self.assertIn("go away", self.scrape({"failure reason": "go away"}).one("error"))

    def test_url_without_a_scrape_page(self):
        self.assertIn("cannot be asked for counts", self.scrape({}, path="/tracker").one("error"))
        self.assertEqual(self.server.requests, [])


class Fetching(Case):
    """Files that are larger than they look."""

    LIMIT = 32 << 20

    def fetch(self, respond):
        server = self.serve(respond)
        return self.drive("fetch", server.url("/x.torrent"), str(self.LIMIT))

    def test_small_file(self):
        self.assertEqual(self.fetch(lambda request: http(b"d4:infoe")).one("size"), "8")

    def test_just_at_the_limit(self):
        self.assertEqual(self.fetch(lambda request: http(b"x" * self.LIMIT)).one("size"), str(self.LIMIT))

    def test_gzip_bomb(self):
        body = gzip.compress(b"\0" * (256 << 20), 6)
        answer = self.fetch(lambda request: http(body, headers=["Content-Encoding: gzip"]))
        self.assertIn("more than 32.0 MiB", answer.one("error"))
        self.assertLess(int(answer.one("peak_kib")), 160 << 10)

    def test_endless_chunks(self):
        self.assertIn("more than 32.0 MiB", self.fetch(lambda request: endless_chunks()).one("error"))

    def test_length_that_lies(self):
        head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
        self.assertIn("ended too early", self.fetch(lambda request: [head + b"short"]).one("error") or "")

    def test_status(self):
        self.assertIn("404", self.fetch(lambda request: http(b"nothing", "404 Not Found")).one("error"))

    def test_no_http_address(self):
        self.assertIn("no HTTP address", self.drive("fetch", "file:///etc/passwd", "1000").one("error"))


class Patience(Case):
    """The one slow test: an answer that never ends is given up after 30 s."""

    def drip(self, request):
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
        while True:
            yield b"x"
            self.slowly.wait(1)

    def test_answer_that_never_ends(self):
        self.slowly = threading.Event()
        answer, _ = self.announce(self.drip)
        self.slowly.set()
        self.assertIn("did not answer within 30 seconds", answer.one("error"))


if __name__ == "__main__":
    DRIVER = sys.argv.pop(1)
    unittest.main(verbosity=2)
