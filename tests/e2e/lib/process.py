"""Programs that a test starts: output captured, waits bounded, never left behind."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import resource
import select
import signal
import subprocess
import time

from .waiting import TIME_FACTOR, NotInTime, wait_for

TICKS = os.sysconf('SC_CLK_TCK')
LISTENING = '0A'  # as /proc/net/tcp spells the state


class Process:
    """A running program. What it writes goes to files in the folder given, so that no pipe fills up."""

    def __init__(self, argv, name, folder, env, cwd=None, user=None, limits=None):
        self.name = name
        self.argv = [os.fspath(word) for word in argv]
        self.output_path = folder / f'{name}.out'
        self.errors_path = folder / f'{name}.err'
        identity = {} if user is None else {'user': user, 'group': user, 'extra_groups': []}
        with open(self.output_path, 'wb') as output, open(self.errors_path, 'wb') as errors:
            self.started = time.monotonic()
            self.child = subprocess.Popen(self.argv, stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
                                          env=env, cwd=cwd, **identity)
        self.pid = self.child.pid
        self.usage = None  # of resource.struct_rusage, once it has ended
        self.exit_code = None  # as a shell counts: 128 and the signal's number
        self._watch = os.pidfd_open(self.pid)
        for kind, value in (limits or {}).items():
            resource.prlimit(self.pid, kind, (value, value))

    @property
    def is_running(self):
        """Whether it has not ended."""
        return not self._reap(0)

    def _reap(self, seconds):
        if self.exit_code is not None:
            return True
        poll = select.poll()
        poll.register(self._watch, select.POLLIN)
        if not poll.poll(max(seconds, 0) * 1000):
            return False
        _, status, self.usage = os.wait4(self.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        self.exit_code = code if code >= 0 else 128 - code
        self.child.returncode = code  # nothing is left for Popen to wait for
        os.close(self._watch)
        return True

    def wait(self, seconds):
        """The exit code, when it ends in time."""
        if not self._reap(seconds * TIME_FACTOR):
            raise NotInTime(f'{self.name} did not end within {seconds * TIME_FACTOR:g} s')
        return self.exit_code

    def signal(self, number):
        """Sends it a signal, if it still runs."""
        if self.is_running:
            os.kill(self.pid, number)

    def kill(self):
        """Ends it at once, and waits for that."""
        self.signal(signal.SIGKILL)
        self._reap(30)

    def stop(self, seconds=5):
        """Asks it to end, then ends it. Returns the exit code."""
        self.signal(signal.SIGTERM)
        if not self._reap(seconds * TIME_FACTOR):
            self.kill()
        return self.exit_code

    @property
    def output(self):
        """What it has written to standard output so far."""
        return self.output_path.read_text(encoding='utf-8', errors='replace')

    @property
    def errors(self):
        """What it has written to standard error so far."""
        return self.errors_path.read_text(encoding='utf-8', errors='replace')

    def describe(self):
        """For the report of a test that failed."""
        state = 'runs' if self.is_running else f'exit code {self.exit_code}'
        return (f'--- {self.name} ({state}): {" ".join(self.argv)}\n'
                f'{self.output[-3000:]}\n--- {self.name}, standard error\n{self.errors[-5000:]}\n')

    def cpu_seconds(self):
        """User and system time so far, of all its threads."""
        if self.usage is not None:
            return self.usage.ru_utime + self.usage.ru_stime
        with open(f'/proc/{self.pid}/stat', encoding='ascii', errors='replace') as file:
            fields = file.read().rpartition(')')[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def memory(self):
        """The sizes of /proc/PID/status in bytes: VmRSS, VmHWM, RssAnon, …"""
        sizes = {}
        with open(f'/proc/{self.pid}/status', encoding='ascii', errors='replace') as file:
            for line in file:
                name, _, value = line.partition(':')
                if value.endswith(' kB\n'):
                    sizes[name] = int(value.split()[0]) * 1024
        return sizes

    def bytes_read(self):
        """What it has read so far, from files and sockets, whether that was cached or not."""
        with open(f'/proc/{self.pid}/io', encoding='ascii') as file:
            return int(file.readline().split()[1])

    def listening_ports(self):
        """TCP ports in its network namespace that its own descriptors listen on."""
        inodes = set()
        for entry in os.scandir(f'/proc/{self.pid}/fd'):
            try:
                target = os.readlink(entry.path)
            except FileNotFoundError:
                continue
            if target.startswith('socket:['):
                inodes.add(target[8:-1])
        ports = []
        for table in ('tcp', 'tcp6'):
            with open(f'/proc/{self.pid}/net/{table}', encoding='ascii') as file:
                rows = [line.split() for line in file.readlines()[1:]]
            ports += [int(row[1].rpartition(':')[2], 16) for row in rows
                      if row[3] == LISTENING and row[9] in inodes]
        return ports

    def wait_until_listening(self, port=None, seconds=10):
        """Returns the port it listens on: the one asked for, or any."""
        def found():
            if not self.is_running:
                raise AssertionError(f'{self.name} ended with {self.exit_code} before it listened\n{self.describe()}')
            ports = self.listening_ports()
            return (port if port in ports else None) if port else (ports and ports[0])
        return wait_for(found, seconds, f'{self.name} to listen')
