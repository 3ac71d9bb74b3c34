from __future__ import annotations

import io
import re
import sys
from typing import Any

import pytest

from lab import logger, monit, steps
from lab.logger import Color, Logger, Style, Text
from lab.steps import Field

from .conftest import Tty

CLEAR = "\r\x1b[2K"


def show(text: str) -> None:
    steps.current().line.put("step", lambda: [Field([text])])
    logger.show_line()
    logger.draw_line()


def test_the_line_stays_below_what_is_logged(terminal: Tty) -> None:
    show("50%")
    logger.log("note", Text.danger)
    assert terminal.getvalue().split(CLEAR) == ["", "50%", "\x1b[1;31mnote\x1b[0m\n", "50%"]


def test_a_line_that_has_not_changed_is_not_drawn_again(terminal: Tty) -> None:
    show("50%")
    for _ in range(3):
        logger.draw_line()
    assert terminal.getvalue() == f"{CLEAR}50%"


def test_what_others_print_stands_above_the_line(
    terminal: Tty, monkeypatch: pytest.MonkeyPatch
) -> None:
    errors = Tty()
    monkeypatch.setattr(sys, "stderr", errors)
    show("50%")
    print("mine", file=terminal)
    logger.draw_line()
    assert terminal.getvalue() == f"{CLEAR}50%{CLEAR}mine\n{CLEAR}50%"
    print("an error", file=errors)
    assert terminal.getvalue().endswith(f"50%{CLEAR}")
    assert errors.getvalue() == "an error\n"


def test_a_line_of_others_that_has_not_ended_has_the_terminal_for_itself(terminal: Tty) -> None:
    show("50%")
    print("how many? ", end="", file=terminal)
    logger.draw_line()
    assert terminal.getvalue() == f"{CLEAR}50%{CLEAR}how many? "
    logger.settle_line()
    assert terminal.getvalue().endswith("how many? \n50%\n")
    print("three", file=terminal)
    logger.draw_line()
    assert terminal.getvalue().endswith(f"three\n{CLEAR}50%")


def test_the_stream_is_as_it_was_when_the_line_is_hidden(terminal: Tty) -> None:
    before = dict(vars(terminal))
    show("50%")
    assert "write" in vars(terminal)
    logger.hide_line()
    assert dict(vars(terminal)) == before
    assert terminal.getvalue() == f"{CLEAR}50%{CLEAR}"


def test_nothing_is_drawn_while_a_question_waits_for_its_answer(
    terminal: Tty, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(prompt: object = "", /) -> str:
        logger.draw_line()
        return f"{prompt}3"

    monkeypatch.setattr("builtins.input", answer)
    show("50%")
    assert input("how many? ") == "how many? 3"  # as debuggers ask, too
    assert terminal.getvalue() == f"{CLEAR}50%{CLEAR}"
    logger.draw_line()
    assert terminal.getvalue().endswith(f"{CLEAR}50%")
    logger.hide_line()
    assert input is answer


def test_a_write_that_others_put_over_ours_or_below_it_is_kept(terminal: Tty) -> None:
    seen: list[str] = []
    stream: Any = terminal

    def below(text: str) -> int:
        seen.append(text)
        return len(text)

    stream.write = below
    logger.show_line()
    ours = stream.write
    assert ours is not below
    logger.hide_line()
    assert stream.write is below
    logger.show_line()
    stream.write = over = lambda text: below(text.upper())
    logger.hide_line()
    assert stream.write is over
    print("x", end="", file=stream)
    assert "".join(seen) == "X"


def test_a_block_that_catches_what_is_printed_gets_no_drawing(
    monkeypatch: pytest.MonkeyPatch, terminal: Tty
) -> None:
    monkeypatch.setattr(sys, "stdout", terminal)
    logger.set_current(Logger())
    show("50%")
    caught = io.StringIO()
    monkeypatch.setattr(sys, "stdout", caught)
    print("caught")
    logger.log("logged")
    monkeypatch.setattr(sys, "stdout", terminal)
    logger.draw_line()
    assert caught.getvalue() == "caught\nlogged\n"
    assert terminal.getvalue() == f"{CLEAR}50%{CLEAR}{CLEAR}50%"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("123456789", "123456789"),
        ("1234567890", "12345678…"),
        ("数字数字", "数字数字"),
        ("数字数字数字", "数字数字…"),
        ("a\nb\x1b[31mc", "a b [31mc"),
    ],
)
def test_the_line_is_cut_at_the_width_of_the_terminal(
    terminal: Tty, monkeypatch: pytest.MonkeyPatch, text: str, expected: str
) -> None:
    monkeypatch.setenv("COLUMNS", "10")
    show(text)
    assert terminal.getvalue() == CLEAR + expected


@pytest.mark.parametrize(
    ("environment", "is_terminal", "is_coloured", "is_live"),
    [
        ({}, True, True, True),
        ({}, False, False, False),
        ({"NO_COLOR": "1"}, True, False, True),
        ({"NO_COLOR": ""}, True, True, True),
        ({"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False, True),
        ({"FORCE_COLOR": "1"}, False, True, False),
        ({"TERM": "dumb"}, True, False, False),
        ({"CI": "true"}, True, True, False),
        ({"CI": "true"}, False, False, False),
        ({"CI": "true", "FORCE_COLOR": "1"}, False, True, False),
    ],
)
def test_the_environment_says_what_can_be_shown(
    environment: dict[str, str],
    is_terminal: bool,
    is_coloured: bool,
    is_live: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("lab.logger._stream.Stream.period", None)
    monkeypatch.setattr("lab.logger._terminal.Terminal.period", None)
    stream = Tty() if is_terminal else io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    before = logger.set_current(Logger())
    try:
        with monit.section("Load"):
            logger.draw_line()
            logger.log("note", Text.danger)
    finally:
        logger.set_current(before)
    assert ("\x1b[1;31mnote\x1b[0m" in stream.getvalue()) == is_coloured
    assert ("\r" in stream.getvalue()) == is_live
    assert re.sub(r"\x1b\[[\d;]*m", "", stream.getvalue()).count("note\n") == 1


@pytest.mark.parametrize("style", [*Text, *Color, *Style, [Style.bold, Color.red]], ids=str)
def test_terminals_show_styles_as_rich_does(terminal: Tty, style: Any) -> None:
    from rich.color import ColorSystem
    from rich.style import Style as RichStyle

    from lab.logger import _styles

    logger.log([("x", style)])
    wanted = RichStyle.parse(_styles.words(style) or "none")
    expected = wanted.render("x", color_system=ColorSystem.STANDARD)
    assert terminal.getvalue() == f"{expected}\n"


def test_drawing_loads_rich_only_for_letters_of_more_than_one_column() -> None:
    import subprocess

    program = (
        "import sys\nfrom lab import logger, loop, monit\n"
        "for _ in loop.loop(3): list(monit.iterate('Train', 3))\n"
        "sys.exit('rich' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
