from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab import experiment, files, loop, steps, tracker
from lab.configs import BaseConfigs
from lab.errors import CheckpointError, ExperimentError
from lab.experiment import Keep
from lab.testing import RecordedLog, recorded_log

torch = pytest.importorskip("torch")
numpy = pytest.importorskip("numpy")


class Configs(BaseConfigs):
    lr: float = 0.1
    epochs: int = 3
    model: Any
    optimizer: Any
    loss_func: Any
    heads: Any
    loader: Any


@Configs.calc(Configs.model)
def linear(c: Configs) -> Any:
    return torch.nn.Linear(2, 1)


@Configs.calc(Configs.optimizer)
def sgd(c: Configs) -> Any:
    return torch.optim.SGD(c.model.parameters(), lr=c.lr, momentum=0.9)


@Configs.calc(Configs.loss_func)
def loss_func(c: Configs) -> Any:
    return torch.nn.MSELoss()


@Configs.calc(Configs.heads)
def heads(c: Configs) -> Any:
    return {"a": torch.nn.Linear(1, 1), "b/c": torch.nn.Linear(1, 1)}


@Configs.calc(Configs.loader)
def loader(c: Configs) -> Any:
    generator = torch.Generator().manual_seed(1)
    return torch.utils.data.DataLoader([1, 2, 3], shuffle=True, generator=generator)


@pytest.fixture(autouse=True)
def log() -> Iterator[RecordedLog]:
    with recorded_log() as log:
        yield log
        with contextlib.suppress(ExperimentError):
            experiment.current().close()


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _manifest(folder: Path) -> Any:
    return files.read_yaml(folder / "manifest.yaml")


class _Broken:
    def state_dict(self) -> Any:
        raise OSError("disk full")

    def load_state_dict(self, state: Any) -> None: ...


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
    assert _names(run.path / "checkpoints") == ["7", "9"]


def test_what_the_configs_compute_is_saved_without_being_named() -> None:
    conf = Configs()
    experiment.create(name="e")
    experiment.calculate_configs(conf)
    experiment.add_pytorch_models({"net": conf.model})
    with experiment.start():
        folder = experiment.save_checkpoint()
    assert _names(folder) == [
        "configs.json", "heads.a.pth", "heads.b%2Fc.pth", "indicators.json", "manifest.yaml",
        "net.pth", "optimizer.pth", "random.json",
    ]  # fmt: skip


def test_what_is_not_computed_is_neither_computed_nor_saved() -> None:
    conf = Configs()
    experiment.create(name="e")
    experiment.calculate_configs(conf, {}, ["model"])
    with experiment.start():
        folder = experiment.save_checkpoint()
    assert set(_manifest(folder)["objects"]) == {"model"}


def test_an_object_of_the_configs_keeps_its_place_beside_a_named_one_of_that_name() -> None:
    conf = Configs()
    experiment.create(name="e")
    experiment.calculate_configs(conf, {}, ["model"])
    experiment.add_pytorch_models({"model": torch.nn.Linear(5, 5)})
    with experiment.start():
        folder = experiment.save_checkpoint()
    assert set(_manifest(folder)["objects"]) == {"model", "configs.model"}


