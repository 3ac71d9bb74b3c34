from __future__ import annotations

import io
from collections.abc import Iterator

import pytest

from lab import logger, loop, monit, steps
from lab.logger import Logger
from lab.steps import Steps


class Tty(io.StringIO):
    """A terminal as programs see it."""

    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "CI", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Tty]:
    """What a program writes to a terminal of 80 columns; nothing is drawn unasked."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("lab.logger._terminal.Terminal.period", None)
    before = steps.set_current(Steps()), monit.set_current(None), loop.set_current(None)
    stream = Tty()
    shown = logger.set_current(Logger(stream))
    yield stream
    logger.set_current(shown)
    steps.set_current(before[0])
    monit.set_current(before[1])
    loop.set_current(before[2])
