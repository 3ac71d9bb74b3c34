"""The contract of an indicator: what is added to it, and what is written of it when it is saved."""

from __future__ import annotations

from typing import Any, ClassVar

from lab.errors import TrackerError
from lab.runs import Value
from lab.tracker._deferred import Deferred
from lab.tracker._tensors import DeferredMean

__all__ = ["Indicator"]


class Indicator:
    """One indicator. There is one kind per file.

    Args:
        name: the full name, such as `train.loss`.
        is_print: whether it is shown on screen.
        axis: the indicator that it is shown over, where that is not the step.
        is_over_ranks: whether it is the mean over all processes of a distributed run.
    """

    kind: ClassVar[str]

    def __init__(
        self, name: str, is_print: bool, axis: str | None = None, is_over_ranks: bool = False
    ) -> None:
        if not isinstance(is_print, bool):
            raise TrackerError(f"is_print of {name!r} is true or false, not {is_print!r}")
        if axis is not None and (not isinstance(axis, str) or not axis):
            raise TrackerError(f"the axis of {name!r} is the name of an indicator, not {axis!r}")
        self.name = name
        self.is_print = is_print
        self.axis = axis
        if not isinstance(is_over_ranks, bool):
            raise TrackerError(f"is_over_ranks of {name!r} is true or false, not {is_over_ranks!r}")
        self.is_over_ranks = is_over_ranks

    def settings(self) -> dict[str, Any]:
        """What it was declared with; two declarations that are alike here are the same."""
        settings: dict[str, Any] = {"kind": self.kind, "is_print": self.is_print}
        if self.axis is not None:
            settings["axis"] = self.axis
        if self.is_over_ranks:
            settings["is_over_ranks"] = True
        return settings

    def words(self) -> str:
        """What it was declared as, for an error."""
        settings = self.settings()
        rest = ", ".join(f"{key}={value}" for key, value in settings.items() if key != "kind")
        return f"{self.kind} ({rest})"

    def add(self, value: Any) -> None:
        """Take a value in. On the training thread: reads no device, formats nothing, writes no file.

        Raises:
            TrackerError: the value is of no use for this kind.
        """
        raise NotImplementedError

    def take(self) -> float | Deferred[float] | None:
        """The number that is to be written now, None where there is none; starts anew."""
        return None

    def take_sum(self) -> tuple[float, int] | DeferredMean | None:
        """In place of `take`, for a mean over all processes: the sum and the number of values."""
        return None

    def state(self) -> Any:
        """What is to be kept over the end of the process, as plain data; None of nothing.

        It may wait for a device.
        """
        return None

    def restore(self, state: Any) -> None:
        """Go on from a state of the same kind; one of another kind is passed over."""

    def take_value(self) -> Value | Deferred[Value] | None:
        """The value that is no plain number to be written now, None where there is none."""
        return None
