"""Graphs as plain descriptions: what their calculators do, and the source text that declares them."""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import ModuleType

MODULE = "described_graph"
MODULUS = 1009

# What a calculator adds to its result, evaluated without the library: reads by dotted name, parameters, methods.


class Env:
    """What an expression needs to be evaluated."""

    def __init__(
        self,
        read: Callable[[str], object],
        names: dict[str, int],
        call: Callable[[str], int],
    ) -> None:
        self.read, self.names, self.call = read, names, call


class Expression:
    """A piece of a calculator: its source, its value, and the names that it mentions."""

    def source(self, conf: str) -> str:
        raise NotImplementedError

    def run(self, env: Env) -> int:
        raise NotImplementedError

    def parts(self) -> tuple[Expression, ...]:
        return ()

    def mentions(self) -> Iterator[Expression]:
        yield self
        for part in self.parts():
            yield from part.mentions()


@dataclass(frozen=True)
class Const(Expression):
    value: int

    def source(self, conf: str) -> str:
        return str(self.value)

    def run(self, env: Env) -> int:
        return self.value


@dataclass(frozen=True)
class Name(Expression):
    """A parameter."""

    name: str

    def source(self, conf: str) -> str:
        return self.name

    def run(self, env: Env) -> int:
        return env.names[self.name]


@dataclass(frozen=True)
class Ref(Expression):
    """A read: by attribute, by key, or by a function that gets the configs whole."""

    key: str
    style: str = "attribute"  # or "key", "open"
    kind: str = "number"  # or "entries", "group", whose values are a list and a text

    def source(self, conf: str) -> str:
        text = {
            "attribute": f"{conf}.{self.key}",
            "key": f"{conf}[{self.key!r}]",
            "open": f"peek({conf}, {self.key!r})",
        }[self.style]
        return {"number": text, "entries": f"sum({text})", "group": f"len({text})"}[self.kind]

    def run(self, env: Env) -> int:
        value = env.read(self.key)
        if isinstance(value, list):
            return sum(value)
        return len(value) if isinstance(value, str) else value  # type: ignore[return-value]


@dataclass(frozen=True)
class Method(Expression):
    """A call of a method of the configs class."""

    name: str

    def source(self, conf: str) -> str:
        return f"{conf}.{self.name}()"

    def run(self, env: Env) -> int:
        return env.call(self.name)


@dataclass(frozen=True)
class Add(Expression):
    left: Expression
    right: Expression

    def source(self, conf: str) -> str:
        return f"({self.left.source(conf)} + {self.right.source(conf)})"

    def run(self, env: Env) -> int:
        return self.left.run(env) + self.right.run(env)

    def parts(self) -> tuple[Expression, ...]:
        return (self.left, self.right)


@dataclass(frozen=True)
class Logic(Expression):
    """`left % 2 and right`, or with `or`."""

    word: str
    left: Expression
    right: Expression

    def source(self, conf: str) -> str:
        return f"({self.left.source(conf)} % 2 {self.word} {self.right.source(conf)})"

    def run(self, env: Env) -> int:
        left = self.left.run(env) % 2
        if self.word == "and":
            return left and self.right.run(env)
        return left or self.right.run(env)

    def parts(self) -> tuple[Expression, ...]:
        return (self.left, self.right)


@dataclass(frozen=True)
class Ternary(Expression):
    condition: Expression
    then: Expression
    other: Expression

    def source(self, conf: str) -> str:
        condition = self.condition.source(conf)
        return f"({self.then.source(conf)} if {condition} % 2 else {self.other.source(conf)})"

    def run(self, env: Env) -> int:
        return (self.then if self.condition.run(env) % 2 else self.other).run(env)

    def parts(self) -> tuple[Expression, ...]:
        return (self.condition, self.then, self.other)


@dataclass(frozen=True)
class Nested(Expression):
    """An expression inside a generator, a lambda or a list, as the word says."""

    word: str
    body: Expression

    def source(self, conf: str) -> str:
        body = self.body.source(conf)
        return {
            "generator": f"sum({body} for _ in range(2))",
            "lambda": f"(lambda: {body})()",
            "list": f"sum([{body} for _ in (1, 2)])",
        }[self.word]

    def run(self, env: Env) -> int:
        return sum(self.body.run(env) for _ in range(1 if self.word == "lambda" else 2))

    def parts(self) -> tuple[Expression, ...]:
        return (self.body,)


@dataclass(frozen=True)
class Statement:
    """One statement: "add", "if" (with another branch or none), "return" early, "loop"."""

    word: str
    body: Expression
    condition: Expression | None = None
    other: Expression | None = None
    times: int = 1

    def lines(self, conf: str) -> list[str]:
        body = self.body.source(conf)
        if self.word == "add":
            return [f"total += {body}"]
        if self.word == "loop":
            return [f"for _ in range({self.times}):", f"    total += {body}"]
        assert self.condition is not None
        head = f"if {self.condition.source(conf)} % 2:"
        if self.word == "return":
            return [head, f"    return result(total + {body})"]
        lines = [head, f"    total += {body}"]
        if self.other is not None:
            lines += ["else:", f"    total += {self.other.source(conf)}"]
        return lines

    def mentions(self) -> Iterator[Expression]:
        for part in (self.condition, self.body, self.other):
            if part is not None:
                yield from part.mentions()


@dataclass(frozen=True)
class Parameter:
    """A parameter: its own config, an item's value, or bound to an item, an expression or a constant."""

    name: str
    kind: str  # own, item, bound, computed, constant
    default: int | None = None
    is_annotated: bool = True
    key: str = ""
    expression: Expression = Const(0)


