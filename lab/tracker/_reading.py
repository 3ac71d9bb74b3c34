"""From what is given to `tracker.add` to numbers: of plain numbers, arrays, tensors and lists."""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from functools import cache
from operator import attrgetter
from typing import Any

from lab.errors import TrackerError
from lab.tracker._given import as_float, described
from lab.tracker._tensors import DeferredMean, OneTensor, added, divided, summed

__all__ = ["Mean", "read", "read_plain"]

_PLAIN = frozenset((float, int))
_MOST_TENSORS = 1000
_is_cpu = attrgetter("is_cpu")


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
        self.tensors: list[OneTensor] = []

    def add(self, name: str, value: Any) -> None:
        """Take a value in; `name` is for the error where it is no number."""
        part, size = read(name, value)
        total, count = self.known
        if isinstance(part, OneTensor):
            self.tensors.append(part)
            if len(self.tensors) >= _MOST_TENSORS:
                self.tensors = summed(self.tensors)
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
        if isinstance(part, OneTensor):
            tensors.append(part)
        elif size:
            total = added(total, part) if count else part
        count += size
    if not tensors:
        return total, count
    torch = sys.modules["torch"]
    sums = summed(tensors)
    # on the device of the first; what else there is goes there
    first = sums[0].tensor
    rest = [one.tensor.to(first.device, torch.float32) for one in sums[1:]]
    return OneTensor(sum(rest, first.float() + as_float(total))), count


def _read_tensor(name: str, value: Any) -> tuple[Any, int]:
    tensor, size = value.detach(), value.numel()
    if tensor.is_complex():
        raise TrackerError(f"{name!r} takes real numbers, got a tensor of {tensor.dtype}")
    if size != 1:
        tensor = tensor.double().sum() if tensor.is_cpu else tensor.float().sum()
    if tensor.is_cpu:
        number = tensor.item()
        return (int(number) if isinstance(number, bool) else number), size
    return OneTensor(tensor), size


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
