"""What every writer promises."""

from __future__ import annotations

import math
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab import runs
from lab.runs import Batch, Entry, Image, Layout, Saved, Text
from lab.testing import recorded_log
from lab.tracker import writers
from lab.tracker.writers import Target, Writer

NAMES = [
    "loss", "train.loss", "Train.loss", "slash/es", "with space", " ends ", 'quote"s', "a,b", "=1+1",
    "it's'; DROP TABLE scalars; --", "%s{0}$x", "../../etc/passwd", r"C:\con", "nan", "größe.測定.🙂",
    "line\nbreak\r\nand\ttab", "x" * 10_000, "x" * 9_999 + "y", "-", "#no comment",
]  # fmt: skip
NUMBERS = [
    0.5, -0.0, 0, math.nan, math.inf, -math.inf, 2**53, 2**53 + 1, 2**63 - 1, -(2**63), 2**70, 1e308,
    5e-324, 1e-40, 1e300, -1e39, 3.4028235e38, 1 / 3, 10**400,
]  # fmt: skip
STEPS = [5, 3, 3, 0, -7, 127, 128, 2**31 + 1, 2**53 + 1, 2**63 - 1, -(2**63)]


def batch(names: Sequence[str], *rows: tuple[int, float, list[Any]]) -> Batch:
    return Batch(tuple(names), [v for step, time, values in rows for v in (step, time, *values)])


def opened(held: Any, layout: Layout) -> Writer:
    writer = writers.create(held.kind)
    writer.open(Target(layout))
    return writer


def _write(held: Any, layout: Layout, *saved: Saved) -> Any:
    writer = opened(held, layout)
    for each in saved:
        writer.write(each)
    writer.close()
    return held.read(writer, layout)


def _need(kind: str) -> None:
    for module in ("tensorboard", "google_crc32c") if kind == "tensorboard" else ():
        pytest.importorskip(module)


def _same(found: Any, expected: Any) -> bool:
    """As `==`, but NaN equals itself, and 0.0 is not -0.0."""
    return repr(found) == repr(expected)


def test_every_name_and_number_comes_back(held: Any, layout: Layout) -> None:
    rows = [(step, 1.5 + step, [number] * len(NAMES)) for step, number in enumerate(NUMBERS)]
    found = _write(held, layout, Saved([batch(NAMES, *rows)]))
    points = [(step, 1.5 + step, held.number(n)) for step, n in enumerate(NUMBERS)]
    assert set(found.scalars) == {held.name(name) for name in NAMES}
    for name in NAMES:
        for got, point in zip(found.scalars[held.name(name)], points, strict=True):
            assert _same(got, point)


def test_steps_come_back_in_the_order_of_saving(held: Any, layout: Layout) -> None:
    rows = [(step, float(i), [i]) for i, step in enumerate(STEPS)]
    found = _write(held, layout, Saved([batch(["a"], *rows)]))
    assert found.scalars["a"] == [(step, float(i), i) for i, step in enumerate(STEPS)]


def test_sets_of_names_that_take_turns_keep_the_order(held: Any, layout: Layout) -> None:
    both = batch(["a", "b"], *[(i, i, [i, -i]) for i in range(0, 20, 2)])
    one = batch(["a"], *[(i, i, [i]) for i in range(1, 20, 2)])
    swapped = batch(["b", "a"], (30, 30.0, [1, 2]))
    found = _write(held, layout, Saved([both, one, swapped]), Saved([Batch(("c",), one.values)]))
    assert [step for step, _, _ in found.scalars["a"]] == [*range(20), 30]
    assert [value for _, _, value in found.scalars["a"]] == [*range(20), 2]
    assert [value for _, _, value in found.scalars["b"]] == [*range(0, -20, -2), 1]
    assert [value for _, _, value in found.scalars["c"]] == [*range(1, 20, 2)]


def test_thousands_of_names_in_one_row(held: Any, layout: Layout) -> None:
    names = [f"n{i}" for i in range(3000)]
    found = _write(held, layout, Saved([batch(names, (1, 1.0, list(range(3000))))]))
    assert {name: points[0][2] for name, points in found.scalars.items()} == {
        name: i for i, name in enumerate(names)
    }


