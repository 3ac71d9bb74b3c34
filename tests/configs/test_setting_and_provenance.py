"""Where values come from, which of them wins, and until when they can be set."""

from __future__ import annotations

from typing import Any

import pytest

from lab.configs import BaseConfigs, calculate, diff, explain, graph
from lab.errors import AlreadyRead, CalculationFailed, PlanError, WrongType


class Inner(BaseConfigs):
    size: int = 1
    area: int


Inner.calc(Inner.area, "square")(lambda c: c.size**2)


class Configs(BaseConfigs):
    epochs: int = 10
    rate: float = 0.1
    inner: Inner
    steps: Any
    optimizer: Any


@Configs.calc(Configs.steps)
def steps(c: Configs) -> Any:
    return c.epochs, c.inner.area


@Configs.calc(Configs.optimizer)
def sgd(c: Configs, lr: float = 0.1) -> Any:
    return c.rate, lr


@Configs.calc(Configs.optimizer)
def adam(c: Configs, lr: float = 0.001) -> Any:
    return lr


def source(conf: BaseConfigs, key: str) -> str:
    return explain(conf, key).node.source


def test_code_wins_over_the_class_and_an_override_over_code():
    conf = Configs(rate=1)
    conf.epochs = 20
    calculate(conf, {"epochs": 30}, ["steps"])
    assert (conf.epochs, conf.rate) == (30, 1)


def test_a_later_setting_wins_over_an_earlier_one():
    conf = Configs(epochs=20)
    conf.epochs = 30
    conf["epochs"] = 40
    assert conf.epochs == 40


def test_code_after_an_override_does_not_win_over_it():
    conf = Configs()
    calculate(conf, {"epochs": 30}, ["optimizer"])
    conf.epochs = 5
    assert conf.epochs == 30


def test_the_source_of_an_override_can_be_named():
    conf = Configs()
    calculate(conf, {"epochs": 30}, ["steps"], source="sweep trial 3")
    assert "sweep trial 3" in source(conf, "epochs")


def test_every_value_knows_where_it_comes_from():
    conf = Configs(rate=1)
    conf.inner.size = 2
    calculate(conf, {"epochs": 30}, ["steps"])
    assert source(conf, "epochs") == "override"
    assert source(conf, "inner.size").startswith("code (test_setting_and_provenance.py:")
    assert source(conf, "rate").startswith("code (test_setting_and_provenance.py:")
    assert source(conf, "inner.area") == "declared"
    assert source(Configs(), "epochs") == "default in Configs"
    assert source(Configs(), "optimizer") == "first option"


def test_the_line_is_that_of_the_setting():
    conf = Configs()
    line = test_the_line_is_that_of_the_setting.__code__.co_firstlineno + 4
    conf.epochs = 3
    conf["rate"] = 0.5
    conf.inner.size = 5
    found = [source(conf, key).rstrip(")").rpartition(":")[2] for key in ("epochs", "rate")]
    assert found == [str(line - 1), str(line)]
    assert f":{line + 1})" in source(conf, "inner.size")


def test_the_values_that_lost_are_kept_with_their_sources():
    class Sub(Configs):
        epochs = 15

    conf = Sub(epochs=20)
    conf.epochs = 25
    calculate(conf, {"epochs": 30}, ["steps"])
    lost = explain(conf, "epochs").node.lost
    assert [text.partition(" ")[0] for text in lost] == ["25", "20", "15", "10"]
    assert "default in Sub" in lost[2]
    assert "default in Configs" in lost[3]


def test_a_value_may_be_set_again_until_a_computed_item_has_read_it():
    conf = Configs()
    assert conf.epochs == 10
    conf.epochs = 20
    assert conf.epochs == 20
    conf.epochs = 30
    assert conf.steps == (30, 1)
    with pytest.raises(AlreadyRead) as caught:
        conf.epochs = 40
    assert caught.value.reader == "steps"
    assert conf.epochs == 30


def test_what_a_computed_item_has_read_stays_set_though_who_read_it_first_failed():
    class Failing(BaseConfigs):
        epochs: int = 1
        inner: Inner
        first: int
        second: int

    @Failing.calc(Failing.first)
    def first(c: Failing) -> Any:
        return c.epochs, c.inner.size, c.second, 1 / 0

    @Failing.calc(Failing.second)
    def second(c: Failing) -> Any:
        return c.epochs + c.inner.size

    conf = Failing()
    with pytest.raises(CalculationFailed):
        _ = conf.first
    with pytest.raises(AlreadyRead, match="second"):
        conf.epochs = 2
    with pytest.raises(AlreadyRead, match="second"):
        conf["inner.size"] = 2
    assert conf.second == 2


