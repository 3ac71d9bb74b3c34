from __future__ import annotations

import itertools
import random
import sys
from collections import Counter
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest
from hypothesis import given

from lab import configs
from lab.configs import Pending
from lab.errors import ConfigError, CycleError, MissingValue, PlanError

from ._described import MODULE, Program
from ._plain import Missing, Plain, Ring
from ._random_graphs import Settings, draws, examples, random_program, random_settings, shuffled


@pytest.fixture(autouse=True, scope="module")
def no_module_left_behind() -> Iterator[None]:
    yield
    sys.modules.pop(MODULE, None)


def made(program: Program) -> tuple[ModuleType, Any]:
    module = program.load()
    return module, getattr(module, program.root)()


def set_in_code(conf: Any, given_settings: Settings) -> None:
    """Sets options first: a parameter can be set in any order, but only those of chosen options are checked."""
    for key, value in given_settings.items():
        conf[key] = value


def expected_values(plain: Plain, keys: list[str]) -> dict[str, object]:
    return {key: plain.value(key) for key in keys}


@examples(80)
@given(draws)
def test_every_value_is_what_plain_python_computes_and_nothing_is_called_twice(
    draw: random.Random,
) -> None:
    program = random_program(draw)
    overrides = random_settings(draw, program)
    plain = Plain(program, overrides)
    module, conf = made(program)

    configs.calculate(conf, overrides, None)

    expected = expected_values(plain, plain.names())
    assert {key: conf[key] for key in expected} == expected
    assert Counter(module.calls) == plain.calls


@examples(60)
@given(draws)
def test_values_do_not_depend_on_the_order_of_declaration_or_of_reading(
    draw: random.Random,
) -> None:
    program = random_program(draw)
    overrides = random_settings(draw, program)
    plain = Plain(program, overrides)
    expected = expected_values(plain, plain.names())
    module, conf = made(shuffled(draw, program))
    keys = list(expected)
    draw.shuffle(keys)

    set_in_code(conf, overrides)

    assert {key: conf[key] for key in keys} == expected
    assert Counter(module.calls) == plain.calls


@examples(60)
@given(draws)
def test_only_what_is_read_is_computed_and_every_read_is_noted(draw: random.Random) -> None:
    program = random_program(draw)
    given_settings = random_settings(draw, program)
    plain = Plain(program, given_settings)
    module, conf = made(program)
    set_in_code(conf, given_settings)
    wanted = draw.sample(plain.names(), 1 + draw.randrange(min(3, len(plain.names()))))

    expected = expected_values(plain, wanted)

    assert {key: conf[key] for key in wanted} == expected
    assert Counter(module.calls) == plain.calls
    graph = configs.graph(conf)
    computed = {name for name in graph.order if name in plain.nodes()}
    assert computed == {name for name in plain.values if name in plain.nodes()}
    assert reads_of(graph) == {
        reader: set(found) for reader, found in plain.reads.items() if found and reader in computed
    }


def reads_of(graph: configs.Graph) -> dict[str, set[str]]:  # type: ignore[name-defined]
    found: dict[str, set[str]] = {}
    for edge in graph.edges:
        if edge.kind == "read":
            found.setdefault(edge.reader, set()).add(edge.read)
    return found


@examples(80)
@given(draws)
def test_the_static_graph_agrees_with_what_is_read_or_says_open(draw: random.Random) -> None:
    program = random_program(draw)
    given_settings = random_settings(draw, program)
    plain = Plain(program, given_settings)
    _, conf = made(program)
    set_in_code(conf, given_settings)

    before = configs.graph(conf)
    for key in plain.names():
        conf[key]
    after = reads_of(configs.graph(conf))

    opens = {text.partition(": ")[0] for text in before.opens}
    always, possible = edges_of(before, "always"), edges_of(before, "always", "maybe")
    for reader in plain.names():
        mentioned, is_open = plain.mentioned(reader)
        read = after.get(reader, set())
        assert plain.surely_read(reader) <= always.get(reader, set()) <= read
        assert possible.get(reader, set()) <= mentioned
        assert (reader in opens) == is_open
        if not is_open:
            assert read <= possible.get(reader, set())
            assert possible.get(reader, set()) == mentioned


