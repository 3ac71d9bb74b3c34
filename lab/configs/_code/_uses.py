"""What one code object does with one of its variables: read, set, or handed on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import CodeType

from lab.configs._code._bytecode import (
    ATTR,
    CALL,
    CELL,
    CLEAR,
    CONST,
    FORMAT,
    GLOBAL,
    IS,
    LOAD,
    NONE_BRANCH,
    POP,
    STORE,
    STORE_CELL,
    SUPER_ATTR,
    decode,
    exception_table,
    free_slot,
    index_at,
    is_callee,
    slot_name,
    slots,
    super_name,
)
from lab.configs._code._consumers import describe_consumer, find_call
from lab.configs._code._listing import Listing

__all__: list[str] = []

_LOOKING = frozenset({"isinstance", "type", "id", "repr", "str", "print", "callable", "hash"})
"""Built-in functions that are given an object and read none of its configs."""

_BY_NAME = frozenset({"getattr", "hasattr", "setattr", "delattr"})
_SEEING = frozenset({"locals", "vars", "eval", "exec"})
"""Built-in functions that see the variables of their caller."""

WATCHED = _SEEING | {"super"}


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
        self._listing = listing = Listing(code, scope)
        self.code, self.instructions, self.flow = code, listing.instructions, listing.flow
        self._scope, self._parameter, self._free = scope, parameter, frozenset(names)
        self._aliases: set[str] = set()
        self._mixed: set[int] = set()
        known = -1
        while known < len(self._aliases) + len(self._mixed):  # what is found may be used before
            known = len(self._aliases) + len(self._mixed)
            self._scan()

    def _scan(self) -> None:
        self.reads: list[tuple[int, str]] = []
        self.handed: list[tuple[int, str]] = []
        self.sets: list[tuple[int, str]] = []
        self.inner: list[tuple[int, Uses]] = []
        self.rebound = False
        fast, cells, bound = self._slots()
        hidden: set[tuple[int, int]] = set()
        for index, (kind, arg, _) in enumerate(self.instructions):
            if kind > CLEAR:
                continue
            if kind <= CELL:
                if arg in (fast if kind == LOAD else cells) and (index, arg) not in hidden:
                    self._use(index)
            elif kind == CLEAR:
                if arg in cells:
                    self._mixed.add(arg)
                    self._bind_again(index)
                elif arg in fast:
                    hidden |= self._own_range(index, arg)
            elif (kind, arg) in bound and (index, arg) not in hidden:
                self._bind_again(index)
        if cells:
            self._read_inner()
        if not WATCHED.isdisjoint(self.code.co_names):
            self._read_watched()

    def _slots(self) -> tuple[set[int], set[int], set[tuple[int, int | None]]]:
        """The slots for LOAD, those for CELL, and the instructions that bind the object's names."""
        cells = {free_slot(self.code, name) for name in self._free}
        fast = set(self._mixed)  # a cell for a comprehension, but none for the function around it
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

    def _bind_again(self, index: int) -> None:
        self.rebound = True
        self.handed.append((index, "bound again"))

    def _own_range(self, index: int, slot: int) -> set[tuple[int, int]]:
        """Where a comprehension, inlined since 3.12, uses a slot for a variable of its own.

        That is from the instruction at `index`, which saves what is in the slot, to those that
        restore it, one after the comprehension and one where an exception leaves it.
        """
        unit = self.instructions[index][2]
        table = exception_table(self.code)
        handler = min((start, to) for start, _, to in table if start > unit)[1]
        handlers = {to for _, _, to in table}  # what they restore comes at the end of the code
        end = max(end for start, end, to in table if to == handler and start not in handlers)
        own = set()
        for first, last in ((index, end), (index_at(self.instructions, handler), handler)):
            for position in range(first, len(self.instructions)):
                kind, arg, at = self.instructions[position]
                own.add((position, slot))
                if at >= last and kind == STORE and arg == slot:
                    break
        return own

    def _use(self, index: int) -> None:
        """Note what happens to the object that is loaded at `index`."""
        following = index + 1
        kind, arg, _ = self.instructions[following]
        if kind != ATTR and self._known_call(index):
            return
        if following in self._listing.targets:
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
        self.handed.append((index, describe_consumer(self._listing, index)))

    def _is_idle(self, index: int) -> bool:
        """Whether an instruction takes the object without reading anything of it."""
        kind = self.instructions[index][0]
        if kind in (POP, FORMAT, IS, NONE_BRANCH):
            return True
        return kind in (LOAD, CELL, CONST, GLOBAL) and self._listing.kind(index + 1) == IS

    def _follow(self, index: int, path: str) -> bool:
        """Note the attributes read, one of the other, of the value made at `index`.

        Args:
            index: the instruction that makes the value.
            path: the path of that value; empty for the object itself.

        Returns:
            Whether it is known what happens to the value.
        """
        done = False
        while (access := self._listing.access(index + 1)) is not None:
            whole = _join(path, access.name)
            if access.reads:
                index, path = access.at, whole
            if access.sets:
                self.sets.append((access.at, whole))
                done = True
                break
        if path:
            self.reads.append((index, path))
        return done or bool(path)

    def _known_call(self, index: int) -> bool:
        """Note a call such as `getattr(c, 'name')` whose first argument is loaded at `index`."""
        function = self._listing.builtin(index - 1)
        if function not in _LOOKING and function not in _BY_NAME:
            return False
        if index in self._listing.targets or not is_callee(self.instructions[index - 1]):
            return False
        found = find_call(self._listing, index)
        if found is None:
            return False
        call, depths = found
        if function in _LOOKING:  # at the object, if nothing works on that before the call
            return all(depth > 1 for depth in depths)
        name = self._listing.text(index + 1)
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
            function = self._listing.builtin(index)
            if function in _SEEING and is_callee(instruction):
                self.handed.append((index, f"seen by {function}()"))
            elif function == "super" and self._is_first():
                self._read_super(index)

    def _read_super(self, index: int) -> None:
        following = self.instructions[index + 1]
        if not is_callee(self.instructions[index]):
            if self._listing.kind(index + 3) != SUPER_ATTR:  # that one is met at the load before it
                self.handed.append((index, "given to super"))
        elif following[0] == CALL and following[1] == 0:
            access = self._listing.access(index + 2)
            if access is not None and access.reads:
                self._follow(access.at, f"super().{access.name}")
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
                uses = Uses(value, names.intersection(value.co_freevars), self._scope)
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
