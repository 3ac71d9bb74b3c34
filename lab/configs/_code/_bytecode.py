"""Python's bytecode in one shape: what differs between 3.10 and 3.13 ends in this file.

A function's code becomes a list of `(kind, argument, unit)`. The kinds are the few that matter for
telling what happens to one local variable, and in what order; `unit` is the position in the code,
in words of two bytes. Caches and wide arguments are folded away, fused instructions are split.
"""

from __future__ import annotations

import opcode
import sys
from bisect import bisect_left
from types import CodeType

__all__: list[str] = []

VERSION = sys.version_info[:2]
READABLE = sys.implementation.name == "cpython" and (3, 10) <= VERSION <= (3, 13)
"""Whether this Python's bytecode is known; nothing here may be used where it is not."""

Instruction = tuple[int, int, int]

# Their order is used: variables first, the flow last, then what `decode` takes apart.
LOAD, CELL, STORE, STORE_CELL, CLEAR = range(5)
ATTR, METHOD, SUPER_ATTR, CONST, GLOBAL, CALL, OTHER = range(5, 12)
SUBSCR, STORE_SUBSCR, STORE_ATTR, DUP, DUP_TWO, COPY, IS, POP, FORMAT, CLOSURE = range(12, 22)
WITH_EXCEPT, POP_BLOCK, RETURN, RAISE, RERAISE = range(22, 27)
JUMP, BRANCH, NONE_BRANCH, SETUP = range(27, 31)
SKIPPED, EXTENDED, LOAD_LOAD, STORE_LOAD, STORE_STORE = range(31, 36)

ENDS = frozenset({RETURN, RAISE, RERAISE, JUMP})
"""Kinds after which the next instruction is not run."""

_NAMES = {
    LOAD: "LOAD_FAST LOAD_FAST_CHECK",
    CELL: "LOAD_DEREF LOAD_CLASSDEREF LOAD_FROM_DICT_OR_DEREF",
    STORE: "STORE_FAST",
    STORE_CELL: "STORE_DEREF",
    CLEAR: "LOAD_FAST_AND_CLEAR",
    ATTR: "LOAD_ATTR",
    METHOD: "LOAD_METHOD",
    SUPER_ATTR: "LOAD_SUPER_ATTR",
    CONST: "LOAD_CONST",
    GLOBAL: "LOAD_GLOBAL",
    CALL: "CALL CALL_FUNCTION CALL_METHOD",
    SUBSCR: "BINARY_SUBSCR",
    STORE_SUBSCR: "STORE_SUBSCR DELETE_SUBSCR",
    STORE_ATTR: "STORE_ATTR DELETE_ATTR",
    DUP: "DUP_TOP",
    DUP_TWO: "DUP_TOP_TWO",
    COPY: "COPY",
    IS: "IS_OP",
    POP: "POP_TOP",
    FORMAT: "FORMAT_VALUE FORMAT_SIMPLE CONVERT_VALUE",
    CLOSURE: "LOAD_CLOSURE",
    WITH_EXCEPT: "WITH_EXCEPT_START",
    POP_BLOCK: "POP_BLOCK POP_EXCEPT",
    RETURN: "RETURN_VALUE RETURN_CONST",
    RAISE: "RAISE_VARARGS",
    RERAISE: "RERAISE",
    JUMP: "JUMP_FORWARD JUMP_ABSOLUTE JUMP_BACKWARD JUMP_BACKWARD_NO_INTERRUPT",
    SETUP: "SETUP_FINALLY SETUP_WITH SETUP_ASYNC_WITH",
    SKIPPED: "CACHE NOP PRECALL RESUME",
    EXTENDED: "EXTENDED_ARG",
    LOAD_LOAD: "LOAD_FAST_LOAD_FAST",
    STORE_LOAD: "STORE_FAST_LOAD_FAST",
    STORE_STORE: "STORE_FAST_STORE_FAST",
}


def _kind_table() -> list[int]:
    table = [OTHER] * 256
    for op in (*opcode.hasjrel, *opcode.hasjabs):
        if op < 256:  # above are the compiler's own
            table[op] = NONE_BRANCH if opcode.opname[op].endswith("NONE") else BRANCH
    for kind, names in _NAMES.items():
        for name in names.split():
            if opcode.opmap.get(name, 256) < 256:
                table[opcode.opmap[name]] = kind
    return table


_KINDS = _kind_table()
_ABSOLUTE = frozenset(opcode.hasjabs)
_BACKWARD = frozenset(op for name, op in opcode.opmap.items() if "BACKWARD" in name)
_ATTR_SHIFT = 1 if VERSION >= (3, 12) else 0
_GLOBAL_SHIFT = 1 if VERSION >= (3, 11) else 0
UNIFIED = VERSION >= (3, 11)
"""Whether locals and cells share one numbering."""

_PAIRS = {LOAD_LOAD: (LOAD, LOAD), STORE_LOAD: (STORE, LOAD), STORE_STORE: (STORE, STORE)}


