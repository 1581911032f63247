"""What a node of the DHT costs beside 300 torrents that do nothing: less than 2 MiB, and half a percent of a processor."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import time

from lib import krpc, runner
from lib.nodes import DhtCase, place_of
from lib.clients import Btfw
from lib.waiting import TIME_FACTOR, hold, wait_for

TORRENTS = 300
MIB = 1 << 20
MEMORY = 2 * MIB
SECONDS = 20
SHARE = 0.005


class Idle(DhtCase):
    """Nothing of any of them is there, and nobody has anything."""

    seconds = 300

    def run_many(self, number, *words):
        """Returns the program once all of them wait for somebody."""
        btfw = self.client(Btfw, number)
        btfw.run_session(f'--dir={self.stage.path(f"download-{number}")}', *words,
                         *[made.path for made in self.torrents])
        wait_for(lambda: len({event['torrent'] for event in btfw.events
                              if event.get('state') == 'downloading'}) == TORRENTS, 60, 'all torrents')
        return btfw

    def settle(self, btfw):
        """Until it uses hardly any processor time; then how much of it in some seconds, and the memory."""
        last = [btfw.process.cpu_seconds(), time.monotonic()]

        def is_quiet():
            used, now = btfw.process.cpu_seconds(), time.monotonic()
            if now - last[1] < 3:
                return False
            quiet = used - last[0] < 0.05 * TIME_FACTOR
            last[:] = [used, now]
            return quiet
        wait_for(is_quiet, 150, 'peace')
        began = btfw.process.cpu_seconds()
        hold(lambda: btfw.process.is_running, SECONDS, 'life')
        memory = btfw.process.memory()
        return (btfw.process.cpu_seconds() - began) / SECONDS, memory['RssAnon']

    def test_cost(self):
        """The same program with and without."""
        self.torrents = [self.stage.make_torrent(self.stage.make_sample(size=1000, seed=number, name=f'{number}'),
                                                 f'{number}.torrent') for number in range(TORRENTS)]
        router = self.run_pair()
        without = self.run_many(8, '--progress=json', '--set=session.discovery=none')
        share_without, memory_without = self.settle(without)
        without.process.stop()
        with_node = self.run_many(9, '--set=session.discovery=dht', f'--set=discovery-dht.bootstrap={place_of(router)}')
        share, memory = self.settle(with_node)
        wait_for(lambda: krpc.ask(router.address, router.port, 'get_peers', source=self.address_of(99),
                                  info_hash=self.torrents[-1].info_hash)[b'r'].get(b'values'), 60, 'the last to be announced')
        print(f'# {share * 100:.2f} % of a processor where it is {share_without * 100:.2f} % without, '
              f'{(memory - memory_without) / 1024:.0f} KiB more', flush=True)
        self.assertLess(share - share_without, SHARE * TIME_FACTOR)
        if TIME_FACTOR == 1:
            self.assertLess(memory - memory_without, MEMORY)


if __name__ == '__main__':
    runner.main()
