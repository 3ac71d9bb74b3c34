"""A figure of matplotlib or plotly."""

from __future__ import annotations

from typing import Any, ClassVar

from lab import runs
from lab.errors import TrackerError
from lab.tracker._given import described
from lab.tracker.indicators._copies import Made
from lab.tracker.indicators._media import LastMedia

__all__ = ["Figure"]


class Figure(LastMedia):
    """A figure; a save holds the last that was added.

    One of plotly is copied when it is added, and stored as it is: it stays interactive. One of
    matplotlib is drawn when it is added, and stored as a picture. That takes tens of milliseconds on
    the training thread: matplotlib must not be used on two threads at a time, and the figure may be
    changed or closed afterwards.

    Args:
        name: the full name.
    """

    kind: ClassVar[str] = "figure"

    def add(self, value: Any) -> None:
        """Take a figure in: of matplotlib (or its axes), or of plotly."""
        if hasattr(value, "to_plotly_json") and hasattr(value, "to_dict"):
            self._last = Made(_json, value.to_dict())
            return
        figure = value.get_figure() if hasattr(value, "get_figure") else value
        if not hasattr(figure, "savefig"):
            raise TrackerError(
                f"{self.name!r} is a figure and takes one of matplotlib or plotly, "
                f"got {described(value)}"
            )
        self._last = _drawn(figure)


def _json(figure: dict[str, Any]) -> runs.Figure:
    import importlib

    plotly = importlib.import_module("plotly.io")  # it is there: the figure is one of its own
    return runs.Figure(plotly.to_json(figure, validate=False))


def _drawn(figure: Any) -> runs.Image:
    import io

    from lab.tracker.indicators._png import size_of

    file = io.BytesIO()
    figure.savefig(file, format="png")
    png = file.getvalue()
    width, height = size_of(png)
    return runs.Image(png, width, height)