def decode(code: CodeType) -> tuple[list[Instruction], bool]:
    """The instructions of `code`, and whether they are anything but one straight line."""
    raw = code.co_code
    kinds = _KINDS
    found: list[Instruction] = []
    append = found.append
    jumps = False
    high = 0
    for unit, op in enumerate(raw[::2]):
        if not op:  # a cache; no instruction of 3.10 is numbered 0
            continue
        kind = kinds[op]
        arg = raw[2 * unit + 1]
        if kind < JUMP:
            append((kind, arg | high, unit))
            high = 0
        elif kind == SKIPPED:
            high = 0
        elif kind == EXTENDED:
            high = (high | arg) << 8
        elif kind < SKIPPED:
            append((kind, arg | high, unit))
            jumps = True
            high = 0
        else:
            first, second = _PAIRS[kind]
            append((first, arg >> 4, unit))
            append((second, arg & 15, unit))
    return found, jumps or bool(UNIFIED and code.co_exceptiontable)


kind_of = _KINDS.__getitem__


def index_at(instructions: list[Instruction], unit: int) -> int:
    """The index of the first instruction at or after `unit`."""
    return bisect_left(instructions, unit, key=_unit_of)


def _unit_of(instruction: Instruction) -> int:
    return instruction[2]


def jump_target(code: CodeType, instructions: list[Instruction], index: int) -> int:
    """The index of the instruction to which the jump at `index` goes."""
    _, arg, unit = instructions[index]
    raw = code.co_code
    op = raw[2 * unit]
    if op in _ABSOLUTE:
        return index_at(instructions, arg)
    base = unit + 1
    while UNIFIED and 2 * base < len(raw) and raw[2 * base] == 0:  # caches belong to the jump
        base += 1
    return index_at(instructions, base - arg if op in _BACKWARD else base + arg)


def attr_name(code: CodeType, instruction: Instruction) -> str:
    """The name that an instruction of the kind ATTR or METHOD reads."""
    kind, arg, _ = instruction
    return code.co_names[arg >> _ATTR_SHIFT if kind == ATTR else arg]


def global_name(code: CodeType, instruction: Instruction) -> str:
    """The name that a GLOBAL loads."""
    return code.co_names[instruction[1] >> _GLOBAL_SHIFT]


def is_callee(instruction: Instruction) -> bool:
    """Whether a GLOBAL is loaded to be called."""
    return not UNIFIED or bool(instruction[1] & 1)


def super_name(code: CodeType, instruction: Instruction) -> str | None:
    """The name that a SUPER_ATTR reads; None where `super` was given arguments."""
    arg = instruction[1]
    return None if arg & 2 else code.co_names[arg >> 2]


def stack_effect(code: CodeType, instruction: Instruction) -> int:
    """By how much an instruction that does not jump makes the stack longer."""
    kind, arg, unit = instruction
    if kind in (LOAD, CONST):
        return 1
    if kind == STORE:
        return -1
    if kind == CALL and UNIFIED:
        return -1 - arg
    op = code.co_code[2 * unit]
    return opcode.stack_effect(op, arg if op >= opcode.HAVE_ARGUMENT else None, jump=False)


def slots(code: CodeType, name: str) -> tuple[int | None, int | None]:
    """The numbers under which LOAD and STORE, and CELL and STORE_CELL, know the variable `name`."""
    cells = code.co_cellvars
    if name not in cells:
        return (code.co_varnames.index(name) if name in code.co_varnames else None), None
    if not UNIFIED:
        fast = code.co_varnames.index(name) if name in code.co_varnames else None
        return fast, cells.index(name)
    if name in code.co_varnames:
        return None, code.co_varnames.index(name)
    return None, len(code.co_varnames) + _own_cells(code).index(name)


def free_slot(code: CodeType, name: str) -> int:
    """The number under which CELL and STORE_CELL know a variable of an enclosing function."""
    position = code.co_freevars.index(name)
    if not UNIFIED:
        return len(code.co_cellvars) + position
    return len(code.co_varnames) + len(_own_cells(code)) + position


def slot_name(code: CodeType, kind: int, slot: int) -> str:
    """The name of the variable that an instruction of that kind loads or sets."""
    if UNIFIED:
        return (*code.co_varnames, *_own_cells(code), *code.co_freevars)[slot]
    cells = (*code.co_cellvars, *code.co_freevars)
    return code.co_varnames[slot] if kind in (LOAD, STORE) else cells[slot]


def _own_cells(code: CodeType) -> list[str]:
    return [name for name in code.co_cellvars if name not in code.co_varnames]


def exception_table(code: CodeType) -> list[tuple[int, int, int]]:
    """The protected ranges since 3.11: first unit, unit after the last, unit of the handler."""
    if not UNIFIED:
        return []
    found = []
    values: list[int] = []
    value = 0
    for byte in code.co_exceptiontable:
        value = (value << 6) | (byte & 63)
        if not byte & 64:
            values.append(value)
            value = 0
            if len(values) == 4:
                start, length, handler, _ = values
                found.append((start, start + length, handler))
                values.clear()
    return found
