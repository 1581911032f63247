"""rtorrent."""
# SPDX-License-Identifier: LGPL-2.1-or-later

from .client import Client

SETTINGS = '''
system.daemon.set = true
network.bind_address.set = {address}
network.port_range.set = {port}-{port}
network.port_random.set = no
session.path.set = {session}
directory.default.set = {folder}
pieces.hash.on_completion.set = no
protocol.encryption.set = {encryption}
protocol.pex.set = no
dht.mode.set = disable
trackers.use_udp.set = yes
throttle.max_uploads.set = 100
throttle.global_up.max_rate.set_kb = {upload_limit}
method.set_key = event.download.finished, done, "execute.nothrow.bg = {hook}"
method.set_key = event.download.hash_done, checked, "branch = d.complete=, \\"execute.nothrow.bg = {hook}\\""
'''


class Rtorrent(Client):
    """Runs as a daemon, as it would need a terminal otherwise."""

    name = 'rtorrent'
    program = 'rtorrent'
    encryption = 'none'

    def _run(self, paths, folder, upload_limit=0):
        settings = SETTINGS.format(
            address=self.address, port=self.port, session=self.stage.path(f'homes/{self.label}/session'),
            encryption=self.encryption, folder=folder, hook=self.make_hook(), upload_limit=upload_limit // 1024)
        file = self.home / 'rtorrent.rc'
        file.write_text(settings, encoding='utf-8')
        self.start([self.require(), '-n', '-o', f'import={file}', *paths])

    def seed(self, torrent, upload_limit=0):
        self._run([torrent.path], torrent.root.parent, upload_limit)
        self.process.wait_until_listening(self.port)
        self.wait_until_complete(120)  # it hashes what is there

    def download(self, torrent, folder, upload_limit=0):
        self._run([torrent.path], folder, upload_limit)

    def download_link(self, link, folder):
        self._run([link], folder)

    def check(self, torrent):
        self._run([torrent.path], torrent.root.parent)

    def hold(self, paths, folder):
        self._run(paths, folder)
