from __future__ import annotations

import uuid
from typing import Any

import pytest

from lab import runs
from lab.errors import RunError

from ._making import make


def test_the_newest_run_comes_first() -> None:
    old, new = make("e", "2020"), make("e", "2021")
    assert [run.path for run in runs.find()] == [new.path, old.path]


def test_runs_are_found_by_experiment_and_tags() -> None:
    one = make("[a]", "2020", tags=["x", "y"])
    make("b", "2020", tags=["x"])
    assert [run.path for run in runs.find("[a]")] == [one.path]
    assert [run.path for run in runs.find(tags=["y"])] == [one.path]


def test_a_run_is_got_by_the_start_of_its_name() -> None:
    run = make("e", "2020")
    assert runs.get(run.path.name[:8]).path == run.path
    assert uuid.UUID(run.path.name).version == 4


def test_a_name_that_fits_none_or_several_is_an_error() -> None:
    first, second = make("e", "2020"), make("f", "2020")
    with pytest.raises(RunError, match="no run 'zzz' in"):
        runs.get("zzz")
    with pytest.raises(RunError, match="2 runs start with ''") as caught:
        runs.get("")
    assert f"{first.uuid} of e" in str(caught.value)
    assert f"{second.uuid} of f" in str(caught.value)


@pytest.mark.parametrize("name", ["*", "[a-f0-9]*", "../e", "/", ".", "..", "~", "a\0b", "\\"])
def test_signs_of_paths_and_patterns_are_just_text(name: str) -> None:
    make()
    with pytest.raises(RunError, match="no run"):
        runs.get(name)


def test_a_wrong_name_is_answered_with_what_was_meant() -> None:
    run = make("mnist")
    with pytest.raises(RunError, match=r"'mnist' is an experiment: runs\.find"):
        runs.get("mnist")
    with pytest.raises(RunError, match=f"named by its folder alone: '{run.uuid}'"):
        runs.get(f"logs/mnist/{run.uuid}")
    with pytest.raises(RunError, match=f"did you mean '{run.uuid}'"):
        runs.get(run.uuid[:-1] + "x")
    with pytest.raises(RunError, match="named by its uuid or the start of it, got 3"):
        runs.get(3)  # type: ignore[arg-type]
    assert runs.get(run.uuid.upper()) == run


def test_where_nothing_ran_there_are_no_runs() -> None:
    assert runs.find() == []
    assert runs.find("e", where="lr > 1") == []


def test_one_tag_may_be_given_as_it_is() -> None:
    run = make(tags=["small"])
    assert runs.find(tags="small") == [run]


def test_a_newer_format_is_refused_with_words() -> None:
    run = make()
    text = run.layout.info.read_text()
    run.layout.info.write_text(text.replace("format: 2", "format: 99"))
    with pytest.raises(RunError, match="has format 99, this version of lab reads 1 to 2"):
        runs.get(run.path.name)


def test_configs_and_indicators_read_back() -> None:
    run = make("e", "2020")
    configs = {
        "lr": {"value": 0.1, "is_hyperparam": True},
        "device": {"value": "cpu"},
        "optimizer": {"value": "SGD (...)", "option": "sgd", "is_hyperparam": True},
    }
    runs.write_configs(run.layout, configs)
    runs.write_indicators(run.layout, {"loss": {"kind": "scalar"}})
    run = runs.get(run.path.name)
    assert run.configs == configs
    assert run.hyperparams == {"lr": 0.1, "optimizer": "sgd"}
    assert run.indicators == {"loss": {"kind": "scalar"}}


@pytest.mark.parametrize("tags", [5, None, [5], ["a", None]])
def test_tags_are_words(tags: Any) -> None:
    make(tags=["a"])
    with pytest.raises(RunError, match=r"tags takes words, such as \['paper'\], got "):
        runs.find(tags=tags)


def test_the_name_of_an_experiment_is_text() -> None:
    with pytest.raises(RunError, match=r"experiment takes the name of one, got \['e'\]"):
        runs.find(["e"])  # type: ignore[arg-type]
