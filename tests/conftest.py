from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import settings

# What is checked of a commit is the same each time; whoever works on it is shown something new each time.
# Neither has a limit of time for an example: a busy machine is no mistake.
settings.register_profile("fixed", derandomize=True, deadline=None)
settings.register_profile("new", deadline=None)
settings.load_profile("fixed" if os.environ.get("CI") else "new")


@pytest.fixture(autouse=True)
def working_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of the test's own, so that whatever is written leaves nothing behind."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-snapshots",
        action="store_true",
        help="write what is said now into the snapshot files, instead of comparing with them",
    )
