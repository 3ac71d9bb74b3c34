"""What `tracker.add` and `tracker.save` may be called with."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

from lab.errors import TrackerError
from lab.tracker._given import described, fits

__all__ = ["as_mapping", "as_step", "with_step"]


def as_mapping(args: tuple[Any, ...], values: dict[str, Any], call: str) -> dict[str, Any]:
    """Values by name, of positional arguments `name, value` or `{name: value}`.

    Raises:
        TrackerError: they are neither, or there are named ones too.
    """
    if len(args) == 2 and isinstance(args[0], str) and not values:
        return {args[0]: args[1]}
    if len(args) == 1 and isinstance(args[0], Mapping) and not values:
        return args[0] if type(args[0]) is dict else dict(args[0])
    step = "" if call == "add" else "step, "
    got = [*map(described, args[:5]), *(f"{name}=..." for name in list(values)[:5])]
    raise TrackerError(
        f"tracker.{call} takes {step}name and value, a dictionary, or name=value; got "
        f"{', '.join(got)}{', ...' if len(args) > 5 or len(values) > 5 else ''}"
    )


def with_step(
    args: tuple[Any, ...], values: dict[str, Any]
) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """Arguments of `save(step=3, ...)` as those of `save(3, ...)`.

    Raises:
        TrackerError: a step comes first as well.
    """
    if args and not isinstance(args[0], (str, Mapping)):
        raise TrackerError(
            f"tracker.save takes one step, got {args[0]!r} and step={values['step']!r}"
        )
    rest = {name: value for name, value in values.items() if name != "step"}
    return (values["step"], *args), rest


def as_step(step: Any) -> int:
    """A step as a number.

    Raises:
        TrackerError: it is no whole number of at most 64 bits.
    """
    if type(step) is int and fits(step):
        return step
    try:
        number = operator.index(step)
    except TypeError:
        raise TrackerError(f"a step is a whole number, got {step!r}") from None
    if fits(number):
        return number
    raise TrackerError(f"a step is a whole number of at most 64 bits, got {number}")
