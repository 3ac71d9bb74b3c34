from __future__ import annotations

import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    "module",
    [
        "lab.helpers.pytorch.datasets.mnist",
        "lab.helpers.pytorch.device",
        "lab.utils.pytorch",
        "lab.util.pytorch",
    ],
)
def test_where_torch_is_missing_its_extra_is_named(module: str) -> None:
    program = f"import sys; sys.modules['torch'] = None; import {module}"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "MissingExtra: torch is needed for lab." in done.stderr
    assert done.stderr.endswith("pip install 'lab-experiments[pytorch]'\n")
