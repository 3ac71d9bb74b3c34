"""The contract of an indicator: what is added to it, and what is written of it when it is saved."""

from __future__ import annotations

from typing import Any, ClassVar

from lab.tracker._reading import Deferred

__all__ = ["Indicator"]


class Indicator:
    """One indicator. There is one kind per file.

    Args:
        name: the full name, such as `train.loss`.
        is_print: whether it is shown on screen.
    """

    kind: ClassVar[str]

    def __init__(self, name: str, is_print: bool) -> None:
        self.name = name
        self.is_print = is_print

    def settings(self) -> dict[str, Any]:
        """What it was declared with; two declarations that are alike here are the same."""
        return {"kind": self.kind, "is_print": self.is_print}

    def add(self, value: Any) -> None:
        """Take a value in. On the training thread: reads no device, writes no file.

        Raises:
            TrackerError: the value is of no use for this kind.
        """
        raise NotImplementedError

    def take(self) -> float | Deferred | None:
        """What is to be written now, None where there is nothing."""
        raise NotImplementedError
