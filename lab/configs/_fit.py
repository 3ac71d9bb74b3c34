"""A setting against what its item is declared to take."""

from __future__ import annotations

from lab.configs._choice import Setting
from lab.configs._markers import UNSET
from lab.configs._schema import Spec
from lab.configs._shorten import shorten
from lab.errors import UnknownOption, WrongType, WrongValue

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


_loaded: Any = None


def _converter() -> Any:
    """The module that converts; loaded when something is first to be converted, and then at hand."""
    global _loaded
    if _loaded is None:
        from lab.configs._text import _convert

        _loaded = _convert
    return _loaded


def fit(path: str, spec: Spec, setting: Setting) -> Any:
    """The value of a setting in the item's type: text is converted, anything else only checked.

    Raises:
        UnknownOption: text that names no option and is no value of the type.
        WrongType, WrongValue: the value does not fit.
    """
    value = setting.value
    annotation = spec.type
    kind = type(value)
    if kind is annotation:
        return value
    if annotation is float and kind is int:
        return value
    if value is None and (spec.options or spec.entries):
        return None  # instead of what would be computed
    if isinstance(value, str):
        return _from_text(path, spec, setting)
    if annotation is UNSET and not setting.is_parsed:
        return value
    _convert = _converter()
    default = _convert.MISSING if spec.default is UNSET else spec.default
    try:
        if setting.is_parsed:
            return _convert.convert_leaves(value, _annotation(spec), default)
        _convert.check(value, annotation, default)
    except _convert.Mismatch as problem:
        raise _wrong(path, setting, problem) from None
    return value


def _from_text(path: str, spec: Spec, setting: Setting) -> Any:
    text: str = setting.value
    has_options = bool(spec.options or spec.aggregates)
    if has_options and spec.annotation is UNSET:
        raise UnknownOption(path, str(text), spec.option_names(), None, setting.where)
    _convert = _converter()
    default = _convert.MISSING if spec.default is UNSET else spec.default
    if spec.annotation is UNSET and isinstance(default, str) and not setting.is_parsed:
        return text
    try:
        if setting.is_parsed:
            return _convert.convert_leaves(text, _annotation(spec), default)
        return _convert.from_text(text, _annotation(spec), default)
    except _convert.Mismatch as problem:
        if has_options:
            names = spec.option_names()
            raise UnknownOption(path, str(text), names, problem.expected, setting.where) from None
        raise _wrong(path, setting, problem) from None


def _annotation(spec: Spec) -> Any:
    """The type to convert text to; without an annotation that of a default that is text."""
    if spec.annotation is UNSET and isinstance(spec.default, str):
        return str
    return spec.type


def _wrong(path: str, setting: Setting, problem: Any) -> WrongType:
    error = WrongValue if problem.kind == "value" else WrongType
    return error(path, shorten(setting.value), problem.expected, setting.where, problem.detail)


def check_default_option(path: str, spec: Spec, value: str) -> None:
    """Refuses a class default that is text, names no option, and cannot be a value.

    Raises:
        UnknownOption: the item has options, and its type takes no text.
    """
    if not spec.options and not spec.aggregates:
        return
    expected = None
    if spec.annotation is not UNSET:
        _convert = _converter()
        annotation = spec.type
        if (
            annotation is UNSET
            or not _convert.is_type(annotation)
            or _convert.accepts_text(annotation)
        ):
            return
        expected = _convert.describe(annotation)
    where = f"default in {spec.defaults[-1][1]}" if spec.defaults else None
    raise UnknownOption(path, value, spec.option_names(), expected, where)
