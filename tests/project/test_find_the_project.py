from __future__ import annotations

from pathlib import Path

import pytest

import lab
from lab import logger, project
from lab.errors import MissingExtra, ProjectError
from lab.optional import module


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_without_settings_the_working_folder_is_the_project(folder: Path) -> None:
    found = project.current()
    assert found.path == folder
    assert found.experiments_path == folder / "logs"
    assert lab.get_data_path() == logger.get_data_path() == folder / "data"
    assert found.cache_path == folder / ".lab" / "cache"


def test_the_nearest_settings_above_the_script_win(folder: Path) -> None:
    (folder / "lab.yaml").write_text("data_path: cwd_data\n")
    (folder / "p" / "scripts").mkdir(parents=True)
    (folder / "p" / ".lab.yaml").write_text("data_path: d\nexperiments_path: /elsewhere\n")
    found = project.find(folder / "p" / "scripts" / "train.py")
    assert found.path == folder / "p"
    assert found.data_path == folder / "p" / "d"
    assert found.experiments_path == Path("/elsewhere")


def test_the_working_folder_counts_where_the_script_has_no_project(
    folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (folder / "lab.yaml").write_text("")
    (folder / "deep").mkdir()
    script = tmp_path_factory.mktemp("other") / "train.py"
    assert project.find(script).path == folder


def test_the_root_can_be_moved(folder: Path) -> None:
    (folder / "lab.yaml").write_text("path: ../up\nwriters: [sqlite]\ncheck_repo_dirty: true\n")
    found = project.find()
    assert found.path == folder.parent / "up"
    assert found.writers == ("sqlite",)
    assert found.check_repo_dirty


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("data_pth: x", "unknown key 'data_pth' in .*did you mean 'data_path'"),
        ("- a", "must hold keys and values, not list"),
        ("data_path: 3", "'data_path' in .* takes a path, got 3"),
        ("check_repo_dirty: maybe", "takes true or false, got 'maybe'"),
        ("system_indicators: never", "takes true, false or a number of seconds, got 'never'"),
        ("system_indicators: 0", "takes true, false or a number of seconds, got 0"),
        ("writers: sqlite", "takes a list of names"),
        ("indicators: [a]", "takes kinds by patterns of names"),
        ("a: [", "cannot read the settings of the project: .*lab.yaml:"),
    ],
)
def test_settings_that_cannot_be_used_are_one_clear_error(
    folder: Path, text: str, message: str
) -> None:
    (folder / "lab.yaml").write_text(text)
    with pytest.raises(ProjectError, match=message):
        project.find()


def test_a_missing_dependency_names_its_extra() -> None:
    with pytest.raises(
        MissingExtra, match=r"no_such is needed for plots.*lab-experiments\[plots\]"
    ):
        module("no_such", "plots", "plots")
    assert module("json", "core").dumps(1) == "1"


@pytest.mark.parametrize(
    ("text", "wanted"), [("", None), ("true", True), ("false", False), ("30", 30), ("0.5", 0.5)]
)
def test_the_measuring_of_the_machine_is_on_off_or_at_intervals(
    folder: Path, text: str, wanted: bool | float | None
) -> None:
    (folder / "lab.yaml").write_text(f"system_indicators: {text}\n")
    found = project.find().system_indicators
    assert (type(found), found) == (type(wanted), wanted)
