"""Nodes of the DHT: where they begin, what peers are told of them, IPv6, and the command that shows one."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import json
import signal
import struct
import subprocess

from lib import krpc, peer, runner, wire
from lib.clients import Btfw
from lib.nodes import DhtCase, place_of
from lib.waiting import hold, wait_for

BITS = (wire.FAST_BIT, wire.EXTENSION_BIT)


class PortSeeder(peer.Seeder):
    """Names nodes as soon as it is connected."""

    def __init__(self, torrent, host, ports):
        super().__init__(torrent, host, bits=(*BITS, wire.DHT_BIT))
        self.ports = ports
        self.reserved = []

    def greet(self, connection):
        self.reserved.append(connection.remote_reserved)
        super().greet(connection)
        for port in self.ports:
            connection.send(wire.message(wire.PORT, struct.pack('>H', port)))

    def on_request(self, connection, piece, begin, length):
        """Nobody gets anything: who is served goes."""


class Beginning(DhtCase):
    """Nobody is named in the settings."""

    def silent_node(self, number=7):
        """One that notes what comes."""
        node = krpc.SilentNode(self.address_of(number))
        self.addCleanup(node.stop)
        return node

    @runner.rows(('btfw', 'btfw'), ('libtorrent', 'libtorrent'))
    def test_at_a_peer(self, kind):
        """A peer of one torrent has a node (PORT); through it the peers of another one are found."""
        made, other = self.make(), self.make_other()
        if kind == 'btfw':
            router = self.run_btfw(1, '--seed', f'--dir={other.root.parent}', other.path)
        else:
            router = self.run_libtorrent(1, '--seed', other.path, folder=other.root.parent)
        self.run_btfw(2, '--seed', f'--dir={made.root.parent}', made.path, begin=router)
        self.wait_for_announce(router, made)
        folder = self.stage.path('download-3')
        btfw = self.run_btfw(3, f'--dir={folder}', f'--peer={place_of(router)}', made.path, other.path)
        btfw.end_well(60)
        self.assert_same_files(made, folder)

    def test_at_the_nodes_of_a_torrent(self):
        """A .torrent file without tracker names nodes (BEP 5), useless ones among them."""
        made = self.make()
        router, silent = self.run_router(), self.silent_node()
        canary = krpc.SilentNode('127.0.0.1')
        self.addCleanup(canary.stop)
        self.run_btfw(2, '--seed', f'--dir={made.root.parent}', made.path, begin=router)
        self.wait_for_announce(router, made)
        made.extra['nodes'] = [['127.0.0.1', canary.port], ['', 1], [7, 7], ['a' * 300, 1], [silent.address, 70000],
                               [silent.address, 0], [silent.address, silent.port], [router.address, router.port],
                               *[[silent.address, number] for number in range(1000)]]
        self.download(3, made.write(made.path), begin=None)
        self.assertTrue(silent.packets)
        self.assertEqual(canary.packets, [])

    def test_at_one_of_several_places(self):
        """Of those in the settings one is enough."""
        made = self.make()
        router = self.run_router()
        self.run_btfw(2, '--seed', f'--dir={made.root.parent}', made.path, begin=router)
        self.wait_for_announce(router, made)
        folder = self.stage.path('download-3')
        btfw = self.client(Btfw, 3)
        btfw.run_session('--set=session.discovery=dht', f'--dir={folder}', made.path, '--set',
                         f'discovery-dht.bootstrap={self.address_of(8)}:1;nowhere.invalid:2;{place_of(router)}')
        btfw.end_well(60)
        self.assert_same_files(made, folder)

    @runner.rows(('given', ('--set=session.discovery=dht',)), ('usual', ()))
    def test_wrong_places_are_named(self, words):
        """Whether the DHT was asked for or is what everybody has; the rest goes on."""
        made = self.make_other()
        btfw = self.client(Btfw, 1)
        btfw.run_session('--set=discovery-dht.bootstrap=[::1', *words, '--seed', f'--dir={made.root.parent}', made.path)
        btfw.wait_for_notice('discovery-dht.bootstrap')
        btfw.wait_for_event('complete')

    def test_ports_of_peers(self):
        """The first is asked; 0 is none, and whoever names many is not heard any more. One host is one node."""
        made = self.make()
        nodes = [self.silent_node() for _ in range(6)]
        seeder = PortSeeder(made, self.address_of(7), [0, *[node.port for node in nodes]])
        self.addCleanup(seeder.stop)
        self.run_btfw(2, f'--dir={self.stage.path("download")}', f'--peer={seeder.host}:{seeder.port}', made.path)
        wait_for(lambda: any(node.packets for node in nodes[:4]), 20, 'a node to be asked')
        hold(lambda: not any(node.packets for node in nodes[4:]), 1, 'silence at the others')
        self.assertTrue(seeder.reserved[0][7] & 1)


class Telling(DhtCase):
    """What peers hear of our node."""

    def said(self, seeder, made, bits):
        """Bits of its handshake, and its first messages up to the extensions' greeting."""
        connection = peer.join(made, seeder.address, seeder.port, self.address_of(9), bits=bits)
        self.addCleanup(connection.close)
        connection.socket.settimeout(10)
        messages = []
        while not messages or messages[-1][0] != wire.EXTENDED:
            messages.append(connection.receive_message())
        return connection.remote_reserved, [payload for kind, payload in messages if kind == wire.PORT]

    def test_port(self):
        """Whoever has a node is told the port of ours; others are not."""
        made = self.make()
        seeder = self.run_btfw(1, '--seed', f'--dir={made.root.parent}', made.path)
        seeder.wait_for_event('complete')
        reserved, ports = self.said(seeder, made, (*BITS, wire.DHT_BIT))
        self.assertTrue(reserved[7] & 1)
        self.assertEqual(ports, [struct.pack('>H', seeder.port)])
        self.assertIsNotNone(krpc.ask(seeder.address, seeder.port, 'ping', source=self.address_of(9)))
        reserved, ports = self.said(seeder, made, BITS)
        self.assertTrue(reserved[7] & 1)
        self.assertEqual(ports, [])

    @runner.rows(('private', {'private': True}, ()), ('without_dht', {}, ('--set=session.discovery=lsd',)),
                 ('read_only', {}, ('--set=discovery-dht.read-only=true',)))
    def test_no_word(self, arguments, words):
        """No bit, and no port: of a private torrent, without a node, or with one that answers nobody (BEP 43)."""
        made = self.make(**arguments)
        seeder = self.run_btfw(1, '--seed', f'--dir={made.root.parent}', made.path, *words)
        seeder.wait_for_event('complete')
        reserved, ports = self.said(seeder, made, (*BITS, wire.DHT_BIT))
        self.assertFalse(reserved[7] & 1)
        self.assertEqual(ports, [])


