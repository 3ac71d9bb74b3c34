"""Passes on what a program prints to where it belongs, and keeps it in a file.

This runs as a process of its own, so that it needs no lock of the program and outlives it; it ends
when nobody can print any more. Only the standard library and its like are imported here.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence

from lab.experiment._screen import LogFile, Screen

__all__ = ["Copier", "main"]

_PERIOD = 0.25  # seconds between two writes to the file, and two looks at the terminal's size
_RETRY = 5.0  # seconds between two attempts where the file cannot be written
_QUEUED = 32_000_000  # bytes that wait for the file; what comes then is only passed on


class Copier:
    """Reads each source in a thread of its own, passes it on, and keeps it in the file.

    Args:
        log: the open file, which is closed at the end, as the sources are.
        marker: what stands in each source where the file ends; what follows is only passed on.
        channels: sources, and where they are passed on to, if anywhere.
        say: gets `shut` when the file has all of a source, `end` when that is on disk, `gone TARGET`,
            and `note TEXT`.
    """

    def __init__(
        self,
        log: int,
        marker: bytes,
        channels: Sequence[tuple[int, int | None]],
        say: Callable[[str], None],
    ) -> None:
        self._file = LogFile(log, lambda text: say(f"note {text}"))
        self._marker, self._say, self._channels = marker, say, channels
        self._lock = threading.Lock()
        self._queue: deque[tuple[Screen, bytes | None]] = deque()
        self._queued = self._dropped = 0
        self._open = len(channels)
        self._is_wanted, self._is_ended = threading.Event(), threading.Event()
        self._threads = [
            threading.Thread(target=self._copy, args=channel, name="lab-output", daemon=True)
            for channel in channels
        ]
        self._threads.append(
            threading.Thread(target=self._keep, name="lab-output-log", daemon=True)
        )

    def start(self) -> None:
        """Begin to copy."""
        for thread in self._threads:
            thread.start()

    def wait(self, parent: int) -> None:
        """Copy the sizes of terminals until nothing can come any more."""
        terminals = [
            (source, target)
            for source, target in self._channels
            if target is not None and os.isatty(source)
        ]
        sizes: dict[int, bytes] = {}
        for thread in self._threads:
            while thread.is_alive():
                thread.join(_PERIOD if terminals else None)
                for source, target in terminals:
                    with contextlib.suppress(OSError):
                        _copy_size(source, target, sizes, parent)

    def _copy(self, source: int, target: int | None) -> None:
        screen, held, is_kept = Screen(self._file), b"", True
        while data := _read(source):
            data, held, found = held + data, b"", b""
            if is_kept:
                data, found, held = data.partition(self._marker)
            if is_kept and not found:
                start = _start_of(self._marker, data)
                data, held = data[: len(data) - start], data[len(data) - start :]
            target = self._pass_on(target, data)
            if is_kept:
                self._put(screen, data)
            if found:
                self._close(screen)
                target, held, is_kept = self._pass_on(target, held), b"", False
        target = self._pass_on(target, held)
        if is_kept:
            self._put(screen, held)
            self._close(screen)
        os.close(source)

    def _pass_on(self, target: int | None, data: bytes) -> int | None:
        """Write all of it; gives None where nobody is there any more."""
        while data and target is not None:
            try:
                data = data[os.write(target, data) :]
            except BlockingIOError:
                import select

                select.select([], [target], [])
            except OSError:
                self._say(f"gone {target}")
                target = None
        return target

    def _put(self, screen: Screen, data: bytes) -> None:
        with self._lock:
            if self._queued > _QUEUED:
                self._dropped += len(data)
                return
            if self._dropped:
                data = b"\n[... %d bytes were too fast ...]\n%b" % (self._dropped, data)
                self._dropped = 0
            self._queue.append((screen, data))
            self._queued += len(data)
        self._is_wanted.set()

    def _close(self, screen: Screen) -> None:
        self._queue.append((screen, None))
        self._is_ended.set()
        self._is_wanted.set()

    def _keep(self) -> None:
        while self._open:
            self._is_wanted.wait(_RETRY if self._file.is_failing else None)
            self._is_wanted.clear()
            self._is_ended.wait(_PERIOD)
            while self._queue:
                screen, data = self._queue.popleft()
                if data is not None:
                    with self._lock:
                        self._queued -= len(data)
                    screen.feed(data)
                else:
                    screen.finish()
                    self._open -= 1
                    self._say("shut")
            self._file.flush()
        self._file.close()
        self._say("end")


def main(parent: int, marker: bytes, targets: Sequence[int | None]) -> None:
    """Be the process: the log is file 3, what is said goes to 4, the sources follow.

    Args:
        parent: the process that prints.
        marker: what stands in the sources where the log ends.
        targets: where each source is passed on to.
    """
    if os.fork():  # whoever waits for any child of the program must not wait for this
        os._exit(0)
    os.setsid()
    os.chdir("/")
    channels = [(5 + index, target) for index, target in enumerate(targets)]
    for name in os.listdir("/dev/fd"):
        if int(name) >= 5 + len(channels):
            with contextlib.suppress(OSError):  # the listing's own
                os.close(int(name))

    def say(text: str) -> None:
        with contextlib.suppress(OSError):  # the program has ended
            os.write(4, text.encode("utf-8", "replace") + b"\n")

    copier = Copier(3, marker, channels, say)
    copier.start()
    copier.wait(parent)


def _read(source: int) -> bytes:
    try:
        return os.read(source, 65536)
    except OSError:  # how a terminal without users says that it ends
        return b""


def _start_of(marker: bytes, data: bytes) -> int:
    """How many bytes at the end of data may be the first ones of the marker."""
    if marker[:1] in data[-len(marker) :]:
        for count in range(min(len(marker) - 1, len(data)), 0, -1):
            if data.endswith(marker[:count]):
                return count
    return 0


def _copy_size(source: int, target: int, sizes: dict[int, bytes], parent: int) -> None:
    """Give one terminal the size of another, and tell those who print there."""
    import fcntl
    import signal
    import termios

    size = fcntl.ioctl(target, termios.TIOCGWINSZ, bytes(8))
    if size != sizes.setdefault(source, fcntl.ioctl(source, termios.TIOCGWINSZ, bytes(8))):
        fcntl.ioctl(source, termios.TIOCSWINSZ, size)
        sizes[source] = size
        os.killpg(os.getpgid(parent), signal.SIGWINCH)
