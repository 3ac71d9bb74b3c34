from __future__ import annotations

import contextlib
import csv
import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lab import experiment, files, loop, runs, tracker
from lab.configs import BaseConfigs
from lab.errors import CheckpointError, ExperimentError, RunError
from lab.runs import Run
from lab.testing import RecordedLog, recorded_log

torch = pytest.importorskip("torch")
numpy = pytest.importorskip("numpy")


class Configs(BaseConfigs):
    width: int = 2
    lr: float = 0.1
    epochs: int = 5
    device: Any
    model: Any
    optimizer: Any
    rng: Any


@Configs.calc(Configs.device)
def device(c: Configs, name: str = "cpu") -> Any:
    return torch.device(name)


@Configs.calc(Configs.model)
def linear(c: Configs) -> Any:
    return torch.nn.Linear(c.width, 1).to(c.device)


@Configs.calc(Configs.optimizer)
def sgd(c: Configs) -> Any:
    return torch.optim.SGD(c.model.parameters(), lr=c.lr, momentum=0.9)


@Configs.calc(Configs.optimizer)
def adam(c: Configs) -> Any:
    return torch.optim.Adam(c.model.parameters(), lr=c.lr)


@Configs.calc(Configs.rng)
def rng(c: Configs) -> Any:
    return numpy.random.default_rng(1)


@pytest.fixture(autouse=True)
def log() -> Iterator[RecordedLog]:
    Path("lab.yaml").touch()
    with recorded_log() as log:
        yield log
        with contextlib.suppress(ExperimentError):
            experiment.current().close()


ALL = ["model", "optimizer", "rng", "epochs"]


def _create(overrides: dict[str, Any] | None = None, order: list[str] | None = None) -> Configs:
    conf = Configs()
    experiment.create(name="e", writers={"sqlite", "csv"}, system_indicators=False)
    experiment.calculate_configs(conf, overrides, ALL if order is None else order)
    return conf


def _train(conf: Configs, stop: int | None = None, fail: bool = False) -> Run:
    """Train until the given step, where the program fails; every iteration leaves a checkpoint."""
    with contextlib.suppress(KeyError), experiment.start() as run:
        for _ in loop.loop(conf.epochs):
            step = loop.get_global_step()
            conf.optimizer.zero_grad()
            drawn = torch.rand(1).item() + random.random() + numpy.random.rand() + conf.rng.random()
            (conf.model(torch.ones(3, conf.width)) * drawn).sum().backward()
            conf.optimizer.step()
            tracker.save({"drawn": drawn, "step": float(step)})
            experiment.save_checkpoint()
            if step + 1 == stop:
                tracker.save({"drawn": -1.0})
                raise KeyError("the end")
    return Run(run.path)


def _pairs(run: Run, name: str = "drawn") -> list[tuple[int, float]]:
    steps, _, values = run.series(name)
    return list(zip(steps, values, strict=True))


@pytest.fixture
def first() -> Run:
    torch.manual_seed(1)
    return _train(_create(), stop=3)


@pytest.fixture
def whole() -> list[tuple[int, float]]:
    """What a run without a break records; everything drawn is as in `first`."""
    states = random.getstate(), numpy.random.get_state()
    torch.manual_seed(1)
    pairs = _pairs(_train(_create()))
    random.setstate(states[0])
    numpy.random.set_state(states[1])
    return pairs


def test_a_run_goes_on_as_if_it_had_not_been_stopped(
    whole: list[tuple[int, float]], first: Run
) -> None:
    conf = _create()
    torch.rand(7)
    conf.rng.random()
    folder = experiment.load(first.uuid)
    second = _train(conf)
    assert folder == first.path / "checkpoints" / "2"
    assert second.info.parent == f"{first.uuid}@2"
    assert second.uuid != first.uuid
    assert [pair for pair in _pairs(first) if pair[1] != -1.0] + _pairs(second) == whole


