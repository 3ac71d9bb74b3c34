"""For the tests of programs that use `lab`: record what is shown and what is tracked."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from lab import logger, steps, tracker
from lab.logger import Logger, Output
from lab.steps import Part, Steps
from lab.tracker import Tracker
from lab.tracker.writers.memory import Memory

__all__ = ["Memory", "RecordedLog", "recorded_indicators", "recorded_log"]


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

    Example:
        >>> from lab import tracker
        >>> with recorded_indicators() as memory:
        ...     tracker.save(1, loss=0.5)
        >>> memory.series("loss")
        [(1, 0.5)]
    """
    memory, fresh = Memory(), Steps()
    mine = Tracker(fresh, [memory])
    before = steps.set_current(fresh), tracker.set_current(mine)
    try:
        yield memory
    finally:
        mine.close()
        steps.set_current(before[0])
        tracker.set_current(before[1])
