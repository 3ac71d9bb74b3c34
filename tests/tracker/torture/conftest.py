from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from lab import runs
from lab.runs import Layout, RunInfo

Script = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """The folder of a run."""
    layout = runs.new_layout(tmp_path, "e")
    layout.create()
    runs.write_info(layout, RunInfo(uuid=layout.path.name, experiment="e"))
    return layout


@pytest.fixture
def script(tmp_path: Path) -> Script:
    """Runs a program of its own in the working folder, and gives what it said."""

    def run(code: str, *arguments: str, timeout: float = 120) -> subprocess.CompletedProcess[str]:
        path = tmp_path / "script.py"
        path.write_text(code)
        return subprocess.run(
            [sys.executable, str(path), *arguments],
            capture_output=True,
            text=True,
            timeout=timeout,
            cwd=tmp_path,
            check=False,
        )

    return run
