"""transmission-daemon."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import json
import shutil
import urllib.error
import urllib.request

from ..waiting import wait_for
from .client import Client

RPC_PORT = 9091

SETTINGS = {
    'dht-enabled': False, 'lpd-enabled': False, 'pex-enabled': False, 'utp-enabled': False,
    'port-forwarding-enabled': False, 'encryption': 0, 'rename-partial-files': False, 'preallocation': 0,
    'rpc-enabled': False, 'script-torrent-done-enabled': True, 'upload-slots-per-torrent': 100,
    'speed-limit-down-enabled': False, 'peer-socket-tos': 'default', 'download-queue-enabled': False,
    'peer-congestion-algorithm': '', 'umask': 18, 'message-level': 2, 'bind-address-ipv6': '::1',
}


class Transmission(Client):
    """Takes 10 to 20 s before it connects to anybody. Makes no empty files."""

    name = 'transmission'
    program = 'transmission-daemon'
    slowness = 40

    def _run(self, paths, folder, upload_limit=0, **more):
        watched = self.stage.path(f'homes/{self.label}/watched')
        # It asks trackers from its first address that is not any.
        family, any4 = ('ipv6', {'bind-address-ipv4': '0.0.0.0'}) if ':' in self.address else ('ipv4', {})
        settings = SETTINGS | {
            f'bind-address-{family}': self.address, 'peer-port': self.port, 'download-dir': str(folder),
            'watch-dir': str(watched), 'watch-dir-enabled': True,
            'script-torrent-done-filename': str(self.make_hook()),
            'speed-limit-up-enabled': upload_limit > 0, 'speed-limit-up': upload_limit // 1000} | any4 | more
        (self.home / 'settings.json').write_text(json.dumps(settings), encoding='utf-8')
        for path in paths:
            shutil.copy(path, watched)
        self.start([self.require(), '--foreground', '--config-dir', self.home])

    def seed(self, torrent, upload_limit=0):
        self._run([torrent.path], torrent.root.parent, upload_limit)
        self.process.wait_until_listening(self.port)

    def download(self, torrent, folder, upload_limit=0):
        self._run([torrent.path], folder, upload_limit)

    def _call(self, method, **arguments):
        """One call of its remote control; None while it does not listen yet."""
        body = json.dumps({'method': method, 'arguments': arguments}).encode()
        request = urllib.request.Request(f'http://{self.address}:{RPC_PORT}/transmission/rpc', body)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for _ in range(2):
            try:
                with opener.open(request, timeout=5) as reply:
                    return json.load(reply)
            except urllib.error.HTTPError as error:
                request.add_header('X-Transmission-Session-Id', error.headers.get('X-Transmission-Session-Id', ''))
            except OSError:
                return None
        return None

    def download_link(self, link, folder):
        """Links come by remote control: the folder that it watches is for files."""
        rpc = {'rpc-enabled': True, 'rpc-bind-address': self.address, 'rpc-port': RPC_PORT,
               'rpc-whitelist-enabled': False, 'rpc-host-whitelist-enabled': False}
        self._run([], folder, **rpc)
        wait_for(lambda: (self._call('torrent-add', filename=link) or {}).get('result') == 'success', 20,
                 'transmission to take the link')

    def check(self, torrent):
        self._run([torrent.path], torrent.root.parent)

    def hold(self, paths, folder):
        self._run(paths, folder)
