"""Import times: whole child processes, from the start of the interpreter to its end.

They run in an environment that has no other packages, and finds lab and its references by path: the
import hooks by which packages are installed for development would be loaded into every process, and
be measured with it.
"""

from __future__ import annotations

import os
import subprocess
import sysconfig
import time
import venv
from pathlib import Path

import _measure
from _measure import Row, Table
from _worker import ROOT, SCRATCH, installed, variables

BAR = (45.0, 35.0)  # milliseconds

# what is shown, what runs, and the distribution it needs
PROGRAMS = (
    ("lab", "import lab", ""),
    ("lab.configs", "from lab.configs import BaseConfigs", ""),
    ("python alone", "pass", ""),
    ("gin", "import gin", "gin-config"),
    ("draccus", "import draccus", "draccus"),
    ("argbind", "import argbind", "argbind"),
    ("labml", "from labml import experiment", "labml"),
    ("labml.configs", "from labml.configs import BaseConfigs", "labml"),
    ("hydra", "import hydra", "hydra-core"),
)


def _environment() -> str:
    folder = SCRATCH / "import-time"
    bare = venv.EnvBuilder(symlinks=os.name != "nt", clear=True, with_pip=False)
    bare.create(folder)
    scheme = {"base": str(folder), "platbase": str(folder)}
    kind = "venv" if "venv" in sysconfig.get_scheme_names() else sysconfig.get_default_scheme()
    packages = Path(sysconfig.get_path("purelib", kind, vars=scheme))
    paths = [str(ROOT), sysconfig.get_path("purelib"), sysconfig.get_path("platlib")]
    (packages / "benchmark.pth").write_text("\n".join(dict.fromkeys(paths)) + "\n", "utf-8")
    return str(folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python"))


def _milliseconds(python: str, code: str) -> float:
    start = time.perf_counter()
    subprocess.run(
        [python, "-c", code],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=SCRATCH,
        env=variables(),
    )
    return (time.perf_counter() - start) * 1e3


def measure(quick: bool = False) -> list[Table]:
    """The table of this benchmark."""
    python = _environment()
    rows: list[Row] = []
    programs: list[tuple[Row, str]] = []
    for name, code, distribution in PROGRAMS:
        bar = BAR if name.startswith("lab") and not distribution else None
        note = code
        if distribution:
            found = installed(distribution)
            note = f"{code}  # {distribution} {found}"
            if found is None:
                rows.append(Row(name, note=f"not installed: pip install {distribution}"))
                continue
        row = Row(name, bar=bar, note=note)
        rows.append(row)
        programs.append((row, code))
    for _, code in programs:
        _milliseconds(python, code)  # compiles what was not compiled yet
    for _ in range(3 if quick else 20):
        for row, code in programs:
            row.samples.append(_milliseconds(python, code))
    _measure.ratios(rows)
    return [Table("A whole process that does nothing but import", "ms", rows)]


if __name__ == "__main__":
    _measure.main("import_time", measure)
