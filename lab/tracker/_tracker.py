"""The tracker: takes values in on the training thread, and hands what is saved to the background.

The way of a plain number is kept short, and takes no lock. A dictionary whose names came together
before, all of them scalars, is one look-up and one copy (`_given`); numbers that come one by one are
put in a list (`_singles`). Everything else takes the longer way through its `Indicator`.
"""

from __future__ import annotations

import contextlib
import math
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from time import monotonic, time
from typing import Any

from lab.errors import TrackerError
from lab.runs import Layout
from lab.steps import Steps
from lab.tracker import _calls, _forks
from lab.tracker._background import Background
from lab.tracker._deferred import Deferred
from lab.tracker._patterns import Patterns
from lab.tracker._place import NOWHERE
from lab.tracker._ranks import Mail, OverRanks
from lab.tracker._reading import DeferredMean, read_plain, stack
from lab.tracker._registry import Registry
from lab.tracker._rows import Row, Rows, Shortcuts
from lab.tracker._warnings import warn
from lab.tracker.indicators import Indicator, Scalar
from lab.tracker.writers import Target, Writer

__all__ = ["Tracker"]

_PLAIN = frozenset((float, int))
_MOST_SINGLES = 1000  # numbers kept one by one


class Tracker:
    """Collects the values of indicators and saves them at steps; any thread may add.

    Args:
        steps: the global step, for what is saved without a step of its own.
        writers: where saved values go.
        layout: the files of the run.
        is_silent: take nothing in, after one warning.
        is_held: write nothing before `start` is called.
        patterns: the kinds of indicators that are not declared by name.
        mail: the way between the processes of a distributed run.

    Attributes:
        hyperparams: what writers are told of the run's hyperparameters.
    """

    def __init__(
        self,
        steps: Steps,
        writers: Sequence[Writer] = (),
        layout: Layout | None = None,
        is_silent: bool = False,
        is_held: bool = False,
        patterns: Patterns | None = None,
        mail: Mail | None = None,
    ) -> None:
        self.hyperparams: dict[str, Any] = {}
        self._steps = steps
        self._registry = Registry(patterns)
        self._rows = Rows()
        self._shortcuts: dict[str, Shortcuts] = {}  # by namespace
        self._given: list[tuple[Row, tuple[Any, ...]]] = []
        self._singles: list[tuple[str, float]] = []
        self._dirty: dict[str, Indicator] = {}
        self._lock = threading.RLock()
        self._calls: list[tuple[Callable[..., None], tuple[Any, ...]]] = []
        self._is_inside = False
        target = Target(
            layout, steps.line, self._rows.newest, self._registry.records, self.hyperparams
        )
        self._background = Background(writers, target, self._rows, self._registry.news)
        self._over_ranks = None if mail is None else OverRanks(mail, self._save_mean)
        self._is_started = False
        self._dropped = 0
        self._is_silent, self._is_held = is_silent, is_held
        self._worker_warning = _forks.watch(self)
        self._enter("")

    @property
    def waited(self) -> float:
        """How many seconds the training loop waited for writers that it outran."""
        return self._background.waited

    @property
    def dropped(self) -> int:
        """How many saved rows some writer did not get."""
        return self._dropped + self._background.dropped

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

        `save()`, `save(step)`, and after the step or without one whatever `add` takes.

        Raises:
            TrackerError: called in another way, or a value that the indicator cannot take.
        """
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

    def save_row(
        self, names: tuple[str, ...], values: tuple[float, ...], step: int | None = None
    ) -> None:
        """Save numbers beside what is being added, such as measurements of the machine.

        Args:
            names: indicators, by their full names.
            values: a number for each.
            step: the step; the global one where it is not given, which stays as it is.
        """
        with self._lock:
            if self._is_silent:
                return
            for name in names:
                if name not in self._registry:
                    self._registry.know(Scalar(name, is_print=False), NOWHERE)
            row = self._rows.of(names)
            row.values.extend((self._steps.step if step is None else step, time(), *values))
            self._make_room(row)

    def declare(self, indicator: Indicator) -> None:
        """Say what kind an indicator is, before anything is added to it.

        A name with `*` stands for all that fit it.

        Raises:
            TrackerError: it is declared already, as something else.
        """
        with self._lock:
            self._registry.declare(indicator)

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

    def latest(self) -> dict[str, float]:
        """The newest number of each indicator, also of those not written yet."""
        return self._rows.newest()

    def state(self) -> dict[str, Any]:
        """What a checkpoint keeps of numbers that are added and not saved, and of queues.

        Plain data; of other kinds what is not saved yet is not in it. It may wait for a device.
        """
        with self._lock:
            self._take_in()
            return self._registry.state()

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from the state of another tracker; its indicators may be declared later."""
        with self._lock:
            for name in self._registry.restore(state):
                self._dirty[name] = self._registry[name]

    def go_on(self, layout: Layout, records: Mapping[str, Mapping[str, Any]]) -> None:
        """Write into another run, one that was begun before; to be called before `start`.

        Args:
            layout: its files.
            records: what is known of its indicators.
        """
        self._registry.begin_with(records)
        self._background.go_on(layout)

    def start(self) -> None:
        """Start writing now, not with the first values."""
        with self._lock:
            self._is_held = False
            if not self._is_started and not self._is_silent:
                self._is_started = self._background.start()

    def flush(self, timeout: float | None = None) -> bool:
        """Wait until everything saved so far is written; False where it is not, in that time."""
        deadline = math.inf if timeout is None else monotonic() + timeout
        is_whole = self._over_ranks is None or self._over_ranks.flush(deadline)
        left = None if timeout is None else max(deadline - monotonic(), 0)
        return self._background.flush(left) and is_whole

    def close(self) -> None:
        """Write what was saved and close the writers."""
        if self._over_ranks is not None:
            self._over_ranks.close()
        self._background.close()
        if not self._is_silent:  # in a worker the warning is shared with others
            self._worker_warning.give_up()
        self._is_silent = True
        self._forget()

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
            self._worker_warning.say()
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
        if self._over_ranks is not None:
            self._over_ranks.take(self._dirty, self._steps.step, now)
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
                    self._background.put(name, self._steps.step, now, value)
                    self._make_room(None)
        self._dirty = {}

    def _save_mean(self, name: str, mean: float, step: int, at: float) -> None:
        """Save what was brought together of all processes, as at the step where they saved it."""
        with self._lock:
            row = self._rows.of((name,))
            row.values.extend((step, at, mean))
            self._make_room(row)

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

    def _is_plain(self, indicator: Indicator) -> bool:
        """Whether its numbers may come the short way."""
        is_shared = self._over_ranks is not None and indicator.is_over_ranks
        return type(indicator) is Scalar and not is_shared

    def _enter(self, namespace: str) -> None:
        with self._lock:
            self._registry.namespace = namespace
            known = self._shortcuts.setdefault(namespace, Shortcuts())
            self._known, self._names, self._others = known.rows, known.names, known.others

    def _make_room(self, row: Row | None) -> None:
        """See that what was just saved has room; where it has none, drop it and say so.

        Args:
            row: where numbers were saved; None of a value that is no number.
        """
        if self._is_silent:
            return
        if not self._is_held:
            self.start()
        if (row is None or len(row.values) > self._rows.room) and not self._background.has_room():
            if row is None:
                self._background.take_back()
            else:
                del row.values[-len(row.names) - 2 :]
            self._dropped += 1
            if self._dropped == 1:
                warn(
                    "too many values wait to be written, and nothing takes them: training goes "
                    "on, what is saved now is dropped"
                )

    def _forget(self) -> None:
        self._given, self._singles, self._dirty = [], [], {}
        self._shortcuts = {}
        self._enter(self._registry.namespace)

    def forked(self) -> None:
        """Fall silent in a forked child, where the writers are the parent's."""
        self._lock = threading.RLock()  # whichever thread held it is not here
        self._calls, self._is_inside = [], False
        self._is_silent = True
        self._over_ranks = None
        self._background.forget()
        self._forget()
