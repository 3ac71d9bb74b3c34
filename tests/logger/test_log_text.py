from __future__ import annotations

import io
from typing import Any

import pytest

from lab import logger, steps
from lab.logger import Color, Logger, Style, Text
from lab.logger._stream import Stream
from lab.logger._terminal import Terminal
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
    with recorded_log(), pytest.raises(TypeError, match="a style is a Text, Color or Style"):
        logger.log("hello", 7)  # type: ignore[arg-type]
    with recorded_log(), pytest.raises(TypeError, match=r"a style is a Text, .* not 'red'"):
        logger.log([("hello", "red")])


@pytest.mark.parametrize("piece", [5, ("a",), (5, Text.title)])
def test_what_is_no_piece_of_text_is_an_error(piece: Any) -> None:
    with recorded_log() as log, pytest.raises(TypeError, match="a piece is text or a pair of"):
        logger.log(["a", piece])
    assert log.lines == []


def test_inspecting_shows_entries_and_shapes() -> None:
    numpy = pytest.importorskip("numpy")
    with recorded_log() as log:
        logger.inspect(numpy.zeros((2, 3)), settings={"lr": 0.1}, many=list(range(30)))
    text = "\n".join(log.lines)
    assert "ndarray float64 [2, 3]" in text
    assert "  lr: 0.1" in text
    assert "... 10 more" in text


def test_plain_streams_get_no_codes_and_every_letter() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    Logger(Stream(stream)).log([("naïve", Text.danger)])
    assert raw.getvalue() == b"na\\xefve\n"


def test_a_terminal_keeps_the_line_below_what_is_logged(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    stream = io.StringIO()
    terminal = Terminal(stream)
    terminal.draw(["50%"])
    terminal.write([("note", Text.danger)])
    assert stream.getvalue().split("\r\x1b[2K") == ["", "50%", "\x1b[1;31mnote\x1b[0m\n", "50%"]


def test_no_colour_is_shown_where_none_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    stream = io.StringIO()
    Terminal(stream).write([("note", Text.danger)])
    assert stream.getvalue() == "note\n"


def test_the_line_is_cut_at_the_width_of_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "10")
    stream = io.StringIO()
    Terminal(stream).draw(["123456", "7890123"])
    assert stream.getvalue().endswith("123456789")


def test_the_line_is_drawn_while_it_is_shown() -> None:
    before = steps.set_current(steps.Steps())
    try:
        with recorded_log() as log:
            steps.current().line.put("time", lambda: ["1s"])
            steps.current().line.put("step", lambda: ["7:"])
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
    capsys: pytest.CaptureFixture[str],
) -> None:
    stream = io.StringIO()
    output = Logger(Stream(stream))
    stream.close()
    for _ in range(3):
        output.log(["text"])
    assert capsys.readouterr().err.splitlines() == [
        "lab: nothing more can be shown: I/O operation on closed file"
    ]
