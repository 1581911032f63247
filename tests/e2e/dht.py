"""Peers without a tracker: through a DHT of our own nodes, and of libtorrent's."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import json
import os

from lib import krpc, runner
from lib.case import Case
from lib.clients import Btfw, Libtorrent
from lib.waiting import wait_for

# libtorrent counts addresses of one network as one; here all are of one.
LIBTORRENT = ('enable_dht=1', 'dht_restrict_routing_ips=0', 'dht_restrict_search_ips=0', 'dht_enforce_node_id=0',
              'dht_prefer_verified_node_ids=0', 'dht_ignore_dark_internet=0')


class DhtCase(Case):
    """Clients at addresses of different networks, as a DHT wants them."""

    seconds = 120

    def client(self, kind, number):
        """One at an address of a network of its own."""
        client = kind(self.stage, number)
        client.address = self.stage.address(1, subnet=number)
        return client

    def run_btfw(self, number, *words, begin=None):
        """With the DHT alone, which begins at that client, or node."""
        btfw = self.client(Btfw, number)
        place = f'{begin.address}:{begin.port}' if begin else ''
        btfw.run_session('--set=session.discovery=dht', f'--set=discovery-dht.bootstrap={place}', *words)
        btfw.wait_until_listening()
        return btfw

    def run_libtorrent(self, number, *words, begin=None):
        """The same of libtorrent."""
        client = self.client(Libtorrent, number)
        settings = list(LIBTORRENT)
        settings.append(f'dht_bootstrap_nodes={begin.address}:{begin.port}' if begin else 'dht_bootstrap_nodes=')
        client.start([client.require(), self.script(), client.address, str(client.port),
                      self.stage.path(f'download-{number}'), *[f'--set={setting}' for setting in settings], *words])
        client.process.wait_until_listening(client.port)
        return client

    @staticmethod
    def script():
        """The program that is libtorrent."""
        return os.path.join(os.path.dirname(os.path.abspath(__file__)), 'lib', 'programs', 'libtorrent_client.py')

    def make(self, **arguments):
        """Something to share, without any tracker."""
        return self.stage.make_torrent(self.stage.make_sample('tree'), **arguments)

    def make_other(self):
        """What keeps a node up that only others need."""
        return self.stage.make_torrent(self.stage.make_sample(size=30_000, seed=9, name='other'), 'other.torrent')

    def run_router(self):
        """A node of ours to begin at."""
        other = self.make_other()
        return self.run_btfw(1, '--seed', f'--dir={other.root.parent}', other.path)

    def wait_for_announce(self, node, made):
        """Until that node knows of a peer."""
        def known():
            answer = krpc.ask(node.address, node.port, 'get_peers', source=self.stage.address(1, subnet=99),
                              info_hash=made.info_hash)
            return answer and answer.get(b'r', {}).get(b'values')
        wait_for(known, 60, f'{node.label} to know of a peer')

    def download(self, number, made, *words, begin):
        """To the end, with the right bytes."""
        folder = self.stage.path(f'download-{number}')
        btfw = self.run_btfw(number, f'--dir={folder}', *(words or [made.path]), begin=begin)
        btfw.end_well(60)
        self.assert_same_files(made, folder)


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
        """What was kept is damaged: it begins anew."""
        made = self.make()
        router = self.run_router()
        for number, content in enumerate((b'', b'd2:id', os.urandom(1000), b'i5e', b'l' * 40_000)):
            folder = self.stage.path(f'homes/btfw-{10 + number}/state/btfw/discovery/dht')
            (folder / 'nodes').write_bytes(content)
            btfw = self.run_btfw(10 + number, '--seed', f'--dir={made.root.parent}', made.path, begin=router)
            self.wait_for_announce(router, made)
            btfw.process.stop()

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
        client = self.client(Libtorrent, 2)
        settings = [f'--set={setting}' for setting in (*LIBTORRENT, f'dht_bootstrap_nodes={router.address}:{router.port}')]
        client.start([client.require(), self.script(), client.address, str(client.port), made.root.parent, '--seed',
                      *settings, made.path])
        self.wait_for_announce(router, made)
        self.download(3, made, begin=router)
        self.download(4, made, made.magnet, begin=router)


if __name__ == '__main__':
    runner.main()
