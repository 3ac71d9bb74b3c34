from __future__ import annotations

import math
import pickle
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab import runs
from lab.errors import FilterError, RunError
from lab.runs import Run

from ._making import make, save_values


def _run(configs: dict[str, Any], last: dict[str, float], **info: Any) -> Run:
    run = make(**info)
    records = {
        name: {"option": value, "value": "text"} if name == "optimizer" else {"value": value}
        for name, value in configs.items()
    }
    runs.write_configs(run.layout, records)
    if last:
        save_values(run, 1, last)
    return run


@pytest.fixture
def adam() -> Run:
    configs = {"optimizer": "Adam", "lr": 0.001, "use_cuda": True, "model.lambda": 3, "depth": None}
    last = {"valid.accuracy": 0.95, "train.loss": 0.2, "a/b c": 1.0}
    return _run(configs, last, status="completed", tags=["x", "y"], comment="the big one")


@pytest.fixture
def sgd() -> Run:
    configs = {"optimizer": "SGD", "lr": 0.1, "use_cuda": False}
    return _run(configs, {"valid.accuracy": 0.8}, status="failed", started="2019")


CASES = {
    'valid.accuracy > 0.9 and optimizer == "Adam"': "a",
    "valid.accuracy > 0.9 and optimizer == 'SGD'": "",
    "valid.accuracy > 0.9 or optimizer == 'SGD'": "as",
    "not valid.accuracy > 0.9": "s",
    "not (valid.accuracy > 0.9 or lr < 1)": "",
    "0.0005 < lr <= 0.1": "as",
    "0.0005 < lr < 0.1": "a",
    "lr == 1e-3": "a",
    "lr > -1": "as",
    "optimizer in ('Adam', 'AdamW')": "a",
    "optimizer not in ['Adam', 'AdamW']": "s",
    "optimizer != 'Adam'": "s",
    "'x' in tags": "a",
    "'x' not in tags": "s",
    "'big' in comment": "a",
    "status == 'failed'": "s",
    "info.status == 'failed'": "s",
    "config.lr < 0.01": "a",
    "last.valid.accuracy >= 0.95": "a",
    "last['a/b c'] == 1": "a",
    "config['model.lambda'] == 3": "a",
    "started >= '2020'": "a",
    "use_cuda": "a",
    "not use_cuda": "s",
    "use_cuda == True": "a",
    "use_cuda is False": "s",
    "True": "as",
    "exception is None": "as",
    "depth == None": "a",
    "train.loss < valid.accuracy": "a",
    "train.loss < 1": "a",
    "not train.loss < 1": "",
    "train.loss != 7": "a",
    "train.loss < 1 or lr == 0.1": "as",
    "not (train.loss > 1 and lr > 0)": "a",
    "  lr\n >\t0.01  ": "s",
}


@pytest.mark.parametrize("where", CASES)
def test_runs_are_filtered(where: str, adam: Run, sgd: Run) -> None:
    names = {adam.path: "a", sgd.path: "s"}
    assert "".join(names[run.path] for run in runs.find(where=where)) == CASES[where]


WRONG = {
    "lr = 0.1": "at character 4: write '==' to compare",
    "lr > 1 && lr < 2": "at character 8: write 'and' instead of '&&'",
    "lr > 1 & lr < 2": "write 'and' instead of '&'",
    "lr > 1 || lr < 2": "at character 8: write 'or' instead of '||'",
    "!use_cuda": "at character 1: write 'not' instead of '!'",
    "lr <> 1": "at character 4: write '!=' instead of '<>'",
    "optimizer == 'Adam": "at character 14: a quote is not closed",
    "lr > 1 && optimizer == 'SGD'": "at character 8: write 'and' instead of '&&'",
    "optimizer = 'SGD'": "at character 11: write '==' to compare",
    r"optimizer = 'a\'b'": "at character 11: write '==' to compare",
    "optimizer == Adam": "no run has the name 'Adam'...(text stands in quotes: \"Adam\")",
    "big in comment": '(text stands in quotes: "big")',
    "optimizer in (Adam, 'SGD')": '(text stands in quotes: "Adam")',
    "qqq > 1": "no run has the name 'qqq'; there are 'a/b c', 'depth', 'lr', ",
    "tags == 'x'": "'tags' cannot be compared so: list [...] and str 'x'; a list is asked by 'in'",
    "model.lambda > 1": 'at character 7: a name that is a word of Python is written as config["lambda"]',
    "class == 1": 'at character 1: a name that is a word of Python is written as config["class"]',
    "(lr > 1": "at character 1: '(' was never closed",
    "lr >": "at character 5: invalid syntax",
    "": "it is empty",
    "   ": "it is empty",
    "lr + 1 > 2": "at character 1: 'lr + 1' is nothing that a filter knows",
    "abs(lr) > 2": "at character 1: functions cannot be called in a filter",
    "__import__('os').system('true')": "functions cannot be called in a filter",
    "lr.__class__.__mro__[1] == 2": "is nothing that a filter knows",
    "'Adam'": "at character 1: 'Adam' alone says nothing",
    "lr if lr else 2": "is nothing that a filter knows",
    "[x for x in tags]": "is nothing that a filter knows",
    "lambda: 1": "a name that is a word of Python is written as config",
    "f'{lr}' == 'x'": "write the text itself, without f",
    "lr > 1j": "is nothing that a filter knows",
    "lr > b'x'": "is nothing that a filter knows",
    "(lr := 3)": "is nothing that a filter knows",
    "train/loss > 1": 'at character 1: a name with other characters is written as last["train/loss"]',
    "gpu-0 > 1": "a name with other characters is written as last",
    "lr > 1\0": "null bytes",
    "(" * 4000 + "lr" + ")" * 4000: "too many nested parentheses",
    "not " * 2000 + "lr": "nested too deeply",
    "x" * 10_001: "longer than 10,000 characters",
    "ünter > 1 and 2": "at character 15: 2 alone says nothing",
    "validaccuracy > 1": "at character 1: no run has the name 'validaccuracy'; did you mean 'valid",
    "lr > 0 and optimiser == 'Adam'": "at character 12: no run has the name 'optimiser'; did you mean 'optimizer'",
    "lr > 9 and optimiser == 'Adam'": "no run has the name 'optimiser'; did you mean 'optimizer'",
    "accuracy > 1": "did you mean 'valid.accuracy'",
    "config.loss > 1": "no run has the config 'loss'",
    "last.loss > 1": "no run has the indicator 'loss'; did you mean 'train.loss'",
    "info.state == 'x'": "no run has the field of info 'state'; did you mean 'started' or 'status'?",
    "optimizer > 3": "'optimizer' cannot be compared so: str '...' and int 3",
    "lr in 3": "'lr' cannot be compared so",
}


