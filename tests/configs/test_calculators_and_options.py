"""What `calc`, `list`, `aggregate` and `set_hyperparams` register."""

from __future__ import annotations

from fractions import Fraction
from functools import partial, wraps
from typing import Any

import pytest

from lab.configs import BaseConfigs, asdict, calculate, hyperparams, option
from lab.errors import AlreadyRead, CycleError, PlanError


class Configs(BaseConfigs):
    epochs: int = 10
    steps: int
    optimizer: Any


class Data(BaseConfigs):
    dataset: str = "digits"
    train: Any
    valid: Any
    calls = []


@Data.calc([Data.train, Data.valid])
def split(c: Data, fraction: float = 0.5) -> tuple[str, str]:
    c.calls.append(c.dataset)
    return f"{c.dataset}[:{fraction}]", f"{c.dataset}[{fraction}:]"


def fresh() -> type[Configs]:
    class Fresh(Configs):
        pass

    return Fresh


@pytest.mark.parametrize("given", [Configs.steps, "steps"], ids=["item", "name"])
def test_a_calculator_computes_the_item_it_is_registered_for(given: Any):
    cls = fresh()

    @cls.calc(given)
    def steps(c: Any) -> int:
        return c.epochs * 100

    assert cls(epochs=2).steps == 200
    assert steps(cls(epochs=3)) == 300


def test_a_value_is_computed_once_and_kept():
    cls = fresh()
    calls = []

    @cls.calc(cls.steps)
    def steps(c: Configs) -> int:
        calls.append(c)
        return 1

    conf = cls()
    assert (conf.steps, conf.steps, conf["steps"], len(calls)) == (1, 1, 1, 1)


def test_the_function_names_the_option_unless_another_name_is_given():
    cls = fresh()

    @cls.calc(cls.optimizer)
    def sgd(c: Configs) -> str:
        return "SGD"

    @cls.calc(cls.optimizer, "adam")
    def make_adam(c: Configs) -> str:
        return "Adam"

    assert cls().optimizer == "SGD"
    assert cls(optimizer="adam").optimizer == "Adam"
    assert cls(optimizer=option("adam")).optimizer == "Adam"
    assert cls(optimizer="sgd").optimizer == "SGD"


def test_any_class_or_function_is_an_option():
    cls = fresh()
    cls.calc(cls.optimizer, denominator=3)(Fraction)
    cls.calc(cls.optimizer)(dict)
    cls.calc(cls.optimizer, "partial", third=4)(partial(lambda first, third: first + third, 2))
    cls.calc(cls.optimizer, "nothing")(lambda: None)
    cls.calc(cls.optimizer, "method", value="x")(str.upper.__get__("abc"))
    assert cls(optimizer={"_option_": "Fraction", "numerator": 2}).optimizer == Fraction(2, 3)
    assert cls(optimizer="dict").optimizer == {}
    assert cls(optimizer="partial").optimizer == 6
    assert cls(optimizer="nothing").optimizer is None


def test_a_decorated_function_is_an_option_by_what_it_wraps():
    def logged(function: Any) -> Any:
        @wraps(function)
        def inner(*args: Any, **named: Any) -> Any:
            return function(*args, **named)

        return inner

    cls = fresh()

    @cls.calc(cls.optimizer)
    @logged
    def sgd(c: Configs, lr: float = 0.1) -> Any:
        return c.epochs, lr

    conf = cls()
    conf["optimizer.lr"] = 0.5
    assert conf.optimizer == (10, 0.5)


def test_registering_a_name_again_replaces_it():
    cls = fresh()
    for text in ("first", "second"):

        @cls.calc(cls.optimizer, "sgd")
        def sgd(c: Configs, text: str = text) -> str:
            return text

    assert cls().optimizer == "second"


def test_a_calculator_may_be_registered_after_an_object_exists():
    cls = fresh()
    conf = cls()

    @cls.calc(cls.steps)
    def steps(c: Configs) -> int:
        return 5

    assert conf.steps == 5


def test_one_calculator_gives_several_items_and_runs_once():
    conf = Data(dataset="mnist")
    assert (conf.valid, conf.train) == ("mnist[0.5:]", "mnist[:0.5]")
    assert conf.calls == ["mnist"]


