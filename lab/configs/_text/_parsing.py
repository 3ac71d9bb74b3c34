"""Reads the text of overrides; the grammar is in `_grammar`."""

from __future__ import annotations

import re
from typing import Literal, NamedTuple

from lab.errors import OverrideSyntaxError

MAX_DEPTH = 50
_BLANK = " \t\r\n"
_BLANKS = re.compile(r"[ \t\r\n]*")
_BARE = re.compile(r"""(?:[^\\,()\[\]{}'"]+|\\.|\\\Z)*""", re.DOTALL)
_BARE_KEY = re.compile(r"""(?:[^\\,()\[\]{}'":]+|\\.|\\\Z)*""", re.DOTALL)
_ESCAPE = re.compile(r"""\\([\\,()\[\]{}'":= \t\r\n])""")
_QUOTED = {
    "'": re.compile(r"'((?:[^'\\]+|\\.)*)'", re.DOTALL),
    '"': re.compile(r'"((?:[^"\\]+|\\.)*)"', re.DOTALL),
}
_BACKSLASHES = {
    "'": re.compile(r"\\+(?='|\Z)"),
    '"': re.compile(r'\\+(?="|\Z)'),
}


class Text(str):
    """Unquoted text of a command line or file: `null` may be None, and `1` an int; quoted text is a plain `str`."""

    __slots__ = ()


class Override(NamedTuple):
    """One override as it was written.

    Attributes:
        key: the dotted name.
        op: '=' sets, '+=' appends.
        value: `Text`, a `str` that was quoted, or a list or dict of such leaves.
    """

    key: str
    op: Literal["=", "+="]
    value: object


def parse_override(text: str) -> Override:
    """Reads `KEY=VALUE` or `KEY+=VALUE`; nothing after the '=' is empty text.

    Raises:
        OverrideSyntaxError: it is neither.
    """
    left, equals, _ = text.partition("=")
    if not equals:
        raise OverrideSyntaxError(text, "there is no '='; an override is KEY=VALUE")
    end = len(left)
    op: Literal["=", "+="] = "="
    if left.endswith("+"):
        op, left = "+=", left[:-1]
    key = left.strip(_BLANK)
    check_key(text, key, len(left) - len(left.lstrip(_BLANK)))
    return Override(key, op, _Reader(text, end + 1).whole())


def check_key(text: str, key: str, start: int = 0) -> None:
    """Refuses what is not identifiers joined by dots.

    Args:
        text: all that was given, for the message.
        key: the part of it to look at.
        start: where that part begins.

    Raises:
        OverrideSyntaxError: the key is empty or has a character that no key has.
    """
    if not key:
        raise OverrideSyntaxError(text, "there is no key before the '='", start)
    is_first = True
    for position, character in enumerate(key, start):
        if character == ".":
            if is_first:
                raise OverrideSyntaxError(text, "a name is missing before the '.'", position)
            is_first = True
        elif is_first and not character.isidentifier():
            raise OverrideSyntaxError(text, f"a key cannot begin with {character!r}", position)
        elif not ("a" + character).isidentifier():
            raise OverrideSyntaxError(
                text, f"a key is names joined by dots, and has no {character!r}", position
            )
        else:
            is_first = False
    if is_first:
        raise OverrideSyntaxError(text, "a name is missing after the last '.'", start + len(key))


def parse_value(text: str) -> object:
    """Reads the text of a value into `Text`, quoted `str`, and lists and dicts of them.

    Raises:
        OverrideSyntaxError: a quote or bracket is not closed, something follows a closing one, or a character
            that separates values stands in bare text.
    """
    return _Reader(text, 0).whole()


