"""What the declarations of items, options and parameters say about them, as plain text.

Source is read once per file, docstrings once per class or function. What has no source (the REPL,
notebooks, `exec`) has no documentation, except that of docstrings.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import sys
from collections.abc import Callable, Iterator
from functools import lru_cache, partial
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from lab.configs import _rst
from lab.configs._calculator import Calculator, declarations
from lab.configs._choose import choose
from lab.configs._state import Node
from lab.errors import ConfigError

_Texts = dict[str, str]
_T = TypeVar("_T")

# Comments that speak to a tool and not to a reader.
_PRAGMAS = (
    "type:", "noqa", "pragma:", "pyright:", "mypy:", "pylint:", "ruff:", "fmt:", "isort:", "nosec",
    "TODO", "FIXME", "XXX",
)  # fmt: skip
_BLOCKS = ("body", "orelse", "handlers", "finalbody")


class _Attributes(NamedTuple):
    """What the body of one class says about its attributes.

    Attributes:
        line: where the class begins, its decorators included.
        names: the annotated attributes.
        docs: what documents an attribute by its form: `#:` comments, and strings behind it.
        remarks: plain comments behind an attribute, on the same line.
    """

    line: int
    names: frozenset[str]
    docs: _Texts
    remarks: _Texts


_NOTHING = _Attributes(0, frozenset(), {}, {})


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
        if not said and name in base.__dict__.get("__annotations__", ()):  # a dataclass, mostly
            found = _attributes(base)
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
        said = _attributes(holder).docs.get(name) or _argument_docs(holder).get(name)
        if said:
            return said
    for holder in holders:
        said = _attributes(holder).remarks.get(name)
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


def _argument_docs(function: Any) -> _Texts:
    """The arguments, attributes and fields that docstrings of a function or one class document."""
    return _remembered(_argument_docs_known, function, _read_argument_docs)


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
            parameters = parse(docstring).params
        except ParseError:  # it is of another style
            continue
        for parameter in parameters:
            said = _rst.paragraph(parameter.description or "")
            for name in parameter.arg_name.split(","):
                if said:
                    found.setdefault(name.strip(" *`"), said)
    return found


# Attributes in source


def _attributes(cls: type) -> _Attributes:
    """What the source of a class says about its attributes; nothing where there is no source."""
    return _remembered(_attributes_known, cls, _read_attributes)


def _read_attributes(cls: type) -> _Attributes:
    module = sys.modules.get(cls.__module__)
    path = getattr(module, "__file__", None)
    if not path or not path.endswith(".py"):
        return _NOTHING
    linecache.checkcache(path)  # the file may have been edited and its module loaded again
    lines = tuple(linecache.getlines(path, vars(module)))
    classes = _classes_in(path, lines).get(cls.__qualname__, [])
    line = cls.__dict__.get("__firstlineno__")
    declared = declarations(cls)
    names = frozenset(declared.annotations if declared else cls.__dict__.get("__annotations__", ()))
    fitting = [found for found in classes if names <= found.names]
    exact = [found for found in fitting if found.line == line]
    return (exact or fitting or [_NOTHING])[-1]


@lru_cache(maxsize=128)
def _classes_in(path: str, lines: tuple[str, ...]) -> dict[str, list[_Attributes]]:
    """All classes of a file by their qualified names; several where a name is given again."""
    try:
        tree = ast.parse("".join(lines), path)
    except SyntaxError:  # edited since it was imported
        return {}
    found: dict[str, list[_Attributes]] = {}
    todo: list[tuple[ast.AST, str]] = [(tree, "")]
    while todo:
        node, prefix = todo.pop()
        if isinstance(node, ast.ClassDef):
            name = f"{prefix}{node.name}"
            found.setdefault(name, []).append(_attributes_of(node, lines))
            prefix = f"{name}."
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            prefix = f"{prefix}{node.name}.<locals>."
        inner = [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr)]
        todo.extend((child, prefix) for child in reversed(inner))
    return found


def _attributes_of(cls: ast.ClassDef, lines: tuple[str, ...]) -> _Attributes:
    first = min([cls.lineno, *(decorator.lineno for decorator in cls.decorator_list)])
    names: set[str] = set()
    docs: _Texts = {}
    remarks: _Texts = {}
    for statement, floor, following in _statements(cls, cls.lineno):
        for name in _targets(statement):
            if isinstance(statement, ast.AnnAssign):
                names.add(name)
            mark, behind = _comment_behind(statement, lines)
            said = _string(following) or _comment_above(statement, floor, lines) or mark
            if said:
                docs[name] = said
            if behind:
                remarks[name] = behind
    return _Attributes(first, frozenset(names), docs, remarks)


def _statements(block: ast.AST, floor: int) -> Iterator[tuple[ast.stmt, int, ast.stmt | None]]:
    """The statements of a class body with those under `if`, `try` and `with`.

    Yields:
        Each with the last line of what comes before it, and the statement behind it.
    """
    for field in _BLOCKS:
        statements = getattr(block, field, [])
        for index, statement in enumerate(statements):
            if isinstance(statement, ast.ExceptHandler):
                yield from _statements(statement, statement.lineno)
                continue
            following = statements[index + 1] if index + 1 < len(statements) else None
            yield statement, floor, following
            if not isinstance(statement, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
                yield from _statements(statement, statement.lineno)
            floor = statement.end_lineno or statement.lineno


def _targets(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.AnnAssign):
        targets = [statement.target]
    else:
        targets = (
            list(getattr(statement, "targets", ())) if isinstance(statement, ast.Assign) else []
        )
    return [target.id for target in targets if isinstance(target, ast.Name)]


def _string(statement: ast.stmt | None) -> str:
    """The attribute docstring that a statement is."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        text = statement.value.value
        return _rst.paragraph(inspect.cleandoc(text)) if isinstance(text, str) else ""
    return ""


