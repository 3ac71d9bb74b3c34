"""The items of a configs class with all that its bases and the class around it declare, merged once."""

from __future__ import annotations

from lab.configs import _annotations
from lab.configs._calculator import LIST, Argument, Calculator, declarations
from lab.configs._markers import UNSET
from lab.errors import DeclarationError, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    # A calculator, and how many levels above the item's own configs the configs object is that it takes.
    Registered = tuple[Calculator, int]
    # Something declared for what lies inside an item: (kind, dotted rest, payload, levels up).
    Entry = tuple[str, str, Any, int]
    # The members that an aggregate chooses options for: ((member, option), ...).
    Members = tuple[tuple[str, str], ...]

_NOT_READ = object()


class Spec:
    """All that is declared of one item, or of one parameter of an item.

    Attributes:
        name: within its configs class; a parameter's is dotted (`optimizer.lr`).
        annotation: as written, or `UNSET`.
        holder: the class or function that the annotation belongs to.
        default: what the class says, or `UNSET`.
        defaults: every default along the bases with the class that gives it, the one in force last.
        options: the calculators by option name, in order.
        entries: the calculators of a list item.
        aggregates: the members' options by the item's own option.
        mark: whether it is recorded as a hyperparameter, None where nobody said.
        overlay: what is declared for what lies inside.
        tied: the option that the class around this one gives, which then is the default.
        argument: the calculator and its parameter, where this is one.
        fixed: the choice that no setting and no other item can change but by outranking it (see `_choose`).
        inner: the schemas of configs classes inside, by class, each with the plain one it was made from.
    """

    __slots__ = (
        "_type",
        "aggregates",
        "annotation",
        "argument",
        "default",
        "defaults",
        "entries",
        "fixed",
        "holder",
        "inner",
        "mark",
        "name",
        "options",
        "overlay",
        "tied",
    )

    def __init__(self, name: str) -> None:
        self.name = name
        self.annotation: Any = UNSET
        self.holder: Any = None
        self.default: Any = UNSET
        self.defaults: tuple[tuple[Any, str], ...] = ()
        self.options: dict[str, Registered] = {}
        self.entries: dict[str, Registered] = {}
        self.aggregates: dict[str, Members] = {}
        self.mark: bool | None = None
        self.overlay: list[Entry] = []
        self.tied = ""
        self.fixed: Any = None
        self.argument: tuple[Calculator, Argument] | None = None
        self.inner: dict[type, tuple[Schema, Schema]] = {}
        self._type: Any = _NOT_READ

    @property
    def type(self) -> Any:
        """The evaluated annotation; `UNSET` where there is none, or none that can be known."""
        if self._type is _NOT_READ:
            self._type = _annotations.evaluate(self.annotation, self.holder)
        return self._type

    def option_names(self) -> list[str]:
        """What text may choose, in order."""
        return [*self.options, *(name for name in self.aggregates if name not in self.options)]


class Schema:
    """The items of a configs class.

    Attributes:
        cls: the class.
        specs: by name, those of the bases first.
        chosen_by: for a member of aggregates, the (item, item's option, member's option) that may choose for it.
        aliases: other names of items.
        builders: for items that are built from their class, a calculator that does it.
        calls: how calculators are called, by calculator and item (see `_calls`).
        parameters: what is declared of the parameters of items, by item, name and calculator.
        plans: what was found in planning, by what was set and chosen (see `_plan`).
    """

    __slots__ = ("aliases", "builders", "calls", "chosen_by", "cls", "parameters", "plans", "specs")

    def __init__(self, cls: type) -> None:
        self.cls = cls
        self.specs: dict[str, Spec] = {}
        self.chosen_by: dict[str, list[tuple[str, str, str]]] = {}
        self.aliases: dict[str, str] = {}
        self.builders: dict[str, Calculator] = {}
        self.calls: dict[tuple[Calculator, str], Any] = {}
        self.parameters: dict[Any, Spec] = {}
        self.plans: dict[Any, Any] = {}


def schema_of(cls: type) -> Schema:
    """The schema of a configs class; made at first use and again after something new was declared."""
    schema: Schema | None = cls.__dict__.get("_lab_schema")
    if schema is None:
        schema = _compile(cls, ())
        type.__setattr__(cls, "_lab_schema", schema)
    return schema


