"""Every error that `lab` raises, in one tree.

::

    LabError
    ├── ConfigError                  something about a config, its declaration or its value
    │   ├── DeclarationError         a class or calculator is declared in a way that cannot work
    │   ├── UnknownConfig            no config of that name
    │   ├── UnknownOption            no option of that name, and no value of the item's type
    │   ├── WrongType                a value of another type than annotated
    │   ├── WrongValue               the type fits, a constraint does not; or text that cannot be read
    │   ├── OptionNotChosen          a parameter of an option that is not the chosen one
    │   ├── MissingValue             a required config was read, and nothing sets it
    │   ├── CycleError               configs that need each other
    │   ├── AlreadyRead              set after it was computed, or after something was computed from it
    │   ├── CalculationFailed        a calculator raised
    │   ├── OverrideSyntaxError      text that is no override
    │   ├── NotPicklable             a setting that cannot be pickled
    │   └── PlanError                all that is wrong with a run, found before it starts
    ├── ProjectError                 lab.yaml cannot be used
    ├── TrackerError                 an indicator or a writer used wrongly
    ├── ExperimentError              the life of a run: created, started, closed in the wrong order
    │   └── CheckpointError          a checkpoint that cannot be saved, or does not fit
    ├── LoggerError                  a text or a style that cannot be shown
    ├── LoopError                    a training loop or a step that cannot be
    ├── MonitError                   a section or an iteration that cannot be
    ├── RunError                     a run folder that cannot be found or read
    │   └── FilterError              a filter of runs that cannot be read
    ├── DataError                    a dataset that cannot be had
    └── MissingExtra                 an optional dependency is not installed

Each class words its own message and carries the data the message is made of; all of them survive pickling.
Where Python has an error that people would catch, the class is that error too (`UnknownConfig` is a `KeyError`).
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = [
    "AlreadyRead",
    "CalculationFailed",
    "CheckpointError",
    "ConfigError",
    "CycleError",
    "DataError",
    "DeclarationError",
    "ExperimentError",
    "FilterError",
    "LabError",
    "LoggerError",
    "LoopError",
    "MissingExtra",
    "MissingValue",
    "MonitError",
    "NotPicklable",
    "OptionNotChosen",
    "OverrideSyntaxError",
    "PlanError",
    "ProjectError",
    "RunError",
    "TrackerError",
    "UnknownConfig",
    "UnknownOption",
    "WrongType",
    "WrongValue",
    "nearest",
]


def nearest(name: str, known: Iterable[str], limit: int = 3) -> list[str]:
    """The names in `known` that `name` may have been meant for, best first."""
    import difflib

    candidates = sorted(set(known))
    found = difflib.get_close_matches(name, candidates, n=limit, cutoff=0.6)
    leaf = name.rpartition(".")[2]
    for other in candidates:  # 'lr' for 'optimizer.lr', and the other way round
        if other not in found and other.rpartition(".")[2] == leaf:
            found.append(other)
    return found[:limit]


def _suggestion(name: str, known: Sequence[str], what: str) -> str:
    close = nearest(name, known)
    if close:
        return f"; did you mean {_either(close)}?"
    if known and len(known) <= 12:
        return f"; the {what} are {', '.join(repr(k) for k in known)}"
    return ""


def _either(names: Sequence[str]) -> str:
    quoted = [repr(name) for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"


def _chain(names: Sequence[str], arrow: str) -> str:
    """Names in a row, the middle of a long one left out."""
    shown = list(names)
    if len(shown) > 20:
        shown[8:-8] = [f"... ({len(shown) - 16:,} more) ..."]
    return arrow.join(shown)


def _at(source: str | None) -> str:
    return f" ({source})" if source else ""


class LabError(Exception):
    """The root of all errors that `lab` raises on purpose."""

    def __str__(self) -> str:
        return self.message()

    def message(self) -> str:
        """The text of the error, made from its data."""
        return str(self.args[0]) if self.args else type(self).__name__


class ConfigError(LabError):
    """Something about a config, its declaration or its value."""


class DeclarationError(ConfigError, TypeError):
    """A class or calculator is declared in a way that cannot work."""


class UnknownConfig(ConfigError, AttributeError, KeyError):
    """No config has that name.

    Attributes:
        key: the name as it was given.
        known: the names there are.
        owner: the name of the configs class.
        source: where the name was given.
    """

    def __init__(
        self, key: str, known: Sequence[str] = (), owner: str = "", source: str | None = None
    ) -> None:
        names = tuple(dict.fromkeys(known))
        super().__init__(key, names, owner, source)
        self.key, self.known, self.owner, self.source = key, names, owner, source

    def message(self) -> str:
        where = f" in {self.owner}" if self.owner else ""
        close = _suggestion(self.key, self.known, "configs")
        return f"unknown config {self.key!r}{where}{_at(self.source)}{close}"


class UnknownOption(ConfigError, ValueError):
    """Text that names no option of an item, and is no value of the item's type.

    Attributes:
        key: the item.
        option: what was given.
        options: the options there are.
        expected: the item's type in words, where a plain value would be right too.
        source: where it was given.
    """

    def __init__(
        self,
        key: str,
        option: str,
        options: Sequence[str],
        expected: str | None = None,
        source: str | None = None,
    ) -> None:
        super().__init__(key, option, tuple(options), expected, source)
        self.key, self.option, self.options = key, option, tuple(options)
        self.expected, self.source = expected, source

    def message(self) -> str:
        text = f"unknown option {self.option!r} for {self.key!r}{_at(self.source)}"
        if self.expected:
            text += f", and no value of type {self.expected}"
        if not self.options:
            return f"{text}; it has no options"
        close = nearest(self.option, self.options)
        text += _suggestion(self.option, self.options, "options")
        if close and len(close) < len(self.options) <= 12:
            text += f" The options are {', '.join(repr(o) for o in self.options)}."
        return text


class WrongType(ConfigError, TypeError):
    """A value of another type than the config is annotated with.

    Attributes:
        key: the config.
        value: what was given, as text.
        expected: the annotated type in words.
        source: where it was given.
        detail: what in the value does not fit, where that is not the whole of it.
    """

    def __init__(
        self, key: str, value: str, expected: str, source: str | None = None, detail: str = ""
    ) -> None:
        super().__init__(key, value, expected, source, detail)
        self.key, self.value, self.expected = key, value, expected
        self.source, self.detail = source, detail

    def message(self) -> str:
        detail = f": {self.detail}" if self.detail else ""
        return f"{self.key!r} takes {self.expected}, got {self.value}{_at(self.source)}{detail}"


class WrongValue(WrongType, ValueError):
    """A value of the right type that a constraint refuses, or text that cannot be read as the type."""


class OptionNotChosen(ConfigError, ValueError):
    """A parameter was set that only an option takes which is not the chosen one.

    Attributes:
        key: the parameter, such as `optimizer.betas`.
        item: the item, such as `optimizer`.
        chosen: the chosen option, "" where the item is set to a value.
        owners: the options that take the parameter.
        parameters: what the chosen option takes.
        source: where the parameter was set.
    """

    def __init__(
        self,
        key: str,
        item: str,
        chosen: str,
        owners: Sequence[str],
        parameters: Sequence[str],
        source: str | None = None,
    ) -> None:
        super().__init__(key, item, chosen, tuple(owners), tuple(parameters), source)
        self.key, self.item, self.chosen = key, item, chosen
        self.owners, self.parameters, self.source = tuple(owners), tuple(parameters), source

    def message(self) -> str:
        if self.chosen:
            takes = ", ".join(map(repr, self.parameters)) or "no parameters"
            why = f"{self.item!r} is {self.chosen!r}, which takes {takes}"
        else:
            why = f"{self.item!r} is set to a value, which has no parameters"
        return (
            f"{self.key!r}{_at(self.source)} is a parameter of {_either(self.owners)}, but {why}; "
            f"set {self.item}={self.owners[0]} or leave {self.key} out"
        )


class MissingValue(ConfigError, LookupError):
    """A required config was read, and nothing sets it.

    Attributes:
        key: the config.
        expected: its type in words.
        readers: who needs it, nearest first.
        why: what would be right, where it is more than to set it or to register a calculator.
    """

    def __init__(
        self, key: str, expected: str = "", readers: Sequence[str] = (), why: str = ""
    ) -> None:
        super().__init__(key, expected, tuple(readers), why)
        self.key, self.expected, self.readers, self.why = key, expected, tuple(readers), why

    def message(self) -> str:
        kind = f" ({self.expected})" if self.expected else ""
        need = (
            f", needed by {_chain([repr(r) for r in self.readers], ' <- ')}" if self.readers else ""
        )
        why = self.why or "set it, or register a calculator for it"
        return f"{self.key!r}{kind} has no value{need}; {why}"


class CycleError(ConfigError, RuntimeError):
    """Configs that need each other.

    Attributes:
        cycle: the configs in the order in which they read each other; the first one is also the last.
    """

    def __init__(self, cycle: Sequence[str]) -> None:
        super().__init__(tuple(cycle))
        self.cycle = tuple(cycle)

    def message(self) -> str:
        if len(set(self.cycle)) == 1:
            return f"{self.cycle[0]!r} needs itself"
        return f"configs that need each other: {_chain(self.cycle, ' -> ')}"


class AlreadyRead(ConfigError, RuntimeError):
    """A config was set after it was computed, or after something was computed from it.

    Attributes:
        key: the config.
        reader: what was computed from it; empty where the config was itself computed.
        source: where it was set.
    """

    def __init__(self, key: str, reader: str = "", source: str | None = None) -> None:
        super().__init__(key, reader, source)
        self.key, self.reader, self.source = key, reader, source

    def message(self) -> str:
        reason = f"{self.reader!r} has read it" if self.reader else "it has been computed"
        return (
            f"cannot set {self.key!r}{_at(self.source)}: {reason} already; "
            "set it before the first read, or on a new instance"
        )


class CalculationFailed(ConfigError, RuntimeError):
    """A calculator raised; the original exception is chained.

    Attributes:
        path: the configs that led to it, the first one read first.
        calculator: the calculator, with its file and line.
        error: the original exception in one line.
    """

    def __init__(self, path: Sequence[str], calculator: str, error: str) -> None:
        super().__init__(tuple(path), calculator, error)
        self.path, self.calculator, self.error = tuple(path), calculator, error

    def message(self) -> str:
        return f"computing {_chain(self.path, ' -> ')} failed in {self.calculator}: {self.error}"


class OverrideSyntaxError(ConfigError, ValueError):
    """Text that is no override.

    Attributes:
        text: what was given.
        problem: what is wrong with it.
        position: the index of the character where reading stopped, or None.
    """

    def __init__(self, text: str, problem: str, position: int | None = None) -> None:
        super().__init__(text, problem, position)
        self.text, self.problem, self.position = text, problem, position

    def message(self) -> str:
        pointer = "" if self.position is None else f" at character {self.position + 1}"
        text = self.text if len(self.text) <= 200 else f"{self.text[:197]}..."
        return f"cannot read the override {text!r}: {self.problem}{pointer}"


class NotPicklable(ConfigError, TypeError):
    """A setting of a configs object cannot be pickled.

    Attributes:
        key: the config that holds it; "" where the class of the configs itself is the matter.
        value: what it is, in words.
        error: what pickle said.
    """

    def __init__(self, key: str, value: str, error: str) -> None:
        super().__init__(key, value, error)
        self.key, self.value, self.error = key, value, error

    def message(self) -> str:
        if not self.key:
            return (
                f"configs of the class {self.value} cannot be pickled: {self.error}; "
                "define it at the top level of a module"
            )
        return (
            f"{self.key!r} is set to {self.value}, which cannot be pickled: {self.error}; "
            "use something defined at the top level of a module"
        )


class PlanError(ConfigError):
    """All that is wrong with a run, found before it starts.

    Attributes:
        errors: the single errors.
        owner: the name of the configs class.
    """

    def __init__(self, errors: Sequence[ConfigError], owner: str = "") -> None:
        super().__init__(tuple(errors), owner)
        self.errors, self.owner = tuple(errors), owner

    def message(self) -> str:
        what = "1 problem" if len(self.errors) == 1 else f"{len(self.errors)} problems"
        where = f" in {self.owner}" if self.owner else ""
        lines = "".join(f"\n  - {error}" for error in self.errors)
        return f"{what}{where}, nothing was run:{lines}"


class ProjectError(LabError, ValueError):
    """`lab.yaml` cannot be used."""


class TrackerError(LabError, ValueError):
    """An indicator or a writer used wrongly."""


class ExperimentError(LabError, RuntimeError):
    """The life of a run: created, started or closed in the wrong order."""


class CheckpointError(ExperimentError):
    """A checkpoint that cannot be saved, is damaged, or does not fit the run that loads it."""


class LoggerError(LabError, TypeError, ValueError):
    """A text or a style that cannot be shown."""


class LoopError(LabError, TypeError, ValueError):
    """A training loop or a step that cannot be."""


class MonitError(LabError, TypeError, ValueError):
    """A section or an iteration that cannot be."""


class RunError(LabError, LookupError):
    """A run folder that cannot be found or read."""


class FilterError(RunError, ValueError):
    """A filter of runs that cannot be read, or names what no run knows.

    Attributes:
        text: what was given.
        problem: what is wrong with it, and what would be right.
        position: the index of the character that is wrong, or None.
    """

    def __init__(self, text: str, problem: str, position: int | None = None) -> None:
        super().__init__(text, problem, position)
        self.text, self.problem, self.position = text, problem, position

    def message(self) -> str:
        where = "" if self.position is None else f" at character {self.position + 1}"
        text = self.text if len(self.text) <= 200 else f"{self.text[:197]}..."
        return f"cannot filter runs by {text!r}{where}: {self.problem}"


class DataError(LabError, RuntimeError):
    """A dataset that cannot be had."""


class MissingExtra(LabError, ImportError):
    """An optional dependency is not installed.

    Attributes:
        module: what could not be imported.
        extra: the extra of the distribution that brings it.
        purpose: what it is wanted for.
    """

    def __init__(self, module: str, extra: str, purpose: str = "") -> None:
        super().__init__(module, extra, purpose)
        self.module, self.extra, self.purpose = module, extra, purpose

    def message(self) -> str:
        purpose = f" for {self.purpose}" if self.purpose else ""
        return (
            f"{self.module} is needed{purpose} and is not installed: "
            f"pip install 'lab-experiments[{self.extra}]'"
        )
