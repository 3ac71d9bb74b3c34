"""Where a run stands: its global step, and the line about it that is on screen.

The training loop, the sections of `lab.monit` and the tracker's screen writer each show a part of
one line, and share one step. They stand side by side and meet here: each puts a function for its
part on the `Line`, and whoever draws it (`lab.logger`) asks them all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

__all__ = ["Line", "Part", "Steps", "current", "set_current"]

Part = str | tuple[str, object]  # a piece of text, or one with its style
_ORDER = ("step", "sections", "indicators", "time")


class Line:
    """The line on screen: named parts, each made by a function when the line is drawn.

    Attributes:
        turn: counts the iterations of the loop on it; what belongs to one goes with it.
        settled: when it was last written to stay, in seconds since 1970.
    """

    def __init__(self) -> None:
        # a key for each part, always: several threads put and draw, and none waits for another
        self._parts: dict[str, Callable[[], Sequence[Part]] | None] = dict.fromkeys(_ORDER)
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

    def put(
        self, name: str, part: Callable[[], Sequence[Part]]
    ) -> Callable[[], Sequence[Part]] | None:
        """Show a part; `name` is step, sections, indicators or time, and says where it stands.

        Returns:
            The part that it takes the place of.
        """
        before = self._parts[name]
        self._parts[name] = part
        return before

    def remove(self, name: str) -> None:
        """Show a part no more."""
        self._parts[name] = None

    def parts(self) -> list[Part]:
        """The line as it is now, its parts two spaces apart."""
        line: list[Part] = []
        for part in self._parts.values():
            pieces = part() if part is not None else ()
            if pieces and line:
                line.append("  ")
            line.extend(pieces)
        return line


class Steps:
    """The global step of a run and its line on screen."""

    def __init__(self) -> None:
        self.step = 0
        self.line = Line()
        self._counter = ""

    def count(self, increment: int, counter: str) -> None:
        """Add to the step; of several counters that a program calls only the first counts."""
        if self._counter != counter:
            if self._counter:
                return
            self._counter = counter
        self.step += increment


_current = Steps()


def current() -> Steps:
    """The steps of the run in progress, or of the process where there is none."""
    return _current


def set_current(steps: Steps) -> Steps:
    """Make other steps the current ones; gives back those it replaces."""
    global _current
    before, _current = _current, steps
    return before