def _comment_above(statement: ast.stmt, floor: int, lines: tuple[str, ...]) -> str:
    """The `#:` comments right above a statement, and below line `floor`."""
    found: list[str] = []
    line = statement.lineno - 1
    while line > floor and lines[line - 1].lstrip().startswith("#:"):
        found.insert(0, lines[line - 1].strip()[2:].strip())
        line -= 1
    return _rst.paragraph("\n".join(found))


def _comment_behind(statement: ast.stmt, lines: tuple[str, ...]) -> tuple[str, str]:
    """The comment on the last line of a statement, with what goes on below it in the same column.

    Returns:
        It if it is a `#:` comment, and it if it is a plain one; "" otherwise.
    """
    last = statement.end_lineno or statement.lineno
    line = lines[last - 1]
    ahead = len(line.encode()[: statement.end_col_offset].decode())
    rest = line[ahead:].strip()
    if not rest.startswith("#"):
        return "", ""
    column = line.index("#", ahead)
    said = [rest]
    for more in lines[last:]:
        if more.find("#") != column or more[:column].strip():
            break
        said.append(more.strip())
    if rest.startswith("#:"):
        return _rst.paragraph("\n".join(part.lstrip("#:").strip() for part in said)), ""
    return "", _rst.paragraph(_without_pragmas(said))


def _without_pragmas(comments: list[str]) -> str:
    parts = [part.strip() for comment in comments for part in comment.split("#")]
    return "\n".join(part for part in parts if part and not part.startswith(_PRAGMAS))


_argument_docs_known: WeakKeyDictionary[Any, _Texts] = WeakKeyDictionary()
_attributes_known: WeakKeyDictionary[Any, _Attributes] = WeakKeyDictionary()


def _remembered(known: WeakKeyDictionary[Any, _T], key: Any, read: Callable[[Any], _T]) -> _T:
    try:
        found = known.get(key)
    except TypeError:  # what cannot be a weak key is read each time
        return read(key)
    if found is None:
        found = known[key] = read(key)
    return found


__all__ = ["argument_doc", "class_doc", "doc_of", "option_doc"]
