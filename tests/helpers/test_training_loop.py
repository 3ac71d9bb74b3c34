from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from lab import configs, experiment, loop, tracker
from lab.errors import ExperimentError
from lab.helpers.training_loop import TrainingLoopConfigs
from lab.testing import RecordedLog, recorded_log


@pytest.fixture(autouse=True)
def log() -> Iterator[RecordedLog]:
    with recorded_log() as log:
        yield log
        with contextlib.suppress(ExperimentError):
            experiment.current().close()


class Configs(TrainingLoopConfigs):
    epochs: int = 3
    batches: int = 5
    loop_step = configs.option("loop_step")
    loop_count = configs.option("loop_count")


@Configs.calc(Configs.loop_step)
def loop_step(c: Configs) -> int:
    return c.batches


@Configs.calc(Configs.loop_count)
def loop_count(c: Configs) -> int:
    return c.epochs * c.batches


def test_an_iteration_is_a_step_of_the_loop_and_saves_what_was_tracked(log: RecordedLog) -> None:
    experiment.create(name="e")
    with experiment.start() as run:
        for _ in Configs().training_loop:
            for _ in range(5):
                loop.add_global_step()
                tracker.add("loss", float(loop.get_global_step()))
    assert run.run.series("loss").steps == [5, 10, 15]
    assert run.run.series("loss").values == [3.0, 8.0, 13.0]
    assert [line.partition(":")[0] for line in log.lines[1:]] == [" 5", "10", "15"]


def test_lines_stay_as_often_as_is_wanted(log: RecordedLog) -> None:
    conf = TrainingLoopConfigs()
    configs.calculate(conf, {"loop_count": 7, "log_new_line_interval": 3})
    experiment.create(name="e")
    with experiment.start():
        steps = list(conf.training_loop)
    assert steps == list(range(7))
    assert [line.partition(":")[0] for line in log.lines[1:]] == ["2", "5", "6"]


def test_models_are_saved_when_they_are_due_and_at_the_end() -> None:
    torch = pytest.importorskip("torch")
    conf = Configs()
    configs.calculate(conf, {"is_save_models": True, "save_models_interval": 2})
    experiment.create(name="e")
    experiment.add_pytorch_models({"model": torch.nn.Linear(1, 1)})
    with experiment.start() as run:
        for _ in conf.training_loop:
            loop.add_global_step(5)
    assert sorted(path.name for path in (run.path / "checkpoints").iterdir()) == ["10", "15"]
