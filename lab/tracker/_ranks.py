"""The mean over the processes of a distributed run, of the indicators that ask for it.

Each process hands on sums and numbers of values, never means, so that those with more values count
for more. They go to the first process as messages, not by a collective call: it waits for nobody, cannot be
mistaken for one of the training's own, and one process that saves another name than the others is
found out by name. The training thread does none of this.
"""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, NamedTuple, Protocol

from lab.tracker._tensors import DeferredMean, added, divided, stack
from lab.tracker._warnings import described, warn
from lab.tracker.indicators import Indicator

__all__ = ["Mail", "OverRanks"]

_PERIOD = 0.1  # seconds between two rounds
_PATIENCE = 5.0  # seconds that the end of a run waits for other processes
_FLUSH = 5.0  # seconds that whoever asks waits for them
_CALL = 5.0  # seconds that the network may take for one call, at the end
_UNSENT = 5.0  # seconds for which there may be no way to the others, at first
_LOOK = 0.005  # seconds between two looks whether all have
_LONG = 60.0  # seconds of waiting for one process after which it is said
_MOST = 100_000  # saved values of one indicator that wait for other processes


class Mail(Protocol):
    """The way from every process to the first; used by one thread.

    Attributes:
        rank: which process this is.
        size: how many there are.
    """

    rank: int
    size: int

    def is_there(self) -> bool:
        """Whether anything can be sent by now."""

    def send(self, message: bytes) -> None:
        """Send to the first process.

        Raises:
            Exception: it cannot be sent.
        """

    def receive(self, rank: int) -> bytes | None:
        """The next message of a process, or None where there is none by now.

        Raises:
            Exception: nothing can be received.
        """


class _Sum(NamedTuple):
    """What one process saved of an indicator at once."""

    step: int
    at: float
    total: float
    number: int


