"""Clients whose peers come from a DHT alone."""
# SPDX-License-Identifier: LGPL-2.1-or-later

from . import krpc
from .case import Case
from .clients import Btfw, Libtorrent
from .clients.libtorrent import SCRIPT
from .waiting import wait_for

# libtorrent counts addresses of one network as one; here all are of one.
LIBTORRENT = ('enable_dht=1', 'dht_restrict_routing_ips=0', 'dht_restrict_search_ips=0', 'dht_enforce_node_id=0',
              'dht_prefer_verified_node_ids=0', 'dht_ignore_dark_internet=0')


def place_of(node):
    """Where it is, as settings have it; nothing for None."""
    if node is None:
        return ''
    return f'[{node.address}]:{node.port}' if ':' in node.address else f'{node.address}:{node.port}'


class DhtCase(Case):
    """Clients at addresses of different networks, as a DHT wants them."""

    seconds = 120

    def address_of(self, number):
        """In a network of its own."""
        return self.stage.address(1, subnet=number)

    def client(self, kind, number):
        """One at an address of a network of its own."""
        client = kind(self.stage, number)
        client.address = self.address_of(number)
        return client

    def run_btfw(self, number, *words, begin=None):
        """With the DHT alone, which begins at that client, or node."""
        btfw = self.client(Btfw, number)
        btfw.run_session('--set=session.discovery=dht', f'--set=discovery-dht.bootstrap={place_of(begin)}', *words)
        btfw.wait_until_listening()
        return btfw

    def run_libtorrent(self, number, *words, begin=None, folder=None):
        """The same of libtorrent."""
        client = self.client(Libtorrent, number)
        settings = [*LIBTORRENT, f'dht_bootstrap_nodes={place_of(begin)}']
        client.start([client.require(), SCRIPT, client.address, str(client.port),
                      folder or self.stage.path(f'download-{number}'), *[f'--set={setting}' for setting in settings],
                      *words])
        client.process.wait_until_listening(client.port)
        return client

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

    def run_pair(self):
        """The same, with one more behind it that is known there."""
        router = self.run_router()
        made = self.stage.make_torrent(self.stage.make_sample(size=20_000, seed=8, name='pair'), 'pair.torrent')
        self.run_btfw(2, '--seed', f'--dir={made.root.parent}', made.path, begin=router)
        self.wait_for_announce(router, made)
        return router

    def wait_for_announce(self, node, made):
        """Until that node knows of a peer."""
        def known():
            answer = krpc.ask(node.address, node.port, 'get_peers', source=self.address_of(99),
                              info_hash=made.info_hash)
            return answer and answer.get(b'r', {}).get(b'values')
        wait_for(known, 60, f'{node.label} to know of a peer')

    def download(self, number, made, *words, begin):
        """To the end, with the right bytes."""
        folder = self.stage.path(f'download-{number}')
        btfw = self.run_btfw(number, f'--dir={folder}', *(words or [made.path]), begin=begin)
        btfw.end_well(60)
        self.assert_same_files(made, folder)
