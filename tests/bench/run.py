"""Measures btfw and other clients side by side, and prints a table for each work.

Read README.md first: it says what is measured, and when the figures mean something.
"""
# SPDX-License-Identifier: LGPL-2.1-or-later

import argparse
import statistics
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / 'e2e'))

from lib import namespace, waiting  # noqa: E402
from lib.clients import EVERYBODY, Btfw  # noqa: E402
from lib.stage import Stage  # noqa: E402

import works  # noqa: E402
from floor import Floor  # noqa: E402

EVERYTHING = EVERYBODY | {Floor.name: Floor}

# Where more is better; elsewhere less is.
RATES = {'MB/s', 'answered'}


def parse_arguments():
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--tools', type=Path, required=True, help='the folder with cheap-seed and cheap-leech')
    parser.add_argument('--works', default='leech,seed,self,check', help=f'of {",".join(works.WORKS)}')
    parser.add_argument('--clients', default=','.join(EVERYTHING), help=f'of {",".join(EVERYTHING)}; btfw:mmap is btfw with that storage, btfw:encrypted encrypts')
    parser.add_argument('--runs', type=int, default=3, help='of which the median is shown')
    parser.add_argument('--size', type=int, default=2048, help='of the torrent, in MiB')
    parser.add_argument('--piece-size', type=int, default=1024, help='in KiB')
    parser.add_argument('--depth', type=int, default=500, help='requests that cheap-leech keeps queued')
    return parser.parse_args()


def make_variant(spec):
    """btfw, every run of which has this storage, or is encrypted."""
    word = '--encryption=require' if spec == 'encrypted' else f'--storage={spec}'

    class Variant(Btfw):
        """One more column of a table."""
        name = f'btfw:{spec}'

        def run_session(self, *words, **arguments):
            super().run_session(word, *words, **arguments)

        @property
        def label(self):
            return f'btfw-{self.number}'
    return Variant


def list_clients(names):
    """Those of them that are installed."""
    found = {}
    for name in names.split(','):
        try:
            client = make_variant(name.removeprefix('btfw:')) if name.startswith('btfw:') else EVERYTHING[name]
            client.require()
            found[name] = client
        except unittest.SkipTest as reason:
            print(f'# {name} is left out: {reason}')
    return found


def measure(work, settings, client):
    """One run on a stage of its own. None when the client did not manage."""
    stage = Stage('mode=0755,size=95%')
    try:
        return work(stage, settings, client).values
    except NotImplementedError:
        return None  # the floor of some works is nothing
    except AssertionError as error:
        print(f'# {client.name}: {error}', file=sys.stderr)
        print(stage.describe(), file=sys.stderr)
        return None
    finally:
        stage.close()


def measure_all(work, settings, clients, n_runs):
    """Interleaved, so that a disturbance of the machine meets all of them."""
    values = {name: {} for name in clients}
    for _ in range(n_runs):
        for name, client in clients.items():
            for column, value in (measure(work, settings, client) or {}).items():
                values[name].setdefault(column, []).append(value)
    return {name: {column: statistics.median(all_values) for column, all_values in columns.items()}
            for name, columns in values.items()}


def show_ratio(column, value, best):
    """How btfw compares with the best of the others: 2.0 is twice as good."""
    if not best or not value:
        return '-'
    return f'{value / best if column in RATES else best / value:.2f}'


def print_table(name, work, medians):
    """One line for each client, and one for the comparison."""
    columns = list(dict.fromkeys(column for values in medians.values() for column in values))
    print(f'\n## {name}: {work.__doc__.strip().splitlines()[0]}\n')
    print(f'{"":<14}' + ''.join(f'{column:>16}' for column in columns))
    for client, values in medians.items():
        if not values:
            continue
        cells = (f'{values[column]:>16.2f}' if column in values else f'{"-":>16}' for column in columns)
        print(f'{client:<14}' + ''.join(cells))
    if 'btfw' not in medians or not set(medians) - {'btfw', Floor.name}:
        return
    ratios = []
    for column in columns:
        others = [values[column] for client, values in medians.items()
                  if client not in ('btfw', Floor.name) and column in values]
        best = (max if column in RATES else min)(others) if others else None
        ratios.append(f'{show_ratio(column, medians["btfw"].get(column), best):>16}')
    print(f'{"btfw is × best":<14}' + ''.join(ratios), flush=True)


def compare_all(arguments, source):
    """A table for each work."""
    settings = works.Settings(source, arguments.size * works.MIB, arguments.piece_size * 1024,
                              arguments.tools.resolve(), arguments.depth)
    Floor.tools = settings.tools
    clients = list_clients(arguments.clients)
    for name in arguments.works.split(','):
        work = works.WORKS[name]
        print_table(name, work, measure_all(work, settings, clients, arguments.runs))


def main():
    """Runs what was asked for."""
    arguments = parse_arguments()
    namespace.current.enter()
    if not namespace.current.is_isolated:
        print(namespace.current.reason)
        return 77
    waiting.LONGEST_PAUSE = waiting.SHORTEST_PAUSE
    source = Stage('mode=0755,size=95%')
    try:
        compare_all(arguments, source)
    finally:
        source.close()
    return 0


if __name__ == '__main__':
    sys.exit(main())
