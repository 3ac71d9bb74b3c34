"""Reading the filter of `runs.find`, with Python's own parser; only what is listed here is understood."""

from __future__ import annotations

import ast
import keyword
import re
from dataclasses import dataclass, field, replace

from lab.errors import FilterError

__all__ = ["SOURCES", "Name", "WhereText"]

SOURCES = ("info", "last", "config")  # where a name is looked up, in this order
_MOST = 10_000  # characters
_PLAIN = (str, int, float, type(None))
_OWN_WORDS = frozenset(("and", "or", "not", "in", "is", "None", "True", "False", "if", "else"))
_WORD = 'a name that is a word of Python is written as config["lambda"]'
_IN = (ast.In, ast.NotIn)

_RIGHT = (
    "a filter compares names with values by == != < <= > >= in, joined by and, or, not, "
    'as in valid.accuracy > 0.9 and optimizer == "Adam"'
)
_INSTEAD: dict[type[ast.AST], str] = {
    ast.BitAnd: "write 'and' instead of '&'",
    ast.BitOr: "write 'or' instead of '|'",
    ast.Invert: "write 'not' instead of '~'",
    ast.Call: "functions cannot be called in a filter",
    ast.Div: 'a name with other characters is written as last["train/loss"]',
    ast.Sub: 'a name with other characters is written as last["gpu-0"]',
    ast.JoinedStr: "write the text itself, without f",
    ast.Lambda: _WORD,
}
_SLIPS = (
    (r"&&?", "write 'and' instead of '&&'"),
    (r"\|\|?", "write 'or' instead of '||'"),
    (r"!(?!=)", "write 'not' instead of '!'"),
    (r"<>", "write '!=' instead of '<>'"),
    (r"===", "write '==' to compare"),
    (r"(?<![=!<>])=(?!=)", "write '==' to compare"),
    (r"\b[\w.]*/[\w./]*", 'a name with other characters is written as last["train/loss"]'),
)


@dataclass(frozen=True)
class Name:
    """A name in a filter.

    Attributes:
        key: the name.
        source: `info`, `last` or `config`, where only that is meant.
        position: where it stands in the filter.
        is_value: whether it stands where mostly a value does, such as text without its quotes.
    """

    key: str
    source: str | None = None
    position: int = field(default=0, compare=False)
    is_value: bool = field(default=False, compare=False)

    @property
    def sources(self) -> tuple[str, ...]:
        """Where to look it up, in this order."""
        return (self.source,) if self.source else SOURCES


class WhereText:
    """The text of a filter, as a tree that has only what a filter may have.

    Args:
        text: the filter.

    Raises:
        FilterError: it cannot be read; the error says where, and what would be right.
    """

    def __init__(self, text: str) -> None:
        if not isinstance(text, str):
            raise FilterError(repr(text), f"it is text, not {type(text).__name__}; {_RIGHT}")
        self.text = text
        self.names: list[Name] = []
        self.tree = self._parse(text)
        try:
            self._check(self.tree)
        except RecursionError as error:
            raise FilterError(text, "it is nested too deeply") from error

    def error(self, problem: str, position: int | None = None) -> FilterError:
        """An error about the filter."""
        return FilterError(self.text, problem, position)

    def _parse(self, text: str) -> ast.expr:
        if len(text) > _MOST:
            raise FilterError(text, f"it is longer than {_MOST:,} characters")
        if not text.strip():
            raise self.error(f"it is empty; {_RIGHT}")
        line = re.sub(r"[\n\r\t\f]", " ", text)
        start = len(line) - len(line.lstrip())
        try:
            return ast.parse(line.lstrip(), mode="eval").body
        except SyntaxError as error:
            slip = _slip(line)
            if slip is not None:
                raise self.error(*slip) from error
            end = len(line.strip())
            column = start + min(error.offset - 1 if error.offset else end, end)
            problem = error.msg.partition(" (<unknown>")[0].partition(". Perhaps")[0]
            raise self.error(f"{problem}; {_RIGHT}", column) from error
        except (ValueError, RecursionError, MemoryError) as error:
            raise self.error(f"it cannot be read: {error or 'nested too deeply'}") from error

    def _check(self, node: ast.expr) -> None:
        """Refuse what a filter has no meaning for, and note the names."""
        name = self.name(node)
        if name is not None:
            self.names.append(name)
        elif isinstance(node, ast.BoolOp):
            for value in node.values:
                self._check(value)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            self._check(node.operand)
        elif isinstance(node, ast.Compare):
            self._check_side(node.left, isinstance(node.ops[0], _IN))
            for operation, side in zip(node.ops, node.comparators, strict=True):
                self._check_side(side, not isinstance(operation, _IN))
        elif not isinstance(node, ast.Constant) or not isinstance(node.value, bool):
            raise self._refusal(node)

    def _check_side(self, node: ast.expr, is_value: bool) -> None:
        name = self.name(node)
        if name is not None:
            self.names.append(replace(name, is_value=is_value))
        elif isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            for element in node.elts:
                self._check_side(element, is_value=True)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
            if not _is_number(node.operand):
                raise self._refusal(node)
        elif not isinstance(node, ast.Constant) or not isinstance(node.value, _PLAIN):
            raise self._refusal(node)

    def _refusal(self, node: ast.AST) -> FilterError:
        told = node
        if isinstance(node, (ast.BinOp, ast.UnaryOp)):
            told = node.op
        what = _INSTEAD.get(type(told), f"{ast.unparse(node)!r} is nothing that a filter knows")
        if isinstance(node, ast.Constant) and isinstance(node.value, _PLAIN):
            what = f"{node.value!r} alone says nothing"
        return self.error(f"{what}; {_RIGHT}", self._position(node))

    def _position(self, node: ast.AST) -> int:
        """The index of the character where an expression begins; Python counts bytes."""
        line = self.text.lstrip()
        before = line.encode("utf-8", "replace")[: getattr(node, "col_offset", 0)]
        return len(self.text) - len(line) + len(before.decode("utf-8", "ignore"))

    def name(self, node: ast.expr) -> Name | None:
        """The name that an expression is: `a.b`, `last.a.b`, or `last["a b"]`."""
        position = self._position(node)
        if isinstance(node, ast.Subscript):
            source, key = node.value, node.slice
            if (
                isinstance(source, ast.Name)
                and source.id in SOURCES
                and isinstance(key, ast.Constant)
                and isinstance(key.value, str)
            ):
                return Name(key.value, source.id, position)
            return None
        parts: list[str] = []
        while isinstance(node, ast.Attribute):
            parts.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return None
        parts.append(node.id)
        if node.id in SOURCES and len(parts) > 1:
            return Name(".".join(parts[-2::-1]), node.id, position)
        return Name(".".join(reversed(parts)), None, position)


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _slip(line: str) -> tuple[str, int] | None:
    """What is meant by signs of other languages, and where they stand."""
    quoted = r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\""
    bare = re.sub(quoted, lambda text: " " * len(text.group()), line)
    quote = max(bare.rfind("'"), bare.rfind('"'))
    if quote >= 0:
        return "a quote is not closed", quote
    for pattern, problem in _SLIPS:
        found = re.search(pattern, bare)
        if found:
            return f"{problem}; {_RIGHT}", found.start()
    for found in re.finditer(r"\w+", bare):
        if keyword.iskeyword(found.group()) and found.group() not in _OWN_WORDS:
            return _WORD.replace("lambda", found.group()), found.start()
    return None
