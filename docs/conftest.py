"""The examples of the pages run in an empty folder of their own."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, so that whatever an example writes leaves nothing behind."""
    monkeypatch.chdir(tmp_path)
    return tmp_path