def test_the_manifest_says_what_is_there_and_what_was() -> None:
    conf = Configs()
    experiment.create(name="e", writers={"sqlite", "csv"})
    experiment.calculate_configs(conf, {"lr": 0.5}, ["optimizer", "epochs"])
    with experiment.start() as run:
        for _ in loop.loop(conf.epochs):
            tracker.save({"loss": 1.5})
            folder = experiment.save_checkpoint()
            break
    found = _manifest(folder)
    assert found["format"] == 1
    assert (found["step"], found["number"], found["global_step"]) == (0, 1, 1)
    assert found["run"] == run.uuid
    assert found["position"]["done"] == 1
    assert found["indicators"]["loss"] == 1.5
    assert found["csv"]["scalars.csv"] <= (run.layout.csv / "scalars.csv").stat().st_size
    assert set(found["files"]) == set(_names(folder)) - {"manifest.yaml"}
    configs = json.loads((folder / "configs.json").read_text())
    assert configs["lr"] == {
        "is_needed": True, "value": "0.5", "fingerprint": configs["lr"]["fingerprint"],
    }  # fmt: skip
    assert configs["optimizer"] == {"is_needed": True, "option": "sgd"}
    assert configs["epochs"]["is_needed"] is False
    assert found["objects"]["optimizer"] == {
        "file": "optimizer.pth", "saver": "pytorch", "class": "SGD",
    }  # fmt: skip
    assert found["versions"]["torch"] == torch.__version__


def test_the_indicators_of_a_checkpoint_are_on_the_disk_when_it_is() -> None:
    experiment.create(name="e", writers="sqlite")
    experiment.add_pytorch_models({"model": torch.nn.Linear(2, 1)})
    with experiment.start() as run:
        tracker.save(1, loss=1.0)
        folder = experiment.save_checkpoint()
        tracker.save(2, loss=2.0)
        tracker.flush()
        changes = run.run.changes(_manifest(folder)["cursor"])
    assert list(changes.series["loss"].steps) == [2]


def test_random_states_are_plain_data() -> None:
    numpy.random.rand()
    conf = Configs()
    experiment.create(name="e")
    experiment.calculate_configs(conf, {}, ["model", "loader"])
    with experiment.start():
        folder = experiment.save_checkpoint()
    states = json.loads((folder / "random.json").read_text())
    assert set(states) >= {"python", "numpy", "torch", "generators"}
    assert set(states["generators"]) == {"loader.generator"}


def test_saving_draws_no_random_number() -> None:
    experiment.create(name="e")
    experiment.add_pytorch_models({"model": torch.nn.Linear(2, 1)})
    with experiment.start():
        states = random.getstate(), torch.get_rng_state(), numpy.random.get_state()[1].copy()
        experiment.save_checkpoint()
        assert random.getstate() == states[0]
        assert torch.equal(torch.get_rng_state(), states[1])
        assert (numpy.random.get_state()[1] == states[2]).all()


def test_a_checkpoint_that_fails_leaves_the_last_one_whole() -> None:
    experiment.create(name="e")
    experiment.add_pytorch_models({"model": torch.nn.Linear(2, 1)})
    with experiment.start() as run:
        folder = experiment.save_checkpoint(1)
        before = {path: path.read_bytes() for path in folder.iterdir()}
        experiment.add_pytorch_models({"broken": _Broken()})
        with pytest.raises(OSError, match="disk full"):
            experiment.save_checkpoint(1)
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    assert _names(run.path / "checkpoints") == ["1"]


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
    assert _names(run.path / "checkpoints") == ["1"]


KILLED = """
import os, signal, sys
from pathlib import Path
import torch
from lab import experiment
from lab.experiment.checkpoints import _store
model = torch.nn.Linear(2, 1)
experiment.create(name="e", system_indicators=False)
experiment.add_pytorch_models({"model": model})
run = experiment.start()
Path("uuid").write_text(run.uuid)
experiment.save_checkpoint(1)
torch.nn.init.zeros_(model.weight)
count = 0
def counted(call):
    def one(*args, **more):
        global count
        count += 1
        if count == int(sys.argv[1]):
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*args, **more)
    return one
torch.save = counted(torch.save)
_store._sync = counted(_store._sync)
Path.rename = counted(Path.rename)
_store.shutil.rmtree = counted(_store.shutil.rmtree)
experiment.save_checkpoint(1)
print("not killed")
"""


