from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.runs import Run, Saved

from ._making import batches, made_in, save, writing

pytestmark = pytest.mark.skipif(
    os.name == "nt", reason="folders there are made read-only otherwise"
)

_SAVE_AND_DIE = """
import os, sys
from pathlib import Path
from lab.runs import Batch, Database, Saved
database = Database(Path(sys.argv[1]))
database.write(Saved([Batch(("a",), [1, 1.0, 0.5])]))
database.write(Saved([Batch(("a",), [2, 2.0, 0.25])]))
os._exit(9)
"""

_CHANGE_AND_DIE = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 1")
connection.execute("BEGIN")
for step in range(3, 3000):
    connection.execute("INSERT INTO rows_1 VALUES (?, 3.0, 0.125)", (step,))
os._exit(9)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that others may look into, so that what root may not be kept from can be tested."""
    path = Path(tempfile.mkdtemp(prefix="lab-test-"))
    path.chmod(0o755)
    yield path
    path.chmod(0o755)
    shutil.rmtree(path)


@contextlib.contextmanager
def _read_only(path: Path) -> Iterator[None]:
    """Nothing in the folder may be written; root becomes someone else meanwhile."""
    for file in path.iterdir():
        file.chmod(0o444)
    path.chmod(0o555)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if is_root:
            os.seteuid(0)
        path.chmod(0o755)


def _killed(folder: Path) -> Run:
    run = made_in(folder)
    command = [sys.executable, "-c", _SAVE_AND_DIE, str(run.layout.database)]
    assert subprocess.run(command, check=False).returncode == 9
    assert (folder / "sqlite.db-wal").stat().st_size > 0
    return run


def _check(run: Run) -> None:
    before = {path.name: path.stat().st_size for path in run.path.iterdir()}
    assert run.series("a").values == [0.5, 0.25]
    assert run.last == {"a": 0.25}
    assert run.changes().series["a"].steps == [1, 2]
    assert {path.name: path.stat().st_size for path in run.path.iterdir()} == before


def test_a_closed_run_reads_from_a_folder_that_cannot_be_written(folder: Path) -> None:
    run = made_in(folder)
    save(run, (("a",), 1, 1.0, (0.5,)), (("a",), 2, 2.0, (0.25,)))
    with _read_only(folder):
        _check(run)


@pytest.mark.parametrize("left", [("-wal", "-shm"), ("-wal",)])
def test_a_killed_run_reads_from_a_folder_that_cannot_be_written(
    folder: Path, left: tuple[str, ...]
) -> None:
    run = _killed(folder)
    for end in {"-wal", "-shm"}.difference(left):
        (folder / f"sqlite.db{end}").unlink()
    with _read_only(folder):
        _check(run)


def test_a_copied_file_that_was_open_reads_from_a_folder_that_cannot_be_written(
    folder: Path,
) -> None:
    run = made_in(folder)
    other = folder.with_name(f"{folder.name}-other")
    other.mkdir()
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, other)
        with writing(made_in(other)) as database:
            rows = [(("a",), 1, 1.0, (0.5,)), (("a",), 2, 2.0, (0.25,))]
            database.write(Saved(batches(*rows)))
            database._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            shutil.copy(other / "sqlite.db", folder)  # without the files beside it
    with _read_only(folder):
        _check(run)


@pytest.mark.parametrize("is_read_only", [True, False])
def test_half_a_change_of_a_killed_process_does_not_show(folder: Path, is_read_only: bool) -> None:
    run = made_in(folder)
    save(run, (("a",), 1, 1.0, (0.5,)), (("a",), 2, 2.0, (0.25,)))
    command = [sys.executable, "-c", _CHANGE_AND_DIE, str(run.layout.database)]
    assert subprocess.run(command, check=False).returncode == 9
    assert (folder / "sqlite.db-journal").stat().st_size > 0
    with _read_only(folder) if is_read_only else contextlib.nullcontext():
        _check(run)


def test_reading_a_killed_run_leaves_it_to_who_writes_next(folder: Path) -> None:
    run = _killed(folder)
    assert run.series("a").values == [0.5, 0.25]
    with writing(run) as database:
        database.write(Saved(batches((("a",), 3, 3.0, (0.125,)))))
        assert run.series("a").values == [0.5, 0.25, 0.125]
    assert run.series("a").values == [0.5, 0.25, 0.125]
