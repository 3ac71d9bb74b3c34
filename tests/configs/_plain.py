"""A described graph evaluated without the library: values, who read what, and what was called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ._described import (
    Add,
    Calculator,
    Env,
    Expression,
    Item,
    Logic,
    Method,
    Parameter,
    Program,
    Ref,
    Step,
    Ternary,
)


class Missing(Exception):
    """A required value was read."""


class Ring(Exception):
    """A value was read that is being computed."""


@dataclass(frozen=True)
class Chosen:
    """How a value is had: "value", "calc", "entries", "inner" or "missing"."""

    kind: str
    value: Any = None
    option: str = ""
    calculator: Calculator | None = None
    owner: str = ""  # the prefix of the configs object that the calculator gets
    via: str = ""


class Declared:
    """The classes of a program with what each declares itself."""

    def __init__(self, program: Program) -> None:
        self.steps: dict[str, list[Step]] = {}
        self._classes: dict[str, type] = {}
        for step in program.steps:
            self.steps.setdefault(step.owner, []).append(step)
            if step.word == "class":
                bases = tuple(self._classes[base] for base in step.bases)
                self._classes[step.owner] = type(step.owner, bases, {})

    def bases_first(self, cls: str) -> list[str]:
        return [base.__name__ for base in reversed(self._classes[cls].__mro__[:-1])]

    def steps_of(self, cls: str, word: str) -> Iterator[Step]:
        for base in self.bases_first(cls):
            for step in self.steps[base]:
                if step.word == word:
                    yield step

    def items(self, cls: str) -> dict[str, Item]:
        """The items by name, each as it was first declared (which settles its kind)."""
        found: dict[str, Item] = {}
        for step in self.steps_of(cls, "class"):
            for item in step.items:
                found.setdefault(item.name, item)
        return found

    def defaults(self, cls: str) -> dict[str, int | str | None]:
        found: dict[str, int | str | None] = {}
        for base in self.bases_first(cls):
            for step in self.steps[base]:
                if step.word == "class":
                    found.update({i.name: i.default for i in step.items if i.has_default})
            for step in self.steps[base]:
                if step.word == "default":
                    found[step.key] = step.value
        return found

    def method(self, cls: str, name: str) -> Expression:
        return [s.methods[name] for s in self.steps_of(cls, "class") if name in s.methods][-1]

    def methods(self, cls: str) -> dict[str, Expression]:
        return {name: e for s in self.steps_of(cls, "class") for name, e in s.methods.items()}

    def size(self, cls: str) -> int:
        return sum(self.size(i.inner) if i.inner else 1 for i in self.items(cls).values())

    def depth(self, cls: str) -> int:
        inner = [self.depth(i.inner) for i in self.items(cls).values() if i.inner]
        return 1 + max(inner, default=0)

    def keys(self, cls: str, prefix: str = "") -> list[tuple[str, Item]]:
        """All items with those inside them, by dotted name."""
        found: list[tuple[str, Item]] = []
        for name, item in self.items(cls).items():
            if item.inner:
                found += self.keys(item.inner, f"{prefix}{name}.")
            else:
                found.append((prefix + name, item))
        return found


class Plain:
    """One object of the root class, with its settings by dotted name (those that count)."""

    def __init__(self, program: Program, settings: Mapping[str, Any]) -> None:
        self.declared = Declared(program)
        self.root = program.root
        self.settings = settings
        self.reads: dict[str, dict[str, None]] = {}
        self.values: dict[str, object] = {}
        self.calls: Counter[str] = Counter()
        self._groups: dict[tuple[str, int], tuple[Any, dict[str, None]]] = {}
        self._active: list[str] = []
        self.choice = lru_cache(maxsize=None)(self._choice)

    def names(self, prefix: str = "") -> list[str]:
        cls = self.layers(prefix + "?")[-1][1]
        return [key for key, _ in self.declared.keys(cls, prefix)]

    def layers(self, key: str) -> list[tuple[str, str]]:
        """The configs objects around an item, as (prefix, class), the outermost first."""
        found = [("", self.root)]
        parts = key.split(".")[:-1]
        for index, part in enumerate(parts):
            item = self.declared.items(found[-1][1])[part]
            found.append((".".join(parts[: index + 1]) + ".", item.inner))
        return found

    def item(self, key: str) -> Item | None:
        """The item of that name; None for a parameter."""
        cls = self.root
        *around, name = key.split(".")
        for part in around:
            item = self.declared.items(cls).get(part)
            if item is None or not item.inner:
                return None
            cls = item.inner
        return self.declared.items(cls).get(name)

    def calculators(self, key: str) -> list[tuple[str, Calculator]]:
        """The calculators of an item with the prefix of what each gets; a later one of a name replaces one."""
        found: dict[str, tuple[str, Calculator]] = {}
        for prefix, cls in reversed(self.layers(key)):
            for step in self.declared.steps_of(cls, "calc"):
                calculator = step.calculator
                if calculator is not None and key[len(prefix) :] in calculator.items:
                    found[calculator.option] = (prefix, calculator)
        return list(found.values())

    def default(self, key: str) -> tuple[bool, int | str | None]:
        """What the classes say, the outermost last."""
        found: tuple[bool, int | str | None] = (False, None)
        item = key
        while self.item(item) is None:
            item = item.rpartition(".")[0]
        for prefix, cls in reversed(self.layers(item)):
            defaults = self.declared.defaults(cls)
            if key[len(prefix) :] in defaults:
                found = (True, defaults[key[len(prefix) :]])
        return found

    def aggregates(self, key: str) -> list[str]:
        prefix, cls = self.layers(key)[-1]
        steps = self.declared.steps_of(cls, "aggregate")
        return list(dict.fromkeys(str(s.value) for s in steps if prefix + s.key == key))

    def _choice(self, key: str) -> Chosen:
        item = self.item(key)
        assert item is not None
        if item.inner:
            return Chosen("inner")
        calculators = self.calculators(key)
        options = {c.option: (p, c) for p, c in calculators if c.kind != "list"}
        given, value = (key in self.settings), self.settings.get(key)
        here = self.layers(key)[-1][0]
        if not given:
            tied = [c for prefix, c in calculators if prefix != here and c.kind != "list"]
            if tied:
                return self._option(options, tied[0].option)
            given, value = self.default(key)
            given = given and not (value is None and calculators)
        aggregates = self.aggregates(key)
        if given:
            if not isinstance(value, str):
                return Chosen("value", value)
            if value in options:
                return self._option(options, value)
            if value in aggregates:
                return Chosen("value", value, value)
            return Chosen("value", int(value))
        return self._undeclared(key, options, bool(calculators), aggregates)

    def _undeclared(
        self, key: str, options: dict[str, Any], has_entries: bool, aggregates: list[str]
    ) -> Chosen:
        for prefix, cls in reversed(self.layers(key)):
            for step in reversed(list(self.declared.steps_of(cls, "aggregate"))):
                member = dict(step.members).get(key[len(prefix) :])
                if member and self.choice(prefix + step.key).option == step.value:
                    return self._option(options, member, prefix + step.key)
        if options:
            return self._option(options, next(iter(options)))
        if has_entries:
            return Chosen("entries")
        if aggregates:
            return Chosen("value", aggregates[0], aggregates[0])
        return Chosen("missing")

    @staticmethod
    def _option(options: dict[str, Any], name: str, via: str = "") -> Chosen:
        owner, calculator = options[name]
        return Chosen("calc", None, name, calculator, owner, via)

    def parameters(self, key: str) -> dict[str, Parameter]:
        """The parameters that the chosen calculators of an item have as configs of its own, by name."""
        choice = self.choice(key)
        found: dict[str, Parameter] = {}
        if choice.calculator is not None:
            first = self.first_item(choice)
            for parameter in choice.calculator.parameters:
                if parameter.kind == "own" and first == key:
                    found[f"{key}.{parameter.name}"] = parameter
        elif choice.kind == "entries":
            for _, calculator in self.calculators(key):
                for parameter in calculator.parameters:
                    if parameter.kind == "own":
                        found[f"{key}.{calculator.option}.{parameter.name}"] = parameter
        return found

    def first_item(self, choice: Chosen) -> str:
        assert choice.calculator is not None
        return choice.owner + choice.calculator.items[0]

    def nodes(self) -> dict[str, Parameter | None]:
        """All items and parameters of chosen options."""
        found: dict[str, Parameter | None] = {}
        for key in self.names():
            found[key] = None
            found.update(self.parameters(key))
        return found

    def unset(self) -> list[str]:
        """The required items and parameters that nothing sets."""
        return [
            key
            for key, parameter in self.nodes().items()
            if key not in self.settings
            and (
                self.choice(key).kind == "missing"
                if parameter is None
                else parameter.default is None
            )
        ]

    def value(self, key: str, reader: str = "") -> object:
        """The value of an item, noted as read by `reader`."""
        if key not in self.values:
            if key in self._active:
                raise Ring(key)
            self._active.append(key)
            try:
                self.values[key] = self._compute(key, self.choice(key))
            finally:
                self._active.pop()
        if reader:
            self.reads.setdefault(reader, {})[key] = None
        return self.values[key]

    def _compute(self, key: str, choice: Chosen) -> object:
        if choice.via:
            self.value(choice.via, key)
        if choice.kind == "missing":
            raise Missing(key)
        if choice.kind == "entries":
            return [
                self._call(key, f"{key}.{calculator.option}", owner, calculator)
                for owner, calculator in self.calculators(key)
            ]
        if choice.calculator is None:
            return choice.value
        if choice.calculator.kind != "tuple":
            return self._call(key, key, choice.owner, choice.calculator)
        return self._member(key, choice, choice.calculator)

    def _member(self, key: str, choice: Chosen, calculator: Calculator) -> object:
        group = (choice.owner, id(calculator))
        if group not in self._groups:
            name = f"{choice.owner}({calculator.name} {id(calculator)})"
            if name in self._active:
                raise Ring(key)
            self._active.append(name)
            try:
                values = self._call(name, self.first_item(choice), choice.owner, calculator)
            finally:
                self._active.pop()
            self._groups[group] = (values, self.reads.get(name, {}))
        values, reads = self._groups[group]
        self.reads.setdefault(key, {}).update(reads)
        return values[calculator.items.index(key[len(choice.owner) :])]

    def _call(self, reader: str, item: str, owner: str, calculator: Calculator) -> object:
        names: dict[str, int] = {}
        bare = Env(lambda key: self.value(owner + key, reader), names, lambda name: 0)
        cls = self.layers(owner + "?")[-1][1]
        bare.call = lambda name: self.declared.method(cls, name).run(bare)
        for parameter in calculator.parameters:
            names[parameter.name] = self._argument(bare, reader, item, owner, parameter)
        self.calls[calculator.name] += 1
        return calculator.run(bare)

    def _argument(self, env: Env, reader: str, item: str, owner: str, parameter: Parameter) -> int:
        if parameter.kind == "own":
            return self._own(f"{item}.{parameter.name}", parameter, reader)
        if parameter.kind in ("item", "bound"):
            return self.value(owner + (parameter.key or parameter.name), reader)  # type: ignore[return-value]
        return parameter.expression.run(env)

    def _own(self, key: str, parameter: Parameter, reader: str) -> int:
        given, value = self.default(key)
        if key in self.settings:
            value = int(self.settings[key])
        elif not given:
            value = parameter.default
        if value is None:
            raise Missing(key)
        self.values[key] = value
        self.reads.setdefault(reader, {})[key] = None
        return int(value)

    def mentioned(self, key: str) -> tuple[set[str], bool]:
        """All that a calculator of an item may read as it is written, and whether it hands the configs on."""
        choice = self.choice(key)
        found: set[str] = {choice.via} if choice.via else set()
        is_open = False
        pairs = [(choice.owner, choice.calculator)] if choice.calculator is not None else []
        if choice.kind == "entries":
            pairs = list(self.calculators(key))
        for owner, calculator in pairs:
            item = owner + calculator.items[0]
            item += f".{calculator.option}" if calculator.kind == "list" else ""
            todo: list[Expression] = [e for s in calculator.statements for e in s.mentions()]
            for parameter in calculator.parameters:
                if parameter.kind == "own":
                    found.add(f"{item}.{parameter.name}")
                elif parameter.kind in ("item", "bound"):
                    found.add(owner + (parameter.key or parameter.name))
                else:
                    todo += parameter.expression.mentions()
            cls = self.layers(owner + "?")[-1][1]
            while todo:
                one = todo.pop()
                if isinstance(one, Ref):
                    found.add(owner + one.key)
                    is_open = is_open or one.style == "open"
                elif isinstance(one, Method):
                    todo += self.declared.method(cls, one.name).mentions()
        return found, is_open

    def surely_read(self, key: str) -> set[str]:
        """What a calculator of an item reads on every path, as far as that is plain to see."""
        choice = self.choice(key)
        found: set[str] = {choice.via} if choice.via else set()
        if choice.calculator is None:
            return found
        owner, calculator = choice.owner, choice.calculator
        for parameter in calculator.parameters:
            if parameter.kind == "own":
                found.add(f"{owner}{calculator.items[0]}.{parameter.name}")
            elif parameter.kind in ("item", "bound"):
                found.add(owner + (parameter.key or parameter.name))
            else:
                found |= {owner + one for one in _sure(parameter.expression)}
        for statement in calculator.statements:
            if statement.word == "add":
                found |= {owner + one for one in _sure(statement.body)}
            if statement.condition is not None:
                found |= {owner + one for one in _sure(statement.condition)}
            if statement.word == "return":
                break
        return found


def _sure(expression: Expression) -> set[str]:
    if isinstance(expression, Ref):
        return {expression.key} if expression.style != "open" else set()
    if isinstance(expression, (Add, Logic, Ternary)):
        parts = expression.parts()
        return set().union(*map(_sure, parts if isinstance(expression, Add) else parts[:1]))
    return set()
