"""Annotations in words, for messages and help."""

from __future__ import annotations

import collections.abc as abc
import os
import pathlib
import sys
import types
import typing
from typing import Any

from lab.configs._text._constraints import words
from lab.configs._text._types import (
    DICTS,
    LISTS,
    SETS,
    NoneType,
    class_of,
    is_anything,
    is_enum,
    members_of,
    peel,
)

_MAX_DEPTH = 4  # an alias may contain itself
_MAX_CHOICES = 12
_COMPOUND = (", ", " or ", " to ", " >", " <")


def describe(annotation: object) -> str:
    """An annotation in words: `int >= 1`, `one of 'a', 'b'`, `list of int`, `float or None`, `torch.nn.Module`."""
    return _describe(annotation, 0)


def _describe(annotation: Any, depth: int) -> str:
    core, metadata = peel(annotation)
    if depth > _MAX_DEPTH:
        return "..."
    base = _core(core, depth)
    return words(base, metadata) if metadata else base


def _core(core: Any, depth: int) -> str:
    if is_anything(core):
        return "anything"
    if core is NoneType:
        return "None"
    members = members_of(core)
    if members is not None:
        return _union(members, depth)
    args = typing.get_args(core)
    origin = typing.get_origin(core)
    if origin is typing.Literal:
        return _choices([repr(member) for member in args])
    cls = class_of(core)
    if cls is abc.Callable:
        return "callable"
    if cls is type:
        return _class(args, depth)
    if cls is tuple:
        return _tuple(core, args, depth)
    if args and (cls in LISTS or cls in SETS) and len(args) == 1:
        return f"{cls.__name__.lower()} of {_inner(args[0], depth)}"
    if args and cls in DICTS and len(args) == 2:
        return f"{cls.__name__.lower()} of {_inner(args[0], depth)} to {_inner(args[1], depth)}"
    if is_enum(cls) and cls.__members__:
        return _choices([repr(name) for name in cls.__members__])
    if cls is os.PathLike or (isinstance(cls, type) and issubclass(cls, pathlib.PurePath)):
        return "path"
    return name_of(cls) if isinstance(cls, type) else repr(core)


def _inner(annotation: Any, depth: int) -> str:
    """A type inside another one, in parentheses where it could not be told apart from what surrounds it."""
    text = _describe(annotation, depth + 1)
    return f"({text})" if any(mark in text for mark in _COMPOUND) else text


def _union(members: tuple[Any, ...], depth: int) -> str:
    texts = list(dict.fromkeys(_describe(member, depth + 1) for member in members))
    if "None" in texts:  # last, where it reads best
        texts.remove("None")
        texts.append("None")
    texts = [f"({text})" if ", " in text and len(texts) > 1 else text for text in texts]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} or {texts[-1]}"


def _choices(texts: list[str]) -> str:
    if len(texts) == 1:
        return texts[0]
    more = [f"... ({len(texts)} in all)"] if len(texts) > _MAX_CHOICES else []
    return f"one of {', '.join(texts[:_MAX_CHOICES] + more)}"


def _class(args: tuple[Any, ...], depth: int) -> str:
    if not args or is_anything(peel(args[0])[0]):
        return "class"
    return f"subclass of {_inner(args[0], depth)}"


def _tuple(core: Any, args: tuple[Any, ...], depth: int) -> str:
    if not args:
        is_bare = core is tuple or core is typing.Tuple  # noqa: UP006  # the old spelling is the question
        return "tuple" if is_bare else "empty tuple"
    if len(args) == 2 and args[1] is Ellipsis:
        return f"tuple of {_inner(args[0], depth)}"
    return f"tuple ({', '.join(_describe(arg, depth + 1) for arg in args)})"


def name_of(cls: type) -> str:
    """The shortest name under which users find a class: `torch.nn.Module`, `int`."""
    name, module = cls.__qualname__, cls.__module__
    if module in ("builtins", "__main__") or "<locals>" in name:
        return cls.__name__
    parts = module.split(".")
    for count in range(1, len(parts)):
        outer = ".".join(parts[:count])
        loaded = sys.modules.get(outer)
        if isinstance(loaded, types.ModuleType) and vars(loaded).get(name) is cls:
            return f"{outer}.{name}"
    return f"{module}.{name}"
