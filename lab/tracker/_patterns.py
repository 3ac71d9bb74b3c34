"""Kinds of indicators by patterns of their names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lab.errors import ProjectError, TrackerError, nearest
from lab.tracker.indicators import KINDS, Indicator

__all__ = ["Patterns"]


class Patterns:
    """The kinds of indicators that are not declared by name.

    In a pattern `*` stands for any text, dots and nothing included. Of several that fit a name, the
    one with the most characters beside `*` counts; of those that are alike in this, one of code
    before one of `lab.yaml`, then the one that was declared last. What is declared by its name, or
    was added to before, asks no pattern.
    """

    def __init__(self) -> None:
        self._code: dict[str, Indicator] = {}
        self._file: dict[str, Indicator] = {}

    @classmethod
    def from_settings(cls, settings: Mapping[Any, Any], file: Path | None = None) -> Patterns:
        """The patterns of the key `indicators` of a `lab.yaml`.

        Args:
            settings: by name or pattern: a kind, or a mapping with `kind` and what the kind takes.
            file: where they are from, for errors.

        Raises:
            ProjectError: a kind that is not known, or something that it does not take.
        """
        patterns = cls()
        for pattern, given in settings.items():
            patterns._file[pattern] = _indicator(pattern, given, f"in {file}" if file else "given")
        return patterns

    def declare(self, indicator: Indicator) -> None:
        """Have names that fit this indicator's name become indicators like it.

        Raises:
            TrackerError: the pattern is declared already, as something else.
        """
        known = self._code.get(indicator.name)
        if known is not None and known.settings() != indicator.settings():
            raise TrackerError(
                f"the pattern {indicator.name!r} stands for a {known.words()} already and cannot "
                f"be made a {indicator.words()}; declare it once"
            )
        self._code[indicator.name] = indicator

    def create(self, name: str) -> Indicator | None:
        """A new indicator of this name, of the kind of the pattern that fits; None where none does."""
        best: Indicator | None = None
        for indicator in (*self._file.values(), *self._code.values()):
            if _fits(indicator.name, name) and (
                best is None or _rank(indicator.name) >= _rank(best.name)
            ):
                best = indicator
        return None if best is None else _like(best, name)


def _fits(pattern: str, name: str) -> bool:
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == name
    *inner, last = rest
    if len(name) < len(first) + len(last) or not (name.startswith(first) and name.endswith(last)):
        return False
    place, end = len(first), len(name) - len(last)
    for piece in inner:
        place = name.find(piece, place, end)
        if place < 0:
            return False
        place += len(piece)
    return True


def _rank(pattern: str) -> tuple[int, bool]:
    return len(pattern) - pattern.count("*"), "*" not in pattern


def _indicator(pattern: Any, given: Any, where: str) -> Indicator:
    """What one row of the settings stands for."""
    key = f"'indicators' {where}"
    if not isinstance(pattern, str) or not pattern:
        raise ProjectError(f"{key} takes names and patterns such as 'train.*', got {pattern!r}")
    if pattern.startswith("."):
        raise ProjectError(
            f"{key} takes full names, for no namespace is open in a file: {pattern[1:]!r} or "
            f"'*{pattern}' in place of {pattern!r}"
        )
    settings = dict(given) if isinstance(given, Mapping) else {"kind": given}
    kind = settings.pop("kind", "scalar")
    if not isinstance(kind, str) or kind not in KINDS:
        raise ProjectError(
            f"{key} has an unknown kind {kind!r} for {pattern!r}; {_hint(kind, KINDS)}"
        )
    allowed = _allowed(KINDS[kind])
    for name in settings:
        if name not in allowed:
            hint = _hint(name, allowed) if allowed else "it takes nothing"
            raise ProjectError(f"{key}: {pattern!r} is a {kind}, which takes no {name!r}; {hint}")
    if "is_print" in allowed:
        settings.setdefault("is_print", False)
    try:
        return KINDS[kind](pattern, **settings)
    except TrackerError as error:
        raise ProjectError(f"{key}: {error}") from None


def _like(indicator: Indicator, name: str) -> Indicator:
    """A new indicator of another name."""
    kind, settings = type(indicator), indicator.settings()
    make: Callable[..., Indicator] = kind
    return make(name, **{key: settings[key] for key in _allowed(kind) if key in settings})


def _allowed(kind: Callable[..., Indicator]) -> list[str]:
    """What a kind takes beside its name."""
    import inspect

    return [name for name in inspect.signature(kind).parameters if name != "name"]


def _hint(given: object, known: Mapping[str, Any] | list[str]) -> str:
    close = nearest(str(given), known)
    return f"did you mean {close[0]!r}?" if close else f"there are {', '.join(sorted(known))}"
