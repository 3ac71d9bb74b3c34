"""Configs inside configs."""

from __future__ import annotations

from typing import Any

import pytest

from lab.configs import BaseConfigs, asdict, calculate, hyperparams, items, option, plan
from lab.errors import UnknownConfig


class Device(BaseConfigs):
    use_cuda: bool = True
    name: str


@Device.calc(Device.name)
def device_name(c: Device) -> str:
    return "cuda" if c.use_cuda else "cpu"


class Data(BaseConfigs):
    batch_size: int = 32
    shuffle: bool = True
    device: Device
    loader: Any


@Data.calc(Data.loader)
def loader(c: Data, workers: int = 0) -> Any:
    return c.batch_size, c.device.name, workers


@Data.calc(Data.loader)
def no_loader(c: Data) -> Any:
    return None


class Configs(BaseConfigs):
    epochs: int = 10
    data: Data
    steps: Any


@Configs.calc(Configs.steps)
def steps(c: Configs) -> Any:
    return c.epochs, c.data.loader


def test_an_item_annotated_with_a_configs_class_is_a_graph_inside():
    conf = Configs()
    assert type(conf.data) is Data
    assert conf.steps == (10, (32, "cuda", 0))
    assert conf.data.loader is conf["data.loader"] is conf.data["loader"]


def test_what_is_inside_can_be_set_at_any_depth_and_in_any_way():
    conf = Configs()
    conf.data.batch_size = 64
    conf["data.device.use_cuda"] = False
    calculate(conf, {"data.loader.workers": "3"}, ["steps"])
    assert conf.steps == (10, (64, "cpu", 3))


def test_a_mapping_sets_what_is_inside():
    conf = Configs(data={"batch_size": 8, "device": {"use_cuda": False}})
    calculate(conf, {"data": {"loader": {"_option_": "loader", "workers": 1}}}, ["steps"])
    assert conf.steps == (10, (8, "cpu", 1))


def test_a_mapping_leaves_the_rest_as_it_is():
    conf = Configs()
    conf.data.batch_size = 3
    calculate(conf, {"data": {"shuffle": "false"}}, ["steps"])
    assert (conf.data.batch_size, conf.data.shuffle) == (3, False)


def test_an_option_inside_is_chosen_like_any_other():
    conf = Configs()
    conf.data.loader = "no_loader"
    assert conf.steps == (10, None)
    conf = Configs()
    conf["data.loader"] = option("no_loader")
    assert conf.steps == (10, None)


def test_classes_set_defaults_inside():
    class Small(Configs):
        pass

    Small.data.batch_size = 1
    Small.data.device.use_cuda = False
    Small.data.loader.workers = 5
    assert Small().steps == (10, (1, "cpu", 5))
    assert Configs().steps == (10, (32, "cuda", 0))
    assert Data().batch_size == 32


def test_an_object_may_be_the_default_and_each_configs_object_gets_its_own():
    class Small(BaseConfigs):
        data: Data = Data(batch_size=4)

    one, other = Small(), Small()
    one.data.shuffle = False
    assert (one.data.batch_size, other.data.batch_size) == (4, 4)
    assert (one.data.shuffle, other.data.shuffle) == (False, True)


def test_an_object_may_be_set():
    data = Data(batch_size=5)
    data.device.use_cuda = False
    conf = Configs(data=data)
    conf.data.shuffle = False
    assert conf.steps == (10, (5, "cpu", 0))
    assert conf.data.shuffle is False


def test_a_subclass_may_be_set_or_declared():
    class BigData(Data):
        batch_size = 1024
        extra: int = 1

    class Big(Configs):
        data: BigData

    conf = Configs(data=BigData)
    conf.data.extra = 2
    assert (conf.data.batch_size, conf.data.extra) == (1024, 2)
    assert Big().steps == (10, (1024, "cuda", 0))


def test_calc_names_what_is_inside_and_gets_the_outer_configs():
    class Outer(BaseConfigs):
        cuda: bool = False
        data: Data

    @Outer.calc(Outer.data.device.use_cuda)
    def use_cuda(c: Outer) -> bool:
        return c.cuda

    @Outer.calc("data.batch_size")
    def batch_size(c: Outer) -> int:
        return 7

    assert Outer().data.loader == (7, "cpu", 0)
    assert Outer(cuda=True).data.loader == (7, "cuda", 0)
    assert Data().loader == (32, "cuda", 0)


