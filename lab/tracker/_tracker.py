"""The tracker: takes values in on the training thread, and hands what is saved to the background.

The way of a plain number is kept short. What was added alike before (the same names, declared as
scalars or not at all) is one look-up and one copy; everything else takes the longer way through its
`Indicator`.
"""

from __future__ import annotations

import contextlib
import mmap
import operator
import os
import weakref
from collections.abc import Iterator, Mapping, Sequence
from time import time
from typing import Any

from lab import logger
from lab.errors import TrackerError
from lab.runs import Layout, Row
from lab.steps import Steps
from lab.tracker._background import BOUND, Background
from lab.tracker._place import caller
from lab.tracker._reading import Deferred
from lab.tracker.indicators import Indicator, Scalar
from lab.tracker.writers import Target, Writer

__all__ = ["Tracker"]

_PLAIN = frozenset((float, int))
_MOST_SHAPES = 1000
_MOST_STEPS = 2**63  # what files can hold
_alive: weakref.WeakSet[Tracker] = weakref.WeakSet()


class Tracker:
    """Collects the values of indicators and saves them at steps.

    Args:
        steps: the global step, for what is saved without a step of its own.
        writers: where saved values go.
        layout: the files of the run.
        is_silent: take nothing in, after one warning.
        is_held: write nothing before `start` is called.
    """

    def __init__(
        self,
        steps: Steps,
        writers: Sequence[Writer] = (),
        layout: Layout | None = None,
        is_silent: bool = False,
        is_held: bool = False,
    ) -> None:
        self._steps = steps
        self._indicators: dict[str, Indicator] = {}
        self._records: dict[str, dict[str, Any]] = {}
        self._added: set[str] = set()
        self._namespace = ""
        # what was given -> full names, where all are scalars: a row that needs no more looking at
        self._shapes: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._shapes_by_namespace = {"": self._shapes}
        self._scalars: dict[str, Scalar] = {}
        self._block: tuple[tuple[str, ...], tuple[Any, ...]] | None = None
        self._dirty: dict[str, Indicator] = {}
        self._latest: dict[tuple[str, ...], Row] = {}
        target = Target(layout, steps.line, self._latest, self._records)
        self._background = Background(writers, target, self._latest)
        self._rows = self._background.rows
        self._is_started = False
        self._is_warned = mmap.mmap(-1, 1)  # shared with forked children: one of them warns
        self._is_silent, self._is_held = is_silent, is_held
        _watch(self)

    def add(self, *args: Any, **values: Any) -> None:
        """Add values to indicators: `add(name, value)`, `add({name: value})` or `add(name=value)`.

        Raises:
            TrackerError: called in another way, or a value that is no number.
        """
        if args:
            if len(args) == 2 and type(args[0]) is str and self._block is None:
                scalar, value = self._scalars.get(args[0]), args[1]
                if scalar is not None and type(value) in _PLAIN:
                    scalar.mean.total += value
                    scalar.mean.count += 1
                    self._dirty[scalar.name] = scalar
                    return
            values = _as_mapping(args, values, "add")
        if self._block is None and not self._dirty:
            names = self._shapes.get(tuple(values))
            if names is not None and _PLAIN.issuperset(map(type, values.values())):
                self._block = names, tuple(values.values())
                return
        self._add(values)

    def save(self, *args: Any, **values: Any) -> None:
        """Save what was added since the last time; values given here are added first.

        `save()`, `save(step)`, and after the step or without one whatever `add` takes.

        Raises:
            TrackerError: called in another way, or a value that is no number.
        """
        if args:
            first = args[0]
            if not isinstance(first, (str, Mapping)):
                self._steps.step = _as_step(first)
                args = args[1:]
            if args:
                values = _as_mapping(args, values, "save")
        if values:
            self.add(values)
        if self._block is not None:
            names, numbers = self._block
            self._block = None
            row = (names, self._steps.step, time(), numbers)
            self._latest[names] = row
            self._rows.append(row)
            if not self._is_started or len(self._rows) > BOUND:
                self._check_background()
        elif self._dirty:
            self._save_dirty()

    def declare(self, indicator: Indicator) -> None:
        """Say what kind an indicator is, before anything is added to it.

        Raises:
            TrackerError: it is declared already, as something else.
        """
        indicator.name = self._full_name(indicator.name)
        known = self._indicators.get(indicator.name)
        if known is None:
            self._know(indicator)
        elif known.settings() != indicator.settings():
            record = self._records[indicator.name]
            raise TrackerError(
                f"{indicator.name!r} is a {_words(known)} already, since {record['file']}:"
                f"{record['line']}, and cannot be made a {_words(indicator)}; declare it once, "
                "before the first value is added"
            )

    @contextlib.contextmanager
    def namespace(self, name: str) -> Iterator[None]:
        """Within the block, `.loss` is `name.loss`; namespaces within each other add up."""
        if not isinstance(name, str) or not name:
            raise TrackerError(f"the name of a namespace is text, not {name!r}")
        outer = self._namespace
        self._enter(f"{outer}.{name}" if outer else name)
        try:
            yield
        finally:
            self._enter(outer)

    def start(self) -> None:
        """Start writing now, not with the first values."""
        self._is_held = False
        if not self._is_started and not self._is_silent:
            self._is_started = True
            self._background.start()

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything saved so far is written; False where the time was not enough."""
        return self._background.flush(timeout)

    def close(self) -> None:
        """Write what was saved and close the writers."""
        self._background.close()
        self._is_silent = True
        self._is_warned[0] = 1
        self._forget_shapes()

    def _add(self, values: Mapping[str, Any]) -> None:
        if self._is_silent:
            self._warn_once()
            return
        if self._block is not None:
            block, self._block = self._block, None
            for name, value in zip(*block, strict=True):
                self._add_one(name, value)
        for name, value in values.items():
            self._add_one(self._full_name(name), value)
        if tuple(values) not in self._shapes:
            self._learn(values)

    def _add_one(self, name: str, value: Any) -> None:
        indicator = self._indicators.get(name)
        if indicator is None:
            indicator = Scalar(name)
            self._know(indicator)
        indicator.add(value)
        if name not in self._added:
            self._note_first_add(indicator)
        self._dirty[name] = indicator

    def _save_dirty(self) -> None:
        dirty, self._dirty = self._dirty, {}
        taken = {name: indicator.take() for name, indicator in dirty.items()}
        row = {name: value for name, value in taken.items() if value is not None}
        if not row:
            return
        names, step, now = tuple(row), self._steps.step, time()
        numbers = tuple(v for v in row.values() if not isinstance(v, Deferred))
        if len(numbers) == len(row):
            self._latest[names] = names, step, now, numbers
            self._rows.append((names, step, now, numbers))
        else:  # a list says that there is something to wait for
            self._rows.append((names, step, now, list(row.values())))
        self._check_background()

    def _learn(self, values: Mapping[str, Any]) -> None:
        """Keep a set of names that are all scalars: the next such row is taken as it is."""
        given = tuple(values)
        names = tuple(self._full_name(name) for name in given)
        if len(set(names)) == len(names) and all(
            type(self._indicators[name]) is Scalar for name in names
        ):
            if len(self._shapes) >= _MOST_SHAPES:
                self._shapes.clear()
                self._latest.clear()
            self._shapes[given] = names

    def _full_name(self, name: str) -> str:
        if not isinstance(name, str) or name in ("", "."):
            raise TrackerError(f"the name of an indicator is text, not {name!r}")
        if not name.startswith("."):
            return name
        return self._namespace + name if self._namespace else name[1:]

    def _know(self, indicator: Indicator) -> None:
        self._indicators[indicator.name] = indicator
        self._records[indicator.name] = {**indicator.settings(), **caller()}
        self._background.declare(dict(self._records))

    def _note_first_add(self, indicator: Indicator) -> None:
        name = indicator.name
        self._added.add(name)
        self._records[name] = {**indicator.settings(), **caller()}
        self._background.declare(dict(self._records))
        if type(indicator) is Scalar and not name.startswith("."):
            self._scalars[name] = indicator

    def _enter(self, namespace: str) -> None:
        self._namespace = namespace
        self._shapes = self._shapes_by_namespace.setdefault(namespace, {})

    def _check_background(self) -> None:
        if self._is_held:
            return
        self.start()
        if len(self._rows) > BOUND:
            self._background.wait_for_room()

    def _warn_once(self) -> None:
        if not self._is_warned[0]:
            self._is_warned[0] = 1
            logger.warn("values added to the tracker in a worker process are not recorded")

    def _forget_shapes(self) -> None:
        self._block, self._dirty, self._scalars = None, {}, {}
        self._shapes_by_namespace = {"": {}}
        self._enter(self._namespace)

    def _forked(self) -> None:
        self._is_silent = True
        self._forget_shapes()
        self._background.forget()


def _watch(tracker: Tracker) -> None:
    """Have the tracker fall silent in forked children, where its writers are the parent's."""
    if not _alive and hasattr(os, "register_at_fork") and not _watch.__dict__:
        os.register_at_fork(after_in_child=_fork_all)
        _watch.__dict__["is_registered"] = True
    _alive.add(tracker)


def _fork_all() -> None:
    for tracker in list(_alive):
        tracker._forked()


def _as_mapping(args: tuple[Any, ...], values: dict[str, Any], call: str) -> dict[str, Any]:
    if len(args) == 2 and isinstance(args[0], str) and not values:
        return {args[0]: args[1]}
    if len(args) == 1 and isinstance(args[0], Mapping) and not values:
        return args[0] if type(args[0]) is dict else dict(args[0])
    step = "" if call == "add" else "step, "
    raise TrackerError(
        f"tracker.{call} takes {step}name and value, a dictionary, or name=value; got "
        f"{len(args)} positional and {len(values)} named arguments"
    )


def _as_step(step: Any) -> int:
    try:
        number = operator.index(step)
    except TypeError:
        raise TrackerError(f"a step is a whole number, got {step!r}") from None
    if -_MOST_STEPS <= number < _MOST_STEPS:
        return number
    raise TrackerError(f"a step is a whole number of at most 64 bits, got {number}")


def _words(indicator: Indicator) -> str:
    settings = indicator.settings()
    rest = ", ".join(f"{key}={value}" for key, value in settings.items() if key != "kind")
    return f"{indicator.kind} ({rest})"
