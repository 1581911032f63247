"""Very many hostile peers of mixed kinds, in one thread: they come, and come again."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import asyncio
import collections
import random
import struct
import threading

from lib import bencode, wire

BLOCK = 16384
PAUSE = 1.0  # before one who was thrown out comes again
CONNECT_TIME = 10
FLOOD = 500  # messages at a time
RUBBISH = bytes(BLOCK)
PEX_ID = 1


class Besieger:
    """One hostile peer, as often as it gets in. A kind overrides attack(), or what attack() uses."""

    bits = (wire.FAST_BIT,)

    def __init__(self, made, host, target):
        self.made = made
        self.host = host
        self.target = target
        self.peer_id = b'-XX0000-' + random.randbytes(12)
        self.over = asyncio.Event()
        self.lives = 0
        self.sent = 0  # blocks

    async def live(self):
        """For ever."""
        while True:
            try:
                reader, writer = await asyncio.wait_for(
                    asyncio.open_connection(*self.target, local_addr=(self.host, 0)), CONNECT_TIME)
            except (OSError, TimeoutError):
                await self.rest(PAUSE)
                continue
            self.lives += 1
            try:
                await self.attack(reader, writer)
            except (OSError, asyncio.IncompleteReadError, struct.error):
                pass
            finally:
                writer.transport.abort()
            await self.rest(PAUSE)

    async def rest(self, seconds):
        """Until all is over, but not longer than that."""
        try:
            await asyncio.wait_for(self.over.wait(), seconds)
        except TimeoutError:
            pass

    async def attack(self, reader, writer):
        """As an ordinary peer would, until its words."""
        writer.write(wire.handshake(self.made.info_hash, self.peer_id, self.bits))
        await reader.readexactly(wire.HANDSHAKE_SIZE)
        self.greet(writer)
        while True:
            length = struct.unpack('>I', await reader.readexactly(4))[0]
            data = await reader.readexactly(length) if length > 0 else b'\0'
            if length > 0 and data[0] == wire.REQUEST:
                await self.on_request(writer, *wire.parse_request(data[1:]))
            await writer.drain()

    def greet(self, writer):
        """It has everything, and one may ask."""
        writer.write(wire.message(wire.HAVE_ALL) + wire.message(wire.UNCHOKE))

    async def on_request(self, writer, piece, begin, length):
        """Never answered."""

    def send_block(self, writer, piece, begin, data):
        """Some answer."""
        writer.write(wire.piece_message(piece, begin, data))
        self.sent += 1

    def read(self, piece, begin, length):
        """The bytes that are right."""
        return self.made.read(piece * self.made.piece_length + begin, length)


class Mute(Besieger):
    """Connects, and that is all."""

    async def attack(self, reader, writer):
        await reader.read()


class Slow(Besieger):
    """A handshake, byte by byte."""

    async def attack(self, reader, writer):
        for byte in wire.handshake(self.made.info_hash, self.peer_id):
            writer.write(bytes([byte]))
            await writer.drain()
            await self.rest(2)


class Noise(Besieger):
    """No handshake, but many bytes."""

    async def attack(self, reader, writer):
        writer.write(random.randbytes(4096))
        await reader.read()


class Stray(Besieger):
    """Wants another torrent."""

    async def attack(self, reader, writer):
        writer.write(wire.handshake(bytes(20), self.peer_id))
        await reader.read()


class Poisoner(Besieger):
    """Wrong bytes only."""

    async def on_request(self, writer, piece, begin, length):
        self.send_block(writer, piece, begin, RUBBISH[:length])


class Selective(Besieger):
    """Wrong bytes now and then."""

    async def on_request(self, writer, piece, begin, length):
        bad = self.sent % 7 == 3
        self.send_block(writer, piece, begin, RUBBISH[:length] if bad else self.read(piece, begin, length))


class Leaver(Besieger):
    """Spoils a block and is gone, and comes back as another one."""

    async def on_request(self, writer, piece, begin, length):
        self.send_block(writer, piece, begin, RUBBISH[:length])
        if self.sent % 3 == 0:
            await writer.drain()
            self.peer_id = b'-XX0000-' + random.randbytes(12)
            raise ConnectionResetError


class Late(Besieger):
    """The right bytes, when nobody waits for them any more."""

    async def on_request(self, writer, piece, begin, length):
        asyncio.get_running_loop().call_later(12, self._answer, writer, piece, begin, length)

    def _answer(self, writer, piece, begin, length):
        if not writer.is_closing():
            self.send_block(writer, piece, begin, self.read(piece, begin, length))


class Doubler(Besieger):
    """Each block several times."""

    async def on_request(self, writer, piece, begin, length):
        for _ in range(4):
            self.send_block(writer, piece, begin, self.read(piece, begin, length))


class Unasked(Besieger):
    """Blocks that nobody asked for."""

    def greet(self, writer):
        for piece in range(8):
            self.send_block(writer, piece, 0, RUBBISH)


class Refuser(Besieger):
    """Rejects whatever is asked for."""

    async def on_request(self, writer, piece, begin, length):
        writer.write(wire.request(piece, begin, length, wire.REJECT))


class Flapper(Besieger):
    """Chokes and unchokes at each request."""

    async def on_request(self, writer, piece, begin, length):
        writer.write(wire.message(wire.CHOKE) + wire.request(piece, begin, length, wire.REJECT))
        writer.write(wire.message(wire.UNCHOKE))
        await self.rest(0.1)


class Asker(Besieger):
    """Requests without end, of which it reads nothing."""

    async def attack(self, reader, writer):
        writer.write(wire.handshake(self.made.info_hash, self.peer_id, self.bits))
        writer.write(wire.message(wire.HAVE_NONE) + wire.message(wire.INTERESTED))
        while True:
            writer.write(wire.request(0, 0, BLOCK) * FLOOD)
            await writer.drain()
            await self.rest(0.5)


class Haver(Besieger):
    """Says what it has, and again, and that it lost it."""

    def greet(self, writer):
        super().greet(writer)
        writer.write(b''.join(wire.have(number % self.made.n_pieces) for number in range(FLOOD)))


class Liar(Besieger):
    """A bitfield that is too long."""

    bits = ()

    def greet(self, writer):
        writer.write(wire.message(wire.BITFIELD, b'\xff' * (self.made.n_pieces // 8 + 2)))


class Giant(Besieger):
    """The length of a message that nobody has memory for."""

    def greet(self, writer):
        writer.write(struct.pack('>IB', 0xffffffff, wire.PIECE))


class Gossip(Besieger):
    """Addresses of peers that do not exist, and more of them (BEP 11)."""

    bits = (wire.EXTENSION_BIT,)

    def greet(self, writer):
        writer.write(wire.message(wire.EXTENDED, b'\0' + bencode.encode({'m': {'ut_pex': PEX_ID}})))
        added = b''.join(struct.pack('>BBBBH', 198, 19, number % 250, number // 250, 6881) for number in range(FLOOD))
        gossip = bencode.encode({'added': added, 'added.f': bytes(FLOOD)})
        for _ in range(10):
            writer.write(wire.message(wire.EXTENDED, bytes([PEX_ID]) + gossip))


KINDS = (Mute, Besieger, Poisoner, Slow, Selective, Noise, Late, Stray, Leaver, Asker, Doubler, Refuser, Liar, Unasked,
         Flapper, Haver, Gossip, Giant)


class Siege:
    """All of them, in a thread of its own."""

    def __init__(self, made, hosts, target):
        self.besiegers = [KINDS[number % len(KINDS)](made, host, target) for number, host in enumerate(hosts)]
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        self._main = self._loop.create_task(self._attack())
        try:
            self._loop.run_until_complete(self._main)
        except asyncio.CancelledError:
            pass
        self._loop.close()

    async def _attack(self):
        async with asyncio.TaskGroup() as group:
            for besieger in self.besiegers:
                group.create_task(besieger.live())

    def stop(self):
        """Everybody goes."""
        self._loop.call_soon_threadsafe(self._main.cancel)
        self._thread.join(10)

    def count_lives(self):
        """How often each kind got a connection."""
        lives = collections.Counter()
        for besieger in self.besiegers:
            lives[type(besieger).__name__] += besieger.lives
        return lives