def test_a_list_may_be_returned_for_several_items():
    class Pair(BaseConfigs):
        a: int
        b: int

    Pair.calc([Pair.a, Pair.b], "both")(lambda: [1, 2])
    assert (Pair().a, Pair().b) == (1, 2)


def test_one_of_several_items_may_be_set_and_the_others_are_computed():
    conf = Data(train="mine")
    assert (conf.train, conf.valid) == ("mine", "digits[0.5:]")


def test_several_items_may_have_options_of_their_own_too():
    class More(Data):
        pass

    @More.calc(More.valid)
    def nothing(c: More) -> None:
        return None

    assert More().valid == "digits[0.5:]"
    conf = More(valid="nothing")
    assert (conf.valid, conf.train) == (None, "digits[:0.5]")


class Hooks(BaseConfigs):
    epochs: int = 3
    hooks: list[Any]


@Hooks.list(Hooks.hooks)
def save(c: Hooks, every: int = 2) -> str:
    return f"save every {every} of {c.epochs}"


@Hooks.list(Hooks.hooks)
def log(c: Hooks) -> str:
    return "log"


def test_every_list_calculator_appends_its_result():
    class More(Hooks):
        pass

    @More.list(More.hooks)
    def stop(c: More) -> str:
        return "stop"

    assert Hooks().hooks == ["save every 2 of 3", "log"]
    assert More().hooks == ["save every 2 of 3", "log", "stop"]


def test_entries_of_a_list_have_their_own_parameters():
    conf = Hooks()
    calculate(conf, {"hooks.save.every": "5"}, ["hooks"])
    assert conf.hooks[0] == "save every 5 of 3"
    assert asdict(conf)["hooks.save.every"] == 5


def test_a_list_can_be_set_as_a_whole():
    assert Hooks(hooks=["mine"]).hooks == ["mine"]


class Sets(BaseConfigs):
    dataset: str
    train: str
    valid: str


Sets.calc(Sets.train, "digits_train")(lambda c: "digits train")
Sets.calc(Sets.train, "cifar_train")(lambda c: "cifar train")
Sets.calc(Sets.valid, "digits_valid")(lambda c: "digits valid")
Sets.calc(Sets.valid, "cifar_valid")(lambda c: "cifar valid")
Sets.aggregate(Sets.dataset, "digits", (Sets.train, "digits_train"), ("valid", "digits_valid"))
Sets.aggregate(Sets.dataset, "cifar", (Sets.train, "cifar_train"), (Sets.valid, "cifar_valid"))


def test_an_aggregate_chooses_several_options_together():
    conf = Sets(dataset="cifar")
    assert (conf.dataset, conf.train, conf.valid) == ("cifar", "cifar train", "cifar valid")


def test_the_first_aggregate_is_the_default():
    conf = Sets()
    assert (conf.dataset, conf.train) == ("digits", "digits train")


def test_a_member_with_a_value_of_its_own_keeps_it():
    conf = Sets(dataset="cifar", train="digits_train")
    assert (conf.train, conf.valid) == ("digits train", "cifar valid")
    assert Sets(dataset="cifar", valid="mine").valid == "mine"


def test_none_in_two_underscores_says_that_a_member_has_no_value():
    class Chosen(Sets):
        dataset = "cifar"
        train = "digits_train"
        valid = "__none__"

    conf = Chosen()
    assert (conf.train, conf.valid) == ("digits train", "cifar valid")
    assert Chosen(train="__none__").train == "cifar train"


def test_an_aggregate_of_a_subclass_replaces_that_of_its_base():
    class Swapped(Sets):
        pass

    Swapped.aggregate(Swapped.dataset, "cifar", (Swapped.train, "digits_train"))
    conf = Swapped(dataset="cifar")
    assert (conf.train, conf.valid) == ("digits train", "digits valid")
    assert Sets(dataset="cifar").train == "cifar train"


def test_an_aggregate_reaches_into_a_graph():
    class Outer(BaseConfigs):
        kind: str
        sets: Sets

    Outer.aggregate(Outer.kind, "small", (Outer.sets.dataset, "digits"))
    Outer.aggregate(Outer.kind, "large", (Outer.sets.train, "cifar_train"))
    conf = Outer(kind="large")
    assert (conf.sets.train, conf.sets.valid) == ("cifar train", "digits valid")


