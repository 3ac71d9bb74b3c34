"""The log of a run's output: all that the program, its libraries and its children print.

The files 1 and 2 of the process are replaced, by a terminal where they are one, else by a pipe, and a
process of its own copies what comes out to where it belongs and to `output.log`. So nothing of it needs
the program's threads or locks, and what a crash leaves is not lost.
"""

from __future__ import annotations

import contextlib
import os
import sys
import threading
import time
from pathlib import Path

from lab import logger
from lab.experiment import _channel
from lab.experiment._channel import Channel
from lab.experiment._tee import Tee, flush
from lab.logger import Output, Text

__all__ = ["OutputLog"]

_PATIENCE = 5.0  # seconds that the end of a run waits for what was printed to arrive
_STARTS = 10  # how often the copying process is started, where it is killed

_PROGRAM = """
import sys
folder, parent, marker, targets = sys.argv[1:]
for name in ("lab", "lab.experiment"):  # without what their __init__ loads
    module = sys.modules[name] = type(sys)(name)
    module.__path__ = [folder + name[3:].replace(".", "/")]
from lab.experiment._copier import main
main(int(parent), bytes.fromhex(marker), [int(one) or None for one in targets.split(",")])
"""


class OutputLog:
    """Keeps in a file what is printed between `start` and `close`.

    Args:
        path: the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = os.path.abspath(path)
        self._marker = b"\0" + os.urandom(16).hex().encode() + b"\0"
        self._files: list[int] = []
        self._channels: list[Channel] = []
        self._shut = threading.Semaphore(0)
        self._ended = threading.Event()
        self._watcher: threading.Thread | None = None
        self._is_here = False  # within this process, which then closes the files
        self._pid = 0

    def start(self) -> None:
        """Begin; where it is not possible, say so and do without."""
        flush()
        try:
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
            self._log = self._own(os.open(self._path, flags, 0o666))
            self._channels = [_channel.log_only()]  # the last one to end
            self._tee = Tee(self._channels[0].entry)
        except OSError as error:
            self._close_files()
            logger.warn(f"output.log cannot be written: {error.strerror or error}")
            return
        try:
            _check_can_start()
            self._channels[:0] = _channel.of_process()
            first = self._spawn()
            self._watcher = threading.Thread(
                target=self._watch, args=first, name="lab-output", daemon=True
            )
            self._watcher.start()
        except (OSError, RuntimeError, NotImplementedError) as error:
            self._give_up(f"{error}")
        else:
            for channel in self._channels:
                channel.capture()
            self._tee.open([number for channel in self._channels for number in channel.saved])
        self._keeper = Output.keeper = self._tee.copy
        self._pid = os.getpid()

    def close(self, error: BaseException | None = None) -> None:
        """End, when all that was printed is in the file and where it belongs, in bounded time.

        Args:
            error: what ended the run; it is kept as well, unless Python has printed it.
        """
        if self._pid != os.getpid():
            return
        self._pid = 0
        if Output.keeper is self._keeper:
            Output.keeper = None
        flush()
        self._tee.close()
        until = time.monotonic() + _PATIENCE
        *captured, last = self._channels
        for channel in captured:
            channel.end(self._marker, until)
        for _ in captured:
            self._shut.acquire(timeout=max(0.0, until - time.monotonic()))
        last.end(_traceback(error) + self._marker, until)
        self._ended.wait(max(0.0, until - time.monotonic()))
        for channel in self._channels:
            channel.close_entry()
        if self._watcher is not None:
            self._watcher.join(max(0.1, until - time.monotonic()))
        if not self._is_here and self._ended.is_set():
            self._close_files()

    def _spawn(self) -> tuple[int, int]:
        """Start the process; gives its number, and the file that it speaks through."""
        import signal

        heard, said = map(_channel.aside, os.pipe())
        null = (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDWR, 0)
        actions: list[tuple[int, ...] | tuple[int, int, str, int, int]] = [null]
        targets = {number: saved for one in self._channels for number, saved in one.saved.items()}
        places = [targets.get(1, 0), targets.get(2, 0), self._log, said]
        places += [channel.source for channel in self._channels]
        actions += [(os.POSIX_SPAWN_DUP2, file, at) for at, file in enumerate(places, 1)]
        faults = {signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT}
        folder = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
        options = ["-I", "-S", *(["-B"] if sys.dont_write_bytecode else []), "-c", _PROGRAM, folder]
        values = [str(os.getpid()), self._marker.hex()]
        values.append(",".join(str(min(channel.saved, default=0)) for channel in self._channels))
        try:
            pid = os.posix_spawn(
                sys.executable,
                [sys.executable, *options, *values],
                os.environ,
                file_actions=actions,
                setsigmask=signal.valid_signals() - faults,
            )
        except BaseException:
            os.close(heard)
            raise
        finally:
            os.close(said)
        return pid, heard

    def _watch(self, pid: int, heard: int) -> None:
        for attempt in range(_STARTS):
            self._listen(pid, heard)
            if self._ended.is_set():
                return
            if attempt + 1 < _STARTS:
                try:
                    pid, heard = self._spawn()
                except OSError:
                    break
        self._give_up("the process that copies it ends again and again")

    def _listen(self, pid: int, heard: int) -> None:
        with contextlib.suppress(ChildProcessError):  # the program waits for any child
            os.waitpid(pid, 0)
        rest = b""
        with open(heard, "rb", buffering=0) as lines:
            while not self._ended.is_set() and (data := lines.read(4096)):
                *said, rest = (rest + data).split(b"\n")
                for line in said:
                    self._hear(line.decode())

    def _hear(self, said: str) -> None:
        what, _, more = said.partition(" ")
        if what == "end":
            self._ended.set()
        elif what == "shut":
            self._shut.release()
        elif what == "note":
            logger.warn(f"output.log {more}")
        elif what == "gone":  # the program meets what it would have met without this
            for channel in self._channels:
                if int(more) in channel.saved:
                    channel.restore()

    def _give_up(self, reason: str) -> None:
        """Go on within this process, with what Python prints."""
        from lab.experiment._copier import Copier

        for channel in self._channels:
            channel.restore()
        pairs = [(one.source, next(iter(one.saved.values()), None)) for one in self._channels]
        self._is_here = True
        Copier(self._log, self._marker, pairs, self._hear).start()
        self._tee.open(())
        logger.log(f"output.log keeps only what Python prints: {reason}", Text.subtle)

    def _own(self, file: int) -> int:
        self._files.append(_channel.aside(file))
        return self._files[-1]

    def _close_files(self) -> None:
        for channel in self._channels:
            channel.close()
        for file in self._files:
            with contextlib.suppress(OSError):
                os.close(file)
        self._channels, self._files = [], []


def _check_can_start() -> None:
    name = os.path.basename(sys.executable or "").lower()
    if not hasattr(os, "posix_spawn"):
        raise OSError("this system has no other way")
    if getattr(sys, "frozen", False) or not name.startswith(("python", "pypy")):
        raise OSError(f"Python is part of the program {name or 'here'}")


def _traceback(error: BaseException | None) -> bytes:
    if error is None or error is getattr(sys, "last_value", None) or isinstance(error, SystemExit):
        return b""
    import traceback

    lines = traceback.format_exception(type(error), error, error.__traceback__)
    return "".join(lines).encode("utf-8", "replace")
