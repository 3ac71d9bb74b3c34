from __future__ import annotations

import contextvars
import sys
import threading
from typing import Any

import pytest

from lab import configs
from lab.configs import BaseConfigs
from lab.errors import CalculationFailed, CycleError

DEPTH = 10_000
SHALLOW = 400  # deep enough for several threads


def chain(length: int, bottom: Any) -> type[BaseConfigs]:
    """A class whose item `x<i>` is one more than `x<i - 1>`, down to `x0`, which `bottom` computes."""
    names = [f"x{index}" for index in range(length)]
    made = type("Chain", (BaseConfigs,), {"__annotations__": dict.fromkeys(names, int)})
    made.calc("x0")(bottom)  # type: ignore[attr-defined]
    space: dict[str, Any] = {}
    source = "\n".join(f"def f{i}(c):\n    return c.x{i - 1} + 1" for i in range(1, length))
    exec(compile(source, "<chain>", "exec"), space)
    for index in range(1, length):
        made.calc(f"x{index}")(space[f"f{index}"])  # type: ignore[attr-defined]
    return made


@pytest.fixture(scope="module")
def deep() -> type[BaseConfigs]:
    return chain(DEPTH, lambda: 0)


def test_a_chain_of_ten_thousand_calculators_is_computed_from_its_end(deep: Any) -> None:
    conf = deep()
    threads = threading.active_count()
    assert conf[f"x{DEPTH - 1}"] == DEPTH - 1
    assert conf.x0 == 0
    assert threading.active_count() == threads


def test_calculate_computes_a_deep_chain_and_plans_it_from_the_bottom(deep: Any) -> None:
    conf = deep()
    plan = configs.calculate(conf, {}, [f"x{DEPTH - 1}"])
    assert plan.order == tuple(f"x{index}" for index in range(DEPTH))
    assert conf[f"x{DEPTH - 1}"] == DEPTH - 1


def test_calculate_without_an_order_computes_all_of_a_deep_chain(deep: Any) -> None:
    conf = deep()
    configs.calculate(conf, {"x3": 0})
    assert conf[f"x{DEPTH - 1}"] == DEPTH - 4


def test_the_report_the_graph_and_the_fingerprint_of_a_deep_chain_need_no_deep_stack(
    deep: Any,
) -> None:
    conf, same, other = deep(), deep(), deep()
    other.x3 = 5
    last = f"x{DEPTH - 1}"

    assert configs.plan(conf, {}, [last]).errors == ()
    graph = configs.graph(conf)
    assert len(graph.nodes) == DEPTH
    assert len(graph.edges) == DEPTH - 1
    assert graph.order == ()
    prints = [configs.fingerprint(one, last) for one in (conf, same, other)]
    assert prints[0] == prints[1] != prints[2]
    assert len(configs.explain(conf, last).computed_from) == DEPTH - 1
    assert [one.key for one in configs.diff(conf, other)] == ["x3"]


def test_the_graph_after_computing_a_deep_chain_has_every_read(deep: Any) -> None:
    conf = deep()
    conf[f"x{DEPTH - 1}"]
    graph = configs.graph(conf)
    assert graph.order == tuple(f"x{index}" for index in range(DEPTH))
    assert {edge.kind for edge in graph.edges} == {"read"}
    assert len(graph.edges) == DEPTH - 1


def test_the_pictures_of_a_deep_graph_can_be_had() -> None:
    graph = configs.graph(chain(2_000, lambda: 0)())
    for text in (graph.to_text(), graph.to_dot(), graph.to_mermaid(), graph.to_json()):
        assert "x1999" in text


def test_a_ring_of_two_thousand_is_found_before_and_during_the_run() -> None:
    made: Any = chain(2_000, lambda c: c.x1999)
    last = "x1999"
    [error] = configs.plan(made(), {}, [last]).errors
    assert isinstance(error, CycleError)
    assert len(error.cycle) == 2_001
    with pytest.raises(CycleError) as caught:
        made()[last]
    assert set(caught.value.cycle) == {f"x{index}" for index in range(2_000)}
    assert len(str(caught.value)) < 2_000
    assert len(str(error)) < 2_000


