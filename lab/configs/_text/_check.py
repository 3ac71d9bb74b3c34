"""Values that are no text against annotations; nothing is converted."""

from __future__ import annotations

import collections.abc as abc
import sys
import typing
from collections import deque
from itertools import islice
from typing import Any

from lab.configs._text._constraints import check_constraints
from lab.configs._text._mismatch import Mismatch
from lab.configs._text._types import (
    DICTS,
    LISTS,
    SETS,
    NoneType,
    class_of,
    hints_of,
    is_anything,
    is_typed_dict,
    members_of,
    peel,
)
from lab.configs._text._words import describe

_MAX_ITEMS = 1000
_MAX_DEPTH = 50
_NUMBERS = {bool: "b", int: "iu", float: "iuf", complex: "iufc"}  # letters as in numpy's dtype.kind
_EXACT = (int, float, complex, bool, str, bytes, NoneType)


def fits(value: Any, annotation: Any, depth: int = 0) -> None:
    """Refuses a value that does not fit an annotation.

    Raises:
        Mismatch: with the path to the part that does not fit.
    """
    core, metadata = peel(annotation)
    if depth > _MAX_DEPTH:
        return
    try:
        _fits_core(value, core, depth)
        if metadata:
            check_constraints(value, metadata)
    except Mismatch as problem:
        if not problem.path:
            problem.expected = describe(annotation)
        raise


def _fits_core(value: Any, core: Any, depth: int) -> None:
    if is_anything(core):
        return
    members = members_of(core)
    if members is not None:
        _fits_union(value, members, depth)
        return
    origin = typing.get_origin(core)
    args = typing.get_args(core)
    if origin is typing.Literal:
        _fits_literal(value, args)
    elif is_typed_dict(core):
        _fits_typed_dict(value, core, depth)
    elif not _is_instance(value, class_of(core)):
        raise Mismatch("", given=value)
    elif args:
        _fits_parts(value, class_of(core), args, depth)


def _is_instance(value: Any, cls: Any) -> bool:
    if cls in _NUMBERS:
        return is_number(value, cls)
    if getattr(cls, "_is_protocol", False) and not getattr(cls, "_is_runtime_protocol", False):
        return True
    try:
        return isinstance(value, cls) or (cls not in _EXACT and is_double(value))
    except Exception:  # a class that cannot judge, so that it checks nothing
        return True


def is_number(value: Any, cls: type) -> bool:
    """Whether a value is a number of a kind, scalars of numpy included; a bool is a number of no other kind."""
    if isinstance(value, bool):
        return cls is bool
    if cls is not bool and isinstance(value, (cls, int)):
        return True
    if cls is complex and isinstance(value, float):
        return True
    if is_numpy_scalar(value):
        return value.dtype.kind in _NUMBERS[cls]
    return False


def is_numpy_scalar(value: object) -> bool:
    """Whether a value is a scalar of numpy; an array without dimensions is none."""
    bases = type(value).__mro__
    return any(base.__module__ == "numpy" and base.__name__ == "generic" for base in bases)


def is_double(value: Any) -> bool:
    """Whether a value is a test double of `unittest.mock`, which may stand for an object of any class."""
    mock = sys.modules.get("unittest.mock")
    return mock is not None and isinstance(value, mock.NonCallableMock)


def _fits_union(value: Any, members: tuple[Any, ...], depth: int) -> None:
    problems = []
    for member in members:
        try:
            fits(value, member, depth + 1)
            return
        except Mismatch as problem:  # the next member may fit
            problems.append(problem)
    raise nearest_problem(problems, value)


def nearest_problem(problems: list[Mismatch], value: object) -> Mismatch:
    """The problem with a union that says most: one with a part of the value, or with a constraint."""
    serious = [problem for problem in problems if problem.expected != "None"]
    telling = [problem for problem in serious if problem.path or problem.kind == "value"]
    for found in (serious, telling):
        if len(found) == 1:
            return found[0]
    kind: typing.Literal["type", "value"] = "value" if telling else "type"
    return Mismatch("", kind=kind, given=value)


