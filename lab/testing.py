"""For the tests of programs that use `lab`: record what is shown and what is tracked.

A fixture of pytest for either is three lines::

    @pytest.fixture
    def memory():
        with recorded_indicators() as memory:
            yield memory

A program that creates an experiment itself is given a `Memory` as its writer,
`experiment.create(writers=memory)`, in a working folder of the test's own (`tmp_path`): the run's
folder is there then, and nothing elsewhere.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence

from lab import logger, steps, tracker
from lab.logger import Logger, Output
from lab.runs import Value
from lab.steps import Part, Steps
from lab.tracker import Tracker
from lab.tracker.writers import memory as writers_memory

__all__ = ["Memory", "RecordedLog", "recorded_indicators", "recorded_log"]


class Memory(writers_memory.Memory):
    """A writer that keeps what was saved.

    What is given to an experiment holds all once the experiment is closed, or after
    `tracker.flush()`.

    Args:
        flush: called before anything is read, to have everything written that was saved.

    Attributes:
        rows: the numbers that were saved together: step, time, and the numbers by name.
        entries: what is no plain number.
    """

    def __init__(self, flush: Callable[[], object] | None = None) -> None:
        super().__init__()
        self._flush = flush

    @property
    def indicators(self) -> list[str]:
        """The names of all that was saved, sorted."""
        self.flush()
        numbers = {name for _, _, row in self.rows for name in row}
        return sorted(numbers.union(entry.indicator for entry in self.entries))

    @property
    def last(self) -> dict[str, float]:
        """The newest number of each indicator."""
        self.flush()
        rows = sorted(self.rows, key=lambda row: row[1])
        return {name: value for _, _, row in rows for name, value in row.items()}

    def series(self, indicator: str) -> list[tuple[int, float]]:
        """The steps and numbers of an indicator, in the order of saving; none where it has none."""
        self.flush()
        return super().series(indicator)

    def values(self, indicator: str) -> list[tuple[int, Value]]:
        """The steps and values of an indicator that are no plain numbers: histograms, images, ..."""
        self.flush()
        return [(e.step, e.value) for e in self.entries if e.indicator == indicator]

    def flush(self) -> None:
        """Have everything here that was saved before."""
        if self._flush is not None:
            self._flush()


class RecordedLog(Output):
    """What was shown, as text without styles.

    Attributes:
        drawn: the line about the run, each time that it was drawn.
        styled: the pieces as they were written, with their styles.
    """

    def __init__(self) -> None:
        self.drawn: list[str] = []
        self.styled: list[Part] = []
        self._text = ""

    @property
    def text(self) -> str:
        """What was written to stay, as it was written."""
        return self._text

    @property
    def lines(self) -> list[str]:
        """What was written to stay, one entry a line."""
        return self._text.splitlines()

    def write(self, parts: Sequence[Part], end: str = "\n") -> None:
        """Keep text that stays."""
        self.styled.extend(parts)
        self._text += logger.plain(parts) + end

    def draw(self, parts: Sequence[Part]) -> None:
        """Keep the line as it was drawn."""
        self.drawn.append(logger.plain(parts))


@contextlib.contextmanager
def recorded_log() -> Iterator[RecordedLog]:
    """Record, within the block, all that `lab` would show.

    Example:
        >>> from lab import logger
        >>> with recorded_log() as log:
        ...     logger.log("hello")
        >>> log.lines
        ['hello']
    """
    log = RecordedLog()
    before = logger.set_current(Logger(log))
    try:
        yield log
    finally:
        logger.set_current(before)


@contextlib.contextmanager
def recorded_indicators() -> Iterator[Memory]:
    """Record, within the block, all that is saved to the tracker, with a global step of its own.

    What was saved can be read at once, in the block and after it.

    Example:
        >>> from lab import tracker
        >>> with recorded_indicators() as memory:
        ...     tracker.save(1, loss=0.5)
        ...     tracker.save(2, loss=0.25)
        >>> memory.series("loss")
        [(1, 0.5), (2, 0.25)]
        >>> memory.last
        {'loss': 0.25}
    """
    fresh = Steps()
    memory = Memory(lambda: mine.flush())
    mine = Tracker(fresh, [memory])
    before = steps.set_current(fresh), tracker.set_current(mine)
    try:
        yield memory
    finally:
        mine.close()
        steps.set_current(before[0])
        tracker.set_current(before[1])
