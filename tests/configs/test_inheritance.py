"""What subclasses take over from their bases, and what they keep to themselves."""

from __future__ import annotations

from typing import Any

import pytest

from lab.configs import BaseConfigs, asdict, calculate, items
from lab.errors import MissingValue


class Device(BaseConfigs):
    use_cuda: bool = True
    device: Any


@Device.calc(Device.device)
def device(c: Device) -> str:
    return "cuda" if c.use_cuda else "cpu"


class Loop(BaseConfigs):
    epochs: int = 10
    use_cuda: bool = False


class Configs(Device, Loop):
    width: int = 3
    model: Any


@Configs.calc(Configs.model)
def model(c: Configs) -> Any:
    return c.width, c.device


def test_a_class_has_the_items_of_all_its_bases():
    assert set(asdict(Configs())) == {"use_cuda", "device", "epochs", "width", "model"}
    assert Configs(use_cuda=False).model == (3, "cpu")


def test_defaults_follow_the_order_of_the_bases():
    class Other(Loop, Device):
        pass

    assert Configs().use_cuda is True
    assert Other().use_cuda is False
    assert Other().device == "cpu"


def test_a_diamond_takes_the_nearest_default():
    class Base(BaseConfigs):
        size: int = 1
        other: int = 1

    class Left(Base):
        pass

    class Right(Base):
        size = 2
        other = 2

    class Both(Left, Right):
        other = 3

    assert (Both().size, Both().other) == (2, 3)


def test_calculators_of_one_class_do_not_leak_to_bases_and_siblings():
    class One(Device):
        pass

    class Two(Device):
        pass

    @One.calc(One.device)
    def tpu(c: One) -> str:
        return "tpu"

    One.device = "tpu"
    assert One().device == "tpu"
    assert (Two().device, Device().device) == ("cuda", "cuda")
    assert [node.options for node in items(Two()) if node.name == "device"] == [("device",)]


def test_using_a_subclass_never_changes_its_base():
    class Sub(Device):
        extra: int = 1

    Sub.use_cuda = False
    Sub.set_hyperparams(Sub.use_cuda)
    conf = Sub()
    conf.extra = 2
    assert conf.device == "cpu"
    assert Device().device == "cuda"
    assert "extra" not in Device()
    assert not next(node for node in items(Device()) if node.name == "use_cuda").is_hyperparam


def test_what_is_registered_on_a_base_later_is_seen_by_its_subclasses():
    class Base(BaseConfigs):
        size: int

    class Sub(Base):
        pass

    with pytest.raises(MissingValue):
        print(Sub().size)

    @Base.calc(Base.size)
    def size(c: Base) -> int:
        return 5

    Base.epochs = 7
    assert (Sub().size, Sub().epochs) == (5, 7)


def test_a_calculator_of_a_subclass_under_the_same_name_replaces_that_of_the_base():
    class Sub(Configs):
        pass

    @Sub.calc(Sub.model)
    def model(c: Sub) -> str:
        return "of the subclass"

    assert Sub().model == "of the subclass"
    assert Configs().model == (3, "cuda")


def test_a_subclass_may_annotate_an_item_anew():
    class Text(BaseConfigs):
        size: str = "3"

    class Number(Text):
        size: int

    class Value(Text):
        size = 4

    assert Number(size="5").size == 5
    assert Text(size="5").size == "5"
    assert Value().size == 4


def test_a_subclass_may_change_the_class_of_a_graph_inside():
    class Big(Device):
        memory: int = 80

    class Outer(BaseConfigs):
        device: Device

    class Bigger(Outer):
        device: Big

    Outer.device.use_cuda = False
    conf = Bigger()
    assert (conf.device.memory, conf.device.use_cuda) == (80, False)


def test_methods_are_inherited_and_call_their_bases():
    class Base(BaseConfigs):
        epochs: int = 3

        def run(self) -> list[int]:
            return [self.epochs]

    class Sub(Base):
        size: int = 4

        def run(self) -> list[int]:
            return [*super().run(), self.size]

    conf = Sub()
    calculate(conf, {"epochs": 5, "size": "6"}, ["run"])
    assert conf.run() == [5, 6]


def test_a_calculator_of_a_base_gets_the_subclass_object():
    class Base(BaseConfigs):
        name: str

    Base.calc(Base.name)(lambda c: type(c).__name__)

    class Sub(Base):
        pass

    assert Sub().name == "Sub"


def test_a_plain_mixin_adds_methods_only():
    class Mixin:
        limit = 3

        def twice(self) -> int:
            return 2 * self.epochs

    class Mixed(Mixin, Loop):
        pass

    conf = Mixed()
    assert (conf.twice(), conf.limit) == (20, 3)
    assert set(asdict(conf)) == {"epochs", "use_cuda"}


def test_hyperparameter_marks_are_inherited():
    class Base(BaseConfigs):
        epochs: int = 3

    Base.set_hyperparams(Base.epochs)

    class Sub(Base):
        pass

    assert [node.is_hyperparam for node in items(Sub())] == [True]


def test_a_class_body_value_of_a_subclass_wins_over_a_calculator_of_its_base():
    class Fixed(Device):
        device = 5

    assert Fixed().device == 5
    assert Fixed(device="device").device == "cuda"
