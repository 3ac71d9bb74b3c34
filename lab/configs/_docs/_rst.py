"""Docstrings as plain text: the markup of reStructuredText and Markdown that people meet in them, taken off."""

from __future__ import annotations

import inspect
import re

_DIRECTIVE = re.compile(r"\.\. +(?P<name>[\w:-]+?) ?::[ ]*(?P<rest>.*)")
# Directives whose text reads on as prose. What others hold (formulas, images, code) is left out.
_PROSE = frozenset(
    {"note", "warning", "tip", "hint", "important", "caution", "attention", "deprecated"}
)
_HEADER = re.compile(
    r"(Args|Arguments|Attributes|Examples?|Exceptions|Inputs?|Keyword Arg(?:ument)?s|Notes?|Other Parameters"
    r"|Outputs?|Parameters|Params|Raises|References|Returns|See Also|Shape|Warnings?|Warns|Yields)(::?)?\s*"
)
_FIELD = re.compile(r":[a-z]+( [^:`]*)?:(\s|$)")
_SIGNATURE = re.compile(r"[\w.]+\(.*\)(\s*->\s*.*)?", re.DOTALL)
_UNDERLINE = re.compile(r"([-=~^\"'*+#])\1{2,}\s*")

# How the default is told in prose; it is shown beside the text, as it really is.
_DEFAULT = re.compile(
    r"\s*(?:\((?:default|defaults to)\b[:=]?\s*(?:[^()]|\([^()]*\))*\)"
    r"|(?:(?<=[.!?;])|(?<=^))\s*(?:Default|Defaults to|Default is|Defaults)\b[:=]?\s*[^\s.,;]+(?:\.\d\S*)?\.?\s*$)",
    re.IGNORECASE,
)

_NOQA = re.compile(r"\s*# noqa(: [A-Z]+[0-9]+(, ?[A-Z]+[0-9]+)*)?")

_ROLE = re.compile(r"(?::[\w+-]+)+:`(?P<text>[^`]+)`")
_LITERAL = re.compile(r"``(?P<text>.+?)``", re.DOTALL)
_LINK = re.compile(r"`(?P<text>[^`<>]+?)\s*<[^<>`]+>`_{0,2}")
_QUOTED = re.compile(r"(?<![\w`])`(?P<text>[^`]+)`_{0,2}")
_MARKDOWN_LINK = re.compile(r"\[(?P<text>[^][]+)\]\((?:https?://|mailto:|#)[^()\s]+\)")
_STRONG = re.compile(r"(?<![\w*])\*\*(?P<text>[^\s*](?:[^*]*[^\s*])?)\*\*(?![\w*])")
_EMPHASIS = re.compile(r"(?<![\w*])\*(?P<text>[^\s*](?:[^*]*[^\s*])?)\*(?![\w*])")
_MACRO = re.compile(
    r"\\(?:text|textbf|textit|mathrm|mathbf|mathit|mathcal|operatorname)\{([^{}]*)\}"
)
_FRACTION = re.compile(r"\\d?frac\{([^{}]*)\}\{([^{}]*)\}")
_COMMAND = re.compile(r"\\(?:([A-Za-z]+)|(.))", re.DOTALL)
_SYMBOLS = {
    "times": "\u00d7", "cdot": "·", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥", "neq": "≠", "infty": "∞",
    "in": "∈", "to": "→", "rightarrow": "→", "leftarrow": "←", "pm": "±", "approx": "≈", "sqrt": "√",
    "ldots": "...", "dots": "...", "left": "", "right": "", "quad": " ",
}  # fmt: skip


def summary(docstring: str) -> str:
    """The first paragraph of a docstring, as plain text.

    A line that only repeats a signature, as those of compiled functions and of dataclasses do, is no paragraph.
    """
    for lines in _paragraphs(inspect.cleandoc(docstring)):
        if _is_header(lines):
            return ""
        if not _SIGNATURE.fullmatch(" ".join(lines)):
            said = _plain_paragraph(_before_header(lines))
            if said:
                return said
    return ""


def paragraph(text: str) -> str:
    """The first paragraph that says something, on one line and as plain text, without what it tells of a default."""
    said = ""
    for lines in _paragraphs(text):
        more = _plain_paragraph(lines)
        said = f"{said} {more}" if said else more
        if said and not said.endswith(":"):  # what a colon announces belongs to it
            break
    said = _DEFAULT.sub("", _NOQA.sub("", said)).strip()
    return f"{said[:-2]}." if said.endswith("..") and not said.endswith("...") else said


def plain(text: str) -> str:
    """A piece of text without inline markup, on one line."""
    held: list[str] = []

    def hold(said: str) -> str:  # what is literal keeps its stars and underscores
        held.append(said)
        return f"\x00{len(held) - 1}\x00"

    text = text.replace("\x00", "")
    text = _ROLE.sub(lambda found: hold(_role(found)), text)
    text = _LITERAL.sub(lambda found: hold(found["text"]), text)
    for pattern in (_LINK, _QUOTED):
        text = pattern.sub(lambda found: hold(found["text"]), text)
    for pattern in (_MARKDOWN_LINK, _STRONG, _EMPHASIS):
        text = pattern.sub(lambda found: found["text"], text)
    text = re.sub(r"\\([*_`\\|])", r"\1", text)
    text = re.sub("\x00([0-9]+)\x00", lambda found: held[int(found[1])], text)
    return " ".join(text.split())


def _role(found: re.Match[str]) -> str:
    text = found["text"]
    if found[0].startswith(":math:"):
        return _formula(text)
    titled = re.fullmatch(r"(.+?)\s*<[^<>]*>", text, re.DOTALL)
    if titled:
        return titled[1]
    return text[1:].rpartition(".")[2] if text.startswith("~") else text.removeprefix("!")


def _formula(text: str) -> str:
    text = _FRACTION.sub(r"(\1)/(\2)", _MACRO.sub(r"\1", text))
    return _COMMAND.sub(lambda found: found[2] or _SYMBOLS.get(found[1], found[1]), text)


def _paragraphs(text: str) -> list[list[str]]:
    """The paragraphs of a text, each as its lines; a directive begins one, and ends with its indented block."""
    found: list[list[str]] = []
    lines: list[str] = []
    hidden = -1  # the column of a directive whose block is left out
    is_example = False
    for line in text.expandtabs().splitlines():
        said = line.strip()
        column = len(line) - len(line.lstrip())
        if hidden >= 0 and (not said or column > hidden):
            continue
        hidden = -1
        is_example = said.startswith(">>>") or (is_example and bool(said))
        directive = _DIRECTIVE.match(said)
        if (directive or not said or said.startswith(".. ") or is_example) and lines:
            found.append(lines)
            lines = []
        if directive and directive["name"].lower() in _PROSE:
            lines = [f"{directive['name'].capitalize()}: {directive['rest']}"]
        elif said.startswith(".. "):
            hidden = column
        elif said and not is_example:
            lines.append(said)
    if lines:
        found.append(lines)
    return found


def _plain_paragraph(lines: list[str]) -> str:
    return plain(" ".join(line for line in lines if not _UNDERLINE.fullmatch(line)))


def _is_header(lines: list[str]) -> bool:
    if _FIELD.match(lines[0]):
        return True
    header = _HEADER.fullmatch(lines[0])
    return header is not None and (
        header[2] is not None or (len(lines) > 1 and lines[1].startswith("--"))
    )


def _before_header(lines: list[str]) -> list[str]:
    for index in range(1, len(lines)):
        if _is_header(lines[index:]):
            return lines[:index]
    return lines


__all__ = ["paragraph", "plain", "summary"]
