"""Iteration with progress, at the speed of a bare loop.

The items pass through iterators that are written in C. Where that of the items knows how many it has
still to give, it alone is asked; else one that counts goes with it. Nothing of ours runs between two
items: whoever draws the line reads from another thread how far it is.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator, Sized
from itertools import chain, compress, count
from typing import Generic, TypeVar

from lab.errors import MonitError
from lab.monit._monitor import Monitor
from lab.monit._section import Section, total_of

__all__ = ["Iteration"]

Item = TypeVar("Item")

# of items that do not change in number while they are gone through
_EMPTY: tuple[Iterable[object], ...] = ([], (), range(0), range(2**70), {}, set(), "")
_KNOWING = frozenset(type(iter(items)) for items in _EMPTY)


class Iteration(Generic[Item]):
    """An iterable that shows its progress; iterating over it again is a section again.

    Args:
        monitor: the sections in progress.
        name: what it is called on screen.
        items: what to iterate over.
        total_steps: how many items there are, where they do not know.
        is_silent: whether it is not shown.
        is_timed: whether its time is shown.

    Raises:
        MonitError: the name is no text, or `total_steps` no number.
    """

    def __init__(
        self,
        monitor: Monitor,
        name: str,
        items: Iterable[Item],
        total_steps: float | None = None,
        is_silent: bool = False,
        is_timed: bool = True,
    ) -> None:
        if not isinstance(name, str):
            raise MonitError(f"the name of a section is text, not {name!r}")
        self._monitor, self._name, self._items = monitor, name, items
        self._total: float | None = length(items)
        if total_steps is not None:
            self._total = total_of(total_steps)
        self._is_silent, self._is_timed = is_silent, is_timed
        self._running: Iterator[Item] | None = None

    def __len__(self) -> int:
        if self._total is None:
            raise TypeError(f"{self._name!r} iterates over something of unknown length")
        return int(self._total)

    def __iter__(self) -> Iterator[Item]:
        section = Section(
            self._name,
            is_silent=self._is_silent,
            is_timed=self._is_timed,
            total_steps=self._total,
            is_iteration=True,
        )
        self._monitor.open(section)
        try:
            items, passed = counted(iter(self._items))
        except BaseException:
            section.fail()
            section.end()
            self._monitor.close(section)
            raise
        section.count_by(passed)
        return chain(items, _End(self._monitor, section))

    def __next__(self) -> Item:
        if self._running is None:
            self._running = iter(self)
        return next(self._running)


def counted(items: Iterator[Item]) -> tuple[Iterator[Item], Callable[[], int]]:
    """The items, and a function that says how many of them have passed."""
    if type(items) in _KNOWING:
        # one that is through is asked no more: it says 0 then
        total = operator.length_hint(items)
        return items, lambda: total - operator.length_hint(items)
    counter = count(1)
    return compress(items, counter), lambda: int(repr(counter)[6:-1]) - 1  # "count(8)": seven


def length(items: Iterable[object]) -> int | None:
    """How many items there are, where they know."""
    if not isinstance(items, Sized):
        return None
    try:
        return len(items)
    except TypeError:  # a data loader over a stream has a length only by name
        return None


class _End(Iterator[Item]):
    """Comes after the last item and ends the section; so does a loop that is left before."""

    def __init__(self, monitor: Monitor, section: Section) -> None:
        self._monitor, self._section = monitor, section
        self._is_open = True

    def __next__(self) -> Item:
        self._close(is_whole=True)
        raise StopIteration

    def __del__(self) -> None:
        if self._is_open:
            self._close(is_whole=False)

    def _close(self, is_whole: bool) -> None:
        self._is_open = False
        self._section.end(is_whole)
        self._monitor.close(self._section)
