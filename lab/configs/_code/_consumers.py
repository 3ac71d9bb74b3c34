"""Where a value goes after it is loaded: the call it is an argument of, or that place in words."""

from __future__ import annotations

import opcode

from lab.configs._code._bytecode import (
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
    attr_name,
    global_name,
    slot_name,
    stack_effect,
)
from lab.configs._code._listing import Listing

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


def find_call(listing: Listing, index: int) -> tuple[int, list[int]] | None:
    """The plain call whose first argument is loaded at `index`.

    Returns:
        The index of the call and, for each instruction between, how many values stand on the stack
        after it, counted from that argument. None where the way to a call is not one straight line.
    """
    code, instructions = listing.code, listing.instructions
    depth = 1
    depths: list[int] = []
    for following in range(index + 1, len(instructions)):
        kind, arg, _ = instructions[following]
        if following in listing.targets or kind in _BREAKS:
            return None
        if kind == CALL and arg == depth:
            return following, depths
        depth += stack_effect(code, instructions[following])
        if depth < 1:
            return None
        depths.append(depth)
    return None


def describe_consumer(listing: Listing, index: int) -> str:
    """In words, as well as can be told, where the value goes that is loaded at `index`."""
    code, instructions = listing.code, listing.instructions
    depth = 1
    for following in range(index + 1, len(instructions)):
        instruction = instructions[following]
        kind, arg, unit = instruction
        name = opcode.opname[code.co_code[2 * unit]]
        if kind in _BREAKS:
            return _WORDS.get(name, "tested" if kind == BRANCH and depth == 1 else "used whole")
        if name.startswith("CALL") and "INTRINSIC" not in name and arg + 1 >= depth:
            callee = _callee(listing, following, arg + ("KW" in name))
            return f"passed to {callee}" if callee else "passed to a function"
        if name.startswith("BUILD_") and arg >= depth:
            return f"put in a {name[6:].rpartition('_')[2].lower()}"
        after = depth + stack_effect(code, instruction)
        if after < 1 or (name in _WORDS and after <= depth <= 2):
            return _stored(listing, following, name) or _WORDS.get(name, "used whole")
        depth = after
    return "used whole"


def _stored(listing: Listing, index: int, name: str) -> str | None:
    code = listing.code
    kind, arg, _ = listing.instructions[index]
    if name == "STORE_ATTR":
        owner = _named(listing, index - 1)
        return f"stored in {owner or '...'}.{code.co_names[arg]}"
    if name in ("STORE_FAST", "STORE_DEREF", "STORE_FAST_LOAD_FAST", "STORE_FAST_STORE_FAST"):
        return f"kept as {slot_name(code, kind, arg)}"
    if name in ("STORE_GLOBAL", "STORE_NAME"):
        return f"kept as {code.co_names[arg]}"
    return None


def _callee(listing: Listing, call: int, arguments: int) -> str | None:
    """The name of what is called with that many values from the stack."""
    found = 0
    index = call
    while index > 0 and found < arguments:
        index -= 1
        if listing.instructions[index][0] in _BREAKS:
            return None
        found += stack_effect(listing.code, listing.instructions[index])
    return _named(listing, index - 1) if found == arguments else None


def _named(listing: Listing, index: int) -> str | None:
    """The dotted name that ends at `index`."""
    code = listing.code
    names: list[str] = []
    while index >= 0:
        instruction = listing.instructions[index]
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
