"""The power goes: what no sync held is lost, torn or out of order. No claimed piece fails, no state is unreadable."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import random
import shutil
from urllib.parse import unquote_to_bytes

from faults import KIB, Damaged, FaultCase, claimed, read_newest
from lib import runner

SECTOR = 512
N_STATES = 1000
SEED = int(os.environ.get('BTFW_FAULT_SEED', '1'))
N_STARTED = 12  # of the states, with the program itself


class Inode:
    """A file: what the disk surely has, and what was written since. Writes are (offset, bytes), a cut is (size, None)."""

    def __init__(self):
        self.synced = b''
        self.pending = []

    def sync(self):
        """All that was written is on the disk."""
        self.synced = self.content(self.pending)
        self.pending = []

    def content(self, writes):
        """What it has after some of the writes."""
        data = bytearray(self.synced)
        for offset, piece in writes:
            if piece is None:
                data = data[:offset] + bytes(max(0, offset - len(data)))
                continue
            data += bytes(max(0, offset - len(data)))
            data[offset:offset + len(piece)] = piece
        return bytes(data)

    def crashed(self, dice):
        """Each write may be there, not there, or there in some of its sectors; and the order is nobody's."""
        kept = []
        how = dice.random()
        for offset, piece in self.pending:
            fate = dice.random()
            if how < 0.25 or fate < 0.4:
                continue
            if piece is None or fate < 0.7 or how > 0.9:
                kept.append((offset, piece))
                continue
            for at in range(0, len(piece), SECTOR):
                if dice.random() < 0.5:
                    kept.append((offset + at, piece[at:at + SECTOR]))
        if dice.random() < 0.3:
            dice.shuffle(kept)
        return self.content(kept)


class Disk:
    """Names and files of one run, call by call. A name is safe once its folder was synced."""

    def __init__(self):
        self.names = {}  # as the program sees them
        self.synced = {}  # as the disk surely has them
        self.pending = []  # changes of names: (folder, {name: Inode or None})

    def change(self, **unused):
        """For calls that change nothing."""

    def set_names(self, *changes):
        """One change, all or nothing; of the folder of the first name."""
        self.names.update({name: inode for name, inode in changes if inode})
        for name, inode in changes:
            if inode is None:
                self.names.pop(name, None)
        self.pending.append((os.path.dirname(changes[0][0]), changes))

    def on_create(self, path, **unused):
        """An open that may make the file."""
        if path not in self.names:
            self.set_names((path, Inode()))

    def on_write(self, path, offset, data, **unused):
        """Bytes at an offset."""
        if path in self.names:
            self.names[path].pending.append((offset, data))

    on_pwrite = on_write

    def on_ftruncate(self, path, offset, **unused):
        """A file gets another length."""
        if path in self.names:
            self.names[path].pending.append((offset, None))

    def on_rename(self, path, other, **unused):
        """Both names change at once."""
        if path in self.names:
            inode = self.names[path]
            self.set_names((path, None), (other, inode))

    def on_link(self, path, other, **unused):
        """A second name."""
        if path in self.names:
            self.set_names((other, self.names[path]))

    def on_unlink(self, path, **unused):
        """A name goes."""
        if path in self.names:
            self.set_names((path, None))

    def on_fsync(self, path, **unused):
        """Of a file its bytes, of a folder its names."""
        if path in self.names:
            self.names[path].sync()
            return
        for folder, changes in self.pending:
            if folder == path:
                self._keep(self.synced, changes)
        self.pending = [entry for entry in self.pending if entry[0] != path]

    @staticmethod
    def _keep(names, changes):
        for name, inode in changes:
            if inode is None:
                names.pop(name, None)
            else:
                names[name] = inode

    def crashed(self, dice):
        """One of the states that a power cut may leave: {path: bytes}."""
        names = dict(self.synced)
        how = dice.random()
        stop = dice.randint(0, len(self.pending))
        for number, (_, changes) in enumerate(self.pending):
            # As a journal does it: up to some change; or any of them.
            if number < stop if how < 0.5 else dice.random() < 0.6:
                self._keep(names, changes)
        contents = {}
        return {name: contents.setdefault(inode, inode.crashed(dice)) for name, inode in names.items()}