class _Reader:
    """Reads one value from a position of a text on."""

    def __init__(self, text: str, position: int) -> None:
        self.text = text
        self.position = position

    def whole(self) -> object:
        value = self.value(0)
        if self.position < len(self.text):
            raise self.unexpected(value)
        return value

    def value(self, depth: int) -> object:
        self.skip_blanks()
        first = self.peek()
        if first and first in "[{":
            if depth >= MAX_DEPTH:
                raise self.problem(f"brackets are nested more than {MAX_DEPTH} deep")
            found: object = self.list(depth) if first == "[" else self.dict(depth)
        elif first and first in "'\"":
            found = self.quoted(first)
        else:
            return self.bare(_BARE)
        self.skip_blanks()
        return found

    def list(self, depth: int) -> list[object]:
        start = self.position
        self.position += 1
        items: list[object] = []
        self.skip_blanks()
        if self.take("]"):
            return items
        while True:
            items.append(self.item(depth, "]", start))
            if self.take("]"):
                return items
            self.separator("]", start, items[-1])

    def dict(self, depth: int) -> dict[str, object]:
        start = self.position
        self.position += 1
        items: dict[str, object] = {}
        self.skip_blanks()
        if self.take("}"):
            return items
        while True:
            self.skip_blanks()
            begin = self.position
            key = self.key(start)
            if key in items:
                raise self.problem(f"the key {str(key)!r} is there twice", begin)
            items[key] = self.item(depth, "}", start)
            if self.take("}"):
                return items
            self.separator("}", start, items[key])

    def key(self, start: int) -> str:
        self.skip_blanks()
        first = self.peek()
        key = self.quoted(first) if first and first in "'\"" else self.bare(_BARE_KEY)
        self.skip_blanks()
        if not self.take(":"):
            self.fail_at_end("{", start)
            if self.peek() in ("}", ","):
                raise self.problem("a key without a value; an entry is KEY: VALUE")
            raise self.unexpected(key)
        if not key and isinstance(key, Text):
            raise self.problem("there is no key before the ':'", self.position - 1)
        return key

    def item(self, depth: int, close: str, start: int) -> object:
        value = self.value(depth + 1)
        if isinstance(value, Text) and not value:
            self.fail_at_end("[" if close == "]" else "{", start)
            if self.peek() in (",", close):
                raise self.problem("there is no value here; empty text is ''")
        return value

    def separator(self, close: str, start: int, before: object) -> None:
        self.fail_at_end("[" if close == "]" else "{", start)
        if not self.take(","):
            raise self.unexpected(before)

    def quoted(self, quote: str) -> str:
        match = _QUOTED[quote].match(self.text, self.position)
        if match is None:
            raise self.problem(f"the quote {quote} is not closed")
        self.position = match.end()
        return _BACKSLASHES[quote].sub(lambda run: "\\" * (len(run[0]) // 2), match[1])

    def bare(self, pattern: re.Pattern[str]) -> Text:
        match = pattern.match(self.text, self.position)
        raw = match[0] if match else ""
        begin = self.position
        self.position += len(raw)
        kept = raw.rstrip(_BLANK)
        if len(kept) < len(raw) and (len(kept) - len(kept.rstrip("\\"))) % 2:
            kept = raw[: len(kept) + 1]  # the blank after a backslash belongs to the text
        kept = kept.lstrip(_BLANK)
        if kept.startswith("="):
            raise self.problem("a value cannot begin with '='; quote it, or write \\=", begin)
        return Text(_ESCAPE.sub(r"\1", kept))

    def skip_blanks(self) -> None:
        match = _BLANKS.match(self.text, self.position)
        if match:
            self.position = match.end()

    def peek(self) -> str:
        return self.text[self.position : self.position + 1]

    def take(self, character: str) -> bool:
        if self.peek() != character:
            return False
        self.position += 1
        return True

    def problem(self, problem: str, position: int | None = None) -> OverrideSyntaxError:
        where = self.position if position is None else position
        return OverrideSyntaxError(self.text, problem, where)

    def fail_at_end(self, bracket: str, start: int) -> None:
        if self.position >= len(self.text):
            raise self.problem(f"the bracket {bracket} is not closed", start)

    def unexpected(self, before: object) -> OverrideSyntaxError:
        """The error for a character that cannot stand where reading stopped."""
        character = self.peek()
        if not isinstance(before, Text):
            what = "quote" if isinstance(before, str) else "bracket"
            return self.problem(f"there is text after the closing {what}")
        if character == ",":
            return self.problem(
                "a comma outside brackets; write [a, b] for a list, or quote the text"
            )
        if character in "'\"":
            return self.problem(
                f"the quote {character} inside bare text; quote the whole, or write \\{character}"
            )
        return self.problem(
            f"{character!r} inside bare text; quote the text, or write \\{character}"
        )
