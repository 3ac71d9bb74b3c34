"""Looking at configs tells what they hold, and computes nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import pytest
from annotated_types import Ge

from lab.configs import (
    BaseConfigs,
    Pending,
    asdict,
    calculate,
    diff,
    explain,
    fingerprint,
    graph,
    hyperparams,
    items,
)
from lab.errors import UnknownConfig


class Data(BaseConfigs):
    batch_size: int = 32  # how many samples make a batch


class Configs(BaseConfigs):
    """Configs of the tests.

    Attributes:
        rate: from the docstring.
    """

    epochs: int = 10
    """How often the data is seen."""

    rate: Annotated[float, Ge(0)] = 0.5
    data: Data
    path: Path = Path("logs")
    model: Any
    optimizer: Any


@Configs.calc(Configs.model)
def model(c: Configs) -> Any:
    return [c.epochs, c.data.batch_size]


@Configs.calc(Configs.optimizer)
def sgd(c: Configs, lr: float = 0.1) -> Any:
    """Plain descent.

    Args:
        lr: the step.
    """
    return c.model, lr


@Configs.calc(Configs.optimizer, lr=Configs.rate)
def adam(c: Configs, lr: float, beta: float = 0.9) -> Any:
    return c.model, lr, beta


def test_items_are_told_with_the_parameters_of_the_chosen_option():
    names = [node.name for node in items(Configs())]
    assert names == [
        "epochs", "rate", "data.batch_size", "path", "model", "optimizer", "optimizer.lr",
    ]  # fmt: skip
    names = [node.name for node in items(Configs(optimizer="adam"))]
    assert names[-2:] == ["optimizer", "optimizer.beta"]


def test_an_item_tells_its_type_value_option_and_help():
    found = {node.name: node for node in items(Configs())}
    assert (found["rate"].type, found["rate"].value) == ("float >= 0", "0.5")
    assert found["epochs"].doc == "How often the data is seen."
    assert found["rate"].doc == "from the docstring."
    assert found["data.batch_size"].doc == "how many samples make a batch"
    assert found["optimizer.lr"].doc == "the step."
    assert (found["optimizer"].option, found["optimizer"].options) == ("sgd", ("sgd", "adam"))
    assert (found["model"].computed, found["epochs"].computed) == (True, False)
    assert (found["model"].order, found["model"].value, found["model"].seconds) == (-1, "", 0.0)


def test_values_are_told_and_what_is_not_computed_is_pending():
    conf = Configs()
    assert asdict(conf) == {
        "epochs": 10,
        "rate": 0.5,
        "data.batch_size": 32,
        "path": Path("logs"),
        "model": Pending("model"),
        "optimizer": Pending("sgd"),
        "optimizer.lr": 0.1,
    }
    calculate(conf, {}, ["optimizer"])
    assert asdict(conf)["model"] == [10, 32]
    assert asdict(conf)["optimizer"] == ([10, 32], 0.1)
    assert repr(Pending("sgd")) == "<pending: sgd>"


def test_hyperparameters_are_told():
    conf = Configs(optimizer="adam", path="x")
    assert hyperparams(conf) == {"path": Path("x"), "optimizer": "adam"}


def test_a_graph_tells_who_reads_whom_before_the_run():
    found = graph(Configs())
    edges = {(edge.reader, edge.read, edge.kind) for edge in found.edges}
    assert edges == {
        ("model", "epochs", "always"),
        ("model", "data.batch_size", "always"),
        ("optimizer", "model", "always"),
        ("optimizer", "optimizer.lr", "always"),
    }
    assert (found.owner, found.order, found.opens) == ("Configs", (), ())


def test_a_graph_tells_what_happened_after_the_run():
    conf = Configs()
    calculate(conf, {}, ["optimizer"])
    found = graph(conf)
    assert {edge.kind for edge in found.edges} == {"read"}
    assert found["optimizer"].order == len(found.order) - 1
    assert found["optimizer"].seconds >= found["model"].seconds > 0
    with pytest.raises(KeyError):
        print(found["modell"])


def test_a_graph_can_be_written_as_json_dot_and_mermaid():
    found = graph(Configs())
    data = json.loads(found.to_json())
    assert data["owner"] == "Configs"
    assert [node["name"] for node in data["nodes"]] == [node.name for node in found.nodes]
    assert {"reader": "optimizer", "read": "model", "kind": "always"} in data["edges"]
    assert found.to_dot().startswith("digraph")
    assert "flowchart" in found.to_mermaid()
    assert "optimizer" in found.to_text() == str(found)


def test_a_record_of_an_item_is_plain_data():
    record = items(Configs())[0].as_record()
    assert json.loads(json.dumps(record)) == record
    assert {"name", "type", "value", "computed", "option", "options", "order", "source", "lost",
            "reads", "seconds", "code_hash", "doc", "is_hyperparam",
            "is_explicitly_specified"} == set(record)  # fmt: skip


def test_one_config_can_be_explained():
    conf = Configs(epochs=20)
    text = str(explain(conf, "optimizer"))
    for part in ("optimizer", "sgd", "adam", "model", "epochs = 20", "optimizer.lr = 0.1"):
        assert part in text
    found = explain(conf, "epochs")
    assert found.readers == ("model",)
    assert "10 (default in Configs)" in str(found)
    assert explain(conf, "data.batch_size").node.value == "32"
    with pytest.raises(UnknownConfig):
        explain(conf, "epoch")


def test_a_difference_says_both_values_and_their_sources():
    left, right = Configs(), Configs(epochs=20)
    (found,) = diff(left, right)
    assert str(found).startswith("epochs: 10 [default in Configs] -> 20 [code (test_looking.py:")


def test_a_fingerprint_changes_with_what_was_given_and_with_nothing_else():
    conf = Configs()
    first = fingerprint(conf)
    assert len(first) == 64
    calculate(conf, {}, ["optimizer"])
    assert fingerprint(conf) == first == fingerprint(Configs(epochs=10))
    others = [
        Configs(epochs=11),
        Configs(optimizer="adam"),
        Configs(data={"batch_size": 3}),
        Configs(optimizer={"lr": 0.2}),
        Configs(model=[1]),
        Configs(path="elsewhere"),
    ]
    assert len({first, *map(fingerprint, others)}) == 7


def test_a_fingerprint_of_one_item_depends_on_what_it_reads_only():
    left, right = Configs(), Configs(path="elsewhere", rate=0.9)
    assert fingerprint(left, "optimizer") == fingerprint(right, "optimizer")
    assert fingerprint(left, "optimizer") != fingerprint(Configs(epochs=3), "optimizer")
    assert fingerprint(left, "model") != fingerprint(left, "optimizer")
