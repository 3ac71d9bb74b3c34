"""The training loop, and the global step.

::

    from lab import loop

    for epoch in loop.loop(10):
        for data, target in train_loader:
            ...
            loop.add_global_step()

While a loop is in progress Ctrl-C, or SIGTERM, lets the iteration come to its end and then ends every
training loop of the run; a second one stops at once. What the program has to do with these signals by
handlers of its own stays as it is. The seconds of an iteration are an indicator of the run, `time.loop`.
"""

from __future__ import annotations

import operator
from typing import SupportsIndex

from lab import steps
from lab.errors import LoopError
from lab.loop._loop import Loop

__all__ = [
    "Loop",
    "add_global_step",
    "finish_loop",
    "get_global_step",
    "loop",
    "set_current",
    "set_global_step",
]

_current: Loop | None = None


def loop(
    iterations: int | range,
    is_print_iteration_time: bool = True,
    *,
    new_line_interval: int | None = None,
    is_interruptible: bool = True,
) -> Loop:
    """Iterate, with a line on screen that shows step, sections, indicators and times.

    Args:
        iterations: how many; or a range, whose values become the global step one by one. With a
            number the global step goes up by one with each iteration, unless the iteration counts
            steps itself.
        is_print_iteration_time: whether the line says how long an iteration takes.
        new_line_interval: after how many iterations the line stays; where not given, after each of
            a few, and every few seconds of many.
        is_interruptible: whether Ctrl-C and SIGTERM let the iteration in progress come to its end;
            a loop within another goes by the outer one.

    Raises:
        LoopError: `iterations` is neither, or less than 0, or `new_line_interval` no number.
    """
    global _current
    if not isinstance(iterations, range):
        iterations = _whole(iterations, "a loop takes a number of iterations or a range")
    if new_line_interval is not None:
        new_line_interval = _whole(new_line_interval, "new_line_interval is a whole number")
    _current = Loop(
        iterations,
        steps.current(),
        is_print_iteration_time,
        new_line_interval,
        _innermost(),
        is_interruptible,
    )
    return _current


def finish_loop() -> None:
    """End the innermost loop after the iteration in progress, and take its line off the screen."""
    current = _innermost()
    if current is not None:
        current.finish()


def get_global_step() -> int:
    """The global step of the run."""
    return steps.current().step


def set_global_step(step: int) -> None:
    """Set the global step of the run.

    Raises:
        LoopError: it is no whole number of at most 64 bits.
    """
    steps.current().step = _as_step(_whole(step, "a step is a whole number"))


def add_global_step(increment: int = 1) -> None:
    """Count the global step on.

    Raises:
        LoopError: the increment is no whole number, or the step would have more than 64 bits.
    """
    current = steps.current()
    if type(increment) is not int:
        increment = _whole(increment, "steps are counted in whole numbers")
    _as_step(current.step + increment)
    current.count(increment, "loop")


def set_current(current: Loop | None) -> Loop | None:
    """Make another loop the current one; gives back the one it replaces."""
    global _current
    before, _current = _current, current
    return before


def _whole(value: SupportsIndex, expected: str) -> int:
    try:
        return operator.index(value)
    except TypeError:
        raise LoopError(f"{expected}, not {value!r}") from None


def _as_step(step: int) -> int:
    if not -steps.LAST_STEP <= step <= steps.LAST_STEP:
        raise LoopError(f"a step is a whole number of at most 64 bits, not {step}")
    return step


def _innermost() -> Loop | None:
    """The loop in progress that is within all others."""
    current = _current
    while current is not None and current.is_finished:
        current = current.outer
    return current