@pytest.mark.parametrize(
    "kind",
    [
        "histogram",
        "empty histogram",
        "indexed scalars",
        "image",
        "text",
        "empty text",
        "indexed texts",
        "figure",
        "table",
        "audio",
    ],
)
def test_every_kind_of_value_comes_back_or_is_passed_over(
    held: Any, layout: Layout, values: Any, kind: str
) -> None:
    value = values[kind]
    places = [
        ("loss", 3, 1.25),
        (NAMES[9], 3, 1.5),
        ("../../x", -(2**40), 2.5),
        ("x" * 10_000, 1, 3.5),
    ]
    entries = [Entry(*place, value) for place in places]
    found = _write(held, layout, Saved((), entries))
    expected = [
        Entry(held.name(name), step, time, held.value(value))
        for name, step, time in places
        if held.value(value) is not None
    ]
    assert sorted(map(repr, found.entries)) == sorted(map(repr, expected))
    assert not list(layout.path.parent.glob("x*"))


def test_values_at_the_same_step_are_all_kept(held: Any, layout: Layout, png: Any) -> None:
    saved = [Saved((), [Entry("a", 1, float(i), Image(png(i, 1), i, 1))]) for i in range(1, 4)]
    found = _write(held, layout, *saved)
    assert [entry.value.width for entry in found.entries] == [1, 2, 3]


def test_a_histogram_is_beside_its_mean(held: Any, layout: Layout, values: Any) -> None:
    saved = Saved([batch(["w"], (1, 1.0, [0.5]))], [Entry("w", 1, 1.0, values["histogram"])])
    found = _write(held, layout, saved)
    mean = "w/mean" if held.kind == "tensorboard" else "w"
    assert found.scalars == {mean: [(1, 1.0, 0.5)]}
    assert found.entries == [Entry("w", 1, 1.0, held.value(values["histogram"]))]


def test_a_write_that_fails_half_way_leaves_nothing(
    held: Any, layout: Layout, values: Any, no_room: Any
) -> None:
    if held.kind == "memory":
        pytest.skip("writes no files")
    writer = opened(held, layout)
    writer.write(Saved([batch(["a"], (0, 0.0, [0]))]))
    again = Saved(
        [batch(["a"], *[(i, i, [i]) for i in range(1, 5000)]), batch(["b"], (1, 1.0, [1]))],
        [Entry("t", 1, 1.0, Text("t" * 10_000)), Entry("i", 1, 1.0, values["image"])],
    )
    for _ in range(3):
        with no_room(layout), pytest.raises(Exception, match=r"(?i)large|full|disk"):
            writer.write(again)
    found = held.read(writer, layout)
    assert (list(found.scalars), len(found.scalars["a"]), found.entries) == (["a"], 1, [])
    writer.write(again)
    writer.close()
    found = held.read(writer, layout)
    assert found.scalars["a"] == [(i, i, i) for i in range(5000)]
    assert found.scalars["b"] == [(1, 1.0, 1)]
    assert sorted(entry.indicator for entry in found.entries) == ["i", "t"]


