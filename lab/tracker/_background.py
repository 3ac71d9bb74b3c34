"""The thread that takes over what was saved, so that training waits for no writer."""

from __future__ import annotations

import atexit
import contextlib
import math
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from lab.runs import Batch, Entry, Layout, Saved, Value
from lab.tracker._deferred import Deferred
from lab.tracker._lane import CLOSING, Lane
from lab.tracker._rows import BOUND, Row, Rows
from lab.tracker._warnings import described, warn
from lab.tracker.writers import Target, Writer

__all__ = ["Background"]

PERIOD = 0.25  # seconds between two rounds
_ROUND = 200_000  # values given to the writers at a time
_MOST_WAIT = 10.0  # seconds without anything written after which the loop waits no more
_LOOK = 0.001  # seconds between two looks at whether another thread is through
_ENTRIES_TIME = 0.1  # seconds of making values that are no numbers, before numbers have their turn

_MOST_WEIGHT = 64_000_000  # numbers that values waiting to be made may hold
_PLAIN_WEIGHT = 1000

Pending = tuple[str, int, float, "Value | Deferred[Value]"]


class Background:
    """Takes over what was saved every quarter second, and gives it to the writers.

    Args:
        writers: where it goes.
        target: what they write for.
        rows: whatever is in them is taken over.
        news: gives what is known of the indicators, or None where there is nothing new.
    """

    def __init__(
        self,
        writers: Sequence[Writer],
        target: Target,
        rows: Rows,
        news: Callable[[], Mapping[str, Mapping[str, Any]] | None],
    ) -> None:
        self._entries: deque[Pending] = deque()
        self._put = self._taken_up = 0  # weights of entries
        self.waited = 0.0
        self._lanes = [Lane(writer, target) for writer in writers]
        self._rows, self._news = rows, news
        # What the training thread waits for and wakes by holds no lock while Python code runs: an
        # interrupt would leave it held, and both threads waiting for ever.
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._asked: deque[list[list[int]]] = deque()
        self._is_closing = self._is_stuck = self._is_reported = False
        self._is_started = self._has_ended = self._is_all = False
        self._unread = 0
        self._thread = threading.Thread(target=self._run, name="lab-tracker", daemon=True)

    @property
    def waiting(self) -> int:
        """How many values wait, those that a slow writer has not taken included."""
        own = sum(len(row.values) for row in self._rows.now())
        return own + max((lane.backlog for lane in self._lanes), default=0)

    @property
    def dropped(self) -> int:
        """How many saved rows were dropped by the writer that lost most."""
        return max((lane.dropped for lane in self._lanes), default=0)

    def start(self) -> bool:
        """Start the thread, which starts the others; False where there is none to be had, for now."""
        if self._is_started:
            return True
        self.wake()
        try:
            if self._thread.ident is None:
                for lane in self._lanes:
                    lane.prepare()
                self._thread.start()
        except RuntimeError as error:
            self._report_threads(error)
            return False
        atexit.register(self.close)
        self._is_started = True
        return True

    def go_on(self, layout: Layout) -> None:
        """Have the writers write for another run; before they are started."""
        for lane in self._lanes:
            lane.go_on(layout)

    def wake(self) -> None:
        """Have a round now."""
        if self._wake.empty():
            self._wake.put(None)

    def put(self, name: str, step: int, at: float, value: Value | Deferred[Value]) -> None:
        """Take over a value that is no plain number."""
        self._put += _weight(value)
        self._entries.append((name, step, at, value))

    def take_back(self) -> None:
        """Forget the value that was put last, unless it was taken over just now."""
        with contextlib.suppress(IndexError):
            self._put -= _weight(self._entries.pop()[3])

    def has_room(self) -> bool:
        """Wait until there is room for what is saved; False where that takes too long."""
        if self._is_within(1.0):
            self._is_stuck = False
            self.wake()
            return True
        if self._is_stuck or not self._is_started:
            return False
        began = moved = time.perf_counter()
        least = self.waiting
        while not self._is_within(0.5) and time.perf_counter() - moved < _MOST_WAIT:
            self.wake()
            time.sleep(0.002)
            if self.waiting < least:
                least, moved = self.waiting, time.perf_counter()
        self.waited += time.perf_counter() - began
        self._is_stuck = not self._is_within(1.0)
        return not self._is_stuck

    def flush(self, timeout: float | None = None) -> bool:
        """Have everything written that was saved before; False where it is not, in that time."""
        if not self._is_running() or threading.current_thread() is self._thread:
            return not self.waiting
        deadline = math.inf if timeout is None else time.monotonic() + timeout
        asked: list[list[int]] = []
        self._asked.append(asked)
        self.wake()
        while not asked and self._is_running() and time.monotonic() < deadline:
            time.sleep(_LOOK)
        if not asked:
            return False
        # of each, whatever the others do
        flushed = [lane.wait(m, deadline) for lane, m in zip(self._lanes, asked[0], strict=True)]
        return all(flushed)

    def close(self) -> None:
        """Write what is left, close the writers and end the threads."""
        if not self._is_started or threading.current_thread() is self._thread:
            return
        self._is_closing = True
        self.wake()
        while self._is_running():
            time.sleep(_LOOK)
        self._thread.join(1.0)  # it is about to end
        self._is_started = False
        atexit.unregister(self.close)  # only now: whoever was interrupted above may call again

    def forget(self) -> None:
        """In a forked child: there are no threads, and the writers are the parent's."""
        atexit.unregister(self.close)
        self._is_started = False
        self._lanes = []
        self._entries.clear()

    def _is_within(self, part: float) -> bool:
        weight = self._put - self._taken_up if len(self._entries) > 1 else 0
        return self.waiting <= BOUND * part and weight <= _MOST_WEIGHT * part

    def _is_running(self) -> bool:
        # `is_alive` is not asked: interrupted, it takes a thread for one that has ended
        return self._is_started and not self._has_ended

    def _run(self) -> None:
        try:
            self._rounds()
        finally:
            self._has_ended = True

    def _rounds(self) -> None:
        while not self._is_closing:
            if not self._entries:
                with contextlib.suppress(queue.Empty):
                    self._wake.get(timeout=PERIOD)
            while not self._wake.empty():
                self._wake.get()
            self._guarded_round()
        self._guarded_round()
        for lane in self._lanes:
            lane.end()
        deadline = time.monotonic() + CLOSING  # for all of them: each has its own thread
        for lane in self._lanes:
            lane.join(deadline)
        if self._unread > 1:
            warn(f"{self._unread:,} saved values could not be read and are not recorded")

    def _guarded_round(self) -> None:
        """A round that does not end the thread, whatever happens; tells those who asked for it."""
        asked = [self._asked.popleft() for _ in range(len(self._asked))]
        self._is_all = bool(asked) or self._is_closing
        try:
            self._start_lanes()
            self._round()
        except BaseException as error:
            self._report(f"saved values could not be taken over: {described(error)}")
        for one in asked:
            one.append([lane.mark() for lane in self._lanes])

    def _start_lanes(self) -> None:
        try:
            for lane in self._lanes:
                lane.start()
        except RuntimeError as error:  # again in the next round
            self._report_threads(error)

    def _round(self) -> None:
        records = self._news()
        for saved in self._taken():
            for lane in self._lanes:
                lane.take(saved, records)
            records = None
        if records is not None:
            for lane in self._lanes:
                lane.take(Saved(), records)
        # Where a writer is behind, each save asks for room: the loop waits, the other writers do not.
        self._rows.limit(max((lane.backlog for lane in self._lanes), default=0) > BOUND)

    def _taken(self) -> Iterator[Saved]:
        """What was saved, in few pieces: each is written at once, or a transaction."""
        batches: list[Batch] = []
        size = 0
        for row in self._rows.now():
            width = len(row.names) + 2
            left = len(row.values)
            most = max(_ROUND // width, 1) * width
            while left > 0:
                values: list[Any] = row.values[: min(left, most)]
                left -= len(values)
                count = len(values)
                if row.is_deferred:
                    values = self._read_rows(row, values)
                if values:
                    row.last = values[-width:]
                del row.values[:count]
                if values and size + len(values) > _ROUND:
                    yield Saved(batches)
                    batches, size = [], 0
                if values:
                    batches.append(Batch(row.names, values))
                    size += len(values)
        if batches:
            yield Saved(batches)
        entries = self._read_entries()
        if entries:
            yield Saved(entries=entries)

    def _read_rows(self, row: Row, values: list[Any]) -> list[Any]:
        read: list[Any] = []
        for one in Batch(row.names, values).rows():
            try:
                read += [v.read() if isinstance(v, Deferred) else v for v in one]
            except Exception as error:  # a device that failed must not end the thread
                self._say_unread(", ".join(row.names), one[0], error)
        return read

    def _read_entries(self) -> list[Entry]:
        entries: list[Entry] = []
        until = time.monotonic() + _ENTRIES_TIME
        for _ in range(len(self._entries)):
            name, step, at, value = self._entries.popleft()
            self._taken_up += _weight(value)
            try:
                made = value.read() if isinstance(value, Deferred) else value
                entries.append(Entry(name, step, at, made))
            except Exception as error:
                self._say_unread(name, step, error)
            if not self._is_all and time.monotonic() > until:
                break
        return entries

    def _report_threads(self, error: RuntimeError) -> None:
        self._report(f"nothing is written, for no thread can be started: {error}")

    def _report(self, problem: str) -> None:
        if not self._is_reported:
            self._is_reported = True
            warn(problem)

    def _say_unread(self, name: str, step: int, error: Exception) -> None:
        self._unread += 1
        if self._unread == 1:
            warn(f"{name} at step {step:,} cannot be read and is not recorded: {described(error)}")


def _weight(value: Value | Deferred[Value]) -> int:
    return value.weight if isinstance(value, Deferred) else _PLAIN_WEIGHT
