"""The thread that takes over what was saved, so that training waits for no writer."""

from __future__ import annotations

import atexit
import contextlib
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
_MOST_WAIT = 10.0  # seconds for which the training loop waits for room, before values are dropped
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
        self._wake = threading.Event()
        self._is_done = threading.Condition()
        self._is_closing = self._is_stuck = self._is_reported = False
        self._rounds = self._wanted = self._unread = 0
        self._thread: threading.Thread | None = None

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
        """Start the threads; False where the machine has no more of them, for now."""
        if self._thread is not None:
            return True
        self._wake.set()
        thread = threading.Thread(target=self._run, name="lab-tracker", daemon=True)
        try:
            for lane in self._lanes:
                lane.start()
            thread.start()
        except RuntimeError as error:
            self._report(f"nothing is written, for no thread can be started: {error}")
            return False
        self._thread = thread
        atexit.register(self.close)
        return True

    def go_on(self, layout: Layout) -> None:
        """Have the writers write for another run; before they are started."""
        for lane in self._lanes:
            lane.go_on(layout)

    def wake(self) -> None:
        """Have a round now."""
        self._wake.set()

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
            self._wake.set()
            return True
        if self._is_stuck or self._thread is None:
            return False
        began = time.perf_counter()
        while not self._is_within(0.5) and time.perf_counter() - began < _MOST_WAIT:
            self._wake.set()
            time.sleep(0.002)
        self.waited += time.perf_counter() - began
        self._is_stuck = not self._is_within(1.0)
        return not self._is_stuck

    def flush(self, timeout: float | None = None) -> bool:
        """Have everything written that was saved before; False where it is not, in that time."""
        deadline = None if timeout is None else time.monotonic() + timeout
        if self._thread is None or not self._thread.is_alive():
            return not self.waiting
        with self._is_done:
            wanted = self._rounds + 2  # the round in progress may have begun before
            self._wanted = max(self._wanted, wanted)
            self._wake.set()
            if not self._is_done.wait_for(lambda: self._rounds >= wanted, timeout):
                return False
        flushed = [lane.flush(deadline) for lane in self._lanes]  # of each, whatever the others do
        return all(flushed)

    def close(self) -> None:
        """Write what is left, close the writers and end the threads."""
        thread = self._thread
        if thread is None or thread is threading.current_thread():
            return
        self._is_closing = True
        self._wake.set()
        thread.join()
        self._thread = None
        atexit.unregister(self.close)  # only now: whoever was interrupted above may call again

    def forget(self) -> None:
        """In a forked child: there are no threads, and the writers are the parent's."""
        atexit.unregister(self.close)
        self._thread = None
        self._lanes = []
        self._entries.clear()

    def _is_within(self, part: float) -> bool:
        weight = self._put - self._taken_up if len(self._entries) > 1 else 0
        return self.waiting <= BOUND * part and weight <= _MOST_WEIGHT * part

    def _run(self) -> None:
        while not self._is_closing:
            self._wake.wait(PERIOD)
            self._wake.clear()
            self._guarded_round()
            with self._is_done:
                self._rounds += 1
                self._is_done.notify_all()
                if self._rounds < self._wanted or self._entries:
                    self._wake.set()
        self._guarded_round()
        for lane in self._lanes:
            lane.end()
        deadline = time.monotonic() + CLOSING  # for all of them: each has its own thread
        for lane in self._lanes:
            lane.join(deadline)
        if self._unread > 1:
            warn(f"{self._unread:,} saved values could not be read and are not recorded")
        with self._is_done:
            self._rounds = max(self._rounds, self._wanted)
            self._is_done.notify_all()

    def _guarded_round(self) -> None:
        """A round that does not end the thread, whatever happens."""
        try:
            self._round()
        except BaseException as error:
            self._report(f"saved values could not be taken over: {described(error)}")

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
        is_all = self._is_closing or self._rounds < self._wanted
        for _ in range(len(self._entries)):
            name, step, at, value = self._entries.popleft()
            self._taken_up += _weight(value)
            try:
                made = value.read() if isinstance(value, Deferred) else value
                entries.append(Entry(name, step, at, made))
            except Exception as error:
                self._say_unread(name, step, error)
            if not is_all and time.monotonic() > until:
                break
        return entries

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