class Six(DhtCase):
    """Over IPv6 alone (BEP 32)."""

    def setUp(self):
        super().setUp()
        for number in (1, 2, 3, 4, 99):
            subprocess.run(['ip', '-6', 'addr', 'replace', f'{self.address_of(number)}/128', 'dev', 'lo', 'nodad'],
                           check=True, capture_output=True)

    def address_of(self, number):
        return f'2001:db8:{number:x}::1'

    def run_node(self, kind, number, *words, begin=None, folder=None):
        """Either client."""
        if kind == 'btfw':
            return self.run_btfw(number, *(('--dir=' + str(folder),) if folder else ()), *words, begin=begin)
        return self.run_libtorrent(number, *words, begin=begin, folder=folder)

    @runner.rows(('ours', 'btfw', 'btfw'), ('with_libtorrent', 'libtorrent', 'btfw'), ('of_libtorrent', 'btfw', 'libtorrent'))
    def test_a_link(self, routing, seeding):
        """The seeder announces at the first node, which shows the way from nothing but a link."""
        made, other = self.make(), self.make_other()
        router = self.run_node(routing, 1, '--seed', other.path, folder=other.root.parent)
        self.run_node(seeding, 2, '--seed', made.path, begin=router, folder=made.root.parent)
        self.wait_for_announce(router, made)
        self.download(3, made, made.magnet, begin=router)

    def test_command(self):
        """It shows the family that there is."""
        router = self.run_pair()
        btfw = self.client(Btfw, 4)
        btfw.run('dht', f'--bind={btfw.address}', '--port=0', f'--set=discovery-dht.bootstrap={place_of(router)}')
        self.assertEqual(btfw.process.wait(30), 0)
        self.assertIn('IPv6: 1 nodes known', btfw.process.output)
        self.assertNotIn('IPv4', btfw.process.output)


