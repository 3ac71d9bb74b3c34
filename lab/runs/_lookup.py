"""What a name in a filter means in a run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from lab.errors import RunError
from lab.runs._info import RunInfo
from lab.runs._run import Run, shown
from lab.runs._where import LACKING, Name

__all__ = ["FIELDS", "Lookup"]

FIELDS = frozenset(field.name for field in fields(RunInfo))


class Lookup:
    """Looks names up in one run, and reads no file that no name asks for.

    Args:
        info: what `run.yaml` says.
        run: the run.
    """

    def __init__(self, info: RunInfo, run: Run) -> None:
        self._info, self._run = info, run
        self._last: dict[str, float] | None = None
        self._configs: dict[str, dict[str, Any]] | None = None
        self._found: set[Name] = set()

    def __call__(self, name: Name) -> Any:
        """The value of a name, or `LACKING`."""
        for source in name.sources:
            if name.key in self._names_of(source):
                self._found.add(name)
                return self._value(source, name.key)
        return LACKING

    def knows(self, name: Name) -> bool:
        """Whether the run has the name, be it without a value yet; or may have it, where it cannot
        be read.
        """  # fmt: skip
        if name in self._found:
            return True
        try:
            return name.key in self.names(name)
        except RunError:
            return True

    def names(self, name: Name) -> set[str]:
        """All names of the run that could have been meant."""
        names = {key for source in name.sources for key in self._names_of(source)}
        return names.union(self._run.indicators) if "last" in name.sources else names

    def _names_of(self, source: str) -> Iterable[str]:
        if source == "info":
            return FIELDS
        if source == "last":
            if self._last is None:
                has_values = self._run.layout.database.is_file()
                self._last = self._run.last if has_values else {}
            return self._last
        if self._configs is None:
            self._configs = self._run.configs
        return self._configs

    def _value(self, source: str, key: str) -> Any:
        if source == "info":
            return getattr(self._info, key)
        if source == "last":
            return (self._last or {})[key]
        return shown((self._configs or {})[key])
