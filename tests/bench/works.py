"""The works that clients are measured at. Each sets itself up, runs once and returns what it read."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import ctypes
import functools
import resource
import selectors
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path

from lib import sample, torrent, wire
from lib.stage import TRACKER_NUMBER, Stage
from lib.waiting import wait_for

GIB = 1 << 30
MIB = 1 << 20
PATIENCE = 300
QUIET_SECONDS = 1.0
TRACKER_PORT = 8000


@dataclass
class Settings:
    """What the command line says."""
    source: Stage  # with what is shared, for all runs
    size: int
    piece_length: int
    tools: Path  # where cheap-seed and cheap-leech are
    depth: int = 500  # requests that cheap-leech keeps queued


@dataclass
class Result:
    """The values of one run, by column."""
    values: dict = field(default_factory=dict)

    def transfer(self, size, seconds, cpu, peak):
        """The usual columns."""
        self.values.update({'MB/s': size / seconds / 1e6, 'CPU-s/GiB': cpu * GIB / size, 'peak MiB': peak / MIB})
        return self


PAGE = 4096
KEEP_SIZE, PUNCH_HOLE = 1, 2  # of fallocate(2)


class WarmPages:
    """Memory that the next download needs, held in a file until just before it starts.

    A virtual machine gives free memory back to its host, and touching it anew costs more
    than any client does. It gives back whole blocks of 2 MiB, within milliseconds: so one page
    of each MiB is kept, and the free ones between them stay with the machine.
    """

    def __init__(self, stage, size):
        self.path = stage.folder / 'warm'
        with open(self.path, 'wb') as file:
            for _ in range(0, size, MIB):
                file.write(b'\x55' * MIB)

    def release(self):
        """For the client that starts now."""
        libc = ctypes.CDLL(None, use_errno=True)
        with open(self.path, 'r+b') as file:
            for start in range(0, self.path.stat().st_size, MIB):
                if libc.fallocate(file.fileno(), KEEP_SIZE | PUNCH_HOLE, ctypes.c_long(start + PAGE),
                                  ctypes.c_long(MIB - PAGE)) != 0:
                    raise OSError(ctypes.get_errno(), 'no holes can be made', self.path)


class Meter:
    """Reads processor time and memory of programs from outside."""

    def __init__(self, *processes):
        self.processes = processes
        self.start = self.cpu()
        self.peak = 0

    def cpu(self):
        """Seconds, of all of them."""
        return sum(process.cpu_seconds() for process in self.processes)

    def used(self):
        """Seconds since the meter was made."""
        return self.cpu() - self.start

    def sample_memory(self):
        """Keeps the peak; a program that has ended is asked through its usage."""
        total = 0
        for process in self.processes:
            if process.is_running:
                total += process.memory().get('VmHWM', 0)
            if not process.is_running:
                total += process.usage.ru_maxrss * 1024
        self.peak = max(self.peak, total)


def start_tracker(stage, **arguments):
    """Always at the same place, so that a torrent serves many runs."""
    return stage.start_tracker(port=TRACKER_PORT, **arguments)


@functools.cache
def make_torrent(source, size, piece_length):
    """One file of random bytes, made once on a stage that outlives the runs."""
    root = sample.make_file(source.path(f'source-{size}') / 'bench', size)
    made = torrent.make(root, piece_length, trackers=[f'http://{source.address(TRACKER_NUMBER)}:{TRACKER_PORT}/announce'])
    return made.write(source.folder / f'{size}-{piece_length}.torrent')


def told_time(process, word):
    """When a tool says that something happened, on the clock of time.monotonic()."""
    for line in process.output.splitlines():
        if line.startswith(word + ' '):
            return float(line.split()[1])
    return None


def start_cheap_seed(stage, settings, made, number):
    """The peer that only sends."""
    process = stage.start([settings.tools / 'cheap-seed', stage.address(number), '6881', made.info_hash.hex(),
                           str(made.piece_length), made.root], 'cheap-seed')
    process.wait_until_listening()
    return process


def wait_for_download(client, meter, seconds=PATIENCE):
    """Until it is complete. Returns when that was."""
    def met():
        meter.sample_memory()
        return client.is_complete() or not client.process.is_running
    wait_for(met, seconds, f'{client.label} to complete')
    now = time.monotonic()
    if not client.is_complete():
        raise AssertionError(f'{client.label} ended with {client.process.exit_code}')
    return now


def leech(stage, settings, make):
    """Download from the cheapest possible peer."""
    tracker = start_tracker(stage)
    made = make_torrent(settings.source, settings.size, settings.piece_length)
    seed = start_cheap_seed(stage, settings, made, 1)
    tracker.add_peer(made.info_hash, stage.address(1), 6881)
    client = make(stage, 2)
    WarmPages(stage, made.size).release()
    client.download(made, stage.path('download'))
    first = wait_for(lambda: told_time(seed, 'first'), PATIENCE, 'the first bytes')
    meter = Meter(client.process)
    seconds = wait_for_download(client, meter) - first
    return Result().transfer(made.size, seconds, meter.used(), meter.peak)


def seed(stage, settings, make):
    """Upload to the cheapest possible peer."""
    tracker = start_tracker(stage)
    made = make_torrent(settings.source, settings.size, settings.piece_length)
    client = make(stage, 1)
    client.seed(made)
    tracker.wait_for_seed(made, PATIENCE)
    meter = Meter(client.process)
    asking = stage.start([settings.tools / 'cheap-leech', client.address, str(client.port), stage.address(2),
                          made.info_hash.hex(), str(made.piece_length), str(made.size), str(settings.depth)],
                         'cheap-leech')
    if asking.wait(PATIENCE) != 0:
        raise AssertionError(f'cheap-leech ended with {asking.exit_code}')
    meter.sample_memory()
    seconds = told_time(asking, 'done') - told_time(asking, 'first')
    return Result().transfer(made.size, seconds, meter.used(), meter.peak)


def itself(stage, settings, make):
    """From a client to another one of its kind; the cost of both."""
    tracker = start_tracker(stage)
    made = make_torrent(settings.source, settings.size, settings.piece_length)
    source, sink = make(stage, 1), make(stage, 2)
    source.seed(made)
    tracker.wait_for_seed(made, PATIENCE)
    WarmPages(stage, made.size).release()
    sink.download(made, stage.path('download'))
    meter = Meter(source.process, sink.process)
    target = stage.path('download') / made.root.name
    wait_for(lambda: target.exists() and target.stat().st_blocks * 512 >= MIB, PATIENCE, 'the first bytes')
    first = time.monotonic()
    seconds = wait_for_download(sink, meter) - first
    return Result().transfer(made.size, seconds, meter.used(), meter.peak)


def check(stage, settings, make):
    """Verify finished files, from the start of the process."""
    start_tracker(stage)
    made = make_torrent(settings.source, settings.size, settings.piece_length)
    client = make(stage, 1)
    client.check(made)
    meter = Meter(client.process)
    meter.start = 0.0
    seconds = wait_for_download(client, meter) - client.process.started
    return Result().transfer(made.size, seconds, meter.used(), meter.peak)


SWARM_SIZE = 256 * MIB
SWARM_LEECHERS = 8
SEED_RATE = 20_000_000
LEECH_RATE = 10_000_000


def swarm(stage, settings, make):
    """A seeder of 20 MB/s and 8 leechers of 10 MB/s each, in multiples of the ideal time."""
    tracker = start_tracker(stage, interval=5)
    made = make_torrent(settings.source, SWARM_SIZE, 256 * 1024)
    clients = [make(stage, 1 + number) for number in range(SWARM_LEECHERS + 1)]
    clients[0].seed(made, upload_limit=SEED_RATE)
    tracker.wait_for_seed(made, PATIENCE)
    start = time.monotonic()
    for number, client in enumerate(clients[1:]):
        words = ['--seed'] if client.name == 'btfw' else []
        client.download(made, stage.path(f'download-{number}'), *words, upload_limit=LEECH_RATE)
    meter = Meter(*(client.process for client in clients))
    last = max(wait_for_download(client, meter) for client in clients[1:]) - start
    ideal = max(SWARM_SIZE / SEED_RATE,
                SWARM_LEECHERS * SWARM_SIZE / (SEED_RATE + SWARM_LEECHERS * LEECH_RATE))
    moved = SWARM_LEECHERS * SWARM_SIZE
    return Result({'× ideal': last / ideal, 'CPU-s/GiB': meter.used() * GIB / moved})


IDLE_PEERS = 400
CROWD_PEERS = 2000
IDLE_SECONDS = 10


class IdlePeers:
    """Many peers that are interested and say nothing. What comes from the other side is read."""

    def __init__(self, stage, made, client, count):
        self.selector = selectors.DefaultSelector()
        self.answered = 0
        for number in range(count):
            source = stage.address(number % 250 + 1, subnet=10 + number // 250)
            sock = socket.create_connection((client.address, client.port), source_address=(source, 0))
            sock.sendall(wire.handshake(made.info_hash, b'-XX0000-%012d' % number))
            sock.sendall(wire.message(wire.HAVE_NONE) + wire.message(wire.INTERESTED))
            sock.setblocking(False)
            self.selector.register(sock, selectors.EVENT_READ, False)

    def read(self, seconds):
        """Takes what comes for so long."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            for key, _ in self.selector.select(left):
                self._take(key)

    def _take(self, key):
        try:
            data = key.fileobj.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            data = b''
        if not data:
            self.selector.unregister(key.fileobj)
            key.fileobj.close()
        elif not key.data:
            self.answered += 1
            self.selector.modify(key.fileobj, selectors.EVENT_READ, True)

    def close(self):
        """Closes all."""
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()


