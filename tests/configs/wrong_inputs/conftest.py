"""Every case of wrong input is a test; what it is told stands under the test's name in `messages.txt`.

After a message was changed on purpose: `pytest tests/configs/wrong_inputs --update-snapshots`, and read the diff.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from lab.errors import ConfigError, NotPicklable

MESSAGES = Path(__file__).with_name("messages.txt")

Told = Callable[[str], None]
Refused = Callable[[type[ConfigError]], AbstractContextManager[None]]


@pytest.fixture(scope="session")
def messages(pytestconfig: pytest.Config) -> Iterator[dict[str, str]]:
    """All messages by the name of the test."""
    known = dict(re.findall(r"^# ([^\n]+)\n(.*?)(?=^# |\Z)", _read(), re.DOTALL | re.MULTILINE))
    yield known
    if pytestconfig.getoption("--update-snapshots"):
        text = "".join(f"# {name}\n{known[name].rstrip()}\n\n" for name in sorted(known))
        MESSAGES.write_text(text.rstrip() + "\n", encoding="utf-8")


def _read() -> str:
    return MESSAGES.read_text(encoding="utf-8") if MESSAGES.exists() else ""


@pytest.fixture
def told(request: pytest.FixtureRequest, messages: dict[str, str]) -> Told:
    """Compares a text with the one that is pinned for this test."""
    name = request.node.name

    def check(text: str) -> None:
        text = _stable(text).rstrip()
        if request.config.getoption("--update-snapshots"):
            messages[name] = text
        assert text == messages.get(name, "(nothing is pinned)").rstrip()

    return check


@pytest.fixture
def refused(told: Told) -> Refused:
    """Expects an error of exactly that class, and compares what a user sees of it."""

    @contextmanager
    def expect(kind: type[ConfigError]) -> Iterator[None]:
        with pytest.raises(ConfigError) as caught:
            yield
        assert type(caught.value) is kind
        told("\n".join(_as_seen(caught.value)))

    return expect


def _as_seen(error: BaseException) -> Iterator[str]:
    """The last line of the traceback, then those that Python prints above it, as the cause or the context."""
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    if isinstance(error, NotPicklable):  # what pickle says differs with Python's version
        yield text.replace(error.error, "<what pickle says>")
        return
    yield text
    if error.__cause__ is not None:
        yield from (f"  because of {line}" for line in _as_seen(error.__cause__))
    elif error.__context__ is not None and not error.__suppress_context__:
        yield from (f"  while handling {line}" for line in _as_seen(error.__context__))


def _stable(text: str) -> str:
    """The text without what differs between machines and with every edit of the tests."""
    text = re.sub(r"[^\s(]*[/\\](\w+\.py)", r"\1", text)
    text = re.sub(r"(\w+\.py):\d+", r"\1:<line>", text)
    text = re.sub(r"in line \d+", "in line <line>", text)
    text = re.sub(r"\b(?:tests\.)?configs\.wrong_inputs\.", "", text)
    return re.sub(r"0x[0-9A-Fa-f]+", "0x<address>", text)
