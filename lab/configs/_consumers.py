"""Where a value goes after it is loaded: the call it is an argument of, or that place in words."""

from __future__ import annotations

import opcode
from collections.abc import Container
from types import CodeType

from ._bytecode import (
    ATTR,
    BRANCH,
    CALL,
    CELL,
    CLOSURE,
    ENDS,
    GLOBAL,
    LOAD,
    METHOD,
    NONE_BRANCH,
    SETUP,
    Instruction,
    attr_name,
    global_name,
    slot_name,
    stack_effect,
)

__all__: list[str] = []

_BREAKS = ENDS | {BRANCH, NONE_BRANCH, SETUP}

_WORDS = {
    "RETURN_VALUE": "returned",
    "YIELD_VALUE": "yielded",
    "BINARY_SUBSCR": "indexed by a name known only at run time",
    "STORE_SUBSCR": "stored in a container",
    "GET_ITER": "iterated over",
    "COMPARE_OP": "compared",
    "CONTAINS_OP": "compared",
    "BEFORE_WITH": "entered",
    "SETUP_WITH": "entered",
    "TO_BOOL": "tested",
}


def find_call(
    code: CodeType, instructions: list[Instruction], targets: Container[int], index: int
) -> tuple[int, list[int]] | None:
    """The plain call whose first argument is loaded at `index`.

    Returns:
        The index of the call and, for each instruction between, how many values stand on the stack
        after it, counted from that argument. None where the way to a call is not one straight line.
    """
    depth = 1
    depths: list[int] = []
    for following in range(index + 1, len(instructions)):
        kind, arg, _ = instructions[following]
        if following in targets or kind in _BREAKS:
            return None
        if kind == CALL and arg == depth:
            return following, depths
        depth += stack_effect(code, instructions[following])
        if depth < 1:
            return None
        depths.append(depth)
    return None


def describe_consumer(code: CodeType, instructions: list[Instruction], index: int) -> str:
    """In words, as well as can be told, where the value goes that is loaded at `index`."""
    depth = 1
    for following in range(index + 1, len(instructions)):
        instruction = instructions[following]
        kind, arg, unit = instruction
        name = opcode.opname[code.co_code[2 * unit]]
        if kind in _BREAKS:
            return _WORDS.get(name, "tested" if kind == BRANCH and depth == 1 else "used whole")
        if name.startswith("CALL") and "INTRINSIC" not in name and arg + 1 >= depth:
            callee = _callee(code, instructions, following, arg + ("KW" in name))
            return f"passed to {callee}" if callee else "passed to a function"
        if name.startswith("BUILD_") and arg >= depth:
            return f"put in a {name[6:].rpartition('_')[2].lower()}"
        after = depth + stack_effect(code, instruction)
        if after < 1 or (name in _WORDS and after <= depth <= 2):
            return _stored(code, instructions, following, name) or _WORDS.get(name, "used whole")
        depth = after
    return "used whole"


def _stored(code: CodeType, instructions: list[Instruction], index: int, name: str) -> str | None:
    kind, arg, _ = instructions[index]
    if name == "STORE_ATTR":
        owner = _named(code, instructions, index - 1)
        return f"stored in {owner or '...'}.{code.co_names[arg]}"
    if name in ("STORE_FAST", "STORE_DEREF", "STORE_FAST_LOAD_FAST", "STORE_FAST_STORE_FAST"):
        return f"kept as {slot_name(code, kind, arg)}"
    if name in ("STORE_GLOBAL", "STORE_NAME"):
        return f"kept as {code.co_names[arg]}"
    return None


def _callee(
    code: CodeType, instructions: list[Instruction], call: int, arguments: int
) -> str | None:
    """The name of what is called with that many values from the stack."""
    found = 0
    index = call
    while index > 0 and found < arguments:
        index -= 1
        if instructions[index][0] in _BREAKS:
            return None
        found += stack_effect(code, instructions[index])
    return _named(code, instructions, index - 1) if found == arguments else None


def _named(code: CodeType, instructions: list[Instruction], index: int) -> str | None:
    """The dotted name that ends at `index`."""
    names: list[str] = []
    while index >= 0:
        instruction = instructions[index]
        kind, arg, unit = instruction
        if kind in (ATTR, METHOD):
            names.append(attr_name(code, instruction))
        elif kind == GLOBAL:
            names.append(global_name(code, instruction))
            break
        elif kind in (LOAD, CELL, CLOSURE):
            names.append(slot_name(code, kind, arg))
            break
        elif opcode.opname[code.co_code[2 * unit]] != "PUSH_NULL":
            return None
        index -= 1
    return ".".join(reversed(names)) or None
