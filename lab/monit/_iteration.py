"""Iteration with progress, at the speed of a bare loop.

The items pass through iterators that are written in C; one of them counts. Nothing of ours runs
between two items: whoever draws the line reads the count from another thread.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sized
from itertools import chain, compress, count
from typing import Generic, TypeVar

from lab.monit._monitor import Monitor
from lab.monit._section import Section, number

__all__ = ["Iteration"]

Item = TypeVar("Item")


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
        TypeError: `total_steps` is no number.
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
        self._monitor, self._name, self._items = monitor, name, items
        self._total: float | None = _length(items)
        if total_steps is not None:
            self._total = number(total_steps, "total_steps")
        self._is_silent, self._is_timed = is_silent, is_timed
        self._running: Iterator[Item] | None = None

    def __len__(self) -> int:
        if self._total is None:
            raise TypeError(f"{self._name!r} iterates over something of unknown length")
        return int(self._total)

    def __iter__(self) -> Iterator[Item]:
        counter = count(1)
        section = Section(
            self._name,
            is_silent=self._is_silent,
            is_timed=self._is_timed,
            total_steps=self._total,
            count=lambda: int(repr(counter)[6:-1]) - 1,  # "count(8)": seven items have passed
        )
        self._monitor.open(section)
        try:
            items = iter(self._items)
        except BaseException:
            section.fail()
            section.end()
            self._monitor.close(section)
            raise
        return chain(compress(items, counter), _End(self._monitor, section))

    def __next__(self) -> Item:
        if self._running is None:
            self._running = iter(self)
        return next(self._running)


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


def _length(items: Iterable[object]) -> int | None:
    if not isinstance(items, Sized):
        return None
    try:
        return len(items)
    except TypeError:  # a data loader over a stream has a length only by name
        return None
