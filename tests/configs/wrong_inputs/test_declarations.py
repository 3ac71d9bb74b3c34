"""Declarations that cannot work."""

from __future__ import annotations

from typing import Any

from lab.configs import BaseConfigs, calculate, plan
from lab.errors import CalculationFailed, ConfigError, DeclarationError, PlanError


class Configs(BaseConfigs):
    epochs: int = 10
    dataset: str = "digits"
    train_loader: Any
    valid_loader: Any
    model: Any


def test_calc_of_the_same_item_twice(refused):
    with refused(DeclarationError):
        Configs.calc([Configs.train_loader, Configs.train_loader])


def test_calc_of_no_item(refused):
    with refused(DeclarationError):
        Configs.calc([])


def test_calc_on_something_that_is_no_item(refused):
    with refused(DeclarationError):
        Configs.calc(3)


def test_calc_on_text_that_is_no_name(refused):
    with refused(DeclarationError):
        Configs.calc("train loader")


def test_calc_on_a_method(refused):
    class WithMethod(BaseConfigs):
        epochs: int = 10

        def run(self) -> None: ...

    with refused(DeclarationError):
        WithMethod.calc(WithMethod.run)


def test_calc_with_something_that_cannot_be_called(refused):
    with refused(DeclarationError):
        Configs.calc(Configs.model)("resnet")


def test_calc_with_an_item(refused):
    with refused(DeclarationError):
        Configs.calc(Configs.model)(Configs.epochs)


def test_calc_without_its_parentheses(refused):
    with refused(DeclarationError):

        @Configs.calc
        def model(c: Configs) -> int:
            return 1


def test_function_in_place_of_the_name_of_an_option(refused):
    def model(c: Configs) -> int:
        return 1

    with refused(DeclarationError):
        Configs.calc(Configs.model, model)


def test_function_without_a_name(refused):
    class Nameless:
        def __call__(self) -> int:
            return 1

    with refused(DeclarationError):
        Configs.calc(Configs.model)(Nameless())


def test_bound_name_that_is_no_parameter(refused):
    class Wrong(BaseConfigs):
        data: Any = 1
        model: Any

    @Wrong.calc(Wrong.model, datas=Wrong.data)
    def model(data: Any) -> Any:
        return data

    with refused(PlanError):
        calculate(Wrong(), {}, ["model"])


def test_bound_name_of_a_builtin_that_does_not_tell_its_parameters(refused):
    class Wrong(BaseConfigs):
        model: Any

    Wrong.calc(Wrong.model, stop=3)(range)
    with refused(DeclarationError):
        print(Wrong().model)


def test_bound_item_of_another_class(refused):
    class Wrong(BaseConfigs):
        model: Any

    @Wrong.calc(Wrong.model, loader=Configs.train_loader)
    def model(loader: Any) -> Any:
        return loader

    with refused(PlanError):
        calculate(Wrong(), {}, ["model"])


def test_item_named_like_a_method_of_configs(refused):
    with refused(DeclarationError):

        class Wrong(BaseConfigs):
            calc: int = 3


def test_item_named_like_a_method_of_configs_without_a_value(refused):
    with refused(DeclarationError):

        class Wrong(BaseConfigs):
            list: int


def test_method_defined_under_the_name_of_an_item(refused):
    with refused(DeclarationError):

        class Wrong(Configs):
            def model(self) -> int:
                return 1


def test_property_defined_under_the_name_of_an_item(refused):
    with refused(DeclarationError):

        class Wrong(Configs):
            @property
            def epochs(self) -> int:
                return 1


def test_alias_that_is_an_item_too(refused):
    with refused(DeclarationError):

        class Wrong(BaseConfigs):
            bsz: int = 3
            batch_size: int = 4
            aliases = {"bsz": "batch_size"}


def test_aliases_that_are_no_dictionary(refused):
    with refused(DeclarationError):

        class Wrong(BaseConfigs):
            batch_size: int = 4
            aliases = ["bsz", "batch_size"]


def test_alias_of_nothing(refused):
    class Wrong(BaseConfigs):
        batch_size: int = 4
        aliases = {"bsz": "batchsize"}

    with refused(PlanError):
        calculate(Wrong(), {"bsz": 3})


def test_parameter_with_a_default_that_is_named_as_an_item(told):
    class Shadows(BaseConfigs):
        lr: float = 0.1
        optimizer: Any

    @Shadows.calc(Shadows.optimizer)
    def sgd(c: Shadows, lr: float = 0.5) -> float:
        return lr

    found = plan(Shadows(), {"lr": 1.0}, ["optimizer"])
    assert not found.errors
    told("\n".join(found.warnings))


def test_configs_class_in_place_of_an_object(refused):
    with refused(ConfigError):
        plan(Configs)


def test_something_else_in_place_of_an_object(refused):
    with refused(ConfigError):
        plan({"epochs": 3})


def test_item_called_on_the_class(refused):
    with refused(DeclarationError):
        Configs.model()


def test_calculation_of_the_wrong_number_of_values(refused):
    class Wrong(BaseConfigs):
        train: Any
        valid: Any

    @Wrong.calc([Wrong.train, Wrong.valid])
    def split(c: Wrong) -> tuple[int, int, int]:
        return 1, 2, 3

    with refused(CalculationFailed):
        print(Wrong().train)


def test_calculation_of_one_value_for_several_items(refused):
    class Wrong(BaseConfigs):
        train: Any
        valid: Any

    @Wrong.calc([Wrong.train, Wrong.valid])
    def split(c: Wrong) -> int:
        return 1

    with refused(CalculationFailed):
        print(Wrong().train)


def test_hyperparameter_that_is_no_item(refused):
    with refused(DeclarationError):
        Configs.set_hyperparams(Configs.epochs, "epoch")


def test_list_entry_of_an_unknown_item(refused):
    with refused(DeclarationError):
        Configs.list("transforms")


def test_item_named_like_a_method_of_configs_afterwards(refused):
    class Wrong(BaseConfigs):
        pass

    with refused(DeclarationError):
        Wrong.aggregate = 3


def test_aliases_that_are_no_dictionary_afterwards(refused):
    class Wrong(BaseConfigs):
        batch_size: int = 4

    with refused(DeclarationError):
        Wrong.aliases = ["bsz"]


def test_alias_of_itself(refused):
    with refused(DeclarationError):

        class Wrong(BaseConfigs):
            batch_size: int = 4
            aliases = {"bsz": "bs", "bs": "bsz"}
