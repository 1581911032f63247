"""How soon it listens, and what it takes when there is nothing to do."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import socket
import time

from lib import runner
from lib.case import Case
from lib.clients import Btfw
from lib.waiting import TIME_FACTOR, wait_for

MIB = 1 << 20
RUNS = 7
LISTENING_SECONDS = 0.030
RESIDENT = 12 * MIB
RESIDENT_WITH_HTTP = 18 * MIB
QUIET_SECONDS = 1
# Sanitizers keep a shadow of all memory.
MEMORY_FACTOR = 1 if TIME_FACTOR == 1 else 20


class Footprint(Case):
    """One torrent, of which nothing is there."""

    def start(self, number, trackers=()):
        """Returns how long it took until it could be connected to."""
        made = self.stage.make_torrent(self.stage.make_sample(), trackers=trackers)
        btfw = Btfw(self.stage, number)
        btfw.run(f'--bind={btfw.address}', f'--port={btfw.port}', '--progress=none',
                 f'--dir={self.stage.path("download")}', made.path)
        deadline = btfw.process.started + 10 * TIME_FACTOR
        while True:
            try:
                socket.create_connection((btfw.address, btfw.port)).close()
                return btfw.process, time.monotonic() - btfw.process.started
            except ConnectionRefusedError:
                self.assertLess(time.monotonic(), deadline, 'it does not listen')

    def wait_until_quiet(self, process):
        """Until it has used no processor time for a while."""
        last = [process.cpu_seconds(), time.monotonic()]

        def is_quiet():
            used, now = process.cpu_seconds(), time.monotonic()
            if used > last[0]:
                last[:] = [used, now]
            return now - last[1] > QUIET_SECONDS
        wait_for(is_quiet, 10, f'{process.name} to become quiet')

    def test_listens_soon(self):
        """The best of some runs: the others were disturbed."""
        times = []
        for number in range(RUNS):
            process, seconds = self.start(number + 1)
            times.append(seconds)
            process.kill()
        self.assertLess(min(times), LISTENING_SECONDS * TIME_FACTOR, f'{[round(t * 1000) for t in times]} ms')

    def test_is_small_without_a_tracker(self):
        """What is not needed is not loaded."""
        process, _ = self.start(1)
        self.wait_until_quiet(process)
        self.assertLess(process.memory()['VmRSS'], RESIDENT * MEMORY_FACTOR)

    def test_is_small_with_a_tracker(self):
        """With libsoup at work."""
        tracker = self.stage.start_tracker()
        process, _ = self.start(1, [tracker.url])
        tracker.wait_for_announce(event='started')
        self.wait_until_quiet(process)
        self.assertLess(process.memory()['VmRSS'], RESIDENT_WITH_HTTP * MEMORY_FACTOR)


if __name__ == '__main__':
    runner.main()
