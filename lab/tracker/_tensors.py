"""Tensors on a device: held until they are saved, then copied together, and read by another thread."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from lab.tracker._deferred import Deferred
from lab.tracker._given import as_float
from lab.tracker._warnings import warn

__all__ = ["DeferredMean", "OneTensor", "added", "divided", "stack", "summed"]


class DeferredMean(Deferred[float]):
    """The mean of values that are partly still on a device; the writer's thread waits for them.

    Args:
        name: the indicator.
        total: the sum of those that are known.
        count: the number of all of them.
        tensors: the others: tensors of one element.
        is_kept: whether the tensors are used again after this.
    """

    __slots__ = ("_count", "_stacks", "_total", "is_kept", "name", "tensors")

    def __init__(
        self,
        name: str,
        total: float,
        count: int,
        tensors: list[OneTensor],
        is_kept: bool = False,
    ) -> None:
        self.name, self.tensors, self.is_kept = name, tensors, is_kept
        self._total, self._count = total, count
        self._stacks: list[tuple[Stack, int]] = []

    def put(self, stack: Stack, index: int) -> None:
        """Have one of the tensors read from a stack."""
        self._stacks.append((stack, index))

    def parts(self) -> tuple[float, int]:
        """Wait for the device and give the sum, and the number of values."""
        known = sum(stack.numbers()[index] for stack, index in self._stacks)
        return added(self._total, known), self._count

    def read(self) -> float:
        """Wait for the device and give the mean."""
        return float(divided(*self.parts()))


class OneTensor:
    """A tensor of one element on a device, and the version that it had."""

    __slots__ = ("_version", "tensor")

    def __init__(self, tensor: Any) -> None:
        self.tensor = tensor
        self._version = _version(tensor)

    @property
    def is_changed(self) -> bool:
        """Whether it was changed in place since."""
        return _version(self.tensor) != self._version

    def replace(self, tensor: Any) -> None:
        """Hold a copy of it instead."""
        self.tensor, self._version = tensor, _version(tensor)

    def number(self) -> float:
        """Its value; waits for the device."""
        return float(self.tensor.item())

    def divided(self, count: int) -> OneTensor:
        """The tensor by a number of values that it is the sum of."""
        return self if count == 1 else OneTensor(self.tensor / count)


class Stack:
    """Tensors of one dtype and device as one, so that they are fetched at once."""

    __slots__ = ("_numbers", "tensor")

    def __init__(self, tensors: Sequence[Any]) -> None:
        # a copy on the device: what is recorded is the value as at saving
        self.tensor = sys.modules["torch"].stack([tensor.reshape(()) for tensor in tensors])
        self._numbers: list[float] | None = None

    def numbers(self) -> list[float]:
        if self._numbers is None:
            self._numbers = self.tensor.tolist()
        return self._numbers


def added(one: Any, other: Any) -> Any:
    """The sum; an integer beyond floats is infinite where there are floats too."""
    try:
        return one + other
    except OverflowError:
        return as_float(one) + as_float(other)


def divided(total: float, count: int) -> float:
    """The mean of so many; that of integers beyond floats is infinite."""
    try:
        return total / count
    except OverflowError:
        return as_float(total)


def stack(deferred: Sequence[DeferredMean]) -> None:
    """Copy the tensors of values that are saved together, one copy for each dtype and device."""
    groups: dict[tuple[Any, Any], list[tuple[DeferredMean, OneTensor]]] = {}
    for one in deferred:
        for held in one.tensors:
            if held.is_changed:
                _warn_changed(one.name)
            groups.setdefault((held.tensor.dtype, held.tensor.device), []).append((one, held))
        one.tensors = []
    for group in groups.values():
        together = Stack([held.tensor for _, held in group])
        for index, (one, held) in enumerate(group):
            one.put(together, index)
            if one.is_kept:
                held.replace(together.tensor[index])


def summed(tensors: Sequence[OneTensor]) -> list[OneTensor]:
    """One sum for each device, so that a long time without saving takes no more room."""
    sums: dict[Any, Any] = {}
    for held in tensors:
        tensor = held.tensor.reshape(()).float()
        sums[tensor.device] = sums[tensor.device] + tensor if tensor.device in sums else tensor
    return [OneTensor(tensor) for tensor in sums.values()]


def _version(tensor: Any) -> int:
    try:
        return int(tensor._version)
    except RuntimeError:  # tensors of inference mode keep no count
        return 0


def _warn_changed(name: str) -> None:
    if not _warn_changed.__dict__:
        _warn_changed.__dict__["is_said"] = True
        warn(
            f"the tensor added to {name!r} was changed in place before it was saved: what is "
            "recorded is its value as at saving; add `value.clone()` to record it as it was"
        )