def inner_schema(spec: Spec, cls: type) -> Schema:
    """The schema of a configs class inside an item, with what the class around it declares for it."""
    plain = schema_of(cls)
    if not spec.overlay:
        return plain
    known = spec.inner.get(cls)
    if known is None or known[0] is not plain:
        entries = spec.overlay if not spec.options else _known_entries(plain, spec.overlay)
        known = spec.inner[cls] = (plain, _compile(cls, entries))
    return known[1]


class Version:
    """Counts the declarations of the process, so that what was derived from them can be told to be out of date."""

    now = 0


def forget(cls: type) -> None:
    """Drops the schemas that a new declaration on a class makes out of date."""
    Version.now += 1
    if cls.__dict__.get("_lab_schema") is not None:
        type.__setattr__(cls, "_lab_schema", None)
    subclass: type
    for subclass in cls.__subclasses__():
        forget(subclass)


def _compile(cls: type, overlay: Any) -> Schema:
    schema = Schema(cls)
    for base in reversed(cls.__mro__):
        declared = declarations(base)
        if declared is None:
            continue
        specs = schema.specs
        for name in declared.order:
            if name not in specs:
                specs[name] = Spec(name)
        for name, annotation in declared.annotations.items():
            spec = specs.get(name)
            if spec is None:
                spec = specs[name] = Spec(name)
            spec.annotation = annotation
            spec.holder = base
            spec._type = _NOT_READ
        where = base.__name__
        for path, value in declared.defaults.items():
            _declare(schema, "default", path, (value, where), 0)
        for calculator in declared.calculators:
            for path in calculator.items:
                _declare(schema, "calc", path, calculator, 0)
        for path, option, members in declared.aggregates:
            _declare(schema, "aggregate", path, (option, members), 0)
        for path, mark in declared.marks.items():
            _declare(schema, "mark", path, mark, 0)
        if declared.aliases:
            schema.aliases.update(declared.aliases)
    for kind, path, payload, up in overlay:
        _declare(schema, kind, path, payload, up + 1)
    return schema


def _known_entries(schema: Schema, overlay: list[Entry]) -> list[Entry]:
    """What is declared for items that a class has; another option's class may have the rest."""
    return [entry for entry in overlay if entry[1].partition(".")[0] in schema.specs]


def _declare(schema: Schema, kind: str, path: str, payload: Any, up: int) -> None:
    if kind == "aggregate" and up == 0:
        option, members = payload
        for choices in schema.chosen_by.values():
            choices[:] = [choice for choice in choices if choice[:2] != (path, option)]
        for member, member_option in members:
            schema.chosen_by.setdefault(member, []).append((path, option, member_option))
    spec = schema.specs.get(path)
    if spec is None:
        head, dot, rest = path.partition(".")
        if up and head not in schema.specs:
            raise _stray(schema, kind, head, payload)
        if dot:
            schema.specs[head].overlay.append((kind, rest, payload, up))
            return
        spec = schema.specs[path] = Spec(path)
    apply(spec, kind, payload, up)


def _stray(schema: Schema, kind: str, name: str, payload: Any) -> DeclarationError:
    what = {"default": "a default", "calc": "a calculator", "mark": "a mark"}.get(kind, "a choice")
    if kind == "default":
        who = payload[1]
    elif kind == "calc":
        who = f"{payload.owner.__name__} ({payload.describe()})"
    else:
        who = "the class around it"
    names = list(schema.specs)
    close = nearest(name, names)
    hint = (
        f"did you mean {' or '.join(map(repr, close))}?" if close else f"it has {', '.join(names)}"
    )
    return DeclarationError(
        f"{who} declares {what} for {name!r} of {schema.cls.__name__}, which has no such item; {hint}"
    )


def apply(spec: Spec, kind: str, payload: Any, up: int) -> None:
    """Adds one declaration to what is known of an item."""
    if kind == "default":
        spec.default = payload[0]
        spec.tied = ""
        spec.defaults = (*spec.defaults, payload)
    elif kind == "calc":
        calculator: Calculator = payload
        if calculator.kind == LIST:
            spec.entries[calculator.option] = (calculator, up)
        else:
            spec.options[calculator.option] = (calculator, up)
            if up and not spec.tied:
                spec.tied = calculator.option
    elif kind == "aggregate":
        option, members = payload
        spec.aggregates[option] = members
    else:
        spec.mark = payload