def measure_idle_peers(stage, settings, make, count):
    """What so many of them cost."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    tracker = start_tracker(stage)
    made = make_torrent(settings.source, 64 * MIB, 256 * 1024)
    client = make(stage, 1)
    words = ['--max-peers=5000', '--set=session.max-connections=5000'] if client.name == 'btfw' else []
    client.seed(made, *words)
    tracker.wait_for_seed(made, PATIENCE)
    before = client.process.memory()['VmRSS']
    peers = IdlePeers(stage, made, client, count)
    peers.read(5)
    meter = Meter(client.process)
    peers.read(IDLE_SECONDS)
    used, after = meter.used(), client.process.memory()['VmRSS']
    answered = peers.answered
    peers.close()
    return Result({'CPU %': used / IDLE_SECONDS * 100, 'KiB a peer': (after - before) / 1024 / max(answered, 1),
                   'answered': answered})


def idle(stage, settings, make):
    """400 interested peers that say nothing."""
    return measure_idle_peers(stage, settings, make, IDLE_PEERS)


def crowd(stage, settings, make):
    """2,000 interested peers that say nothing."""
    return measure_idle_peers(stage, settings, make, CROWD_PEERS)


MANY = 1000


def wait_until_quiet(process, seconds=PATIENCE):
    """Until it has used no processor time for a while. Returns when it last did."""
    last = [process.cpu_seconds(), time.monotonic()]

    def is_quiet():
        used, now = process.cpu_seconds(), time.monotonic()
        if used > last[0]:
            last[:] = [used, now]
        return now - last[1] > QUIET_SECONDS
    wait_for(is_quiet, seconds, f'{process.name} to become quiet')
    return last[1]


def many(stage, settings, make):
    """A thousand torrents, from the start of the process until it is quiet."""
    paths = []
    for number in range(MANY):
        root = sample.make_file(stage.path('source') / f'file-{number}', 20_000)
        paths.append(torrent.make(root, 16384).write(stage.path('torrents') / f'{number}.torrent').path)
    client = make(stage, 1)
    client.hold(paths, stage.path('download'))
    seconds = wait_until_quiet(client.process) - client.process.started
    return Result({'s to quiet': seconds, 'CPU-s': client.process.cpu_seconds(),
                   'MiB': client.process.memory()['VmRSS'] / MIB})


def startup(stage, settings, make):
    """One torrent without a tracker: until it listens, and what it takes when it is quiet."""
    root = sample.make_file(stage.path('source') / 'bench', 4 * MIB)
    made = torrent.make(root, 256 * 1024).write(stage.folder / 'bench.torrent')
    client = make(stage, 1)
    client.hold([made.path], stage.path('download'))
    client.process.wait_until_listening()
    seconds = time.monotonic() - client.process.started
    wait_until_quiet(client.process)
    return Result({'ms to listening': seconds * 1000, 'MiB': client.process.memory()['VmRSS'] / MIB})


WORKS = {'leech': leech, 'seed': seed, 'self': itself, 'check': check, 'swarm': swarm, 'idle': idle,
         'crowd': crowd, 'many': many, 'startup': startup}
