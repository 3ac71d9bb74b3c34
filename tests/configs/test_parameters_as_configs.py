"""What the parameters of functions and classes mean."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import Any

import pytest

from lab.configs import BaseConfigs, asdict, calculate, computed, explain, items, plan
from lab.errors import MissingValue, PlanError, UnknownConfig


class SGD:
    """Stochastic gradient descent.

    Args:
        params: what is optimized.
        lr: the learning rate.
        momentum: how much of the last step is kept.
    """

    def __init__(self, params: Any, lr: float = 0.01, *, momentum: float = 0, **_: Any) -> None:
        self.params, self.lr, self.momentum = params, lr, momentum


class Adam(SGD):
    def __init__(
        self, params: Any, lr: float = 1e-3, betas: tuple[float, float] = (0.9, 0.999)
    ) -> None:
        super().__init__(params, lr)
        self.betas = betas


class Configs(BaseConfigs):
    lr: float = 5.0
    width: int = 3
    model: list[int]
    dataset: str = "digits"
    optimizer: SGD


@Configs.calc(Configs.model)
def model(c: Configs) -> list[int]:
    return [0] * c.width


Configs.calc(Configs.optimizer, params=computed(lambda c: tuple(c.model)))(SGD)
Configs.calc(Configs.optimizer, params=Configs.model)(Adam)


class Empty(BaseConfigs):
    a: int = 1
    b: int = 2
    target: Any


def empty() -> type[Empty]:
    class Fresh(Empty):
        pass

    return Fresh


@pytest.mark.parametrize("name", ["c", "configs", "self"])
def test_a_parameter_with_a_name_of_the_configs_is_the_configs(name: str):
    cls = empty()
    scope: dict[str, Any] = {}
    exec(f"def target({name}): return {name}.a + {name}.b", scope)
    cls.calc(cls.target)(scope["target"])
    assert cls().target == 3


def test_a_parameter_annotated_with_a_configs_class_is_the_configs():
    cls = empty()

    @cls.calc(cls.target)
    def target(everything: Empty) -> int:
        return everything.a

    @cls.calc(cls.target)
    def by_base(everything: BaseConfigs) -> int:
        return everything["b"]

    assert cls().target == 1
    assert cls(target="by_base").target == 2


def test_the_configs_are_meant_also_where_an_item_has_that_name():
    class Named(BaseConfigs):
        c: int = 7
        target: Any

    @Named.calc(Named.target)
    def target(c: Named) -> int:
        return c.c

    assert Named().target == 7


def test_in_a_class_only_the_annotation_means_the_configs():
    class Trainer:
        def __init__(self, conf: Empty, c: int = 4) -> None:
            self.found = (conf.a, c)

    cls = empty()
    cls.calc(cls.target)(Trainer)
    assert cls().target.found == (1, 4)
    assert cls(target={"c": 9}).target.found == (1, 9)


def test_a_parameter_without_a_default_named_as_an_item_is_its_value():
    cls = empty()

    @cls.calc(cls.target)
    def target(b: int, a: int) -> tuple[int, int]:
        return a, b

    assert cls(b=5).target == (1, 5)


def test_a_parameter_with_a_default_is_a_config_of_its_own():
    cls = empty()

    @cls.calc(cls.target)
    def target(c: Empty, a: int = 30, other: str = "x") -> Any:
        return c.a, a, other

    conf = cls()
    calculate(conf, {"target.a": "31"}, ["target"])
    assert conf.target == (1, 31, "x")
    assert asdict(conf)["target.other"] == "x"


def test_a_parameter_of_no_name_and_no_default_is_required():
    cls = empty()

    @cls.calc(cls.target)
    def target(size: int) -> int:
        return size

    with pytest.raises(MissingValue, match=r"target\.size"):
        print(cls().target)
    conf = cls()
    conf["target.size"] = 4
    assert conf.target == 4
    cls.target.size = 6
    assert cls().target == 6


def test_a_parameter_can_be_tied_to_an_item():
    cls = empty()

    @cls.calc(cls.target, size=Empty.a, text="fixed")
    def target(size: int = 9, text: str = "free") -> Any:
        return size, text

    conf = cls(a=4)
    assert conf.target == (4, "fixed")
    assert "target.size" not in asdict(conf)
    with pytest.raises(UnknownConfig):
        print(conf["target.text"])


def test_a_parameter_can_be_tied_to_an_item_inside_a_graph():
    class Outer(BaseConfigs):
        inner: Empty
        target: Any

    @Outer.calc(Outer.target, size=Outer.inner.b)
    def target(size: int) -> int:
        return size

    assert Outer(inner={"b": 8}).target == 8


def test_a_parameter_can_be_tied_to_an_expression():
    conf = Configs(width=2)
    assert conf.optimizer.params == (0, 0)
    with pytest.raises(PlanError, match=r"optimizer\.params"):
        calculate(Configs(), {"optimizer.params": []}, ["optimizer"])


def test_an_expression_may_take_nothing_and_may_give_another_value_each_time():
    cls = empty()
    count = iter(range(10))

    @cls.calc(cls.target, number=computed(lambda: next(count)))
    def target(number: int) -> int:
        return number

    assert (cls().target, cls().target) == (0, 1)


def test_an_expression_counts_as_reading():
    conf = Configs()
    assert conf.optimizer.params == (0, 0, 0)
    assert "model" in explain(conf, "optimizer").node.reads


def test_a_class_is_an_option_by_its_signature():
    conf = Configs(optimizer="Adam")
    conf["optimizer.betas"] = (0.5, 0.9)
    calculate(conf, {"optimizer.lr": "1e-2"}, ["optimizer"])
    assert type(conf.optimizer) is Adam
    assert (conf.optimizer.lr, conf.optimizer.betas, conf.optimizer.params) == (
        0.01,
        (0.5, 0.9),
        [0, 0, 0],
    )


def test_every_argument_of_a_class_has_its_type_default_and_help():
    found = {node.name: node for node in items(Configs())}
    assert [name for name in found if name.startswith("optimizer.")] == [
        "optimizer.lr",
        "optimizer.momentum",
    ]
    momentum = found["optimizer.momentum"]
    assert (momentum.type, momentum.value) == ("float", "0")
    assert momentum.doc == "how much of the last step is kept."


def test_only_the_chosen_option_has_parameters():
    names = [node.name for node in items(Configs(optimizer="Adam"))]
    assert "optimizer.betas" in names
    assert "optimizer.momentum" not in names


def test_keyword_only_and_positional_only_parameters_are_given():
    cls = empty()

    @cls.calc(cls.target)
    def target(b: int, x: int = 5, /, c: Any = None, *rest: int, y: int = 6, **more: int) -> Any:
        return b, x, c.a, rest, y, more

    conf = cls(target={"y": 7, "x": 1})
    assert conf.target == (2, 1, 1, (), 7, {})


def test_parameters_of_a_calculator_of_several_items_belong_to_the_first():
    class Data(BaseConfigs):
        train: Any
        valid: Any

    @Data.calc([Data.train, Data.valid])
    def split(fraction: float = 0.5) -> tuple[float, float]:
        return fraction, 1 - fraction

    conf = Data()
    calculate(conf, {"train.fraction": "0.75"}, ["valid"])
    assert (conf.train, conf.valid) == (0.75, 0.25)
    with pytest.raises(PlanError):
        calculate(Data(), {"valid.fraction": 0.75}, ["valid"])


def test_parameters_of_list_entries_are_named_by_the_function():
    class Hooks(BaseConfigs):
        width: int = 2
        hooks: list[Any]

    @Hooks.list(Hooks.hooks, size=Hooks.width)
    def save(size: int, every: int = 3) -> Any:
        return size, every

    @Hooks.list(Hooks.hooks, "log")
    def _(every: int = 4) -> int:
        return every

    conf = Hooks()
    calculate(conf, {"hooks.save.every": 30, "hooks.log.every": 40})
    assert conf.hooks == [(2, 30), 40]


def test_text_for_a_parameter_is_converted_to_its_type():
    cls = empty()

    @cls.calc(cls.target)
    def target(
        path: Path = Path("a"), sizes: list[int] | None = None, on: bool = False, free: Any = 0
    ) -> Any:
        return path, sizes, on, free

    conf = cls()
    calculate(
        conf,
        {"target.path": "b/c", "target.sizes": "[2, 3]", "target.on": "true", "target.free": "1.5"},
        ["target"],
    )
    assert conf.target == (Path("b/c"), [2, 3], True, 1.5)


def test_a_parameter_annotated_with_a_class_is_no_item_of_its_own_class():
    class Net:
        def __init__(self, conf: Configs) -> None:
            self.width = conf.width

    @Configs.calc(Configs.model, "by_net")
    def by_net(c: Configs, net: Net | None = None) -> Any:
        return net

    assert Configs(model="by_net").model is None


def test_mutable_defaults_of_parameters_are_not_shared():
    cls = empty()

    @cls.calc(cls.target)
    def target(sizes: list[int] = []) -> list[int]:  # noqa: B006  # what is tested
        sizes.append(1)
        return sizes

    assert (cls().target, cls().target) == ([1], [1])


def test_a_builtin_class_that_tells_no_signature_is_called_without_arguments():
    cls = empty()
    cls.calc(cls.target)(dict)
    cls.calc(cls.target)(deque)
    assert cls().target == {}


def test_a_parameter_has_options_of_its_own_where_a_class_gives_them():
    cls = empty()

    @cls.calc(cls.target)
    def target(scale: Any = 1) -> Any:
        return scale

    @cls.calc(cls.target.scale)
    def doubled(c: Empty) -> int:
        return 2 * c.b

    assert cls().target == 4
    assert cls(target={"scale": 9}).target == 9


def test_torch_optimizers_are_options_with_all_their_arguments():
    torch = pytest.importorskip("torch")

    class Training(BaseConfigs):
        model: torch.nn.Module
        optimizer: torch.optim.Optimizer

    Training.calc(Training.model)(lambda c: torch.nn.Linear(2, 1))
    for optimizer in (torch.optim.SGD, torch.optim.Adam):
        Training.calc(Training.optimizer, params=computed(lambda c: c.model.parameters()))(
            optimizer
        )
    conf = Training()
    calculate(conf, {"optimizer": "Adam", "optimizer.lr": "1e-2", "optimizer.betas": "[0.5, 0.9]"})
    assert isinstance(conf.optimizer, torch.optim.Adam)
    assert conf.optimizer.defaults["lr"] == 0.01
    assert tuple(conf.optimizer.defaults["betas"]) == (0.5, 0.9)
    assert next(conf.model.parameters()) is conf.optimizer.param_groups[0]["params"][0]


class Maker:
    def alone(self) -> int:
        return 5

    def counted(self, c: Any) -> int:
        return int(c.a) + 1


@pytest.mark.parametrize(("method", "reads"), [(Maker().alone, ()), (Maker().counted, ("a",))])
def test_a_method_that_is_bound_to_an_object_is_an_option_and_an_expression(
    method: Any, reads: tuple[str, ...]
):
    cls = empty()
    cls.calc(cls.target)(method)
    cls.calc(cls.target, "expression", value=computed(method))(lambda value: value)
    assert cls(a=4).target == 5
    assert cls(a=4, target="expression").target == 5
    for option in ("counted" if reads else "alone", "expression"):
        assert plan(cls(), {"target": option}, ["target"]).order == (*reads, "target")
