"""Programs on real terminals: what is on the screen, and Ctrl-C by its key."""

from __future__ import annotations

import os
import re
import select
import struct
import sys
import time
from collections.abc import Callable, Iterator

import pytest

pyte = pytest.importorskip("pyte")
pty = pytest.importorskip("pty")
termios = pytest.importorskip("termios")

LATEST = 60.0  # seconds


class Session:
    """A program on a terminal of 80 columns."""

    def __init__(self, program: str) -> None:
        import subprocess

        self.screen = pyte.Screen(80, 40)
        self._stream = pyte.ByteStream(self.screen)
        self._terminal, inside = pty.openpty()
        attributes = termios.tcgetattr(inside)
        attributes[3] &= ~termios.ECHO
        termios.tcsetattr(inside, termios.TCSANOW, attributes)
        import fcntl

        fcntl.ioctl(inside, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 80, 0, 0))
        self._process = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=inside,
            stdout=inside,
            stderr=inside,
            preexec_fn=lambda: self._own(inside),
        )
        os.close(inside)

    @property
    def rows(self) -> list[str]:
        return "\n".join(row.rstrip() for row in self.screen.display).rstrip().split("\n")

    def until(self, is_there: Callable[[list[str]], object]) -> None:
        """Wait until the screen shows something."""
        deadline = time.monotonic() + LATEST
        while not is_there(self.rows):
            assert self._read(deadline), self.rows

    def type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def end(self) -> int:
        """Wait for the end of the program."""
        deadline = time.monotonic() + LATEST
        while self._read(deadline):
            pass
        return self._process.wait(LATEST)

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._terminal)

    def _read(self, deadline: float) -> bool:
        ready, _, _ = select.select([self._terminal], [], [], max(0, deadline - time.monotonic()))
        try:
            data = os.read(self._terminal, 65536) if ready else b""
        except OSError:  # nobody is at the other end
            data = b""
        self._stream.feed(data)
        return bool(data)

    @staticmethod
    def _own(inside: int) -> None:
        import fcntl

        os.setsid()
        fcntl.ioctl(inside, termios.TIOCSCTTY, 0)


@pytest.fixture
def at_terminal() -> Iterator[Callable[[str], Session]]:
    sessions: list[Session] = []

    def begin(program: str) -> Session:
        sessions.append(Session(program))
        return sessions[-1]

    yield begin
    for session in sessions:
        session.close()


def test_prints_logging_and_text_from_c_leave_no_remnants(
    at_terminal: Callable[[str], Session],
) -> None:
    session = at_terminal("""
import logging, os, sys
from lab import logger, loop, monit
logging.basicConfig(format="%(message)s")
for epoch in loop.loop(2, is_print_iteration_time=False):
    for item in monit.iterate("Train", 4, is_timed=False):
        if item == 1:
            sys.stdin.readline()
        print("note", epoch, item)
    logging.warning("warned")
    logger.log("logged")
    os.system("echo from a child")
""")
    for epoch in range(2):
        session.until(lambda rows, epoch=epoch: rows[-1].startswith(f"{epoch}:  Train: 50%"))
        session.type("\n")
    assert session.end() == 0
    kept = [re.sub("  0:0.*", "", row) for row in session.rows]
    expected = []
    for epoch in range(2):
        expected += [f"note {epoch} {item}" for item in range(4)]
        expected += ["warned", "logged", "from a child", f"{epoch}:  Train: done"]
    assert kept == expected or [row for row in kept if "from a child" not in row] == [
        row for row in expected if "from a child" not in row
    ]


def test_ctrl_c_finishes_the_iteration_and_twice_ends_the_program(
    at_terminal: Callable[[str], Session],
) -> None:
    program = """
import sys
from lab import loop
for i in loop.loop(100, is_print_iteration_time=False):
    if i == 2:
        sys.stdin.readline()
print("after the loop")
"""
    session = at_terminal(program)
    session.until(lambda rows: rows[-1].startswith("  2:"))
    session.type("\x03")
    session.until(lambda rows: any("Ctrl-C: finishing the iteration" in row for row in rows))
    session.type("\n")
    assert session.end() == 0
    assert session.rows[-2:] == ["stopped by Ctrl-C at step 3", "after the loop"]

    session = at_terminal(program)
    session.until(lambda rows: rows[-1].startswith("  2:"))
    session.type("\x03")
    session.until(lambda rows: any("Ctrl-C: finishing the iteration" in row for row in rows))
    session.type("\x03")
    assert session.end() == -2
    assert session.rows[-1] == "KeyboardInterrupt"
