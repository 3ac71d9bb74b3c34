"""The contract of an output: where text goes, and how the line about the run is kept in view."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from lab.steps import Part

__all__ = ["Output", "plain"]


class Output:
    """A place for text. One kind per file: a terminal, a notebook, a plain stream, a recording.

    Attributes:
        period: seconds between two drawings of the line; None where it is never drawn by itself.
        keeper: gets the text that stays and is shown by other means than a stream; whoever keeps what
            a run prints puts itself here.
    """

    period: float | None = None
    keeper: ClassVar[Callable[[str], object] | None] = None

    @property
    def width(self) -> int | None:
        """How much room the line has; None where it may be of any length."""
        return None

    def write(self, parts: Sequence[Part], end: str = "\n") -> None:
        """Write text that stays."""
        raise NotImplementedError

    def write_between(self, parts: Sequence[Part]) -> bool:
        """Write a line that stays, unless what was written last has not ended its own."""
        self.write(parts)
        return True

    def draw(self, parts: Sequence[Part]) -> None:
        """Show the line as it is now, in place of the one before."""
        raise NotImplementedError

    def settle(self, parts: Sequence[Part]) -> None:
        """Write the line so that it stays; what is drawn next is a new one."""
        self.write(parts)

    def clear(self) -> None:
        """Take the line away."""

    def show(self) -> None:
        """The line will be drawn from now on: see that what others write does not run into it."""

    def hide(self) -> None:
        """The line is drawn no more: take it away, and leave what others write alone."""
        self.clear()

    def forked(self) -> None:
        """In a forked child: the line is the parent's, and a lock of its threads stays locked."""


def plain(parts: Sequence[Part]) -> str:
    """The text of parts, without styles."""
    return "".join(part if isinstance(part, str) else part[0] for part in parts)
