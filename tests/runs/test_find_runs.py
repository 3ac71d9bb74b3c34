from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path

import pytest

from lab import runs
from lab.errors import RunError
from lab.runs import Layout, RunInfo


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _make(experiment: str, started: str, **settings: object) -> Layout:
    layout = runs.new_layout(Path("logs").absolute(), experiment)
    layout.create()
    info = RunInfo(uuid=layout.path.name, experiment=experiment, started=started)
    for key, value in settings.items():
        setattr(info, key, value)
    runs.write_info(layout, info)
    return layout


def test_the_newest_run_comes_first() -> None:
    old, new = _make("e", "2020"), _make("e", "2021")
    assert [run.path for run in runs.find()] == [new.path, old.path]


def test_runs_are_found_by_experiment_and_tags() -> None:
    one = _make("[a]", "2020", tags=["x", "y"])
    _make("b", "2020", tags=["x"])
    assert [run.path for run in runs.find("[a]")] == [one.path]
    assert [run.path for run in runs.find(tags=["y"])] == [one.path]


def test_a_folder_that_is_no_run_is_passed_over() -> None:
    folder = Path("logs/e/broken")
    folder.mkdir(parents=True)
    (folder / "run.yaml").write_text("just text")
    assert runs.find() == []


def test_a_run_is_got_by_the_start_of_its_name() -> None:
    layout = _make("e", "2020")
    assert runs.get(layout.path.name[:8]).path == layout.path
    assert uuid.UUID(layout.path.name).version == 4


def test_a_name_that_fits_none_or_several_is_an_error() -> None:
    _make("e", "2020")
    _make("e", "2020")
    with pytest.raises(RunError, match="no run 'zzz' in"):
        runs.get("zzz")
    with pytest.raises(RunError, match="2 runs start with ''"):
        runs.get("")


def test_a_run_whose_process_is_gone_reads_as_crashed() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    layout = _make("e", "2020", process=gone.pid)
    assert runs.get(layout.path.name).info.status == "crashed"
    alive = _make("e", "2020", process=os.getppid())
    assert runs.get(alive.path.name).info.status == "running"


def test_a_newer_format_is_refused_with_words() -> None:
    layout = _make("e", "2020", format=99)
    with pytest.raises(RunError, match="has format 99, this version of lab reads up to 1"):
        runs.get(layout.path.name)


def test_configs_and_indicators_read_back() -> None:
    layout = _make("e", "2020")
    configs = {
        "lr": {"value": 0.1, "is_hyperparam": True},
        "device": {"value": "cpu"},
        "optimizer": {"value": "SGD (...)", "option": "sgd", "is_hyperparam": True},
    }
    runs.write_configs(layout, configs)
    runs.write_indicators(layout, {"loss": {"kind": "scalar"}})
    run = runs.get(layout.path.name)
    assert run.configs == configs
    assert run.hyperparams == {"lr": 0.1, "optimizer": "sgd"}
    assert run.indicators == {"loss": {"kind": "scalar"}}
