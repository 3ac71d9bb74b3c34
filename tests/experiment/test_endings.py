from __future__ import annotations

import csv
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from lab import runs
from lab.runs import Run

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals here")

TABLE = Path(__file__).parents[2] / "docs" / "guide" / "experiment_endings.csv"
HEAD = """
import asyncio, contextlib, os, signal, sys, threading
from lab import experiment, loop, runs, tracker
from lab.tracker import Writer

def send(number, times=1):
    for _ in range(times):
        os.kill(os.getpid(), number)

class Failing(Writer):
    name = "failing"
    def write(self, saved):
        pass
    def close(self):
        raise OSError("no room")
"""
LOOP = "for i in loop.loop(5):\n    tracker.save(loss=i)\n    if i == 2:\n        "
PROGRAMS = {
    "the last line is reached": "tracker.save(1, loss=0.5)",
    "an exception that nobody catches": "1 / 0",
    "an exception that is caught within": "with contextlib.suppress(ValueError): int('x')",
    "an exception raised from another one": (
        "try:\n    raise ValueError('inner')\n"
        "except ValueError as error:\n    raise RuntimeError('outer') from error"
    ),
    "an exception in another thread": (
        "t = threading.Thread(target=lambda: 1 / 0)\nt.start()\nt.join()"
    ),
    "a writer that fails at the end": "tracker.save(1, loss=0.5)",
    "Ctrl-C in a loop": LOOP + "send(signal.SIGINT)",
    "Ctrl-C twice in a loop": LOOP + "send(signal.SIGINT, 2)",
    "Ctrl-C outside of loops": "send(signal.SIGINT)\nsignal.pause()",
    "SIGTERM in a loop": LOOP + "send(signal.SIGTERM)",
    "SIGTERM twice in a loop": LOOP + "send(signal.SIGTERM, 2)",
    "SIGTERM outside of loops": "send(signal.SIGTERM)\nsignal.pause()",
    "SIGKILL": "send(signal.SIGKILL)\nsignal.pause()",
    "``os._exit(3)``": "os._exit(3)",
    "a fault of C code": "os.abort()",
    "``sys.exit(0)``": "sys.exit(0)",
    "``sys.exit(3)``": "sys.exit(3)",
    "``sys.exit('no data')``": "sys.exit('no data')",
    "a forked child that ends otherwise": (
        "child = os.fork()\nif not child: sys.exit(3)\nos.waitpid(child, 0)"
    ),
    "another experiment is created": "experiment.create(name='other')",
}
BLOCKS = {
    "the generator around it is closed": """
        def train():
            with experiment.start():
                yield
        generator = train()
        next(generator)
        generator.close()
    """,
    "its task is cancelled": """
        async def train():
            with experiment.start():
                await asyncio.sleep(60)
        async def main():
            task = asyncio.create_task(train())
            await asyncio.sleep(0)
            task.cancel()
            await task
        with contextlib.suppress(asyncio.CancelledError):
            asyncio.run(main())
    """,
}


def _rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _end(program: str) -> tuple[Run, subprocess.CompletedProcess[str]]:
    Path("train.py").write_text(HEAD + program)
    done = subprocess.run([sys.executable, "train.py"], capture_output=True, text=True, timeout=60)
    [run] = runs.find("e")
    return run, done


def _create(name: str) -> str:
    writers = "['sqlite', Failing()]" if name == "a writer that fails at the end" else "['sqlite']"
    return f"experiment.create(name='e', writers={writers})\n"


def test_the_table_of_the_guide_names_every_ending() -> None:
    assert [row["How it ends"] for row in _rows()] == [
        *(name for name in PROGRAMS if name != "another experiment is created"),
        *BLOCKS,
        "another experiment is created",
    ]


@pytest.mark.parametrize("row", _rows(), ids=lambda row: row["How it ends"])
def test_a_block_ends_with_the_status_that_the_guide_promises(row: dict[str, str]) -> None:
    name = row["How it ends"]
    if name in BLOCKS:
        body = textwrap.dedent(BLOCKS[name])
    else:
        body = "with experiment.start():\n" + textwrap.indent(PROGRAMS[name], "    ") + "\n"
    run, done = _end(_create(name) + body)
    info = run.info
    told = (info.status, info.exception or "", "" if info.exit_code is None else info.exit_code)
    code = row["exit_code"]
    assert told == (row["In a block"], row["exception"], int(code) if code else ""), done.stderr
    if info.exit_code is not None:
        assert done.returncode == info.exit_code
    has_traceback = run.layout.traceback.exists()
    assert has_traceback == (info.status == "failed" or "twice" in name or _is_raised(row))


@pytest.mark.parametrize(
    "row", [row for row in _rows() if row["After plain calls"]], ids=lambda row: row["How it ends"]
)
def test_plain_calls_end_with_the_status_that_the_guide_promises(row: dict[str, str]) -> None:
    name = row["How it ends"]
    run, done = _end(_create(name) + "experiment.start()\n" + PROGRAMS[name] + "\n")
    info = run.info
    assert info.status == row["After plain calls"], done.stderr
    if not name.startswith("``sys.exit"):
        assert (info.exception or "") == row["exception"]


def _is_raised(row: dict[str, str]) -> bool:
    """Whether an interrupt was an exception."""
    return row["In a block"] == "interrupted" and not row["How it ends"].endswith("in a loop")
