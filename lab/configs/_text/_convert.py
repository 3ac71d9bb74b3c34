"""Values and text against annotations: `check` what code gives, convert what text says."""

from __future__ import annotations

import typing
from collections import defaultdict, deque
from collections.abc import Iterator
from typing import Any

from lab.configs._markers import UNSET
from lab.configs._text._check import fits, has_unpacked, nearest_problem
from lab.configs._text._constraints import check_constraints
from lab.configs._text._mismatch import Mismatch
from lab.configs._text._parsing import MAX_DEPTH, Text, parse_value
from lab.configs._text._records import is_record, make_record
from lab.configs._text._scalars import is_null, read_bool, read_float, read_int, read_scalar
from lab.configs._text._texts import from_leaf
from lab.configs._text._types import (
    DICTS,
    LISTS,
    SETS,
    NoneType,
    accepts_text,
    class_of,
    is_anything,
    is_type,
    members_of,
    peel,
)
from lab.configs._text._words import describe
from lab.errors import OverrideSyntaxError

__all__ = [
    "MISSING",
    "Mismatch",
    "accepts_text",
    "check",
    "convert_leaves",
    "describe",
    "from_text",
    "is_type",
]

MISSING = UNSET

_FAST: dict[Any, Any] = {float: read_float, int: read_int, bool: read_bool}
_WIDER: dict[type, tuple[type, ...]] = {int: (int, float, complex), float: (float, complex)}
_PARTS = (list, tuple, set, frozenset, dict)


def check(value: object, annotation: object, default: object = MISSING) -> None:
    """Refuses a value that does not fit an annotation; the value is never changed.

    Args:
        value: as code gives it.
        annotation: what is no type checks nothing.
        default: where it is None, None fits.

    Raises:
        Mismatch: the value does not fit.
    """
    kind = type(value)
    if kind is annotation or (value is None and default is None):
        return
    if annotation is float and kind is int:
        return
    try:
        fits(value, annotation)
    except Mismatch as problem:
        raise problem.of_whole(describe(annotation)) from None


def from_text(text: str, annotation: object, default: object = MISSING) -> Any:
    """Text that code gives, in the annotated type; text that fits as it is stays as it is.

    Raises:
        Mismatch: the text is no value of the type.
    """
    if type(text) is str:
        if annotation is str:
            return text
        read = _FAST.get(annotation) if type(annotation) is type else None
        found = read(text) if read else None
        if found is not None:
            return found
    if isinstance(text, Text):
        return convert_leaves(text, annotation, default)
    if (
        not is_anything(peel(annotation)[0])
        and accepts_text(annotation)
        and _fits(text, annotation)
    ):
        return text
    problem = None
    for reading in _readings(text):
        try:
            return convert_leaves(reading, annotation, default)
        except Mismatch as found_problem:  # the next reading may fit
            problem = problem or found_problem
    if problem is not None and text.lstrip()[:1] in ("[", "{"):
        problem = _with_syntax(problem, text)
    raise problem or Mismatch(describe(annotation), given=text)


def _readings(text: str) -> Iterator[object]:
    """What text may mean, likeliest first: a list, dict or quoted text, or just what stands there."""
    if text.lstrip()[:1] in ("[", "{", "'", '"'):
        try:
            parsed = parse_value(text)
        except OverrideSyntaxError:
            parsed = None  # text that only begins so, such as a path
        if parsed is not None:
            yield parsed
    yield Text(text)


def _with_syntax(problem: Mismatch, text: str) -> Mismatch:
    """The problem, with what is wrong with the brackets where that is why the text was not read as a list."""
    try:
        parse_value(text)
    except OverrideSyntaxError as error:
        return Mismatch(problem.expected, error.problem, "value", text)
    return problem


def convert_leaves(value: object, annotation: object, default: object = MISSING) -> Any:
    """A value as `parse_value` or a YAML file gives it, in the annotated type.

    Args:
        value: `Text`, a `str` that was quoted, any other scalar, or lists and dicts of these.
        annotation: where it is no type, YAML 1.2 decides what `Text` means.
        default: where it is None, None fits.

    Raises:
        Mismatch: the value does not fit.
    """
    if default is None and (value is None or (isinstance(value, Text) and is_null(value))):
        return None
    try:
        return _fit(value, annotation, 0)
    except Mismatch as problem:
        raise problem.of_whole(describe(annotation)) from None


def _fits(value: object, annotation: object) -> bool:
    try:
        fits(value, annotation)
    except Mismatch:
        return False
    return True


def _fit(value: Any, annotation: Any, depth: int) -> Any:
    core, metadata = peel(annotation)
    try:
        if depth > MAX_DEPTH + 1:
            raise Mismatch("", f"nested more than {MAX_DEPTH} deep", "value", value)
        found = _fit_core(value, core, depth)
        if metadata:
            check_constraints(found, metadata)
    except Mismatch as problem:
        if not problem.path:
            problem.expected = describe(annotation)
        raise
    return found


def _fit_core(value: Any, core: Any, depth: int) -> Any:
    if is_anything(core):
        return _plain(value, depth)
    members = members_of(core)
    if members is not None:
        return _fit_union(value, members, depth)
    if isinstance(value, str):
        return from_leaf(value, core)
    if isinstance(value, _PARTS):
        return _fit_parts(value, core, depth)
    fits(value, core)
    return _to_float(value) if core is float and type(value) is int else value


