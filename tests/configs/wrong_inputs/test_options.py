"""Options that an item does not have, and parameters that the chosen option does not take."""

from __future__ import annotations

from lab.configs import BaseConfigs, calculate, option, plan
from lab.errors import DeclarationError, OptionNotChosen, PlanError, UnknownOption, WrongType


class Optimizer:
    pass


class Configs(BaseConfigs):
    optimizer: Optimizer
    activation: str
    loss_func = "cross_entropy"


@Configs.calc(Configs.optimizer)
def sgd(c: Configs, lr: float = 0.1, momentum: float = 0.5) -> Optimizer:
    return Optimizer()


@Configs.calc(Configs.optimizer)
def adam(c: Configs, lr: float = 0.1, betas: tuple[float, float] = (0.9, 0.99)) -> Optimizer:
    return Optimizer()


@Configs.calc(Configs.activation)
def relu(c: Configs) -> str:
    return "max(0, x)"


@Configs.calc(Configs.loss_func)
def cross_entropy(c: Configs) -> str:
    return "cross entropy"


@Configs.calc(Configs.loss_func)
def mean_squares(c: Configs) -> str:
    return "mean squares"


def test_misspelt_option_in_the_class_body(refused):
    class Wrong(Configs):
        optimizer = "agd"

    with refused(UnknownOption):
        print(Wrong().optimizer)


def test_misspelt_option_in_the_class_body_seen_by_the_plan(refused):
    class Wrong(Configs):
        optimizer = "agd"

    with refused(PlanError):
        calculate(Wrong(), {}, ["optimizer"])


def test_misspelt_option_of_an_item_without_a_type_in_the_class_body(refused):
    class Wrong(Configs):
        loss_func = "cross_entropie"

    with refused(UnknownOption):
        print(Wrong().loss_func)


def test_misspelt_option_set_in_code(refused):
    conf = Configs()
    with refused(UnknownOption):
        conf.optimizer = "adm"


def test_option_like_none_there_is(refused):
    conf = Configs()
    with refused(UnknownOption):
        conf.optimizer = "lbfgs"


def test_option_of_another_item(refused):
    conf = Configs()
    with refused(UnknownOption):
        conf.loss_func = "adam"


def test_misspelt_option_by_override(refused):
    with refused(PlanError):
        calculate(Configs(), {"optimizer": "Adam", "loss_func": "mean_square"}, ["optimizer"])


def test_misspelt_option_in_a_mapping(refused):
    with refused(PlanError):
        calculate(Configs(), {"optimizer": {"_option_": "adan", "lr": 1}}, ["optimizer"])


def test_unknown_option_asked_for_as_an_option_where_text_is_a_value_too(refused):
    conf = Configs()
    with refused(UnknownOption):
        conf.activation = option("relo")


def test_option_asked_for_of_an_item_without_calculators(refused):
    class Plain(BaseConfigs):
        epochs: int = 10

    conf = Plain()
    with refused(UnknownOption):
        conf.epochs = option("many")


def test_function_in_place_of_a_choice(refused):
    conf = Configs()
    with refused(WrongType):
        conf.optimizer = sgd


def test_parameter_of_another_option_from_the_same_source(refused):
    with refused(PlanError):
        calculate(Configs(), {"optimizer": "sgd", "optimizer.betas": (0.5, 0.9)}, ["optimizer"])


def test_parameter_of_an_option_that_is_not_the_default(refused):
    with refused(PlanError):
        calculate(Configs(), {"optimizer.betas": (0.5, 0.9)}, ["optimizer"])


def test_parameter_of_another_option_from_a_lower_source(told):
    conf = Configs()
    conf["optimizer.betas"] = (0.5, 0.9)
    found = plan(conf, {"optimizer": "sgd"}, ["optimizer"])
    assert not found.errors
    told("\n".join(found.warnings))


def test_parameter_of_another_option_read(refused):
    with refused(OptionNotChosen):
        print(Configs()["optimizer.betas"])


def test_parameter_of_an_option_where_a_value_is_set(refused):
    conf = Configs()
    conf.optimizer = Optimizer()
    with refused(PlanError):
        calculate(conf, {"optimizer.lr": 0.5}, ["optimizer"])


def test_parameter_of_another_option_computed_without_a_plan(refused):
    conf = Configs()
    conf["optimizer.betas"] = (0.5, 0.9)
    with refused(OptionNotChosen):
        print(conf.optimizer)


def test_aggregate_that_names_a_member_twice(refused):
    with refused(DeclarationError):
        Configs.aggregate(Configs.loss_func, "x", (Configs.optimizer, "sgd"), ("optimizer", "adam"))


def test_aggregate_of_an_unknown_member(refused):
    with refused(DeclarationError):
        Configs.aggregate(Configs.loss_func, "x", ("optimiser", "sgd"))


def test_aggregate_of_something_that_is_no_pair(refused):
    with refused(DeclarationError):
        Configs.aggregate(Configs.loss_func, "x", Configs.optimizer, "sgd")


def test_aggregate_that_chooses_an_unknown_option(refused):
    class Wrong(BaseConfigs):
        dataset: str
        loader: Optimizer

    Wrong.aggregate(Wrong.dataset, "mnist", (Wrong.loader, "mnist_loader"))
    Wrong.calc(Wrong.loader, "cifar_loader")(lambda c: Optimizer())
    with refused(PlanError):
        calculate(Wrong(), {}, ["loader"])


def test_unknown_option_of_an_aggregate(refused):
    class Wrong(BaseConfigs):
        dataset = "minst"
        loader: Optimizer

    Wrong.aggregate(Wrong.dataset, "mnist", (Wrong.loader, "mnist_loader"))
    Wrong.calc(Wrong.loader, "mnist_loader")(lambda c: Optimizer())
    with refused(PlanError):
        calculate(Wrong(), {}, ["loader"])