def edges_of(graph: Any, *kinds: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for edge in graph.edges:
        if edge.kind in kinds:
            found.setdefault(edge.reader, set()).add(edge.read)
    return found


@examples(80)
@given(draws)
def test_the_plan_finds_beforehand_what_surely_goes_wrong(draw: random.Random) -> None:
    program = random_program(draw, is_wild=True)
    overrides = random_settings(draw, program, is_complete=draw.random() < 0.5)
    plain = Plain(program, overrides)
    module, conf = made(program)
    keys = plain.names()
    order = None if draw.random() < 0.5 else draw.sample(keys, 1 + draw.randrange(len(keys)))

    plan = configs.plan(conf, overrides, order)
    assert not module.calls
    problem = problem_of(plain, keys if order is None else order)
    raised = error_of(conf, overrides, order)

    assert (problem is None) == (raised is None)
    if plan.errors:
        assert isinstance(raised, PlanError)
        assert [str(e) for e in raised.errors] == [str(e) for e in plan.errors]
        assert not module.calls
    elif isinstance(raised, MissingValue):
        assert raised.key in plain.unset()
        assert plan.opens or any(repr(raised.key) in text for text in plan.warnings)
    elif raised is not None:
        assert isinstance(raised, CycleError)
        assert isinstance(problem, Ring)


def problem_of(plain: Plain, order: list[str]) -> Missing | Ring | None:
    try:
        for key in order:
            plain.value(key)
    except (Missing, Ring) as error:
        return error
    return None


def error_of(conf: Any, overrides: Settings, order: list[str] | None) -> ConfigError | None:
    try:
        configs.calculate(conf, overrides, order)
    except ConfigError as error:
        return error
    return None


@examples(80)
@given(draws)
def test_an_error_of_the_plan_is_on_a_way_that_is_always_taken(draw: random.Random) -> None:
    program = random_program(draw, is_wild=True)
    given_settings = random_settings(draw, program, is_complete=False)
    _, conf = made(program)
    set_in_code(conf, given_settings)
    keys = Plain(program, given_settings).names()
    order = draw.sample(keys, 1 + draw.randrange(len(keys)))

    found = configs.plan(conf, None, order).errors

    always = edges_of(configs.graph(conf), "always")
    needed = closure(order, always)
    unset = {key for key in Plain(program, given_settings).unset() if key in needed}
    assert {error.key for error in found if isinstance(error, MissingValue)} == unset
    rings = [error.cycle for error in found if isinstance(error, CycleError)]
    for ring in rings:
        assert ring[0] == ring[-1]
        assert all(b in always[a] for a, b in itertools.pairwise(ring))
    assert bool(rings) == any(key in closure(always.get(key, ()), always) for key in needed)


def closure(start: Any, edges: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    todo = list(start)
    while todo:
        key = todo.pop()
        if key not in found:
            found.add(key)
            todo += edges.get(key, ())
    return found


@examples(60)
@given(draws)
def test_what_the_plan_calls_unread_is_not_read(draw: random.Random) -> None:
    program = random_program(draw)
    overrides = random_settings(draw, program)
    plain = Plain(program, overrides)
    _, conf = made(program)
    order = draw.sample(plain.names(), 1)

    plan = configs.calculate(conf, overrides, order)

    plain.value(order[0])
    unread = {one.key for one in plan.unread}
    assert unread <= set(overrides)
    assert bool(plan.opens) == any(not one.is_certain for one in plan.unread) or not unread
    if not plan.opens:
        assert not unread & set(plain.values)
        everything: dict[str, set[str]] = {key: plain.mentioned(key)[0] for key in plain.names()}
        assert unread == set(overrides) - closure(order, everything)


@examples(60)
@given(draws)
def test_looking_computes_nothing(draw: random.Random) -> None:
    program = random_program(draw, is_wild=draw.random() < 0.3)
    given_settings = random_settings(draw, program, is_complete=False)
    module, conf = made(program)
    set_in_code(conf, given_settings)
    plain = Plain(program, given_settings)

    names = {node.name for node in configs.items(conf)}
    values = configs.asdict(conf)
    configs.plan(conf, {}, None)
    configs.hyperparams(conf)
    configs.fingerprint(conf)
    configs.diff(conf, getattr(module, program.root)())
    for key in plain.names():
        str(configs.explain(conf, key))
    configs.graph(conf)

    assert not module.calls
    assert configs.graph(conf).order == ()
    assert names == set(values) == set(plain.nodes())
    for key in plain.names():
        choice = plain.choice(key)
        assert values[key] == (choice.value if choice.kind == "value" else Pending(choice.option))