def test_a_run_goes_on_in_place(whole: list[tuple[int, float]], first: Run) -> None:
    before = first.info
    assert before.status == "failed"
    conf = _create()
    experiment.load(first.uuid, in_place=True)
    with experiment.start() as run:
        assert run.uuid == first.uuid
        assert run.run.info.status == "running"
        assert (run.run.info.exception, run.run.info.ended) == (None, None)
    conf = _create()
    experiment.load(first.uuid, in_place=True)
    run = _train(conf)
    assert run.path == first.path
    assert _pairs(run) == whole
    info = run.info
    assert (info.status, info.exception, info.parent) == ("completed", None, None)
    assert (info.created, info.started) == (before.created, before.started)
    assert not run.layout.traceback.exists()
    assert len(runs.find("e")) == 2


def test_files_of_comma_separated_values_are_cut_as_well(first: Run) -> None:
    conf = _create()
    experiment.load(first.uuid, checkpoint=1, in_place=True)
    run = _train(conf)
    with open(run.layout.csv / "scalars.csv", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["indicator"] == "drawn"]
    assert [(int(row["step"]), float(row["value"])) for row in rows] == _pairs(run)


def test_a_run_goes_on_from_an_older_checkpoint(whole: list[tuple[int, float]], first: Run) -> None:
    conf = _create()
    experiment.load(first.uuid, checkpoint=0)
    second = _train(conf)
    assert second.info.parent == f"{first.uuid}@0"
    assert _pairs(second) == whole[1:]
    assert sorted(path.name for path in first.layout.checkpoints.iterdir()) == ["0", "1", "2"]


def test_in_place_from_an_older_checkpoint_the_newer_ones_are_gone(first: Run) -> None:
    _create()
    experiment.load(f"{first.uuid}@0", in_place=True)
    assert sorted(path.name for path in first.layout.checkpoints.iterdir()) == ["0", "1", "2"]
    with experiment.start():
        assert sorted(path.name for path in first.layout.checkpoints.iterdir()) == ["0"]
        assert _pairs(first) == _pairs(first)[:1]


def test_a_run_that_was_resumed_is_resumed_again(
    whole: list[tuple[int, float]], first: Run
) -> None:
    conf = _create()
    experiment.load(first.uuid, checkpoint=0)
    second = _train(conf, stop=2)
    conf = _create()
    experiment.load(second.uuid)
    third = _train(conf)
    assert third.info.parent == f"{second.uuid}@1"
    assert _pairs(second)[:1] + _pairs(third) == whole[1:]


def test_a_run_that_is_through_has_nothing_more_to_do(first: Run) -> None:
    conf = _create()
    experiment.load(first.uuid)
    second = _train(conf)
    conf = _create()
    experiment.load(second.uuid)
    third = _train(conf)
    assert not third.layout.database.exists()


def test_more_epochs_are_trained_and_told(first: Run, log: RecordedLog) -> None:
    conf = _create({"epochs": 8})
    experiment.load(first.uuid)
    second = _train(conf)
    assert [step for step, _ in _pairs(second)] == [3, 4, 5, 6, 7]
    assert "epochs was 5, is 8" in log.text


@pytest.mark.parametrize(
    ("overrides", "words"),
    [
        ({"lr": 0.2}, "configs that differ: lr was 0.1, is 0.2. Set"),
        ({"optimizer": "adam"}, "optimizer was 'sgd', is 'adam'"),
        ({"width": 3}, "width was 2, is 3"),
    ],
)
def test_another_graph_is_refused_by_the_config_that_differs(
    first: Run, overrides: dict[str, Any], words: str
) -> None:
    conf = _create(overrides)
    before = conf.model.weight.clone()
    with pytest.raises(CheckpointError, match=words):
        experiment.load(first.uuid)
    assert torch.equal(conf.model.weight, before)
    assert loop.get_global_step() == 0
    assert _train(conf).info.parent is None


def test_another_graph_is_loaded_where_that_is_wanted(first: Run, log: RecordedLog) -> None:
    conf = _create({"lr": 0.2})
    experiment.load(first.uuid, is_strict=False)
    assert conf.optimizer.param_groups[0]["lr"] == 0.1
    assert "changed (needed for what it holds): lr was 0.1, is 0.2" in log.text


def test_another_device_is_no_other_graph(first: Run) -> None:
    conf = _create({"device.name": "meta"})
    conf.device  # noqa: B018
    with pytest.raises(CheckpointError) as caught:  # the model's weights are nowhere, then
        experiment.load(first.uuid)
    assert "another graph" not in str(caught.value)


