from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of the test's own, so that whatever is written leaves nothing behind."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
