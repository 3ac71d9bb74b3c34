from __future__ import annotations

import io
import sys

import pytest

from lab import logger, loop, monit, steps
from lab.logger import Logger
from lab.steps import Steps

pytest.importorskip("pyte")

from ._pictures import FOLDER, picture, shown, text_of
from ._scenes import SCENES, Clock
from .conftest import Tty

# name: the scene, columns, whether it is a terminal, the environment
SCREENS: dict[str, tuple[str, int, bool, dict[str, str]]] = {
    "terminal 80 columns wide": ("training", 80, True, {}),
    "terminal 200 columns wide": ("training", 200, True, {}),
    "no colour": ("training", 80, True, {"NO_COLOR": "1"}),
    "a pipe": ("training", 120, False, {}),
    "a build server": ("training", 120, False, {"CI": "true", "FORCE_COLOR": "1"}),
    "sections": ("sections", 80, True, {}),
    "inspect": ("inspecting", 80, True, {}),
}


@pytest.mark.parametrize("title", SCREENS)
def test_the_screen_looks_as_in_the_documentation(
    title: str, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    scene, columns, is_terminal, environment = SCREENS[title]
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr("lab.logger._stream.Stream.period", None)
    monkeypatch.setattr("lab.logger._terminal.Terminal.period", None)
    before = steps.set_current(Steps()), monit.set_current(None), loop.set_current(None)
    mine = logger.set_current(Logger())
    stream = Tty() if is_terminal else io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    clock = Clock(monkeypatch, stream)
    try:
        SCENES[scene](clock)
    finally:
        logger.set_current(mine)
        steps.set_current(before[0])
        monit.set_current(before[1])
        loop.set_current(before[2])
    written = clock.seen
    rows = shown(written, columns)
    assert max(map(len, rows)) <= columns
    path = FOLDER / f"{title.replace(' ', '_')}.svg"
    if request.config.getoption("--update-snapshots"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(picture(written, columns, title), encoding="utf-8")
    assert text_of(path.read_text(encoding="utf-8")) == rows