def test_an_aggregate_reaches_into_a_graph_whose_class_was_used_alone():
    class Inner(BaseConfigs):
        model: str

    Inner.calc(Inner.model, "small")(lambda c: "small one")
    Inner.calc(Inner.model, "large")(lambda c: "large one")
    assert Inner().model == "small one"

    class Outer(BaseConfigs):
        kind: str
        inner: Inner

    Outer.aggregate(Outer.kind, "large", (Outer.inner.model, "large"))
    assert Outer().inner.model == "large one"
    assert Inner().model == "small one"


def test_an_aggregate_chooses_an_aggregate():
    class Chosen(Sets):
        kind: str

    Chosen.aggregate(Chosen.kind, "small", (Chosen.dataset, "digits"))
    Chosen.aggregate(Chosen.kind, "large", (Chosen.dataset, "cifar"))
    conf = Chosen(kind="large")
    assert (conf.train, conf.dataset) == ("cifar train", "cifar")
    with pytest.raises(AlreadyRead, match="cannot set 'kind'"):
        conf.kind = "small"
    assert Chosen(kind="large", dataset="digits").train == "digits train"


def test_an_aggregate_chooses_by_an_item_that_is_computed_without_computing_it():
    class Computed(BaseConfigs):
        dataset: Any
        train: str

    @Computed.calc(Computed.dataset)
    def digits(c: Computed) -> str:
        return f"all of {c.train}"

    Computed.calc(Computed.train, "plain")(lambda c: "plain train")
    Computed.calc(Computed.train, "digits_train")(lambda c: "digits train")
    Computed.aggregate(Computed.dataset, "digits", (Computed.train, "digits_train"))
    conf = Computed()
    plan = calculate(conf, {"dataset": "digits"}, ["train"])
    assert (conf.train, plan.order, plan.warnings) == ("digits train", ("train",), ())
    with pytest.raises(AlreadyRead, match="'train' has read it already"):
        conf.dataset = None
    assert conf.dataset == "all of digits train"
    calculate(Computed())


def test_aggregates_that_choose_each_other_are_a_cycle():
    class Ring(BaseConfigs):
        one: str
        other: str

    Ring.aggregate(Ring.one, "a", (Ring.other, "b"))
    Ring.aggregate(Ring.other, "b", (Ring.one, "a"))
    with pytest.raises(CycleError, match="one -> other -> one"):
        _ = Ring().one
    with pytest.raises(PlanError, match="need each other"):
        calculate(Ring())
    assert Ring(one="a").other == "b"


def test_what_is_overridden_is_a_hyperparameter():
    conf = Configs(optimizer=1)
    calculate(conf, {"epochs": 3, "steps": 7}, ["steps"])
    assert hyperparams(conf) == {"epochs": 3, "steps": 7, "optimizer": 1}
    assert hyperparams(Configs()) == {}


def test_a_mark_wins_over_what_was_overridden():
    cls = fresh()
    cls.set_hyperparams(cls.epochs, "steps")
    cls.set_hyperparams(cls.optimizer, is_hyperparam=False)
    conf = cls(optimizer=1, steps=4)
    assert hyperparams(conf) == {"epochs": 10, "steps": 4}
    cls.set_hyperparams(cls.steps, is_hyperparam=False)
    assert hyperparams(conf) == {"epochs": 10}
    assert hyperparams(Configs(optimizer=1)) == {"optimizer": 1}


def test_of_an_item_with_options_the_chosen_one_is_recorded():
    conf = Sets(dataset="cifar")
    conf.train = "digits_train"
    assert hyperparams(conf) == {"dataset": "cifar", "train": "digits_train"}


def test_a_wrong_aggregate_is_told_before_the_run():
    class Wrong(Sets):
        pass

    Wrong.aggregate(Wrong.dataset, "svhn", (Wrong.train, "svhn_train"))
    with pytest.raises(PlanError, match="svhn_train"):
        calculate(Wrong(), {"dataset": "svhn"}, ["train"])
