"""What a run does at intervals beside training: a thread of its own for each such thing.

The sign of life and the measuring of the machine do not share a thread, for a driver that hangs must
not make a living run read as crashed.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from lab import logger, runs
from lab.experiment._meeting import Meeting
from lab.runs import Layout
from lab.tracker import Tracker, system

__all__ = ["Pulse", "heartbeat", "system_indicators", "telling"]

_FIRST = 1.0  # seconds to the first sample: a run of seconds has one too
_LOOK = 0.05  # seconds between two attempts to reach the other processes
_PATIENCE = 0.2  # seconds that the end of a run waits for a call in progress


class Pulse:
    """Makes a call again and again, until it is stopped.

    It belongs to the process that started it: in a forked child there is nothing to stop.

    Args:
        name: what the thread is called.
        call: what is called; where it gives False, it is not called again.
        waits: the seconds before each call.
        at_start: what is called before all else, while the caller of `start` waits.
        at_end: what is called last of all.
    """

    def __init__(
        self,
        name: str,
        call: Callable[[], object],
        waits: Iterable[float],
        at_start: Callable[[], object] | None = None,
        at_end: Callable[[], object] | None = None,
    ) -> None:
        self.name, self._call, self._at_start, self._at_end = name, call, at_start, at_end
        self._waits: Iterator[float] = iter(waits)
        self._is_stopped = threading.Event()
        self._is_reported = False
        self._pid = os.getpid()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Start the thread."""
        if self._at_start is not None:
            self._at_start()
        self._thread.start()

    def stop(self) -> None:
        """Call no more; a call that hangs is not waited for."""
        if os.getpid() == self._pid and self._thread.ident is not None:
            self._is_stopped.set()
            self._thread.join(_PATIENCE)
            if self._at_end is not None:
                self._at_end()

    def _run(self) -> None:
        for seconds in self._waits:
            if self._is_stopped.wait(seconds):
                return
            try:
                if self._call() is False:
                    return
            except Exception as error:  # training goes on, whatever this was
                self._report(error)

    def _report(self, error: Exception) -> None:
        if not self._is_reported:
            self._is_reported = True
            logger.warn(f"{self.name} fails, training goes on: {type(error).__name__}: {error}")


def heartbeat(layout: Layout) -> Pulse:
    """The sign of life of a run; to be stopped once the run has said how it ended."""
    life = runs.Heartbeat(layout)

    def beat() -> None:  # that it failed is no reason to end: the disk may have room again
        life.beat()

    waits = itertools.repeat(runs.HEARTBEAT_PERIOD)
    return Pulse("lab-heartbeat", beat, waits, at_start=beat, at_end=life.end)


def system_indicators(tracker: Tracker, folder: Path, period: float | None) -> Pulse | None:
    """The measuring of the machine, for the indicators `system.*`; None where there is no period."""
    if period is None:
        return None
    samples = _Samples(tracker, folder)
    half = min(_FIRST, period) / 2  # then measuring begins; a shorter run loads nothing for it
    waits = itertools.chain((half, half), itertools.repeat(period))
    return Pulse("lab-system", samples.take, waits)


def telling(meeting: Meeting, path: Path) -> Pulse:
    """Tells the other processes of a distributed run where it is, as soon as that can be; begun."""

    def tell() -> bool:
        if not meeting.is_there():
            return True
        meeting.tell("path", str(path))
        return False

    pulse = Pulse("lab-ranks", tell, itertools.chain((0.0,), itertools.repeat(_LOOK)))
    pulse.start()
    return pulse


class _Samples:
    """Measurements of the machine, saved beside what the program saves."""

    def __init__(self, tracker: Tracker, folder: Path) -> None:
        self._tracker, self._folder = tracker, folder
        self._sampler: system.Sampler | None = None

    def take(self) -> bool:
        """Save a sample; the first time only begin to measure. False where there is nothing."""
        if self._sampler is None:
            self._sampler = system.Sampler(self._folder)
            return self._sampler.open()
        values = self._sampler.read()
        if values:
            self._tracker.save_row(tuple(values), tuple(values.values()))
        return bool(values)
