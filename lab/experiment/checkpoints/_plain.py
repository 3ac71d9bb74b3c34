"""States as data that is safe to read: numbers, text, containers and tensors.

PyTorch reads that and nothing else with `weights_only=True`. Arrays of numpy and some containers are
not among it; they are written as dictionaries with the key `__lab__`, and come back as what they were.
"""

from __future__ import annotations

import sys
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from typing import Any

from lab.errors import CheckpointError

__all__ = ["as_plain", "copied", "from_plain"]

_MARK = "__lab__"
_PLAIN = frozenset((type(None), bool, int, float, complex, str, bytes, bytearray))
_FACTORIES = {kind.__name__: kind for kind in (list, dict, set, int, float, str)}
_TORCH = ("Size", "dtype", "device")  # beside tensors


def as_plain(value: Any, owner: str) -> Any:
    """The value as data that is safe to read; itself, where it is that already.

    Args:
        value: a state, as `state_dict()` gives it.
        owner: whose it is, for errors.

    Raises:
        CheckpointError: it holds something else.
    """
    return _Writing(owner).walk(value, ())


def from_plain(value: Any) -> Any:
    """The value that `as_plain` was given."""
    return _Reading().walk(value)


def copied(value: Any) -> Any:
    """A copy that no later change reaches; its tensors are in the memory of the CPU."""
    return _Copying().walk(value, ())


class _Writing:
    """A walk through a state that knows where it is."""

    def __init__(self, owner: str) -> None:
        self._owner = owner

    def walk(self, value: Any, path: tuple[Any, ...]) -> Any:
        kind = type(value)
        if kind in _PLAIN or _is_of_torch(value):
            return value
        if kind in (dict, OrderedDict, Counter):
            pairs = {key: self.walk(item, (*path, key)) for key, item in value.items()}
            if all(pairs[key] is item for key, item in value.items()):
                return self._with_plain_keys(value, path)
            return self._with_plain_keys(kind(pairs), path)
        if kind in (list, tuple):
            return kind(self.walk(item, (*path, i)) for i, item in enumerate(value))
        if kind is set:
            return value if _PLAIN.issuperset(map(type, value)) else self._refuse(value, path)
        return self._marked(value, path)

    def _marked(self, value: Any, path: tuple[Any, ...]) -> Any:
        """What PyTorch does not read, as a dictionary that says what it is."""
        kind = type(value)
        if kind is frozenset:
            return {_MARK: "frozenset", "items": self.walk(list(value), path)}
        if kind is deque:
            items = self.walk(list(value), path)
            return {_MARK: "deque", "items": items, "maxlen": value.maxlen}
        if kind is defaultdict:
            factory = getattr(value.default_factory, "__name__", "")
            if value.default_factory in (None, _FACTORIES.get(factory)):
                items = self.walk(dict(value), path)
                return {_MARK: "defaultdict", "items": items, "factory": factory}
        numpy = sys.modules.get("numpy")
        if numpy is not None and isinstance(value, (numpy.ndarray, numpy.generic)):
            if value.dtype.hasobject or value.dtype.fields or value.dtype.kind == "V":
                self._refuse(value, path)
            data = bytearray(value.tobytes())
            what = "array" if kind is numpy.ndarray else "number"
            shape = list(value.shape)
            return {_MARK: what, "dtype": value.dtype.str, "shape": shape, "data": data}
        return self._refuse(value, path)

    def _with_plain_keys(self, value: Any, path: tuple[Any, ...]) -> Any:
        for key in value:
            if type(key) is tuple:
                self.walk(key, (*path, key))
            elif type(key) not in _PLAIN:
                self._refuse(key, (*path, key))
        return value

    def _refuse(self, value: Any, path: tuple[Any, ...]) -> Any:
        place = "".join(f"[{key!r}]" for key in path)
        raise CheckpointError(
            f"the state of {self._owner!r} holds {_words(value)}{' at ' + place if place else ''}, "
            "which cannot be read back safely; a state is made of numbers, text, lists, tuples, "
            "dictionaries, sets, tensors and arrays"
        )


class _Reading:
    """The way back."""

    def walk(self, value: Any) -> Any:
        kind = type(value)
        if kind in (dict, OrderedDict, Counter):
            if _MARK in value:
                return self._unmarked(value)
            for key, item in value.items():
                value[key] = self.walk(item)
            return value
        if kind in (list, tuple):
            return kind(self.walk(item) for item in value)
        return value

    def _unmarked(self, value: dict[str, Any]) -> Any:
        what = value[_MARK]
        if what == "frozenset":
            return frozenset(self.walk(value["items"]))
        if what == "deque":
            return deque(self.walk(value["items"]), value["maxlen"])
        if what == "defaultdict":
            return defaultdict(_FACTORIES.get(value["factory"]), self.walk(value["items"]))
        import numpy

        array = numpy.frombuffer(value["data"], numpy.dtype(value["dtype"]))
        array = array.reshape(value["shape"])
        return array[()] if what == "number" else array


class _Copying(_Writing):
    """A walk that makes everything anew."""

    def __init__(self) -> None:
        super().__init__("")

    def walk(self, value: Any, path: tuple[Any, ...]) -> Any:
        torch = sys.modules.get("torch")
        if torch is not None and isinstance(value, torch.Tensor):
            return value.detach().to("cpu", copy=True)
        kind = type(value)
        if kind in (dict, OrderedDict):
            made: Any = kind((key, self.walk(item, path)) for key, item in value.items())
            if hasattr(value, "_metadata"):  # the versions of a model's parts
                made._metadata = value._metadata
            return made
        if kind in (list, tuple):
            return kind(self.walk(item, path) for item in value)
        import copy

        return copy.deepcopy(value)


def _is_of_torch(value: Any) -> bool:
    torch = sys.modules.get("torch")
    if torch is None:
        return False
    kinds: tuple[type, ...] = (torch.Tensor, *(getattr(torch, name) for name in _TORCH))
    return isinstance(value, kinds)


def _words(value: Any) -> str:
    kind = type(value)
    what = f"{kind.__module__}.{kind.__qualname__}".removeprefix("builtins.")
    dtype: Callable[[], Any] | None = getattr(value, "dtype", None)
    return f"an object of {what}" + ("" if dtype is None else f" of {dtype}")
