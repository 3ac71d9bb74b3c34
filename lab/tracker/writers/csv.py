"""Indicators into files of comma-separated values (https://www.rfc-editor.org/rfc/rfc4180)."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from lab import files
from lab.errors import TrackerError
from lab.runs import (
    Audio,
    Batch,
    Entry,
    Figure,
    Histogram,
    Image,
    IndexedScalars,
    IndexedTexts,
    Saved,
    Table,
    Text,
    Value,
)
from lab.tracker.writers._appended import Appended
from lab.tracker.writers._base import Target, Writer
from lab.tracker.writers._order import ordered

__all__ = ["Csv"]

_COLUMNS = {
    "scalars": "indicator,step,time,value",
    "indexed_scalars": "indicator,step,time,idx,value",
    "histograms": "indicator,step,time,edges,counts,total,not_finite",
    "texts": "indicator,step,time,idx,text",
    "media": "indicator,step,time,kind,path",
}
# what a file of its own holds: its kind, how its name ends, its content
_MEDIA: Mapping[type[Value], tuple[str, str, Callable[[Any], bytes]]] = {
    Image: ("image", "png", lambda value: value.png),
    Audio: ("audio", "wav", lambda value: value.wav),
    Figure: ("figure", "json", lambda value: files.encoded(value.json)),
    Table: ("table", "csv", lambda value: files.encoded(_table(value))),
}


class Csv(Writer):
    """Writes to files in the folder `csv` of the run. It holds every kind of value.

    `scalars.csv`, `indexed_scalars.csv`, `histograms.csv` (edges and counts are lists in JSON) and
    `texts.csv` have a line for each value; `media.csv` tells the files, in the folder `media`, of
    images, audio, figures (plotly's JSON) and tables. Floats are written such that they are read
    back exactly; NaN is `nan`, infinities are `inf` and `-inf`.
    """

    name = "csv"

    def __init__(self) -> None:
        self._folder: Path | None = None
        self._files: dict[str, Appended] = {}

    def open(self, target: Target) -> None:
        """Begin; the files are made with the first values."""
        if target.layout is None:
            raise TrackerError("the writer 'csv' needs an experiment: its files are the run's")
        self._folder = target.layout.csv

    def write(self, saved: Saved) -> None:
        """Write lines and media, and hand them to the operating system."""
        if self._folder is None:
            raise TrackerError("the writer 'csv' was not opened")
        lines: dict[str, list[str]] = {}
        if saved.batches:
            lines["scalars"] = [line for b in ordered(saved.batches) for line in _scalars(b)]
        made: list[Path] = []
        written: list[Appended] = []
        try:
            for entry in saved.entries:
                file, more = self._entry(self._folder, entry, made)
                lines.setdefault(file, []).extend(more)
            for name, content in lines.items():
                file_of = self._file(self._folder, name)
                file_of.append(files.encoded("".join(content)))
                written.append(file_of)
        except BaseException:
            for file_of in written:
                file_of.undo()
            for path in made:
                with contextlib.suppress(OSError):  # nothing refers to it
                    path.unlink()
            raise

    def close(self) -> None:
        """End; what comes later is added to the same files."""
        self._files.clear()

    def _file(self, folder: Path, name: str) -> Appended:
        if name not in self._files:
            path = folder / f"{name}.csv"
            self._files[name] = Appended(
                path, files.encoded(_COLUMNS[name] + "\n"), _whole_lines(path)
            )
        return self._files[name]

    def _entry(self, folder: Path, entry: Entry, made: list[Path]) -> tuple[str, Iterable[str]]:
        value, head = entry.value, f"{_quoted(entry.indicator)},{entry.step},{entry.time!r},"
        if isinstance(value, Histogram):
            bins = _list(value.edges), _list(value.counts)
            return "histograms", [f"{head}{','.join(bins)},{value.total!r},{value.not_finite}\n"]
        if isinstance(value, IndexedScalars):
            pairs = zip(value.indices, value.values, strict=True)
            return "indexed_scalars", [f"{head}{index},{number!r}\n" for index, number in pairs]
        if isinstance(value, Text):
            return "texts", [f"{head},{_quoted(value.text)}\n"]
        if isinstance(value, IndexedTexts):
            texts = zip(value.indices, value.texts, strict=True)
            return "texts", [f"{head}{index},{_quoted(text)}\n" for index, text in texts]
        kind, suffix, content = _MEDIA[type(value)]
        path = _write_media(folder / "media", entry, suffix, content(value), made)
        return "media", [f"{head}{kind},media/{path.name}\n"]


def _scalars(batch: Batch) -> Iterable[str]:
    names = [f"{_quoted(name)}," for name in batch.names]
    for step, time, *values in batch.rows():
        middle = f"{step},{time!r},"
        for name, value in zip(names, values, strict=True):
            yield f"{name}{middle}{_number(value)}\n"


def _number(value: float) -> str:
    try:
        return repr(value)
    except ValueError:  # an integer of more digits than Python writes
        return "inf" if value > 0 else "-inf"


def _write_media(folder: Path, entry: Entry, suffix: str, content: bytes, made: list[Path]) -> Path:
    """Write a file under a name that is free; `made` knows it even where writing fails."""
    folder.parent.mkdir(exist_ok=True)
    folder.mkdir(exist_ok=True)
    stem, count = f"{_file_name(entry.indicator)}@{entry.step}", 1
    while True:
        more = f".{count}" if count > 1 else ""
        path = folder / f"{stem}{more}.{suffix}"
        try:
            with open(path, "xb") as file:
                made.append(path)
                file.write(content)
            return path
        except FileExistsError:
            count += 1


@lru_cache(10_000)
def _file_name(indicator: str) -> str:
    """A name that every file system takes, and that no other indicator has."""
    plain = re.sub(r"[^a-z0-9_.-]+", "_", indicator.lower())[:80]
    if plain == indicator:
        return plain
    digest = hashlib.sha256(indicator.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{plain}~{digest[:12]}"


def _table(table: Table) -> str:
    rows = [",".join(map(_quoted, table.columns))]
    rows += [",".join(map(_cell, row)) for row in table.rows]
    return "".join(f"{row}\n" for row in rows)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    return _always_quoted(value) if isinstance(value, str) else _quoted(repr(value))


def _quoted(text: str) -> str:
    return text if re.fullmatch(r"[^\s\",#]+( [^\s\",#]+)*", text) else _always_quoted(text)


def _always_quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _list(numbers: Iterable[float]) -> str:
    return _always_quoted(json.dumps(list(numbers)))


def _whole_lines(path: Path) -> int | None:
    """How many bytes of a file are whole lines; a process that was killed may have left a part."""
    whole = size = quotes = 0
    with contextlib.suppress(FileNotFoundError), open(path, "rb") as file:
        for line in file:
            size += len(line)
            quotes += line.count(b'"')
            if quotes % 2 == 0 and line.endswith(b"\n"):  # the end of a line, not of one in quotes
                whole = size
    return whole
