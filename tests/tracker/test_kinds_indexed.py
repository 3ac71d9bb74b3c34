from __future__ import annotations

from typing import Any

import pytest

from lab import runs, tracker
from lab.errors import TrackerError
from lab.tracker.writers.memory import Memory


def _values(memory: Memory) -> list[Any]:
    tracker.save()
    assert tracker.flush(10)
    return [entry.value for entry in memory.entries]


def _array(numbers: Any, dtype: str | None = None) -> Any:
    return pytest.importorskip("numpy").array(numbers, dtype)


def _tensor(numbers: Any) -> Any:
    return pytest.importorskip("torch").tensor(numbers)


@pytest.mark.parametrize(
    "value",
    [
        ([3, 5], [0.5, 1.5]), ((3, 5), (0.5, 1.5)), [[3, 5], [0.5, 1.5]], {3: 0.5, 5: 1.5},
        (range(3, 6, 2), [0.5, 1.5]),
        lambda: (_array([3, 5]), _array([0.5, 1.5])),
        lambda: (_array([3, 5], "uint8"), _array([0.5, 1.5], "float16")),
        lambda: (_tensor([3, 5]), _tensor([0.5, 1.5]).requires_grad_()),
        lambda: (_tensor([3, 5]), _tensor([[0.5], [1.5]]).bfloat16()),
        lambda: ([3, 5], _tensor([0.5, 1.5])),
        lambda: (list(_array([3, 5])), [_tensor(0.5), _array(1.5)]),
    ],
)  # fmt: skip
def test_the_forms_of_indexed_scalars(memory: Memory, value: Any) -> None:
    tracker.set_indexed_scalar("i")
    tracker.add("i", value() if callable(value) else value)
    assert _values(memory) == [runs.IndexedScalars((3, 5), (0.5, 1.5))]
    assert memory.series("i") == [(0, 1.0)]


def test_all_pairs_since_the_last_save_are_kept(memory: Memory) -> None:
    tracker.set_indexed_scalar("i")
    tracker.add("i", ([1, 2], [0.1, 0.2]))
    tracker.add("i", (2, 0.4))
    tracker.add("i", {})
    assert _values(memory) == [runs.IndexedScalars((1, 2, 2), (0.1, 0.2, 0.4))]
    tracker.add("i", ([], []))
    assert len(_values(memory)) == 1
    tracker.add("i", {7: True})
    assert _values(memory)[1] == runs.IndexedScalars((7,), (1.0,))


def test_pairs_that_are_changed_afterwards_are_kept_as_they_were(memory: Memory) -> None:
    indices, values = _array([1, 2]), _tensor([1.0, 2.0])
    plain = [5.0, 6.0]
    tracker.set_indexed_scalar("i")
    tracker.add("i", (indices, values))
    tracker.add("i", ([3, 4], plain))
    indices[:], values[:], plain[:] = 9, 9, [9, 9]
    assert _values(memory) == [runs.IndexedScalars((1, 2, 3, 4), (1.0, 2.0, 5.0, 6.0))]


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (3, r"'i' takes \(indices, values\) or \{index: value\}, got 3 \(int\)"),
        ("ab", r"takes \(indices, values\)"),
        (None, r"got None \(NoneType\)"),
        ([1, 2, 3], r"takes \(indices, values\)"),
        (([1], [1.0, 2.0]), r"an index for each value, got 1 indices and 2 values"),
        (([1.5], [1.0]), r"takes whole numbers as indices, got \[1.5\] \(list\)"),
        ((["a"], [1.0]), r"takes whole numbers as indices"),
        (([True], [1.0]), r"takes whole numbers as indices"),
        (([1], ["x"]), r"takes numbers as values, got \['x'\]"),
        (([1], [None]), r"takes numbers as values"),
        ({"a": 1.0}, r"takes whole numbers as indices"),
        (([1], [1j]), r"takes numbers as values"),
        (lambda: (_array([1.0]), _array([1.0])), r"got ndarray of shape \(1,\), float64"),
        (lambda: (_tensor([1]), _tensor([1j])), r"got Tensor of shape \(1,\), torch.complex64"),
        (lambda: (_array([1, 2]), _array([[1.0, 2.0]] * 2)), r"got 2 indices and 4 values"),
        (lambda: (_array([[1, 2]]), _tensor([1.0])), r"ndarray of shape \(1, 2\), int64 and Tensor"),
    ],
)  # fmt: skip
def test_what_are_no_pairs_is_one_clear_error(memory: Memory, value: Any, message: str) -> None:
    tracker.set_indexed_scalar("i")
    with pytest.raises(TrackerError, match=message):
        tracker.add("i", value() if callable(value) else value)
    assert _values(memory) == []


@pytest.mark.parametrize(
    "value",
    [
        ([3, 5], ["a", "b"]), {3: "a", 5: "b"}, (range(3, 6, 2), ("a", "b")),
        lambda: (_array([3, 5]), ["a", "b"]),
        lambda: (_tensor([3, 5]), _array(["a", "b"])),
        lambda: (list(_tensor([3, 5])), list(_array(["a", "b"]))),
    ],
)  # fmt: skip
def test_the_forms_of_indexed_texts(memory: Memory, value: Any) -> None:
    tracker.set_indexed_text("i")
    tracker.add("i", value() if callable(value) else value)
    tracker.add("i", (9, "c"))
    assert _values(memory) == [runs.IndexedTexts((3, 5, 9), ("a", "b", "c"))]
    assert all(type(one) is int for one in memory.entries[0].value.indices)
    assert memory.series("i") == []


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("ab", r"'i' takes \(indices, texts\) or \{index: text\}, got 'ab' \(str\)"),
        (3, r"takes \(indices, texts\)"),
        (None, r"takes \(indices, texts\)"),
        (([1], ["a", "b"]), r"an index for each text, got 1 indices and 2 texts"),
        (([1, 2], "ab"), r"an index for each text, got 2 indices and 1 texts"),
        ((["x"], ["a"]), r"takes whole numbers as indices, got \['x'\]"),
        (([1.0], ["a"]), r"takes whole numbers as indices"),
        (([False], ["a"]), r"takes whole numbers as indices"),
        (([1], [2]), r"takes texts, got \[2\] \(list\)"),
        (([1], [b"a"]), r"takes texts"),
        (([1], None), r"takes texts, got None"),
        ({2**63: "a"}, r"takes indices of at most 64 bits, got 9223372036854775808"),
    ],
)
def test_what_are_no_texts_is_one_clear_error(memory: Memory, value: Any, message: str) -> None:
    tracker.set_indexed_text("i")
    with pytest.raises(TrackerError, match=message):
        tracker.add("i", value)
    assert _values(memory) == []
