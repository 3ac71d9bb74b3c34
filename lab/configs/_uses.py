"""What one code object does with one of its variables: read, set, or handed on."""

from __future__ import annotations

import builtins
from collections.abc import Collection, Iterable, Mapping
from types import CodeType

from ._bytecode import (
    ATTR,
    CALL,
    CELL,
    CLEAR,
    CONST,
    COPY,
    DUP,
    DUP_TWO,
    FORMAT,
    GLOBAL,
    IS,
    JUMP,
    LOAD,
    METHOD,
    NONE_BRANCH,
    POP,
    STORE,
    STORE_ATTR,
    STORE_CELL,
    STORE_SUBSCR,
    SUBSCR,
    SUPER_ATTR,
    attr_name,
    decode,
    exception_table,
    free_slot,
    global_name,
    index_at,
    is_callee,
    slot_name,
    slots,
    super_name,
)
from ._consumers import describe_consumer, find_call
from ._flow import Flow

__all__: list[str] = []

_LOOKING = frozenset({"isinstance", "type", "id", "repr", "str", "print", "callable", "hash"})
"""Built-in functions that are given an object and read none of its configs."""

_BY_NAME = frozenset({"getattr", "hasattr", "setattr", "delattr"})
_SEEING = frozenset({"locals", "vars", "eval", "exec"})
"""Built-in functions that see the variables of their caller."""

_WATCHED = _SEEING | {"super"}


