"""What the source of a class says about its attributes, in comments and in strings behind them.

A file is read once. Classes without source (the REPL, notebooks, `exec`) have nothing to say.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import sys
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple
from weakref import WeakKeyDictionary

from lab.configs._calculator import declarations
from lab.configs._docs import _rst

# Comments that speak to a tool and not to a reader.
_PRAGMAS = (
    "type:", "noqa", "pragma:", "pyright:", "mypy:", "pylint:", "ruff:", "fmt:", "isort:", "nosec",
    "TODO", "FIXME", "XXX",
)  # fmt: skip
_BLOCKS = ("body", "orelse", "handlers", "finalbody")


class AttributeDocs(NamedTuple):
    """What the body of one class says about its attributes.

    Attributes:
        line: where the class begins, its decorators included.
        names: the annotated attributes.
        docs: what documents an attribute by its form: `#:` comments, and strings behind it.
        remarks: plain comments behind an attribute, on the same line.
    """

    line: int
    names: frozenset[str]
    docs: dict[str, str]
    remarks: dict[str, str]


_NOTHING = AttributeDocs(0, frozenset(), {}, {})
_known: WeakKeyDictionary[type, AttributeDocs] = WeakKeyDictionary()


def attribute_docs(cls: type) -> AttributeDocs:
    """What the source of a class says about its attributes; nothing where there is no source."""
    found = _known.get(cls)
    if found is None:
        found = _known[cls] = _read(cls)
    return found


def _read(cls: type) -> AttributeDocs:
    module = sys.modules.get(cls.__module__)
    path = getattr(module, "__file__", None)
    if not path or not path.endswith(".py"):
        return _NOTHING
    linecache.checkcache(path)  # the file may have been edited and its module loaded again
    lines = tuple(linecache.getlines(path, vars(module)))
    classes = _classes_in(path, lines).get(cls.__qualname__, [])
    line = cls.__dict__.get("__firstlineno__")
    declared = declarations(cls)
    names = frozenset(declared.annotations if declared else inspect.get_annotations(cls))
    fitting = [found for found in classes if names <= found.names]
    exact = [found for found in fitting if found.line == line]
    return (exact or fitting or [_NOTHING])[-1]


@lru_cache(maxsize=128)
def _classes_in(path: str, lines: tuple[str, ...]) -> dict[str, list[AttributeDocs]]:
    """All classes of a file by their qualified names; several where a name is given again."""
    try:
        tree = ast.parse("".join(lines), path)
    except SyntaxError:  # edited since it was imported
        return {}
    found: dict[str, list[AttributeDocs]] = {}
    todo: list[tuple[ast.AST, str]] = [(tree, "")]
    while todo:
        node, prefix = todo.pop()
        if isinstance(node, ast.ClassDef):
            name = f"{prefix}{node.name}"
            found.setdefault(name, []).append(_of_class(node, lines))
            prefix = f"{name}."
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            prefix = f"{prefix}{node.name}.<locals>."
        inner = [child for child in ast.iter_child_nodes(node) if not isinstance(child, ast.expr)]
        todo.extend((child, prefix) for child in reversed(inner))
    return found


def _of_class(cls: ast.ClassDef, lines: tuple[str, ...]) -> AttributeDocs:
    first = min([cls.lineno, *(decorator.lineno for decorator in cls.decorator_list)])
    names: set[str] = set()
    docs: dict[str, str] = {}
    remarks: dict[str, str] = {}
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
    return AttributeDocs(first, frozenset(names), docs, remarks)


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
    """The comment on the last line of a statement.

    Returns:
        It if it is a `#:` comment, and it if it is a plain one; "" otherwise.
    """
    line = lines[(statement.end_lineno or statement.lineno) - 1]
    said = line.encode()[statement.end_col_offset :].decode().strip()
    if said.startswith("#:"):
        return _rst.paragraph(said[2:].strip()), ""
    parts = [part.strip() for part in said.split("#")] if said.startswith("#") else []
    remark = " ".join(part for part in parts if part and not part.startswith(_PRAGMAS))
    return "", _rst.paragraph(remark)


__all__ = ["AttributeDocs", "attribute_docs"]