def test_what_a_failure_left_that_could_not_be_undone_is_gone_after_the_next_write(
    held: Any, layout: Layout, no_room: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    if held.kind == "memory":
        pytest.skip("writes no files")

    def fail(*_: Any) -> None:
        raise OSError("input/output error")

    writer = opened(held, layout)
    writer.write(Saved([batch(["a"], (0, 0.0, [0]))]))
    again = Saved([batch(["a"], *[(i, i, [i]) for i in range(1, 5000)])])
    with no_room(layout), monkeypatch.context() as patch:
        patch.setattr(os, "truncate", fail)
        with pytest.raises(Exception, match=r"(?i)large|full|disk"):
            writer.write(again)
    writer.write(again)
    writer.close()
    assert held.read(writer, layout).scalars["a"] == [(i, i, i) for i in range(5000)]


def test_a_run_that_is_opened_again_goes_on(held: Any, layout: Layout) -> None:
    for step in range(3):
        writer = opened(held, layout)
        writer.write(
            Saved([batch(["a"], (step, step, [step]))], [Entry("t", step, step, Text(str(step)))])
        )
        writer.close()
        if held.kind == "memory":
            return
    found = held.read(writer, layout)
    assert found.scalars == {"a": [(0, 0, 0), (1, 1, 1), (2, 2, 2)]}
    assert [entry.value.text for entry in found.entries] == ["0", "1", "2"]


def test_the_same_writer_goes_on_after_closing(held: Any, layout: Layout) -> None:
    writer = opened(held, layout)
    for step in range(3):
        writer.write(Saved([batch(["a"], (step, step, [step]))]))
        writer.close()
        writer.close()
        writer.open(Target(layout))
    writer.close()
    assert [step for step, _, _ in held.read(writer, layout).scalars["a"]] == [0, 1, 2]


@pytest.mark.parametrize("kind", writers.KINDS)
def test_every_kind_of_value_is_taken(kind: str, layout: Layout, values: Any) -> None:
    _need(kind)
    with recorded_log():
        writer = writers.create(kind)
        writer.open(Target(layout, records={"a": {"kind": "scalar", "is_print": True}}))
        for step in range(2):
            entries = [Entry(name, step, 1.0, value) for name, value in values.items()]
            writer.write(Saved([batch(["a"], (step, 1.0, [0.5]))], entries))
        writer.write(Saved((), entries))
        writer.close()


@pytest.mark.parametrize("kind", writers.KINDS)
def test_nothing_saved_leaves_no_file(kind: str, layout: Layout) -> None:
    _need(kind)
    before = sorted(layout.path.rglob("*"))
    writers.create(kind).close()
    writer = writers.create(kind)
    writer.open(Target(layout))
    writer.close()
    writer.close()
    assert sorted(layout.path.rglob("*")) == before


@pytest.mark.skipif("sys.platform == 'win32'", reason="files in use cannot be deleted")
def test_files_that_are_deleted_cost_only_what_was_in_them(held: Any, layout: Layout) -> None:
    if held.kind == "memory":
        pytest.skip("writes no files")
    writer = opened(held, layout)
    writer.write(Saved([batch(["a"], (1, 1.0, [1]))]))
    for file in sorted(layout.path.rglob("*"), reverse=True):
        file.rmdir() if file.is_dir() else file.unlink()
    writer.write(Saved([batch(["a"], (2, 2.0, [2]))]))
    writer.close()
    assert held.read(writer, layout).scalars == {"a": [(2, 2.0, 2)]}


def test_a_folder_that_is_gone_is_an_error_and_is_not_made_again(held: Any, layout: Layout) -> None:
    if held.kind == "memory":
        pytest.skip("writes no files")
    writer = opened(held, layout)
    layout.info.unlink()
    layout.path.rmdir()
    with pytest.raises(Exception, match=r"is gone|No such file|cannot find"):
        writer.write(Saved([batch(["a"], (1, 1.0, [1]))]))
    assert not layout.path.exists()
    layout.create()
    writer.write(Saved([batch(["a"], (1, 1.0, [1]))]))
    writer.close()
    assert held.read(writer, layout).scalars == {"a": [(1, 1.0, 1)]}


_numbers = st.floats() | st.integers(-(2**80), 2**80)
_names = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0./"), min_size=1)


@settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(_names, min_size=1, max_size=4, unique=True),
    st.lists(
        st.tuples(st.integers(-(2**63), 2**63 - 1), st.lists(_numbers, min_size=4, max_size=4))
    ),
    st.integers(1, 5),
)
def test_whatever_is_saved_comes_back(
    held: Any, tmp_path: Path, names: list[str], rows: list[Any], cuts: int
) -> None:
    layout = runs.new_layout(Path(tempfile.mkdtemp(dir=tmp_path)), "e")
    layout.create()
    timed = [(step, float(i), numbers[: len(names)]) for i, (step, numbers) in enumerate(rows)]
    parts = [timed[i : i + cuts] for i in range(0, len(timed), cuts)]
    found = _write(held, layout, *[Saved([batch(names, *part)]) for part in parts])
    for place, name in enumerate(names if rows else ()):
        expected = [(step, time, held.number(numbers[place])) for step, time, numbers in timed]
        assert _same(found.scalars[held.name(name)], expected)