def test_what_the_outer_class_ties_can_still_be_overridden():
    class Outer(BaseConfigs):
        cuda: bool = False
        data: Data

    @Outer.calc(Outer.data.device.use_cuda)
    def use_cuda(c: Outer) -> bool:
        return c.cuda

    conf = Outer()
    calculate(conf, {"data.device.use_cuda": True})
    assert conf.data.device.name == "cuda"


def test_a_whole_graph_can_be_tied_to_that_of_another_item():
    class Outer(BaseConfigs):
        device: Device
        data: Data

    @Outer.calc(Outer.data.device)
    def device(c: Outer) -> Device:
        return c.device

    conf = Outer()
    conf.device.use_cuda = False
    assert conf.data.loader == (32, "cpu", 0)
    assert conf.data.device.name is conf.device.name


def test_a_calculator_inside_gets_the_configs_of_its_own_class():
    seen = []

    class Inner(BaseConfigs):
        value: Any

    @Inner.calc(Inner.value)
    def value(c: Inner) -> int:
        seen.append(type(c))
        return 1

    class Outer(BaseConfigs):
        value: int = 5
        inner: Inner

    assert Outer().inner.value == 1
    assert seen == [Inner]


def test_two_items_of_one_class_are_two_graphs():
    class Pair(BaseConfigs):
        train: Data
        valid: Data

    Pair.valid.shuffle = False
    conf = Pair(train={"batch_size": 2})
    assert (conf.train.batch_size, conf.valid.batch_size) == (2, 32)
    assert (conf.train.shuffle, conf.valid.shuffle) == (True, False)


def test_dotted_names_read_and_set_parameters_too():
    conf = Configs()
    conf["data.loader.workers"] = 4
    assert conf["data.loader.workers"] == 4
    assert conf.data["loader.workers"] == 4
    assert "data.loader.workers" in conf
    assert "data.loader.worker" not in conf


def test_reading_by_a_dotted_name_is_a_dependency():
    class Reading(Configs):
        total: Any

    @Reading.calc(Reading.total)
    def total(c: Reading) -> Any:
        return c["data.device.use_cuda"], c["epochs"]

    conf = Reading()
    assert conf.total == (True, 10)
    reads = {node.name: node.reads for node in items(conf)}
    assert reads["total"] == ("data.device.use_cuda", "epochs")


def test_the_items_of_all_depths_are_looked_at_by_dotted_names():
    assert list(asdict(Configs())) == [
        "epochs",
        "data.batch_size",
        "data.shuffle",
        "data.device.use_cuda",
        "data.device.name",
        "data.loader",
        "data.loader.workers",
        "steps",
    ]
    conf = Configs(data={"device": {"use_cuda": False}})
    assert hyperparams(conf) == {"data.device.use_cuda": False}


def test_an_inner_object_can_be_looked_at_alone():
    conf = Configs()
    assert set(asdict(conf.data.device)) == {"data.device.use_cuda", "data.device.name"}
    found = plan(conf.data, {"batch_size": 3}, ["loader"])
    assert not found.errors
    assert "data.loader" in found.order


def test_items_may_be_graphs_of_their_own_class():
    class Tree(BaseConfigs):
        value: int = 1
        child: Tree

    conf = Tree()
    conf["child.child.value"] = 3
    assert conf.child.child.value == 3
    assert conf.child.value == 1
    calculate(conf)


def test_aliases_are_other_names_of_dotted_items():
    class Short(Configs):
        aliases = {"bsz": "data.batch_size", "ep": "epochs"}

    class Shorter(Short):
        aliases = {"b": "data.batch_size"}

    conf = Shorter()
    calculate(conf, {"bsz": "5", "ep": 2}, ["steps"])
    assert conf.steps == (2, (5, "cuda", 0))
    assert conf["b"] == 5
    with pytest.raises(UnknownConfig):
        Configs()["bsz"] = 5


def test_an_inner_item_is_required_like_any_other():
    class Inner(BaseConfigs):
        size: int

    class Outer(BaseConfigs):
        inner: Inner

    assert [error.key for error in plan(Outer()).errors] == ["inner.size"]
    assert not plan(Outer(), {"inner.size": 3}).errors
