"""A run, as read back from its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lab import files
from lab.errors import RunError, nearest
from lab.runs._info import RunInfo, read_info
from lab.runs._layout import Layout
from lab.runs._values import Series, read_last, read_names, read_series

__all__ = ["Run"]


class Run:
    """What a run recorded.

    Every look reads the files anew, so that a run in progress can be watched.

    Args:
        path: the folder of the run.

    Raises:
        RunError: it is no run, or cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.layout = Layout(path)
        self.uuid = self.info.uuid

    def __repr__(self) -> str:
        return f"<Run {self.uuid} of {self.path.parent.name}>"

    @property
    def path(self) -> Path:
        """The folder of the run."""
        return self.layout.path

    @property
    def info(self) -> RunInfo:
        """Who ran what, when, and how it ended."""
        return read_info(self.layout)

    @property
    def configs(self) -> dict[str, dict[str, Any]]:
        """The configs by name: value, option, source, and the rest of what `configs.yaml` holds."""
        return _read_mapping(self.layout.configs)

    @property
    def hyperparams(self) -> dict[str, Any]:
        """The configs that are hyperparameters: their values, or the names of their options."""
        return {
            name: record.get("option") or record.get("value")
            for name, record in self.configs.items()
            if record.get("is_hyperparam")
        }

    @property
    def indicators(self) -> dict[str, dict[str, Any]]:
        """The indicators by name: their kind, and the code that first added to them."""
        return _read_mapping(self.layout.indicators)

    @property
    def last(self) -> dict[str, float]:
        """The last value of every scalar."""
        return read_last(self.layout.database)

    def series(self, indicator: str) -> Series:
        """All values of a scalar.

        Raises:
            RunError: the run has no such indicator.
        """
        series = read_series(self.layout.database, indicator)
        if not series.steps:
            known = read_names(self.layout.database)
            close = nearest(indicator, known) or known[:8]
            hint = f"; did you mean {', '.join(map(repr, close))}?" if close else ""
            raise RunError(f"run {self.uuid} has no indicator {indicator!r}{hint}")
        return series


def _read_mapping(path: Path) -> dict[str, dict[str, Any]]:
    try:
        data = files.read_yaml(path)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise RunError(f"cannot read the run: {error}") from error
    return data if isinstance(data, dict) else {}
