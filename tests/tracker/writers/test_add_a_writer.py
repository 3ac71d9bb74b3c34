"""Kinds of writers that other distributions add."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.errors import MissingExtra, TrackerError
from lab.tracker import writers
from lab.tracker.writers.memory import Memory

MODULE = """
from lab.errors import MissingExtra
from lab.tracker.writers import Writer

class Influx(Writer):
    name = "influx"
    def write(self, saved): pass

class Sqlite(Writer): pass

class Failing(Writer):
    def __init__(self): raise OSError("no server")

class Lacking(Writer):
    def __init__(self): raise MissingExtra("client", "influx", "the writer 'lacking'")
"""
POINTS = """
[lab.writers]
influx = influx_of_a_test:Influx
sqlite = influx_of_a_test:Sqlite
failing = influx_of_a_test:Failing
lacking = influx_of_a_test:Lacking
gone = influx_of_a_test:Gone
absent = module_that_is_not_there:Writer
plain = builtins:dict

[console_scripts]
influxes = influx_of_a_test:Influx
"""


@pytest.fixture(autouse=True)
def _installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    folder = tmp_path / "site"
    info = folder / "lab_influx-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lab-influx\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(POINTS)
    (folder / "influx_of_a_test.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(folder))
    yield
    sys.modules.pop("influx_of_a_test", None)


def test_an_installed_writer_is_found_by_its_name() -> None:
    assert writers.create("influx").name == "influx"


def test_an_object_is_taken_as_it_is() -> None:
    memory = Memory()
    assert writers.create(memory) is memory


def test_a_name_of_our_own_is_not_taken_over() -> None:
    assert type(writers.create("sqlite")).__module__ == "lab.tracker.writers.sqlite"
    assert "influx_of_a_test" not in sys.modules


def test_an_unknown_name_lists_what_is_near_or_there() -> None:
    with pytest.raises(TrackerError, match="unknown writer 'inflx'; did you mean 'influx'"):
        writers.create("inflx")
    with pytest.raises(TrackerError, match=r"the writers are .*csv, .*influx, .*memory, .*tensorb"):
        writers.create("?")
    with pytest.raises(TrackerError, match="unknown writer 'influxes'; did you mean 'influx'"):
        writers.create("influxes")


@pytest.mark.parametrize(
    ("kind", "cause", "why"),
    [
        ("failing", OSError, "OSError: no server"),
        ("gone", AttributeError, "AttributeError: .*Gone"),
        ("absent", ModuleNotFoundError, "ModuleNotFoundError: .*module_that_is_not_there"),
    ],
)
def test_one_that_cannot_be_made_says_whose_it_is(
    kind: str, cause: type[Exception], why: str
) -> None:
    message = f"the writer '{kind}' of lab-influx cannot be made from '.*': {why}"
    with pytest.raises(TrackerError, match=message) as caught:
        writers.create(kind)
    assert isinstance(caught.value.__cause__, cause)


def test_one_that_is_no_writer_is_refused() -> None:
    with pytest.raises(
        TrackerError, match=r"'plain' of lab-influx is 'builtins:dict', .* but dict"
    ):
        writers.create("plain")


def test_one_that_lacks_an_extra_says_so_itself() -> None:
    with pytest.raises(MissingExtra, match="lacking"):
        writers.create("lacking")