def test_what_does_not_fit_is_named_and_nothing_is_loaded(first: Run) -> None:
    conf = _create({"width": 3})
    before = {name: value.clone() for name, value in conf.model.state_dict().items()}
    with pytest.raises(CheckpointError) as caught:
        experiment.load(first.uuid, is_strict=False)
    text = str(caught.value)
    assert "does not fit, and nothing was loaded" in text
    assert "'model': weight is float32[1, 2] there and float32[1, 3] here" in text
    assert all(torch.equal(conf.model.state_dict()[name], value) for name, value in before.items())
    assert conf.optimizer.state_dict()["state"] == {}


class Stubborn:
    """Fails to load what it has saved."""

    def __init__(self) -> None:
        self.loaded: list[Any] = []

    def state_dict(self) -> Any:
        return {"a": 1}

    def load_state_dict(self, state: Any) -> None:
        self.loaded.append(state)
        if len(self.loaded) == 1:
            raise ValueError("no")


def test_an_object_that_fails_to_load_takes_the_others_back() -> None:
    def run() -> tuple[Any, Stubborn]:
        model, other = torch.nn.Linear(2, 1), Stubborn()
        experiment.create(name="e")
        experiment.add_pytorch_models({"a": model, "b": other})
        return model, other

    run()
    with experiment.start() as saved:
        experiment.save_checkpoint()
    model, other = run()
    before = model.weight.clone()
    with pytest.raises(CheckpointError, match=r"nothing was loaded:\n  - 'b': ValueError: no"):
        experiment.load(saved.uuid)
    assert torch.equal(model.weight, before)
    assert len(other.loaded) == 2


def test_configs_that_have_a_state_are_computed_to_be_loaded(first: Run) -> None:
    conf = _create(order=["epochs"])
    experiment.load(first.uuid)
    assert conf.rng.random() == numpy.random.default_rng(1).random()  # until the loop begins
    state = torch.load(first.path / "checkpoints" / "2" / "model.pth", weights_only=True)
    assert torch.equal(conf.model.weight, state["weight"])
    assert conf.optimizer.state_dict()["state"] != {}


def test_what_one_side_lacks_is_an_error_that_names_it(first: Run, log: RecordedLog) -> None:
    conf = _create()
    extra = torch.nn.Linear(1, 1)
    experiment.add_pytorch_models({"extra": extra})
    with pytest.raises(CheckpointError, match="it holds nothing of 'extra'"):
        experiment.load(first.uuid)
    experiment.load(first.uuid, is_strict=False)
    assert "it holds nothing of 'extra'" in log.text
    assert conf.optimizer.state_dict()["state"] != {}
    experiment.create(name="e")
    with pytest.raises(CheckpointError, match=r"call calculate_configs\(\) and add_pytorch_models"):
        experiment.load(first.uuid)


def test_the_order_of_calls_is_told(first: Run) -> None:
    _create()
    experiment.start()
    with pytest.raises(ExperimentError, match=r"load\(\) comes before start\(\)"):
        experiment.load(first.uuid)
    experiment.current().close()
    with pytest.raises(ExperimentError, match=r"call experiment\.create\(\) first"):
        experiment.load(first.uuid)


def test_runs_and_checkpoints_that_are_not_there_are_told(first: Run) -> None:
    _create()
    with pytest.raises(RunError, match="nowhere"):
        experiment.load("nowhere")
    with pytest.raises(CheckpointError, match="has no checkpoint 7; it has 0, 1, 2"):
        experiment.load(first.uuid, 7)
    with pytest.raises(ExperimentError, match="'x' is no step"):
        experiment.load(f"{first.uuid}@x")
    with pytest.raises(ExperimentError, match=r"two checkpoints are named: 1 .* checkpoint=2"):
        experiment.load(f"{first.uuid}@1", 2)
    with pytest.raises(ExperimentError, match="named by its step, a number, not '1'"):
        experiment.load(first.uuid, "1")  # type: ignore[arg-type]
    shutil.rmtree(first.layout.checkpoints)
    with pytest.raises(CheckpointError, match="has no checkpoints"):
        experiment.load(first.uuid)


