"""Machine-learning experiments as lazily computed graphs of configs."""

from __future__ import annotations

TYPE_CHECKING = False  # what `typing` says, without its import
if TYPE_CHECKING:
    from pathlib import Path

__version__ = "0.1.0"
__all__ = ["get_data_path"]


def get_data_path() -> Path:
    """The folder for datasets: `data_path` of the project's `lab.yaml`, or `data` in its root."""
    from lab import project

    return project.current().data_path