@dataclass(frozen=True)
class Calculator:
    """A function that computes one item ("one"), several ("tuple") or an entry of a list ("list")."""

    name: str
    option: str
    items: tuple[str, ...]
    kind: str = "one"
    conf: str = "c"  # "" where it does not take the configs
    is_annotated: bool = False
    parameters: tuple[Parameter, ...] = ()
    statements: tuple[Statement, ...] = ()

    def run(self, env: Env) -> object:
        total = self._total(env) + sum(env.names[one.name] for one in self.parameters)
        if self.kind == "tuple":
            return tuple((total * (7 + i) + i) % MODULUS for i in range(len(self.items)))
        return total % MODULUS

    def _total(self, env: Env) -> int:
        total = 0
        for statement in self.statements:
            condition = statement.condition
            if statement.word in ("if", "return") and condition is not None:
                if condition.run(env) % 2:
                    total += statement.body.run(env)
                    if statement.word == "return":
                        return total
                elif statement.other is not None:
                    total += statement.other.run(env)
            else:
                for _ in range(statement.times if statement.word == "loop" else 1):
                    total += statement.body.run(env)
        return total

    def lines(self, owner: str) -> list[str]:
        conf = f"{self.conf}: {owner}" if self.is_annotated else self.conf
        first = [conf] if self.conf else []
        plain, named, bound = [], [], []
        for parameter in self.parameters:
            text = parameter.name + (": int" if parameter.is_annotated else "")
            if parameter.default is None:
                plain.append(text)
            else:
                named.append(f"{text} = {parameter.default}")
            if parameter.kind == "bound":
                bound.append(f"{parameter.name}={owner}.{parameter.key}")
            elif parameter.kind == "constant":
                bound.append(f"{parameter.name}={parameter.expression.source('c')}")
            elif parameter.kind == "computed":
                bound.append(
                    f"{parameter.name}=computed(lambda c: {parameter.expression.source('c')})"
                )
        target = f"{owner}.{self.items[0]}"
        if self.kind == "tuple":
            target = f"[{', '.join(f'{owner}.{item}' for item in self.items)}]"
        option = [repr(self.option)] if self.option != self.name else []
        how = "list" if self.kind == "list" else "calc"
        names = "".join(f" + {parameter.name}" for parameter in self.parameters)
        body = [f"    {line}" for one in self.statements for line in one.lines(self.conf)]
        if self.kind == "tuple":
            count = len(self.items)
            result = f"tuple((total * (7 + i) + i) % {MODULUS} for i in range({count}))"
        else:
            result = f"total % {MODULUS}"
        return [
            f"@{owner}.{how}({', '.join([target, *option, *bound])})",
            f"def {self.name}({', '.join([*first, *plain, *named])}):",
            f"    calls.append({self.name!r})",
            "    def result(total):",
            f"        total = total{names}",
            f"        return {result}",
            "    total = 0",
            *body,
            "    return result(total)",
        ]


@dataclass(frozen=True)
class Item:
    """An item in the body of a class: "number", "required", "computed", "inner", "entries" or "group"."""

    name: str
    kind: str
    default: int | str | None = None
    has_default: bool = False
    inner: str = ""
    is_annotated: bool = True

    def line(self) -> str:
        kinds = {"inner": self.inner, "entries": "list", "group": "str"}
        annotation = f": {kinds.get(self.kind, 'int')}" if self.is_annotated else ""
        return f"{self.name}{annotation}" + (f" = {self.default!r}" if self.has_default else "")


@dataclass
class Step:
    """One declaration of a program.

    A "class" with its items and methods; a "calc"; an "aggregate" of a class's item, option and members; or a
    "default" of an item after the class was made.
    """

    word: str
    owner: str
    bases: tuple[str, ...] = ()
    items: list[Item] = field(default_factory=list)
    methods: dict[str, Expression] = field(default_factory=dict)
    calculator: Calculator | None = None
    key: str = ""
    value: int | str = 0
    members: tuple[tuple[str, str], ...] = ()

    def lines(self) -> list[str]:
        if self.word == "calc":
            assert self.calculator is not None
            return self.calculator.lines(self.owner)
        if self.word == "default":
            return [f"{self.owner}.{self.key} = {self.value!r}"]
        if self.word == "aggregate":
            members = ", ".join(f"({self.owner}.{key}, {option!r})" for key, option in self.members)
            return [f"{self.owner}.aggregate({self.owner}.{self.key}, {self.value!r}, {members})"]
        lines = [f"class {self.owner}({', '.join(self.bases) or 'BaseConfigs'}):"]
        lines += [f"    {item.line()}" for item in self.items]
        for name, expression in self.methods.items():
            lines += [f"    def {name}(self):", f"        return {expression.source('self')}"]
        return [*lines, "    pass"]


@dataclass
class Program:
    """The declarations of a graph, in order; the class that was made last is the root."""

    steps: list[Step]
    root: str
    has_text_annotations: bool = False

    def source(self) -> str:
        head = ["from __future__ import annotations"] if self.has_text_annotations else []
        head += [
            "from lab.configs import BaseConfigs, computed",
            "calls = []",
            "def peek(c, key):",
            "    return c[key]",
        ]
        return "\n".join([*head, *(line for step in self.steps for line in step.lines())]) + "\n"

    def load(self) -> ModuleType:
        """The module that the source makes; it stands in `sys.modules` until the next one does."""
        source = self.source()
        module = ModuleType(MODULE)
        path = f"<{MODULE}>"
        linecache.cache[path] = (len(source), None, source.splitlines(True), path)
        sys.modules[MODULE] = module
        exec(compile(source, path, "exec", dont_inherit=True), module.__dict__)
        return module
