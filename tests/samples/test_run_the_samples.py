from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from lab.runs import Run
from lab.testing import recorded_log

torch = pytest.importorskip("torch")
pytest.importorskip("sklearn")

SAMPLES = Path(__file__).parents[2] / "samples"


def _load(monkeypatch: pytest.MonkeyPatch, name: str) -> Any:
    """A sample as a module, which runs nothing yet."""
    spec = importlib.util.spec_from_file_location(name, SAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    return module


@pytest.mark.slow
def test_mnist_loop_learns_the_digits() -> None:
    """As a user would: a copy of the sample, in a folder of one's own."""
    Path("mnist_loop.py").write_text((SAMPLES / "mnist_loop.py").read_text(encoding="utf-8"))
    done = subprocess.run(
        [sys.executable, "-W", "error::ResourceWarning", "mnist_loop.py"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    [folder] = Path("logs/mnist_loop").iterdir()
    assert Run(folder).last["valid.accuracy"] > 0.95
    *_, where, how, command = done.stdout.splitlines()
    assert where == f"The run is in {folder.absolute()}"
    assert how == "Its values can be read with SQL:"
    assert command == f"  sqlite3 {folder.absolute() / 'sqlite.db'} 'select * from scalars limit 5'"


def test_mnist_loop_leaves_a_whole_run_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = _load(monkeypatch, "mnist_loop")
    sample.Configs.epochs = 2
    sample.Configs.channels = 4
    threads = torch.get_num_threads()
    try:
        with recorded_log():
            sample.main()
    finally:
        torch.set_num_threads(threads)  # the sample's choice is for the whole process
    [folder] = Path("logs/mnist_loop").iterdir()
    run = Run(folder)
    assert run.info.status == "completed"
    assert run.series("valid.accuracy").steps == [23, 46]
    assert run.series("train.loss").steps == [10, 20, 23, 33, 43, 46]
    assert run.series("train.loss").values[-1] < run.series("train.loss").values[0]
    assert run.configs["optimizer"]["option"] == "adam_optimizer"
    assert run.configs["epochs"]["value"] == 2
    assert sorted(path.name for path in (folder / "checkpoints").iterdir()) == ["23", "46"]
