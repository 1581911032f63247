"""Peers without a tracker: through a DHT of our own nodes, and of libtorrent's."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import json
import os

from lib import krpc, runner
from lib.clients import Btfw
from lib.nodes import DhtCase
from lib.waiting import wait_for


class Ours(DhtCase):
    """Among ourselves."""

    def test_torrent_without_tracker(self):
        """A seeder announces, a leecher finds it, from a file and from a link."""
        made = self.make()
        router = self.run_router()
        self.run_btfw(2, '--seed', f'--dir={made.root.parent}', made.path, begin=router)
        self.wait_for_announce(router, made)
        self.download(3, made, begin=router)
        self.download(4, made, made.magnet, begin=router)

    def test_command(self):
        """btfw dht shows the table, and looks a hash up; it announces nothing."""
        made = self.make()
        router = self.run_router()
        self.run_btfw(2, '--seed', f'--dir={made.root.parent}', made.path, begin=router)
        self.wait_for_announce(router, made)
        told = self.run_command(router, '--json')
        self.assertIn(f'{self.stage.address(1, subnet=2)}:6881', [node['address'] for node in told['nodes']])
        for word in (made.info_hash.hex(), made.magnet):
            self.assertEqual(self.run_command(router, '--json', word)['peers'], [f'{self.stage.address(1, subnet=2)}:6881'])
        self.assertEqual(self.run_command(router, '--json', '0' * 40)['peers'], [])

    def run_command(self, begin, *words):
        """What it prints."""
        btfw = self.client(Btfw, 20)
        btfw.run('dht', f'--bind={btfw.address}', '--port=0', f'--set=discovery-dht.bootstrap={begin.address}:{begin.port}',
                 *words)
        self.assertEqual(btfw.process.wait(30), 0)
        return json.loads(btfw.process.output)

    def test_nodes_are_remembered(self):
        """A second start needs nowhere to begin."""
        made = self.make()
        router = self.run_router()
        self.run_btfw(2, '--seed', f'--dir={made.root.parent}', made.path, begin=router)
        self.wait_for_announce(router, made)
        self.download(3, made, begin=router)
        other = self.stage.make_torrent(made.root, 'again.torrent', piece_length=16384)
        self.run_btfw(5, '--seed', f'--dir={made.root.parent}', other.path, begin=router)
        self.wait_for_announce(router, other)
        self.download(3, other, '--overwrite', other.path, begin=None)

    def test_damaged_memory_is_no_obstacle(self):
        """F10: what was kept is damaged: it says so, and begins anew."""
        made = self.make()
        router = self.run_router()
        for number, content in enumerate((b'', b'd2:id', os.urandom(1000), b'i5e', b'l' * 40_000, bytes(100_000_000))):
            folder = self.stage.path(f'homes/btfw-{10 + number}/state/btfw/discovery/dht')
            (folder / 'nodes').write_bytes(content)
            btfw = self.run_btfw(10 + number, '--seed', f'--dir={made.root.parent}', made.path, begin=router)
            btfw.wait_for_notice('nodes of the DHT kept in')
            self.wait_for_announce(router, made)
            self.assertIn(btfw.process.stop(), (0, 143))  # whether the check was through

    def test_private_torrents_stay_out(self):
        """Nothing is said of a private torrent, while a public one beside it is asked for."""
        node = krpc.SilentNode(self.stage.address(1, subnet=7))
        self.addCleanup(node.stop)
        made = self.make_other()
        secret = self.stage.make_torrent(made.root, 'secret.torrent', private=True)
        self.run_btfw(2, '--seed', f'--dir={made.root.parent}', secret.path, made.path, begin=node)
        wait_for(lambda: any(made.info_hash in packet for packet in node.packets), 30, 'the public torrent to be asked for')
        self.assertFalse([packet for packet in node.packets if secret.info_hash in packet])


class Others(DhtCase):
    """With libtorrent's nodes."""

    def test_all_but_us_are_libtorrent(self):
        """A DHT of libtorrent's nodes: we get what a link without tracker stands for."""
        made = self.make()
        router = self.run_libtorrent(1)
        self.run_libtorrent(2, '--seed', made.path, begin=router, folder=made.root.parent)
        self.run_libtorrent(3, begin=router)
        self.wait_for_announce(router, made)
        self.download(4, made, made.magnet, begin=router)

    def test_libtorrent_finds_us(self):
        """libtorrent's node to begin at; we announce, libtorrent downloads."""
        made = self.make()
        router = self.run_libtorrent(1)
        self.run_btfw(2, '--seed', f'--dir={made.root.parent}', made.path, begin=router)
        self.wait_for_announce(router, made)
        leecher = self.run_libtorrent(3, made.path, begin=router)
        wait_for(leecher.is_complete, 60, 'libtorrent to complete')

    def test_we_find_libtorrent(self):
        """Our node to begin at; libtorrent announces, we download, from a file and from a link."""
        made = self.make()
        router = self.run_router()
        self.run_libtorrent(2, '--seed', made.path, begin=router, folder=made.root.parent)
        self.wait_for_announce(router, made)
        self.download(3, made, begin=router)
        self.download(4, made, made.magnet, begin=router)


if __name__ == '__main__':
    runner.main()
