"""From what is given to `tracker.add` to numbers: of plain numbers, arrays, tensors and lists."""

from __future__ import annotations

from typing import Any

from lab.errors import TrackerError

__all__ = ["Deferred", "Mean", "read"]


class Deferred:
    """The mean of values that are partly still on a device; the writer's thread waits for them.

    Args:
        total: the sum of those that are known.
        count: the number of all of them.
        tensors: the others, as tensors without dimensions.
    """

    __slots__ = ("_count", "_stack", "_total")

    def __init__(self, total: float, count: int, tensors: list[Any]) -> None:
        import torch

        self._total, self._count = total, count
        # a copy on the device: what is recorded is the value as at saving
        self._stack = torch.stack([tensor.reshape(()).float() for tensor in tensors])

    def read(self) -> float:
        """Wait for the device and give the mean."""
        return (self._total + float(self._stack.sum().item())) / self._count


class Mean:
    """The mean of everything that was added; takes no more room the more there is."""

    __slots__ = ("count", "tensors", "total")

    def __init__(self) -> None:
        self.total: float = 0
        self.count = 0
        self.tensors: list[Any] = []

    def add(self, name: str, value: Any) -> None:
        """Take a value in; `name` is for the error where it is no number."""
        total, count = read(name, value)
        if isinstance(total, (int, float)):
            self.total += total
        else:
            self.tensors.append(total)
            if len(self.tensors) >= 1000:
                self.tensors = [sum(self.tensors)]
        self.count += count

    def take(self) -> float | Deferred | None:
        """The mean, or None of nothing; starts anew."""
        total, count, tensors = self.total, self.count, self.tensors
        self.total, self.count, self.tensors = 0, 0, []
        if tensors:
            return Deferred(total, count, tensors)
        if count == 1:
            return total  # an integer stays one
        return total / count if count else None


def read(name: str, value: Any) -> tuple[Any, int]:
    """The sum of the numbers in a value and how many they are.

    The sum of a tensor on a device stays a tensor there: nothing waits for it here.

    Raises:
        TrackerError: it is no number and holds none.
    """
    if isinstance(value, bool):
        return int(value), 1
    if isinstance(value, (int, float)):
        return (value if type(value) in (int, float) else float(value)), 1
    if hasattr(value, "detach"):
        return _read_tensor(name, value)
    if isinstance(value, (list, tuple)):
        pairs = [read(name, one) for one in value]
        return sum(total for total, _ in pairs), sum(count for _, count in pairs)
    size = getattr(value, "size", None)
    if isinstance(size, int) and hasattr(value, "item") and hasattr(value, "sum"):
        total = value.item() if size == 1 else value.sum().item()
        if isinstance(total, (int, float)):
            return (int(total) if isinstance(total, bool) else total), size
    raise TrackerError(f"{name!r} takes numbers, arrays and tensors of them, got {_shown(value)}")


def _read_tensor(name: str, value: Any) -> tuple[Any, int]:
    tensor, size = value.detach(), value.numel()
    if tensor.is_complex():
        raise TrackerError(f"{name!r} takes real numbers, got a tensor of {tensor.dtype}")
    if size != 1:
        tensor = tensor.double().sum() if tensor.device.type == "cpu" else tensor.float().sum()
    if tensor.device.type == "cpu":
        number = tensor.item()
        return (int(number) if isinstance(number, bool) else number), size
    return tensor, size


def _shown(value: Any) -> str:
    text = repr(value)
    return f"{text if len(text) <= 60 else text[:57] + '...'} ({type(value).__name__})"
