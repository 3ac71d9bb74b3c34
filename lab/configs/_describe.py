"""Items in words, for errors and reports."""

from __future__ import annotations

from lab.configs._calculator import BUILD
from lab.configs._choice import LEVEL_NAMES, MISSING
from lab.configs._choose import NONE, choose, settings_of
from lab.configs._markers import UNSET, Build
from lab.configs._schema import Spec
from lab.configs._shorten import shorten
from lab.configs._state import Node
from lab.errors import MissingValue

# Names by which a parameter is likely meant to be the configs object, though nothing says so.
_LIKE_CONFIGS = frozenset({"c", "conf", "config", "configs", "cfg"})


def type_name(spec: Spec) -> str:
    """The annotated type of an item in words, "" where there is none."""
    if spec.annotation is UNSET:
        return ""
    annotation = spec.type
    if annotation is UNSET:
        return str(spec.annotation)
    from lab.configs._text import _convert

    return _convert.describe(annotation)


def missing(node: Node, readers: list[str]) -> MissingValue:
    """The error for a required item without a value.

    Args:
        node: the item.
        readers: who needs it, nearest first.
    """
    spec = node.spec
    why = ""
    choice = choose(node)
    if isinstance(choice.value, Build):
        why = f"it is to be built from its class, but its annotation ({type_name(spec) or 'none'}) is no class"
    elif (
        isinstance(spec.type, type) and spec.type.__module__ != "builtins" and spec.argument is None
    ):
        why = "nothing computes it; register a calculator for it"
        if not getattr(spec.type, "__abstractmethods__", None):
            why += ", or say = build() to have the class called"
    if spec.argument is not None:
        calculator, argument = spec.argument
        why = f"it is a parameter of {calculator.describe()}; set {node.path}, or bind it in calc"
        if argument.name in _LIKE_CONFIGS:
            why = (
                f"it is a parameter of {calculator.describe()}; annotate it with the configs class "
                "to be given the configs"
            )
    return MissingValue(node.path, type_name(spec), readers, why)


def value_text(value: object, limit: int = 80) -> str:
    """A value in one short line."""
    text = " ".join(shorten(value, 10 * limit).split())
    return text if len(text) <= limit else text[: limit - 3] + "..."


def source_text(node: Node) -> str:
    """Where the value of an item, or the choice of what computes it, comes from."""
    choice = choose(node)
    setting = choice.setting
    if setting is not None:
        level = LEVEL_NAMES[setting.level]
        return level if setting.where == level else f"{level} ({setting.where})"
    if choice.via is not None:
        return f"chosen by {choice.via.path}={choose(choice.via).option}"
    if choice.kind == MISSING:
        return "missing"
    spec = node.spec
    if spec.tied:
        return "tied by the class around it"
    if spec.default is not UNSET and spec.defaults and not _is_unset(node):
        return f"default in {spec.defaults[-1][1]}"
    if choice.calculator is not None and choice.calculator.kind == BUILD:
        return "built from its class"
    return "first option" if len(spec.option_names()) > 1 else "declared"


def _is_unset(node: Node) -> bool:
    spec = node.spec
    return (
        spec.default == NONE
        if isinstance(spec.default, str)
        else spec.default is None and bool(spec.options)
    )


def lost_texts(node: Node) -> tuple[str, ...]:
    """The values that were given for an item and do not count, with their sources."""
    choice = choose(node)
    given = settings_of(node)
    lost = [
        f"{value_text(setting.value)} ({LEVEL_NAMES[setting.level]}, {setting.where})"
        for setting in reversed(given)
        if setting is not choice.setting
    ]
    defaults = list(node.spec.defaults)
    if choice.setting is None and defaults and choice.via is None and not node.spec.tied:
        defaults.pop()
    lost += [
        f"{value_text(value)} (default in {owner})"
        for value, owner in reversed(defaults)
        if value is not None
    ]
    return tuple(lost)