class Uses:
    """What a code object does with the variables that hold one object.

    Attributes:
        reads: (index of the instruction, path), in the order of the code.
        handed: (index, in words) where the object leaves sight.
        sets: (index, path).
        inner: (index, uses) of the code defined in this code.
        rebound: whether a variable is bound again, so that it may hold another object.
        flow: the paths through the code; None where there is only one.
    """

    def __init__(
        self,
        code: CodeType,
        names: Iterable[str],
        scope: Mapping[str, object],
        parameter: str | None = None,
    ) -> None:
        """Args:
        code: what to read.
        names: variables of an enclosing function that hold the object.
        scope: the globals of the function.
        parameter: the parameter that holds it.
        """
        self.code, self.scope, self._parameter = code, scope, parameter
        self.instructions, jumps = decode(code)
        self.flow = Flow(code, self.instructions) if jumps else None
        self._targets: frozenset[int] = self.flow.targets if self.flow else frozenset()
        self._free = frozenset(names)
        self._aliases: set[str] = set()
        known = -1
        while known < len(self._aliases):  # a new alias may have been used before it was found
            known = len(self._aliases)
            self._scan()

    def _scan(self) -> None:
        self.reads: list[tuple[int, str]] = []
        self.handed: list[tuple[int, str]] = []
        self.sets: list[tuple[int, str]] = []
        self.inner: list[tuple[int, Uses]] = []
        self.rebound = False
        fast, cells, bound = self._slots()
        hidden = self._hidden(fast, cells)
        for index, (kind, arg, _) in enumerate(self.instructions):
            if kind > STORE_CELL:
                continue
            if kind <= CELL:
                if arg in (fast if kind == LOAD else cells) and (index, arg) not in hidden:
                    self._use(index)
            elif (kind, arg) in bound and (index, arg) not in hidden:
                self.rebound = True
                self.handed.append((index, "bound again"))
        if cells:
            self._read_inner()
        if not _WATCHED.isdisjoint(self.code.co_names):
            self._read_watched()

    def _slots(self) -> tuple[set[int], set[int], set[tuple[int, int | None]]]:
        """The slots for LOAD, those for CELL, and the instructions that bind the object's names."""
        cells = {free_slot(self.code, name) for name in self._free}
        fast: set[int] = set()
        bound: set[tuple[int, int | None]] = {(STORE_CELL, cell) for cell in cells}
        for name in self._aliases if self._parameter is None else {self._parameter, *self._aliases}:
            slot, cell = slots(self.code, name)
            if slot is not None:
                fast.add(slot)
            if cell is not None:
                cells.add(cell)
            if name == self._parameter:
                bound |= {(STORE, slot), (STORE_CELL, cell)}
        return fast, cells, bound

    def _hidden(self, fast: set[int], cells: set[int]) -> Collection[tuple[int, int]]:
        """Where comprehensions, inlined since 3.12, use a slot for a variable of their own."""
        hidden: set[tuple[int, int]] = set()
        for index, (kind, arg, unit) in enumerate(self.instructions):
            if kind == CLEAR and arg in cells:
                fast.add(arg)  # which of them a load means cannot be told
                self.rebound = True
                self.handed.append((index, "bound again by a comprehension"))
            elif kind == CLEAR and arg in fast:
                hidden.update((own, arg) for own in self._own_range(index, unit, arg))
        return hidden

    def _own_range(self, index: int, unit: int, slot: int) -> list[int]:
        """The instructions from one that saves a variable to those that restore it."""
        table = exception_table(self.code)
        handler = min((start, to) for start, _, to in table if start > unit)[1]
        handlers = {to for _, _, to in table}  # what they restore comes at the end of the code
        end = max(end for start, end, to in table if to == handler and start not in handlers)
        own = []
        for first, last in ((index, end), (index_at(self.instructions, handler), handler)):
            for position in range(first, len(self.instructions)):
                kind, arg, at = self.instructions[position]
                own.append(position)
                if at >= last and kind == STORE and arg == slot:
                    break
        return own

    def _use(self, index: int) -> None:
        """Note what happens to the object that is loaded at `index`."""
        if self._known_call(index):
            return
        following = index + 1
        kind, arg, _ = self.instructions[following]
        if following in self._targets:
            self._hand_on(index)
        elif kind == SUPER_ATTR:
            name = super_name(self.code, self.instructions[following])
            if name is None or not self._is_first():
                self._hand_on(index)
            else:
                self._follow(following, f"super().{name}")
        elif kind in (STORE, STORE_CELL) and self._is_alias(slot_name(self.code, kind, arg)):
            self._aliases.add(slot_name(self.code, kind, arg))
        elif not self._follow(index, "") and not self._is_idle(following):
            self._hand_on(index)

    def _hand_on(self, index: int) -> None:
        self.handed.append((index, describe_consumer(self.code, self.instructions, index)))

    def _is_idle(self, index: int) -> bool:
        """Whether an instruction takes the object without reading anything of it."""
        kind = self.instructions[index][0]
        if kind in (POP, FORMAT, IS, NONE_BRANCH):
            return True
        return kind in (LOAD, CELL, CONST, GLOBAL) and self._kind(index + 1) == IS

    def _kind(self, index: int) -> int:
        """The kind of the instruction, if it is run right after the one before."""
        return JUMP if index in self._targets else self.instructions[index][0]

    def _follow(self, index: int, path: str) -> bool:
        """Note the attributes read, one of the other, of the value made at `index`.

        Args:
            index: the instruction that makes the value.
            path: the path of that value; empty for the object itself.

        Returns:
            Whether it is known what happens to the value.
        """
        done = False
        while (access := self._access(index + 1)) is not None:
            key, last, is_read, is_set = access
            if is_set:
                self.sets.append((last, _join(path, key)))
                done = True
            if not is_read:
                break
            index, path = last, _join(path, key)
            if is_set:
                break
        if path:
            self.reads.append((index, path))
        return done or bool(path)

    def _access(self, index: int) -> tuple[str, int, bool, bool] | None:
        """The use by name, from `index` on, of the value on top of the stack.

        Returns:
            The name, the index of the instruction that uses it, whether that reads, whether it sets.
        """
        start = index
        kind = self._kind(index)
        if kind == DUP or (kind == COPY and self.instructions[index][1] == 1):
            index += 1  # the first half of an augmented assignment
            kind = ATTR if self._kind(index) == ATTR else JUMP
        if kind in (ATTR, METHOD):
            name = attr_name(self.code, self.instructions[index])
            return name, index, True, index > start
        if kind == STORE_ATTR:
            return self.code.co_names[self.instructions[index][1]], index, False, True
        key = self._text(index) if kind == CONST else None
        if key is None:
            return None
        kind, start = self._kind(index + 1), index + 1
        if kind == DUP_TWO:
            index += 1
        elif kind == COPY and self._kind(index + 2) == COPY:
            index += 2
        kind = self._kind(index + 1)
        if kind == SUBSCR:
            return key, index + 1, True, index + 1 > start
        if kind == STORE_SUBSCR and index + 1 == start:
            return key, index + 1, False, True
        return None

    def _text(self, index: int) -> str | None:
        """The text that the instruction at `index` loads, if it loads one."""
        if self._kind(index) != CONST:
            return None
        value = self.code.co_consts[self.instructions[index][1]]
        return value if isinstance(value, str) else None

    def _builtin(self, index: int) -> str | None:
        """The built-in function that the instruction at `index` loads, if it loads one."""
        if index < 0 or self.instructions[index][0] != GLOBAL:
            return None
        name = global_name(self.code, self.instructions[index])
        builtin = getattr(builtins, name, None)
        return name if self.scope.get(name, builtin) is builtin is not None else None

    def _known_call(self, index: int) -> bool:
        """Note a call such as `getattr(c, 'name')` whose first argument is loaded at `index`."""
        function = self._builtin(index - 1)
        if function not in _LOOKING and function not in _BY_NAME:
            return False
        if index in self._targets or not is_callee(self.instructions[index - 1]):
            return False
        found = find_call(self.code, self.instructions, self._targets, index)
        if found is None or function in _LOOKING:
            return found is not None
        call, depths = found
        name = self._text(index + 1)
        # The second argument is the text alone if nothing after it works on it.
        if name is None or depths[0] != 2 or any(depth < 3 for depth in depths[1:]):
            return False
        if function in ("setattr", "delattr"):
            self.sets.append((call, name))
        elif function == "hasattr":
            self.reads.append((call, name))
        else:
            self._follow(call, name)
        return True

    def _read_watched(self) -> None:
        """Note the calls that use the object without loading it."""
        for index, instruction in enumerate(self.instructions):
            function = self._builtin(index)
            if function in _SEEING and is_callee(instruction):
                self.handed.append((index, f"seen by {function}()"))
            elif function == "super" and self._is_first():
                self._read_super(index)
        self.reads.sort(key=lambda read: read[0])

    def _read_super(self, index: int) -> None:
        following = self.instructions[index + 1]
        if not is_callee(self.instructions[index]):
            if self._kind(index + 3) != SUPER_ATTR:  # that one is met at the load before it
                self.handed.append((index, "given to super"))
        elif following[0] == CALL and following[1] == 0:
            access = self._access(index + 2)
            if access is not None and access[2]:
                self._follow(access[1], f"super().{access[0]}")
            else:
                self.handed.append((index, "given to super"))

    def _is_first(self) -> bool:
        code = self.code
        return code.co_argcount > 0 and code.co_varnames[0] == self._parameter

    def _is_alias(self, name: str) -> bool:
        """Whether a variable holds the object wherever it holds anything."""
        code = self.code
        count = code.co_argcount + code.co_kwonlyargcount
        count += bool(code.co_flags & 4) + bool(code.co_flags & 8)
        if name in code.co_varnames[:count] or name in code.co_freevars:
            return False
        return _times_bound(code, name) == 1

    def _read_inner(self) -> None:
        """Read the functions, classes and comprehensions that are defined in this code."""
        names = self._free | self._aliases
        if self._parameter is not None:
            names |= {self._parameter}
        for number, value in enumerate(self.code.co_consts):
            if isinstance(value, CodeType) and not names.isdisjoint(value.co_freevars):
                uses = Uses(value, names.intersection(value.co_freevars), self.scope)
                self.rebound |= uses.rebound
                made = (
                    i for i, (k, a, _) in enumerate(self.instructions) if (k, a) == (CONST, number)
                )
                self.inner.append((next(made, 0), uses))


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _times_bound(code: CodeType, name: str) -> int:
    """How many instructions bind a variable of `code`, those of inner functions included."""
    if name in code.co_freevars:
        where: set[tuple[int, int | None]] = {(STORE_CELL, free_slot(code, name))}
    else:
        slot, cell = slots(code, name)
        where = {(STORE, slot), (STORE_CELL, cell), (CLEAR, slot), (CLEAR, cell)}
    times = sum((kind, arg) in where for kind, arg, _ in decode(code)[0])
    for value in code.co_consts:
        if isinstance(value, CodeType) and name in value.co_freevars:
            times += _times_bound(value, name)
    return times
