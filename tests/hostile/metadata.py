"""Extension handshakes and metadata that lie (C18, C19), and what torrents say to terminals (A22)."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import random
import struct

from hostile import HostileCase
from lib import bencode, peer, runner, wire
from lib.clients import Btfw
from lib.waiting import TIME_FACTOR, wait_for

BITS = (wire.FAST_BIT, wire.EXTENSION_BIT)
BLOCK = 16 * 1024
OUR_ID = 3  # of ut_metadata, in what we are sent
REQUEST, DATA, REJECT = range(3)


def extended(number, body):
    """A message of the extension protocol."""
    return wire.message(wire.EXTENDED, bytes([number]) + body)


def metadata_message(kind, piece, data=b'', **more):
    """What stands behind the number of ut_metadata."""
    return bencode.encode({'msg_type': kind, 'piece': piece} | more) + data


class Teller(peer.Seeder):
    """Honest: has the metadata, and gives what is asked for. Kinds of lies override parts of it."""

    def __init__(self, torrent, host, **arguments):
        self.metadata = torrent.metadata
        self.metadata_requests = []
        super().__init__(torrent, host, bits=BITS, **arguments)

    @property
    def claimed_size(self):
        """metadata_size in the handshake."""
        return len(self.metadata)

    def greet(self, connection):
        connection.remote_metadata = 0
        connection.send(extended(0, bencode.encode({'m': {'ut_metadata': OUR_ID}, 'metadata_size': self.claimed_size})))
        super().greet(connection)

    def on_message(self, connection, kind, payload):
        if kind != wire.EXTENDED:
            super().on_message(connection, kind, payload)
        elif payload[0] == 0:
            connection.remote_metadata = bencode.decode(payload[1:])[b'm'].get(b'ut_metadata', 0)
        elif payload[0] == OUR_ID:
            asked = bencode.decode(payload[1:])
            if asked[b'msg_type'] == REQUEST:
                self.metadata_requests.append(asked[b'piece'])
                self.on_metadata_request(connection, asked[b'piece'])

    def send_metadata(self, connection, *arguments, **more):
        """By the number that the other side gave it."""
        connection.send(extended(connection.remote_metadata, metadata_message(*arguments, **more)))

    def on_metadata_request(self, connection, piece):
        """Sends the block."""
        self.send_metadata(connection, DATA, piece, self.metadata_block(piece), total_size=self.claimed_size)

    def metadata_block(self, piece):
        """Its bytes."""
        return self.metadata[piece * BLOCK:(piece + 1) * BLOCK]


class WholeLie(Teller):
    """All bytes are wrong."""

    def metadata_block(self, piece):
        return bytes(len(super().metadata_block(piece)))


class SmallLie(Teller):
    """One byte in each block is wrong."""

    def metadata_block(self, piece):
        block = bytearray(super().metadata_block(piece))
        block[len(block) // 2] ^= 1
        return bytes(block)


class WrongSize(Teller):
    """Claims less than there is, and gives that."""

    def __init__(self, torrent, host, **arguments):
        super().__init__(torrent, host, **arguments)
        self.metadata = self.metadata[:-1]


class HugeSize(Teller):
    """Claims the most that is believed, and never gives anything."""

    claimed_size = 32 << 20

    def on_metadata_request(self, connection, piece):
        pass


class ChangingTotal(Teller):
    """Another size with each block."""

    def on_metadata_request(self, connection, piece):
        self.send_metadata(connection, DATA, piece, self.metadata_block(piece), total_size=self.claimed_size + piece + 1)


class OtherIndex(Teller):
    """Blocks that there are not."""

    def on_metadata_request(self, connection, piece):
        for index in (piece + 1000, -1, 2**31, 2**63 - 1):
            self.send_metadata(connection, DATA, index, self.metadata_block(piece), total_size=self.claimed_size)


class TooMuch(Teller):
    """Blocks with a tail."""

    def metadata_block(self, piece):
        return super().metadata_block(piece) + bytes(100_000)


class TooLittle(Teller):
    """Blocks that end early."""

    def metadata_block(self, piece):
        return super().metadata_block(piece)[:-1]


class Mute(Teller):
    """Is asked, and says nothing."""

    def on_metadata_request(self, connection, piece):
        pass


class Refuser(Teller):
    """Has it, and does not give it."""

    def on_metadata_request(self, connection, piece):
        self.send_metadata(connection, REJECT, piece)


class Flood(Teller):
    """Blocks that nobody asked for, without end."""

    def on_metadata_request(self, connection, piece):
        for number in range(500):
            self.send_metadata(connection, DATA, number % 3, bytes(BLOCK), total_size=self.claimed_size)


class Nonsense(Teller):
    """Bytes that are no message."""

    def on_metadata_request(self, connection, piece):
        connection.send(extended(connection.remote_metadata, b'd' * 100_000))


class MetadataCase(HostileCase):
    """The torrent has many small pieces, so that its description takes several blocks."""

    def setUp(self):
        super().setUp()
        self.made = self.stage.make_torrent(self.stage.make_sample(size=40_000_000, name='many'), 'many.torrent',
                                            piece_length=16 * 1024)

    def start_with_link(self, tellers, *words):
        """btfw has only the link, and is told of these peers."""
        self.btfw.download_link(self.made.magnet, self.stage.path('download'),
                                *[f'--peer={teller.host}:{teller.port}' for teller in tellers], *words)
        self.btfw.wait_until_listening()


class Fetching(MetadataCase):
    """C19: whoever lies is found out, and an honest peer is enough."""

    seconds = 90

    @runner.rows(*((kind.__name__, kind) for kind in (
        WholeLie, SmallLie, WrongSize, HugeSize, ChangingTotal, OtherIndex, TooMuch, TooLittle, Mute, Refuser, Flood,
        Nonsense)))
    def test_one(self, kind):
        """One liar beside one honest peer."""
        liar, honest = self.start_seeder(100, kind), self.start_seeder(2, Teller)
        self.start_with_link([liar, honest])
        self.assert_downloads(50)
        self.assertLessEqual(self.btfw.process.memory()['VmHWM'] if self.btfw.process.is_running else 0, 1 << 30)

    @runner.rows(('whole', WholeLie), ('small', SmallLie), ('size', WrongSize))
    def test_many(self, kind):
        """Five of them, each at an address of its own, agree on the lie; nobody honest is taken along."""
        liars = [self.start_seeder(100 + number, kind) for number in range(5)]
        honest = self.start_seeder(2, Teller)
        self.start_with_link(liars + [honest])
        self.assert_downloads(60)
        for liar in liars:
            self.assertLessEqual(liar.accepted, 2)
        self.assertEqual(honest.accepted, 1)

    def test_only_a_liar(self):
        """It is banned, and nothing it said is believed."""
        liar = self.start_seeder(100, WholeLie)
        self.start_with_link([liar])
        wait_for(lambda: len(liar.metadata_requests) >= len(self.made.metadata) // BLOCK, 10, 'the lie to be fetched')
        wait_for(lambda: not liar.connections, 10, 'the liar to be thrown out')
        self.assertEqual(self.btfw.last('state'), 'metadata')
        self.assertEqual(liar.accepted, 1)
        self.assertTrue(self.btfw.process.is_running)

    @runner.rows(('have_out_of_range', lambda made: wire.have(made.n_pieces)),
                 ('bitfield_too_long', lambda made: wire.bitfield(made.n_pieces + 8)),
                 ('bitfield_too_short', lambda made: wire.bitfield(made.n_pieces - 8)),
                 ('request', lambda made: wire.request(0, 0, BLOCK)))
    def test_pieces_before_their_number_is_known(self, make):
        """C07 in the metadata phase: what does not fit is found when the number is known."""
        made = self.made

        class Early(Mute):
            """Says it before the metadata is here, and gives none."""

            def greet(self, connection):
                connection.send(extended(0, bencode.encode({'m': {'ut_metadata': OUR_ID}})))
                connection.send(make(made))

        liar, honest = self.start_seeder(100, Early), self.start_seeder(2, Teller)
        self.start_with_link([liar, honest])
        self.assert_downloads(40)

    def test_hash_of_nonsense(self):
        """The description fits the hash and is none: the author's fault, said once."""
        self.made.info = {'name': 'x', 'evil\x1b[31m': 1}
        teller = self.start_seeder(100, Teller)
        self.start_with_link([teller])
        self.assertEqual(self.btfw.process.wait(15), 1)
        self.assertNotIn('\x1b', self.btfw.process.output + self.btfw.process.errors)