def _damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def _edit(folder: Path, key: str, value: Any) -> None:
    path = folder / "manifest.yaml"
    files.write_text(path, files.to_yaml({**files.read_yaml(path), key: value}))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda f: _damage(f / "model.pth"), r"model\.pth is not as it was written"),
        (lambda f: (f / "model.pth").write_bytes(b""), r"model\.pth has 0 bytes, it was written w"),
        (lambda f: (f / "random.json").unlink(), r"random\.json is missing"),
        (lambda f: (f / "manifest.yaml").unlink(), r"it has no manifest\.yaml that can"),
        (lambda f: (f / "manifest.yaml").write_text("a: ["), "is damaged: .*no readable YAML"),
        (lambda f: (f / "manifest.yaml").write_text("[]"), "takes a mapping"),
        (lambda f: (f / "manifest.yaml").write_text("step: 1"), "missing 4 required"),
        (lambda f: _edit(f, "position", {"done": 1}), r"position of manifest\.yaml cannot be so"),
        (lambda f: _edit(f, "step", "one"), r"step of manifest\.yaml cannot be so"),
        (lambda f: _edit(f, "files", {}), "names the file '.*', and does not describe it"),
        (lambda f: (f / "manifest.yaml").write_text("format: 9"), "has format 9, .* upgrade"),
    ],
)
def test_a_damaged_checkpoint_is_named_and_skipped_only_if_asked(
    first: Run, log: RecordedLog, damage: Any, words: str
) -> None:
    _create()
    folder = first.path / "checkpoints" / "2"
    damage(folder)
    with pytest.raises(CheckpointError, match=f"checkpoint 2 of the run .* {words}"):
        experiment.load(first.uuid)
    assert experiment.load(first.uuid, skip_damaged=True).name == "1"
    assert "is damaged" in log.text


def test_a_checkpoint_that_was_being_replaced_when_power_failed_is_found(first: Run) -> None:
    folder = first.path / "checkpoints" / "2"
    folder.rename(folder.with_name(".2.old"))
    (folder.with_name(".2.new")).mkdir()
    _create()
    assert experiment.load(first.uuid).name == ".2.old"


def test_a_run_that_is_going_on_is_not_gone_on_with_in_place(first: Run) -> None:
    info = files.read_yaml(first.layout.info)
    files.write_text(first.layout.info, files.to_yaml({**info, "status": "running"}))
    _create()
    with pytest.raises(CheckpointError, match=r"is going on \(process .*in_place=False"):
        experiment.load(first.uuid, in_place=True)


def test_a_database_that_was_replaced_is_not_cut(first: Run) -> None:
    _create()
    experiment.load(first.uuid, in_place=True)
    first.layout.database.unlink()
    other = _create()
    shutil.copy(_train(other).layout.database, first.layout.database)
    other = _create()
    experiment.load(first.uuid, in_place=True)
    with pytest.raises(RunError, match="there is other data in its place"):
        experiment.start()


def test_queues_go_on_with_the_values_that_they_had() -> None:
    def run(load: str | None = None) -> Any:
        experiment.create(name="e", writers="sqlite", system_indicators=False)
        experiment.add_pytorch_models({"model": torch.nn.Linear(1, 1)})
        if load is not None:
            experiment.load(load)
        tracker.set_queue("loss", 3)
        return experiment.start()

    with run() as saved:
        tracker.save(1, loss=1.0)
        tracker.save(2, loss=2.0)
        tracker.add("late", 5.0)
        experiment.save_checkpoint()
    with run(saved.uuid) as second:
        tracker.add("late", 7.0)
        tracker.save(3, loss=6.0)
    assert _pairs(second.run, "loss") == [(3, 3.0)]
    assert _pairs(second.run, "late") == [(3, 6.0)]


def test_estimators_of_scikit_learn_go_on() -> None:
    pytest.importorskip("skops")
    linear_model = pytest.importorskip("sklearn.linear_model")
    data, target = numpy.arange(8.0).reshape(4, 2), numpy.array([0, 1, 0, 1])

    def run() -> Any:
        model = linear_model.SGDClassifier(random_state=1)
        experiment.create(name="e")
        experiment.add_sklearn_models({"model": model})
        return model

    model = run()
    with experiment.start() as saved:
        model.partial_fit(data, target, [0, 1])
        folder = experiment.save_checkpoint()
    assert (folder / "model.skops").exists()
    again = run()
    experiment.load(saved.uuid)
    assert (again.coef_ == model.coef_).all()
    model.partial_fit(data, target)
    again.partial_fit(data, target)
    assert (again.coef_ == model.coef_).all()


