"""Taking values in on the training thread, and making rows of what is saved.

The way of a plain number is kept short, and takes no lock. A dictionary whose names came together
before, all of them scalars, is one look-up and one copy (`_given`); numbers that come one by one are
put in a list (`_singles`). Everything else takes the longer way through its `Indicator`.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from time import time
from typing import Any

from lab.errors import TrackerError
from lab.runs import Value
from lab.steps import Steps
from lab.tracker import _calls
from lab.tracker._deferred import Deferred
from lab.tracker._reading import read_plain
from lab.tracker._registry import Registry
from lab.tracker._rows import Row, Rows, Shortcuts
from lab.tracker._tensors import DeferredMean, stack
from lab.tracker.indicators import Indicator, Scalar

__all__ = ["Intake"]

_PLAIN = frozenset((float, int))
_MOST_SINGLES = 1000  # numbers kept one by one


class Intake:
    """Collects the values of indicators and makes rows of them at steps; any thread may add.

    Where the rows go is for the class made from it to say.

    Args:
        steps: the global step, for what is saved without a step of its own.
        registry: the indicators.
        is_silent: take nothing in.
    """

    def __init__(self, steps: Steps, registry: Registry, is_silent: bool) -> None:
        self._steps = steps
        self._registry = registry
        self._rows = Rows()
        self._shortcuts: dict[str, Shortcuts] = {}  # by namespace
        self._given: list[tuple[Row, tuple[Any, ...]]] = []
        self._singles: list[tuple[str, float]] = []
        self._dirty: dict[str, Indicator] = {}
        self._lock = threading.RLock()
        self._calls: list[tuple[Callable[..., None], tuple[Any, ...]]] = []
        self._is_inside = False
        self._is_started = False
        self._is_silent = is_silent
        self._enter("")

    def add(self, *args: Any, **values: Any) -> None:
        """Add values to indicators: `add(name, value)`, `add({name: value})` or `add(name=value)`.

        Raises:
            TrackerError: called in another way, or a value that the indicator cannot take.
        """
        if args:
            if len(args) == 1 and type(args[0]) is dict and not values:
                values = args[0]
            elif len(args) == 2 and type(args[0]) is str and not values:
                name, value = self._names.get(args[0]), args[1]
                if name is not None and len(self._singles) < _MOST_SINGLES:
                    if type(value) in _PLAIN:
                        self._singles.append((name, value))
                        return
                    read = read_plain((value,))
                    if read is not None:
                        self._singles.append((name, read[0]))
                        return
                elif args[0] in self._others:
                    self._alone(self._add_other, self._others[args[0]], value)
                    return
                values = {args[0]: value}
            else:
                values = _calls.as_mapping(args, values, "add")
        row = self._known.get(tuple(values))
        if row is not None and not self._given:
            if _PLAIN.issuperset(map(type, values.values())):
                self._given.append((row, tuple(values.values())))
                return
            numbers = read_plain(values.values())
            if numbers is not None:
                self._given.append((row, numbers))
                return
        self._alone(self._add, values)

    def save(self, *args: Any, **values: Any) -> None:
        """Save what was added since the last time; values given here are added first.

        `save()`, `save(step)` or `save(step=step)`, and after the step or without one whatever `add`
        takes.

        Raises:
            TrackerError: called in another way, or a value that the indicator cannot take.
        """
        if "step" in values:
            args, values = _calls.with_step(args, values)
        if args:
            if not isinstance(args[0], (str, Mapping)):
                self._steps.step = _calls.as_step(args[0])
                args = args[1:]
            if len(args) == 1 and type(args[0]) is dict and not values:
                values = args[0]
            elif args:
                values = _calls.as_mapping(args, values, "save")
        if values:
            self.add(values)
        if self._given and not self._singles and not self._dirty:
            try:
                row, numbers = self._given.pop()
            except IndexError:  # another thread was faster
                return
            if self._given:  # of another thread, or of a signal handler
                self._given.insert(0, (row, numbers))
                self._alone(self._save_all)
                return
            row.values.extend((self._steps.step, time(), *numbers))
            if not self._is_started or len(row.values) > self._rows.room:
                self._make_room(row)
        elif self._singles or self._dirty:
            self._alone(self._save_all)

    @contextlib.contextmanager
    def namespace(self, name: str) -> Iterator[None]:
        """Within the block, `.loss` is `name.loss`; namespaces within each other add up."""
        if not isinstance(name, str) or not name:
            raise TrackerError(f"the name of a namespace is text, not {name!r}")
        outer = self._registry.namespace
        self._enter(f"{outer}.{name}" if outer else name)
        try:
            yield
        finally:
            self._enter(outer)

    def _alone(self, call: Callable[..., None], *args: Any) -> None:
        """Make a call under the lock; from a signal handler within such a call, after that one."""
        with self._lock:
            self._calls.append((call, args))
            while self._calls and not self._is_inside:
                try:
                    call, args = self._calls.pop(0)
                except IndexError:  # a signal handler was faster
                    return
                self._is_inside = True
                try:
                    call(*args)
                finally:
                    self._is_inside = False

    def _add(self, values: Mapping[str, Any]) -> None:
        if self._is_silent:
            self._refuse()
            return
        self._take_in()
        for name, value in values.items():
            full = self._registry.full_name(name)
            self._registry.add(full, value, self._dirty)
        self._learn(values)

    def _add_other(self, indicator: Indicator, value: Any) -> None:
        self._dirty[indicator.name] = indicator  # first: an interrupt may come in between
        indicator.add(value)

    def _take_in(self) -> None:
        """Add what came the short way to its indicators."""
        while self._given:
            row, numbers = self._given.pop(0)
            for name, value in zip(row.names, numbers, strict=True):
                self._registry.add(name, value, self._dirty)
        while self._singles:  # one by one: an interrupt must not have them added twice
            name, value = self._singles.pop(0)
            self._registry.add(name, value, self._dirty)

    def _save_all(self) -> None:
        if not self._given and not self._dirty:
            count = len(self._singles)
            plain = dict(self._singles[:count])
            if len(plain) == count:  # one for each
                del self._singles[:count]
                self._put(plain)
                return
        self._take_in()
        now = time()
        self._share(self._dirty, now)
        numbers: dict[str, float | Deferred[float]] = {}
        try:
            for name, indicator in self._dirty.items():
                number = indicator.take()
                if number is not None:
                    numbers[name] = number
        finally:  # also of an interrupt, which leaves the rest to the next save
            self._put(numbers)
        for name, indicator in self._dirty.items():
            if type(indicator) is not Scalar:
                value = indicator.take_value()
                if value is not None:
                    self._put_value(name, now, value)
        self._dirty = {}

    def _put(self, numbers: Mapping[str, float | Deferred[float]]) -> None:
        """Hand over numbers that are saved together."""
        if not numbers:
            return
        row = self._rows.of(tuple(numbers))
        if not _PLAIN.issuperset(map(type, numbers.values())):
            deferred = [one for one in numbers.values() if isinstance(one, Deferred)]
            stack([one for one in deferred if isinstance(one, DeferredMean)])
            row.is_deferred = row.is_deferred or bool(deferred)
        row.values.extend((self._steps.step, time(), *numbers.values()))
        if not self._is_started or len(row.values) > self._rows.room:
            self._make_room(row)

    def _learn(self, values: Mapping[str, Any]) -> None:
        """Keep names that are all scalars: the next such values are taken as they are."""
        given = tuple(values)
        names = tuple(self._registry.full_name(name) for name in given)
        shortcuts = self._shortcuts[self._registry.namespace]
        if all(self._is_plain(self._registry[name]) for name in names):
            shortcuts.learn_scalars(given, names, self._rows)
        elif len(given) == 1:
            shortcuts.learn_other(given[0], self._registry[names[0]])

    def _enter(self, namespace: str) -> None:
        with self._lock:
            self._registry.namespace = namespace
            known = self._shortcuts.setdefault(namespace, Shortcuts())
            self._known, self._names, self._others = known.rows, known.names, known.others

    def _forget(self) -> None:
        self._given, self._singles, self._dirty = [], [], {}
        self._shortcuts = {}
        self._enter(self._registry.namespace)

    def _is_plain(self, indicator: Indicator) -> bool:
        """Whether its numbers may come the short way."""
        return type(indicator) is Scalar

    def _refuse(self) -> None:
        """Something is added to what is silent."""

    def _share(self, dirty: dict[str, Indicator], now: float) -> None:
        """Take out of what is about to be saved what goes another way."""

    def _put_value(self, name: str, now: float, value: Value | Deferred[Value]) -> None:
        """Hand over what is no plain number."""
        raise NotImplementedError

    def _make_room(self, row: Row) -> None:
        """See that what was just saved has room."""
        raise NotImplementedError
