"""Values that do not fit what is declared."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

from annotated_types import Ge, Interval, MinLen

from lab.configs import BaseConfigs, calculate
from lab.errors import PlanError, WrongType, WrongValue


class Mode(Enum):
    TRAIN = "train"
    VALID = "valid"


class Model:
    pass


class Inner(BaseConfigs):
    depth: int = 2


class Configs(BaseConfigs):
    epochs: int = 10
    rate: float = 0.1
    cuda: bool = True
    name: str = "run"
    layers: list[int] = [1, 2]
    betas: tuple[float, float] = (0.9, 0.99)
    table: dict[str, float] = {}
    either: int | list[int] = 1
    maybe: int | None = None
    sure: int = 1
    reduction: Literal["mean", "sum"] = "mean"
    mode: Mode = Mode.TRAIN
    path: Path = Path("data")
    model: Model = Model()
    activation: Callable[[float], float] = abs
    batch_size: Annotated[int, Ge(1)] = 32
    dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.5
    tags: Annotated[list[str], MinLen(1)] = ["a"]
    inner: Inner
    optimizer: Any


@Configs.calc(Configs.optimizer)
def sgd(c: Configs, lr: float = 0.1, nesterov: bool = False) -> tuple[float, bool]:
    return lr, nesterov


def planned(**overrides: Any) -> None:
    calculate(Configs(), overrides)


def test_fraction_for_an_int(refused):
    conf = Configs()
    with refused(WrongType):
        conf.epochs = 2.5


def test_bool_for_an_int(refused):
    conf = Configs()
    with refused(WrongType):
        conf.epochs = True


def test_text_that_is_no_int(refused):
    conf = Configs()
    with refused(WrongValue):
        conf.epochs = "ten"


def test_text_of_a_whole_float_for_an_int(refused):
    with refused(PlanError):
        planned(epochs="1e3")


def test_text_that_is_no_float(refused):
    with refused(PlanError):
        planned(rate="0,1")


def test_text_that_is_no_bool(refused):
    with refused(PlanError):
        planned(cuda="yes")


def test_int_for_a_bool(refused):
    with refused(PlanError):
        planned(cuda=1)


def test_number_for_text(refused):
    with refused(PlanError):
        planned(name=3)


def test_wrong_element_of_a_list(refused):
    with refused(PlanError):
        planned(layers=[1, 2, "three"])


def test_wrong_element_of_a_list_in_text(refused):
    with refused(PlanError):
        planned(layers="[1, 2, three]")


def test_text_that_is_no_list(refused):
    with refused(PlanError):
        planned(layers="1, 2")


def test_list_that_does_not_end(refused):
    with refused(PlanError):
        planned(layers="[1, 2")


def test_tuple_of_another_length(refused):
    with refused(PlanError):
        planned(betas=(0.9, 0.99, 0.999))


def test_wrong_value_in_a_dict(refused):
    with refused(PlanError):
        planned(table={"a": 1.0, "b": "two"})


def test_nothing_in_a_union_fits(refused):
    with refused(PlanError):
        planned(either=2.5)


def test_nothing_in_a_union_fits_text(refused):
    with refused(PlanError):
        planned(either="many")


def test_text_for_an_optional_int(refused):
    with refused(PlanError):
        planned(maybe="few")


def test_none_where_a_value_is_needed(refused):
    conf = Configs()
    with refused(WrongType):
        conf.sure = None


def test_none_of_the_literals(refused):
    with refused(PlanError):
        planned(reduction="max")


def test_no_member_of_an_enum(refused):
    with refused(PlanError):
        planned(mode="test")


def test_number_for_a_path(refused):
    with refused(PlanError):
        planned(path=3)


def test_object_of_another_class(refused):
    conf = Configs()
    with refused(WrongType):
        conf.model = Path("model")


def test_class_in_place_of_an_object(refused):
    conf = Configs()
    with refused(WrongType):
        conf.model = Model


def test_text_for_an_object(refused):
    with refused(PlanError):
        planned(model="resnet")


def test_value_that_cannot_be_called(refused):
    with refused(PlanError):
        planned(activation=3)


def test_value_below_the_bound(refused):
    with refused(PlanError):
        planned(batch_size=0)


def test_text_of_a_value_below_the_bound(refused):
    with refused(PlanError):
        planned(batch_size="0")


def test_value_outside_of_the_interval(refused):
    conf = Configs()
    with refused(WrongValue):
        conf.dropout = 1.0


def test_list_that_is_too_short(refused):
    with refused(PlanError):
        planned(tags=[])


def test_number_for_a_graph(refused):
    with refused(PlanError):
        planned(inner=3)


def test_text_for_a_graph(refused):
    with refused(PlanError):
        planned(inner="small")


def test_wrong_type_inside_a_graph(refused):
    with refused(PlanError):
        planned(inner={"depth": "deep"})


def test_wrong_type_of_a_parameter(refused):
    with refused(PlanError):
        planned(**{"optimizer.lr": "high", "optimizer.nesterov": 1})


def test_wrong_type_of_a_parameter_set_in_code(refused):
    conf = Configs()
    conf["optimizer.lr"] = "high"
    with refused(PlanError):
        calculate(conf, {}, ["optimizer"])


def test_wrong_values_all_at_once(refused):
    with refused(PlanError):
        planned(epochs="ten", rate=[1], cuda=None, epoch=3)
