"""What the parameters of a calculator are, read from its signature without calling anything."""

from __future__ import annotations

import sys

from lab.configs._calculator import Argument, Calculator, is_configs_class
from lab.configs._markers import UNSET

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# Named so in a function, a parameter is the configs object also where it has no annotation.
CONFIGS_NAMES = frozenset({"c", "configs", "self"})


def arguments(calculator: Calculator) -> tuple[Argument, ...]:
    """The parameters of a calculator in order; read once, and not before they are needed."""
    found = calculator.signature
    if found is None:
        found = calculator.signature = _simple(calculator) or _read(calculator)
    return found


def _simple(calculator: Calculator) -> tuple[Argument, ...] | None:
    """The parameters of a plain function that takes the configs object alone, as most calculators do."""
    function: Any = calculator.function
    if type(function) is not type(
        _simple
    ):  # a bound method has code too, but gives the first argument itself
        return None
    code = function.__code__
    if (
        code.co_argcount != 1
        or code.co_kwonlyargcount
        or code.co_flags & _VARIABLE
        or calculator.bound
        or hasattr(function, "__wrapped__")
    ):
        return None
    return SIMPLE.get(code.co_varnames[0])


def _read(calculator: Calculator) -> tuple[Argument, ...]:
    function = calculator.function
    if type(function) is type(_read) and not hasattr(function, "__wrapped__"):
        found = _of_code(function, 0)
    else:
        found = _of_callable(function)
    is_class = isinstance(function, type)
    names = frozenset(base.__name__ for base in calculator.owner.__mro__[:-1])
    return tuple(
        Argument(
            name,
            annotation,
            default,
            positional,
            name not in calculator.bound
            and _is_configs(name, annotation, is_class, names, function),
        )
        for name, annotation, default, positional in found
    )


def _is_configs(
    name: str, annotation: Any, is_class: bool, names: frozenset[str], function: Callable[..., Any]
) -> bool:
    if not is_class and name in CONFIGS_NAMES:
        return True
    if annotation is UNSET:
        return False
    if isinstance(annotation, str):
        text = annotation.strip("'\" ")
        if text in names:
            return True
        return is_configs_class(_look_up(text, function))
    return is_configs_class(annotation)


def _look_up(text: str, function: Callable[..., Any]) -> object:
    """What a plain or dotted name in an annotation written as text stands for, or None."""
    if not all(part.isidentifier() for part in text.split(".")):
        return None
    head, *rest = text.split(".")
    target = getattr(function, "__init__", function) if isinstance(function, type) else function
    space = getattr(target, "__globals__", None)
    if space is None:
        module = sys.modules.get(getattr(function, "__module__", "") or "")
        space = getattr(module, "__dict__", {})
    value = space.get(head)
    for part in rest:
        value = getattr(value, part, None)
    return value


# Functions with *args or **kwargs.
_VARIABLE = 0x04 | 0x08
SIMPLE = {name: (Argument(name, UNSET, UNSET, False, True),) for name in CONFIGS_NAMES}

_Found = list[tuple[str, "Any", "Any", bool]]


def _of_code(function: Any, skip: int) -> _Found:
    """The parameters of a plain Python function, ten times as fast as `inspect.signature`."""
    code = function.__code__
    count = code.co_argcount
    names = code.co_varnames
    annotations = function.__annotations__
    defaults = function.__defaults__ or ()
    first_default = count - len(defaults)
    found: _Found = []
    for index in range(skip, count):
        name = names[index]
        default = defaults[index - first_default] if index >= first_default else UNSET
        positional = index < code.co_posonlyargcount
        found.append((name, annotations.get(name, UNSET), default, positional))
    if code.co_kwonlyargcount:
        keyword_defaults = function.__kwdefaults__ or {}
        for name in names[count : count + code.co_kwonlyargcount]:
            found.append(
                (name, annotations.get(name, UNSET), keyword_defaults.get(name, UNSET), False)
            )
    return found


def _of_callable(function: Callable[..., Any]) -> _Found:
    import inspect

    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):  # a builtin that does not tell: called without arguments
        return []
    found: _Found = []
    for parameter in signature.parameters.values():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        annotation = UNSET if parameter.annotation is parameter.empty else parameter.annotation
        default = UNSET if parameter.default is parameter.empty else parameter.default
        positional = parameter.kind is parameter.POSITIONAL_ONLY
        found.append((parameter.name, annotation, default, positional))
    return found
