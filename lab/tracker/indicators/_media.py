"""What indicators without a number share."""

from __future__ import annotations

from lab import runs
from lab.tracker._deferred import Deferred
from lab.tracker.indicators._base import Indicator

__all__ = ["LastMedia", "Media"]


class Media(Indicator):
    """An indicator of what is no number: nothing of it is shown on the line on screen.

    Args:
        name: the full name.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name, is_print=False)


class LastMedia(Media):
    """An indicator of which a save holds one thing: the last that was added.

    Args:
        name: the full name.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._last: runs.Value | Deferred[runs.Value] | None = None

    def take_value(self) -> runs.Value | Deferred[runs.Value] | None:
        """The last that was added."""
        last, self._last = self._last, None
        return last
