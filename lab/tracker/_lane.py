"""The way to one writer: a thread of its own, so that a slow or failing one holds up no other."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from lab.runs import Layout, Saved, Value
from lab.tracker._warnings import described, warn
from lab.tracker.writers import Busy, Target, Writer

__all__ = ["CLOSING", "KEPT", "Lane", "size"]

KEPT = 1_000_000  # values kept for a writer that fails; past them the newest are dropped
_PATIENCE = 30.0  # seconds for which a writer may be busy before it counts as failing
_STUCK = 5.0  # seconds in one call after which nobody waits for a writer any more
CLOSING = 60.0  # seconds for which the end of a run waits for a writer
_LOOK = 0.001  # seconds between two looks at whether it is through
_AGAIN = 0.25  # seconds between two attempts
_MOST_REFUSALS = 20  # of one piece, by a writer that says that the values are to blame


def size(saved: Saved) -> int:
    """How many values there are; what is no plain number counts by the room that it takes."""
    numbers = sum(len(batch.values) for batch in saved.batches)
    return numbers + sum(_weight(entry.value) for entry in saved.entries)


def _weight(value: Value) -> int:
    parts = vars(value).values()
    room = sum(len(part) for part in parts if isinstance(part, (bytes, str, tuple)))
    return 100 + room // (8 if any(isinstance(part, (bytes, str)) for part in parts) else 1)


def _rows(saved: Saved) -> int:
    return sum(batch.length for batch in saved.batches) + len(saved.entries)


class Lane:
    """Gives one writer what is saved, again where it fails.

    Args:
        writer: the writer; used on this lane's thread alone.
        target: what it writes for.
    """

    def __init__(self, writer: Writer, target: Target) -> None:
        self._writer, self._target = writer, target
        self._pieces: deque[Saved] = deque()
        self._size = self._dropped = 0
        self._records: Mapping[str, Mapping[str, Any]] | None = None
        self._is_open = self._is_failing = self._is_reported = self._is_closing = False
        self._has_ended = False
        self._given = self._tried = self._refused = 0
        self._change = threading.Condition()
        self._called = self._busy_since = 0.0
        self._thread = threading.Thread(
            target=self._run, name=f"lab-writer-{writer.name}", daemon=True
        )

    @property
    def dropped(self) -> int:
        """How many saved rows the writer will never get."""
        return self._dropped

    @property
    def backlog(self) -> int:
        """How many values it is behind; none where it fails or hangs: nobody waits for it then."""
        return self._size if self._is_healthy() else 0

    def prepare(self) -> None:
        """Let the writer take its place; on the training thread."""
        self._guarded(lambda: self._writer.prepare(self._target))

    def start(self) -> None:
        """Start the thread, which opens the writer."""
        if self._thread.ident is None:
            self._given += 1
            self._thread.start()

    def go_on(self, layout: Layout) -> None:
        """Have the writer write for another run; before it is opened."""
        self._target = replace(self._target, layout=layout)

    def take(self, saved: Saved, records: Mapping[str, Mapping[str, Any]] | None) -> None:
        """Keep values for the writer."""
        with self._change:
            self._records = records or self._records
            if saved:
                if self._size + size(saved) > KEPT and not self._is_healthy():
                    self._dropped += _rows(saved)
                else:
                    self._size += size(saved)
                    self._pieces.append(saved)
            self._given += 1
            self._change.notify_all()

    def mark(self) -> int:
        """Have all that was taken so far written or tried; gives what to wait for."""
        with self._change:
            self._given += 1
            self._change.notify_all()
            return self._given

    def wait(self, mark: int, deadline: float) -> bool:
        """Wait for that, but not for a writer that hangs; whether all is written."""
        while self._tried < mark and not self._is_stuck() and not self._has_ended:
            if time.monotonic() >= deadline:
                break
            time.sleep(_LOOK)
        return self._tried >= mark and not self._is_failing

    def end(self) -> None:
        """Have the writer write what is left, and end; nothing may be given to it afterwards."""
        with self._change:
            self._is_closing = True
            self._change.notify_all()

    def join(self, deadline: float) -> None:
        """Wait for the end, but not for ever, and say how many rows were not written."""
        if self._thread.ident is not None:
            self._thread.join(max(0.0, deadline - time.monotonic()))
        with self._change:
            self._dropped += sum(map(_rows, self._pieces))
            self._pieces.clear()
        if self._dropped:
            warn(f"the writer {self._writer.name!r} did not write {self._dropped:,} saved rows")

    def _run(self) -> None:
        while self._wait():
            self._attempt()
        while not self._attempt() and (self._is_waiting() or self._is_refused()):
            time.sleep(_AGAIN if self._is_waiting() else 0.0)  # busy: it may be free before long
        if self._is_open:
            self._guarded(self._writer.close)
        self._tried = self._given
        self._has_ended = True

    def _wait(self) -> bool:
        with self._change:
            self._change.wait_for(
                lambda: self._is_closing or self._given > self._tried,
                _AGAIN if self._is_failing else None,
            )
            return not self._is_closing

    def _attempt(self) -> bool:
        with self._change:
            given, count = self._given, len(self._pieces)
            records, self._records = self._records, None
        is_written = self._is_open = self._is_open or self._guarded(self._open)
        if is_written and records is not None:
            is_written = self._guarded(lambda: self._writer.declare(records))
        if not is_written:
            with self._change:
                self._records = self._records or records
        if self._is_open:  # what is known of them can wait, the values cannot
            while count and self._guarded(self._write):
                count -= 1
        with self._change:
            self._is_failing = not is_written or count > 0
            self._tried = given
            self._change.notify_all()
            return not self._is_failing

    def _open(self) -> None:
        self._writer.open(self._target)

    def _write(self) -> None:
        """Write the oldest piece."""
        piece = self._pieces[0]
        try:
            self._writer.write(piece)
        except (ValueError, TypeError, LookupError) as error:  # of the values, it seems
            self._refused += 1
            if self._refused < _MOST_REFUSALS:
                raise
            self._dropped += _rows(piece)
            self._warn(f"cannot write {_rows(piece):,} saved rows, which are dropped", error)
        self._refused = 0
        with self._change:
            if self._pieces:  # the run may have ended without it
                self._pieces.popleft()
                self._size -= size(piece)
            self._change.notify_all()

    def _guarded(self, call: Callable[[], None]) -> bool:
        """Whether a call came to its end; whatever a writer raises must not end a training run."""
        self._called = time.monotonic()
        try:
            call()
        except Busy as error:
            self._busy_since = self._busy_since or time.monotonic()
            if not self._is_waiting():
                self._report(error)
            return False
        except BaseException as error:  # a SystemExit too would end this thread
            self._busy_since = 0.0
            self._report(error)
            return False
        finally:
            self._called = 0.0
        self._busy_since = 0.0
        return True

    def _is_healthy(self) -> bool:
        return not self._is_failing and not self._is_stuck()

    def _is_stuck(self) -> bool:
        called = self._called
        is_stuck = bool(called) and time.monotonic() - called > _STUCK
        return is_stuck or self._thread.ident is None

    def _is_waiting(self) -> bool:
        return bool(self._busy_since) and time.monotonic() - self._busy_since < _PATIENCE

    def _is_refused(self) -> bool:
        return 0 < self._refused < _MOST_REFUSALS

    def _report(self, error: BaseException) -> None:
        if not self._is_reported:
            self._is_reported = True
            self._warn("fails, training goes on and it is tried again", error)

    def _warn(self, what: str, error: BaseException) -> None:
        warn(f"the writer {self._writer.name!r} {what}: {described(error)}")
