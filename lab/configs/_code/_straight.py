"""The quick way through code that is one straight line and does nothing with the object but read its attributes.

Most calculators are such code. What is any more than that is left to `Uses`.
"""

from __future__ import annotations

from types import CodeType

from lab.configs._code._bytecode import (
    ATTR,
    CALL,
    CONST,
    FORMAT,
    GLOBAL,
    LOAD,
    METHOD,
    OTHER,
    POP,
    RETURN,
    SKIPPED,
    STORE,
    UNIFIED,
    attr_name,
    kind_of,
)

__all__: list[str] = []

_HARMLESS = frozenset({CONST, GLOBAL, CALL, OTHER, POP, FORMAT, RETURN, SKIPPED})


def straight_reads(code: CodeType, slot: int) -> list[tuple[int, str]] | None:
    """The chains of attributes read from a variable, each with its place in words of two bytes.

    Args:
        code: without variables that it shares with other code.
        slot: the variable's number among the locals.

    Returns:
        None where the code is not of the simple kind.
    """
    if code.co_cellvars or code.co_freevars or (UNIFIED and code.co_exceptiontable):
        return None
    raw = code.co_code
    found: list[tuple[int, str]] = []
    chain = ""
    is_loaded = False  # whether the value on top of the stack is the object, or was read from it
    at = 0
    for unit, op in enumerate(raw[::2]):
        if not op:
            continue
        kind = kind_of(op)
        if kind in (ATTR, METHOD):
            if is_loaded:
                name = attr_name(code, (kind, raw[2 * unit + 1], unit))
                chain = f"{chain}.{name}" if chain else name
                at = unit
            continue
        if is_loaded:
            if not chain:
                return None  # the object itself goes somewhere
            found.append((at, chain))
            chain, is_loaded = "", False
        if kind == LOAD:
            is_loaded = raw[2 * unit + 1] == slot
        elif kind == STORE:
            if raw[2 * unit + 1] == slot:
                return None
        elif kind not in _HARMLESS:
            return None
    return found