def _to_float(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        raise Mismatch("", "too large", "value", value) from None


def _plain(value: Any, depth: int) -> Any:
    """A value for which no type is asked: text as YAML 1.2 reads it, and containers of it."""
    if isinstance(value, Text):
        return read_scalar(value)
    if depth > MAX_DEPTH + 1 and isinstance(value, _PARTS):
        raise Mismatch("", f"nested more than {MAX_DEPTH} deep", "value", value)
    if type(value) is dict:
        found = {_plain(key, depth): _plain(item, depth + 1) for key, item in value.items()}
        if len(found) < len(value):
            raise Mismatch("", "two of its keys are the same value", "value", value)
        return found
    if type(value) in (list, tuple, set, frozenset):
        return type(value)(_plain(item, depth + 1) for item in value)
    return value


def _fit_union(value: Any, members: tuple[Any, ...], depth: int) -> Any:
    """The member that is exactly of the kind that text looks like, else the first one that it fits."""
    cores = [peel(member)[0] for member in members]
    order: list[Any] = []
    if isinstance(value, Text):
        if NoneType in cores and is_null(value):
            return None
        natural = type(read_scalar(value))
        for kind in _WIDER.get(natural, (natural,)):
            order += [m for m, core in zip(members, cores, strict=True) if core is kind]
    elif isinstance(value, str):
        order += [m for m, core in zip(members, cores, strict=True) if core is str]
    elif not isinstance(value, _PARTS):
        order += [m for m, core in zip(members, cores, strict=True) if core is type(value)]
    problems = []
    for member in (*order, *(m for m in members if all(m is not o for o in order))):
        try:
            return _fit(value, member, depth + 1)
        except Mismatch as problem:  # the next member may fit
            problems.append(problem)
    raise nearest_problem(problems, value)


def _fit_parts(value: Any, core: Any, depth: int) -> Any:
    cls = class_of(core)
    args = typing.get_args(core)
    if isinstance(value, dict):
        return _fit_dict(value, cls, args, core, depth)
    if cls in LISTS:
        items = _fit_items(value, args[0] if args else Any, depth)
        return deque(items) if cls is deque else items
    if cls in SETS:
        return _fit_set(_fit_items(value, args[0] if args else Any, depth), cls, value)
    if cls is tuple:
        return _fit_tuple(value, core, args, depth)
    if isinstance(cls, type) and issubclass(cls, tuple) and hasattr(cls, "_fields"):
        if len(value) > len(cls._fields):
            raise Mismatch("", f"{len(value)} items instead of {len(cls._fields)}", given=value)
        return _fit_record(dict(zip(cls._fields, value, strict=False)), cls, depth)
    return _as_it_is(value, core, depth)


def _fit_dict(value: dict[Any, Any], cls: Any, args: tuple[Any, ...], core: Any, depth: int) -> Any:
    if is_record(cls):
        return _fit_record(value, cls, depth)
    if cls not in DICTS:
        return _as_it_is(value, core, depth)
    of_key, of_item = args if len(args) == 2 else (Any, Any)
    found: dict[Any, Any] = {}
    for key, item in value.items():
        label = str(key) if isinstance(key, str) else key
        fitted = _fit_part(key, of_key, depth, f" key {label!r}")
        try:
            is_known = fitted in found
        except TypeError:
            raise Mismatch("", f"key {label!r} cannot be a key", "value", value) from None
        if is_known:
            raise Mismatch("", "two of its keys are the same value", "value", value)
        found[fitted] = _fit_part(item, of_item, depth, f"[{label!r}]")
    if cls is defaultdict:
        return defaultdict(None, found)
    return cls(found) if isinstance(cls, type) and issubclass(cls, dict) else found


def _as_it_is(value: Any, core: Any, depth: int) -> Any:
    """A container for a type that asks nothing of its items, such as `Sized`."""
    found = _plain(value, depth)
    fits(found, core)
    return found


def _fit_part(value: Any, annotation: Any, depth: int, label: str) -> Any:
    try:
        return _fit(value, annotation, depth + 1)
    except Mismatch as problem:
        raise problem.within(label) from None


def _fit_items(value: Any, annotation: Any, depth: int) -> list[Any]:
    return [_fit_part(item, annotation, depth, f"[{i}]") for i, item in enumerate(value)]


def _fit_set(items: list[Any], cls: Any, value: object) -> Any:
    try:
        return frozenset(items) if cls is frozenset else set(items)
    except TypeError as error:
        raise Mismatch("", str(error), "value", value) from None


def _fit_tuple(value: Any, core: Any, args: tuple[Any, ...], depth: int) -> tuple[Any, ...]:
    if args[-1:] == (Ellipsis,):
        return tuple(_fit_items(value, args[0], depth))
    is_bare = not args and typing.get_origin(core) is None
    if is_bare or core is typing.Tuple or has_unpacked(args):  # noqa: UP006  # asked about, not used
        return tuple(_fit_items(value, Any, depth))
    types = () if args == ((),) else args
    if len(types) != len(value):
        raise Mismatch("", f"{len(value)} items instead of {len(types)}", given=value)
    return tuple(
        _fit_part(item, annotation, depth, f"[{index}]")
        for index, (item, annotation) in enumerate(zip(value, types, strict=True))
    )


def _fit_record(value: dict[Any, Any], cls: Any, depth: int) -> Any:
    def fit(item: Any, annotation: Any, default: Any, label: str) -> Any:
        if default is None and (item is None or (isinstance(item, Text) and is_null(item))):
            return None
        return _fit_part(item, annotation, depth, label)

    return make_record(value, cls, fit, lambda item: _plain(item, depth))
