"""transmission-daemon."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import json
import shutil

from .client import Client

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

    def _run(self, paths, folder, upload_limit=0):
        watched = self.stage.path(f'homes/{self.label}/watched')
        settings = SETTINGS | {
            'bind-address-ipv4': self.address, 'peer-port': self.port, 'download-dir': str(folder),
            'watch-dir': str(watched), 'watch-dir-enabled': True,
            'script-torrent-done-filename': str(self.make_hook()),
            'speed-limit-up-enabled': upload_limit > 0, 'speed-limit-up': upload_limit // 1000}
        (self.home / 'settings.json').write_text(json.dumps(settings), encoding='utf-8')
        for path in paths:
            shutil.copy(path, watched)
        self.start([self.require(), '--foreground', '--config-dir', self.home])

    def seed(self, torrent, upload_limit=0):
        self._run([torrent.path], torrent.root.parent, upload_limit)
        self.process.wait_until_listening(self.port)

    def download(self, torrent, folder, upload_limit=0):
        self._run([torrent.path], folder, upload_limit)

    def check(self, torrent):
        self._run([torrent.path], torrent.root.parent)

    def hold(self, paths, folder):
        self._run(paths, folder)
