"""The state of a git repository: what is checked out, and what differs from it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

__all__ = ["Git", "Repository", "without_credentials"]

_PATIENCE = 30.0  # seconds for one command
_MOST_DIFF = 5_000_000  # bytes
_MOST_OUTPUT = 50_000_000
_MOST_NAMES = 1000
# nothing that the user's settings would start or change in what is printed
_SETTINGS = (
    "core.fsmonitor=false",
    "color.ui=false",
    "diff.relative=false",
    "diff.noprefix=false",
    "diff.mnemonicPrefix=false",
)
_STATUS = ("status", "--porcelain=v2", "--branch", "--untracked-files=no", "-z")
_DIFF = ("diff", "--binary", "--no-ext-diff", "--no-textconv")
_OTHERS = ("ls-files", "--others", "--exclude-standard", "--directory", "-z")
_REMOTES = ("config", "--null", "--get-regexp", r"^(remote|branch)\..*\.(url|remote)$")


@dataclass(frozen=True)
class Repository:
    """What is checked out; None where it is not known, as where there is no repository.

    Attributes:
        commit: the hash of the commit; None also where there is none yet.
        branch: its branch; None also where it is detached.
        remote: where the branch is pushed to, without credentials.
        changed: the files that differ from the commit, relative to the root of the repository;
            None where there is no repository.
        untracked: files and folders of the project that git does not know, relative to the project.
        diff: the differences, as a patch.
        is_cut: whether the patch was too long, and files are left out of it.
    """

    commit: str | None = None
    branch: str | None = None
    remote: str | None = None
    changed: tuple[str, ...] | None = None
    untracked: tuple[str, ...] = ()
    diff: bytes = b""
    is_cut: bool = False

    @property
    def is_dirty(self) -> bool | None:
        """Whether there are changes that are not committed."""
        return None if self.changed is None else bool(self.changed)

    def patch(self) -> bytes:
        """The patch with a head that says what it belongs to; empty where nothing differs."""
        if not self.changed and not self.untracked:
            return b""
        head = [f"commit {self.commit or 'none yet'}, branch {self.branch or 'none'}"]
        if self.is_cut:
            head.append(f"longer than {_MOST_DIFF:,} bytes: the last files are left out")
        names = self.untracked[:_MOST_NAMES]
        head += [f"untracked: {name}" for name in names]
        if len(names) < len(self.untracked):
            head.append(f"untracked: {len(self.untracked) - len(names):,} more")
        return "".join(f"# {line}\n" for line in head).encode("utf-8", "replace") + self.diff


class Git:
    """Asks git about a folder; what fails, or takes too long, gives nothing.

    Args:
        folder: a folder of the repository.
        left_out: a folder whose files are not named where git does not know them.
    """

    def __init__(self, folder: Path, left_out: Path | None = None) -> None:
        self._folder, self._left_out = folder, left_out
        self._lock = threading.Lock()
        self._processes: list[subprocess.Popen[bytes]] = []
        self._is_stopped = False

    def read(self) -> Repository:
        """All that is known of the repository."""
        with self._bounded():
            # all at once: a process that is about to end can start no others
            status, diff, others, settings = (
                self._ask(*question) for question in (_STATUS, (*_DIFF, "HEAD"), _OTHERS, _REMOTES)
            )
            found = _parsed(self._answer(status))
            patch = self._answer(diff, _MOST_DIFF)
            if patch is None and found.changed and found.commit is None:
                patch = self._answer(self._ask(*_DIFF, "--cached"), _MOST_DIFF)
            names = [_text(name) for name in (self._answer(others) or b"").split(b"\0") if name]
            urls = self._answer(settings)
        patch = patch or b""
        is_cut = len(patch) > _MOST_DIFF
        if is_cut:
            patch = patch[: patch.rfind(b"\ndiff --git ", 0, _MOST_DIFF) + 1]
        untracked = tuple(name for name in names if not self._is_left_out(name))
        remote = None if found.changed is None else _remote(found.branch, urls or b"")
        return Repository(
            found.commit, found.branch, remote, found.changed, untracked, patch, is_cut
        )

    def status(self) -> Repository:
        """What is checked out, and which files differ from it."""
        with self._bounded():
            return _parsed(self._answer(self._ask(*_STATUS)))

    def stop(self) -> None:
        """End the commands in progress, and answer no more."""
        with self._lock:
            self._is_stopped = True
            for process in self._processes:
                _kill(process)

    def _is_left_out(self, name: str) -> bool:
        path = self._folder / name
        return self._left_out is not None and self._left_out in (path, *path.parents)

    @contextlib.contextmanager
    def _bounded(self) -> Iterator[None]:
        """A block in which commands that take too long are ended."""
        timer = threading.Timer(_PATIENCE, self.stop)
        timer.name, timer.daemon = "lab-git-timer", True
        with contextlib.suppress(RuntimeError):  # no more threads: whoever waits gives up in time
            timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _ask(self, *arguments: str) -> subprocess.Popen[bytes] | None:
        """Start a command; None where there is no git, or no such folder, or no more processes."""
        settings = [part for setting in _SETTINGS for part in ("-c", setting)]
        with self._lock, contextlib.suppress(OSError, RuntimeError):
            if not self._is_stopped:
                process = subprocess.Popen(
                    ["git", *settings, *arguments],
                    cwd=self._folder,
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                    env={**os.environ, "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"},
                    start_new_session=True,  # Ctrl-C is not meant for it
                )
                self._processes.append(process)
                return process
        return None

    def _answer(
        self, process: subprocess.Popen[bytes] | None, most: int = _MOST_OUTPUT
    ) -> bytes | None:
        """What a command says, at most one byte more than is asked for; None where it fails."""
        if process is None or process.stdout is None:
            return None
        with process:
            said = process.stdout.read(most + 1)
            is_cut = len(said) > most
            if is_cut:
                _kill(process)
        return said if is_cut or process.returncode == 0 else None


def without_credentials(url: str) -> str | None:
    """An address without names of users, passwords and tokens; None where there is none left.

    The user of an address over ssh says which server's side it is, and stays.
    """
    if "::" in url:  # a program with its arguments
        return None
    if "://" not in url:
        return url or None  # a folder, or user@host:path, which holds no password
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    user, _, host = parts.netloc.rpartition("@")
    if user and parts.scheme in ("ssh", "git+ssh", "ssh+git"):
        host = f"{user.partition(':')[0]}@{host}"
    return parts._replace(netloc=host, query="", fragment="").geturl()


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a command with all that it started."""
    if process.returncode is None:
        with contextlib.suppress(OSError):  # it ended just now
            if os.name == "posix":
                os.killpg(process.pid, signal.SIGKILL)
            else:
                process.kill()


