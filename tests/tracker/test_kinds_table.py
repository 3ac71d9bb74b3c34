from __future__ import annotations

import datetime
import enum
import math
from typing import Any

import pytest

from lab import runs, tracker
from lab.errors import TrackerError
from lab.tracker.writers.memory import Memory

_EXPECTED = runs.Table(("a", "b"), ((1, "x"), (2, "y")))


def _values(memory: Memory) -> list[Any]:
    tracker.save()
    assert tracker.flush(10)
    return [entry.value for entry in memory.entries]


def _numpy() -> Any:
    return pytest.importorskip("numpy")


@pytest.mark.parametrize(
    "value",
    [
        [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}], [{"a": 1, "b": "x"}, {"b": "y", "a": 2}],
        {"a": [1, 2], "b": ["x", "y"]}, {"a": range(1, 3), "b": ("x", "y")},
        (["a", "b"], [[1, "x"], [2, "y"]]), (("a", "b"), [(1, "x"), (2, "y")]),
        [["a", "b"], [[1, "x"], [2, "y"]]],
        lambda: {"a": _numpy().array([1, 2]), "b": _numpy().array(["x", "y"])},
        lambda: {"a": pytest.importorskip("torch").tensor([1, 2]), "b": ["x", "y"]},
        lambda: [{"a": _numpy().int64(1), "b": "x"}, {"a": _numpy().array(2), "b": "y"}],
        lambda: pytest.importorskip("pandas").DataFrame({"a": [1, 2], "b": ["x", "y"]}),
    ],
)  # fmt: skip
def test_the_forms_of_tables(memory: Memory, value: Any) -> None:
    tracker.set_table("t")
    tracker.add("t", value() if callable(value) else value)
    assert _values(memory) == [_EXPECTED]
    assert [type(cell) for cell in memory.entries[0].value.rows[0]] == [int, str]


@pytest.mark.parametrize("is_tensor", [False, True])
def test_a_table_of_two_dimensions(memory: Memory, is_tensor: bool) -> None:
    array = _numpy().array([[1.5, 2.5], [3.5, math.inf]])
    tracker.set_table("t")
    tracker.add("t", pytest.importorskip("torch").tensor(array) if is_tensor else array)
    tracker.save()
    tracker.add("t", (["x", "y"], array))
    assert _values(memory) == [
        runs.Table(("0", "1"), ((1.5, 2.5), (3.5, math.inf))),
        runs.Table(("x", "y"), ((1.5, 2.5), (3.5, math.inf))),
    ]


def test_rows_are_kept_until_they_are_saved(memory: Memory) -> None:
    tracker.set_table("t")
    rows = [{"a": 1, "b": "x"}]
    tracker.add("t", rows)
    rows[0]["a"] = 7
    tracker.add("t", {"a": [2], "b": ["y"]})
    assert _values(memory) == [_EXPECTED]
    tracker.add("t", [{"c": 1}])
    assert _values(memory)[1:] == [runs.Table(("c",), ((1,),))]
    assert len(_values(memory)) == 2


def test_cells_become_plain_values(memory: Memory) -> None:
    numpy, torch = _numpy(), pytest.importorskip("torch")

    class Number(enum.IntEnum):
        ONE = 1

    tracker.set_table("t")
    tracker.add(
        "t",
        [
            {"a": numpy.float32(0.5), "b": numpy.bool_(True), "c": torch.tensor(3), "d": None},
            {
                "a": math.nan,
                "b": False,
                "c": Number.ONE,
                "e": [1, 2],
                "f": datetime.date(2020, 1, 2),
            },
            {"a": torch.tensor([1, 2]), "b": numpy.str_("s")},
        ],
    )
    (table,) = _values(memory)
    assert table.columns == ("a", "b", "c", "d", "e", "f")
    assert table.rows[0] == (0.5, True, 3, None, None, None)
    assert math.isnan(table.rows[1][0])
    assert table.rows[1][1:] == (False, 1, None, "[1, 2]", "2020-01-02")
    assert table.rows[2] == ("[1, 2]", "s", None, None, None, None)
    assert {type(cell) for row in table.rows for cell in row} <= {
        int, float, bool, str, type(None),
    }  # fmt: skip


def test_a_cell_without_a_value_of_pandas_is_none(memory: Memory) -> None:
    pandas = pytest.importorskip("pandas")
    tracker.set_table("t")
    tracker.add("t", pandas.DataFrame({"a": [pandas.NaT], "b": pandas.array([None], "Int64")}))
    assert _values(memory)[0].rows == ((None, None),)


def test_an_empty_table(memory: Memory) -> None:
    tracker.set_table("t")
    tracker.add("t", (["a", "b"], []))
    assert _values(memory) == [runs.Table(("a", "b"), ())]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (3, "a list of dictionaries, a dictionary of columns.*got 3"),
        ("a,b", "a list of dictionaries"),
        (None, "got None"),
        ([], r"got \[\] \(list\)"),
        ([1, 2], "a list of dictionaries"),
        ([{"a": 1}, 2], "a list of dictionaries"),
        ([[1, 2], [3, 4]], "a list of dictionaries"),
        ((["a"], 3), "a list of dictionaries"),
        ((["a"], [3]), "a list of dictionaries"),
        ((["a", "b"], [[1, 2], [3]]), r"with 2 columns 'a', 'b', got a row of 1: \[3\]"),
        ((["a", "a"], [[1, 2]]), "with a column twice: 'a', 'a'"),
        ({"a": [1], "b": [1, 2]}, r"columns of one length, got \{'a': 1, 'b': 2\}"),
        ({"a": 1}, "takes a list for each column, got 1 .int. for 'a'"),
        ({"a": "text"}, "takes a list for each column, got 'text'"),
        (
            lambda: {"a": pytest.importorskip("torch").tensor(1)},
            "a list for each column, got Tensor",
        ),
        (lambda: _numpy().zeros(3), r"got ndarray of shape \(3,\), float64"),
        (lambda: pytest.importorskip("torch").zeros(1, 2, 3), r"got Tensor of shape \(1, 2, 3\)"),
    ],
)
def test_what_is_no_table_is_one_clear_error(memory: Memory, value: Any, message: str) -> None:
    tracker.set_table("t")
    with pytest.raises(TrackerError, match=rf"'t' is a table .*{message}"):
        tracker.add("t", value() if callable(value) else value)
    assert _values(memory) == []


def test_rows_with_other_columns_are_one_clear_error(memory: Memory) -> None:
    tracker.set_table("t")
    tracker.add("t", [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}])
    with pytest.raises(
        TrackerError, match="the columns 'a', 'b' until it is saved, got the columns 'a'"
    ):
        tracker.add("t", [{"a": 1}])
    assert _values(memory) == [_EXPECTED]
