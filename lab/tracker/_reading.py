"""From what is given to `tracker.add` to numbers: of plain numbers, arrays, tensors and lists."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from functools import cache
from operator import attrgetter
from typing import Any

from lab.errors import TrackerError
from lab.tracker._deferred import Deferred
from lab.tracker._given import as_float, described
from lab.tracker._warnings import warn

__all__ = ["DeferredMean", "Mean", "added", "divided", "read", "read_plain", "stack"]

_PLAIN = frozenset((float, int))
_MOST_TENSORS = 1000
_is_cpu = attrgetter("is_cpu")


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
        tensors: list[_Tensor],
        is_kept: bool = False,
    ) -> None:
        self.name, self.tensors, self.is_kept = name, tensors, is_kept
        self._total, self._count = total, count
        self._stacks: list[tuple[_Stack, int]] = []

    def put(self, stack: _Stack, index: int) -> None:
        """Have one of the tensors read from a stack."""
        self._stacks.append((stack, index))

    def parts(self) -> tuple[float, int]:
        """Wait for the device and give the sum, and the number of values."""
        known = sum(stack.numbers()[index] for stack, index in self._stacks)
        return added(self._total, known), self._count

    def read(self) -> float:
        """Wait for the device and give the mean."""
        return float(divided(*self.parts()))


class _Tensor:
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

    def divided(self, count: int) -> _Tensor:
        """The tensor by a number of values that it is the sum of."""
        return self if count == 1 else _Tensor(self.tensor / count)


class _Stack:
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


class Mean:
    """The mean of everything that was added; takes no more room the more there is.

    Attributes:
        known: the sum of what is known, and how many values there are, those on devices included;
            both at once, so that an interrupt finds them in step.
        tensors: those on devices.
    """

    __slots__ = ("known", "tensors")

    def __init__(self) -> None:
        self.known: tuple[float, int] = (0, 0)
        self.tensors: list[_Tensor] = []

    def add(self, name: str, value: Any) -> None:
        """Take a value in; `name` is for the error where it is no number."""
        part, size = read(name, value)
        total, count = self.known
        if isinstance(part, _Tensor):
            self.tensors.append(part)
            if len(self.tensors) >= _MOST_TENSORS:
                self.tensors = _summed(self.tensors)
            self.known = total, count + size
        elif size:
            self.known = (added(total, part) if count else part), count + size  # -0.0 stays so

    def state(self) -> list[float]:
        """The sum and the number of what was added; waits for devices. Empty where there is nothing."""
        total, count = self.known
        return [total + sum(held.number() for held in self.tensors), count] if count else []

    def restore(self, state: Sequence[float]) -> None:
        """Go on from a state."""
        (total, count), (more, number) = self.known, state
        self.known = added(total, more), count + int(number)

    def take_sum(self, name: str) -> tuple[float, int] | DeferredMean | None:
        """The sum and the number of values, or None of nothing; starts anew."""
        known, tensors = self.known, self.tensors
        self.known, self.tensors = (0, 0), []
        if tensors:
            return DeferredMean(name, *known, tensors)
        return known if known[1] else None

    def take(self, name: str) -> float | DeferredMean | None:
        """The mean, or None of nothing; starts anew."""
        (total, count), tensors = self.known, self.tensors
        self.known = 0, 0
        if tensors:
            self.tensors = []
            return DeferredMean(name, total, count, tensors)
        if count == 1:
            return total  # an integer stays one
        return divided(total, count) if count else None


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
    groups: dict[tuple[Any, Any], list[tuple[DeferredMean, _Tensor]]] = {}
    for one in deferred:
        for held in one.tensors:
            if held.is_changed:
                _warn_changed(one.name)
            groups.setdefault((held.tensor.dtype, held.tensor.device), []).append((one, held))
        one.tensors = []
    for group in groups.values():
        together = _Stack([held.tensor for _, held in group])
        for index, (one, held) in enumerate(group):
            one.put(together, index)
            if one.is_kept:
                held.replace(together.tensor[index])


def read_plain(values: Collection[Any]) -> tuple[Any, ...] | None:
    """Numbers and tensors of one element on the CPU as numbers; None where there is anything else."""
    torch = sys.modules.get("torch")
    if torch is None:
        return None
    tensor = torch.Tensor
    try:
        if _may_be_elsewhere(torch) and not all(map(_is_cpu, values)):
            return None
        numbers = tuple(map(tensor.item, values))
    except (TypeError, AttributeError):  # some are plain numbers
        if not all(type(v) in _PLAIN or (type(v) is tensor and v.is_cpu) for v in values):
            return None
        numbers = tuple([v if type(v) in _PLAIN or v.numel() != 1 else v.item() for v in values])
    except (RuntimeError, ValueError):  # of several elements, or without values
        return None
    return numbers if _PLAIN.issuperset(map(type, numbers)) else None


def read(name: str, value: Any) -> tuple[Any, int]:
    """The sum of the numbers in a value and how many they are.

    The sum of a tensor on a device stays a tensor there: nothing waits for it here.

    Raises:
        TrackerError: it is no number and holds none.
    """
    if isinstance(value, bool):
        return int(value), 1
    if isinstance(value, (int, float)):
        return (value if type(value) in _PLAIN else float(value)), 1
    if hasattr(value, "detach"):
        return _read_tensor(name, value)
    if isinstance(value, (list, tuple)):
        return _read_list(name, value)
    size = getattr(value, "size", None)
    if isinstance(size, int) and hasattr(value, "item") and hasattr(value, "sum"):
        kind = getattr(getattr(value, "dtype", None), "kind", "")
        if kind == "O" and size != 1:
            return _read_list(name, value.tolist())
        total = value.item() if size == 1 else _summed_array(value, kind)
        if isinstance(total, (int, float)):
            return (int(total) if isinstance(total, bool) else total), size
    raise TrackerError(
        f"{name!r} takes numbers, arrays and tensors of them, got {described(value)}"
    )


def _summed_array(value: Any, kind: str) -> Any:
    if kind in ("U", "S"):  # text has no sum
        return None
    return (value.sum(dtype="float64") if kind == "f" else value.sum()).item()


def _read_list(name: str, values: Sequence[Any]) -> tuple[Any, int]:
    total: Any = 0
    count, tensors = 0, []
    for value in values:
        part, size = read(name, value)
        if isinstance(part, _Tensor):
            tensors.append(part)
        elif size:
            total = added(total, part) if count else part
        count += size
    if not tensors:
        return total, count
    torch = sys.modules["torch"]
    summed = _summed(tensors)
    # on the device of the first; what else there is goes there
    first = summed[0].tensor
    rest = [one.tensor.to(first.device, torch.float32) for one in summed[1:]]
    return _Tensor(sum(rest, first.float() + as_float(total))), count


def _read_tensor(name: str, value: Any) -> tuple[Any, int]:
    tensor, size = value.detach(), value.numel()
    if tensor.is_complex():
        raise TrackerError(f"{name!r} takes real numbers, got a tensor of {tensor.dtype}")
    if size != 1:
        tensor = tensor.double().sum() if tensor.is_cpu else tensor.float().sum()
    if tensor.is_cpu:
        number = tensor.item()
        return (int(number) if isinstance(number, bool) else number), size
    return _Tensor(tensor), size


def _summed(tensors: Sequence[_Tensor]) -> list[_Tensor]:
    """One sum for each device, so that a long time without saving takes no more room."""
    sums: dict[Any, Any] = {}
    for held in tensors:
        tensor = held.tensor.reshape(()).float()
        sums[tensor.device] = sums[tensor.device] + tensor if tensor.device in sums else tensor
    return [_Tensor(tensor) for tensor in sums.values()]


def _may_be_elsewhere(torch: Any) -> bool:
    """Whether there may be tensors outside the CPU's memory: where CUDA is in use, or any other."""
    return torch.cuda.is_initialized() or _has_other_devices()


@cache
def _has_other_devices() -> bool:
    """Whether this machine has devices that are no CUDA ones; these do not come later."""
    torch: Any = sys.modules["torch"]
    kinds = ("mps", "xpu", "mtia", "hpu", "npu")
    modules: list[Any] = [getattr(torch, kind, None) for kind in kinds]
    found = any(hasattr(m, "is_available") and m.is_available() for m in modules)
    return found or "torch_xla" in sys.modules


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