@pytest.mark.slow
@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no SIGKILL here")
@pytest.mark.parametrize("moment", [1, 7, 8, 9, 10, 11])
def test_a_kill_while_writing_leaves_the_old_checkpoint_or_the_new(moment: int) -> None:
    Path("lab.yaml").touch()
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(moment)], capture_output=True, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL, (done.stdout, done.stderr)
    model = torch.nn.Linear(2, 1)
    experiment.create(name="e")
    experiment.add_pytorch_models({"model": model})
    experiment.load(Path("uuid").read_text(), in_place=True)
    with experiment.start() as run:
        experiment.save_checkpoint(2)
        assert _names(run.path / "checkpoints") == ["1", "2"]
    is_new = not model.weight.any()
    assert is_new == (moment >= 10)


@pytest.mark.parametrize(
    ("keep", "left"),
    [
        (None, [1, 2, 3, 4, 5, 6]),
        (1, [6]),
        (2, [5, 6]),
        (Keep(best=2, by="loss"), [2, 4, 6]),
        (Keep(best=2, by="loss", mode="max"), [1, 3, 6]),
        (Keep(last=2, best=1, by="loss"), [2, 5, 6]),
        (Keep(best=9, by="loss"), [1, 2, 3, 4, 6]),
    ],
)
def test_the_last_and_the_best_are_kept(keep: int | Keep | None, left: list[int]) -> None:
    losses = [5.0, 1.0, 4.0, 1.0, float("nan"), 3.0]
    experiment.create(name="e", keep_checkpoints=keep)
    experiment.add_pytorch_models({"model": torch.nn.Linear(2, 1)})
    with experiment.start() as run:
        for step, loss in enumerate(losses, 1):
            tracker.save(step, loss=loss)
            experiment.save_checkpoint()
    assert _names(run.path / "checkpoints") == [str(step) for step in left]


def test_the_old_are_deleted_only_once_the_new_one_is_whole() -> None:
    experiment.create(name="e", keep_checkpoints=1)
    experiment.add_pytorch_models({"model": torch.nn.Linear(2, 1)})
    with experiment.start() as run:
        experiment.save_checkpoint(1)
        experiment.add_pytorch_models({"broken": _Broken()})
        with pytest.raises(OSError, match="disk full"):
            experiment.save_checkpoint(2)
        assert _names(run.path / "checkpoints") == ["1"]


def test_an_indicator_without_values_makes_no_checkpoint_the_best(log: RecordedLog) -> None:
    experiment.create(name="e", keep_checkpoints=Keep(best=1, by="valid.los"))
    experiment.add_pytorch_models({"model": torch.nn.Linear(2, 1)})
    with experiment.start() as run:
        for step in range(3):
            experiment.save_checkpoint(step)
    assert _names(run.path / "checkpoints") == ["2"]
    assert log.text.count("'valid.los', of which nothing was saved yet") == 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"last": 0}, "last=...*from 1, not 0"),
        ({"best": -1}, "best=...*from 0, not -1"),
        ({"best": 1}, r"by an indicator: .* not best=1, by=''"),
        ({"by": "loss"}, r"by an indicator: .* not best=0, by='loss'"),
        ({"mode": "low"}, "'min' or 'max', not 'low'"),
    ],
)
def test_what_cannot_be_kept_is_an_error(wrong: Any, words: str) -> None:
    with pytest.raises(CheckpointError, match=words):
        Keep(**wrong)


def test_what_to_keep_is_a_number_or_says_more() -> None:
    with pytest.raises(CheckpointError, match=r"experiment\.Keep\(.*\), not 'all'"):
        experiment.create(name="e", keep_checkpoints="all")  # type: ignore[arg-type]


def test_workers_that_live_on_are_warned_about_once(log: RecordedLog) -> None:
    conf = Configs()
    data = torch.utils.data.DataLoader([1], num_workers=1, persistent_workers=True)
    experiment.create(name="e")
    experiment.calculate_configs(conf, {"loader": data}, ["model", "loader"])
    with experiment.start():
        experiment.save_checkpoint(1)
        experiment.save_checkpoint(2)
    assert log.text.count("the workers of 'loader' live on") == 1


