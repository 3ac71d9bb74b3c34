from __future__ import annotations

import io
import sys
from typing import Any

import pytest

from lab import logger, steps
from lab.errors import LoggerError
from lab.logger import Color, Logger, Style, Text
from lab.steps import Field
from lab.testing import recorded_log


def test_a_message_is_written_as_a_line() -> None:
    with recorded_log() as log:
        logger.log("hello", Text.title)
        logger.log(["a ", ("b", [Style.bold, Color.red])])
    assert log.lines == ["hello", "a b"]


def test_a_message_without_a_new_line_goes_on() -> None:
    with recorded_log() as log:
        logger.log("one ", is_new_line=False)
        logger.log("two")
    assert log.lines == ["one two"]


def test_what_is_no_style_is_an_error() -> None:
    with recorded_log(), pytest.raises(LoggerError, match="a style is a Text, Color or Style"):
        logger.log("hello", 7)  # type: ignore[arg-type]
    with recorded_log(), pytest.raises(LoggerError, match=r"a style is a Text, .* not 'red'"):
        logger.log([("hello", "red")])


@pytest.mark.parametrize("piece", [5, ("a",), (5, Text.title)])
def test_what_is_no_piece_of_text_is_an_error(piece: Any) -> None:
    with recorded_log() as log, pytest.raises(LoggerError, match="a piece is text or a pair of"):
        logger.log(["a", piece])
    assert log.lines == []


def test_plain_streams_get_no_codes_and_every_letter(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    Logger().log([("naïve", Text.danger)])
    assert raw.getvalue() == b"na\\xefve\n"


def test_the_line_is_drawn_while_it_is_shown() -> None:
    before = steps.set_current(steps.Steps())
    try:
        with recorded_log() as log:
            steps.current().line.put("time", lambda: [Field(["1s"])])
            steps.current().line.put("step", lambda: [Field(["7:"])])
            logger.draw_line()
            logger.show_line()
            logger.draw_line()
            logger.settle_line()
            logger.hide_line()
    finally:
        steps.set_current(before)
    assert log.drawn == ["7:  1s"]
    assert log.lines == ["7:  1s"]


def test_two_counters_of_the_step_count_once() -> None:
    counted = steps.Steps()
    for _ in range(3):
        counted.count(1, "loop")
        counted.count(1, "logger")
    assert counted.step == 3


def test_a_console_that_is_gone_is_named_once_and_ends_nothing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    output = Logger()
    stream.close()
    for _ in range(3):
        output.log(["text"])
    assert capsys.readouterr().err.splitlines() == [
        "lab: nothing more can be shown: I/O operation on closed file"
    ]
