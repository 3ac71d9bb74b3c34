"""The thread that hands what was saved to the writers, so that training waits for none of them."""

from __future__ import annotations

import atexit
import threading
import time
from collections import deque
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

from lab import logger
from lab.runs import Row
from lab.tracker._reading import Deferred
from lab.tracker.writers import Target, Writer

__all__ = ["BOUND", "PERIOD", "Background"]

PERIOD = 0.25  # seconds between two writings
BOUND = 100_000  # rows that may wait; a loop that is further ahead of the writers waits for them


class _Lane:
    """The way to one writer, with what it has not taken yet."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._rows: list[Row] = []
        self._records: Mapping[str, Mapping[str, Any]] | None = None
        self._is_open = self._is_reported = False
        self._dropped = 0

    def take(self, rows: Sequence[Row], records: Mapping[str, Mapping[str, Any]] | None) -> None:
        """Keep rows for the writer."""
        self._rows.extend(rows)
        self._records = records or self._records

    def write(self, target: Target) -> None:
        """Give the writer what there is.

        Where it fails, this is said once, and the rows stay; past the bound the newest are dropped
        and counted.
        """
        try:
            if not self._is_open:
                self._writer.open(target)
                self._is_open = True
            if self._records is not None:
                self._writer.declare(self._records)
                self._records = None
            if self._rows:
                self._writer.write(self._rows)
                self._rows = []
        except Exception as error:  # whatever a writer does must not end a training run
            self._report(error)
            self._dropped += max(0, len(self._rows) - BOUND)
            del self._rows[BOUND:]

    def close(self) -> None:
        """Let the writer end, and say what it did not take."""
        try:
            if self._is_open:
                self._writer.close()
        except Exception as error:
            self._report(error)
        lost = self._dropped + len(self._rows)
        if lost:
            logger.warn(f"the writer {self._writer.name!r} did not write {lost:,} saved rows")

    def _report(self, error: Exception) -> None:
        if not self._is_reported:
            self._is_reported = True
            logger.warn(
                f"the writer {self._writer.name!r} fails, training goes on and it is tried again: "
                f"{type(error).__name__}: {error}"
            )


class Background:
    """Takes rows from the training thread and gives them to the writers every quarter second.

    Args:
        writers: where rows go.
        target: what they write for.
        latest: where the last row of each set of names is kept.
    """

    def __init__(
        self,
        writers: Sequence[Writer],
        target: Target,
        latest: MutableMapping[tuple[str, ...], Row],
    ) -> None:
        self.rows: deque[tuple[tuple[str, ...], int, float, Sequence[Any]]] = deque()
        self.waited = 0.0
        self._lanes = [_Lane(writer) for writer in writers]
        self._target = target
        self._latest = latest
        self._records: Mapping[str, Mapping[str, Any]] | None = None
        self._wake = threading.Event()
        self._is_done = threading.Condition()
        self._is_closing = False
        self._rounds = self._wanted = self._unread = 0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread."""
        if self._thread is None:
            self._wake.set()
            self._thread = threading.Thread(target=self._run, name="lab-tracker", daemon=True)
            self._thread.start()
            atexit.register(self.close)

    def declare(self, records: Mapping[str, Mapping[str, Any]]) -> None:
        """Let the writers know of all indicators."""
        self._records = records

    def wait_for_room(self) -> None:
        """Wait until fewer rows than the bound are waiting."""
        began = time.perf_counter()
        while len(self.rows) > BOUND // 2 and self._thread is not None and self._thread.is_alive():
            self.flush(1.0)
        self.waited += time.perf_counter() - began

    def flush(self, timeout: float | None = None) -> bool:
        """Have everything written that was saved before; False where the time was not enough."""
        if self._thread is None or not self._thread.is_alive():
            return not self.rows
        with self._is_done:
            wanted = self._rounds + 2  # the round in progress may have begun before
            self._wanted = max(self._wanted, wanted)
            self._wake.set()
            return self._is_done.wait_for(lambda: self._rounds >= wanted, timeout)

    def close(self) -> None:
        """Write what is left, close the writers and end the thread."""
        if self._thread is None:
            return
        atexit.unregister(self.close)
        self._is_closing = True
        self._wake.set()
        self._thread.join()
        self._thread = None

    def forget(self) -> None:
        """In a forked child: there is no thread, and the writers are the parent's."""
        atexit.unregister(self.close)
        self._thread = None
        self.rows.clear()

    def _run(self) -> None:
        while not self._is_closing:
            self._wake.wait(PERIOD)
            self._wake.clear()
            self._round()
            with self._is_done:
                self._rounds += 1
                self._is_done.notify_all()
                if self._rounds < self._wanted:
                    self._wake.set()
        self._round()
        for lane in self._lanes:
            lane.close()
        if self._unread > 1:
            logger.warn(f"{self._unread:,} saved rows could not be read from a device")
        with self._is_done:
            self._rounds = max(self._rounds, self._wanted)
            self._is_done.notify_all()

    def _round(self) -> None:
        rows = self._read()
        records, self._records = self._records, None
        for lane in self._lanes:
            lane.take(rows, records)
            lane.write(self._target)

    def _read(self) -> list[Row]:
        rows = []
        for _ in range(len(self.rows)):
            row = self.rows.popleft()
            try:
                rows.append(_known(row, self._latest))
            except (
                Exception
            ) as error:  # a device that failed must not end the thread for other rows
                self._unread += 1
                if self._unread == 1:
                    logger.warn(
                        f"{', '.join(row[0])} at step {row[1]:,} cannot be read from the device "
                        f"and is not recorded: {type(error).__name__}: {error}"
                    )
        return rows


def _known(
    row: tuple[tuple[str, ...], int, float, Sequence[Any]],
    latest: MutableMapping[tuple[str, ...], Row],
) -> Row:
    names, step, at, values = row
    if isinstance(values, tuple):
        return names, step, at, values
    read = tuple(v.read() if isinstance(v, Deferred) else v for v in values)
    latest[names] = names, step, at, read
    return latest[names]
