"""Reading computes, in place and once."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from lab.configs import BaseConfigs, asdict, calculate, graph, plan
from lab.errors import CalculationFailed, CycleError, PlanError


class Optimizer(tuple):
    pass


class Configs(BaseConfigs):
    log: Any = None
    cuda: bool = False
    index: int
    epochs: int = 10
    data: Any
    model: Any
    optimizer: Optimizer
    unread: Any

    def run(self) -> Any:
        return self.optimizer, self.epochs

    def maybe(self) -> Any:
        return self.data if self.cuda else None

    def whole(self) -> Any:
        return taking(self)


def taking(conf: Configs) -> Any:
    return conf.optimizer


@Configs.calc(Configs.data)
def data(c: Configs) -> str:
    c.log.append("data")
    return "data"


@Configs.calc(Configs.model)
def model(c: Configs) -> Any:
    c.log.append("model begins")
    found = c.data, (c.index if c.cuda else "cpu")
    c.log.append("model ends")
    return found


@Configs.calc(Configs.optimizer)
def sgd(c: Configs, lr: float = 0.1) -> Any:
    c.log.append("optimizer")
    return Optimizer((c.model, lr))


@Configs.calc(Configs.unread)
def never(c: Configs) -> Any:
    raise AssertionError("nobody reads this")


def test_nothing_is_computed_that_nobody_reads():
    conf = Configs(log=[])
    assert conf.optimizer == (("data", "cpu"), 0.1)
    assert conf.log == ["optimizer", "model begins", "data", "model ends"]


def test_a_branch_that_is_not_taken_is_not_computed():
    conf = Configs(log=[])
    assert conf.model == ("data", "cpu")
    assert graph(conf)["index"].order == -1
    assert Configs(log=[], cuda=True, index=1).model == ("data", 1)


def test_looking_computes_nothing():
    conf = Configs(log=[])
    asdict(conf)
    graph(conf)
    plan(conf, {"epochs": 3}, ["run"])
    assert conf.log == []


def test_a_run_order_computes_its_items_in_that_order():
    conf = Configs(log=[])
    calculate(conf, {}, ["data", "optimizer"])
    assert conf.log == ["data", "optimizer", "model begins", "model ends"]
    assert graph(conf).order.index("data") < graph(conf).order.index("optimizer")


def test_of_a_method_what_it_always_reads_is_computed_beforehand():
    conf = Configs(log=[])
    calculate(conf, {}, ["run"])
    assert conf.log == ["optimizer", "model begins", "data", "model ends"]
    conf.log.clear()
    conf.run()
    assert conf.log == []


def test_of_a_method_what_it_may_read_waits():
    conf = Configs(log=[])
    calculate(conf, {}, ["maybe"])
    assert conf.log == []
    assert conf.maybe() is None


def test_the_order_may_name_a_graph_inside_or_what_is_in_it():
    class Outer(BaseConfigs):
        inner: Configs

    conf = Outer(inner={"log": [], "unread": 1, "index": 2})
    calculate(conf, {}, ["inner.data"])
    assert conf.inner.log == ["data"]
    calculate(conf, {}, ["inner"])
    assert conf.inner.log == ["data", "model begins", "model ends", "optimizer"]


def test_without_an_order_everything_is_computed():
    conf = Configs(log=[], unread=1, index=2)
    calculate(conf)
    assert sorted(conf.log) == ["data", "model begins", "model ends", "optimizer"]
    assert all(node.order >= 0 for node in graph(conf).nodes if "." not in node.name)


def test_an_unknown_name_in_the_order_is_an_error_and_nothing_runs():
    conf = Configs(log=[])
    with pytest.raises(PlanError):
        calculate(conf, {"epochs": 3}, ["data", "optimiser"])
    assert conf.log == []
    assert conf.epochs == 10


def test_one_report_names_everything_that_is_wrong():
    conf = Configs(log=[], cuda=True)
    with pytest.raises(PlanError) as caught:
        calculate(
            conf,
            {"epoch": 3, "epochs": "ten", "optimizer": "adam", "unread": 1},
            ["data", "model", "missing"],
        )
    kinds = sorted(type(error).__name__ for error in caught.value.errors)
    assert kinds == ["UnknownConfig", "UnknownConfig", "UnknownOption", "WrongValue"]
    assert conf.log == []


def test_overrides_that_are_wrong_are_taken_back():
    conf = Configs(log=[], epochs=4)
    with pytest.raises(PlanError):
        calculate(conf, {"epochs": 5, "epoch": 6}, ["run"])
    assert conf.epochs == 4


def test_the_plan_tells_the_order_before_the_run():
    found = plan(Configs(log=[]), {}, ["run"])
    assert not found.errors
    positions = [found.order.index(name) for name in ("data", "model", "optimizer", "epochs")]
    assert positions == sorted(positions)
    assert "unread" not in found.order
    assert "optimizer" in str(found)


def test_a_method_that_hands_the_configs_on_is_open():
    found = plan(Configs(), {"epochs": 3}, ["whole"])
    assert len(found.opens) == 1
    assert [(one.key, one.is_certain) for one in found.unread] == [("epochs", False)]


def test_an_override_that_nothing_reads_is_told_with_the_reason():
    found = plan(Configs(log=[]), {"epochs": 3}, ["model"])
    assert [(one.key, one.is_certain) for one in found.unread] == [("epochs", True)]
    assert str(found.unread[0]) in found.warnings


def test_a_plan_without_errors_checks_nothing_away():
    found = plan(Configs(log=[]), {}, ["run"])
    found.check()
    with pytest.raises(PlanError):
        plan(Configs(log=[]), {"epoch": 1}, ["run"]).check()


def test_two_threads_that_read_one_item_compute_it_once():
    both = threading.Barrier(2)
    started, go_on = threading.Event(), threading.Event()
    calls = []

    class Shared(BaseConfigs):
        model: Any

    @Shared.calc(Shared.model)
    def model(c: Shared) -> object:
        calls.append(1)
        started.set()
        go_on.wait(10)
        return object()

    conf = Shared()
    found: list[Any] = []

    def read() -> None:
        both.wait(10)
        found.append(conf.model)

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    assert started.wait(10)
    go_on.set()
    for thread in threads:
        thread.join(10)
    assert len(calls) == 1
    assert found[0] is found[1]


def test_a_calculator_may_start_threads_that_read():
    class Parallel(BaseConfigs):
        left: int
        right: int
        total: int

    Parallel.calc(Parallel.left, "left")(lambda: 1)
    Parallel.calc(Parallel.right, "right")(lambda c: c.left + 1)

    @Parallel.calc(Parallel.total)
    def total(c: Parallel) -> int:
        found: dict[str, int] = {}
        threads = [
            threading.Thread(target=lambda name=name: found.update({name: c[name]}))
            for name in ("left", "right", "left", "right")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)
        return found["left"] + found["right"]

    conf = Parallel()
    assert conf.total == 3
    assert set(graph(conf)["total"].reads) == {"left", "right"}


def test_a_ring_across_threads_is_the_cycle_error():
    class Ring(BaseConfigs):
        a: int
        b: int

    @Ring.calc(Ring.a)
    def of_a(c: Ring) -> int:
        found: list[Any] = []

        def read() -> None:
            try:
                found.append(c.b)
            except CycleError as error:
                found.append(error)

        thread = threading.Thread(target=read)
        thread.start()
        thread.join(10)
        if isinstance(found[0], Exception):
            raise found[0]
        return found[0]

    Ring.calc(Ring.b, "of_b")(lambda c: c.a)
    with pytest.raises(CycleError) as caught:
        print(Ring().a)
    assert set(caught.value.cycle) == {"a", "b"}


def test_an_error_is_told_with_the_items_that_led_to_it():
    conf = Configs(log=None)
    with pytest.raises(CalculationFailed) as caught:
        print(conf.optimizer)
    assert caught.value.path == ("optimizer",)
    conf = Configs(log=[], cuda=True, index="3")
    conf.log = [1]
    assert conf.model == ("data", 3)


def test_what_failed_can_be_tried_again():
    attempts = []

    class Flaky(BaseConfigs):
        name: str = "first"
        data: Any

    @Flaky.calc(Flaky.data)
    def data(c: Flaky) -> str:
        attempts.append(c.name)
        if len(attempts) == 1:
            raise OSError("no network")
        return c.name

    conf = Flaky()
    with pytest.raises(CalculationFailed):
        print(conf.data)
    conf.name = "second"
    assert conf.data == "second"


def test_an_interrupt_passes_as_it_is():
    class Interrupted(BaseConfigs):
        data: Any

    @Interrupted.calc(Interrupted.data)
    def data(c: Interrupted) -> Any:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        print(Interrupted().data)


def test_a_calculator_may_read_what_is_not_seen_in_its_code():
    class Hidden(BaseConfigs):
        a: int = 1
        b: int = 2
        which: str = "a"
        found: int

    @Hidden.calc(Hidden.found)
    def found(c: Hidden) -> int:
        return getattr(c, c.which) + sum(getattr(c, name) for name in ["b"])

    conf = Hidden()
    assert conf.found == 3
    assert graph(conf)["found"].reads == ("which", "a", "b")
