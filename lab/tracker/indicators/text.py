"""Some text: what a model wrote, a note."""

from __future__ import annotations

from typing import Any, ClassVar

from lab import runs
from lab.errors import TrackerError
from lab.tracker._deferred import Deferred
from lab.tracker._given import described
from lab.tracker.indicators._media import Media

__all__ = ["Text"]


class Text(Media):
    """Text; what was added since the last save is put together, each on lines of its own.

    Args:
        name: the full name.
    """

    kind: ClassVar[str] = "text"

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._texts: list[str] = []

    def add(self, value: Any) -> None:
        """Take text in."""
        if not isinstance(value, str):
            raise TrackerError(f"{self.name!r} takes text, got {described(value)}")
        self._texts.append(value)

    def take_value(self) -> runs.Value | Deferred[runs.Value] | None:
        """The text."""
        texts, self._texts = self._texts, []
        return runs.Text("\n".join(texts)) if texts else None
