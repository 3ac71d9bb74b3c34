"""What a function does on every path through it, from its bytecode."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from types import CodeType
from typing import NamedTuple

from lab.configs._code._bytecode import (
    BRANCH,
    ENDS,
    JUMP,
    NONE_BRANCH,
    POP_BLOCK,
    RAISE,
    RERAISE,
    RETURN,
    SETUP,
    UNIFIED,
    WITH_EXCEPT,
    Instruction,
    exception_table,
    index_at,
    jump_target,
)

__all__: list[str] = []

_EVERYTHING = -1  # all bits set


class Block(NamedTuple):
    """Instructions that run one after the other.

    Attributes:
        first: the index of the first of them.
        last: the index of the last of them.
        after: the blocks that may run next.
        raises: whether it ends by raising on purpose.
        handler: the block to which an exception goes that is raised on purpose.
        surprised: the block to which any other exception goes, where that is caught.
    """

    first: int
    last: int
    after: list[int]
    raises: bool
    handler: int | None
    surprised: int | None


class Flow:
    """The paths through one code object.

    Paths end by a return or by a `raise`. An exception that an instruction raises by itself begins
    a path only where a `try` may catch it: a `with` is taken not to swallow such exceptions, unless
    the code mentions `suppress`.
    """

    def __init__(self, code: CodeType, instructions: list[Instruction]) -> None:
        self._code, self._instructions = code, instructions
        self._jumps = {
            index: jump_target(code, instructions, index)
            for index, (kind, _, _) in enumerate(instructions)
            if kind in (JUMP, BRANCH, NONE_BRANCH, SETUP)
        }
        self.targets = frozenset(self._jumps.values())
        """The indexes of instructions that can be reached by a jump."""

    def always(self, events: list[tuple[int, int]]) -> int:
        """The bits that are set on every path.

        Args:
            events: indexes of instructions, and the bits that running them sets.
        """
        if not events:
            return 0
        blocks = self._blocks()
        starts = [block.first for block in blocks]
        sets = [0] * len(blocks)
        for index, bits in events:
            sets[bisect_right(starts, index) - 1] |= bits
        common = endless = _EVERYTHING
        for block, bits in _after(blocks, sets, surprises=True):
            if self._instructions[block.last][0] == RETURN:
                common &= bits
            elif any(blocks[to].first <= block.first for to in block.after):
                endless &= bits
        if any(block.raises for block in blocks):
            for block, bits in _after(blocks, sets, surprises=False):
                if block.raises and block.handler is None:
                    common &= bits
        if common == _EVERYTHING:
            common = endless
        return common if common != _EVERYTHING else 0

    def _blocks(self) -> list[Block]:
        instructions = self._instructions
        handlers = self._handlers()
        leaders = {0, *self.targets}
        for index, (kind, _, _) in enumerate(instructions):
            if kind in ENDS or index in self._jumps:
                leaders.add(index + 1)
            if index and handlers[index] != handlers[index - 1]:
                leaders.add(index)
        leaders |= {handler for handler in handlers if handler is not None}
        starts = sorted(leader for leader in leaders if leader < len(instructions))
        numbers = {start: number for number, start in enumerate(starts)}
        suppressing = "suppress" in self._code.co_names
        blocks = []
        for number, first in enumerate(starts):
            last = (starts[number + 1] if number + 1 < len(starts) else len(instructions)) - 1
            kind = instructions[last][0]
            after = []
            if kind not in ENDS and number + 1 < len(starts):
                after.append(number + 1)
            if kind != SETUP and last in self._jumps:
                after.append(numbers[self._jumps[last]])
            handler = surprised = handlers[first]
            while surprised is not None and not suppressing and self._is_with(surprised):
                surprised = handlers[surprised]
            blocks.append(
                Block(
                    first,
                    last,
                    after,
                    kind in (RAISE, RERAISE),
                    None if handler is None else numbers[handler],
                    None if surprised is None else numbers[surprised],
                )
            )
        return blocks

    def _is_with(self, handler: int) -> bool:
        return any(kind == WITH_EXCEPT for kind, _, _ in self._instructions[handler : handler + 2])

    def _handlers(self) -> list[int | None]:
        """For each instruction the index of the innermost handler."""
        found: list[int | None] = [None] * len(self._instructions)
        if not UNIFIED:
            if any(self._instructions[index][0] == SETUP for index in self._jumps):
                self._follow_setups(found)
            return found
        table = exception_table(self._code)
        for start, end, handler in table:
            to = index_at(self._instructions, handler)
            first = index_at(self._instructions, start)
            for index in range(first, index_at(self._instructions, end)):
                found[index] = to
        return found

    def _follow_setups(self, found: list[int | None]) -> None:
        """Fill in the handlers of Python 3.10, which are pushed and popped as the code runs."""
        seen: set[int] = set()
        pending: list[tuple[int, tuple[int | None, ...]]] = [(0, ())]
        while pending:
            index, stack = pending.pop()
            while index not in seen:
                seen.add(index)
                found[index] = next((to for to in reversed(stack) if to is not None), None)
                kind = self._instructions[index][0]
                if kind == SETUP:
                    pending.append((self._jumps[index], (*stack, None)))
                    stack = (*stack, self._jumps[index])
                elif kind == POP_BLOCK:
                    stack = stack[:-1]
                elif kind == JUMP:
                    index = self._jumps[index]
                    continue
                elif kind in ENDS:
                    break
                elif index in self._jumps:
                    pending.append((self._jumps[index], stack))
                index += 1


def _after(blocks: list[Block], sets: list[int], surprises: bool) -> Iterator[tuple[Block, int]]:
    """Each block that can be reached, with the bits that are set on every path through it."""
    for block, bits, before in zip(blocks, sets, _solve(blocks, sets, surprises), strict=True):
        if before is not None:
            yield block, before | bits


def _solve(blocks: list[Block], sets: list[int], surprises: bool) -> list[int | None]:
    """For each block the bits set on every path to it; None where no path leads."""
    before: list[int | None] = [None] * len(blocks)
    before[0] = 0
    again = True
    while again:
        again = False
        for number, (block, at_start) in enumerate(zip(blocks, before, strict=True)):
            if at_start is None:
                continue
            at_end = at_start | sets[number]
            ways = [(to, at_end) for to in block.after]
            if block.handler is not None and block.raises:
                ways.append((block.handler, at_end))
            if block.surprised is not None and surprises:
                ways.append((block.surprised, at_start))
            for to, bits in ways:
                old = before[to]
                if old is None or old & ~bits:
                    before[to] = bits if old is None else old & bits
                    again |= to <= number
    return before
