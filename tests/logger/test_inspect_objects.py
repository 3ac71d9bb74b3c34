from __future__ import annotations

from collections import namedtuple
from typing import Any

import pytest

from lab import logger
from lab.testing import recorded_log


def inspected(*values: Any, **named: Any) -> list[str]:
    with recorded_log() as log:
        logger.inspect(*values, **named)
    return log.lines


def test_entries_are_shown_with_what_is_in_them() -> None:
    settings = {"optimizer": {"lr": 0.001, "betas": (0.9, 0.999)}, "device": None}
    assert inspected(settings=settings) == [
        "settings: dict of 2",
        "  optimizer: dict of 2",
        "    lr: 0.001",
        "    betas: (0.9, 0.999)",
        "  device: None",
    ]


def test_of_many_entries_the_first_are_shown() -> None:
    lines = inspected(list(range(1000)))
    assert lines[0] == "list: list of 1,000"
    assert lines[-1] == "  ... 980 more"
    assert len(lines) == 22


def test_what_contains_itself_ends() -> None:
    ring: list[Any] = [[]]
    ring.append(ring)
    assert inspected(ring=ring)[-1] == "  1: list of 2 (contains itself)"


def test_very_deep_things_end() -> None:
    deep: list[Any] = []
    for _ in range(1000):
        deep = [deep]
    assert len(inspected(deep)) < 10


def test_named_tuples_sets_and_empty_things() -> None:
    point = namedtuple("point", "x y")([1], {})
    assert inspected(point=point) == ["point: point of 2", "  x: [1]", "  y: {}"]
    assert inspected(seen={3}, text="a\nb", nothing=[]) == [
        "seen: {3}",
        "text: a\\nb",
        "nothing: []",
    ]


def test_long_text_is_cut_and_what_cannot_say_what_it_is_is_no_error() -> None:
    class Broken:
        def __repr__(self) -> str:
            raise RuntimeError

    [long, broken] = inspected(long="x" * 1000, broken=Broken())
    assert len(long) < 120
    assert long.endswith("...")
    assert broken == "broken: Broken (its repr raises RuntimeError)"


def test_arrays_are_shown_by_shape_and_numbers() -> None:
    numpy = pytest.importorskip("numpy")
    assert inspected(
        few=numpy.array([[1.5, 2]]),
        many=numpy.arange(100),
        mask=numpy.arange(100) < 30,
        wide=numpy.linspace(0, 1, 101),
        nothing=numpy.zeros((0, 3)),
        words=numpy.array(["a"]),
        one=numpy.float32(2),
    ) == [
        "few: ndarray float64 [1, 2]  1.5000 2.0000",
        "many: ndarray int64 [100]  0 to 99, mean 49.50",
        "mask: ndarray bool [100]  30 of 100 true",
        "wide: ndarray float64 [101]  0.0000 to 1.0000, mean 0.5000",
        "nothing: ndarray float64 [0, 3]",
        "words: ndarray <U1 [1]",
        "one: float32 float32 []  2.0000",
    ]


def test_tensors_and_modules() -> None:
    torch = pytest.importorskip("torch")
    lines = inspected(
        weights=torch.ones(20, 3, requires_grad=True),
        half=torch.full((12,), 0.5, dtype=torch.bfloat16),
        scalar=torch.tensor(3),
        meta=torch.empty(4, device="meta"),
        model=torch.nn.Linear(3, 2),
        batch={"images": torch.zeros(2, 1)},
    )
    assert lines == [
        "weights: Tensor float32 [20, 3]  with gradient  1.0000 to 1.0000, mean 1.0000",
        "half: Tensor bfloat16 [12]  0.5000 to 0.5000, mean 0.5000",
        "scalar: Tensor int64 []  3",
        "meta: Tensor float32 [4]  on meta",
        "model: Linear  8 parameters",
        "batch: dict of 1",
        "  images: Tensor float32 [2, 1]  0.0000 0.0000",
    ]
