from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import pytest

from lab.errors import CheckpointError
from lab.experiment.checkpoints._found import generators
from lab.experiment.checkpoints._random import is_generator, read_states, restore

torch = pytest.importorskip("torch")
numpy = pytest.importorskip("numpy")

GENERATORS: dict[str, tuple[Callable[[], Any], Callable[[Any], Any]]] = {
    "python": (lambda: random.Random(1), lambda g: (g.gauss(0, 1), g.random())),
    "state": (lambda: numpy.random.RandomState(1), lambda g: (g.randn(), g.rand())),
    "torch": (lambda: torch.Generator().manual_seed(1), lambda g: torch.rand(2, generator=g)[1]),
    **{
        name: (
            lambda name=name: numpy.random.Generator(getattr(numpy.random, name)(1)),
            lambda g: (g.normal(), g.integers(2**32, dtype="uint32"), g.random()),
        )
        for name in ("PCG64", "MT19937", "Philox", "SFC64", "PCG64DXSM")
    },
}


@pytest.mark.parametrize("name", GENERATORS)
def test_a_generator_draws_on_as_it_would_have(name: str) -> None:
    make, draw = GENERATORS[name]
    generator = make()
    draw(generator)
    states = json.loads(json.dumps(read_states({"g": generator})))
    expected = [draw(generator) for _ in range(3)]
    other = make()
    assert restore(states, {"g": other}) == []
    assert [draw(other) for _ in range(3)] == expected


def test_the_generators_of_the_process_draw_on_as_they_would_have() -> None:
    def draw() -> Any:
        return random.gauss(0, 1), numpy.random.randn(), float(torch.randn(1)), random.random()

    draw()
    states = json.loads(json.dumps(read_states({})))
    expected = [draw() for _ in range(3)]
    assert restore(states, {}) == []
    assert [draw() for _ in range(3)] == expected


def test_what_is_no_generator_is_known() -> None:
    assert all(is_generator(make()) for make, _ in GENERATORS.values())
    assert not any(map(is_generator, [random, 3, random.Random, torch, numpy.random, None]))


def test_generators_are_found_where_data_loaders_keep_them() -> None:
    class Data(torch.utils.data.Dataset[int]):
        def __init__(self) -> None:
            self.rng = numpy.random.default_rng(1)

        def __len__(self) -> int:
            return 3

    data, one, two = Data(), torch.Generator(), torch.Generator()
    kinds = torch.utils.data
    sampler = kinds.RandomSampler(data, generator=two)
    found = generators(
        {
            "shuffled": kinds.DataLoader(data, shuffle=True, generator=one),
            "sampled": kinds.DataLoader(data, sampler=sampler),
            "batched": kinds.DataLoader(data, batch_sampler=kinds.BatchSampler(sampler, 2, True)),
            "again": one,
        }
    )
    assert {name: id(value) for name, value in found.items()} == {
        "shuffled.generator": id(one),
        "shuffled.dataset.rng": id(data.rng),
        "sampled.sampler.generator": id(two),
    }


def test_devices_and_generators_that_are_not_here_are_told() -> None:
    states = read_states({"g": random.Random(1)})
    count = torch.cuda.device_count()
    states["cuda"] = [*read_states({}).get("cuda", [states["torch"]] * count), states["torch"]]
    assert restore(states, {}) == [f"the device cuda:{count}", "the generator 'g'"]


def test_a_generator_of_another_kind_keeps_its_state() -> None:
    states = read_states({"g": random.Random(1)})
    other = numpy.random.default_rng(5)
    assert restore(states, {"g": other}) == ["the generator 'g'"]
    assert other.random() == numpy.random.default_rng(5).random()


def test_states_that_are_none_are_an_error() -> None:
    with pytest.raises(CheckpointError, match="the random states cannot be restored: KeyError"):
        restore({}, {})
    with pytest.raises(CheckpointError, match="cannot be restored: ValueError"):
        restore({**read_states({}), "python": [3, [1], None]}, {})
