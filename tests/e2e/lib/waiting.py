"""Waits for conditions. Nothing else in the tests sleeps."""
# SPDX-License-Identifier: LGPL-2.1-or-later

import os
import time

SHORTEST_PAUSE = 0.002
LONGEST_PAUSE = 0.05

# Sanitizers and loaded machines are slower; limits of time are multiplied by this.
TIME_FACTOR = float(os.environ.get('BTFW_TEST_TIME_FACTOR', '1'))


class NotInTime(AssertionError):
    """What a test waited for did not come."""


def wait_for(condition, seconds, what):
    """Returns the first true value of condition(). An exception in it ends the wait."""
    deadline = time.monotonic() + seconds * TIME_FACTOR
    pause = SHORTEST_PAUSE
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            raise NotInTime(f'waited {seconds * TIME_FACTOR:g} s for {what}')
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)


def hold(condition, seconds, what):
    """Fails when condition() becomes false within the time: for what must not happen."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not condition():
            raise AssertionError(f'{what} did not hold for {seconds:g} s')
        time.sleep(LONGEST_PAUSE)
