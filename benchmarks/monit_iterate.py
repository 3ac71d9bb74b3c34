"""Two million items with a progress on a terminal: what it costs to go through them.

The terminal is a real one, 80 columns wide, whose other end another process reads.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import _measure
from _measure import Contest, Table
from _worker import Answer, Contender, Failed, serve

ITEMS = 2_000_000
BAR = (0.07, 0.03)  # microseconds an item
KINDS = {
    "list": "Items of a list, an item",
    "generator": "Items that a generator makes, an item (their making included)",
}

Show = Callable[[Iterable[int]], Iterable[int]]


def bare(items: Iterable[int]) -> Iterable[int]:
    """No progress at all."""
    return items


def generator(items: Iterable[int]) -> Iterator[int]:
    """The least that a progress written in Python needs."""
    for item in items:  # noqa: UP028  # where code of its own would stand
        yield item


def lab() -> Show:
    """The line of `monit.iterate`, drawn by its thread."""
    from lab import monit

    return lambda items: monit.iterate("Items", items, ITEMS)


def rich() -> Show:
    """Its bar, with everything as it is by itself."""
    from rich.console import Console
    from rich.progress import track

    console = Console(file=sys.stdout, force_terminal=True)
    return lambda items: track(items, "Items", total=ITEMS, console=console)


def tqdm() -> Show:
    """Its bar."""
    from tqdm import tqdm as bar

    return lambda items: bar(items, "Items", total=ITEMS, file=sys.stdout)


def labml() -> Show:
    """Its section."""
    from labml import monit

    return lambda items: monit.iterate("Items", items, ITEMS)


def contender(name: str, make: Callable[[], Show], distribution: str = "") -> Contender:
    """Goes through the items, and says what one costs."""

    def start() -> Callable[..., Answer]:
        _open_terminal()
        show = make()
        numbers = list(range(ITEMS))

        def block(kind: str) -> Answer:
            items = numbers if kind == "list" else (number for number in numbers)
            began, last = time.perf_counter(), -1
            for item in show(items):
                last = item
            taken = time.perf_counter() - began
            return {"us": taken / ITEMS * 1e6, "last": last}

        return block

    return Contender(name, start, distribution)


def _open_terminal() -> None:
    """Have what is printed go to a terminal."""
    import fcntl
    import pty
    import struct
    import termios

    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    subprocess.Popen(["cat"], stdin=master, stdout=subprocess.DEVNULL, close_fds=True)
    os.close(master)
    os.environ["TERM"] = "xterm-256color"
    for name in ("CI", "NO_COLOR"):
        os.environ.pop(name, None)
    sys.stdout = sys.stderr = os.fdopen(slave, "w", buffering=1)


CONTENDERS = (
    contender("lab", lab),
    contender("bare loop", lambda: bare),
    contender("plain generator", lambda: generator),
    contender("rich.progress.track", rich, "rich"),
    contender("tqdm", tqdm, "tqdm"),
    contender("labml", labml, "labml"),
)


def measure(quick: bool = False) -> list[Table]:
    """The tables of this benchmark."""
    tables = []
    for kind, title in KINDS.items():
        with Contest(__file__, CONTENDERS) as contest:
            answers = contest.rounds(1 if quick else 7, _check, kind=kind)
            tables.append(Table(title, "us", contest.rows(answers, "us", BAR)))
    return tables


def _check(answer: dict[str, Any]) -> None:
    if answer["last"] != ITEMS - 1:
        raise Failed(f"ended at {answer['last']}")


if __name__ == "__main__":
    serve({one.name: one for one in CONTENDERS})
    _measure.main("monit_iterate", measure)
