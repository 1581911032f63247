"""HTTPS trackers of a trusted issuer, and of others (E06)."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import shutil
import ssl
import subprocess
import threading
import unittest
import warnings
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from lib import bencode, namespace, runner
from lib.case import Case
from lib.clients import Btfw
from lib.waiting import wait_for

# Where the system keeps whom it trusts; a mount of the test's own covers it.
BUNDLES = ('/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt')
MS_BIND = 0x1000


class HttpsTracker(ThreadingHTTPServer):
    """Notes each request."""

    daemon_threads = True

    def __init__(self, address, certificate, version):
        self.requests = []
        super().__init__((address, 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_ciphers('ALL:@SECLEVEL=0')
        with warnings.catch_warnings():
            warnings.simplefilter('ignore', DeprecationWarning)
            context.minimum_version = context.maximum_version = version
        context.load_cert_chain(certificate)
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, request, client_address):
        """A handshake that was broken off is what some tests are about."""


class Handler(BaseHTTPRequestHandler):
    """Answers everything with no peers."""

    def do_GET(self):
        self.server.requests.append(self.path)
        body = bencode.encode({'interval': 1800, 'peers': b''})
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        """Nothing of it."""


class Certificates(Case):
    """An issuer of the test's own, which the system trusts for as long as it runs."""

    def setUp(self):
        super().setUp()
        self.bundle = next((path for path in BUNDLES if os.path.exists(path)), None)
        if self.bundle is None or shutil.which('openssl') is None:
            raise unittest.SkipTest('no openssl, or nobody whom the system trusts')
        self.folder = self.stage.path('issuer')
        self.make_key('issuer', ['-x509', '-days', '2', '-addext', 'basicConstraints=critical,CA:TRUE'])
        self.make_key('other', ['-x509', '-days', '2', '-addext', 'basicConstraints=critical,CA:TRUE'])
        namespace.mount(str(self.folder / 'issuer.crt'), self.bundle, None, MS_BIND)
        self.addCleanup(namespace.unmount, self.bundle)

    def openssl(self, *words):
        """Runs it."""
        subprocess.run(['openssl', *words], check=True, capture_output=True, cwd=self.folder)

    def make_key(self, name, words):
        """A key, and a certificate or the request for one."""
        self.openssl('req', '-newkey', 'rsa:2048', '-nodes', '-keyout', f'{name}.key', '-out', f'{name}.crt',
                     '-subj', f'/CN={name}', *words)

    def make_certificate(self, host, issuer='issuer', days='2'):
        """Of a server at an address."""
        self.make_key('server', [])
        (self.folder / 'names').write_text(f'subjectAltName=IP:{host}\n')
        self.openssl('x509', '-req', '-in', 'server.crt', '-CA', f'{issuer}.crt', '-CAkey', f'{issuer}.key',
                     '-out', 'signed.crt', '-days', days, '-extfile', 'names')
        target = self.folder / 'server.pem'
        target.write_bytes((self.folder / 'signed.crt').read_bytes() + (self.folder / 'server.key').read_bytes())
        return target

    def start(self, certificate, version=ssl.TLSVersion.TLSv1_2):
        """A tracker, and btfw that has nobody else to ask."""
        tracker = HttpsTracker(self.stage.address(250), certificate, version)
        self.addCleanup(tracker.server_close)
        self.addCleanup(tracker.shutdown)
        made = self.stage.make_torrent(self.stage.make_sample(size=50_000),
                                       trackers=[f'https://{tracker.server_address[0]}:{tracker.server_port}/announce'])
        btfw = Btfw(self.stage, 1)
        btfw.download(made, self.stage.path('download'), '--verbose', '--set=session.discovery=none')
        return tracker, btfw

    @runner.rows(('tls_1_2', ssl.TLSVersion.TLSv1_2), ('tls_1_3', ssl.TLSVersion.TLSv1_3))
    def test_is_asked(self, version):
        """So that what follows is refused for what it is."""
        tracker, _ = self.start(self.make_certificate(self.stage.address(250)), version)
        wait_for(lambda: tracker.requests, 10, 'the tracker to be asked')

    @runner.rows(('tls_1_0', ssl.TLSVersion.TLSv1), ('tls_1_1', ssl.TLSVersion.TLSv1_1))
    def test_old(self, version):
        """The certificate is right, the version is not: nothing is sent, and the reason is named."""
        tracker, btfw = self.start(self.make_certificate(self.stage.address(250)), version)
        btfw.wait_for_notice('version of TLS that is no longer secure')
        self.assertEqual(tracker.requests, [])

    @runner.rows(('of_an_unknown_issuer', {'issuer': 'other'}, 'unknown issuer'),
                 ('of_another_name', {'host': '198.18.0.251'}, 'made out to another name'),
                 ('that_has_expired', {'days': '-1'}, 'has expired'))
    def test_certificate(self, arguments, text):
        """Nothing is sent, and the reason is named."""
        certificate = self.make_certificate(**{'host': self.stage.address(250)} | arguments)
        tracker, btfw = self.start(certificate)
        btfw.wait_for_notice(text)
        self.assertEqual(tracker.requests, [])


if __name__ == '__main__':
    runner.main()
