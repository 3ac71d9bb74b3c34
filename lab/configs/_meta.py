"""From the body of a configs class to its items."""

from __future__ import annotations

import sys
from abc import ABCMeta

from lab.configs import _annotations
from lab.configs._calculator import Declarations, declarations, has_item
from lab.configs._item import Item
from lab.configs._schema import forget
from lab.errors import DeclarationError, UnknownConfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

# What a class may say about its items; these are never items themselves.
RESERVED = frozenset({"aliases", "presets"})
METHODS = frozenset({"calc", "list", "aggregate", "set_hyperparams"})

_FUNCTION = type(lambda: None)
_NEVER_ITEMS = (property, staticmethod, classmethod)


class ConfigsMeta(ABCMeta):
    """Takes the items out of a class body and puts names in their place."""

    _lab_declared: Declarations

    def __new__(
        mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **options: Any
    ) -> ConfigsMeta:
        declared = Declarations()
        if any(isinstance(base, ConfigsMeta) for base in bases):
            _take_items(name, bases, namespace, declared)
            frame = sys._getframe(1)
            if "<locals>" in namespace.get("__qualname__", ""):
                declared.names = _annotations.names_in(declared.annotations, frame.f_locals)
            if frame.f_globals.get("__name__") == namespace.get("__module__"):
                declared.space = frame.f_globals
        namespace["_lab_declared"] = declared
        cls = super().__new__(mcls, name, bases, namespace, **options)
        for item in (*declared.annotations, *declared.defaults):
            type.__setattr__(cls, item, Item(cls, item))
        return cls

    def __setattr__(cls, name: str, value: object) -> None:
        if name in METHODS:
            raise DeclarationError(_shadows(cls.__name__, name))
        if name == "aliases":
            cls._lab_declared.aliases = _checked_aliases(cls.__name__, value, item_names(cls))
            forget(cls)
        if name.startswith("_") or name in RESERVED or not _is_item(cls, name, value):
            super().__setattr__(name, value)
        else:
            cls._lab_set_default(name, value)

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(f"type object {cls.__name__!r} has no attribute {name!r}")
        raise UnknownConfig(name, item_names(cls), cls.__name__)

    def _lab_set_default(cls, path: str, value: object) -> None:
        """Sets the default of an item, of an item inside it, or of a parameter of its options."""
        head, dot, _ = path.partition(".")
        if dot and not has_item(cls, head):
            raise UnknownConfig(path, item_names(cls), cls.__name__)
        declared = declarations(cls)
        assert declared is not None  # every class of this kind has its own
        declared.defaults[path] = value
        if not dot and not isinstance(cls.__dict__.get(path), Item):
            type.__setattr__(cls, path, Item(cls, path))
        forget(cls)


def item_names(cls: type) -> list[str]:
    """The names of all items of a class, its own and inherited."""
    found: dict[str, None] = {}
    for base in reversed(cls.__mro__):
        declared = declarations(base)
        if declared is not None:
            found.update(dict.fromkeys(declared.annotations))
            found.update(dict.fromkeys(path for path in declared.defaults if "." not in path))
    return list(found)


def _take_items(
    name: str, bases: tuple[type, ...], namespace: dict[str, Any], declared: Declarations
) -> None:
    for item, annotation in namespace.get("__annotations__", {}).items():
        if (
            item[0] != "_"
            and item not in RESERVED
            and not _annotations.is_class_variable(annotation)
        ):
            declared.annotations[item] = annotation
    qualname = namespace.get("__qualname__", name)
    for item, value in list(namespace.items()):
        if item[0] == "_":
            continue
        if item in RESERVED:
            if item == "aliases":
                declared.aliases = _checked_aliases(
                    name, value, [*namespace, *namespace.get("__annotations__", ())]
                )
            continue
        if item in declared.annotations or (
            item not in namespace.get("__annotations__", ()) and _is_value(value, qualname)
        ):
            declared.defaults[item] = value
        elif any(isinstance(base, ConfigsMeta) and has_item(base, item) for base in bases):
            raise DeclarationError(
                f"{name}.{item} is defined as a {type(value).__name__}, but {item!r} is an item of a base class; "
                f"register it with @{name}.calc({name}.{item}) below the class"
            )
    declared.order = _in_order(declared)
    for item in declared.defaults:
        del namespace[item]
    for item in METHODS:
        if item in declared.annotations or item in declared.defaults:
            raise DeclarationError(_shadows(name, item))


def _in_order(declared: Declarations) -> list[str]:
    """The items as they stand in the class body, as far as Python tells: those with a value, and those annotated."""
    order: dict[str, None] = {}
    assigned = iter(declared.defaults)
    for item in declared.annotations:
        if item in declared.defaults and item not in order:
            for other in assigned:
                order[other] = None
                if other == item:
                    break
        else:
            order[item] = None
    return [*order, *assigned]


def _shadows(name: str, item: str) -> str:
    return f"an item of {name} cannot be called {item!r}, which is a method of every configs class"


def _checked_aliases(name: str, aliases: Any, items: Iterable[str]) -> dict[str, str]:
    if not isinstance(aliases, dict) or not all(
        isinstance(key, str) and isinstance(value, str) for key, value in aliases.items()
    ):
        raise DeclarationError(
            f"{name}.aliases gives other names for items, such as {{'bsz': 'data.batch_size'}}; got {aliases!r}"
        )
    for alias in aliases:
        if alias in items:
            raise DeclarationError(f"the alias {alias!r} of {name} is also the name of an item")
        way = [alias]
        while way[-1] in aliases:
            way.append(aliases[way[-1]])
            if way[-1] == alias or len(way) > len(aliases) + 1:
                raise DeclarationError(
                    f"the alias {alias!r} of {name} stands for itself: {' -> '.join(way)}"
                )
    return dict(aliases)


def _is_item(cls: type, name: str, value: object) -> bool:
    if has_item(cls, name):
        return True
    known = any(name in base.__dict__ for base in cls.__mro__)
    return not known and _is_value(value, cls.__qualname__)


def _stands_in(function: object, qualname: str) -> bool:
    """Whether a function was defined in the body of the class of that name."""
    return isinstance(function, _FUNCTION) and function.__qualname__.rpartition(".")[0] == qualname


def _is_value(value: object, qualname: str) -> bool:
    """Whether an unannotated value in a class body is an item's, and no part of the class."""
    if isinstance(value, (_FUNCTION, type)):
        return value.__qualname__.rpartition(".")[0] != qualname
    if isinstance(value, _NEVER_ITEMS):
        return False
    kind = type(value)
    if hasattr(value, "__wrapped__") and _stands_in(value.__wrapped__, qualname):
        return False  # a method behind `functools.cache` or the like
    return not (hasattr(kind, "__get__") and not callable(value)) or kind is type(len)