def test_generators_that_are_not_there_any_more_are_told(log: RecordedLog) -> None:
    def run(rng: Any) -> Configs:
        conf = Configs()
        experiment.create(name="e")
        experiment.calculate_configs(conf, {"rng": rng}, ["model", "rng"])
        return conf

    run(numpy.random.default_rng(1))
    with experiment.start() as saved:
        experiment.save_checkpoint()
    run("none")
    experiment.load(saved.uuid)
    with experiment.start():
        for _ in loop.loop(1):
            pass
    assert "the random states of the generator 'rng' are in the checkpoint" in log.text


def test_a_checkpoint_saved_behind_the_loop_has_nothing_more_to_train() -> None:
    def run(load: str | None = None) -> list[int]:
        experiment.create(name="e")
        experiment.add_pytorch_models({"model": torch.nn.Linear(1, 1)})
        if load is not None:
            experiment.load(load)
        with experiment.start():
            trained = list(loop.loop(3))
            experiment.save_checkpoint()
        return trained

    assert run() == [0, 1, 2]
    assert run(experiment.create(name="f") and runs.find("e")[0].uuid) == []


@pytest.mark.parametrize("interval", [1, 2])
def test_a_training_loop_of_the_configs_goes_on_where_it_was(interval: int) -> None:
    from lab.helpers.training_loop import TrainingLoopConfigs

    class Training(TrainingLoopConfigs):
        is_save_models = True
        model: Any

    @Training.calc(Training.model)
    def model(c: Training) -> Any:
        return torch.nn.Linear(1, 1)

    def run(stop: int | None = None, load: str | None = None) -> Run:
        conf = Training()
        experiment.create(name="e", writers="sqlite", system_indicators=False)
        overrides = {"loop_count": 7, "log_write_interval": interval}
        experiment.calculate_configs(conf, overrides, ["model", "training_loop"])
        if load is not None:
            experiment.load(load)
        with contextlib.suppress(KeyError), experiment.start() as run:
            for step in conf.training_loop:
                tracker.add("drawn", float(step) ** 2)
                if step == stop:
                    raise KeyError("the end")
        return Run(run.path)

    whole = _pairs(run())
    first = run(stop=3)
    second = run(load=first.uuid)
    assert second.info.parent == f"{first.uuid}@2"
    assert _pairs(first) + _pairs(second) == whole


def test_the_best_checkpoints_are_known_to_a_run_that_goes_on_in_place() -> None:
    def run(losses: dict[int, float], load: str | None = None) -> Run:
        keep = experiment.Keep(best=1, by="loss")
        experiment.create(name="e", writers="sqlite", keep_checkpoints=keep)
        experiment.add_pytorch_models({"model": torch.nn.Linear(1, 1)})
        if load is not None:
            experiment.load(load, in_place=True)
        with experiment.start() as started:
            for step, loss in losses.items():
                tracker.save(step, loss=loss)
                experiment.save_checkpoint()
        return Run(started.path)

    def kept(run: Run) -> list[str]:
        return sorted(path.name for path in run.layout.checkpoints.iterdir())

    first = run({1: 0.5, 2: 0.7, 3: float("nan")})
    assert kept(first) == ["1", "3"]
    assert kept(run({4: 0.6, 5: 0.8}, first.uuid)) == ["1", "5"]
    assert kept(run({6: 0.1, 7: 0.8}, first.uuid)) == ["6", "7"]


def test_a_second_experiment_inherits_nothing_of_what_was_loaded(first: Run) -> None:
    _create()
    experiment.load(first.uuid, in_place=True)
    torch.manual_seed(5)
    expected = torch.rand(1)
    conf = _create()
    torch.manual_seed(5)
    assert loop.get_global_step() == 0
    with experiment.start() as run:
        assert [loop.get_global_step() for _ in loop.loop(2)] == [0, 1]
        assert torch.equal(torch.rand(1), expected)
        assert run.uuid != first.uuid
    assert conf.optimizer.state_dict()["state"] == {}
    assert first.info.status == "failed"