def test_a_run_that_is_asked_to_stop_saves_once_more() -> None:
    experiment.create(name="e")
    experiment.add_pytorch_models({"model": torch.nn.Linear(2, 1)})
    with experiment.start() as run:
        for _ in loop.loop(10):
            if loop.get_global_step() == 3:
                steps.current().request_stop("SIGTERM")
    assert _names(run.path / "checkpoints") == ["4"]


def test_a_run_that_has_just_saved_does_not_save_again_when_it_stops() -> None:
    experiment.create(name="e")
    experiment.add_pytorch_models({"model": torch.nn.Linear(2, 1)})
    with experiment.start() as run:
        for _ in loop.loop(10):
            experiment.save_checkpoint(100)
            steps.current().request_stop("SIGTERM")
    assert _names(run.path / "checkpoints") == ["100"]


def test_a_second_experiment_inherits_nothing() -> None:
    experiment.create(name="e", keep_checkpoints=1)
    experiment.calculate_configs(Configs(), {}, ["model"])
    with experiment.start():
        experiment.save_checkpoint(1)
    experiment.create(name="f")
    with experiment.start():
        assert steps.current().at_loop_begin == []
        with pytest.raises(CheckpointError, match="nothing to save"):
            experiment.save_checkpoint()


def test_what_cannot_be_saved_is_an_error_when_it_is_named() -> None:
    experiment.create(name="e")
    with pytest.raises(ExperimentError, match=r"the model 'model' has no state_dict\(\) .*: int"):
        experiment.add_pytorch_models({"model": 3})
    with pytest.raises(ExperimentError, match=r"the model 'm' has no get_params\(\) .*: Linear"):
        experiment.add_sklearn_models({"m": torch.nn.Linear(1, 1)})
    with pytest.raises(ExperimentError, match=r"models are given by name, .* not \[3\]"):
        experiment.add_pytorch_models([3])  # type: ignore[arg-type]
    with pytest.raises(ExperimentError, match="the name of a model becomes a file's, 'a/b'"):
        experiment.add_pytorch_models({"a/b": torch.nn.Linear(1, 1)})
    with pytest.raises(ExperimentError, match=r"call start\(\) first"):
        experiment.save_checkpoint()
    experiment.start()
    with pytest.raises(CheckpointError, match=r"call add_pytorch_models\(\) or"):
        experiment.save_checkpoint()
    experiment.add_pytorch_models({"model": torch.nn.Linear(1, 1)})
    with pytest.raises(CheckpointError, match="called by a step, a number, not 'best'"):
        experiment.save_checkpoint("best")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "array", [numpy.arange(6.0).reshape(2, 3), torch.arange(3), [1, 2], 3.5, ["a", "b"]]
)
def test_arrays_are_kept_with_the_run(array: Any) -> None:
    experiment.create(name="e")
    with experiment.start() as run:
        experiment.save_numpy("a", [0])
        path = experiment.save_numpy("a", array)
    assert path == run.path / "numpy" / "a.npy"
    assert numpy.load(path, allow_pickle=False).tolist() == numpy.asarray(array).tolist()
    assert _names(path.parent) == ["a.npy"]


def test_what_is_no_array_is_refused() -> None:
    experiment.create(name="e")
    with pytest.raises(ExperimentError, match="an array belongs to a run in progress"):
        experiment.save_numpy("a", [1])
    with experiment.start() as run:
        with pytest.raises(CheckpointError, match=r"'a' is no array of numbers, but of objects"):
            experiment.save_numpy("a", [object()])
        with pytest.raises(CheckpointError, match="'a' is no array"):
            experiment.save_numpy("a", [[1], [1, 2]])
        with pytest.raises(ExperimentError, match="the name of an array becomes a file's"):
            experiment.save_numpy("a/b", [1])
        assert not run.layout.numpy.exists()
    assert os.path.isdir(run.path)
