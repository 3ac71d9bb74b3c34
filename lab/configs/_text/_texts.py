"""Text to one type that is no union and has no parts."""

from __future__ import annotations

import collections.abc as abc
import os
import pathlib
import re
import sys
import typing
from collections.abc import Callable
from typing import Any

from lab.configs._text._check import fits
from lab.configs._text._mismatch import Mismatch
from lab.configs._text._parsing import Text
from lab.configs._text._scalars import is_null, read_bool, read_float, read_int, read_scalar
from lab.configs._text._types import DICTS, LISTS, SETS, NoneType, class_of, is_enum, is_typed_dict

_UNWRITABLE = "it cannot be given as text; choose an option, or set it in code"


def from_leaf(text: str, core: Any) -> Any:
    """Text in a type; `Text` may be anything, a plain `str` was quoted and is no number, bool or None.

    Args:
        text: what was written.
        core: a peeled annotation.

    Raises:
        Mismatch: the type has no such value.
    """
    if core is str:
        return str(text)
    if _is_scalar(core):
        return _number(text, core)
    origin = typing.get_origin(core)
    if origin is typing.Literal:
        return _choice(text, typing.get_args(core))
    cls = class_of(core)
    if cls is os.PathLike:
        return pathlib.Path(text)
    if not isinstance(cls, type) or cls in (type, abc.Callable):
        raise Mismatch("", _UNWRITABLE, "type", text)
    if is_enum(cls):
        return _member(text, cls)
    for base in cls.__mro__:
        maker = _MAKERS.get(f"{base.__module__.partition('.')[0]}.{base.__name__}")
        if maker is not None:
            return _made(maker, text, cls)
    return _other(text, cls, core)


def _number(text: str, core: Any) -> Any:
    if isinstance(text, Text):
        found = _READERS[core](text)
        if found is not None:
            return found
        if core is NoneType and is_null(text):
            return None
        raise Mismatch("", _hint(text, core), "value", text)
    is_readable = _READERS[core](text) is not None
    raise Mismatch("", "it is quoted, and so text" if is_readable else "", "value", text)


def _hint(text: str, core: Any) -> str:
    if core is not int:
        return ""
    number = read_float(text)
    if number is None or not number.is_integer() or abs(number) > 1e18:
        return ""
    return f"write {int(number)}"


def _complex(text: str) -> complex | None:
    number = read_float(text)
    if number is not None:
        return complex(number)
    try:
        return complex(text.strip())
    except ValueError:
        return None


_READERS: dict[Any, Callable[[str], Any]] = {
    int: read_int,
    float: read_float,
    bool: read_bool,
    complex: _complex,
    NoneType: lambda text: None,
}


def _is_scalar(core: Any) -> bool:
    return core in _READERS


def _choice(text: str, choices: tuple[Any, ...]) -> Any:
    for choice in choices:
        if type(choice) is str and choice == text:
            return choice
    natural = read_scalar(text) if isinstance(text, Text) else text
    for choice in choices:
        if type(choice) is type(natural) and choice == natural:
            return choice
        if is_enum(type(choice)) and choice.name == text:
            return choice
    raise Mismatch("", kind="value", given=text)


def _member(text: str, cls: Any) -> Any:
    """A member of an enum by its name, else by its value."""
    if text in cls.__members__:
        return cls.__members__[text]
    values = [str(text)]
    if isinstance(text, Text):
        values.insert(0, read_scalar(text))  # type: ignore[arg-type]  # values are of any type
    for value in values:
        try:
            return cls(value)
        except Exception:  # not a value; a _missing_ of the user's may raise what it likes
            continue
    raise Mismatch("", kind="value", given=text)


def _made(maker: Callable[[str, Any], Any], text: str, cls: Any) -> Any:
    try:
        return maker(str(text), cls)
    except Exception as error:
        raise Mismatch("", _said(error), "value", text) from error


def _said(error: Exception) -> str:
    """What a library said about text, in one line, where it is not just that it could not read it."""
    words = str(error).strip().splitlines()
    return words[0] if words and "[<class" not in words[0] else ""


def _moment(text: str, cls: Any) -> Any:
    """A date or time; the standard library reads what it writes, msgspec the rest of RFC 3339."""
    try:
        return cls.fromisoformat(text)
    except ValueError:
        return _by_msgspec(text, cls)


def _by_msgspec(text: str, cls: Any) -> Any:
    import msgspec

    return msgspec.convert(text, cls, strict=False)


def _duration(text: str, cls: Any) -> Any:
    # msgspec reads at most so many digits; these are days, seconds and microseconds as lab writes them.
    match = re.fullmatch(r"(-?)P(\d{1,9})DT(\d{1,5})(?:\.(\d{6}))?S", text)
    if match is None:
        return _by_msgspec(text, cls)
    found = cls(int(match[2]), int(match[3]), int(match[4] or 0)) if not match[1] else None
    return cls(-int(match[2]), -int(match[3]), -int(match[4] or 0)) if found is None else found


def _dtype(text: str, cls: Any) -> Any:
    found = getattr(sys.modules["torch"], text.strip().removeprefix("torch."), None)
    if not isinstance(found, cls):
        raise ValueError(f"torch has no dtype {text!r}")
    return found


def _plain(text: str, cls: Any) -> Any:
    return cls(text)


_MAKERS: dict[str, Callable[[str, Any], Any]] = {
    "builtins.str": _plain,
    "datetime.date": _moment,
    "datetime.datetime": _moment,
    "datetime.time": _moment,
    "datetime.timedelta": _duration,
    "decimal.Decimal": _plain,
    "fractions.Fraction": _plain,
    "pathlib.PurePath": _plain,
    "torch.device": _plain,
    "torch.dtype": _dtype,
    "uuid.UUID": _plain,
}


def _other(text: str, cls: Any, core: Any) -> Any:
    """A class that is not made from text, but may be one of what text is read as, such as `numbers.Real`."""
    if cls in LISTS | SETS or issubclass(cls, tuple):
        raise Mismatch("", "a list is written [a, b]", "value", text)
    if cls in DICTS or is_typed_dict(cls) or hasattr(cls, "__dataclass_fields__"):
        raise Mismatch("", "its parts are written {name: value}", "value", text)
    natural = read_scalar(text) if isinstance(text, Text) else text
    try:
        fits(natural, core)
    except Mismatch:
        raise Mismatch("", _UNWRITABLE, "type", text) from None
    return natural
