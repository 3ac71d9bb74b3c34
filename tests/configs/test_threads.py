from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest

from lab import configs
from lab.configs import BaseConfigs
from lab.errors import CalculationFailed, CycleError

PATIENCE = 20  # seconds after which a wait is taken for a deadlock


class Threads:
    """Threads of a test; each must end, and what it returned or raised is had from its future."""

    def __init__(self) -> None:
        self._started: list[threading.Thread] = []

    def start(self, function: Callable[[], Any]) -> Future[Any]:
        future: Future[Any] = Future()

        def run() -> None:
            try:
                future.set_result(function())
            except BaseException as error:
                future.set_exception(error)

        thread = threading.Thread(target=run, daemon=True)
        self._started.append(thread)
        thread.start()
        return future

    def result(self, function: Callable[[], Any]) -> Any:
        return self.start(function).result(PATIENCE)

    def join(self) -> None:
        for thread in self._started:
            thread.join(PATIENCE)
            assert not thread.is_alive(), "a thread waits for ever"


@pytest.fixture
def threads() -> Any:
    made = Threads()
    yield made
    made.join()


def passed(barrier: threading.Barrier) -> bool:
    """Waits at a barrier; says whether all came."""
    try:
        barrier.wait(PATIENCE)
    except threading.BrokenBarrierError:
        return False
    return True


def test_a_calculator_may_start_threads_that_read_through_its_configs(threads: Threads) -> None:
    class Configs(BaseConfigs):
        left: int = 3
        right: int
        unread: int = 0
        total: int

    @Configs.calc(Configs.right)
    def right(c: Configs) -> int:
        return c.left + 1

    @Configs.calc(Configs.total)
    def total(c: Configs) -> int:
        parts = [threads.start(lambda: c.left), threads.start(lambda: c.right)]
        return sum(part.result(PATIENCE) for part in parts)

    conf = Configs()
    assert conf.total == 7
    graph = configs.graph(conf)
    assert set(graph["total"].reads) == {"left", "right"}
    assert graph["right"].reads == ("left",)


def test_many_threads_that_read_one_item_compute_it_once_and_get_one_object(
    threads: Threads,
) -> None:
    calls: list[int] = []
    entered, go_on = threading.Event(), threading.Event()

    class Configs(BaseConfigs):
        model: object

    @Configs.calc(Configs.model)
    def model() -> object:
        calls.append(1)
        entered.set()
        assert go_on.wait(PATIENCE)
        return object()

    conf = Configs()
    started = threading.Barrier(8)

    def read() -> object:
        started.wait(PATIENCE)
        return conf.model

    futures = [threads.start(read) for _ in range(8)]
    assert entered.wait(PATIENCE)
    go_on.set()
    values = [future.result(PATIENCE) for future in futures]
    assert len(calls) == 1
    assert all(value is values[0] for value in values)


def test_threads_that_read_different_items_do_not_wait_for_each_other(threads: Threads) -> None:
    class Configs(BaseConfigs):
        left: int
        right: int

    both = threading.Barrier(2)

    @Configs.calc(Configs.left)
    def left() -> bool:
        return passed(both)

    @Configs.calc(Configs.right)
    def right() -> bool:
        return passed(both)

    conf = Configs()
    futures = [threads.start(lambda: conf.left), threads.start(lambda: conf.right)]
    assert [future.result(PATIENCE) for future in futures] == [True, True]


def test_eight_threads_that_compute_a_tuple_of_items_call_its_calculator_once(
    threads: Threads,
) -> None:
    calls: list[int] = []
    started = threading.Barrier(8)

    class Configs(BaseConfigs):
        train: object
        test: object

    @Configs.calc([Configs.train, Configs.test])
    def loaders() -> tuple[object, object]:
        calls.append(1)
        return object(), object()

    conf = Configs()

    def read(name: str) -> object:
        started.wait(PATIENCE)
        return conf[name]

    futures = [threads.start(lambda n=name: read(n)) for name in ["train", "test"] * 4]  # type: ignore[misc]
    values = [future.result(PATIENCE) for future in futures]
    assert len(calls) == 1
    assert {id(value) for value in values} == {id(conf.train), id(conf.test)}


def test_a_ring_through_a_thread_that_a_calculator_starts_is_a_cycle(threads: Threads) -> None:
    class Configs(BaseConfigs):
        a: int
        b: int

    @Configs.calc(Configs.a)
    def a(c: Configs) -> int:
        return threads.result(lambda: c.b)

    @Configs.calc(Configs.b)
    def b(c: Configs) -> int:
        return c.a

    conf = Configs()
    with pytest.raises(CycleError) as caught:
        threads.result(lambda: conf.a)
    assert set(caught.value.cycle) == {"a", "b"}


def test_two_threads_that_enter_a_ring_from_both_ends_get_the_cycle_error(
    threads: Threads,
) -> None:
    both = threading.Barrier(2)

    class Configs(BaseConfigs):
        a: int
        b: int

    @Configs.calc(Configs.a)
    def a(c: Configs) -> int:
        passed(both)
        return c.b

    @Configs.calc(Configs.b)
    def b(c: Configs) -> int:
        passed(both)
        return c.a

    conf = Configs()

    def read(name: str) -> Any:
        try:
            return conf[name]
        finally:
            both.abort()  # one of them may have to try the other's calculator again

    futures = [threads.start(lambda: read("a")), threads.start(lambda: read("b"))]
    errors = [future.exception(PATIENCE) for future in futures]
    assert [type(error) for error in errors] == [CycleError, CycleError]
    for error in errors:
        assert isinstance(error, CycleError)
        assert set(error.cycle) == {"a", "b"}


