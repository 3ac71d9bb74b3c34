"""Which value or option an item gets."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Any, Literal, Optional
from unittest import mock

import pytest

from lab.configs import BaseConfigs, calculate, explain, items, option
from lab.errors import OptionNotChosen, PlanError, UnknownOption


class Optimizer:
    def __init__(self, name: str, *arguments: Any) -> None:
        self.name, self.arguments = name, arguments


class Base(BaseConfigs):
    optimizer: Optimizer
    width: int = 2


@Base.calc(Base.optimizer)
def sgd(c: Base, lr: float = 0.1, momentum: float = 0.5) -> Optimizer:
    return Optimizer("sgd", lr, momentum)


@Base.calc(Base.optimizer)
def adam(c: Base, lr: float = 0.001, betas: tuple[float, float] = (0.9, 0.99)) -> Optimizer:
    return Optimizer("adam", lr, betas)


class Sub(Base):
    pass


@Sub.calc(Sub.optimizer)
def lion(c: Sub, lr: float = 0.2) -> Optimizer:
    return Optimizer("lion", lr)


def options(cls: type[BaseConfigs], name: str) -> tuple[str, ...]:
    return next(node.options for node in items(cls()) if node.name == name)


def test_options_are_those_of_the_bases_first_then_in_order_of_registration():
    assert options(Sub, "optimizer") == ("sgd", "adam", "lion")
    assert options(Base, "optimizer") == ("sgd", "adam")


def test_the_first_option_is_the_default():
    assert Base().optimizer.name == Sub().optimizer.name == "sgd"


def test_a_subclass_makes_its_own_option_the_default_by_name():
    class Own(Sub):
        optimizer = "lion"

    class Other(Sub):
        optimizer = option("adam")

    assert (Own().optimizer.name, Other().optimizer.name) == ("lion", "adam")
    assert Sub().optimizer.name == "sgd"


def test_a_class_default_may_be_chosen_after_the_class():
    class Own(Sub):
        pass

    Own.optimizer = "lion"
    assert Own().optimizer.name == "lion"


def test_text_is_matched_to_options_first_and_then_converted():
    class Paths(BaseConfigs):
        path: Path
        kind: Literal["small", "large"]
        name: Optional[str]
        size: Optional[int]

    Paths.calc(Paths.path, "temporary")(lambda c: Path("t"))
    Paths.calc(Paths.kind, "guess")(lambda c: "large")
    Paths.calc(Paths.name, "random")(lambda c: "x1")
    Paths.calc(Paths.size, "auto")(lambda c: 7)
    conf = Paths(path="data/x", kind="small", name="random", size="12")
    assert (conf.path, conf.kind, conf.name, conf.size) == (Path("data/x"), "small", "x1", 12)
    conf = Paths(path="temporary", name=None, size="auto")
    assert (conf.path, conf.kind, conf.name, conf.size) == (Path("t"), "large", None, 7)


def test_text_that_is_neither_is_refused():
    with pytest.raises(UnknownOption) as caught:
        Base(optimizer="adm")
    assert (caught.value.option, caught.value.options) == ("adm", ("sgd", "adam"))


def test_text_for_an_item_whose_type_takes_text_is_a_value_where_it_is_no_option():
    class Texts(BaseConfigs):
        activation: str

    Texts.calc(Texts.activation, "relu")(lambda c: "max(0, x)")
    assert Texts(activation="gelu").activation == "gelu"
    assert Texts(activation="relu").activation == "max(0, x)"


def test_none_in_the_class_body_of_an_item_with_calculators_is_no_value():
    class Unset(Base):
        optimizer = None

    class Seeds(BaseConfigs):
        set_seed = None

    Seeds.calc(Seeds.set_seed)(lambda c: "seeded")
    assert Unset().optimizer.name == "sgd"
    assert Seeds().set_seed == "seeded"


def test_none_set_later_is_the_value_none():
    class Maybe(BaseConfigs):
        scheduler: Optional[Optimizer]

    Maybe.calc(Maybe.scheduler, "step")(lambda c: Optimizer("step"))
    assert Maybe().scheduler.name == "step"
    assert Maybe(scheduler=None).scheduler is None
    conf = Maybe()
    calculate(conf, {"scheduler": None}, ["scheduler"])
    assert conf.scheduler is None


def test_a_ready_object_replaces_the_calculation():
    ready = Optimizer("ready")
    conf = Base(optimizer=ready)
    assert conf.optimizer is ready


def test_a_test_double_replaces_the_calculation():
    double = mock.Mock(spec=Optimizer)
    conf = Base()
    calculate(conf, {"optimizer": double}, ["optimizer"])
    assert conf.optimizer is double


def test_a_value_in_the_class_body_wins_over_calculators():
    class Fixed(BaseConfigs):
        steps: int = 3

    Fixed.calc(Fixed.steps, "counted")(lambda c: 100)
    assert Fixed().steps == 3
    assert Fixed(steps="counted").steps == 100


def test_a_mapping_chooses_an_option_and_its_parameters():
    conf = Base(optimizer={"_option_": "adam", "lr": 0.3})
    assert (conf.optimizer.name, conf.optimizer.arguments[0]) == ("adam", 0.3)
    conf = Base()
    calculate(conf, {"optimizer": {"lr": "0.4"}}, ["optimizer"])
    assert (conf.optimizer.name, conf.optimizer.arguments[0]) == ("sgd", 0.4)


def test_the_order_of_overrides_does_not_matter():
    conf = Base()
    calculate(conf, {"optimizer.betas": "[0.1, 0.2]", "optimizer": "adam"}, ["optimizer"])
    assert conf.optimizer.arguments == (0.001, (0.1, 0.2))


def test_a_shared_parameter_keeps_its_value_when_another_option_is_chosen():
    conf = Base()
    conf["optimizer.lr"] = 0.7
    conf.optimizer = "adam"
    assert (conf.optimizer.name, conf.optimizer.arguments[0]) == ("adam", 0.7)


def test_a_parameter_of_another_option_is_refused_from_the_source_that_chose():
    for overrides in (
        {"optimizer.betas": (0.1, 0.2)},
        {"optimizer": "sgd", "optimizer.betas": (0.1, 0.2)},
    ):
        with pytest.raises(PlanError) as caught:
            calculate(Base(), overrides, ["optimizer"])
        assert isinstance(caught.value.errors[0], OptionNotChosen)


def test_a_parameter_of_another_option_from_a_lower_source_is_kept_and_told():
    conf = Base(optimizer="adam")
    conf["optimizer.betas"] = (0.1, 0.2)
    found = calculate(conf, {"optimizer": "sgd"}, ["optimizer"])
    assert conf.optimizer.name == "sgd"
    assert len([warning for warning in found.warnings if "optimizer.betas" in warning]) == 1


def test_a_parameter_default_of_a_class_waits_for_its_option():
    class Tuned(Base):
        pass

    Tuned.optimizer.betas = (0.3, 0.4)
    assert Tuned().optimizer.name == "sgd"
    assert Tuned(optimizer="adam").optimizer.arguments[1] == (0.3, 0.4)


def test_options_are_strings_also_in_an_enum_item():
    class Mode(Enum):
        FAST = 1
        SLOW = 2

    class Moded(BaseConfigs):
        mode: Mode = Mode.FAST

    Moded.calc(Moded.mode, "auto")(lambda c: Mode.SLOW)
    assert Moded(mode="auto").mode is Mode.SLOW
    assert Moded(mode="SLOW").mode is Mode.SLOW
    assert Moded(mode=Mode.SLOW).mode is Mode.SLOW


def test_the_chosen_option_is_named_in_what_is_looked_at():
    conf = Base(optimizer="adam")
    assert explain(conf, "optimizer").node.option == "adam"


def test_an_option_may_be_a_graph_of_configs():
    class Small(BaseConfigs):
        depth: int = 2

    class Large(Small):
        depth = 20
        heads: int = 4

    class Outer(BaseConfigs):
        net: Small

    Outer.calc(Outer.net, "small")(Small)
    Outer.calc(Outer.net, "large")(Large)
    assert Outer().net.depth == 2
    conf = Outer(net="large")
    conf.net.heads = 8
    assert (conf.net.depth, conf["net.heads"]) == (20, 8)
    conf = Outer()
    calculate(conf, {"net": {"_option_": "large", "heads": "3"}})
    assert (type(conf.net), conf.net.heads) == (Large, 3)


def test_none_set_later_replaces_the_calculation_whatever_the_type():
    class Trained(BaseConfigs):
        optimizer: list

    @Trained.calc(Trained.optimizer)
    def sgd(c: Trained) -> list:
        return ["sgd"]

    assert Trained().optimizer == ["sgd"]
    assert Trained(optimizer=None).optimizer is None
    conf = Trained()
    calculate(conf, {"optimizer": None})
    assert conf.optimizer is None
