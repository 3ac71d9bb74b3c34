"""Where a run stands: its global step, its training loop, and the line about it that is on screen.

The training loop, the sections of `lab.monit` and the tracker's screen writer each show a part of
one line, and share one step. They stand side by side and meet here: each puts a function for its
part on the `Line`, and whoever draws it (`lab.logger`) asks them all. Here too the experiment, which
stands above them, is told what they measure, and tells them where to go on and when to stop.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

__all__ = [
    "LAST_STEP",
    "Field",
    "Fields",
    "Line",
    "LoopPosition",
    "Part",
    "Steps",
    "current",
    "set_current",
]

Part = str | tuple[str, object]  # a piece of text, or one with its style
UNSAID = 4  # fields of this rank and above may be left out without a sign
LAST_STEP = 2**63 - 1  # what a run can record
_ORDER = ("step", "sections", "indicators", "time")
_TIMES_PERIOD = 0.1  # seconds between two rows of times
_MOST_TIMES = 1000  # sections that are measured


class Field(NamedTuple):
    """Some text on the line that is shown whole or not at all.

    Attributes:
        pieces: the text.
        rank: where there is no room for all, the fields of the highest rank go first, and of
            these the last.
        short: what else may be shown where there is little room.
    """

    pieces: Sequence[Part]
    rank: int = 0
    short: Sequence[Part] = ()


Fields = Callable[[], Sequence[Field]]


class Line:
    """The line on screen: named parts, each made by a function when the line is drawn.

    Attributes:
        turn: counts the iterations of the loop on it; what belongs to one goes with it.
        settled: when it was last written to stay, in seconds since 1970.
    """

    def __init__(self) -> None:
        # a key for each part, always: several threads put and draw, and none waits for another
        self._parts: dict[str, Fields | None] = dict.fromkeys(_ORDER)
        self.turn = 0
        self.settled = 0.0

    @property
    def is_loop(self) -> bool:
        """Whether a loop is on it."""
        return self._parts["step"] is not None

    @property
    def is_running(self) -> bool:
        """Whether a loop or a section is on it."""
        sections = self._parts["sections"]
        return self.is_loop or (sections is not None and bool(sections()))

    def put(self, name: str, fields: Fields) -> Fields | None:
        """Show a part; `name` is step, sections, indicators or time, and says where it stands.

        Returns:
            The part that it takes the place of.
        """
        before = self._parts[name]
        self._parts[name] = fields
        return before

    def remove(self, name: str) -> None:
        """Show a part no more."""
        self._parts[name] = None

    def parts(self, width: int | None = None, measure: Callable[[str], int] = len) -> list[Part]:
        """The line as it is now, its fields two spaces apart.

        Args:
            width: how much room there is; where not all fits, short forms are taken, then fields
                are left out, those of the highest rank first, and "…" says so.
            measure: how much room a text takes.
        """
        fields = [field for part in self._parts.values() if part is not None for field in part()]
        if width is None:
            return _joined([field.pieces for field in fields])
        long = [(field.rank, field.pieces, _room(field.pieces, measure)) for field in fields]
        if _whole(long) <= width:
            return _joined([pieces for _, pieces, _ in long])
        short = [
            (field.rank, field.short or field.pieces, _room(field.short or field.pieces, measure))
            for field in fields
        ]
        gap: int | None = None
        while len(short) > 1 and _whole(short) + (3 if gap is not None else 0) > width:
            rank = max(rank for rank, _, _ in short)
            at = max(at for at, field in enumerate(short) if field[0] == rank)
            del short[at]
            if rank < UNSAID:
                gap = at
        shown = [pieces for _, pieces, _ in short]
        if gap is not None:
            shown.insert(gap, ("…",))
        return _joined(shown)


def _room(pieces: Sequence[Part], measure: Callable[[str], int]) -> int:
    return sum(measure(piece if isinstance(piece, str) else piece[0]) for piece in pieces)


def _whole(fields: Sequence[tuple[int, Sequence[Part], int]]) -> int:
    return sum(room for _, _, room in fields) + 2 * (len(fields) - 1)


def _joined(fields: Sequence[Sequence[Part]]) -> list[Part]:
    line: list[Part] = []
    for pieces in fields:
        if pieces and line:
            line.append("  ")
        line.extend(pieces)
    return line


class LoopPosition(NamedTuple):
    """How far a training loop is.

    Attributes:
        start: the first value of its range; 0 of a loop that was given a number.
        stop: the end of its range, or that number.
        step: the step of its range, or 1.
        done: how many iterations are completed. The one in progress counts as completed, unless
            another loop or an iteration with progress goes on within it.
        is_count: whether it was given a number.
        global_step: the global step with which the next iteration begins.
    """

    start: int
    stop: int
    step: int
    done: int
    is_count: bool = False
    global_step: int = 0


class Steps:
    """The global step of a run, how far its loop is, when it ends, and its line on screen.

    Attributes:
        step: the global step.
        line: what is on screen.
        stop_reason: why the training loops are to end, where they are; see `request_stop`.
        at_stop: called once by the outermost loop when it ends because of that.
        at_loop_begin: called, and emptied, before the first iteration of the next outermost loop.
        find_position: gives how far the outermost loop is.
        resume_position: where the next outermost loop is to go on.
        measured: called with names and seconds: the times of the loop's iterations and of sections.
        depth: how many loops, those of `lab.monit` included, go on within the outermost one.
        is_cut: whether a loop within the iteration was ended before its own end.
    """

    def __init__(self) -> None:
        self.step = 0
        self.line = Line()
        self.stop_reason: str | None = None
        self.at_stop: list[Callable[[], object]] = []
        self.at_loop_begin: list[Callable[[], object]] = []
        self.find_position: Callable[[], LoopPosition] | None = None
        self.resume_position: LoopPosition | None = None
        self.measured: Callable[[tuple[str, ...], tuple[float, ...]], object] | None = None
        self.depth = 0
        self.is_cut = False
        self._counter = ""
        self._times: dict[str, list[float]] = {}  # name: how often, seconds
        self._written = 0.0

    @property
    def position(self) -> LoopPosition | None:
        """How far the outermost loop is, or where the last one ended; None before the first."""
        return None if self.find_position is None else self.find_position()

    def request_stop(self, reason: str) -> None:
        """Have every training loop of the run end after the iteration in progress.

        Args:
            reason: why, in a word: "Ctrl-C", "SIGTERM".
        """
        if self.stop_reason is None:
            self.stop_reason = reason

    def count(self, increment: int, counter: str) -> None:
        """Add to the step; of several counters that a program calls only the first counts."""
        if self._counter != counter:
            if self._counter:
                return
            self._counter = counter
        self.step += increment

    def add_time(self, name: str, seconds: float) -> None:
        """Say how long something took; `write_times` hands it on."""
        known = self._times.get(name)
        if known is not None:
            known[0] += 1
            known[1] += seconds
        elif self.measured is not None and len(self._times) < _MOST_TIMES:
            self._times[name] = [1, seconds]

    def write_times(self, is_due: bool = False) -> None:
        """Hand on what was measured, as means, unless that was done a moment ago.

        Args:
            is_due: hand it on in any case.
        """
        if not self._times:
            return
        now = time.perf_counter()
        if self.measured is not None and (is_due or now - self._written >= _TIMES_PERIOD):
            self._written = now
            times, self._times = self._times, {}
            names = tuple(f"time.{name}" for name in times)
            self.measured(names, tuple(seconds / often for often, seconds in times.values()))


_current = Steps()


def current() -> Steps:
    """The steps of the run in progress, or of the process where there is none."""
    return _current


def set_current(steps: Steps) -> Steps:
    """Make other steps the current ones; gives back those it replaces."""
    global _current
    before, _current = _current, steps
    return before
