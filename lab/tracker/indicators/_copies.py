"""Copies of arrays and tensors: made where they are added, read by the writer's thread."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeVar

from lab import optional
from lab.tracker._deferred import Deferred

__all__ = [
    "Copy",
    "Fences",
    "Made",
    "is_array",
    "is_tensor",
    "kind_of",
    "to_numpy",
]

T = TypeVar("T")


class Made(Deferred[T]):
    """A saved value that a function makes on the writer's thread.

    Args:
        function: makes it.
        arguments: what the function is called with; nobody else may change them.
        weight: how many numbers they hold, about.
    """

    def __init__(self, function: Callable[..., T], *arguments: Any, weight: int = 1000) -> None:
        self._function, self._arguments = function, arguments
        self.weight = weight

    def read(self) -> T:
        """Call the function."""
        return self._function(*self._arguments)


class Fences:
    """Marks in the work of CUDA devices, for another thread to wait until copies are made.

    A copy is made in the stream that is current where it is added; other threads have streams of
    their own, whose work does not wait for it.
    """

    __slots__ = ("_events",)

    def __init__(self) -> None:
        self._events: dict[Any, Any] = {}

    def mark(self, tensor: Any) -> None:
        """Mark the end of what the tensor's device has been given to do so far."""
        if tensor.device.type != "cuda":
            return
        import torch

        stream = torch.cuda.current_stream(tensor.device)
        event = self._events.get(stream)
        if event is None:
            event = self._events[stream] = torch.cuda.Event()  # type: ignore[no-untyped-call]  # torch's own
        event.record(stream)

    def is_here(self) -> bool:
        """Whether all marks are in the streams that are current on this thread."""
        if not self._events:
            return True
        import torch

        return all(stream == torch.cuda.current_stream(stream.device) for stream in self._events)

    def wait(self) -> None:
        """Wait until the devices have come to the marks."""
        for event in self._events.values():
            event.synchronize()


class Copy:
    """A copy of an array or a tensor; that of a tensor is made on its device, without a wait.

    Attributes:
        shape: the sizes of its dimensions.
        is_tensor: whether it was given as a tensor.
        kind: of what its elements are: `float`, `int`, `bool`, or `other`.
    """

    __slots__ = ("_copy", "_fences", "is_tensor", "kind", "shape")

    def __init__(self, value: Any) -> None:
        self.is_tensor = is_tensor(value)
        self._fences = Fences()
        if self.is_tensor:
            self._copy = value.detach().clone()
            self._fences.mark(self._copy)
        else:
            self._copy = optional.module("numpy", "pytorch", "to record arrays").array(value)
        self.shape = tuple(int(size) for size in self._copy.shape)
        self.kind = kind_of(self._copy)

    @property
    def size(self) -> int:
        """The number of its elements."""
        return math.prod(self.shape)

    def numpy(self) -> Any:
        """The array, its floats of at least 32 bits; waits for the device."""
        self._fences.wait()
        array = to_numpy(self._copy)
        return array.astype("float32") if self.kind == "float" and array.itemsize < 4 else array


def is_tensor(value: Any) -> bool:
    """Whether it is a tensor of PyTorch, which is not imported to find out."""
    return hasattr(value, "detach") and hasattr(value, "numel")


def is_array(value: Any) -> bool:
    """Whether it is an array of NumPy or converts to one: a NumPy scalar, a column, a JAX array."""
    return hasattr(value, "__array__") and hasattr(value, "dtype")


def kind_of(value: Any) -> str:
    """Of what the elements of an array or tensor are: `float`, `int`, `bool`, or `other`."""
    name = str(value.dtype).rpartition(".")[2]
    if name == "bool":
        return "bool"
    for prefix, kind in (("float", "float"), ("bfloat", "float"), ("int", "int"), ("uint", "int")):
        if name.startswith(prefix):
            return kind
    return "other"


def to_numpy(value: Any) -> Any:
    """An array of a tensor or an array; of numbers that NumPy does not know, as float32."""
    if not is_tensor(value):
        return value
    optional.module("numpy", "pytorch", "to record tensors")
    import torch

    if value.layout is not torch.strided:
        value = value.to_dense()
    if value.is_floating_point() and value.dtype not in (torch.float32, torch.float64):
        value = value.float()
    return value.numpy(force=True)
