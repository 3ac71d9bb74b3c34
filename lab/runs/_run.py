"""A run, as read back from its folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from pathlib import Path
from typing import Any

from lab import files
from lab.errors import RunError, nearest
from lab.runs._changes import Changes, read_changes, read_cursor
from lab.runs._downsample import checked_points
from lab.runs._entries import read_entries, read_kinds
from lab.runs._info import RunInfo, parse_info, unless_over
from lab.runs._kinds import Entry, IndexedScalars, IndexedTexts
from lab.runs._layout import Layout
from lab.runs._series import Series
from lab.runs._values import OWN_AXES, UnknownAxis, read_last, read_last_step, read_series

__all__ = ["Run", "shown"]

_WITH_NUMBERS = ("scalar", "histogram", "indexed_scalar")  # the last two by their means
_Signature = tuple[int, int, int]


class Run:
    """What a run recorded.

    Every look sees the files as they are now, so that a run in progress can be watched; a file that
    has not changed since is not read again. Nothing that is read changes the folder.

    All that reads raises `RunError` where there is nothing to read, or it cannot be read; what
    another file of the folder holds can be read all the same.

    Args:
        path: the folder of the run.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.layout = Layout(Path(path))
        self._kept: dict[Path, tuple[_Signature, Any]] = {}

    def __repr__(self) -> str:
        return f"<Run {self.path.name} of {self.path.parent.name}>"

    def __eq__(self, other: object) -> bool:
        return self.path == other.path if isinstance(other, Run) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.path)

    @property
    def path(self) -> Path:
        """The folder of the run."""
        return self.layout.path

    @property
    def uuid(self) -> str:
        """The name of the run."""
        return self.info.uuid

    @property
    def info(self) -> RunInfo:
        """Who ran what, when, and how it ended; a run that is found dead is crashed."""
        info: RunInfo = self._read(self.layout.info, lambda path: parse_info(self.layout))
        return unless_over(self.layout, replace(info, tags=[*info.tags], command=[*info.command]))

    @property
    def configs(self) -> dict[str, dict[str, Any]]:
        """The configs by name: value, option, source, and the rest of what `configs.yaml` holds."""
        configs: dict[str, dict[str, Any]] = self._read(self.layout.configs, _read_mapping)
        return deepcopy(configs)

    @property
    def hyperparams(self) -> dict[str, Any]:
        """The configs that are hyperparameters: their values, or the names of their options."""
        records = self.configs.items()
        return {name: shown(record) for name, record in records if record.get("is_hyperparam")}

    @property
    def indicators(self) -> dict[str, dict[str, Any]]:
        """The indicators by name: their kind, and the code that first added to them."""
        return deepcopy(self._indicators())

    @property
    def kinds(self) -> dict[str, str]:
        """What is stored of each indicator by name: `scalar` (which `series` reads), `histogram`,
        `indexed_scalar`, `text`, `indexed_text`, `image`, `figure`, `table` or `audio`.
        """  # fmt: skip
        return read_kinds(self.layout.database)

    @property
    def last(self) -> dict[str, float]:
        """The last value of every scalar; of queues and histograms the last mean."""
        return read_last(self.layout.database)

    @property
    def last_step(self) -> int | None:
        """The highest step at which anything was saved; None where nothing was."""
        return read_last_step(self.layout.database) if self.layout.database.is_file() else None

    def series(self, indicator: str, points: int | None = None, axis: str | None = None) -> Series:
        """The values of a scalar, and the means of a queue or histogram.

        Args:
            indicator: its full name.
            points: at most so many: the first, the last, and the lowest and highest of equal parts
                in between; NaN stays where there was some. None gives all.
            axis: what the series is drawn over: `step`, `time`, or an indicator, whose value is
                taken from the same step, else from the last one before. Without it the axis is the
                one that was declared, else the step.

        Returns:
            The series, in the order of saving.

        Raises:
            RunError: the run has no such indicator, or it holds no numbers.
        """
        points, indicator = checked_points(points), _checked(indicator)
        path = self.layout.database
        over = self._declared_axis(indicator) if axis is None else _checked(axis, "name of an axis")
        try:
            series = read_series(path, indicator, points, over)
        except UnknownAxis as error:
            if axis is not None:
                raise self._unknown(axis, [*OWN_AXES, *self._scalars()], "axis") from error
            series = read_series(path, indicator, points)  # nothing was saved of the axis
        if series is None:
            kind = self.kinds.get(indicator)
            if kind is not None:
                read = "indexed() or entries()" if kind.startswith("indexed") else "entries()"
                raise RunError(
                    f"{indicator!r} of run {self.path.name} is of kind {kind}: use {read}"
                )
            raise self._unknown(indicator, self._scalars())
        return series

    def entries(self, indicator: str) -> list[Entry]:
        """The values of an indicator that are no plain numbers, in the order of saving.

        Args:
            indicator: the name of a histogram, text, image, figure, table, audio, or of an indexed
                scalar or text (an entry has all that was saved at once).

        Raises:
            RunError: the run has no such indicator, or it holds plain numbers.
        """
        found = read_entries(self.layout.database, _checked(indicator))
        if not found:
            kinds = self.kinds
            if kinds.get(indicator) == "scalar":
                raise RunError(
                    f"{indicator!r} of run {self.path.name} is of kind scalar: use series()"
                )
            known = [name for name, kind in kinds.items() if kind != "scalar"]
            raise self._unknown(indicator, known, note=" of other values than numbers")
        return found

    def indexed(self, indicator: str) -> dict[int, dict[int, Any]]:
        """The values of an indexed scalar or text: for each step a value by index.

        Of an index that was saved twice at a step the later value counts.

        Raises:
            RunError: the run has no such indicator, or it is of another kind.
        """
        found: dict[int, dict[int, Any]] = {}
        for _, step, _, value in self.entries(indicator):
            if isinstance(value, IndexedScalars):
                found.setdefault(step, {}).update(zip(value.indices, value.values, strict=True))
            elif isinstance(value, IndexedTexts):
                found.setdefault(step, {}).update(zip(value.indices, value.texts, strict=True))
            else:
                kind = type(value).__name__.lower()
                raise RunError(
                    f"{indicator!r} of run {self.path.name} is of kind {kind}: use entries()"
                )
        return found

    def changes(self, cursor: str | None = None) -> Changes:
        """What was saved since the last time; for a run that goes on.

        Each value is in exactly one of the changes that follow one another.

        Args:
            cursor: that of the changes before; None begins with the first value.

        Raises:
            RunError: the text is no cursor, or there is no such folder any more.
        """
        _check_folder(self.path)
        return read_changes(self.layout.database, cursor)

    def cursor(self) -> str:
        """A cursor behind all that was saved until now, so that `changes` gives what comes next."""
        _check_folder(self.path)
        return read_cursor(self.layout.database)

    def _indicators(self) -> dict[str, dict[str, Any]]:
        indicators: dict[str, dict[str, Any]] = self._read(self.layout.indicators, _read_mapping)
        return indicators

    def _read(self, path: Path, read: Callable[[Path], Any]) -> Any:
        """What a file holds; read again only where it is another file than the last time."""
        try:
            stat = path.stat()
        except OSError:
            return read(path)  # says what is wrong
        signature = stat.st_mtime_ns, stat.st_size, stat.st_ino
        kept = self._kept.get(path)
        if kept is None or kept[0] != signature:
            kept = self._kept[path] = signature, read(path)
        return kept[1]

    def _declared_axis(self, indicator: str) -> str:
        try:
            axis = self._indicators().get(indicator, {}).get("axis")
        except RunError as error:
            raise RunError(f"{error}; axis='step' reads the series without it") from error
        return axis if axis and isinstance(axis, str) else OWN_AXES[0]

    def _scalars(self) -> list[str]:
        return [name for name, kind in self.kinds.items() if kind in _WITH_NUMBERS]

    def _unknown(
        self, name: str, known: Sequence[str], what: str = "indicator", note: str = ""
    ) -> RunError:
        close = nearest(name, known)
        hint = ""
        if close:
            hint = f"; did you mean {' or '.join(map(repr, close))}?"
        elif known:
            more = f" and {len(known) - 8} more" if len(known) > 8 else ""
            hint = f"; there are {', '.join(map(repr, known[:8]))}{more}"
        return RunError(f"run {self.path.name} has no {what} {name!r}{note}{hint}")


def shown(record: Mapping[str, Any]) -> Any:
    """What a config is shown as: the name of its option, or its value where it has none."""
    return record.get("option") or record.get("value")


def _checked(name: Any, what: str = "name of an indicator") -> str:
    if not isinstance(name, str):
        raise RunError(f"the {what} is text, got {name!r}")
    return name


def _check_folder(path: Path) -> None:
    if not path.is_dir():
        raise RunError(f"{path} is no run: there is no such folder")


def _read_mapping(path: Path) -> dict[str, dict[str, Any]]:
    try:
        data = files.read_yaml(path)
    except FileNotFoundError:
        _check_folder(path.parent)
        return {}
    except (OSError, ValueError) as error:
        raise RunError(f"cannot read the run: {error}") from error
    if data is None:
        return {}
    if not isinstance(data, dict) or not all(isinstance(v, dict) for v in data.values()):
        raise RunError(f"{path} is damaged: it takes names, each with a mapping of what is known")
    return {str(name): record for name, record in data.items()}
