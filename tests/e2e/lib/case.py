"""The base of all tests."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import unittest

from . import namespace, runner, sample
from .stage import Stage


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
        self.evidence = self.stage.describe()
        self.stage.close()
        log = os.environ.get('BTFW_TEST_LOG')
        if log:
            with open(log, 'a', encoding='utf-8') as file:
                file.write(f'=== {self.id()}\n{self.evidence}')

    def describe_processes(self):
        """For a report: what the programs wrote, also after the test's folder is gone."""
        return self.stage.describe() if self.evidence is None else self.evidence

    def assert_same_files(self, made, folder):
        """The download has the bytes of what was shared, and no file more."""
        self.assertEqual(sample.digests(folder / made.name), sample.digests(made.root))