class Serving(MetadataCase):
    """C19: whoever asks and asks costs little."""

    def greet(self, number=100, **keys):
        """A peer that has said which number its ut_metadata has."""
        connection = self.join(number, bits=BITS)
        connection.send(extended(0, bencode.encode({'m': {'ut_metadata': OUR_ID}} | keys)))
        while True:
            payload = connection.receive_until(wire.EXTENDED)
            if payload[0] == 0:
                connection.their_id = bencode.decode(payload[1:])[b'm'][b'ut_metadata']
                return connection

    def ask(self, connection, piece):
        """One request."""
        connection.send(extended(connection.their_id, metadata_message(REQUEST, piece)))

    def receive(self, connection):
        """(fields, bytes) of the next message of ours."""
        payload = connection.receive_until(wire.EXTENDED)
        if payload[0] != OUR_ID:
            return self.receive(connection)
        end = payload.index(b'ee', 1) + 2 if b'total_size' in payload[:64] else len(payload)
        return bencode.decode(payload[1:end]), payload[end:]

    def test_all_of_it(self):
        """Block by block, with the size in each."""
        self.start_seeding()
        connection = self.greet()
        size = len(self.made.metadata)
        got = b''
        for piece in range((size + BLOCK - 1) // BLOCK):
            self.ask(connection, piece)
            fields, data = self.receive(connection)
            self.assertEqual((fields[b'msg_type'], fields[b'piece'], fields[b'total_size']), (DATA, piece, size))
            got += data
        self.assertEqual(got, self.made.metadata)

    @runner.rows(('just_behind', None), ('far', 2000))
    def test_block_that_there_is_not(self, piece):
        """Refused, as the protocol says."""
        self.start_seeding()
        connection = self.greet()
        piece = (len(self.made.metadata) + BLOCK - 1) // BLOCK if piece is None else piece
        self.ask(connection, piece)
        fields, _ = self.receive(connection)
        self.assertEqual((fields[b'msg_type'], fields[b'piece']), (REJECT, piece))
        self.assert_serves()

    def test_ten_thousand_requests(self):
        """A few times the whole, then refusals, then the door."""
        self.start_seeding()
        connection = self.greet()
        n_blocks = (len(self.made.metadata) + BLOCK - 1) // BLOCK
        try:
            for _ in range(10_000):
                self.ask(connection, random.randrange(n_blocks))
        except peer.Closed:
            pass
        sent = self.assert_closes(connection)
        self.assertLess(len(sent), (2 * n_blocks + 20 + 64) * (BLOCK + 100) + 1001 * 64)
        self.assert_serves()

    def test_who_asks_and_does_not_read(self):
        """What waits for it is bounded."""
        self.start_seeding()
        connection = self.greet()
        for piece in range(60):
            self.ask(connection, piece % 3)
        self.assert_serves()

    @runner.rows(('no_dictionary', b'le'), ('a_list_of_lists', b'l' * 1_000), ('deep', b'd1:a' * 50_000),
                 ('no_type', b'd5:piecei0ee'), ('negative', b'd8:msg_typei0e5:piecei-1ee'),
                 ('text', b'd8:msg_typei0e5:piece1:0e'), ('empty', b''), ('tail', b'd8:msg_typei0e5:piecei0eexxxx'))
    def test_messages_that_are_none(self, body):
        """Closed; the rest goes on."""
        self.start_seeding()
        connection = self.greet()
        connection.send(extended(connection.their_id, body))
        self.assert_closes(connection)
        self.assert_serves()

    def test_unknown_kinds_are_passed_over(self):
        """The protocol may grow."""
        self.start_seeding()
        connection = self.greet()
        connection.send(extended(connection.their_id, metadata_message(77, 0)))
        self.ask(connection, 0)
        fields, _ = self.receive(connection)
        self.assertEqual(fields[b'msg_type'], DATA)


class Greetings(MetadataCase):
    """C18: extension handshakes that make no sense."""

    @runner.rows(('id_0', {'m': {'ut_metadata': 0}}), ('id_300', {'m': {'ut_metadata': 300}}),
                 ('id_negative', {'m': {'ut_metadata': -1}}), ('id_text', {'m': {'ut_metadata': 'x'}}),
                 ('ids_repeated', {'m': {'ut_metadata': 1, 'lt_donthave': 1, 'ut_pex': 1}}),
                 ('size_negative', {'m': {'ut_metadata': 1}, 'metadata_size': -1}),
                 ('size_0', {'m': {'ut_metadata': 1}, 'metadata_size': 0}),
                 ('size_2_31', {'m': {'ut_metadata': 1}, 'metadata_size': 2**31}),
                 ('size_2_63', {'m': {'ut_metadata': 1}, 'metadata_size': 2**63 - 1}),
                 ('reqq_negative', {'reqq': -1}), ('reqq_0', {'reqq': 0}), ('reqq_2_62', {'reqq': 2**62}),
                 ('port', {'p': 70_000}), ('yourip', {'yourip': b'12345'}),
                 ('client', {'v': b'\x1b]0;x\x07\xff\xfe' + 10_000 * b'A'}), ('m_is_a_list', {'m': [1, 2]}))
    def test_keys(self, keys):
        """Passed over: the peer is served all the same."""
        self.start_seeding()
        connection = self.join(bits=BITS)
        connection.send(extended(0, bencode.encode(keys)) + wire.message(wire.INTERESTED))
        connection.receive_until(wire.UNCHOKE)
        connection.send(wire.request(0, 0, BLOCK))
        self.assertEqual(connection.receive_until(wire.PIECE)[8:], self.made.read(0, BLOCK))
        self.assert_is_well()

    @runner.rows(('a_list', b'le'), ('cut', b'd1:md'), ('deep', b'd1:a' * 100_000), ('long', b'd1:v70000:' + 70_000 * b'x' + b'e'),
                 ('many', b'l' + 5_000 * b'i1e' + b'e'), ('empty', b''))
    def test_bodies(self, body):
        """Closed."""
        self.start_seeding()
        connection = self.join(bits=BITS)
        connection.send(extended(0, body))
        self.assert_closes(connection)
        self.assert_serves()

    def test_again_and_again(self):
        """A thousand handshakes: the door."""
        self.start_seeding()
        connection = self.join(bits=BITS)
        try:
            for _ in range(1000):
                connection.send(extended(0, b'de'))
        except peer.Closed:
            pass
        self.assert_closes(connection)
        self.assert_serves()

    def test_what_was_not_agreed_on(self):
        """An extension message of a peer without the protocol."""
        self.start_seeding()
        connection = self.join(bits=(wire.FAST_BIT,))
        connection.send(extended(0, b'de'))
        self.assert_closes(connection)
        self.assert_serves()

    def test_donthave(self):
        """BEP 54: pieces that there are not, and messages of a wrong length, close; a right one does not."""
        self.start_seeding()
        for body, closes in ((struct.pack('>I', self.made.n_pieces), True), (b'', True), (b'123', True),
                             (struct.pack('>I', 0), False)):
            connection = self.join(bits=BITS)
            connection.send(extended(0, bencode.encode({'m': {'lt_donthave': 7}})))
            payload = connection.receive_until(wire.EXTENDED)
            number = bencode.decode(payload[1:])[b'm'][b'lt_donthave']
            connection.send(extended(number, body))
            if closes:
                self.assert_closes(connection)
            else:
                connection.send(wire.message(wire.INTERESTED))
                connection.receive_until(wire.UNCHOKE)
            connection.close()
        self.assert_is_well()


    def test_lost_pieces_are_told(self):
        """BEP 54: a file shrank under a seeder; one peer's request finds that, and the other one hears of it."""
        self.start_seeding()
        watcher, connection = self.join(bits=BITS), self.join(101)
        watcher.send(extended(0, bencode.encode({'m': {'lt_donthave': 7}})))
        connection.send(wire.message(wire.INTERESTED))
        connection.receive_until(wire.UNCHOKE)
        os.truncate(self.made.root, self.made.size // 2)
        last = self.made.n_pieces - 1
        connection.send(wire.request(last, 0, self.made.length_of(last)))
        while True:
            payload = watcher.receive_until(wire.EXTENDED)
            if payload[0] == 7:
                break
        self.assertEqual(struct.unpack('>I', payload[1:])[0], last)
        self.assertTrue(self.btfw.process.is_running)


class Words(MetadataCase):
    """A22: what a torrent says reaches no terminal as it is."""

    @runner.rows(('escape', b'evil\x1b[31mname'), ('overlong', b'\xc0\xaf\xc0\xae'), ('surrogate', b'a\xed\xa0\x80b'),
                 ('direction', 'x\u202egnp.exe'.encode()), ('latin1', b'caf\xe9'), ('nul', b'a\x00b'))
    def test_name(self, name):
        """The name in the description, and dn= in the link."""
        self.made.info['name'] = name
        teller = self.start_seeder(100, Teller)
        link = self.made.magnet.partition('&dn=')[0] + '&dn=' + ''.join(f'%{byte:02X}' for byte in name)
        self.btfw.download_link(link, self.stage.path('download'), f'--peer={teller.host}:{teller.port}')
        self.btfw.end_well(30)
        said = self.btfw.process.output + self.btfw.process.errors
        for event in self.btfw.events:
            self.assertNotIn('\ufffe', str(event))
        for character in ('\x1b', '\u202e', '\x00'):
            self.assertNotIn(character, said)
            for event in self.btfw.events:
                self.assertNotIn(character, str(event.get('name', '')))


if __name__ == '__main__':
    runner.main()
