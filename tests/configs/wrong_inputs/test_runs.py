"""What goes wrong while a graph is computed, or afterwards."""

from __future__ import annotations

import pickle
import threading
from fractions import Fraction
from typing import Any

from lab.configs import BaseConfigs, calculate, plan
from lab.errors import AlreadyRead, CalculationFailed, ConfigError, NotPicklable, PlanError

CALLBACKS = [lambda: None]


class Data(BaseConfigs):
    batch_size: int = 32
    loader: Any


@Data.calc(Data.loader)
def loader(c: Data) -> range:
    return range(c.batch_size)


class Configs(BaseConfigs):
    epochs: int = 10
    width: int = 3
    data: Data
    model: Any
    steps: int
    optimizer: Any
    callback: Any = None

    def run(self) -> Any:
        return self.optimizer


@Configs.calc(Configs.model)
def model(c: Configs) -> float:
    return 1 / c.width


@Configs.calc(Configs.steps)
def steps(c: Configs) -> int:
    return c.epochs * len(c.data.loader)


@Configs.calc(Configs.optimizer)
def sgd(c: Configs, lr: float = 0.1) -> Any:
    return c.model, lr


@Configs.calc(Configs.optimizer)
def adam(c: Configs, betas: Any = (0.9, 0.99)) -> Any:
    return c.model, betas, c.epochs


def test_run_order_in_the_place_of_overrides(refused):
    with refused(ConfigError):
        calculate(Configs(), ["run"])  # type: ignore[arg-type]  # the mistake


def test_run_order_that_is_text(refused):
    with refused(ConfigError):
        calculate(Configs(), {}, "run")


def test_setting_what_was_computed(refused):
    conf = Configs()
    print(conf.model)
    with refused(AlreadyRead):
        conf.model = 3


def test_setting_what_something_was_computed_from(refused):
    conf = Configs()
    print(conf.optimizer)
    with refused(AlreadyRead):
        conf.width = 4


def test_setting_a_parameter_that_was_read(refused):
    conf = Configs()
    print(conf.optimizer)
    with refused(AlreadyRead):
        conf["optimizer.lr"] = 0.5


def test_setting_inside_a_graph_what_was_read(refused):
    conf = Configs()
    print(conf.steps)
    with refused(AlreadyRead):
        conf.data.batch_size = 64


def test_replacing_a_graph_that_was_read(refused):
    conf = Configs()
    print(conf.steps)
    with refused(AlreadyRead):
        conf.data = Data(batch_size=3)


def test_overriding_what_was_read(refused):
    conf = Configs()
    print(conf.steps)
    with refused(PlanError):
        calculate(conf, {"epochs": 4, "steps": 7}, ["steps"])


def test_setting_in_a_calculator_what_it_has_read(refused):
    class Wrong(BaseConfigs):
        width: int = 3
        model: Any

    @Wrong.calc(Wrong.model)
    def model(c: Wrong) -> int:
        c.width = c.width + 1
        return c.width

    with refused(AlreadyRead):
        print(Wrong().model)


def test_calculator_that_raises(refused):
    conf = Configs(width=0)
    with refused(CalculationFailed):
        print(conf.model)


def test_calculator_that_raises_below_others(refused):
    class Deep(Configs):
        trainer: Any

        def run(self) -> Any:
            return self.trainer

    @Deep.calc(Deep.trainer)
    def trainer(optimizer: Any) -> Any:
        return optimizer

    conf = Deep(width=0)
    with refused(CalculationFailed):
        conf.run()


def test_calculator_that_raises_in_a_run(refused):
    with refused(CalculationFailed):
        calculate(Configs(), {"width": 0}, ["run"])


def test_calculator_that_raises_without_words(refused):
    class Wrong(BaseConfigs):
        model: Any

    @Wrong.calc(Wrong.model)
    def model(c: Wrong) -> Any:
        raise NotImplementedError

    with refused(CalculationFailed):
        print(Wrong().model)


def test_calculator_that_reads_an_attribute_that_a_value_lacks(refused):
    class Wrong(BaseConfigs):
        width: int = 3
        model: Any

    @Wrong.calc(Wrong.model)
    def model(c: Wrong) -> Any:
        return c.width.bits

    with refused(CalculationFailed):
        print(Wrong().model)


def test_library_class_that_refuses_its_arguments(refused):
    class Wrong(BaseConfigs):
        numbers: Any

    Wrong.calc(Wrong.numbers, numerator=1, denominator=0)(Fraction)
    with refused(CalculationFailed):
        print(Wrong().numbers)


def test_entry_of_a_list_that_raises(refused):
    class Wrong(BaseConfigs):
        hooks: list[Any]

    @Wrong.list(Wrong.hooks)
    def first(c: Wrong) -> int:
        return 1

    @Wrong.list(Wrong.hooks)
    def second(c: Wrong) -> int:
        raise ValueError("no hook")

    with refused(CalculationFailed):
        print(Wrong().hooks)


def test_pickling_a_lambda(refused):
    conf = Configs(callback=CALLBACKS[0])
    with refused(NotPicklable):
        pickle.dumps(conf)


def test_pickling_a_lock(refused):
    conf = Configs(callback=threading.Lock())
    with refused(NotPicklable):
        pickle.dumps(conf)


def test_pickling_an_object_of_a_local_class(refused):
    class Callback:
        def __repr__(self) -> str:
            return "Callback()"

    conf = Configs(callback=[Callback()])
    with refused(NotPicklable):
        pickle.dumps(conf)


def test_pickling_configs_of_a_local_class(refused):
    class Local(BaseConfigs):
        epochs: int = 3

    with refused(NotPicklable):
        pickle.dumps(Local())


def unread(conf: Configs, *run_order: str, **overrides: Any) -> str:
    found = plan(conf, {name.replace("__", "."): v for name, v in overrides.items()}, run_order)
    assert not found.errors
    return "\n".join(found.warnings)


def test_override_that_nothing_reads(told):
    told(unread(Configs(), "run", callback=3))


def test_override_that_only_an_option_reads_that_is_not_chosen(told):
    told(unread(Configs(), "run", epochs=3))


def test_override_that_only_items_read_that_the_run_does_not_reach(told):
    told(unread(Configs(), "model", data__batch_size=3))


def test_override_of_a_parameter_of_an_item_that_the_run_does_not_reach(told):
    told(unread(Configs(), "model", optimizer__lr=3))


def test_override_of_an_item_that_the_run_does_not_reach(told):
    told(unread(Configs(), "model", optimizer="adam", steps=7))


def test_setting_in_code_that_nothing_reads(told):
    told(unread(Configs(callback=3), "run"))


def test_override_that_may_be_read_where_the_configs_are_handed_on(told):
    class Handed(BaseConfigs):
        epochs: int = 10
        model: Any

    @Handed.calc(Handed.model)
    def model(c: Handed) -> Any:
        return vars_of(c)

    def vars_of(c: Handed) -> Any:
        return c

    told("\n".join(plan(Handed(), {"epochs": 3}, ["model"]).warnings))
