"""A layered graph of calculators: what a node costs when it is declared, and when it is read.

A hundred layers of a hundred nodes; a node reads three of the layer before it. Functions are made
anew before the clock starts, for a library may remember what it has read of a function's code.

Each block runs in a process of its own. Declaring is all that comes before the first value can be
read: making the class and the first instance and registering the calculators; or building the
configs, or the driver. Reading is all values once, on the first instance, and again on the next, the
making of that instance being measured too.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import _measure
from _measure import Contest, Row, Table
from _worker import Answer, Contender, Failed, serve

NODES = 10_000
SIZES = (1_000, NODES, 30_000)
WIDTH = 100
RESOLVE_BAR = (6.0, 3.0)  # microseconds a node
DECLARE_BAR = (40.0, 25.0)
MODULUS = 1_000_003

clock = time.perf_counter


def name_of(index: int) -> str:
    return f"n_{index}"


def reads(index: int) -> list[int]:
    """The nodes that a node reads: three neighbours in the layer before its own."""
    layer, column = divmod(index, WIDTH)
    if layer == 0:
        return []
    return [(layer - 1) * WIDTH + (column + step) % WIDTH for step in (0, 1, 7)]


def expression(index: int, form: str) -> str:
    """What a node computes, its inputs written in a contender's way."""
    terms = [form.format(name_of(i)) for i in reads(index)]
    if not terms:
        return str(index + 1)
    return f"({terms[0]} + 2 * {terms[1]} + 3 * {terms[2]}) % {MODULUS}"


def functions(size: int, head: Callable[[int], str], form: str) -> list[Callable[..., int]]:
    """Fresh functions, one a node."""
    source = "\n".join(
        f"def {name_of(i)}({head(i)}) -> int: return {expression(i, form)}" for i in range(size)
    )
    scope: dict[str, Any] = {}
    exec(compile(source, "<layers>", "exec", dont_inherit=True), scope)
    return [scope[name_of(i)] for i in range(size)]


def with_configs(size: int) -> list[Callable[..., int]]:
    return functions(size, lambda i: "c", "c.{}")


def with_parameters(size: int) -> list[Callable[..., int]]:
    return functions(size, lambda i: ", ".join(f"{name_of(k)}: int" for k in reads(i)), "{}")


def names(size: int) -> list[str]:
    return [name_of(i) for i in range(size)]


def body(size: int) -> dict[str, Any]:
    """What stands in the body of a class with an item for each node, `n_0: int` and so on."""
    return {"__annotations__": dict.fromkeys(names(size), int), "__module__": __name__}


def read_all(conf: Any, size: int) -> list[int]:
    return [getattr(conf, name) for name in names(size)]


def read_from_the_end(conf: Any, size: int) -> list[int]:
    return [getattr(conf, name) for name in reversed(names(size))]


def answer(size: int, marks: Sequence[float], values: Sequence[int]) -> Answer:
    """Microseconds a node between the marks: declared, read first, read again."""
    kinds = ("declare", "first", "again")
    taken = {k: (b - a) / size * 1e6 for k, a, b in zip(kinds, marks, marks[1:], strict=False)}
    return taken | {"total": sum(value * (i + 1) for i, value in enumerate(values))}


# -- lab, and those that declare a graph as it does


def configs_block(
    base: Any,
    calc: Callable[[Any, str], Callable[[Any], object]],
    compute: Callable[[Any, int], object],
) -> Callable[..., Answer]:
    def block(size: int) -> Answer:
        made, space = with_configs(size), body(size)
        start = clock()
        configs = type(base)("Layers", (base,), space)
        for name, function in zip(names(size), made, strict=True):
            calc(configs, name)(function)
        conf = configs()
        getattr(conf, name_of(0))
        declared = clock()
        compute(conf, size)
        first = clock()
        conf = configs()
        compute(conf, size)
        again = clock()
        return answer(size, [start, declared, first, again], read_all(conf, size))

    return block


def lab_calc(configs: Any, name: str) -> Callable[[Any], object]:
    return configs.calc(getattr(configs, name))


def lab() -> Callable[..., Answer]:
    from lab.configs import BaseConfigs

    return configs_block(BaseConfigs, lab_calc, read_all)


def lab_from_the_end() -> Callable[..., Answer]:
    from lab.configs import BaseConfigs

    return configs_block(BaseConfigs, lab_calc, read_from_the_end)


def lab_checked() -> Callable[..., Answer]:
    from lab.configs import BaseConfigs, calculate

    return configs_block(BaseConfigs, lab_calc, lambda conf, size: calculate(conf, {}, None))