def test_ten_thousand_items_side_by_side_are_computed_and_read() -> None:
    names = [f"x{index}" for index in range(DEPTH)]
    Wide: Any = type(
        "Wide", (BaseConfigs,), {"__annotations__": {**dict.fromkeys(names, int), "total": int}}
    )

    def calculator(index: int) -> Any:
        return lambda: index

    for index, name in enumerate(names):
        Wide.calc(name, "own")(calculator(index))

    @Wide.calc(Wide.total)
    def total(c: Any) -> int:
        return sum(c[name] for name in names)

    conf = Wide()
    plan = configs.calculate(conf, {"x7": 8}, ["total"])
    assert conf.total == sum(range(DEPTH)) + 1
    assert plan.opens or not plan.warnings
    assert len(configs.graph(conf)["total"].reads) == DEPTH
    again = Wide()
    configs.calculate(again)
    assert configs.asdict(again) == {
        **{f"x{i}": i for i in range(DEPTH)},
        "total": sum(range(DEPTH)),
    }


def test_context_variables_are_seen_at_the_bottom_of_a_deep_chain() -> None:
    variable: contextvars.ContextVar[str] = contextvars.ContextVar("variable", default="outside")
    seen: list[tuple[str, int]] = []

    def bottom() -> int:
        seen.append((variable.get(), threading.get_ident()))
        return 0

    made: Any = chain(SHALLOW, bottom)
    token = variable.set("inside")
    try:
        made()[f"x{SHALLOW - 1}"]
    finally:
        variable.reset(token)
    [(value, thread)] = seen
    assert value == "inside"
    assert thread != threading.get_ident()


def test_torch_modes_are_seen_at_the_bottom_of_a_deep_chain() -> None:
    torch = pytest.importorskip("torch")
    seen: list[tuple[Any, ...]] = []

    def bottom() -> int:
        seen.append(
            (
                torch.is_grad_enabled(),
                torch.is_inference_mode_enabled(),
                torch.is_autocast_enabled("cpu"),
                torch.get_autocast_dtype("cpu"),
                torch.empty(1).device.type,
            )
        )
        return 0

    made: Any = chain(SHALLOW, bottom)
    last = f"x{SHALLOW - 1}"
    made()[last]
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16), torch.device("meta"):
        made()[last]
    with torch.inference_mode():
        made()[last]
    assert [modes[0] for modes in seen] == [True, False, False]
    assert [modes[1] for modes in seen] == [False, False, True]
    assert [modes[2] for modes in seen] == [False, True, False]
    assert seen[1][3] is torch.bfloat16
    assert [modes[4] for modes in seen] == ["cpu", "meta", "cpu"]


def test_a_failure_at_the_bottom_of_a_deep_chain_arrives_in_a_bounded_message() -> None:
    def bottom() -> int:
        raise ValueError("the deepest")

    made: Any = chain(DEPTH, bottom)
    with pytest.raises(CalculationFailed) as caught:
        made()[f"x{DEPTH - 1}"]
    error = caught.value
    assert error.path == tuple(f"x{index}" for index in reversed(range(DEPTH)))
    assert isinstance(error.__cause__, ValueError)
    text = str(error)
    assert len(text) < 2_000
    for part in (f"x{DEPTH - 1}", "x0", "ValueError: the deepest", "test_deep_and_wide.py"):
        assert part in text


def test_an_interrupt_at_the_bottom_of_a_deep_chain_leaves_as_it_is_and_the_chain_can_be_tried_again() -> (
    None
):
    attempts: list[int] = []

    def bottom() -> int:
        attempts.append(1)
        if len(attempts) == 1:
            raise KeyboardInterrupt
        return 0

    conf: Any = chain(SHALLOW, bottom)()
    last = f"x{SHALLOW - 1}"
    with pytest.raises(KeyboardInterrupt):
        conf[last]
    assert conf[last] == SHALLOW - 1


def test_a_calculator_may_use_deep_recursion_of_its_own_far_down_a_chain() -> None:
    def own(depth: int) -> int:
        return 0 if depth == 0 else own(depth - 1)

    room = sys.getrecursionlimit() - 100  # what a call at the top of a thread may use

    def bottom() -> int:
        return own(room // 2)

    for length in (90, 99, 100, 101, 190):
        made: Any = chain(length, bottom)
        assert made()[f"x{length - 1}"] == length - 1


def test_nesting_of_configs_objects_may_be_deep() -> None:
    inner: Any = type("Level0", (BaseConfigs,), {"__annotations__": {"x": int}, "x": 1})
    for level in range(1, 150):
        outer: Any = type(
            f"Level{level}", (BaseConfigs,), {"__annotations__": {"inner": inner, "x": int}}
        )
        outer.calc("x")(lambda c: c.inner.x + 1)
        inner = outer
    conf = inner()
    assert conf.x == 150
    assert configs.graph(conf).order[-1] == "x"
    assert configs.plan(inner(), {}, ["x"]).errors == ()
