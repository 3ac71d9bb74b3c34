from __future__ import annotations

import csv
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from lab import runs

pytest.importorskip("ipykernel")
manager = pytest.importorskip("jupyter_client.manager")

TABLE = Path(__file__).parents[2] / "docs" / "guide" / "experiment_endings_in_notebooks.csv"
PATIENCE = 60
BEGIN = "import time\nfrom lab import experiment, loop\nexperiment.create(name='e')\n"
PLAIN = BEGIN + "experiment.start()\n"
IN_LOOP = (
    BEGIN + "with experiment.start():\n    for i in loop.loop(10**6):\n"
    "        if i == 1: print('ready')\n        time.sleep(0.01)"
)
RUNNING = BEGIN + "with experiment.start():\n    print('ready')\n    time.sleep(100)"


class Notebook:
    """A kernel, and what is done to it."""

    def __init__(self, kernel: Any, client: Any) -> None:
        self.kernel, self._client = kernel, client

    def cell(self, code: str) -> None:
        """Run a cell to its end."""
        self._client.execute_interactive(code, output_hook=lambda _: None, timeout=PATIENCE)

    def begin(self, code: str) -> None:
        """Run a cell until it says that it is ready."""
        self._client.execute(code)
        while "ready" not in self._client.get_iopub_msg(PATIENCE)["content"].get("text", ""):
            pass

    def wait(self) -> None:
        """Until the kernel takes another cell."""
        self._client.wait_for_ready(timeout=PATIENCE)


@pytest.fixture(scope="module")
def kernel() -> Iterator[tuple[Any, Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the libraries of Jupyter
        kernel, client = manager.start_new_kernel()
        yield kernel, client
        client.stop_channels()
        kernel.shutdown_kernel(now=True)
        kernel.cleanup_resources()


@pytest.fixture
def notebook(kernel: tuple[Any, Any], working_folder: Path) -> Notebook:
    notebook = Notebook(*kernel)
    notebook.cell(f"import os; os.chdir({str(working_folder)!r})")
    return notebook


def _fail(notebook: Notebook) -> None:
    notebook.cell(PLAIN)
    notebook.cell("1 / 0")
    notebook.cell("experiment.create(name='other')")


def _interrupt(notebook: Notebook) -> None:
    notebook.begin(IN_LOOP)
    notebook.kernel.interrupt_kernel()
    notebook.wait()


def _restart(notebook: Notebook) -> None:
    notebook.begin(RUNNING)
    notebook.kernel.restart_kernel(now=False)
    notebook.wait()


def _restart_idle(notebook: Notebook) -> None:
    notebook.cell(PLAIN)
    notebook.kernel.restart_kernel(now=False)
    notebook.wait()


def _kill(notebook: Notebook) -> None:
    notebook.begin(RUNNING)
    notebook.kernel.restart_kernel(now=True)
    notebook.wait()


ENDINGS: dict[str, Callable[[Notebook], None]] = {
    "after plain calls, an exception in a later cell": _fail,
    "the kernel is interrupted in a loop": _interrupt,
    "the kernel is restarted while a cell runs": _restart,
    "after plain calls, the kernel is restarted between cells": _restart_idle,
    "the kernel is killed": _kill,
}


def _rows() -> list[dict[str, str]]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("row", _rows(), ids=lambda row: row["How it ends"])
def test_a_notebook_ends_a_run_as_the_guide_promises(
    row: dict[str, str], notebook: Notebook
) -> None:
    ENDINGS[row["How it ends"]](notebook)
    [run] = runs.find("e")
    assert (run.info.status, run.info.exception or "") == (row["status"], row["exception"])
