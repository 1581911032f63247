"""aria2c."""
# SPDX-License-Identifier: LGPL-2.1-or-later

from .client import Client


class Aria2(Client):
    """Told by its hook when a download is complete."""

    name = 'aria2'
    program = 'aria2c'
    extra = ()  # words that win over the usual ones

    def _run(self, folder, *words):
        self.start([
            self.require(), '--no-conf', f'--dir={folder}', f'--interface={self.address}', f'--listen-port={self.port}',
            '--enable-dht=false', '--enable-dht6=false', '--bt-enable-lpd=false', '--enable-peer-exchange=false',
            f'--disable-ipv6={str(":" not in self.address).lower()}', '--file-allocation=none', '--bt-max-peers=0', '--allow-overwrite=true',
            '--summary-interval=0', '--console-log-level=notice', '--no-netrc=true', *self.extra, *words])

    def seed(self, torrent, upload_limit=0):
        self._run(torrent.root.parent, '--bt-seed-unverified=true', '--seed-ratio=0.0',
                  f'--max-overall-upload-limit={upload_limit}', torrent.path)
        self.process.wait_until_listening(self.port)

    def download(self, torrent, folder, upload_limit=0):
        self._run(folder, '--seed-ratio=0.0', f'--max-overall-upload-limit={upload_limit}',
                  f'--on-bt-download-complete={self.make_hook()}', torrent.path)

    def download_link(self, link, folder):
        self._run(folder, '--seed-ratio=0.0', link)

    def check(self, torrent):
        self._run(torrent.root.parent, '--check-integrity=true', '--hash-check-only=true',
                  f'--on-bt-download-complete={self.make_hook()}', torrent.path)

    def hold(self, paths, folder):
        self._run(folder, f'--max-concurrent-downloads={len(paths)}', *paths)
