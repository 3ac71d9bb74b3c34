"""Show what a program is doing: sections, progress, iteration.

::

    from lab import monit

    with monit.section("Load data"):
        ...
    for batch in monit.iterate("Train", train_loader):
        ...
    for name, batch in monit.mix(10, ("train", train_loader), ("valid", valid_loader)):
        ...

    @monit.section("Load data")
    def load(): ...

On a terminal a section has a line that is drawn again and again; within the training loop it is a
part of the loop's line. A section whose block raises ends as FAIL. The seconds that a section takes
are an indicator of the run, `time.<section>`.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Iterator
from functools import partial, wraps
from typing import Any, TypeVar, overload

from lab import steps
from lab.errors import MonitError
from lab.monit import _iteration, _mix, _section
from lab.monit._block import Block
from lab.monit._iteration import Iteration
from lab.monit._monitor import Monitor
from lab.monit._section import Section

__all__ = [
    "Block",
    "Iteration",
    "Monitor",
    "Section",
    "enum",
    "fail",
    "iterate",
    "mix",
    "progress",
    "section",
    "set_current",
]

_Item = TypeVar("_Item")


class _Missing:
    """What is not given."""


_MISSING = _Missing()

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
@overload
def iterate(
    name: str,
    *,
    total_steps: float | None = None,
    is_silent: bool = False,
    is_timed: bool = True,
) -> Callable[[Callable[..., Iterable[Any]]], Callable[..., Iteration[Any]]]: ...
def iterate(
    name: str,
    items: Iterable[object] | int | _Missing = _MISSING,
    total_steps: float | None = None,
    *,
    is_silent: bool = False,
    is_timed: bool = True,
) -> Any:
    """Iterate with a progress on screen; costs no more per item than a bare loop.

    Args:
        name: what it is called on screen.
        items: what to iterate over, or how often. Without it this is a decorator: of a function
            that gives or generates items, which are then shown as they are gone through.
        total_steps: how many items there are, where they do not know.
        is_silent: whether nothing is shown.
        is_timed: whether the time is shown.

    Returns:
        The items. A loop that is left before the last one ends the section with how far it was.

    Raises:
        MonitError: there is nothing to iterate over, or `total_steps` is no number.
    """
    if not isinstance(name, str):
        raise MonitError(f"the name of a section is text, not {name!r}")
    if isinstance(items, _Missing):
        return _decorator(
            partial(iterate, name, total_steps=total_steps, is_silent=is_silent, is_timed=is_timed)
        )
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


def mix(
    rounds: int,
    /,
    *sources: tuple[str, Iterable[Any] | int] | tuple[str, Iterable[Any] | int, float],
    is_silent: bool = False,
    is_timed: bool = True,
) -> Iterator[tuple[str, Any]]:
    """Iterate over several things in turn: each round takes the same share of each of them.

    With 10 rounds, a tenth of the training batches comes first, then a tenth of those for validation,
    then the next tenth for training; after the last round all have passed.

    Args:
        rounds: how often it changes between them all.
        *sources: a name, what to iterate over (or how often), and, where that does not know how many
            items it has, how many.
        is_silent: whether nothing is shown.
        is_timed: whether the times are shown.

    Returns:
        Pairs of a name and an item.

    Raises:
        MonitError: the rounds are no number from 1 on, a source is none of these, or two have one
            name.
    """
    if _whole(rounds) is None or operator.index(rounds) < 1:
        raise MonitError(f"the rounds of a mix are a number from 1 on, not {rounds!r}")
    known = [_source(source) for source in sources]
    names = [name for name, _, _ in known]
    if not known or len(set(names)) < len(names):
        raise MonitError(f"a mix is of one or more sources of different names, not of {names!r}")
    return _mix.mixed(_monitor(), operator.index(rounds), known, is_silent, is_timed)


def section(
    name: str,
    *,
    is_silent: bool = False,
    is_timed: bool = True,
    is_partial: bool = False,
    is_new_line: bool = True,
    total_steps: float = 1.0,
) -> Block:
    """Show a block as a section: its progress, then how it ended and its time.

    As a decorator, `@monit.section("Load data")`, it shows each call of a function.

    Args:
        name: what it is called on screen.
        is_silent: whether nothing is shown.
        is_timed: whether the time is shown, and recorded.
        is_partial: whether the end of the block leaves the progress where it is, in place of all.
        is_new_line: whether a new line follows.
        total_steps: the progress at which it is done; see `progress`.

    Raises:
        MonitError: the name is no text, or `total_steps` no number.
    """
    if not isinstance(name, str):
        raise MonitError(f"the name of a section is text, not {name!r}")
    total = _section.total_of(total_steps)
    return Block(
        _monitor,
        lambda: Section(name, is_silent, is_timed, is_partial, is_new_line, total),
    )


def progress(steps: float) -> None:
    """Say how far the section in progress is, from 0 to its `total_steps`.

    Raises:
        MonitError: that is no number.
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


def _iterable(items: Any) -> Any:
    """What to iterate over; of a number, that many."""
    if hasattr(items, "__iter__"):
        return items
    often = _whole(items)
    if often is not None and often >= 0:
        return range(often)
    if often is None and hasattr(items, "__getitem__"):  # the sequences of old, datasets among them
        return items
    what = f"not over {items!r}"
    raise MonitError(f"monit iterates over items or a number of times, {what}")


def _whole(value: Any) -> int | None:
    try:
        return operator.index(value)
    except TypeError:
        return None


def _source(source: Any) -> _mix.Source:
    if not (isinstance(source, tuple) and len(source) in (2, 3) and isinstance(source[0], str)):
        raise MonitError(f"a source of a mix is a name and what to iterate over, not {source!r}")
    items = _iterable(source[1])
    total = _section.total_of(source[2]) if len(source) == 3 else _iteration.length(items)
    if total is None:
        raise MonitError(
            f"{source[0]!r} does not know how many items it has: say it, as in "
            f"({source[0]!r}, items, 1000)"
        )
    return source[0], items, total


def _decorator(
    show: Callable[[Any], Iteration[Any]],
) -> Callable[[Callable[..., Iterable[Any]]], Callable[..., Iteration[Any]]]:
    def decorate(function: Callable[..., Iterable[Any]]) -> Callable[..., Iteration[Any]]:
        if not callable(function):
            raise MonitError(f"this decorates a function that gives items, not {function!r}")

        @wraps(function)
        def call(*args: Any, **kwargs: Any) -> Iteration[Any]:
            return show(function(*args, **kwargs))

        return call

    return decorate


def _monitor() -> Monitor:
    """The current one, if it shows what the current run does."""
    global _current
    now = steps.current()
    if _current is None or _current.steps is not now:
        _current = Monitor(now)
    return _current
