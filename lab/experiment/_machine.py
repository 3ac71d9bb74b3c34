"""The machine and the Python that a run has: hardware, user, packages. Nothing is imported for it."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

import lab

__all__ = ["gpus", "hardware", "packages", "user", "versions"]

_GPUS = "/proc/driver/nvidia/gpus"
_FIELD = re.compile(r"^(Name|Version):[ \t]*(.+?)\s*$", re.MULTILINE)


def user() -> str | None:
    """The name of the user, where there is one."""
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container whose user has no name
        return None


def versions() -> dict[str, str]:
    """The versions of Python, lab, and of PyTorch, its CUDA and numpy where they are loaded."""
    found = {"python": ".".join(map(str, sys.version_info[:3])), "lab": lab.__version__}
    for name in ("numpy", "torch"):
        version = getattr(sys.modules.get(name), "__version__", None)
        if version is not None:
            found[name] = str(version)
    cuda = getattr(getattr(sys.modules.get("torch"), "version", None), "cuda", None)
    if cuda is not None:
        found["cuda"] = str(cuda)
    return found


@cache
def hardware() -> dict[str, Any]:
    """The model and number of processors, those that the process may use, and bytes of memory."""
    found: dict[str, Any] = {"cpu": _cpu(), "cores": os.cpu_count()}
    if hasattr(os, "sched_getaffinity"):
        found["usable_cores"] = len(os.sched_getaffinity(0))
    with contextlib.suppress(AttributeError, OSError, ValueError):  # not on every platform
        found["memory"] = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return found


def gpus() -> list[str]:
    """The models of the GPUs, as far as the driver or a library that is in use tells."""
    with contextlib.suppress(OSError):
        files = sorted(Path(_GPUS).glob("*/information"))
        models = [_after("Model", file.read_text(errors="replace")) for file in files]
        if models:
            return [model or "unknown" for model in models]
    cuda = getattr(sys.modules.get("torch"), "cuda", None)
    with contextlib.suppress(Exception):  # whatever a driver that does not answer makes of it
        if cuda is not None and cuda.is_initialized():
            return [str(cuda.get_device_name(i)) for i in range(cuda.device_count())]
    return []


@cache
def packages() -> str:
    """The installed packages, in the form that pip reads."""
    from importlib.metadata import distributions

    found = set()
    for distribution in distributions():
        with contextlib.suppress(OSError, UnicodeDecodeError):  # one that is being installed
            text = distribution.read_text("METADATA") or distribution.read_text("PKG-INFO") or ""
            fields = dict(reversed(_FIELD.findall(text.partition("\n\n")[0])))
            if "Name" in fields:
                found.add(f"{fields['Name']}=={fields.get('Version', 'unknown')}")
    lines = [f"# python {sys.version.split()[0]} on {sys.platform}", *sorted(found, key=str.lower)]
    return "".join(f"{line}\n" for line in lines)


def _cpu() -> str | None:
    """The model of the processors."""
    with contextlib.suppress(OSError):
        with open("/proc/cpuinfo", encoding="utf-8", errors="replace") as file:
            head = file.read(4000)  # they are alike, and there may be hundreds
        return _after("model name", head) or _machine()
    import platform

    return platform.processor() or platform.machine() or None


def _machine() -> str | None:
    return os.uname().machine if hasattr(os, "uname") else None


def _after(name: str, text: str) -> str | None:
    found = re.search(rf"^{name}\s*:\s*(.+?)\s*$", text, re.MULTILINE)
    return found[1] if found else None