@pytest.mark.parametrize("where", WRONG)
def test_a_wrong_filter_is_one_clear_error(where: str, adam: Run, sgd: Run) -> None:
    with pytest.raises(FilterError) as caught:
        runs.find(where=where)
    for part in WRONG[where].split("..."):
        assert part in str(caught.value)
    assert isinstance(caught.value, RunError)
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_a_filter_is_text() -> None:
    with pytest.raises(FilterError, match="it is text, not function; a filter compares"):
        runs.find(where=lambda run: True)  # type: ignore[arg-type]


def test_an_indicator_without_a_value_yet_is_known() -> None:
    run = make()
    runs.write_indicators(run.layout, {"loss": {"kind": "scalar"}})
    assert runs.find(where="loss > 1") == []


def test_a_filter_reads_only_the_files_that_it_needs() -> None:
    run = make(tags=["x"])
    run.layout.configs.write_text("[damaged")
    run.layout.database.write_text("damaged")
    assert runs.find(where="status == 'running' and 'x' in tags") == [run]
    assert runs.find(where="status == 'running' or lr > 1") == [run]


def test_info_comes_before_values_and_these_before_configs() -> None:
    run = _run({"status": "config", "loss": "config"}, {"loss": 1.0, "status": 2.0})
    assert runs.find(where="status == 'running' and loss == 1") == [run]
    assert runs.find(where="config.status == 'config' and config.loss == 'config'") == [run]
    assert runs.find(where="last.status == 2") == [run]


_LEAVES = st.sampled_from(["a < 1", "b < 1", "a == b", "lacking < 1", "c", "True", "False"])
_WHERES = st.recursive(
    _LEAVES,
    lambda inner: (
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda t: f"({' '.join(t)})")
        | inner.map(lambda text: f"(not {text})")
    ),
    max_leaves=8,
)


def _expected(where: str, names: dict[str, Any]) -> bool | None:
    """Three values of truth, evaluated by numbers: 1, 0, and 0.5 for what a run does not say."""
    if where.startswith("(not "):
        inner = _expected(where[5:-1], names)
        return None if inner is None else not inner
    if where.startswith("("):
        depth = 0
        for i, letter in enumerate(where):
            depth += (letter == "(") - (letter == ")")
            for word in (" and ", " or "):
                if depth == 1 and where.startswith(word, i):
                    sides = [_expected(t, names) for t in (where[1:i], where[i + len(word) : -1])]
                    grades = [0.5 if side is None else float(side) for side in sides]
                    grade = min(grades) if word == " and " else max(grades)
                    return None if grade == 0.5 else bool(grade)
    if "lacking" in where:
        return None
    return bool(eval(where, {}, names))


@given(where=_WHERES, a=st.sampled_from([0.0, 1.0, math.nan]), b=st.sampled_from([0.0, 1.0]))
def test_and_or_and_not_are_those_of_logic(where: str, a: float, b: float) -> None:
    from lab.runs._where import LACKING, Filter

    names = {"a": a, "b": b, "c": True}
    matches = Filter(where).matches(lambda name: names.get(name.key, LACKING))
    assert matches is (_expected(where, names) is True)
