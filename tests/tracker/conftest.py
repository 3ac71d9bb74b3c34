from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab import steps, tracker
from lab.tracker import Tracker
from lab.tracker.writers.memory import Memory


@pytest.fixture
def memory() -> Iterator[Memory]:
    """What the tracker's face saves, after `tracker.flush()`."""
    memory = Memory()
    fresh = steps.Steps()
    before = steps.set_current(fresh), tracker.set_current(Tracker(fresh, [memory]))
    yield memory
    steps.set_current(before[0])
    mine = tracker.set_current(before[1])
    assert mine is not None
    mine.close()
