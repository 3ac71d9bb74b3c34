"""Contenders in child processes of their own, asked one block at a time.

A heap of its own keeps one contender's objects out of the other's garbage collections, a process of
its own allows an environment of its own where two distributions share an import name, and blocks
asked in turn (A B C A B C) let a machine that slows down slow all of them alike.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

FLAG = "--worker"
ROOT = Path(__file__).resolve().parent.parent
SCRATCH = ROOT / ".benchmarks"

Answer = dict[str, Any]


@dataclass(frozen=True)
class Contender:
    """One way to do the work of a table.

    Attributes:
        name: how the tables call it.
        start: called once in the child process; what it returns is called with each request.
        distribution: what has to be installed for it, if anything.
        apart: it cannot be installed beside the others and gets an environment of its own.
    """

    name: str
    start: Callable[[], Callable[..., Answer]]
    distribution: str = ""
    apart: bool = False


class Failed(Exception):
    """A contender that cannot be measured; the table says why."""


class Worker:
    """The parent's end of one contender."""

    def __init__(self, script: str, contender: Contender) -> None:
        self.name = contender.name
        python = _python_apart(contender) if contender.apart else sys.executable
        if contender.distribution and not contender.apart:
            _require(contender.distribution)
        # a file, for a pipe could fill up; closed with the process
        self._errors = tempfile.TemporaryFile("w+", errors="replace")  # noqa: SIM115
        self._process = subprocess.Popen(
            [python, script, FLAG, contender.name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            bufsize=1,
            cwd=_working_folder(),
            env=variables(),
        )

    def ask(self, **request: Any) -> Answer:
        """Have one block measured."""
        with contextlib.suppress(BrokenPipeError):  # it died; its last words say of what
            self._process.stdin.write(json.dumps(request) + "\n")
        line = self._process.stdout.readline()
        answer = json.loads(line) if line else {"failed": self._last_words()}
        if "failed" in answer:
            raise Failed(answer["failed"])
        return dict(answer)

    def close(self) -> None:
        """End the child process."""
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()
        self._errors.close()

    def _last_words(self) -> str:
        self._process.wait()
        self._errors.seek(0)
        lines = self._errors.read().strip().splitlines()
        return lines[-1] if lines else f"ended with status {self._process.returncode}"


def serve(contenders: Mapping[str, Contender]) -> None:
    """Answer the parent's requests, if this process was started by one."""
    if FLAG not in sys.argv:
        return
    # what contenders print must neither mix with the answers nor wait for a terminal
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    try:
        block = contenders[sys.argv[sys.argv.index(FLAG) + 1]].start()
        for line in sys.stdin:
            answers.write(json.dumps(block(**json.loads(line))) + "\n")
    except Exception as error:
        traceback.print_exc()
        answers.write(json.dumps({"failed": _in_one_line(error)}) + "\n")
    answers.flush()
    os._exit(0)  # whatever a contender hooked into the interpreter's end is not waited for


def variables() -> dict[str, str]:
    """The environment of a child process: with modules compiled once, and not anew by each process."""
    kept = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"PYTHONPYCACHEPREFIX": str(SCRATCH / "compiled")}


def installed(distribution: str) -> str | None:
    """The installed version of a distribution."""
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


@contextlib.contextmanager
def scratch() -> Iterator[str]:
    """A folder for what contenders write, on the disk of the project; it is removed afterwards."""
    with tempfile.TemporaryDirectory(dir=_working_folder(), ignore_cleanup_errors=True) as folder:
        yield folder


def _require(distribution: str) -> None:
    if installed(distribution) is None:
        raise Failed(f"not installed: pip install {distribution}")


def _in_one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:160]


def _working_folder() -> Path:
    folder = SCRATCH / "work"  # what contenders write goes where git does not look
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _python_apart(contender: Contender) -> str:
    folder = SCRATCH / contender.distribution
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    done = folder / "installed"
    if not done.exists():
        commands = [
            [sys.executable, "-m", "venv", "--clear", str(folder)],
            [str(python), "-m", "pip", "install", "--quiet", contender.distribution],
        ]
        for command in commands:
            if subprocess.run(command, capture_output=True, check=False).returncode:
                raise Failed(f"not installed: pip install {contender.distribution} (it failed)")
        done.touch()
    return str(python)