class _Sums:
    """What all processes saved; the n-th save of a name in one belongs to the n-th in each other."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._queues: dict[str, list[deque[_Sum]]] = {}
        self.skipped = 0

    @property
    def is_waiting(self) -> bool:
        """Whether there is something that not all of them have saved yet."""
        return any(any(queues) for queues in self._queues.values())

    def put(self, rank: int, name: str, saved: _Sum) -> None:
        """Take in what one of them saved."""
        if name not in self._queues:
            self._queues[name] = [deque() for _ in range(self._size)]
        self._queues[name][rank].append(saved)

    def means(self) -> Iterator[tuple[str, _Sum]]:
        """What all have saved, taken out; its total is the mean."""
        for name, queues in self._queues.items():
            while all(queues):
                if self._is_aligned(name, queues):
                    parts = [one.popleft() for one in queues]
                    total: Any = parts[0].total
                    for part in parts[1:]:
                        total = added(total, part.total)
                    count = sum(part.number for part in parts)
                    yield name, _Sum(*parts[0][:2], divided(total, count), count)
            if max(map(len, queues)) > _MOST:
                self._skip(name, queues, min(one[0].step for one in queues if one))

    def missing(self) -> str:
        """Who has not saved what others have, in words."""
        found = []
        for name, queues in self._queues.items():
            if any(queues):
                step = next(one[0].step for one in queues if one)
                ranks = ", ".join(str(rank) for rank, one in enumerate(queues) if not one)
                found.append(f"{name!r} (rank {ranks}, at step {step:,})")
        return "; ".join(found)

    def _is_aligned(self, name: str, queues: list[deque[_Sum]]) -> bool:
        """Whether all are at one step; where not, those behind are passed over."""
        steps = [one[0].step for one in queues]
        if min(steps) == max(steps):
            return True
        self._skip(name, queues, min(steps))
        return False

    def _skip(self, name: str, queues: list[deque[_Sum]], step: int) -> None:
        lacking = [rank for rank, one in enumerate(queues) if not one or one[0].step != step]
        for one in queues:
            if one and one[0].step == step:
                one.popleft()
        self.skipped += 1
        if self.skipped == 1:
            warn(
                f"the mean of {name!r} over all processes is not recorded at step {step:,}: rank "
                f"{', '.join(map(str, lacking))} did not save it there; let all of them save it at "
                "the same steps"
            )


class OverRanks:
    """Collects what is saved of such indicators and brings it together in the first process.

    Args:
        mail: the way to the first process.
        record: takes a mean there: the name, the number, the step, and when it was saved.
    """

    def __init__(self, mail: Mail, record: Callable[[str, float, int, float], object]) -> None:
        self._mail, self._record = mail, record
        self._saved: deque[tuple[str, int, float, tuple[float, int] | DeferredMean]] = deque()
        self._sums = _Sums(mail.size)
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._is_closing = self._has_ended = self._is_reported = self._is_slow = False
        self._is_alone = self._is_busy = False
        self._began = self._moved = 0.0

    def take(self, dirty: dict[str, Indicator], step: int, at: float) -> None:
        """Take what was added to such indicators; they have nothing left then to be saved alone."""
        shared = [indicator for indicator in dirty.values() if indicator.is_over_ranks]
        if not shared:
            return
        sums = [(indicator.name, indicator.take_sum()) for indicator in shared]
        stack([one for _, one in sums if isinstance(one, DeferredMean)])
        for name, one in sums:
            if one is not None:
                self._saved.append((name, step, at, one))
        if self._thread is None and not self._is_closing:
            self._start()

    def flush(self, deadline: float) -> bool:
        """Wait until all processes have saved what this one has; False where they have not, in time.

        It waits a moment at most: one of them may never do so.
        """
        deadline = min(deadline, time.monotonic() + _FLUSH)
        while not self._is_through():
            if self._thread is None or self._has_ended or time.monotonic() >= deadline:
                return False
            self._wake.put(None)
            time.sleep(_LOOK)
        return True

    def close(self) -> None:
        """Bring together what is left, and end; other processes are waited for a moment."""
        self._is_closing = True
        thread, self._thread = self._thread, None
        if thread is not None and thread is not threading.current_thread():
            self._wake.put(None)
            thread.join(_PATIENCE + _CALL)

    def _is_through(self) -> bool:
        # in this order: the other thread is busy before it takes anything out
        return not self._saved and not self._is_busy and not self._sums.is_waiting

    def _start(self) -> None:
        self._began = self._moved = time.monotonic()
        thread = threading.Thread(target=self._run, name="lab-over-ranks", daemon=True)
        with suppress(
            RuntimeError
        ):  # the machine has no more of them: tried again at the next save
            thread.start()
            self._thread = thread

    def _run(self) -> None:
        try:
            while not self._is_closing:
                with suppress(queue.Empty):
                    self._wake.get(timeout=_PERIOD)
                self._guarded_round()
            until = time.monotonic() + _PATIENCE
            self._guarded_round()
            while self._sums.is_waiting and not self._is_alone and time.monotonic() < until:
                time.sleep(_LOOK)
                self._guarded_round()
            self._say_left()
        finally:
            self._has_ended = True

    def _guarded_round(self) -> None:
        self._is_busy = True
        try:
            self._round()
        except Exception as error:  # training goes on, whatever the network makes of it
            if not self._is_reported:
                self._is_reported = True
                warn(f"means over all processes are not recorded: {described(error)}")
        finally:
            self._is_busy = False

    def _round(self) -> None:
        if not self._is_alone and not self._mail.is_there():
            if time.monotonic() - self._began < _UNSENT and not self._is_closing:
                return
            self._is_alone = True
            warn(
                "means over all processes were asked for, and there is no way to the others: what "
                "is recorded is of this one; call torch.distributed.init_process_group() first"
            )
        saved = [self._read(*self._saved.popleft()) for _ in range(len(self._saved))]
        if self._mail.rank:
            if saved and not self._is_alone:
                self._mail.send(_packed(saved))
        elif self._is_alone:
            for name, one in saved:
                self._record(name, divided(one.total, one.number), one.step, one.at)
        else:
            for name, one in saved:
                self._sums.put(0, name, one)
            self._receive()

    def _receive(self) -> None:
        """Take in what the others sent, and record what is whole."""
        for rank in range(1, self._mail.size):
            while (message := self._mail.receive(rank)) is not None:
                for name, fields in _unpacked(message):
                    self._sums.put(rank, name, _Sum(*fields))
                self._moved = time.monotonic()
        for name, mean in self._sums.means():
            self._record(name, mean.total, mean.step, mean.at)
        if not self._sums.is_waiting:
            self._moved = time.monotonic()
        elif not self._is_slow and time.monotonic() - self._moved > _LONG:
            self._is_slow = True
            warn(f"means over all processes wait for {self._sums.missing()}")

    def _read(
        self, name: str, step: int, at: float, one: tuple[float, int] | DeferredMean
    ) -> tuple[str, _Sum]:
        total, count = one.parts() if isinstance(one, DeferredMean) else one
        return name, _Sum(step, at, total, count)

    def _say_left(self) -> None:
        if self._sums.is_waiting:
            warn(
                "the last means over all processes are not recorded, for some did not save them: "
                f"{self._sums.missing()}"
            )
        if self._sums.skipped > 1:
            warn(f"{self._sums.skipped:,} means over all processes are not recorded")


def _packed(saved: list[tuple[str, _Sum]]) -> bytes:
    import json

    return json.dumps(saved).encode()


def _unpacked(message: bytes) -> Any:
    import json

    return json.loads(message)
