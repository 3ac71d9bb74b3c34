"""A section: a named piece of work with a progress, a time and an outcome."""

from __future__ import annotations

import time
from collections.abc import Callable

from lab.errors import MonitError
from lab.logger import Text, clock, compact, duration, rate
from lab.steps import Field, Part

__all__ = ["Section", "number", "total_of"]


class Section:
    """A piece of work.

    Args:
        name: what it is called on screen.
        is_silent: whether it is not shown.
        is_timed: whether its time is shown.
        is_partial: whether its end leaves the progress where it is, in place of all.
        is_new_line: whether a new line follows it.
        total_steps: the progress at which it is done.
        is_iteration: whether items are gone through; `count_by` gives their number.

    Raises:
        MonitError: the name is no text, or `total_steps` no number.
    """

    def __init__(
        self,
        name: str,
        is_silent: bool = False,
        is_timed: bool = True,
        is_partial: bool = False,
        is_new_line: bool = True,
        total_steps: float | None = 1.0,
        is_iteration: bool = False,
    ) -> None:
        if not isinstance(name, str):
            raise MonitError(f"the name of a section is text, not {name!r}")
        self.name = name if name.isprintable() else " ".join(name.split())
        self.is_silent, self.is_timed = is_silent, is_timed
        self.is_partial, self.is_new_line = is_partial, is_new_line
        self.total_steps = None if total_steps is None else total_of(total_steps)
        self.depth = 0
        self.is_shown = self.has_header = self.is_in_loop = self.is_measured = False
        self.is_iteration = is_iteration
        self._count: Callable[[], float] | None = None
        self._done: float | None = None
        self._is_failed = False
        self._is_whole = True
        self._before = 0.0  # seconds until it was paused
        self._began: float | None = time.perf_counter()
        self._is_ended = False

    def progress(self, done: float) -> None:
        """Say how far it is, from 0 to `total_steps`.

        Raises:
            MonitError: that is no number.
        """
        self._done = number(done, "the progress of a section")

    def fail(self) -> None:
        """Have it end as failed."""
        self._is_failed = True

    def count_by(self, count: Callable[[], float]) -> None:
        """Have the progress given by a function."""
        self._count = count

    def pause(self) -> None:
        """Take no time until it goes on."""
        began, self._began = self._began, None
        if began is not None:
            self._before += time.perf_counter() - began

    def go_on(self) -> None:
        """Take time again."""
        if self._began is None:
            self._began = time.perf_counter()

    def end(self, is_whole: bool = True) -> None:
        """End it; `is_whole` is False where it was left before its end."""
        if not self._is_ended:
            self._is_ended = True
            self.pause()
            self._is_whole = is_whole and not self.is_partial
            if self._count is not None:
                self._done, self._count = self._count(), None

    @property
    def position(self) -> float:
        """How far it is; 0 where nobody has said."""
        return self._position() or 0.0

    @property
    def seconds(self) -> float:
        """How long it took, or takes so far."""
        began = self._began  # in one step: another thread may be drawing it
        return self._before + (0.0 if began is None else time.perf_counter() - began)

    def outcome(self) -> list[Part]:
        """How it ended, and its time."""
        parts: list[Part]
        if self._is_failed:
            parts = [("[FAIL]", Text.danger)]
        elif self._is_whole:
            parts = [("[DONE]", Text.success)]
        else:
            parts = [(f"[{self._share() or 'STOPPED'}]", Text.warning)]
        if self.is_timed:
            parts.append((f"  {duration(self.seconds)}", Text.meta))
            often = self._rate()
            if often:
                parts.append((f"  {often}", Text.subtle))
        return parts

    def fields(self) -> list[Field]:
        """Its line: how far it is, how fast, how long it has taken, and what is left."""
        share, fields = self._share(), []
        name: list[Part] = ["  " * self.depth, f"{self.name}..."]
        fields.append(Field([*name, (f" {share}", Text.meta2)] if share else name))
        done, total = self._position(), self.total_steps
        if self.is_iteration and done is not None and total:
            fields.append(Field([(f"{done:,.0f}/{total:,.0f}", Text.subtle)], rank=3))
        if not self.is_timed:
            return fields
        often = self._rate()
        if often:
            fields.append(Field([(often, Text.subtle)], rank=2))
        seconds, fraction = self.seconds, self._fraction()
        if fraction and fraction < 1:
            left = clock(seconds / fraction - seconds)
            short: list[Part] = [(f"{clock(seconds)} -{left}", Text.meta)]
            fields.append(Field([(f"{clock(seconds)} / {left} left", Text.meta)], 1, short))
        else:
            fields.append(Field([(clock(seconds), Text.meta)], rank=1))
        return fields

    def brief(self, seconds: float = 0.0) -> Field:
        """On the line of a loop, in a word or two: its progress, then its time.

        Args:
            seconds: how long others of the same name took in this iteration.
        """
        rank, word = 1, (self._share() or clock(self.seconds), Text.meta2)
        if self._is_failed:
            word = ("FAIL", Text.danger)
        elif self._is_ended and not self._is_whole:
            word = (self._share() or "stopped", Text.warning)
        elif self._is_ended or self._began is None:
            rank = 4
            time_taken = duration(seconds + self.seconds)
            word = (time_taken if self.is_timed else "done", Text.meta)
        return Field([f"{self.name}: ", word], rank, [f"{self.name} ", word])

    def _position(self) -> float | None:
        count = self._count  # in one step: the section may end while another thread draws it
        return self._done if count is None else count()

    def _fraction(self) -> float | None:
        done = self._position()
        return None if done is None or not self.total_steps else done / self.total_steps

    def _share(self) -> str:
        fraction, done = self._fraction(), self._position()
        if fraction is not None:
            return f"{min(max(fraction, 0.0), 1.0):.0%}"
        return "" if done is None else compact(round(done))

    def _rate(self) -> str:
        done = self._position()
        return rate(done, self.seconds) if self.is_iteration and done and done > 1 else ""


def total_of(value: float) -> float:
    """How many steps there are in all.

    Raises:
        MonitError: that is no number from 0 on.
    """
    total = number(value, "total_steps")
    if total < 0:
        raise MonitError(f"total_steps is a number from 0 on, not {value!r}")
    return total


def number(value: float, what: str) -> float:
    """A number of any library as Python's, so that showing it never fails.

    Raises:
        MonitError: it is none.
    """
    try:
        found = float(value)
    except (TypeError, ValueError, OverflowError):
        found = float("nan")
    if found != found or found in (float("inf"), float("-inf")):
        raise MonitError(f"{what} is a number, not {value!r}")
    return found