class Command(DhtCase):
    """btfw dht, when not all is well."""

    def start(self, *words, begin=None):
        """Runs it."""
        btfw = self.client(Btfw, 20)
        btfw.run('dht', f'--bind={btfw.address}', '--port=0', f'--set=discovery-dht.bootstrap={place_of(begin)}', *words)
        return btfw

    @runner.rows(('interrupted', signal.SIGINT, ()), ('ended', signal.SIGTERM, ('0' * 40,)))
    def test_is(self, number, words):
        """While it waits for somebody: it goes at once, says nothing, and its code tells."""
        node = krpc.SilentNode(self.address_of(7))
        self.addCleanup(node.stop)
        btfw = self.start(*words, begin=node)
        wait_for(lambda: node.packets, 10, 'a question')
        btfw.process.signal(number)
        self.assertEqual(btfw.process.wait(2), 128 + number)
        self.assertEqual(btfw.process.output, '')
        self.assertEqual(btfw.process.errors, '')

    def test_is_interrupted_in_a_search(self):
        """While it asks."""
        router = self.run_router()
        silent = krpc.SilentNode(self.address_of(7))
        self.addCleanup(silent.stop)
        # A router that is known, and one more that never answers: the search waits for it.
        btfw = self.client(Btfw, 20)
        btfw.run('dht', f'--bind={btfw.address}', '--port=0', '0' * 40, '--set',
                 f'discovery-dht.bootstrap={place_of(silent)};{place_of(router)}')
        wait_for(lambda: any(b'get_peers' in packet for packet in silent.packets), 15, 'the search')
        btfw.process.signal(signal.SIGINT)
        self.assertEqual(btfw.process.wait(2), 130)
        self.assertEqual(btfw.process.errors, '')

    def test_nobody_answers(self):
        """It says what is known, which is nothing, why that may be, and fails; also for programs."""
        plain, told = self.start(), self.client(Btfw, 21)
        told.run('dht', '--json', f'--bind={told.address}', '--port=0', '0' * 40)
        for btfw in (plain, told):
            self.assertEqual(btfw.process.wait(40), 1)
            self.assertIn('no node of the DHT answered', btfw.process.errors)
        self.assertIn('IPv4: 0 nodes known', plain.process.output)
        self.assertEqual(json.loads(told.process.output)['peers'], [])

    @runner.rows(('short', ('ab' * 19,), 2), ('no_digits', ('zz' * 20,), 2), ('file', ('/etc/passwd',), 2),
                 ('two', ('0' * 40, '1' * 40), 2), ('option', ('--jason',), 2), ('setting', ('--set=discovery-dht.boot=x',), 1),
                 ('no_magnet', ('magnet:?dn=x',), 1), ('not_in_use', ('--set=session.discovery=lsd',), 1))
    def test_wrong(self, words, code):
        """One sentence on standard error, nothing on standard output."""
        btfw = self.start(*words)
        self.assertEqual(btfw.process.wait(20), code)
        self.assertEqual(btfw.process.output, '')
        self.assertTrue(btfw.process.errors.startswith('btfw: '), btfw.process.errors)

    def test_the_node_is_the_same(self):
        """Its id is kept between runs, as others know it by that; a damaged file is told of."""
        router = self.run_pair()
        ids = set()
        for _ in range(2):
            btfw = self.start('--json', begin=router)
            self.assertEqual(btfw.process.wait(30), 0)
            self.assertEqual(btfw.process.errors, '')
            ids.add(json.loads(btfw.process.output)['id'])
        self.assertEqual(len(ids), 1)
        kept = btfw.home / 'state/btfw/discovery/dht/nodes'
        self.assertEqual(kept.stat().st_mode & 0o777, 0o600)
        kept.write_bytes(b'd2:id')
        btfw = self.start('--json', begin=router)
        self.assertEqual(btfw.process.wait(30), 0)
        self.assertIn('nodes of the DHT kept in', btfw.process.errors)


if __name__ == '__main__':
    runner.main()
