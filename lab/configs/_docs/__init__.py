"""What the declarations of items, options and parameters say about them, as plain text.

Docstrings are read once per class or function.
"""

from __future__ import annotations

import inspect
from functools import partial
from typing import Any
from weakref import WeakKeyDictionary

from lab.configs._calculator import Calculator, declarations
from lab.configs._choose import choose
from lab.configs._docs import _rst
from lab.configs._docs._attributes import attribute_docs
from lab.configs._state import Node
from lab.errors import ConfigError

_Texts = dict[str, str]

# How the parser, or a docstring itself, names what describes an argument or attribute.
_ARGUMENTS = frozenset(
    [
        "param",
        "parameter",
        "other_param",
        "arg",
        "argument",
        "key",
        "keyword",
        "attribute",
        "ivar",
        "cvar",
        "var",
    ]
)


def doc_of(node: Node) -> str:
    """What the declaration of an item, or of a parameter of an option, says about it.

    Returns:
        One paragraph without markup, "" where nothing is said.
    """
    if node.spec.argument is not None:
        calculator, argument = node.spec.argument
        said = argument_doc(calculator.function, argument.name)
    else:
        said = _item_doc(node.state.cls, node.name)
    if said:
        return said
    try:
        calculator_chosen = choose(node).calculator
    except ConfigError:  # a wrong setting is for the plan to report; here it only chooses nothing
        return ""
    return "" if calculator_chosen is None else option_doc(calculator_chosen)


def option_doc(calculator: Calculator) -> str:
    """The first paragraph of what a calculator's function or class says about itself."""
    return _rst.summary(_docstring(calculator.function))


def class_doc(cls: type) -> str:
    """The first paragraph of a class's own docstring."""
    return _rst.summary(_docstring(cls))


def argument_doc(function: Any, name: str) -> str:
    """What a function, or a class or one of its bases, says about one of its arguments."""
    function = _unwrapped(function)
    if not isinstance(function, type):
        return _argument_docs(function).get(name, "")
    for base in function.__mro__[:-1]:
        said = _argument_docs(base).get(name)
        if not said and name in inspect.get_annotations(base):  # a dataclass, mostly
            found = attribute_docs(base)
            said = found.docs.get(name) or found.remarks.get(name)
        if said:
            return said
    return ""


def _item_doc(cls: type, name: str) -> str:
    """What a configs class or one of its bases says about an item, the nearest first.

    Plain comments come last: they often speak of the value, and not of the item.
    """
    holders = [base for base in cls.__mro__ if _declares(base, name)]
    for holder in holders:
        said = attribute_docs(holder).docs.get(name) or _argument_docs(holder).get(name)
        if said:
            return said
    for holder in holders:
        said = attribute_docs(holder).remarks.get(name)
        if said:
            return said
    return ""


def _declares(cls: type, name: str) -> bool:
    declared = declarations(cls)
    if declared is None:
        return False
    return name in declared.annotations or name in declared.defaults


# Docstrings


def _docstring(function: Any) -> str:
    function = _unwrapped(function)
    found = getattr(function, "__doc__", None)
    if not isinstance(function, type) and found == type(function).__doc__:
        found = getattr(type(function).__call__, "__doc__", None) if _is_written(function) else None
    return found if isinstance(found, str) else ""


def _is_written(value: Any) -> bool:
    """Whether the class of a callable object is written in Python."""
    return hasattr(type(value).__call__, "__code__")


def _unwrapped(function: Any) -> Any:
    while isinstance(function, partial):
        function = function.func
    return function


_known: WeakKeyDictionary[Any, _Texts] = WeakKeyDictionary()


def _argument_docs(function: Any) -> _Texts:
    """The arguments, attributes and fields that docstrings of a function or of one class document."""
    try:
        found = _known.get(function)
    except TypeError:  # what cannot be a weak key is read each time
        return _read_argument_docs(function)
    if found is None:
        found = _known[function] = _read_argument_docs(function)
    return found


def _read_argument_docs(function: Any) -> _Texts:
    found = _sections(_docstring(function))
    if isinstance(function, type):
        for name in ("__init__", "__new__"):
            method = function.__dict__.get(name)
            if method is not None:
                for argument, said in _sections(getattr(method, "__doc__", None) or "").items():
                    found.setdefault(argument, said)
    return found


def _sections(docstring: str) -> _Texts:
    """The arguments and attributes that a docstring of any of the usual styles describes."""
    if ":" not in docstring and "---" not in docstring:
        return {}
    from docstring_parser import ParseError, google, numpydoc, rest

    more = ("Keyword Args", "Keyword Arguments", "Other Parameters")
    sections = [
        *google.DEFAULT_SECTIONS,
        *(google.Section(title, "param", google.SectionType.MULTIPLE) for title in more),
    ]
    found: _Texts = {}
    for parse in (google.GoogleParser(sections).parse, numpydoc.parse, rest.parse):
        try:
            described = parse(docstring).meta
        except ParseError:  # it is of another style
            continue
        for meta in described:
            if meta.args[0] in _ARGUMENTS and len(meta.args) > 1:
                names = getattr(meta, "arg_name", meta.args[-1])
                said = _rst.paragraph(meta.description or "")
                for name in names.split(",") if said else ():
                    found.setdefault(name.strip(" *`"), said)
    return found


__all__ = ["argument_doc", "class_doc", "doc_of", "option_doc"]
