"""The tracker: takes values in, and hands what is saved to the background."""

from __future__ import annotations

import math
import threading
from collections.abc import Mapping, Sequence
from time import monotonic, time
from typing import Any

from lab.runs import Layout, Value
from lab.steps import Steps
from lab.tracker import _forks
from lab.tracker._background import Background
from lab.tracker._deferred import Deferred
from lab.tracker._intake import Intake
from lab.tracker._patterns import Patterns
from lab.tracker._place import NOWHERE
from lab.tracker._ranks import Mail, OverRanks
from lab.tracker._registry import Registry
from lab.tracker._rows import Row
from lab.tracker._warnings import warn
from lab.tracker.indicators import Indicator, Scalar
from lab.tracker.writers import Target, Writer

__all__ = ["Tracker"]


class Tracker(Intake):
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
        super().__init__(steps, Registry(patterns), is_silent)
        self.hyperparams: dict[str, Any] = {}
        target = Target(
            layout, steps.line, self._rows.newest, self._registry.records, self.hyperparams
        )
        self._background = Background(writers, target, self._rows, self._registry.news)
        self._over_ranks = None if mail is None else OverRanks(mail, self._save_mean)
        self._dropped = 0
        self._is_held = is_held
        self._worker_warning = _forks.watch(self)

    @property
    def waited(self) -> float:
        """How many seconds the training loop waited for writers that it outran."""
        return self._background.waited

    @property
    def dropped(self) -> int:
        """How many saved rows some writer did not get."""
        return self._dropped + self._background.dropped

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

    def _save_mean(self, name: str, mean: float, step: int, at: float) -> None:
        """Save what was brought together of all processes, as at the step where they saved it."""
        with self._lock:
            row = self._rows.of((name,))
            row.values.extend((step, at, mean))
            self._make_room(row)

    def _is_plain(self, indicator: Indicator) -> bool:
        is_shared = self._over_ranks is not None and indicator.is_over_ranks
        return super()._is_plain(indicator) and not is_shared

    def _refuse(self) -> None:
        self._worker_warning.say()

    def _share(self, dirty: dict[str, Indicator], now: float) -> None:
        if self._over_ranks is not None:
            self._over_ranks.take(dirty, self._steps.step, now)

    def _put_value(self, name: str, now: float, value: Value | Deferred[Value]) -> None:
        self._background.put(name, self._steps.step, now, value)
        if self._may_write() and not self._background.has_room():
            self._background.take_back()
            self._drop()

    def _make_room(self, row: Row) -> None:
        """See that what was just saved has room; where it has none, drop it and say so."""
        if not self._may_write():
            return
        if len(row.values) > self._rows.room and not self._background.has_room():
            del row.values[-len(row.names) - 2 :]
            self._drop()

    def _may_write(self) -> bool:
        """Start writing, unless it is held; False where nothing is to be written at all."""
        if not self._is_silent and not self._is_held:
            self.start()
        return not self._is_silent

    def _drop(self) -> None:
        self._dropped += 1
        if self._dropped == 1:
            warn(
                "too many values wait to be written, and nothing takes them: training goes on, "
                "what is saved now is dropped"
            )

    def forked(self) -> None:
        """Fall silent in a forked child, where the writers are the parent's."""
        self._lock = threading.RLock()  # whichever thread held it is not here
        self._calls, self._is_inside = [], False
        self._is_silent = True
        self._over_ranks = None
        self._background.forget()
        self._forget()