def lab_of_2020() -> Callable[..., Answer]:
    from lab import experiment  # its own, in an environment of its own
    from lab.configs import BaseConfigs

    experiment.create(name="benchmark", writers=set())
    return configs_block(
        BaseConfigs,
        lab_calc,
        lambda conf, size: experiment.calculate_configs(conf, {}, names(size)),
    )


def labml() -> Callable[..., Answer]:
    from labml.configs import BaseConfigs, option

    return configs_block(BaseConfigs, lambda c, name: option(getattr(c, name)), read_all)


# -- the others


class Memo(dict[str, int]):
    """A dictionary that computes what it lacks."""

    def __init__(self, calculators: dict[str, Callable[[Memo], int]]) -> None:
        self.calculators = calculators

    def __missing__(self, name: str) -> int:
        value = self[name] = self.calculators[name](self)
        return value


def memo() -> Callable[..., Answer]:
    def block(size: int) -> Answer:
        made = functions(size, lambda i: "c", "c['{}']")
        start = clock()
        calculators = dict(zip(names(size), made, strict=True))
        declared = clock()
        conf = Memo(calculators)
        for name in names(size):
            conf[name]
        first = clock()
        conf = Memo(calculators)
        values = [conf[name] for name in names(size)]
        return answer(size, [start, declared, first, clock()], values)

    return block


def fiddle() -> Callable[..., Answer]:
    import fiddle as fdl

    def block(size: int) -> Answer:
        made = with_parameters(size)
        start = clock()
        nodes: list[Any] = []
        for i, function in enumerate(made):
            nodes.append(fdl.Config(function, **{name_of(k): nodes[k] for k in reads(i)}))
        declared = clock()
        fdl.build(nodes)
        first = clock()
        values = fdl.build(nodes)
        return answer(size, [start, declared, first, clock()], values)

    return block


def hamilton() -> Callable[..., Answer]:
    from hamilton import ad_hoc_utils, driver

    sys.setrecursionlimit(100_000)

    def block(size: int) -> Answer:
        made = with_parameters(size)
        for function in made:
            function.__module__ = "layers"
        module = ad_hoc_utils.create_temporary_module(*made, module_name="layers")
        start = clock()
        dataflow = driver.Builder().with_modules(module).build()
        declared = clock()
        dataflow.execute(names(size))
        first = clock()
        found = dataflow.execute(names(size))
        again = clock()
        del sys.modules["layers"]
        return answer(size, [start, declared, first, again], [found[n] for n in names(size)])

    return block


# -- measuring


CONTENDERS = (
    Contender("lab", lab),
    Contender("lab, last layer first", lab_from_the_end),
    Contender("lab, all checked before", lab_checked),
    Contender("memo dictionary", memo),
    Contender("fiddle", fiddle, "fiddle"),
    Contender("hamilton", hamilton, "sf-hamilton"),
    Contender("labml", labml, "labml"),
    Contender("Lab of 2020", lab_of_2020, "machine-learning-lab", True),
)
GROWING = (CONTENDERS[0], CONTENDERS[2], CONTENDERS[3])


def _agree(expected: int, reply: Answer) -> None:
    if reply["total"] != expected:
        raise Failed("it computed other values than plain Python")


def _tables(contenders: Sequence[Contender], size: int, count: int) -> list[Table]:
    expected = memo()(size)["total"]
    with Contest(__file__, contenders) as contest:
        replies = contest.rounds(count, partial(_agree, expected), fresh=True, size=size)
        return [
            Table(
                f"{size:,} calculators in layers, a node, {what}",
                "us",
                contest.rows(replies, kind, bar),
            )
            for kind, what, bar in (
                ("declare", "to declare it", DECLARE_BAR),
                ("first", "to read it on the first instance", None),
                ("again", "to read it on the next instance", RESOLVE_BAR),
            )
        ]


def _linearity(count: int) -> list[Table]:
    """What a node costs in graphs of several sizes: the same, if it is linear."""
    tables: dict[str, list[Row]] = {}
    for size in SIZES:
        for table in _tables(GROWING, size, count):
            what = table.title.rpartition(", ")[2]
            for row in table.rows:
                row.name, row.ratio = f"{row.name}: {size:,}", None
                tables.setdefault(what, []).append(row)
    return [
        Table(f"Graphs of several sizes, a node, {what}", "us", sorted(rows, key=_contender_of))
        for what, rows in tables.items()
    ]


def _contender_of(row: Row) -> str:
    return row.name.rpartition(":")[0]


def measure(quick: bool = False) -> list[Table]:
    """The tables of this benchmark."""
    if quick:
        return _tables(CONTENDERS, SIZES[0], 2)
    return _tables(CONTENDERS, NODES, 5) + _linearity(3)


if __name__ == "__main__":
    serve({contender.name: contender for contender in CONTENDERS})
    _measure.main("configs_layers", measure)
