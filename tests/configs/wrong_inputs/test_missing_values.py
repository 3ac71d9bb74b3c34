"""Required configs that nothing sets, and configs that need each other."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Sized
from typing import Any

from lab.configs import BaseConfigs, build, calculate, computed, plan
from lab.errors import CycleError, MissingValue, PlanError


class Data(BaseConfigs):
    path: str
    batch_size: int = 32


class Configs(BaseConfigs):
    kernel: int
    width: int
    data: Data
    model: Any
    optimizer: Any

    def run(self) -> Any:
        return self.optimizer


@Configs.calc(Configs.model)
def model(c: Configs) -> tuple[int, int]:
    return c.kernel, c.width


@Configs.calc(Configs.optimizer)
def sgd(c: Configs, lr: float) -> Any:
    return c.model, c.data.path, lr


class Ring(BaseConfigs):
    a: int
    b: int
    c: int


@Ring.calc(Ring.a)
def a(c: Ring) -> int:
    return c.b


@Ring.calc(Ring.b)
def b(c: Ring) -> int:
    return c.c


@Ring.calc(Ring.c)
def c_of(c: Ring) -> int:
    return c.a


def test_required_item_read(refused):
    with refused(MissingValue):
        print(Configs().kernel)


def test_required_item_read_by_a_calculator(refused):
    conf = Configs(width=3)
    conf["optimizer.lr"] = 0.1
    with refused(MissingValue):
        print(conf.optimizer)


def test_required_items_all_at_once(refused):
    with refused(PlanError):
        calculate(Configs(), {}, ["run"])


def test_required_items_when_everything_is_computed(refused):
    with refused(PlanError):
        calculate(Configs())


def test_required_item_of_a_graph(refused):
    with refused(MissingValue):
        print(Configs().data.path)


def test_parameter_without_a_default(refused):
    with refused(PlanError):
        calculate(Configs(kernel=1, width=2, data={"path": "x"}), {}, ["optimizer"])


def test_parameter_of_a_class_that_looks_like_the_configs(refused):
    class Net:
        def __init__(self, c, depth=2):
            self.kernel = c.kernel

    class Wrong(BaseConfigs):
        kernel: int = 3
        net: Any

    Wrong.calc(Wrong.net)(Net)
    with refused(PlanError):
        calculate(Wrong(), {}, ["net"])


def test_item_of_a_library_class_without_a_calculator(refused):
    class Wrong(BaseConfigs):
        parser: ArgumentParser

    with refused(PlanError):
        calculate(Wrong(), {}, ["parser"])


def test_item_of_an_abstract_class_without_a_calculator(refused):
    class Wrong(BaseConfigs):
        data: Sized

    with refused(MissingValue):
        print(Wrong().data)


def test_argument_of_a_class_that_is_built(refused):
    class Net:
        def __init__(self, depth: int, width: int = 3) -> None:
            self.depth = depth

    class Wrong(BaseConfigs):
        net: Net = build()

    with refused(PlanError):
        calculate(Wrong(), {}, ["net"])


def test_value_that_may_be_needed(told):
    class Sometimes(BaseConfigs):
        cuda: bool = False
        device_index: int
        device: str

    @Sometimes.calc(Sometimes.device)
    def device(c: Sometimes) -> str:
        return f"cuda:{c.device_index}" if c.cuda else "cpu"

    found = plan(Sometimes(), {}, ["device"])
    assert not found.errors
    told("\n".join(found.warnings))


def test_item_that_needs_itself(refused):
    class Wrong(BaseConfigs):
        steps: int

    @Wrong.calc(Wrong.steps)
    def steps(c: Wrong) -> int:
        return c.steps + 1

    with refused(CycleError):
        print(Wrong().steps)


def test_two_items_that_need_each_other(refused):
    class Wrong(BaseConfigs):
        model: Any
        optimizer: Any

    @Wrong.calc(Wrong.model)
    def model(optimizer: Any) -> Any:
        return optimizer

    @Wrong.calc(Wrong.optimizer, params=computed(lambda c: c.model.parameters()))
    def sgd(params: Any) -> Any:
        return params

    with refused(CycleError):
        print(Wrong().model)


def test_three_items_that_need_each_other(refused):
    with refused(CycleError):
        print(Ring().b)


def test_items_that_need_each_other_seen_by_the_plan(refused):
    with refused(PlanError):
        calculate(Ring(), {}, ["a", "b"])


def test_item_that_needs_the_other_of_its_tuple(refused):
    class Wrong(BaseConfigs):
        train: int
        valid: int

    @Wrong.calc([Wrong.train, Wrong.valid])
    def split(c: Wrong) -> tuple[int, int]:
        return 1, c.train

    with refused(CycleError):
        print(Wrong().valid)


def test_parameter_that_needs_its_own_item(refused):
    class Wrong(BaseConfigs):
        optimizer: Any

    Wrong.calc(Wrong.optimizer, lr=computed(lambda c: c.optimizer))(dict)

    @Wrong.calc(Wrong.optimizer, "sgd", lr=computed(lambda c: c.optimizer))
    def sgd(lr: float) -> float:
        return lr

    Wrong.optimizer = "sgd"
    with refused(PlanError):
        calculate(Wrong(), {}, ["optimizer"])


def test_build_without_a_class(refused):
    class Wrong(BaseConfigs):
        net: Any = build()

    with refused(PlanError):
        calculate(Wrong(), {}, ["net"])
