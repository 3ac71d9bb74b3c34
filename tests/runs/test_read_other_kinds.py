from __future__ import annotations

import math
from pathlib import Path

import pytest

from lab.errors import RunError
from lab.runs import (
    Audio,
    Entry,
    Figure,
    Histogram,
    Image,
    IndexedScalars,
    IndexedTexts,
    Run,
    Table,
    Text,
)

from ._making import made_in, save

VALUES = {
    "grad": Histogram((0.0, 0.5, 1.0), (3, 4), 2.5, 1),
    "loss": IndexedScalars((7, 8), (0.5, math.inf)),
    "note": Text("it's fine; -- ünï"),
    "answers": IndexedTexts((1, 2), ("yes", "")),
    "sample": Image(b"\x89PNG", 4, 3),
    "plot": Figure('{"data": []}'),
    "table": Table(("a", "b"), ((1, "x"), (None, True))),
    "sound": Audio(b"RIFF", 16_000),
}
KINDS = {
    "answers": "indexed_text",
    "grad": "histogram",
    "loss": "indexed_scalar",
    "note": "text",
    "plot": "figure",
    "sample": "image",
    "sound": "audio",
    "table": "table",
    "train.loss": "scalar",
}


@pytest.fixture
def run(tmp_path: Path) -> Run:
    run = made_in(tmp_path)
    entries = [Entry(n, s, 10.0 + s, v) for s in (1, 5) for n, v in VALUES.items()]
    save(run, (("train.loss", "grad"), 1, 10.0, (0.5, 0.4)), entries=entries)
    return run


@pytest.mark.parametrize("name", VALUES)
def test_each_kind_reads_back(run: Run, name: str) -> None:
    assert run.entries(name) == [Entry(name, s, 10.0 + s, VALUES[name]) for s in (1, 5)]


def test_the_kinds_are_listed(run: Run) -> None:
    assert run.kinds == KINDS


def test_the_means_of_a_histogram_are_a_series_too(run: Run) -> None:
    assert run.series("grad").values == [0.4]
    assert run.last == {"train.loss": 0.5, "grad": 0.4}


def test_indexed_values_read_by_step_and_index(run: Run) -> None:
    save(run, entries=[Entry("loss", 5, 99.0, IndexedScalars((8, 9), (1.0, math.nan)))])
    indexed = run.indexed("loss")
    assert indexed[1] == {7: 0.5, 8: math.inf}
    assert indexed[5][8] == 1.0
    assert math.isnan(indexed[5][9])
    assert run.indexed("answers")[1] == {1: "yes", 2: ""}


def test_a_wrong_kind_is_told_what_to_call(run: Run) -> None:
    with pytest.raises(RunError, match=r"'sample' of run .* is of kind image: use entries\(\)"):
        run.series("sample")
    with pytest.raises(RunError, match=r"is of kind indexed_scalar: use indexed\(\) or entries"):
        run.series("loss")
    with pytest.raises(RunError, match=r"'train.loss' .* is of kind scalar: use series\(\)"):
        run.entries("train.loss")
    with pytest.raises(RunError, match=r"is of kind scalar: use series\(\)"):
        run.indexed("train.loss")
    with pytest.raises(RunError, match=r"is of kind histogram: use entries\(\)"):
        run.indexed("grad")
    with pytest.raises(RunError, match=r"no indicator 'sampel'.*did you mean 'sample'"):
        run.entries("sampel")
    with pytest.raises(RunError, match=r"no indicator 'train.los'; did you mean 'train.loss'"):
        run.series("train.los")
