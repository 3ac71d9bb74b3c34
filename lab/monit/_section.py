"""A section: a named piece of work with a progress, a time and an outcome."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter

from lab.logger import Text
from lab.steps import Part

__all__ = ["Section", "number"]


class Section:
    """A piece of work.

    Args:
        name: what it is called on screen.
        is_silent: whether it is not shown.
        is_timed: whether its time is shown.
        is_partial: whether its end leaves the progress where it is, in place of all.
        is_new_line: whether a new line follows it.
        total_steps: the progress at which it is done.
        count: gives the progress, where nobody reports it.

    Raises:
        TypeError: the name is no text, or `total_steps` no number.
    """

    def __init__(
        self,
        name: str,
        is_silent: bool = False,
        is_timed: bool = True,
        is_partial: bool = False,
        is_new_line: bool = True,
        total_steps: float | None = 1.0,
        count: Callable[[], float] | None = None,
    ) -> None:
        if not isinstance(name, str):
            raise TypeError(f"the name of a section is text, not {name!r}")
        self.name = name
        self.is_silent, self.is_timed = is_silent, is_timed
        self.is_partial, self.is_new_line = is_partial, is_new_line
        self.total_steps = None if total_steps is None else number(total_steps, "total_steps")
        self.depth = 0
        self.is_shown = self.has_header = self.is_in_loop = False
        self._count = count
        self._done: float | None = None
        self._is_failed = False
        self._is_whole = True
        self._began = perf_counter()
        self._ended: float | None = None

    def progress(self, done: float) -> None:
        """Say how far it is, from 0 to `total_steps`.

        Raises:
            TypeError: that is no number.
        """
        self._done = number(done, "the progress of a section")

    def fail(self) -> None:
        """Have it end as failed."""
        self._is_failed = True

    def end(self, is_whole: bool = True) -> None:
        """End it; `is_whole` is False where it was left before its end."""
        if self._ended is None:
            self._ended = perf_counter()
            self._is_whole = is_whole and not self.is_partial
            if self._count is not None:
                self._done, self._count = self._count(), None

    @property
    def seconds(self) -> float:
        """How long it took, or takes so far."""
        return (perf_counter() if self._ended is None else self._ended) - self._began

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
            parts.append((f"  {self.seconds * 1000:,.2f}ms", Text.meta))
        return parts

    def progress_parts(self, now: float) -> list[Part]:
        """How far it is, how long it has taken, and what is left."""
        parts: list[Part] = []
        share = self._share()
        if share:
            parts.append((f" {share}", Text.meta2))
        seconds = now - self._began
        if self.is_timed:
            parts.append((f"  {seconds:,.0f}s", Text.meta))
            fraction = self._fraction()
            if fraction and fraction < 1:
                parts.append((f" / {seconds / fraction - seconds:,.0f}s left", Text.meta))
        return parts

    def brief(self) -> list[Part]:
        """In a word or two: its progress, then its time."""
        if self._is_failed:
            return [("FAIL", Text.danger)]
        if self._ended is None:
            return [(self._share() or f"{self.seconds:,.0f}s", Text.meta2)]
        if not self._is_whole:
            return [(self._share() or "stopped", Text.warning)]
        return [(f"{self.seconds * 1000:,.0f}ms" if self.is_timed else "done", Text.meta)]

    def _position(self) -> float | None:
        count = self._count  # in one step: the section may end while another thread draws it
        return self._done if count is None else count()

    def _fraction(self) -> float | None:
        done = self._position()
        return None if done is None or not self.total_steps else done / self.total_steps

    def _share(self) -> str:
        fraction, done = self._fraction(), self._position()
        if fraction is not None:
            return f"{min(fraction, 1.0):.0%}"
        return "" if done is None else f"{done:,.0f}"


def number(value: float, what: str) -> float:
    """A number of any library as Python's, so that showing it never fails.

    Raises:
        TypeError: it is none.
    """
    try:
        return float(value)
    except (TypeError, ValueError):
        raise TypeError(f"{what} is a number, not {value!r}") from None
