"""The base of all tests."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import signal
import unittest

from . import namespace, runner, sample
from .stage import Stage

# What GLib and the sanitizers say when something is wrong inside.
COMPLAINTS = ('-CRITICAL **', '-WARNING **', '-ERROR **', 'Sanitizer:', 'runtime error:')


class Case(unittest.TestCase):
    """A test with a stage of its own. `seconds` bounds each of them."""

    seconds = 30
    needs_namespace = True

    def __init_subclass__(cls, **arguments):
        super().__init_subclass__(**arguments)
        runner.spread_rows(cls)

    def setUp(self):
        if self.needs_namespace and not namespace.current.is_isolated:
            self.skipTest(namespace.current.reason)
        self.evidence = None
        self.stage = Stage()
        runner.set_time_limit(self.seconds)
        self.addCleanup(self._leave)
        self.addCleanup(runner.set_time_limit, 0)

    def _leave(self):
        self._end_tested_programs()
        self.evidence = self.stage.describe()
        self.stage.close()
        log = os.environ.get('BTFW_TEST_LOG')
        if log:
            with open(log, 'a', encoding='utf-8') as file:
                file.write(f'=== {self.id()}\n{self.evidence}')

    def _end_tested_programs(self):
        """In good order, so that leaks are looked for; none may have complained of itself."""
        tested = [process for process in self.stage.processes if process.name.startswith('btfw')]
        for process in tested:
            process.signal(signal.SIGTERM)
        for process in tested:
            process.stop()
            complaints = [line for line in process.errors.splitlines() if any(word in line for word in COMPLAINTS)]
            if complaints:
                self.addCleanup(self.fail, f'{process.name}: {complaints[0]}')

    def describe_processes(self):
        """For a report: what the programs wrote, also after the test's folder is gone."""
        return self.stage.describe() if self.evidence is None else self.evidence

    def assert_same_files(self, made, folder):
        """The download has the bytes of what was shared, and no file more."""
        self.assertEqual(sample.digests(folder / made.name), sample.digests(made.root))