def test_a_computed_item_cannot_be_set():
    conf = Configs()
    assert conf.steps == (10, 1)
    with pytest.raises(AlreadyRead) as caught:
        conf.steps = 3
    assert (caught.value.key, caught.value.reader) == ("steps", "")


def test_the_same_holds_inside_a_graph():
    conf = Configs()
    assert conf.inner.size == 1
    conf.inner.size = 3
    assert conf.inner.area == 9
    for set_it in (
        lambda: setattr(conf.inner, "size", 4),
        lambda: conf.__setitem__("inner.size", 4),
        lambda: conf.__setitem__("inner", {"size": 4}),
        lambda: setattr(conf, "inner", Inner(size=4)),
    ):
        with pytest.raises(AlreadyRead):
            set_it()
    assert (conf.inner.size, conf.inner.area) == (3, 9)


def test_a_parameter_may_be_set_until_its_item_is_computed():
    conf = Configs()
    conf["optimizer.lr"] = 0.5
    conf["optimizer.lr"] = 0.6
    assert conf.optimizer == (0.1, 0.6)
    with pytest.raises(AlreadyRead):
        conf["optimizer.lr"] = 0.7


def test_what_is_read_can_still_be_set_on_another_object():
    assert Configs().steps == (10, 1)
    assert Configs(epochs=3).steps == (3, 1)


def test_a_wrong_value_leaves_the_old_one():
    conf = Configs(epochs=20)
    with pytest.raises(WrongType):
        conf.epochs = 2.5
    assert conf.epochs == 20
    assert explain(conf, "epochs").node.lost == ("10 (default in Configs)",)


def test_overriding_something_already_read_is_part_of_the_report():
    conf = Configs()
    assert conf.steps == (10, 1)
    with pytest.raises(PlanError) as caught:
        calculate(conf, {"epochs": 3, "steps": 4, "rate": "x"}, ["optimizer"])
    assert sorted(type(error).__name__ for error in caught.value.errors) == [
        "AlreadyRead",
        "AlreadyRead",
        "WrongValue",
    ]


def test_numbers_are_accepted_where_python_accepts_them():
    class Numbers(BaseConfigs):
        real: float = 0.5
        maybe: int = None
        loose: any = 1
        module: pytest = None
        unknown: NoSuchName = 2  # noqa: F821

    conf = Numbers(real=1, maybe=None, loose="x", module=3, unknown=[])
    assert (conf.real, conf.maybe, conf.loose, conf.module, conf.unknown) == (1, None, "x", 3, [])
    conf.maybe = "4"
    assert conf.maybe == 4


def test_numpy_scalars_are_numbers():
    numpy = pytest.importorskip("numpy")
    conf = Configs(epochs=numpy.int64(3), rate=numpy.float32(0.5))
    assert (conf.epochs, conf.rate) == (3, 0.5)
    conf.rate = numpy.int32(2)
    with pytest.raises(WrongType):
        conf.epochs = numpy.float64(3)
    with pytest.raises(WrongType):
        conf.epochs = numpy.bool_(True)


def test_class_defaults_are_not_checked():
    class Loose(BaseConfigs):
        epochs: int = "many"
        rate: float = None

    assert (Loose().epochs, Loose().rate) == ("many", None)


def test_graphs_tell_what_was_really_read():
    conf = Configs()
    calculate(conf, {}, ["steps"])
    found = graph(conf)
    assert found["steps"].reads == ("epochs", "inner.area")
    assert [edge.kind for edge in found.edges if edge.reader == "steps"] == ["read", "read"]
    assert found.order == ("epochs", "inner.size", "inner.area", "steps")


def test_two_objects_differ_in_what_was_given():
    left, right = Configs(epochs=20), Configs(optimizer="adam")
    found = {one.key: (one.left, one.right) for one in diff(left, right)}
    assert found == {
        "epochs": (20, 10),
        "optimizer": ("sgd", "adam"),
        "optimizer.lr": (0.1, 0.001),
    }
    assert diff(Configs(), Configs()) == ()


def test_arrays_differ_in_what_they_hold():
    numpy = pytest.importorskip("numpy")
    one = Configs(steps=numpy.ones(2), optimizer=[numpy.zeros(2)])
    other = Configs(steps=numpy.ones(2), optimizer=[numpy.ones(2)])
    assert [found.key for found in diff(one, other)] == ["optimizer"]


def test_a_list_that_is_shared_by_the_runs_of_a_sweep_stays_as_it_was():
    class Layers(BaseConfigs):
        sizes: list
        net: list

    @Layers.calc(Layers.net)
    def net(c: Layers) -> list:
        c.sizes.append(10)
        return c.sizes

    overrides = {"sizes": [1, 2]}
    for _ in range(2):
        conf = Layers()
        calculate(conf, overrides)
        assert conf.net == [1, 2, 10]
    assert overrides == {"sizes": [1, 2]}
