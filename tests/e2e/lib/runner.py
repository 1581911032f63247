"""Runs the tests of a file and tells their results as TAP."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import signal
import sys
import unittest

from . import namespace
from .waiting import TIME_FACTOR, NotInTime


class TapResult(unittest.TestResult):
    """One line for each test; what went wrong goes to standard error."""

    def __init__(self, stream):
        super().__init__()
        self.stream = stream
        self.told = None  # the test that a subTest() of was told of

    def _tell(self, test, word, note=''):
        print(f'{word} {self.testsRun} {test.id().removeprefix("__main__.")}{note}', file=self.stream, flush=True)

    def addSuccess(self, test):
        super().addSuccess(test)
        self._tell(test, 'ok')

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._tell(test, 'ok', f' # SKIP {reason}')

    def _tell_failure(self, test, error, where=''):
        if self.told is not test:
            self._tell(test, 'not ok', f' {where}'.rstrip())
        self.told = test
        print(where, self._exc_info_to_string(error, test), sep='\n', file=sys.stderr)
        if hasattr(test, 'describe_processes'):
            print(test.describe_processes(), file=sys.stderr, flush=True)

    def addError(self, test, err):
        super().addError(test, err)
        self._tell_failure(test, err)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._tell_failure(test, err)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self._tell_failure(test, err, subtest._subDescription())


class TapRunner:
    """What unittest.main() runs the tests with."""

    def run(self, suite):
        """Runs them all; a test that takes too long is ended."""
        # Who is run by nohup ignores it, and would hand that down to every program.
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
        signal.signal(signal.SIGALRM, _on_alarm)
        signal.signal(signal.SIGTERM, _on_terminate)
        print(f'1..{suite.countTestCases()}', flush=True)
        result = TapResult(sys.stdout)
        suite.run(result)
        return result


def _on_alarm(number, frame):
    raise NotInTime('the test took longer than it may')


def _on_terminate(number, frame):
    sys.exit(143)


def set_time_limit(seconds):
    """From now on; 0 ends it."""
    signal.setitimer(signal.ITIMER_REAL, seconds * TIME_FACTOR)


def rows(*table):
    """Makes one test for each row: a label and the arguments of the method."""
    def decorate(method):
        method.rows = table
        return method
    return decorate


def spread_rows(test_class):
    """Replaces methods that have a table by one method for each row of it."""
    for name, method in list(vars(test_class).items()):
        if not hasattr(method, 'rows'):
            continue
        delattr(test_class, name)
        for label, *arguments in method.rows:
            setattr(test_class, f'{name}_{label}', _bind(method, arguments))


def _bind(method, arguments):
    def run(self):
        return method(self, *arguments)
    run.__doc__ = method.__doc__
    return run


def main():
    """The last line of every file of tests; names on the command line pick some of them."""
    namespace.current.enter()
    unittest.main(testRunner=TapRunner, argv=sys.argv)
