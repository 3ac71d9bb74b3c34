"""The instructions of one code object, and what several of them mean together."""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from types import CodeType
from typing import NamedTuple

from lab.configs._code._bytecode import (
    ATTR,
    CONST,
    COPY,
    DUP,
    DUP_TWO,
    GLOBAL,
    JUMP,
    METHOD,
    STORE_ATTR,
    STORE_SUBSCR,
    SUBSCR,
    Instruction,
    attr_name,
    decode,
    global_name,
)
from lab.configs._code._flow import Flow

__all__: list[str] = []


class Access(NamedTuple):
    """A use by name of the value on top of the stack.

    Attributes:
        name: the attribute, or the text it is indexed with.
        at: the instruction that uses the value.
        reads: whether that reads the name.
        sets: whether it sets or deletes it.
    """

    name: str
    at: int
    reads: bool
    sets: bool


class Listing:
    """The instructions of one code object.

    Attributes:
        code: the code object.
        instructions: what it is made of.
        flow: the paths through the code; None where there is only one.
        targets: the instructions that can be reached by a jump.
    """

    def __init__(self, code: CodeType, scope: Mapping[str, object]) -> None:
        """Take `code` apart, whose globals are `scope`."""
        self.code = code
        self.instructions: list[Instruction]
        self.instructions, jumps = decode(code)
        self.flow = Flow(code, self.instructions) if jumps else None
        self.targets: frozenset[int] = self.flow.targets if self.flow else frozenset()
        self._scope = scope

    def kind(self, index: int) -> int:
        """The kind of the instruction, if it is run right after the one before."""
        if index in self.targets or index >= len(self.instructions):
            return JUMP
        return self.instructions[index][0]

    def access(self, index: int) -> Access | None:
        """The use by name of the value on top of the stack that begins at `index`, if one does."""
        kind = self.kind(index)
        if kind in (ATTR, METHOD):
            return Access(attr_name(self.code, self.instructions[index]), index, True, False)
        if kind == STORE_ATTR:
            return Access(self.code.co_names[self.instructions[index][1]], index, False, True)
        if kind == DUP or (kind == COPY and self.instructions[index][1] == 1):
            if self.kind(index + 1) != ATTR:
                return None
            name = attr_name(self.code, self.instructions[index + 1])
            return Access(name, index + 1, True, True)  # the first half of `c.x += 1`
        return self._indexed(index)

    def _indexed(self, index: int) -> Access | None:
        key = self.text(index)
        if key is None:
            return None
        key = key.replace(".", ":")  # c['optimizer.lr'] is not c.optimizer.lr
        at = index + 1
        if self.kind(at) == DUP_TWO:
            at += 1
        elif self.kind(at) == COPY and self.kind(at + 1) == COPY:
            at += 2
        is_copied = at > index + 1  # the first half of `c['x'] += 1`
        kind = self.kind(at)
        if kind == SUBSCR:
            return Access(key, at, True, is_copied)
        return Access(key, at, False, True) if kind == STORE_SUBSCR and not is_copied else None

    def text(self, index: int) -> str | None:
        """The text that the instruction at `index` loads, if it loads one."""
        if self.kind(index) != CONST:
            return None
        value = self.code.co_consts[self.instructions[index][1]]
        return value if isinstance(value, str) else None

    def builtin(self, index: int) -> str | None:
        """The built-in function that the instruction at `index` loads, if it loads one."""
        if index < 0 or self.instructions[index][0] != GLOBAL:
            return None
        name = global_name(self.code, self.instructions[index])
        builtin = getattr(builtins, name, None)
        return name if self._scope.get(name, builtin) is builtin is not None else None