def _remote(branch: str | None, said: bytes) -> str | None:
    """The address of the remote of a branch, else of `origin`, else of any."""
    settings: dict[str, str] = {}
    for entry in said.split(b"\0"):
        key, _, value = _text(entry).partition("\n")
        settings.setdefault(key, value)
    names = [key[7:-4] for key in settings if key.startswith("remote.") and key.endswith(".url")]
    name = settings.get(f"branch.{branch}.remote", "origin")
    if name not in names:
        name = names[0] if names else ""
    return without_credentials(settings.get(f"remote.{name}.url", ""))


def _parsed(said: bytes | None) -> Repository:
    """What `git status --porcelain=v2 -z` says (https://git-scm.com/docs/git-status)."""
    if said is None:
        return Repository()
    commit = branch = None
    changed: list[str] = []
    lines = iter(_text(said).split("\0"))
    for line in lines:
        if line.startswith("# branch.oid "):
            commit = line[13:] if line[13:] != "(initial)" else None
        elif line.startswith("# branch.head "):
            branch = line[14:] if line[14:] != "(detached)" else None
        elif line.startswith("1 "):
            changed.append(line.split(" ", 8)[8])
        elif line.startswith("2 "):
            changed.append(line.split(" ", 9)[9])
            next(lines, None)  # the name that it had
        elif line.startswith("u "):
            changed.append(line.split(" ", 10)[10])
    return Repository(commit, branch, changed=tuple(changed))


def _text(said: bytes) -> str:
    return said.decode("utf-8", "backslashreplace")
