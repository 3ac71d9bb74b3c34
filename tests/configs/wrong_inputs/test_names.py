"""Names that nothing has."""

from __future__ import annotations

from typing import Any

from lab.configs import BaseConfigs, calculate, explain, plan
from lab.errors import CalculationFailed, DeclarationError, PlanError, UnknownConfig


class Data(BaseConfigs):
    batch_size: int = 32
    workers: int = 0


class Configs(BaseConfigs):
    epochs: int = 10
    learning_rate: float = 0.1
    data: Data
    optimizer: Any
    loss = 1.0

    def run(self) -> None:
        print(self.epochs)


@Configs.calc(Configs.optimizer)
def sgd(c: Configs, lr: float = 0.1, momentum: float = 0.5) -> tuple[float, float]:
    return lr, momentum


def test_misspelt_attribute_read(refused):
    with refused(UnknownConfig):
        print(Configs().epoch)


def test_misspelt_key_read(refused):
    with refused(UnknownConfig):
        print(Configs()["learning_rat"])


def test_misspelt_key_of_an_inner_item_read(refused):
    with refused(UnknownConfig):
        print(Configs()["data.batchsize"])


def test_misspelt_attribute_of_an_inner_item_read(refused):
    with refused(UnknownConfig):
        print(Configs().data.batchsize)


def test_misspelt_attribute_set(refused):
    conf = Configs()
    with refused(UnknownConfig):
        conf.epoch = 3


def test_misspelt_key_set(refused):
    conf = Configs()
    with refused(UnknownConfig):
        conf["optimizer.lrr"] = 3


def test_misspelt_setting_of_a_new_object(refused):
    with refused(UnknownConfig):
        Configs(epoch=3)


def test_misspelt_override(refused):
    with refused(PlanError):
        calculate(Configs(), {"epoch": 3}, ["run"])


def test_misspelt_overrides_all_at_once(refused):
    with refused(PlanError):
        calculate(Configs(), {"epoch": 3, "learning": 0.5, "data.worker": 1}, ["run"])


def test_leaf_without_its_item(refused):
    with refused(PlanError):
        calculate(Configs(), {"batch_size": 3}, ["run"])


def test_override_like_nothing_there_is(refused):
    with refused(PlanError):
        calculate(Configs(), {"zzz": 3}, ["run"])


def test_override_inside_a_plain_value(refused):
    with refused(PlanError):
        calculate(Configs(), {"epochs.first": 3}, ["run"])


def test_override_inside_a_graph_that_does_not_exist(refused):
    with refused(PlanError):
        calculate(Configs(), {"dta.batch_size": 3}, ["run"])


def test_override_key_that_is_no_text(refused):
    with refused(PlanError):
        calculate(Configs(), {3: 3}, ["run"])


def test_wrong_key_inside_a_mapping_for_a_graph(refused):
    with refused(PlanError):
        calculate(Configs(), {"data": {"batch_size": 3, "worker": 2}}, ["run"])


def test_wrong_key_inside_a_mapping_for_an_option(refused):
    with refused(PlanError):
        calculate(Configs(), {"optimizer": {"_option_": "sgd", "momentun": 2}}, ["run"])


def test_misspelt_parameter(refused):
    with refused(PlanError):
        calculate(Configs(), {"optimizer.momentun": 0.9}, ["optimizer"])


def test_unknown_name_in_the_run_order(refused):
    with refused(PlanError):
        calculate(Configs(), {}, ["optimiser", "rum"])


def test_key_that_is_no_text_read(refused):
    with refused(UnknownConfig):
        print(Configs()[3])


def test_calc_on_a_name_that_no_item_has(refused):
    with refused(DeclarationError):
        Configs.calc("optimiser")


def test_misspelt_attribute_in_a_calculator(refused):
    class Wrong(BaseConfigs):
        epochs: int = 10
        steps: int

    @Wrong.calc(Wrong.steps)
    def steps(c: Wrong) -> int:
        return c.epoch * 100

    with refused(CalculationFailed):
        print(Wrong().steps)


def test_misspelt_attribute_in_a_calculator_seen_by_the_plan(told):
    class Wrong(BaseConfigs):
        epochs: int = 10
        steps: int

    @Wrong.calc(Wrong.steps)
    def steps(c: Wrong) -> int:
        return c.epoch * 100

    told("\n".join(plan(Wrong(), {}, ["steps"]).warnings))


def test_misspelt_name_explained(refused):
    with refused(UnknownConfig):
        explain(Configs(), "optimizer.momentun")


def test_misspelt_item_on_the_class(refused):
    with refused(UnknownConfig):
        print(Configs.optimiser)


def test_calc_on_an_item_that_its_graph_does_not_have(refused):
    class Outer(BaseConfigs):
        data: Data

    with refused(DeclarationError):

        @Outer.calc(Outer.data.workes)
        def workers(c: Outer) -> int:
            return 3

        print(Outer().data.workers)


def test_misspelt_default_of_a_parameter(refused):
    class Wrong(Configs):
        pass

    Wrong.optimizer.momentun = 0.9
    with refused(PlanError):
        calculate(Wrong(), {}, ["optimizer"])


def test_misspelt_default_inside_a_graph(refused):
    class Wrong(Configs):
        pass

    Wrong.data.batchsize = 3
    with refused(PlanError):
        calculate(Wrong(), {}, ["data"])


def test_misspelt_parameter_marked_as_a_hyperparameter(refused):
    class Wrong(Configs):
        pass

    Wrong.set_hyperparams(Wrong.optimizer.momentun)
    with refused(PlanError):
        calculate(Wrong(), {}, ["optimizer"])
