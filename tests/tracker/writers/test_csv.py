from __future__ import annotations

import csv
from pathlib import Path

import pytest

from lab.errors import TrackerError
from lab.runs import Batch, Entry, Figure, Image, Layout, Saved, Table, Text
from lab.tracker import writers
from lab.tracker.writers import Target, Writer


def _opened(layout: Layout) -> Writer:
    writer = writers.create("csv")
    writer.open(Target(layout))
    return writer


def test_the_files_say_what_is_in_them(layout: Layout) -> None:
    writer = _opened(layout)
    writer.write(Saved([Batch(("a b", "c,d"), [1, 2.5, 0.1, float("nan"), 2, 3.5, 7, -0.0])]))
    writer.write(Saved((), [Entry("t", 1, 2.0, Text("x\ny"))]))
    assert (layout.path / "csv/scalars.csv").read_bytes().decode() == (
        'indicator,step,time,value\na b,1,2.5,0.1\n"c,d",1,2.5,nan\na b,2,3.5,7\n"c,d",2,3.5,-0.0\n'
    )
    assert (layout.path / "csv/texts.csv").read_bytes().decode() == (
        'indicator,step,time,idx,text\nt,1,2.0,,"x\ny"\n'
    )


def test_pandas_reads_the_numbers(layout: Layout) -> None:
    pandas = pytest.importorskip("pandas")
    _opened(layout).write(Saved([Batch(("a",), [1, 1.0, float("nan"), 2, 2.0, float("-inf")])]))
    frame = pandas.read_csv(layout.path / "csv/scalars.csv")
    assert frame["value"].isna().tolist() == [True, False]
    assert frame["value"][1] == float("-inf")


@pytest.mark.parametrize("torn", ['a,2,2.0,"two\nli', "a,2,2", '"', 'a,2,2.0,"x""', "a,2,2.0,,\r"])
def test_a_line_that_a_killed_process_left_half_written_is_taken_away(
    layout: Layout, torn: str
) -> None:
    _opened(layout).write(Saved((), [Entry("a", 1, 1.0, Text('one\n"line"'))]))
    with (layout.path / "csv/texts.csv").open("a", newline="") as file:
        file.write(torn)
    _opened(layout).write(Saved((), [Entry("a", 3, 3.0, Text("three"))]))
    with (layout.path / "csv/texts.csv").open(newline="") as file:
        assert list(csv.reader(file))[1:] == [
            ["a", "1", "1.0", "", 'one\n"line"'],
            ["a", "3", "3.0", "", "three"],
        ]


def test_a_file_of_which_only_a_part_of_the_head_was_written_begins_anew(layout: Layout) -> None:
    (layout.path / "csv").mkdir()
    (layout.path / "csv/scalars.csv").write_text("indic")
    _opened(layout).write(Saved([Batch(("a",), [1, 1.0, 0.5])]))
    text = (layout.path / "csv/scalars.csv").read_text()
    assert text == "indicator,step,time,value\na,1,1.0,0.5\n"


def test_media_have_file_names_that_every_system_takes(layout: Layout) -> None:
    names = [
        "a.b",
        "A.b",
        "a/b",
        "../../etc",
        "con",
        "x" * 10_000,
        "über",
        "über ",
        "a@1",
        "a:b",
        ".",
    ]
    entries = [Entry(name, 1, 1.0, Figure(name)) for name in names]
    writer = _opened(layout)
    writer.write(Saved((), entries))
    with (layout.path / "csv/media.csv").open(newline="") as file:
        listed = {row["indicator"]: row["path"] for row in csv.DictReader(file)}
    assert {name: (layout.path / "csv" / path).read_text() for name, path in listed.items()} == {
        name: name for name in names
    }
    paths = [Path(path) for path in listed.values()]
    assert len({str(path).lower() for path in paths}) == len(names)
    assert all(path.parent == Path("media") and len(path.name) < 120 for path in paths)
    assert str(paths[0]) == str(Path("media/a.b@1.json"))
    assert {file.name for file in (layout.path / "csv/media").iterdir()} == {p.name for p in paths}


def test_media_of_one_step_do_not_take_each_others_place(layout: Layout) -> None:
    writer = _opened(layout)
    for png in (b"one", b"two"):
        writer.write(Saved((), [Entry("i", -3, 1.0, Image(png, 1, 1))]))
    files = {f.name: f.read_bytes() for f in (layout.path / "csv/media").iterdir()}
    assert files == {"i@-3.png": b"one", "i@-3.2.png": b"two"}


def test_an_empty_cell_of_a_table_is_none_and_an_empty_text_is_quoted(layout: Layout) -> None:
    table = Table(("a", "b"), ((None, ""), (True, 1.5)))
    _opened(layout).write(Saved((), [Entry("t", 1, 1.0, table)]))
    assert (layout.path / "csv/media/t@1.csv").read_text() == 'a,b\n,""\nTrue,1.5\n'


def test_media_of_a_write_that_failed_are_taken_away(layout: Layout) -> None:
    writer = _opened(layout)
    saved = Saved((), [Entry("i", 1, 1.0, Image(b"png", 1, 1))])
    (layout.path / "csv/media.csv").mkdir(parents=True)
    with pytest.raises(OSError, match=r"media\.csv"):
        writer.write(saved)
    assert list((layout.path / "csv/media").iterdir()) == []
    (layout.path / "csv/media.csv").rmdir()
    writer.write(saved)
    assert [file.name for file in (layout.path / "csv/media").iterdir()] == ["i@1.png"]


def test_without_an_experiment_it_says_what_it_needs() -> None:
    with pytest.raises(TrackerError, match="'csv' needs an experiment"):
        writers.create("csv").open(Target())
