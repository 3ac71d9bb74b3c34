"""The tracker beside a model of it that is a few dictionaries: same calls, same values."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lab.runs import Histogram
from lab.steps import Steps
from lab.tracker import Tracker, indicators
from lab.tracker.writers.memory import Memory

# dyadic numbers, so that sums are exact in whichever order they are added
FLOATS = st.integers(-64, 64).map(lambda n: n / 8)
PLAIN = st.one_of(FLOATS, st.integers(-1000, 1000), st.booleans())
LISTS = st.lists(PLAIN, max_size=3)
TENSORS = st.lists(FLOATS, min_size=1, max_size=3).map(tuple)
NAMES = st.sampled_from(["a", "b", "c", ".a", ".b", "queue", "hist", "n.a", "n.m.b"])
FORMS = st.sampled_from(["dict", "single", "kwargs"])
VALUES = st.one_of(
    PLAIN,
    st.tuples(st.just("list"), LISTS),
    st.tuples(st.just("tensor"), TENSORS),
    st.tuples(st.just("array"), TENSORS),
)
SETS = st.one_of(
    # the same sets again and again: these learn to go the short way
    st.sampled_from([("a", "b"), ("b", "a"), ("a", "b", "c"), (".a", "b"), (".a", ".b")]),
    st.lists(NAMES, min_size=1, max_size=3, unique=True).map(tuple),
)
ADDED = SETS.flatmap(
    lambda names: st.tuples(st.just(names), st.tuples(*[st.one_of(PLAIN, VALUES)] * len(names)))
)
CALLS = st.one_of(
    st.tuples(st.just("add"), FORMS, ADDED),
    st.tuples(st.just("save"), FORMS, ADDED, st.one_of(st.none(), st.integers(-5, 2**40))),
    st.tuples(st.just("end"), st.one_of(st.none(), st.integers(-5, 2**40))),
    st.tuples(st.just("enter"), st.sampled_from(["n", "m"])),
    st.tuples(st.just("leave")),
)


class Model:
    """What the tracker says of itself, as plainly as it can be written."""

    def __init__(self) -> None:
        self.step = 0
        self.namespaces: list[str] = []
        self.added: dict[str, list[float]] = {}
        self.queue: list[float] = []
        self.saved: dict[str, list[tuple[int, float]]] = {}
        self.histograms: list[tuple[int, int]] = []

    def add(self, name: str, numbers: Sequence[float]) -> None:
        if name.startswith("."):
            name = ".".join([*self.namespaces, name[1:]])
        if not numbers:
            return
        if name == "queue":
            self.queue = [*self.queue, sum(numbers) / len(numbers)][-2:]
            self.added[name] = self.queue
        else:
            self.added.setdefault(name, []).extend(numbers)

    def save(self) -> None:
        for name, numbers in self.added.items():
            self.saved.setdefault(name, []).append((self.step, sum(numbers) / len(numbers)))
            if name == "hist":
                self.histograms.append((self.step, len(numbers)))
        self.added = {}


def _given(value: Any) -> Any:
    """The value, in the form that it is given in."""
    if not isinstance(value, tuple):
        return value
    form, numbers = value
    if form == "tensor":
        return _module("torch").tensor(numbers[0] if len(numbers) == 1 else numbers)
    if form == "array":
        return _module("numpy").array(numbers[0] if len(numbers) == 1 else numbers)
    return numbers


def _numbers(value: Any) -> Sequence[float]:
    return value[1] if isinstance(value, tuple) else [value]


def _module(name: str) -> Any:
    return pytest.importorskip(name)


def _call(method: Any, form: str, names: Sequence[str], values: Sequence[Any], *step: int) -> None:
    given = {name: _given(value) for name, value in zip(names, values, strict=True)}
    if form == "kwargs":
        method(*step, **given)
    elif form == "single" and len(given) == 1:
        [(name, value)] = given.items()
        method(*step, name, value)
    else:
        method(*step, given)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(CALLS, min_size=5, max_size=60), st.booleans())
def test_any_calls_save_what_the_model_saves(calls: list[Any], is_declared: bool) -> None:
    model, memory = Model(), Memory()
    run = Tracker(Steps(), [memory])
    run.declare(indicators.Queue("queue", 2))
    run.declare(indicators.Histogram("hist", bins=4))
    if is_declared:
        run.declare(indicators.Scalar("a"))
    with ExitStack() as stack:
        blocks: list[Any] = []
        for what, *rest in calls:
            if what == "enter":
                blocks.append(stack.enter_context(ExitStack()))
                blocks[-1].enter_context(run.namespace(rest[0]))
                model.namespaces.append(rest[0])
            elif what == "leave":
                if blocks:
                    blocks.pop().close()
                    model.namespaces.pop()
            elif what == "end":
                step = [] if rest[0] is None else [rest[0]]
                model.step = rest[0] if step else model.step
                run.save(*step)
                model.save()
            else:
                form, (names, values), *at = rest
                step = [one for one in at if one is not None]
                model.step = step[0] if step else model.step
                if what == "add" and form == "single":
                    for name, value in zip(names, values, strict=True):
                        run.add(name, _given(value))
                else:
                    _call(run.add if what == "add" else run.save, form, names, values, *step)
                for name, value in zip(names, values, strict=True):
                    model.add(name, _numbers(value))
                if what == "save":
                    model.save()
    run.save()
    model.save()
    assert run.flush(30)
    run.close()
    names = {name for _, _, row in memory.rows for name in row}
    assert {name: memory.series(name) for name in names} == model.saved
    counted = []
    for entry in memory.entries:
        assert isinstance(entry.value, Histogram)
        counted.append((entry.step, sum(entry.value.counts)))
    assert counted == model.histograms
