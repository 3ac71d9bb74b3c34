"""Values as the text of overrides: the way back from `_parsing`."""

from __future__ import annotations

import re
import sys
from collections import deque
from collections.abc import Mapping
from enum import Enum
from typing import Any

from lab.configs._text._check import is_numpy_scalar
from lab.configs._text._parsing import MAX_DEPTH, Text, check_key
from lab.configs._text._scalars import read_scalar

_PLAIN = re.compile(r"[A-Za-z0-9_/.$%*@?|+-]+(?:[ :]?[A-Za-z0-9_/.$%*@?|+-]+)*")
_MARKS = re.compile(r"""[\\,()\[\]{}'"]""")
_BLANK = " \t\r\n"
_LONG = 10**4000  # Python refuses to write much longer ints in decimal


def to_text(value: object) -> str:
    """The text that reads back as the value, where its type is asked for.

    None, bool, int, float, str, list, tuple and dict also come back where no type is asked for; sets, enums (by
    name), paths, dates, decimals, dataclasses, and dtypes and devices of torch need their type.

    Raises:
        TypeError: the value cannot be written as text.
    """
    return _spell(value, 0)


def overrides_to_text(overrides: Mapping[str, object]) -> list[str]:
    """Overrides as `KEY=VALUE`, one text for each.

    Raises:
        TypeError: a value cannot be written as text.
        OverrideSyntaxError: a key is no dotted name.
    """
    for key in overrides:
        check_key(key, key)
    return [f"{key}={to_text(value)}" for key, value in overrides.items()]


def _spell(value: Any, depth: int) -> str:
    if depth > MAX_DEPTH:
        raise TypeError(
            f"nested more than {MAX_DEPTH} deep, which cannot be written as an override"
        )
    if isinstance(value, (list, tuple, deque)):
        return f"[{', '.join(_item(item, depth) for item in value)}]"
    if isinstance(value, (set, frozenset)):
        return f"[{', '.join(sorted(_item(item, depth) for item in value))}]"
    if isinstance(value, dict):
        return _spell_dict(value, depth)
    text = _spell_scalar(value)
    if text is not None:
        return text
    if hasattr(type(value), "__dataclass_fields__"):
        import dataclasses

        fields = {f.name: getattr(value, f.name) for f in dataclasses.fields(value) if f.init}
        return _spell_dict(fields, depth)
    raise TypeError(f"a {type(value).__name__} cannot be written as the text of an override")


def _item(value: object, depth: int) -> str:
    return _spell(value, depth + 1) or "''"


def _spell_dict(value: dict[Any, Any], depth: int) -> str:
    seen: set[str] = set()
    parts = []
    for key, item in value.items():
        text = _spell_scalar(key)
        if text is None:
            raise TypeError(f"a key of type {type(key).__name__} cannot be written as an override")
        plain = key if isinstance(key, str) and not isinstance(key, Enum) else text
        if plain in seen:
            raise TypeError(f"two keys that both read {plain!r} cannot be written as an override")
        seen.add(plain)
        if ":" in text and text[0] not in "'\"":
            text = text.replace(":", "\\:")
        parts.append(f"{text or repr(text)}: {_item(item, depth)}")
    return f"{{{', '.join(parts)}}}"


def _spell_scalar(value: Any) -> str | None:
    """The text of a value without parts, or None where there is none."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, Enum):
        return _spell_member(value)
    if isinstance(value, str):
        return _escape(value) if isinstance(value, Text) else _quote_if_needed(value)
    if isinstance(value, int):
        return hex(value) if abs(value) >= _LONG else int.__repr__(value)
    if isinstance(value, float):
        return float.__repr__(value)
    if isinstance(value, complex):
        return complex.__repr__(value).strip("()")
    return _spell_library(value)


def _spell_member(value: Enum) -> str:
    if value.name in type(value).__members__:
        return _quote_if_needed(value.name)
    text = _spell_scalar(value.value)  # flags without a name of their own
    if text is None:
        raise TypeError(f"{value!r} has no name, and cannot be written as an override")
    return text


def _spell_library(value: Any) -> str | None:
    """The text of what is neither Python's own nor a container."""
    from datetime import date, time, timedelta
    from decimal import Decimal
    from pathlib import PurePath
    from uuid import UUID

    if isinstance(value, PurePath):
        return _quote_if_needed(str(value))
    if isinstance(value, (date, time)):
        return value.isoformat()
    if isinstance(value, timedelta):
        return _spell_duration(value)
    if isinstance(value, (Decimal, UUID)):
        return str(value)
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(value, (torch.dtype, torch.device)):
        return str(value)
    if is_numpy_scalar(value):
        item = value.item()
        return None if type(item) is type(value) else _spell_scalar(item)
    return None


def _spell_duration(value: Any) -> str:
    """A timedelta as an ISO 8601 duration."""
    total = (value.days * 86400 + value.seconds) * 10**6 + value.microseconds
    seconds, micros = divmod(abs(total), 10**6)
    days, seconds = divmod(seconds, 86400)
    fraction = f".{micros:06}" if micros else ""
    return f"{'-' if total < 0 else ''}P{days}DT{seconds}{fraction}S"


def _quote_if_needed(text: str) -> str:
    """A str so that it stays text: bare where nothing else can be read from it, else quoted."""
    if _PLAIN.fullmatch(text) and isinstance(read_scalar(text), str):
        return str(text)
    quote = '"' if "'" in text and '"' not in text else "'"
    doubled = re.sub(rf"(\\*)({quote}|\Z)", _double, text)
    return f"{quote}{doubled}{quote}"


def _double(match: re.Match[str]) -> str:
    return match[1] * 2 + (f"\\{match[2]}" if match[2] else "")


def _escape(text: str) -> str:
    """Bare text so that it is read as the same bare text."""
    escaped = _MARKS.sub(r"\\\g<0>", text)
    if escaped[:1] and escaped[0] in _BLANK + "=":
        escaped = "\\" + escaped
    if len(text) > 1 and text[-1] in _BLANK:
        escaped = f"{escaped[:-1]}\\{escaped[-1]}"
    return escaped