def _fits_literal(value: Any, choices: tuple[Any, ...]) -> None:
    if not any(type(value) is type(choice) and value == choice for choice in choices):
        is_kind = any(type(value) is type(choice) for choice in choices)
        raise Mismatch("", kind="value" if is_kind else "type", given=value)


def _fits_typed_dict(value: Any, cls: Any, depth: int) -> None:
    if not isinstance(value, dict):
        raise Mismatch("", given=value)
    hints = hints_of(cls)
    check_keys(value, set(hints), required_keys(cls, hints))
    for key, item in value.items():
        _part(item, hints[key], f".{key}", depth)


def required_keys(cls: Any, hints: dict[str, Any]) -> set[str]:
    """The keys of a `TypedDict` that must be there."""
    required = set(getattr(cls, "__required_keys__", hints))
    for key, hint in hints.items():  # not known to the class where its annotations are text
        name = getattr(typing.get_origin(hint), "_name", "")
        if name == "NotRequired":
            required.discard(key)
        elif name == "Required":
            required.add(key)
    return required


def check_keys(given: abc.Iterable[Any], known: set[str], required: set[str]) -> None:
    """Refuses keys that are not known, and the lack of required ones.

    Raises:
        Mismatch: says which key it is.
    """
    found = set()
    for key in given:
        if key not in known:
            from lab.errors import nearest

            close = nearest(str(key), known, 1)
            hint = (
                f"; did you mean {close[0]!r}?"
                if close
                else f"; there are {', '.join(sorted(known))}"
            )
            raise Mismatch("", f"unknown key {str(key)!r}{hint}", given=given)
        found.add(key)
    missing = sorted(required - found)
    if missing:
        raise Mismatch("", f"{', '.join(repr(key) for key in missing)} is missing", given=given)


def _fits_parts(value: Any, cls: Any, args: tuple[Any, ...], depth: int) -> None:
    """The items of Python's own containers; of others nothing is read, for reading may cost or change them."""
    if cls is type:
        _fits_class(value, args[0])
    elif cls is tuple:
        _fits_tuple(value, args, depth)
    elif cls in DICTS and isinstance(value, dict) and len(args) == 2:
        for key, item in islice(value.items(), _MAX_ITEMS):
            _part(key, args[0], f" key {key!r}" if isinstance(key, str) else " key", depth)
            _part(item, args[1], f"[{key!r}]" if isinstance(key, str) else "[...]", depth)
    elif cls in LISTS and isinstance(value, (list, tuple, deque)):
        for index, item in enumerate(islice(value, _MAX_ITEMS)):
            _part(item, args[0], f"[{index}]", depth)
    elif cls in SETS | LISTS and isinstance(value, (set, frozenset, dict)):
        for item in islice(value, _MAX_ITEMS):
            _part(item, args[0], " one item", depth)


def _part(value: Any, annotation: Any, label: str, depth: int) -> None:
    try:
        fits(value, annotation, depth + 1)
    except Mismatch as problem:
        raise problem.within(label) from None


def _fits_tuple(value: Any, args: tuple[Any, ...], depth: int) -> None:
    if args[-1] is Ellipsis:
        args = (args[0],) * min(len(value), _MAX_ITEMS)
    elif has_unpacked(args):
        return
    elif len(args) != len(value):
        raise Mismatch("", f"{len(value)} items instead of {len(args)}", given=value)
    for index, (item, annotation) in enumerate(zip(value, args, strict=False)):
        _part(item, annotation, f"[{index}]", depth)


def has_unpacked(args: tuple[Any, ...]) -> bool:
    """Whether a tuple has types unpacked inside, so that its length is free."""
    return any(repr(arg).startswith("*") or "Unpack[" in repr(arg) for arg in args)


def _fits_class(value: Any, annotation: Any) -> None:
    core, _ = peel(annotation)
    members = members_of(core) or (core,)
    for member in members:
        cls = class_of(peel(member)[0])
        if not isinstance(cls, type) or is_anything(cls) or not isinstance(value, type):
            return
        try:
            if issubclass(value, cls):
                return
        except TypeError:
            return
    raise Mismatch("", given=value)
