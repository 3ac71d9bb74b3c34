from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from lab import configs
from lab.testing import RecordedLog, recorded_log

torch = pytest.importorskip("torch")

from lab.helpers.pytorch.device import DeviceConfigs  # noqa: E402
from lab.helpers.pytorch.seed import SeedConfigs  # noqa: E402
from lab.utils.pytorch import get_device  # noqa: E402


@pytest.fixture(autouse=True)
def log() -> Iterator[RecordedLog]:
    with recorded_log() as log:
        yield log


def _pretend(monkeypatch: pytest.MonkeyPatch, count: int) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: count > 0)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: count)


def test_the_cpu_is_used_where_there_is_nothing_else(
    monkeypatch: pytest.MonkeyPatch, log: RecordedLog
) -> None:
    _pretend(monkeypatch, 0)
    monkeypatch.setattr("pathlib.Path.exists", lambda self: False)
    assert DeviceConfigs().device == torch.device("cpu")
    assert log.lines == []


def test_a_device_that_was_asked_for_and_is_missing_is_warned_of(
    monkeypatch: pytest.MonkeyPatch, log: RecordedLog
) -> None:
    _pretend(monkeypatch, 0)
    assert get_device(True, 1) == torch.device("cpu")
    _pretend(monkeypatch, 2)
    assert get_device(True, 5) == torch.device("cuda", 0)
    assert get_device(True, 1) == torch.device("cuda", 1)
    assert [line.partition(":")[0] for line in log.lines] == ["warning"] * 2
    assert "no CUDA device 5, there are 2" in log.lines[1]


def test_cuda_is_not_used_where_it_is_not_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    _pretend(monkeypatch, 1)
    conf = DeviceConfigs()
    configs.calculate(conf, {"use_cuda": False}, ["device"])
    assert conf.device == torch.device("cpu")


def test_the_device_of_a_module_is_that_of_its_parameters() -> None:
    assert get_device(torch.nn.Linear(1, 1)) == torch.device("cpu")
    with pytest.raises(ValueError, match="ReLU has no parameters"):
        get_device(torch.nn.ReLU())


@pytest.mark.parametrize("chosen", [{}, {"set_seed": "set_seed"}])
def test_a_seed_makes_random_numbers_the_same(chosen: dict[str, Any]) -> None:
    import numpy

    seen = []
    for _ in range(2):
        configs.calculate(SeedConfigs(), {"seed": 7, **chosen}, ["set_seed"])
        seen.append((random.random(), numpy.random.rand(), torch.rand(1).item()))
    assert seen[0] == seen[1]


def test_a_subclass_names_the_seed_as_the_tutorials_do() -> None:
    class ByName(SeedConfigs):
        set_seed = "set_seed"

    class Unset(SeedConfigs):
        set_seed = None

    for conf in (ByName(), Unset()):
        configs.calculate(conf, {"seed": 3}, ["set_seed"])
        assert conf.set_seed == 3
