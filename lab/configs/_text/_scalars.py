"""Scalars as text: what YAML 1.2 reads them as, with the number forms that Python and Hydra add."""

from __future__ import annotations

import re

# Core schema of YAML 1.2.2, section 10.3.2; "None", and "inf" and "nan" without a dot, are Python's.
_WORDS: dict[str, bool | None] = {
    **dict.fromkeys(("null", "Null", "NULL", "~", "None")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INT = re.compile(r"[-+]?(?:0|[1-9](?:_?[0-9])*)")
_PADDED = re.compile(r"[-+]?[0-9](?:_?[0-9])*")
_RADIX = re.compile(r"([-+]?)0(?:x([0-9a-fA-F](?:_?[0-9a-fA-F])*)|o([0-7](?:_?[0-7])*))")
_DIGITS = r"[0-9](?:_?[0-9])*"
_FLOAT = re.compile(
    rf"[-+]?(?:(?:(?:{_DIGITS})?\.{_DIGITS}|{_DIGITS}\.)(?:[eE][-+]?{_DIGITS})?|{_DIGITS}[eE][-+]?{_DIGITS})"
)
_INFINITE = re.compile(r"([-+]?)\.?(inf|nan)", re.IGNORECASE)
_BLANK = " \t\r\n"


def read_scalar(text: str) -> object:
    """What unquoted text means where no type is asked for: None, a bool, an int, a float, or a plain str."""
    core = text.strip(_BLANK)
    if core in _WORDS:
        return _WORDS[core]
    number = _natural_int(core)
    decimal = _natural_float(core) if number is None else number
    return str(text) if decimal is None else decimal


def is_null(text: str) -> bool:
    """Whether unquoted text means None."""
    return _WORDS.get(text.strip(_BLANK), True) is None


def read_bool(text: str) -> bool | None:
    """The bool that text spells, or None."""
    return _WORDS.get(text.strip(_BLANK))


def read_int(text: str) -> int | None:
    """The int that text spells, also with leading zeros, or None."""
    text = text.strip(_BLANK)
    if _PADDED.fullmatch(text):
        return _to_int(text)
    return _natural_int(text)


def read_float(text: str) -> float | None:
    """The float that text spells, whole numbers too, or None."""
    text = text.strip(_BLANK)
    if _PADDED.fullmatch(text):
        return float(text)
    number = _natural_float(text)
    if number is not None:
        return number
    whole = _natural_int(text)
    try:
        return None if whole is None else float(whole)
    except OverflowError:
        return None


def _natural_int(text: str) -> int | None:
    if _INT.fullmatch(text):
        return _to_int(text)
    match = _RADIX.fullmatch(text)
    if match is None:
        return None
    sign, hexadecimal, octal = match.groups()
    number = int(hexadecimal, 16) if hexadecimal else int(octal, 8)
    return -number if sign == "-" else number


def _to_int(text: str) -> int | None:
    try:
        return int(text)
    except ValueError:  # Python refuses to read more than some thousand digits
        return None


def _natural_float(text: str) -> float | None:
    if _FLOAT.fullmatch(text):
        return float(text)
    match = _INFINITE.fullmatch(text)
    if match is None:
        return None
    return float(match[1] + match[2])
