from __future__ import annotations

import pytest

from lab import tracker
from lab.configs import BaseConfigs
from lab.testing import recorded_indicators

torch = pytest.importorskip("torch")

import lab.util.pytorch  # noqa: E402
from lab.utils import pytorch  # noqa: E402


def test_both_names_are_one_module() -> None:
    assert lab.util.pytorch is pytorch


def test_the_indicators_of_a_model_are_its_parameters_and_gradients() -> None:
    model = torch.nn.Linear(1, 1, bias=False)
    with torch.no_grad():
        model.weight.fill_(2.0)
    with recorded_indicators() as memory:
        pytorch.add_model_indicators(model)
        pytorch.store_model_indicators(model)
        tracker.save(1)
        model(torch.ones(1, 1)).backward()
        pytorch.store_model_indicators(model)
        tracker.save(2)
    assert memory.series("model.weight") == [(1, 2.0), (2, 2.0)]
    assert memory.series("model.weight.grad") == [(2, 1.0)]


def test_the_modules_of_configs_are_those_computed_so_far() -> None:
    class Configs(BaseConfigs):
        lr: float = 0.1
        net: torch.nn.Module
        other: torch.nn.Module

    Configs.calc(Configs.net, "net")(lambda: torch.nn.Linear(1, 1))
    Configs.calc(Configs.other, "other")(lambda: torch.nn.Linear(1, 1))
    conf = Configs()
    net = conf.net
    assert pytorch.get_modules(conf) == {"net": net}
