from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import experiment
from lab.errors import ExperimentError
from lab.experiment import _provenance
from lab.experiment._git import Git, without_credentials
from lab.runs import Run
from lab.testing import RecordedLog, recorded_log


@pytest.fixture(autouse=True)
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[RecordedLog]:
    for name in [name for name in os.environ if name.startswith("GIT_")]:
        monkeypatch.delenv(name)
    with recorded_log() as log:
        yield log
        with contextlib.suppress(ExperimentError):
            experiment.current().close()


def git(*arguments: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    settings = ["-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always"]
    return subprocess.run(
        ["git", *identity, *settings, *arguments], capture_output=True, text=True, check=True
    ).stdout.strip()


def commit(*names: str) -> str:
    for name in names:
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text("one\n")
    git("add", "-A")
    git("commit", "-q", "--allow-empty", "-m", "first")
    return git("rev-parse", "HEAD")


def recorded() -> Run:
    experiment.create(name="e", writers=[])
    with experiment.start() as run:
        pass
    return run.run


def test_what_is_checked_out_and_what_differs_is_recorded() -> None:
    git("init", "-q")
    name = commit("train.py", "sub/model.py")
    git("remote", "add", "origin", "https://me:secret@example.org/a/b.git")
    Path("sub/model.py").write_text("two\n")
    Path("new.py").write_text("x\n")
    run = recorded()
    info = run.info
    assert (info.git_commit, info.git_branch, info.git_dirty) == (name, "main", True)
    assert info.git_remote == "https://example.org/a/b.git"
    diff = run.layout.source_diff.read_text()
    assert diff.startswith(f"# commit {name}, branch main\n# untracked: new.py\n")
    assert "-one\n+two\n" in diff
    assert "train.py" not in diff
    assert not any("secret" in path.read_text() for path in run.path.iterdir() if path.is_file())


def test_the_differences_can_be_applied_again() -> None:
    git("init", "-q")
    commit("a.py", "b.py", "c")
    Path("a.py").write_text("two\n")
    Path("c").write_bytes(bytes(range(256)) * 4)
    git("mv", "b.py", "with a blank.py")
    run = recorded()
    shutil.copy(run.layout.source_diff, "kept")
    git("reset", "-q", "--hard")
    git("apply", "kept")
    assert Path("a.py").read_text() == "two\n"
    assert Path("c").read_bytes() == bytes(range(256)) * 4
    assert Path("with a blank.py").exists()


def test_a_clean_repository_has_no_differences() -> None:
    git("init", "-q")
    commit("train.py")
    run = recorded()
    assert run.info.git_dirty is False
    assert run.info.git_remote is None
    assert not run.layout.source_diff.exists()


def test_differences_beyond_a_bound_are_cut_between_files(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lab.experiment._git._MOST_DIFF", 10_000)
    git("init", "-q")
    commit("a.py", "b.py")
    Path("a.py").write_text("two\n")
    Path("b.py").write_text("many lines\n" * 2000)
    diff = recorded().layout.source_diff.read_text()
    assert "# longer than 10,000 bytes: the last files are left out\n" in diff
    assert diff.endswith("-one\n+two\n")


def test_a_folder_without_a_repository_is_fine() -> None:
    info = recorded().info
    assert (info.git_commit, info.git_branch, info.git_dirty, info.git_remote) == (None,) * 4


def test_a_machine_without_git_is_fine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert recorded().info.git_commit is None


def test_a_branch_without_a_commit_is_fine() -> None:
    git("init", "-q")
    Path("a.py").write_text("one\n")
    git("add", "a.py")
    run = recorded()
    assert (run.info.git_commit, run.info.git_branch, run.info.git_dirty) == (None, "main", True)
    assert "+one" in run.layout.source_diff.read_text()


def test_a_detached_head_has_no_branch() -> None:
    git("init", "-q")
    name = commit("a.py")
    git("checkout", "-q", "--detach")
    info = recorded().info
    assert (info.git_commit, info.git_branch) == (name, None)


def test_a_bare_repository_is_fine() -> None:
    git("init", "-q", "--bare")
    assert recorded().info.git_dirty is None


def test_a_worktree_is_a_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    git("init", "-q", "main")
    monkeypatch.chdir("main")
    name = commit("a.py")
    git("worktree", "add", "-q", "-b", "other", "../other")
    monkeypatch.chdir("../other")
    info = recorded().info
    assert (info.git_commit, info.git_branch, info.git_dirty) == (name, "other", False)


def test_a_submodule_is_a_repository_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    git("init", "-q", "inner")
    monkeypatch.chdir("inner")
    name = commit("a.py")
    monkeypatch.chdir("..")
    git("init", "-q", "outer")
    monkeypatch.chdir("outer")
    git("submodule", "--quiet", "add", "../inner", "inner")
    commit("b.py")
    Path("inner/a.py").write_text("two\n")
    assert recorded().info.git_dirty is True
    monkeypatch.chdir("inner")
    info = recorded().info
    assert (info.git_commit, info.git_dirty) == (name, True)


@pytest.mark.skipif(sys.platform == "win32", reason="the program in the place of git is a script")
def test_a_git_that_hangs_is_ended_with_the_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(_provenance, "_PATIENCE", 0.1)
    program = tmp_path / "bin" / "git"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho $$ >> processes\nexec /bin/sleep 600\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    run = recorded()
    assert (run.info.status, run.info.git_commit) == ("completed", None)
    assert run.layout.environment.exists()
    for process in map(int, Path("processes").read_text().split()):
        with pytest.raises(ProcessLookupError):
            os.kill(process, 0)


def test_it_is_read_once_in_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    git("init", "-q")
    commit("a.py")
    readings = []
    read = Git.read
    monkeypatch.setattr(Git, "read", lambda self: readings.append(1) or read(self))
    first, second = recorded(), recorded()
    assert readings == [1]
    assert first.info.git_commit == second.info.git_commit
    assert second.layout.environment.read_text() == first.layout.environment.read_text()


def test_the_machine_and_the_packages_are_recorded() -> None:
    run = recorded()
    info = run.info
    assert info.working_directory == str(Path.cwd())
    assert info.user
    assert info.hardware["cores"] == os.cpu_count()
    assert info.versions["python"] == sys.version.split()[0].rstrip("+")
    assert info.versions["lab"]
    packages = run.layout.environment.read_text().splitlines()
    assert packages[0].startswith("# python 3.")
    assert any(line.startswith("pytest==") for line in packages)
    assert packages[1:] == sorted(set(packages[1:]), key=str.lower)


def test_environment_variables_are_not_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_TOKEN", "quite-secret")
    run = recorded()
    assert not any(b"quite-secret" in path.read_bytes() for path in run.path.iterdir())


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://user:token@example.org/a.git", "https://example.org/a.git"),
        ("https://token@example.org:8443/a.git", "https://example.org:8443/a.git"),
        ("https://us@er:to@ken@example.org/a.git", "https://example.org/a.git"),
        ("https://example.org/a.git?token=x#y", "https://example.org/a.git"),
        ("ssh://git:password@example.org/a.git", "ssh://git@example.org/a.git"),
        ("git@example.org:a/b.git", "git@example.org:a/b.git"),
        ("../elsewhere", "../elsewhere"),
        ("ext::sh -c 'login --password x'", None),
        ("https://[broken/a.git", None),
        ("", None),
    ],
)
def test_credentials_are_left_out_of_an_address(url: str, kept: str | None) -> None:
    assert without_credentials(url) == kept


def test_the_remote_of_the_branch_is_the_one() -> None:
    git("init", "-q")
    commit("a.py")
    git("remote", "add", "origin", "https://example.org/origin")
    git("remote", "add", "mine", "https://example.org/mine")
    git("config", "branch.main.remote", "mine")
    assert recorded().info.git_remote == "https://example.org/mine"


def test_changes_that_are_not_wanted_are_named() -> None:
    git("init", "-q")
    names = [f"file{i}.py" for i in range(7)]
    commit(*names)
    for name in names:
        Path(name).write_text("two\n")
    experiment.create(name="e", check_repo_dirty=True)
    with pytest.raises(
        ExperimentError,
        match=r"not committed: file0\.py, file1\.py, file2\.py, file3\.py, file4\.py and 2 more; commit",
    ):
        experiment.start()
    assert not Path("logs").exists()


def test_a_folder_without_a_repository_is_refused_where_changes_are() -> None:
    experiment.create(name="e", check_repo_dirty=True)
    with pytest.raises(ExperimentError, match="cannot be told, for git knows no repository there"):
        experiment.start()
