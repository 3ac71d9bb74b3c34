from __future__ import annotations

import os
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.rst").read_text(encoding="utf-8")
SAMPLE = ROOT / "samples" / "first_steps.py"


def block(language: str) -> str:
    """The only block of a language in the README."""
    (found,) = re.findall(
        rf"^\.\. code-block:: {language}\n\n((?: {{3}}.*\n|\n)+)", README, re.MULTILINE
    )
    return textwrap.dedent(found).strip()


def what_stays(text: str) -> list[str]:
    """The lines without what differs from run to run: the uuid, what was measured, the times."""
    lines = [re.sub(r"[0-9a-f]{8}-[-0-9a-f]{27}", "<uuid>", line) for line in text.splitlines()]
    lines = [re.sub(r" +[\d,.]+m?s .*| +\d+:\d\d\b.*", "", line) for line in lines]
    return [re.sub(r"(loss:) +[\d.]+", r"\1 <loss>", line).rstrip() for line in lines]


def test_the_two_commands_come_first() -> None:
    first = README.index("$ make demo"), README.index("$ make test")
    assert first == tuple(sorted(first))
    assert first[1] < README.index("code-block:: python")


def test_the_program_is_the_sample_and_short() -> None:
    program = block("python")
    assert program == SAMPLE.read_text(encoding="utf-8").strip()
    assert len([line for line in program.splitlines() if line.strip()]) <= 36


@pytest.mark.slow
def test_the_program_prints_what_the_readme_shows(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    program = tmp_path / SAMPLE.name
    program.write_text(SAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, program.name],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    assert what_stays(done.stdout) == what_stays(block("text"))


@pytest.mark.parametrize(
    "path", sorted(set(re.findall(r"``((?:docs|samples)/(?!_)[\w/]+\.\w+)``", README)))
)
def test_what_to_read_next_is_there(path: str) -> None:
    assert (ROOT / path).exists()