@pytest.mark.parametrize("size", [3, 8])
def test_a_ring_that_as_many_threads_enter_as_it_has_items_never_hangs(
    size: int, threads: Threads
) -> None:
    everyone = threading.Barrier(size)
    names = [f"x{index}" for index in range(size)]
    Ring: Any = type("Ring", (BaseConfigs,), {"__annotations__": dict.fromkeys(names, int)})

    def calculator(following: str) -> Any:
        def compute(c: Any) -> Any:
            passed(everyone)
            return c[following]

        return compute

    for index, name in enumerate(names):
        Ring.calc(name, "next")(calculator(names[(index + 1) % size]))
    conf = Ring()

    def read(name: str) -> Any:
        try:
            return conf[name]
        finally:
            everyone.abort()

    futures = [threads.start(lambda n=name: read(n)) for name in names]  # type: ignore[misc]
    assert {type(future.exception(PATIENCE)) for future in futures} == {CycleError}


def test_a_calculator_that_fails_while_another_thread_waits_fails_for_it_or_is_tried_again(
    threads: Threads,
) -> None:
    calls: list[int] = []
    entered, go_on = threading.Event(), threading.Event()

    class Configs(BaseConfigs):
        model: int

    @Configs.calc(Configs.model)
    def model() -> int:
        calls.append(1)
        entered.set()
        assert go_on.wait(PATIENCE)
        raise ValueError("no luck")

    conf = Configs()
    first = threads.start(lambda: conf.model)
    assert entered.wait(PATIENCE)
    others = [threads.start(lambda: conf.model) for _ in range(3)]
    go_on.set()
    for future in [first, *others]:
        assert isinstance(future.exception(PATIENCE), CalculationFailed)
    assert 1 <= len(calls) <= 4


def test_after_a_failure_a_waiting_thread_may_succeed(threads: Threads) -> None:
    entered, go_on = threading.Event(), threading.Event()
    calls: list[int] = []

    class Configs(BaseConfigs):
        model: int

    @Configs.calc(Configs.model)
    def model() -> int:
        calls.append(1)
        if len(calls) > 1:
            return 5
        entered.set()
        assert go_on.wait(PATIENCE)
        raise ValueError("only once")

    conf = Configs()
    first = threads.start(lambda: conf.model)
    assert entered.wait(PATIENCE)
    second = threads.start(lambda: conf.model)
    go_on.set()
    assert isinstance(first.exception(PATIENCE), CalculationFailed)
    outcome = second.exception(PATIENCE)
    assert isinstance(outcome, CalculationFailed) or second.result() == 5
    assert conf.model == 5


def test_reading_a_global_object_inside_a_calculator_computes_and_finds_rings(
    threads: Threads,
) -> None:
    class Configs(BaseConfigs):
        a: int
        b: int
        ring: int

    @Configs.calc(Configs.a)
    def a() -> int:
        return conf.b + 1

    @Configs.calc(Configs.b)
    def b() -> int:
        return 1

    @Configs.calc(Configs.ring)
    def ring() -> int:
        return conf.ring

    conf: Any = Configs()
    assert threads.result(lambda: conf.a) == 2
    with pytest.raises(CycleError):
        threads.result(lambda: conf.ring)


def test_two_threads_in_a_ring_of_reads_of_a_global_object_get_the_cycle_error(
    threads: Threads,
) -> None:
    both = threading.Barrier(2)

    class Configs(BaseConfigs):
        a: int
        b: int

    @Configs.calc(Configs.a)
    def a() -> int:
        passed(both)
        return conf.b

    @Configs.calc(Configs.b)
    def b() -> int:
        passed(both)
        return conf.a

    conf: Any = Configs()

    def read(name: str) -> Any:
        try:
            return conf[name]
        finally:
            both.abort()

    futures = [threads.start(lambda: read("a")), threads.start(lambda: read("b"))]
    assert {type(future.exception(PATIENCE)) for future in futures} == {CycleError}


def test_threads_read_a_deep_chain_from_many_places_at_once(threads: Threads) -> None:
    length = 600
    names = [f"x{index}" for index in range(length)]
    Chain: Any = type("Chain", (BaseConfigs,), {"__annotations__": dict.fromkeys(names, int)})
    calls: list[int] = []

    def calculator(index: int) -> Any:
        def compute(c: Any) -> int:
            calls.append(index)
            return int(c[f"x{index - 1}"]) + 1 if index else 0

        return compute

    for index, name in enumerate(names):
        Chain.calc(name, "step")(calculator(index))
    conf = Chain()
    starts = [599, 550, 410, 300, 299, 150, 7, 0]
    together = threading.Barrier(len(starts))

    def read(index: int) -> Any:
        together.wait(PATIENCE)
        return conf[f"x{index}"]

    futures = [threads.start(lambda i=index: read(i)) for index in starts]  # type: ignore[misc]
    assert [future.result(PATIENCE) for future in futures] == starts
    assert sorted(calls) == list(range(length))


def test_threads_that_read_inside_nested_configs_share_one_object(threads: Threads) -> None:
    calls: list[int] = []

    class Inner(BaseConfigs):
        x: object

    @Inner.calc(Inner.x)
    def x() -> object:
        calls.append(1)
        return object()

    class Outer(BaseConfigs):
        inner: Inner

    conf = Outer()
    together = threading.Barrier(8)

    def read() -> object:
        together.wait(PATIENCE)
        return conf.inner.x

    futures = [threads.start(read) for _ in range(8)]
    assert len({id(future.result(PATIENCE)) for future in futures}) == 1
    assert len(calls) == 1
