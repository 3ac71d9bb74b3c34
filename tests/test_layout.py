from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
import types
from pathlib import Path

import pytest

import lab

ROOT = Path(__file__).parents[1]
SOURCES = sorted(path.relative_to(ROOT) for path in (ROOT / "lab").rglob("*.py"))
CODE = sorted(
    path.relative_to(ROOT)
    for folder in ("lab", "tests", "samples", "benchmarks", "docs")
    for path in (ROOT / folder).rglob("*.py")
    if "_build" not in path.parts
)
MODULES = [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in SOURCES]
PUBLIC = [name for name in MODULES if not any(part.startswith("_") for part in name.split("."))]
FRAMEWORK_ROOMS = ("lab.helpers", "lab.utils", "lab.util")
FRAMEWORKS = {"matplotlib", "numpy", "pandas", "sklearn", "tensorboard", "torch", "torchvision"}
SLOW_TO_IMPORT = {"asyncio", "dataclasses", "inspect", "logging", "msgspec", "sqlite3", "yaml"}


def loaded_by(statement: str) -> set[str]:
    """The top-level modules that a statement loads in a fresh interpreter."""
    program = (
        "import sys; before = set(sys.modules)\n"
        f"{statement}\n"
        "print(*{name.partition('.')[0] for name in set(sys.modules) - before})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.split())


def sort_key(name: str) -> tuple[int, str]:  # constants, classes, functions: as `make fix` sorts
    return (0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2, name)


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_module_says_in_a_sorted_list_what_may_be_called(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__doc__
    assert list(module.__all__) == sorted(set(module.__all__), key=sort_key)
    missing = [public for public in module.__all__ if not hasattr(module, public)]
    assert missing == []


@pytest.mark.parametrize("name", PUBLIC)
def test_what_is_visible_and_belongs_to_a_public_module_is_in_its_list(name: str) -> None:
    module = importlib.import_module(name)
    own = {
        visible
        for visible, value in vars(module).items()
        if not visible.startswith("_")
        and not isinstance(value, types.ModuleType)
        and f"{getattr(value, '__module__', '')}.".startswith(f"{name}.")
    }
    assert own - set(module.__all__) == set()


@pytest.mark.parametrize("path", CODE, ids=str)
def test_every_module_postpones_its_annotations(path: Path) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    futures = [
        alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
        for alias in node.names
    ]
    assert tree.body == [] or "annotations" in futures


def test_importing_lab_loads_nothing_slow() -> None:
    assert loaded_by("import lab") & (FRAMEWORKS | SLOW_TO_IMPORT) == set()


def test_importing_the_configs_loads_nothing_slow() -> None:
    loaded = loaded_by("from lab.configs import BaseConfigs")
    assert loaded & (FRAMEWORKS | SLOW_TO_IMPORT) == set()


def test_no_room_but_the_helpers_loads_a_framework() -> None:
    rooms = [
        name
        for name in PUBLIC
        if not f"{name}.".startswith(tuple(f"{r}." for r in FRAMEWORK_ROOMS))
    ]
    assert loaded_by(f"import {', '.join(rooms)}") & FRAMEWORKS == set()


def outside(path: Path) -> list[str]:
    """The private parts of other rooms that a file imports."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    package = ".".join(path.parts[:-1])
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        found += [
            name
            for name in names
            if name.startswith("lab.")
            and re.search(r"\._[a-z]", name)
            and not name.startswith(f"{package}.")
        ]
    return found


@pytest.mark.parametrize(
    "path",
    [
        path
        for path in CODE
        if path.parts[:2] in {("lab", "helpers"), ("lab", "utils"), ("lab", "util")}
        or path.parts[0] == "samples"
        or path.name == "testing.py"
    ],
    ids=str,
)
def test_helpers_and_samples_use_public_faces_only(path: Path) -> None:
    assert outside(path) == []


def test_the_version_is_the_newest_of_the_change_notes() -> None:
    notes = (ROOT / "CHANGELOG.rst").read_text(encoding="utf-8")
    newest = re.search(r"^(\S+) - (?:Unreleased|\d{4}-\d{2}-\d{2})\n-+$", notes, re.MULTILINE)
    assert newest is not None
    assert newest[1] == lab.__version__


def test_the_types_are_shipped() -> None:
    assert (Path(lab.__file__).parent / "py.typed").exists()
