"""Annotations taken apart: the type inside the wrappers, and what kind of type it is."""

from __future__ import annotations

import collections
import collections.abc as abc
import types
import typing
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

NoneType = type(None)
_T = TypeVar("_T")
_MAX_KNOWN = 2000

# Wrappers that say something about a name, not about its value; typing_extensions has its own on older Pythons.
_WRAPPERS = frozenset({"Final", "ClassVar", "Required", "NotRequired", "ReadOnly"})
_UNIONS: tuple[object, ...] = (typing.Union, types.UnionType)
_NO_TYPE = frozenset({("inspect", "_empty"), ("inspect", "Parameter")})

LISTS: frozenset[object] = frozenset(
    {list, collections.deque, abc.Sequence, abc.MutableSequence, abc.Collection, abc.Iterable}
    | {abc.Container, abc.Reversible}
)
SETS: frozenset[object] = frozenset({set, frozenset, abc.Set, abc.MutableSet})
DICTS: frozenset[object] = frozenset(
    {dict, collections.OrderedDict, collections.defaultdict, abc.Mapping, abc.MutableMapping}
)


def by_identity(function: Callable[[Any], _T]) -> Callable[[Any], _T]:
    """Remembers what a function says of an annotation; by identity, for unions equal each other in any order."""
    known: dict[int, tuple[Any, _T]] = {}

    @wraps(function)
    def remembered(annotation: Any) -> _T:
        entry = known.get(id(annotation))
        if entry is None or entry[0] is not annotation:
            if len(known) >= _MAX_KNOWN:
                known.clear()
            entry = known[id(annotation)] = (annotation, function(annotation))
        return entry[1]

    return remembered


@by_identity
def peel(annotation: Any) -> tuple[Any, tuple[Any, ...]]:
    """The type inside `Annotated`, `Final`, new types, aliases and type variables, and what `Annotated` says of it."""
    metadata: tuple[Any, ...] = ()
    for _ in range(100):  # an alias may stand for itself
        if type(annotation) is type:
            return annotation, metadata
        if isinstance(annotation, str) or annotation is None:
            return (NoneType if annotation is None else Any), metadata
        origin = typing.get_origin(annotation)
        if origin is typing.Annotated:
            metadata = (*annotation.__metadata__, *metadata)
        inner = _peel_one(annotation, origin)
        if inner is annotation:
            return annotation, metadata
        annotation = inner
    return Any, metadata


def _peel_one(annotation: Any, origin: Any) -> Any:
    """One wrapper less, or the same annotation."""
    if origin is typing.Annotated:
        return annotation.__origin__
    kind = type(annotation).__name__
    if getattr(origin, "_name", None) in _WRAPPERS:
        return typing.get_args(annotation)[0]
    if isinstance(annotation, typing.NewType):
        return annotation.__supertype__
    if kind == "TypeAliasType" or type(origin).__name__ == "TypeAliasType":
        return _alias(annotation, origin, kind)
    if isinstance(annotation, typing.TypeVar):
        if annotation.__constraints__:
            return typing.Union[annotation.__constraints__]  # noqa: UP007  # made from a tuple
        return Any if annotation.__bound__ is None else annotation.__bound__
    if kind == "InitVar":
        return annotation.type
    if getattr(annotation, "_name", None) == "LiteralString":
        return str
    return annotation


def _alias(annotation: Any, origin: Any, kind: str) -> Any:
    """What a PEP 695 alias stands for; it is evaluated only now, and may name what does not exist."""
    try:
        if kind == "TypeAliasType":
            return annotation.__value__
        return origin.__value__[typing.get_args(annotation)]
    except Exception:
        return Any


def is_type(annotation: object) -> bool:
    """Whether an annotation is a type that values can be checked against.

    It is not for `any`, a module, text that could not be resolved, and other objects; these check nothing.
    """
    core, _ = peel(annotation)
    if core is Any:
        return not isinstance(annotation, (str, typing.ForwardRef))
    if isinstance(core, type):
        return (core.__module__, core.__name__) not in _NO_TYPE
    return typing.get_origin(core) is not None


@by_identity
def is_anything(core: Any) -> bool:
    """Whether every value fits a peeled annotation, or it is no type."""
    return core is Any or core is object or not is_type(core)


@by_identity
def members_of(core: Any) -> tuple[Any, ...] | None:
    """The members of a union, unions inside it taken apart; None for what is no union."""
    if typing.get_origin(core) not in _UNIONS:
        return None
    found: list[Any] = []
    for member in typing.get_args(core):
        inner, metadata = peel(member)
        nested = None if metadata else members_of(inner)
        found.extend([member] if nested is None else nested)
    return tuple(found)


@by_identity
def class_of(core: Any) -> Any:
    """The class of a peeled annotation, without its arguments."""
    return typing.get_origin(core) or core


def is_typed_dict(core: Any) -> bool:
    """Whether a class is a `TypedDict`."""
    return isinstance(core, type) and issubclass(core, dict) and hasattr(core, "__total__")


def is_enum(core: Any) -> bool:
    """Whether a class is an `Enum`."""
    return isinstance(core, type) and hasattr(core, "__members__") and hasattr(core, "_missing_")


def hints_of(cls: Any) -> dict[str, Any]:
    """The annotations of a class by name, with those that cannot be resolved left as text."""
    try:
        return typing.get_type_hints(cls, include_extras=True)
    except Exception:
        found: dict[str, Any] = {}
        for base in reversed(cls.__mro__):
            found.update(vars(base).get("__annotations__", {}))
        return found


@by_identity
def accepts_text(annotation: object) -> bool:
    """Whether some text fits an annotation as it is, without being converted."""
    core, _ = peel(annotation)
    if is_anything(core) or core is str:
        return True
    members = members_of(core)
    if members is not None:
        return any(accepts_text(member) for member in members)
    if typing.get_origin(core) is typing.Literal:
        return any(type(member) is str for member in typing.get_args(core))
    cls = class_of(core)
    if not isinstance(cls, type) or cls in LISTS or cls is abc.Sized:
        return False
    try:
        return issubclass(str, cls)
    except TypeError:  # a protocol with data members, or one that is not for run time
        return False
