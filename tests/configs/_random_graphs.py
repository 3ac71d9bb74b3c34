"""Random graphs and random settings for them, as descriptions."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

from hypothesis import HealthCheck, Phase, currently_in_test_context, note, settings
from hypothesis import strategies as st

from ._described import (
    Add,
    Calculator,
    Const,
    Expression,
    Item,
    Logic,
    Method,
    Name,
    Nested,
    Parameter,
    Program,
    Ref,
    Statement,
    Step,
    Ternary,
)
from ._plain import Declared, Plain

Settings = dict[str, "int | str | list[int]"]

_MAX_ITEMS = 24


class Draw(random.Random):
    """Choices taken from bytes, so that small bytes give small examples and one draw of Hypothesis is enough."""

    def __init__(self, data: bytes) -> None:
        super().__init__(0)
        self.data, self.place = data, 0

    def getrandbits(self, count: int) -> int:
        raise NotImplementedError("only what this class overrides is taken from the bytes")

    def random(self) -> float:
        return self.randrange(1000) / 1000

    def randrange(self, start: int, stop: int | None = None, step: int = 1) -> int:  # type: ignore[override]
        low, high = (0, start) if stop is None else (start, stop)
        taken = self.data[self.place : self.place + 2]
        self.place += 2
        return low + int.from_bytes(taken, "big") % (high - low)

    def choice(self, found: Any) -> Any:
        return found[self.randrange(len(found))]

    def shuffle(self, found: Any) -> None:  # type: ignore[override]
        for index in range(len(found) - 1):
            other = index + self.randrange(len(found) - index)
            found[index], found[other] = found[other], found[index]

    def sample(self, found: Any, count: int) -> list[Any]:  # type: ignore[override]
        mixed = list(found)
        self.shuffle(mixed)
        return mixed[:count]


draws = st.binary(min_size=4000, max_size=4000).map(Draw)


def examples(count: int) -> Any:
    """Settings for a test of random graphs; a failing one is shown as it was found.

    Making it smaller takes minutes; the program that fails is printed instead.
    """
    return settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )


def random_program(draw: random.Random, is_wild: bool = False, may_open: bool = True) -> Program:
    """A program; in a wild one items may need each other."""
    program = _Author(draw, is_wild, may_open).write()
    if currently_in_test_context():
        note(program.source())
    return program


class _Author:
    def __init__(self, draw: random.Random, is_wild: bool, may_open: bool) -> None:
        self.draw, self.is_wild = draw, is_wild
        self.may_open = may_open and self.chance(20)
        self.steps: list[Step] = []
        self.ranks: dict[str, int] = {}
        self.functions = 0
        self._known: tuple[Any, Declared] = (None, Declared(Program([], "")))

    def chance(self, percent: int) -> bool:
        """Whether something happens that is left out of smaller examples."""
        return self.draw.randrange(100) >= 100 - percent

    @property
    def declared(self) -> Declared:
        state = (len(self.steps), sum(len(step.items) for step in self.steps))
        if state != self._known[0]:
            self._known = (state, Declared(Program(self.steps, "")))
        return self._known[1]

    def write(self) -> Program:
        classes = [f"C{index}" for index in range(1 + self.draw.randrange(5))]
        for index, name in enumerate(classes):
            self._class(name, classes[:index], is_root=index == len(classes) - 1)
        self._late(classes)
        return Program(self.steps, classes[-1], self.chance(30))

    def _bases(self, earlier: list[str], is_root: bool) -> tuple[str, ...]:
        if not earlier or not self.chance(75 if is_root else 40):
            return ()
        bases = [self.draw.choice(earlier)]
        if len(earlier) > 1 and self.chance(50):
            other = self.draw.choice(earlier)
            declared = self.declared
            mros = [declared.bases_first(base) for base in (bases[0], other)]
            if other not in mros[0] and bases[0] not in mros[1]:
                bases.append(other)
                try:
                    Declared(Program([*self.steps, Step("class", "X", tuple(bases))], "X"))
                except TypeError:  # no order of these bases
                    bases.pop()
        return tuple(bases)

    def _class(self, name: str, earlier: list[str], is_root: bool) -> None:
        bases = self._bases(earlier, is_root)
        step = Step("class", name, bases)
        inherited = list(self._items(bases).values())
        for item in inherited:
            if self._is_redefinable(item) and self.chance(20):
                value = self.draw.randrange(100)
                step.items.append(
                    Item(item.name, item.kind, value, True, is_annotated=self.chance(50))
                )
        for _ in range(1 + self.draw.randrange(4)):
            step.items.append(self._item())
        room = _MAX_ITEMS - len(inherited)
        for inner in earlier:
            declared = self.declared
            if not self.chance(60 if is_root else 35):
                continue
            if declared.depth(inner) < 3 and declared.size(inner) <= room:
                room -= declared.size(inner)
                step.items.append(Item(self._named("g"), "inner", inner=inner))
        self.steps.append(step)
        keys = self.declared.keys(name)
        if self.chance(30):
            self._method(step, name)
        for item in [*step.items, *(item for item in inherited if self.chance(25))]:
            self._fill(name, step, item)
        inside = [(key, item) for key, item in keys if "." in key]
        for key, item in inside:
            if item.kind in ("number", "required", "computed") and self.chance(15):
                self._tie(name, key)
        if self.chance(40):
            self._aggregate(name, step)

    def _items(self, classes: tuple[str, ...]) -> dict[str, Item]:
        declared = self.declared
        return {k: item for cls in classes for k, item in declared.items(cls).items()}

    def _is_redefinable(self, item: Item) -> bool:
        return item.kind in ("number", "required", "computed")

    def _named(self, letter: str) -> str:
        name = f"{letter}{len(self.ranks)}"
        self.ranks[name] = len(self.ranks)
        return name

    def _item(self) -> Item:
        kind = self.draw.choice(["number", "number", "computed", "computed", "required", "entries"])
        name = self._named("l" if kind == "entries" else "i")
        if kind == "number":
            return Item(name, kind, self.draw.randrange(100), True, is_annotated=self.chance(70))
        return Item(name, kind)

    def _fill(self, owner: str, step: Step, item: Item) -> None:
        if item.kind == "computed":
            names = [f"o{index}" for index in range(1 + self.draw.randrange(3))]
            partner = self._partner(step, item)
            for name in names:
                self._calculator(owner, (item.name,), name)
            if partner and self.chance(40):
                self._calculator(owner, (item.name, partner), "both")
                names.append("both")
            if item in step.items and self.chance(25):
                index = step.items.index(item)
                default = self.draw.choice([None, *names])
                step.items[index] = replace(item, default=default, has_default=True)
        elif item.kind == "entries":
            for index in range(self.draw.randrange(3)):
                self._calculator(owner, (item.name,), f"e{index}", "list")
        elif item.kind in ("number", "required") and self.chance(15):
            self._calculator(owner, (item.name,), "o0")

    def _partner(self, step: Step, item: Item) -> str:
        found = [i.name for i in step.items if i.kind == "computed" and i.name != item.name]
        return self.draw.choice(found) if found else ""

    def _tie(self, owner: str, key: str) -> None:
        if not any(
            step.calculator is not None
            and len(step.calculator.items[0].split(".")) > 1
            and any(path.endswith(key) or key.endswith(path) for path in step.calculator.items)
            for step in self.steps
        ):
            self._calculator(owner, (key,), "tied")

    def _method(self, step: Step, owner: str) -> None:
        keys = self._readable(owner, len(self.ranks))
        if keys:
            step.methods[f"m_{owner}"] = self._expression(owner, keys, (), 1, with_methods=False)

    def _aggregate(self, owner: str, step: Step) -> None:
        members: dict[str, list[str]] = {}
        for one in self.steps:
            calculator = one.calculator
            if one.owner == owner and calculator is not None and calculator.kind != "list":
                for key in calculator.items:
                    if "." not in key:
                        members.setdefault(key, []).append(calculator.option)
        if not members:
            return
        name = f"a{len(self.ranks)}"
        self.ranks[name] = -len(self.ranks)  # read by whom it chooses for
        step.items.append(Item(name, "group"))
        for option in ["one", "two"][: 1 + self.draw.randrange(2)]:
            chosen = [key for key in members if self.chance(60)]
            pairs = tuple((key, self.draw.choice(members[key])) for key in chosen)
            if pairs:
                self.steps.append(Step("aggregate", owner, key=name, value=option, members=pairs))
        if not any(one.word == "aggregate" and one.key == name for one in self.steps):
            step.items.pop()

    def _late(self, classes: list[str]) -> None:
        """What is declared when all classes are there, bases and inner ones included."""
        for owner in classes:
            if self.chance(15):
                items = [i for i in self.declared.items(owner).values() if i.kind == "computed"]
                if items:
                    item = self.draw.choice(items)
                    self._calculator(owner, (item.name,), self.draw.choice(["o0", "late"]))
            if self.chance(15):
                keys = [
                    key
                    for key, item in self.declared.keys(owner)
                    if self._is_redefinable(item) and not self._is_tied(key)
                ]
                if keys:
                    key = self.draw.choice(keys)
                    self.steps.append(
                        Step("default", owner, key=key, value=self.draw.randrange(100))
                    )

    def _is_tied(self, key: str) -> bool:
        return any(
            step.calculator is not None
            and any(
                path.rpartition(".")[2] == key.rpartition(".")[2] for path in step.calculator.items
            )
            and any("." in path for path in step.calculator.items)
            for step in self.steps
        )

    def _readable(self, owner: str, rank: int) -> list[tuple[str, Item]]:
        return [
            (key, item)
            for key, item in self.declared.keys(owner)
            if self.is_wild or self.ranks[key.partition(".")[0]] < rank
        ]

    def _calculator(
        self, owner: str, items: tuple[str, ...], option: str, kind: str = "one"
    ) -> None:
        rank = min(self.ranks[item.partition(".")[0]] for item in items)
        keys = self._readable(owner, rank)
        if len(items) > 1:
            kind = "tuple"
        self.functions += 1
        name = option if self.chance(30) else f"f{self.functions}"
        conf = self.draw.choice(["c", "c", "self", "configs", "conf", ""])
        parameters = self._parameters(owner, keys, kind, bool(conf))
        names = tuple(p.name for p in parameters if not (p.kind == "item" and p.name[0] in "la"))
        parameters = tuple(p for p in parameters if p.name in names)
        statements = self._statements(owner, keys if conf else [], names)
        self.steps.append(
            Step(
                "calc",
                owner,
                calculator=Calculator(
                    f"{name}_{self.functions}" if kind == "list" else name,
                    option,
                    items,
                    kind,
                    conf,
                    conf == "conf" or (bool(conf) and self.chance(20)),
                    tuple(sorted(parameters, key=lambda p: p.default is not None)),
                    statements,
                ),
            )
        )

    def _parameters(
        self, owner: str, keys: list[tuple[str, Item]], kind: str, has_conf: bool
    ) -> tuple[Parameter, ...]:
        found: dict[str, Parameter] = {}
        numbers = [key for key, item in keys if item.kind not in ("entries", "group")]
        for index in range(self.draw.randrange(3)):
            choice = self.draw.choice(["own", "own", "required", "item", "bound", "computed"])
            name = f"p{index}" if kind == "one" else f"q{self.functions}_{index}"
            annotated = self.chance(60)
            default = self.draw.choice([None, self.draw.randrange(50)])
            if choice == "required" and kind != "tuple":
                one = Parameter(name, "own", None, annotated)
            elif choice == "item" and any("." not in key for key in numbers):
                key = self.draw.choice([key for key in numbers if "." not in key])
                one = Parameter(key, "item", None, annotated)
            elif choice == "bound" and numbers:
                key = self.draw.choice(numbers)
                one = Parameter(name, "bound", default, annotated, key)
            elif choice == "computed" and keys:
                expression = self._expression(owner, keys, (), 1)
                one = Parameter(name, "computed", default, annotated, "", expression)
            elif choice == "computed":
                one = Parameter(name, "constant", default, annotated, "", Const(3))
            else:
                one = Parameter(name, "own", self.draw.randrange(50), annotated)
            found[one.name] = one
        return tuple(found.values())

    def _statements(
        self, owner: str, keys: list[tuple[str, Item]], names: tuple[str, ...]
    ) -> tuple[Statement, ...]:
        found = []
        for _ in range(1 + self.draw.randrange(2)):
            word = self.draw.choice(["add", "add", "if", "return", "loop"])
            body = self._expression(owner, keys, names, 2)
            condition = self._leaf(owner, keys, names)
            if word in ("if", "return") and isinstance(condition, Const):
                word = "add"  # of a constant condition Python drops the other branch
            if word in ("if", "return"):
                other = self._expression(owner, keys, names, 1) if self.chance(50) else None
                found.append(Statement(word, body, condition, other if word == "if" else None))
            else:
                found.append(Statement(word, body, times=self.draw.randrange(3)))
        return tuple(found)

    def _expression(
        self,
        owner: str,
        keys: list[tuple[str, Item]],
        names: tuple[str, ...],
        depth: int,
        with_methods: bool = True,
    ) -> Expression:
        word = self.draw.choice(
            ["leaf", "leaf", "add", "add", "and", "or", "ternary", "generator", "lambda", "list"]
        )
        if depth == 0 or word == "leaf":
            return self._leaf(owner, keys, names, with_methods)
        first = self._leaf(owner, keys, names, with_methods)
        second = self._expression(owner, keys, names, depth - 1, with_methods)
        if word in ("generator", "lambda", "list"):
            return Nested(word, second)
        if word == "add" or isinstance(first, Const):
            return Add(first, second)
        if word == "ternary":
            return Ternary(first, second, self._leaf(owner, keys, names, with_methods))
        return Logic(word, first, second)

    def _leaf(
        self,
        owner: str,
        keys: list[tuple[str, Item]],
        names: tuple[str, ...],
        with_methods: bool = True,
    ) -> Expression:
        if names and self.chance(20):
            return Name(self.draw.choice(names))
        if with_methods and keys and self.chance(10):
            allowed = {key for key, _ in keys}
            usable = [
                name
                for name, expression in self.declared.methods(owner).items()
                if all(e.key in allowed for e in expression.mentions() if isinstance(e, Ref))
            ]
            if usable:
                return Method(self.draw.choice(usable))
        if not keys:
            return Const(1 + self.draw.randrange(9))
        key, item = self.draw.choice(keys)
        style = self.draw.choice(["attribute", "attribute", "attribute", "key"])
        if self.may_open and self.chance(25):
            style = "open"
        kind = item.kind if item.kind in ("entries", "group") else "number"
        return Ref(key, style, kind)


def random_settings(draw: random.Random, program: Program, is_complete: bool = True) -> Settings:
    """Settings of some items, options and parameters; where complete, of all that is required."""
    settings: Settings = {}
    for key in Plain(program, {}).names():
        plain = Plain(program, settings)
        item = plain.item(key)
        assert item is not None
        if draw.randrange(100) < 75:
            continue
        options = [c.option for _, c in plain.calculators(key) if c.kind != "list"]
        if item.kind == "group":
            settings[key] = draw.choice(plain.aggregates(key))
        elif item.kind != "entries":
            value = draw.randrange(100, 200)
            settings[key] = draw.choice([*options, value])
    for key, parameter in Plain(program, settings).nodes().items():
        if parameter is not None and draw.randrange(100) >= 70:
            settings[key] = draw.randrange(100, 200)
    if is_complete:
        settings |= missing_settings(draw, program, settings)
    return settings


def missing_settings(draw: random.Random, program: Program, settings: Settings) -> Settings:
    """Settings for all that is required and not set."""
    added: Settings = {}
    plain = Plain(program, settings)
    while unset := plain.unset():
        for key in unset:
            item, number = plain.item(key), draw.randrange(200, 300)
            is_list = item is not None and item.kind == "entries"
            added[key] = [number, 1] if is_list else number
        plain = Plain(program, settings | added)
    return added


def shuffled(draw: random.Random, program: Program) -> Program:
    """The same declarations in another order, with that kept which matters."""
    steps = []
    for step in program.steps:
        items = list(step.items)
        draw.shuffle(items)
        steps.append(replace(step, items=items))
    done: list[Step] = []
    while steps:
        ready = [
            step
            for index, step in enumerate(steps)
            if not any(_must_precede(other, step) for other in steps[:index])
        ]
        chosen = draw.choice(ready)
        steps = [step for step in steps if step is not chosen]
        done.append(chosen)
    return replace(program, steps=done)


def _must_precede(first: Step, second: Step) -> bool:
    if first.word == "class":
        inner = {item.inner for item in second.items}
        reads = second.calculator is not None and second.calculator.is_annotated
        return first.owner in {second.owner, *second.bases, *inner} or reads
    if first.owner != second.owner:
        return False
    if first.calculator is not None and second.calculator is not None:
        return bool(set(first.calculator.items) & set(second.calculator.items))
    return first.word == second.word
