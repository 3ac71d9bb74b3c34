"""Mappings to classes with named fields: dataclasses, named tuples, typed dicts, and what msgspec knows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lab.configs._markers import UNSET
from lab.configs._text._check import check_keys, required_keys
from lab.configs._text._mismatch import Mismatch
from lab.configs._text._types import hints_of, is_typed_dict

Fit = Callable[[Any, Any, Any, str], Any]
"""Fits one part: its value, annotation, default, and label."""


def is_record(cls: Any) -> bool:
    """Whether a class has named fields that a mapping can give."""
    marks = ("__dataclass_fields__", "_fields", "__struct_fields__", "__attrs_attrs__")
    return isinstance(cls, type) and (
        is_typed_dict(cls) or any(hasattr(cls, mark) for mark in marks)
    )


def make_record(value: dict[Any, Any], cls: Any, fit: Fit, plain: Callable[[Any], Any]) -> Any:
    """An instance of a class from its fields by name.

    Args:
        value: the fields as they were read.
        cls: a class that `is_record` knows.
        fit: fits one field.
        plain: reads a value for which no type is asked.

    Raises:
        Mismatch: a field is unknown, missing or does not fit, or the class refuses them.
    """
    if hasattr(cls, "__struct_fields__") or hasattr(cls, "__attrs_attrs__"):
        return _by_msgspec(plain(value), cls)
    hints = hints_of(cls)
    if is_typed_dict(cls):
        defaults = dict.fromkeys(hints, UNSET)
        required = required_keys(cls, hints)
    elif hasattr(cls, "__dataclass_fields__"):
        defaults, required = _of_dataclass(cls)
    else:
        given = getattr(cls, "_field_defaults", {})
        defaults = {name: given.get(name, UNSET) for name in cls._fields}
        required = set(cls._fields) - set(given)
    check_keys(value, set(defaults), required)
    fields = {
        str(name): fit(item, hints.get(name, Any), defaults[name], f".{name}")
        for name, item in value.items()
    }
    try:
        return cls(**fields)
    except Exception as error:
        detail = f"{type(error).__name__}: {error}"
        raise Mismatch("", detail, "value", value) from error


def _of_dataclass(cls: Any) -> tuple[dict[str, Any], set[str]]:
    """The defaults of the fields that the class takes, and the names of those without one."""
    import dataclasses

    defaults: dict[str, Any] = {}
    required = set()
    for name, field in cls.__dataclass_fields__.items():
        is_class_variable = getattr(field._field_type, "name", "") == "_FIELD_CLASSVAR"
        if not field.init or is_class_variable:
            continue
        has_default = field.default is not dataclasses.MISSING
        defaults[name] = field.default if has_default else UNSET
        if not has_default and field.default_factory is dataclasses.MISSING:
            required.add(name)
    return defaults, required


def _by_msgspec(value: dict[Any, Any], cls: Any) -> Any:
    import msgspec

    try:
        return msgspec.convert(value, cls, strict=False)
    except Exception as error:
        raise Mismatch("", str(error), "value", value) from error
