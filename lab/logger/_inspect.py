"""What an object is, in a few lines of text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from itertools import islice
from typing import Any

from lab.logger._styles import Text
from lab.logger._words import compact
from lab.steps import Part

__all__ = ["described"]

_MOST_ENTRIES = 20
_MOST_DEPTH = 4
_MOST_LETTERS = 100
_FEW = 10  # numbers that are shown one by one
_PLAIN = frozenset((bool, int, float, str, type(None)))
_MOST_READ = 10_000_000  # numbers that are looked through


def described(
    name: str, value: Any, depth: int = 0, within: tuple[int, ...] = ()
) -> Iterator[list[Part]]:
    """One line for a value, and one for each of the entries within it.

    Args:
        name: what it is called.
        value: any object.
        depth: how far it is indented.
        within: the ids of the objects that it is an entry of.
    """
    head: list[Part] = ["  " * depth, (name, Text.key if depth else Text.heading), ": "]
    entries = _entries(value)
    if entries is None or not len(value):
        yield [*head, *_in_words(value)]
        return
    what = type(value).__name__
    if id(value) in within or depth >= _MOST_DEPTH:
        why = " (contains itself)" if id(value) in within else ""
        yield [*head, (f"{what} of {len(value):,}{why}", Text.subtle)]
        return
    yield [*head, (f"{what} of {len(value):,}", Text.subtle)]
    for key, one in islice(entries, _MOST_ENTRIES):
        yield from described(key, one, depth + 1, (*within, id(value)))
    if len(value) > _MOST_ENTRIES:
        yield ["  " * (depth + 1), (f"... {len(value) - _MOST_ENTRIES:,} more", Text.subtle)]


def _entries(value: Any) -> Iterator[tuple[str, Any]] | None:
    """The entries of a mapping, of a sequence of anything but plain values, or of a named tuple."""
    if isinstance(value, Mapping):
        return ((str(key), one) for key, one in value.items())
    fields = getattr(value, "_fields", None)
    if isinstance(value, tuple) and fields:
        return iter(zip(map(str, fields), value, strict=False))
    if isinstance(value, (Sequence, Set)) and not isinstance(value, (str, bytes, range)):
        is_short = len(value) <= _FEW and all(type(one) in _PLAIN for one in value)
        if is_short and len(repr(value)) <= _MOST_LETTERS:
            return None
        return ((str(position), one) for position, one in enumerate(value))
    return None


def _in_words(value: Any) -> list[Part]:
    shape = getattr(value, "shape", None)
    if shape is not None and hasattr(value, "dtype"):
        return _array(value, list(shape))
    parameters = getattr(value, "parameters", None)
    if callable(parameters) and hasattr(value, "state_dict"):
        count = sum(one.numel() for one in parameters())
        words: list[Part] = [(type(value).__name__, Text.value)]
        return [*words, (f"  {count:,} parameters", Text.subtle)]
    return [(_text(value), Text.value)]


def _text(value: Any) -> str:
    try:
        text = value if isinstance(value, str) else repr(value)
    except Exception as error:  # it cannot even say what it is
        text = f"{type(value).__name__} (its repr raises {type(error).__name__})"
    text = text.replace("\n", "\\n") if isinstance(value, str) else " ".join(text.split())
    return text if len(text) <= _MOST_LETTERS else f"{text[: _MOST_LETTERS - 3]}..."


def _array(value: Any, shape: list[int]) -> list[Part]:
    dtype = str(value.dtype).removeprefix("torch.")
    parts: list[Part] = [(f"{type(value).__name__} {dtype} {shape}", Text.value)]
    device = getattr(value, "device", None)
    if device is not None and str(device) != "cpu":
        parts.append((f"  on {device}", Text.meta))
    if getattr(value, "requires_grad", False):
        parts.append(("  with gradient", Text.meta))
    try:
        numbers = _numbers(value, dtype)
    except (NotImplementedError, RuntimeError, TypeError):  # sparse, without data, ...
        numbers = ""
    if numbers:
        parts.append((f"  {numbers}", Text.subtle))
    return parts


def _numbers(value: Any, dtype: str) -> str:
    """The numbers of a small array, of others the least, the mean and the largest one."""
    size = 1
    for length in value.shape:
        size *= int(length)
    if not 0 < size <= _MOST_READ or not dtype.startswith(
        ("float", "bfloat", "int", "uint", "bool")
    ):
        return ""
    flat = value.detach() if hasattr(value, "detach") else value
    if size <= _FEW:
        numbers = [flat.item()] if not value.shape else flat.reshape(-1).tolist()
        return " ".join(str(n) if isinstance(n, bool) else compact(n) for n in numbers)
    if dtype.startswith("bool"):
        return f"{int(flat.sum()):,} of {size:,} true"
    wide = flat.double() if hasattr(flat, "double") else flat.astype("float64")
    low, mean, high = float(flat.min()), float(wide.mean()), float(flat.max())
    if not dtype.startswith(("float", "bfloat")):
        return f"{int(low):,} to {int(high):,}, mean {compact(mean)}"
    return f"{compact(low)} to {compact(high)}, mean {compact(mean)}"