class Trace:
    """What the shim recorded."""

    def __init__(self, path):
        self.lines = path.read_bytes().splitlines()
        self.data = path.with_name(path.name + '.data').read_bytes()

    def __len__(self):
        return len(self.lines)

    def apply(self, disk, number):
        """Makes one call happen."""
        fields = self.lines[number].split(b'\t')
        result, offset, at = int(fields[2]), int(fields[4]), int(fields[6])
        if result < 0:
            return
        path, other = (os.fsdecode(unquote_to_bytes(field)) for field in fields[7:9])
        method = getattr(disk, 'on_' + fields[1].decode(), disk.change)
        method(path=path, other=other, offset=offset, data=self.data[at:at + result] if at >= 0 else b'')


class PowerLoss(FaultCase):
    """A run is recorded once; then the power goes N_STATES times, anywhere in it."""

    seconds = 110
    size = 2_000_000

    def record_run(self, *words, folder):
        """Returns the trace of a whole run."""
        log = self.stage.folder / 'trace'
        rules = f'call=@change,fsync path={self.stage.folder}/* do=record:{log}'
        self.start(folder, *words, rules=rules).end_well(40)
        return Trace(log)

    def check_state(self, files, folder, key_folder):
        """Returns how many pieces are claimed. Raises Damaged when the store cannot be read."""
        keys = {os.path.basename(path).removesuffix('.old') for path in files
                if os.path.dirname(path) == key_folder and not path.endswith(('.tmp', '.lock'))}
        n = 0
        for key in sorted(keys):
            record = read_newest(lambda name: files.get(f'{key_folder}/{name}'), key)
            pieces = claimed(record)
            n += len(pieces)
            self.assertEqual(self.content.wrong(pieces, lambda name: files.get(f'{folder}/{name}')), [])
        return n

    def put_back(self, files, folder):
        """The state as real files."""
        shutil.rmtree(folder)
        folder.mkdir()
        shutil.rmtree(self.state())
        for path, data in files.items():
            if path.endswith('.lock'):
                continue
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            with open(path, 'wb') as file:
                file.write(data)

    def cut_power(self, trace, folder, disk):
        """The states at calls chosen by the dice, in their order; some of them are gone on from."""
        dice = random.Random(SEED)
        key_folder = str(next(path.parent for path in self.state().rglob('*') if self.find_keys()[0] in path.name))
        moments = sorted(dice.randint(0, len(trace)) for _ in range(N_STATES))
        started = set(dice.sample(range(N_STATES), N_STARTED))
        most, chosen, done = 0, [], 0
        for number, moment in enumerate(moments):
            while done < moment:
                trace.apply(disk, done)
                done += 1
            files = disk.crashed(dice)
            try:
                most = max(most, self.check_state(files, str(folder), key_folder))
            except (AssertionError, Damaged) as error:
                raise AssertionError(f'seed {SEED}, state {number}, before call {moment}: {error}') from error
            if number in started:
                chosen.append(files)
        for files in chosen:
            self.put_back(files, folder)
            self.assert_completes(folder)
        return most

    def test_while_it_downloads(self):
        """Slowly enough that it saves some times on the way."""
        folder = self.stage.path('download')
        trace = self.record_run('--max-download=280K', folder=folder)
        saves = sum(b'\trename\t' in line for line in trace.lines)
        self.assertGreater(saves, 2)
        self.assertGreater(self.cut_power(trace, folder, Disk()), 10)

    def test_after_a_kill(self):
        """What a killed process left in memory is synced before the next one claims it."""
        folder = self.stage.path('download')
        log = self.stage.folder / 'trace'
        rules = f'call=@change,fsync path={self.stage.folder}/* do=record:{log}'
        first = self.start(folder, '--max-download=1M', rules=rules)
        first.wait_for_status(lambda state: state['done'] > 400_000, 'some of it')
        first.process.kill()
        self.start(folder, rules=rules).end_well(20)
        self.assertGreater(self.cut_power(Trace(log), folder, Disk()), 10)

    def test_the_model_loses_what_was_not_synced(self):
        """Or all of this would prove nothing."""
        disk, dice = Disk(), random.Random(SEED)
        disk.on_create(path='/d/file')
        disk.on_write(path='/d/file', offset=0, data=b'x' * 4 * KIB)
        states = {disk.crashed(dice).get('/d/file') for _ in range(200)}
        self.assertIn(None, states)
        self.assertIn(b'', states)
        self.assertTrue(any(state and 0 < state.count(b'x') < 4 * KIB for state in states))
        disk.on_fsync(path='/d/file')
        disk.on_fsync(path='/d')
        self.assertEqual({disk.crashed(dice)['/d/file'] for _ in range(50)}, {b'x' * 4 * KIB})


if __name__ == '__main__':
    runner.main()
