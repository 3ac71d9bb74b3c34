"""An object pickles and copies as its class and its settings."""

from __future__ import annotations

import copy
import pickle
import threading
from typing import Any

import pytest

from lab.configs import BaseConfigs, asdict, build, calculate, explain, option
from lab.errors import NotPicklable

CALLS: list[str] = []


class Data(BaseConfigs):
    batch_size: int = 32


class Configs(BaseConfigs):
    epochs: int = 10
    layers: list[int] = [1]
    data: Data
    callback: Any = None
    model: Any
    optimizer: Any


@Configs.calc(Configs.model)
def model(c: Configs) -> Any:
    CALLS.append("model")
    return threading.Lock(), c.epochs


@Configs.calc(Configs.optimizer)
def sgd(c: Configs, lr: float = 0.1) -> Any:
    return "sgd", lr


@Configs.calc(Configs.optimizer)
def adam(c: Configs, lr: float = 0.1) -> Any:
    return "adam", lr


def pickled(conf: Any) -> Any:
    return pickle.loads(pickle.dumps(conf))


WAYS = pytest.mark.parametrize("again", [pickled, copy.copy, copy.deepcopy])


@WAYS
def test_the_settings_are_kept_with_their_sources(again: Any):
    conf = Configs(epochs=20)
    conf.epochs = 25
    conf.data.batch_size = 64
    conf["optimizer.lr"] = 0.5
    calculate(conf, {"optimizer": "adam"}, ["epochs"])
    other = again(conf)
    assert type(other) is Configs
    assert (other.epochs, other.data.batch_size, other.optimizer) == (25, 64, ("adam", 0.5))
    assert explain(other, "epochs").node.source == explain(conf, "epochs").node.source
    assert explain(other, "epochs").node.lost == explain(conf, "epochs").node.lost
    assert asdict(other).keys() == asdict(conf).keys()


@WAYS
def test_what_was_computed_is_not_kept(again: Any):
    conf = Configs()
    CALLS.clear()
    assert conf.model[1] == 10
    other = again(conf)
    other.epochs = 7
    assert other.model[1] == 7
    assert CALLS == ["model", "model"]
    assert conf.model[1] == 10


@WAYS
def test_setting_one_leaves_the_other_alone(again: Any):
    conf = Configs(epochs=3)
    other = again(conf)
    other.epochs = 4
    other.data.batch_size = 5
    assert (conf.epochs, conf.data.batch_size) == (3, 32)
    conf.epochs = 6
    assert other.epochs == 4


@WAYS
def test_markers_and_mappings_are_kept(again: Any):
    conf = Configs(optimizer=option("adam"), data={"batch_size": 7}, callback=build())
    other = again(conf)
    assert other.optimizer == ("adam", 0.1)
    assert other.data.batch_size == 7


@WAYS
def test_an_inner_object_can_be_taken_out(again: Any):
    conf = Configs(data={"batch_size": 7})
    other = again(conf.data)
    assert (type(other), other.batch_size) == (Data, 7)
    other.batch_size = 8
    assert conf.data.batch_size == 7


def test_a_shallow_copy_shares_values_and_a_deep_one_does_not():
    layers = [1, 2]
    conf = Configs(layers=layers)
    assert copy.copy(conf).layers is layers
    assert copy.deepcopy(conf).layers == layers
    assert copy.deepcopy(conf).layers is not layers


def test_copies_are_made_also_of_what_cannot_be_pickled():
    conf = Configs(callback=lambda: 3)
    assert copy.copy(conf).callback() == 3
    with pytest.raises(NotPicklable) as caught:
        pickle.dumps(conf)
    assert caught.value.key == "callback"


def test_a_setting_inside_that_cannot_be_pickled_is_named_in_full():
    conf = Configs()
    conf.data = Data()
    conf["data.batch_size"] = 3
    conf["optimizer.lr"] = 0.5
    assert pickled(conf)["optimizer.lr"] == 0.5
    conf.model = [threading.Lock()]
    with pytest.raises(NotPicklable) as caught:
        pickle.dumps({"conf": conf})
    assert caught.value.key == "model"


def test_values_set_to_configs_objects_are_pickled():
    conf = Configs(data=Data(batch_size=5))
    assert pickled(conf).data.batch_size == 5


def test_configs_inside_other_things_are_pickled():
    found = pickled([Configs(epochs=3), {"a": Configs(epochs=4)}])
    assert (found[0].epochs, found[1]["a"].epochs) == (3, 4)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_every_protocol_works(protocol: int):
    assert pickle.loads(pickle.dumps(Configs(epochs=3), protocol)).epochs == 3
