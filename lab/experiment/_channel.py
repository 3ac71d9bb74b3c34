"""What stands in the place of the files 1 and 2 of a process: a way out that can be copied."""

from __future__ import annotations

import contextlib
import os
import select
import sys
import time
from dataclasses import dataclass, field

__all__ = ["Channel", "aside", "log_only", "of_process"]

_LOWEST = 60  # programs that ask for a file by number ask for low ones
_ROOM = 1 << 18  # bytes of a pipe, so that a copier that has to wait holds nobody up
_ATOMIC = 512  # bytes that every pipe takes at once, or not at all
_Identity = tuple[int, int, int]


@dataclass
class Channel:
    """A way out.

    Attributes:
        source: the end that is read.
        entry: the end that is written to.
        saved: what stands aside, by the numbers in whose place `entry` is.
    """

    source: int
    entry: int
    saved: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._identity, self._read = _identity(self.entry), _identity(self.source)
        self._kept = {number: _identity(file) for number, file in self.saved.items()}

    def capture(self) -> None:
        """Take the place of the files."""
        for number in self.saved:
            os.dup2(self.entry, number)

    def restore(self) -> None:
        """Put the files back, where nobody has put others there since."""
        for number, file in self.saved.items():
            if _identity(number) == self._identity and _identity(file) == self._kept[number]:
                os.dup2(file, number)

    def end(self, last: bytes, until: float) -> None:
        """Write the last that is to be kept, and put the files back; gives up at that time."""
        with contextlib.suppress(OSError):
            while last and _identity(self.entry) == self._identity:
                left = until - time.monotonic()
                if left < 0 or not _is_writable(self.entry, left):
                    break
                last = last[os.write(self.entry, last[:_ATOMIC]) :]
        self.restore()

    def close_entry(self) -> None:
        """Write no more."""
        self._close(self.entry, self._identity)

    def close(self) -> None:
        """Close all that is still open of it."""
        self.close_entry()
        for number, file in self.saved.items():
            self._close(file, self._kept[number])
        self._close(self.source, self._read)

    def _close(self, file: int, identity: _Identity | None) -> None:
        if identity is not None and _identity(file) == identity:
            os.close(file)


def log_only() -> Channel:
    """A way out that nobody but this process knows of."""
    return _between(*os.pipe())


def of_process() -> list[Channel]:
    """Ways out for the files 1 and 2; one for both where they are the same, so that order is kept.

    Raises:
        OSError: there are no files or terminals left.
    """
    numbers: dict[_Identity, list[int]] = {}
    for number, stream in ((1, sys.__stdout__), (2, sys.__stderr__)):
        identity = _identity(number)
        if identity is not None and stream is not None:  # else it is any file, opened since
            numbers.setdefault(identity, []).append(number)
    channels: list[Channel] = []
    try:
        for same in numbers.values():
            ends = _terminal(same[0]) if os.isatty(same[0]) else os.pipe()
            channels.append(_between(*ends, {number: aside(os.dup(number)) for number in same}))
    except OSError:
        for channel in channels:
            channel.close()
        raise
    return channels


def aside(file: int) -> int:
    """The same file under a number that is in nobody's way."""
    if sys.platform == "win32":
        return file
    import fcntl

    try:
        return fcntl.fcntl(file, fcntl.F_DUPFD_CLOEXEC, _LOWEST)
    finally:
        os.close(file)


def _between(source: int, entry: int, saved: dict[int, int] | None = None) -> Channel:
    source, entry = aside(source), aside(entry)
    if sys.platform == "linux":
        import fcntl

        with contextlib.suppress(OSError):  # a terminal, or there is no more room for this user
            fcntl.fcntl(entry, fcntl.F_SETPIPE_SZ, _ROOM)
    return Channel(source, entry, saved or {})


def _terminal(like: int) -> tuple[int, int]:
    """A terminal as another one, which leaves everything to that one."""
    import fcntl
    import termios

    source, entry = os.openpty()
    attributes = termios.tcgetattr(like)
    attributes[1] &= ~termios.OPOST
    termios.tcsetattr(entry, termios.TCSANOW, attributes)
    size = fcntl.ioctl(like, termios.TIOCGWINSZ, bytes(8))
    fcntl.ioctl(entry, termios.TIOCSWINSZ, size)
    return source, entry


def _is_writable(file: int, seconds: float) -> bool:
    if sys.platform == "win32":
        return True
    poll = select.poll()
    poll.register(file, select.POLLOUT)
    return bool(poll.poll(seconds * 1000))


def _identity(file: int) -> _Identity | None:
    """What a number stands for; None where it is not open."""
    try:
        stat = os.fstat(file)
    except OSError:
        return None
    return stat.st_dev, stat.st_ino, stat.st_rdev
