"""The indicators there are: declared by name or pattern, or made when first added to."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from lab.errors import TrackerError
from lab.tracker._patterns import Patterns
from lab.tracker._place import caller
from lab.tracker.indicators import Indicator, Scalar

__all__ = ["Registry"]

_HALF_LETTERS = re.compile("[\ud800-\udfff]")  # of a pair of UTF-16, which no file can hold


class Registry:
    """Indicators by their full names.

    Args:
        patterns: the kinds of indicators that are not declared by name.

    Attributes:
        records: what is known of each indicator: what it was declared with, who first added to it.
        namespace: what names that start with a dot belong to.
    """

    def __init__(self, patterns: Patterns | None = None) -> None:
        self.records: dict[str, dict[str, Any]] = {}
        self._has_news = False
        self.namespace = ""
        self._patterns = Patterns() if patterns is None else patterns
        self._indicators: dict[str, Indicator] = {}
        self._added: set[str] = set()
        self._restored: dict[str, Any] = {}  # states of indicators that are not known yet

    def __contains__(self, name: str) -> bool:
        return name in self._indicators

    def __getitem__(self, name: str) -> Indicator:
        return self._indicators[name]

    def full_name(self, name: str) -> str:
        """The name with its namespace.

        Raises:
            TrackerError: it is no text, or empty.
        """
        if not isinstance(name, str) or name in ("", "."):
            raise TrackerError(f"the name of an indicator is text, not {name!r}")
        if not name.isascii() and _HALF_LETTERS.search(name):
            raise TrackerError(
                f"the name of an indicator is text that can be written, not {name!r}"
            )
        if not name.startswith("."):
            return name
        return self.namespace + name if self.namespace else name[1:]

    def declare(self, indicator: Indicator) -> None:
        """Say what kind an indicator is; a name with `*` stands for all that fit it.

        Raises:
            TrackerError: it is declared already, as something else.
        """
        indicator.name = self.full_name(indicator.name)
        if indicator.axis is not None:
            indicator.axis = self.full_name(indicator.axis)
        known = self._indicators.get(indicator.name)
        if "*" in indicator.name:
            self._patterns.declare(indicator)
        elif known is None:
            self.know(indicator)
        elif known.settings() != indicator.settings():
            record = self.records[indicator.name]
            raise TrackerError(
                f"{indicator.name!r} is a {known.words()} already, since {record['file']}:"
                f"{record['line']}, and cannot be made a {indicator.words()}; declare it "
                "once, before the first value is added"
            )

    def know(self, indicator: Indicator, place: Mapping[str, Any] | None = None) -> None:
        """Take up an indicator that was not known.

        Args:
            indicator: the indicator.
            place: the code that adds to it; whoever calls now where it is not given.
        """
        self._indicators[indicator.name] = indicator
        state = self._restored.pop(indicator.name, None)
        if state is not None:
            indicator.restore(state)
        self._note(indicator, place)

    def add(self, name: str, value: Any, dirty: dict[str, Indicator]) -> None:
        """Add to the indicator of that full name, which is made where there is none.

        Args:
            name: the full name.
            value: what is added.
            dirty: where the indicator is put, before it holds anything that an interrupt could leave
                behind.

        Raises:
            TrackerError: a value that the indicator cannot take.
        """
        indicator = self._indicators.get(name)
        if indicator is None:
            indicator = self._patterns.create(name) or Scalar(name)
            self.know(indicator)
        dirty[name] = indicator
        indicator.add(value)
        if name not in self._added:
            self._added.add(name)
            self._note(indicator)

    def news(self) -> dict[str, dict[str, Any]] | None:
        """All that is known of the indicators; None where nothing is new since the last time."""
        if not self._has_news:
            return None
        self._has_news = False
        return dict(self.records)

    def state(self) -> dict[str, Any]:
        """What is added and not saved yet, and what queues keep, of numbers; as plain data."""
        states = {name: one.state() for name, one in self._indicators.items()}
        return {name: state for name, state in states.items() if state is not None}

    def restore(self, state: Mapping[str, Any]) -> list[str]:
        """Go on from a state; of indicators that are not known yet, once they are.

        Returns:
            The known ones among them.
        """
        self._restored = {name: one for name, one in state.items() if name not in self}
        known = [name for name in state if name in self]
        for name in known:
            self._indicators[name].restore(state[name])
        return known

    def begin_with(self, records: Mapping[str, Mapping[str, Any]]) -> None:
        """Keep what was known of the indicators of a run that is gone on with."""
        for name, record in records.items():
            self.records.setdefault(name, dict(record))

    def _note(self, indicator: Indicator, place: Mapping[str, Any] | None = None) -> None:
        self.records[indicator.name] = {
            **indicator.settings(),
            **(caller() if place is None else place),
        }
        self._has_news = True
