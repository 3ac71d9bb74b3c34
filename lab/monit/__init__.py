"""Show what a program is doing: sections, progress, iteration.

::

    from lab import monit

    with monit.section("Load data"):
        ...
    for batch in monit.iterate("Train", train_loader):
        ...

On a terminal a section has a line that is drawn again and again; within the training loop it is a
part of the loop's line. A section whose block raises ends as FAIL.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar, overload

from lab import steps
from lab.monit._iteration import Iteration
from lab.monit._monitor import Monitor
from lab.monit._section import Section

__all__ = [
    "Iteration",
    "Monitor",
    "Section",
    "enum",
    "fail",
    "iterate",
    "progress",
    "section",
    "set_current",
]

_Item = TypeVar("_Item")

_current: Monitor | None = None


@overload
def iterate(
    name: str,
    items: int,
    total_steps: float | None = None,
    *,
    is_silent: bool = False,
    is_timed: bool = True,
) -> Iteration[int]: ...
@overload
def iterate(
    name: str,
    items: Iterable[_Item],
    total_steps: float | None = None,
    *,
    is_silent: bool = False,
    is_timed: bool = True,
) -> Iteration[_Item]: ...
def iterate(
    name: str,
    items: Iterable[object] | int,
    total_steps: float | None = None,
    *,
    is_silent: bool = False,
    is_timed: bool = True,
) -> Iteration[Any]:
    """Iterate with a progress on screen; costs no more per item than a bare loop.

    Args:
        name: what it is called on screen.
        items: what to iterate over, or how often.
        total_steps: how many items there are, where they do not know.
        is_silent: whether nothing is shown.
        is_timed: whether the time is shown.

    Returns:
        The items. A loop that is left before the last one ends the section with how far it was.

    Raises:
        TypeError: there is nothing to iterate over, or `total_steps` is no number.
    """
    return Iteration(_monitor(), name, _iterable(items), total_steps, is_silent, is_timed)


@overload
def enum(
    name: str,
    items: int,
    total_steps: float | None = None,
    *,
    is_silent: bool = False,
    is_timed: bool = True,
) -> Iterator[tuple[int, int]]: ...
@overload
def enum(
    name: str,
    items: Iterable[_Item],
    total_steps: float | None = None,
    *,
    is_silent: bool = False,
    is_timed: bool = True,
) -> Iterator[tuple[int, _Item]]: ...
def enum(
    name: str,
    items: Iterable[object] | int,
    total_steps: float | None = None,
    *,
    is_silent: bool = False,
    is_timed: bool = True,
) -> Iterator[tuple[int, object]]:
    """Iterate as `iterate` does, over pairs of a number from 0 and an item."""
    return enumerate(
        iterate(name, _iterable(items), total_steps, is_silent=is_silent, is_timed=is_timed)
    )


@contextmanager
def section(
    name: str,
    *,
    is_silent: bool = False,
    is_timed: bool = True,
    is_partial: bool = False,
    is_new_line: bool = True,
    total_steps: float = 1.0,
) -> Iterator[Section]:
    """Show a block as a section: its progress, then how it ended and its time.

    Args:
        name: what it is called on screen.
        is_silent: whether nothing is shown.
        is_timed: whether the time is shown.
        is_partial: whether the end of the block leaves the progress where it is, in place of all.
        is_new_line: whether a new line follows.
        total_steps: the progress at which it is done; see `progress`.

    Raises:
        TypeError: the name is no text, or `total_steps` no number.
    """
    monitor = _monitor()
    current = Section(name, is_silent, is_timed, is_partial, is_new_line, total_steps)
    monitor.open(current)
    try:
        yield current
    except BaseException:
        current.fail()
        raise
    finally:
        current.end()
        monitor.close(current)


def progress(steps: float) -> None:
    """Say how far the section in progress is, from 0 to its `total_steps`.

    Raises:
        TypeError: that is no number.
    """
    current = _monitor().innermost
    if current is not None:
        current.progress(steps)


def fail() -> None:
    """Have the section in progress end as failed."""
    current = _monitor().innermost
    if current is not None:
        current.fail()


def set_current(monitor: Monitor | None) -> Monitor | None:
    """Make another monitor the current one; gives back the one it replaces."""
    global _current
    before, _current = _current, monitor
    return before


def _iterable(items: Iterable[_Item] | int) -> Iterable[_Item] | range:
    """What to iterate over; of a number, that many."""
    if hasattr(items, "__iter__"):
        return items
    try:
        return range(operator.index(items))
    except TypeError:
        if hasattr(items, "__getitem__"):  # the sequences of old, datasets among them
            return items  # type: ignore[return-value]  # iter() takes them
        what = f"not over {items!r}"
        raise TypeError(f"monit iterates over items or a number of times, {what}") from None


def _monitor() -> Monitor:
    global _current
    if _current is None:
        _current = Monitor(steps.current())
    return _current
