from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import pytest

from lab import experiment, loop
from lab.errors import ExperimentError
from lab.testing import recorded_log

torch = pytest.importorskip("torch")


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with recorded_log():
        yield
        with contextlib.suppress(ExperimentError):
            experiment.current().close()


class _Broken:
    def state_dict(self) -> Any:
        raise OSError("disk full")


def test_models_come_back_as_they_were() -> None:
    model = torch.nn.Linear(2, 1)
    experiment.create(name="e")
    experiment.add_pytorch_models({"model": model})
    with experiment.start() as run:
        loop.set_global_step(7)
        folder = experiment.save_checkpoint()
        experiment.save_checkpoint(9)
    assert folder == run.path / "checkpoints" / "7"
    state = torch.load(folder / "model.pth", weights_only=True)
    assert torch.equal(state["weight"], model.weight)
    assert sorted(path.name for path in (run.path / "checkpoints").iterdir()) == ["7", "9"]


def test_a_checkpoint_that_fails_leaves_the_last_one_whole() -> None:
    model = torch.nn.Linear(2, 1)
    experiment.create(name="e")
    experiment.add_pytorch_models({"model": model})
    with experiment.start() as run:
        folder = experiment.save_checkpoint(1)
        experiment.add_pytorch_models({"broken": _Broken()})
        with pytest.raises(OSError, match="disk full"):
            experiment.save_checkpoint(1)
    assert [path.name for path in folder.iterdir()] == ["model.pth"]
    assert [path.name for path in (run.path / "checkpoints").iterdir()] == ["1"]


def test_a_step_saved_again_is_replaced() -> None:
    model = torch.nn.Linear(2, 1)
    experiment.create(name="e")
    experiment.add_pytorch_models({"model": model})
    with experiment.start() as run:
        experiment.save_checkpoint(1)
        with torch.no_grad():
            model.weight.zero_()
        folder = experiment.save_checkpoint(1)
    assert not torch.load(folder / "model.pth", weights_only=True)["weight"].any()
    assert [path.name for path in (run.path / "checkpoints").iterdir()] == ["1"]


def test_what_cannot_be_saved_is_an_error_when_it_is_named() -> None:
    experiment.create(name="e")
    with pytest.raises(ExperimentError, match=r"the model 'model' has no state_dict\(\): int"):
        experiment.add_pytorch_models({"model": 3})
    with pytest.raises(ExperimentError, match=r"models are given by name, .* not \[3\]"):
        experiment.add_pytorch_models([3])  # type: ignore[arg-type]
    with pytest.raises(ExperimentError, match="the name of a model becomes a file's, 'a/b'"):
        experiment.add_pytorch_models({"a/b": torch.nn.Linear(1, 1)})
    with pytest.raises(ExperimentError, match=r"call start\(\) first"):
        experiment.save_checkpoint()
    experiment.start()
    with pytest.raises(ExperimentError, match=r"call add_pytorch_models\(\) first"):
        experiment.save_checkpoint()
