"""Output to a notebook: text as HTML, in blocks that are shown once and then kept up to date."""

from __future__ import annotations

import sys
import threading
from collections.abc import Sequence
from html import escape
from typing import Any

from lab.logger._aside import Aside
from lab.logger._output import Output, plain
from lab.logger._styles import words
from lab.steps import Part

__all__ = ["Notebook", "as_html"]

_MOST_LINES = 50  # each update sends its whole block
_FRAME = (
    '<pre class="lab" style="margin:0;padding:0;line-height:1.35;white-space:pre-wrap;'
    'background:none">{}</pre>'
)


class Notebook(Output):
    """Lines of HTML with the one about the run below them, in the output of a cell.

    A cell begins a block of its own, and so does whatever comes after text that others print: what
    is shown stands in the order in which it was written.

    Args:
        shell: that of IPython in the kernel.
    """

    period = 0.5

    def __init__(self, shell: Any) -> None:
        self._lock = threading.RLock()
        self._aside = Aside(self._make_way)
        self._handle: Any = None
        self._done = self._open = ""  # whole lines, and one that has not ended yet
        self._text = ""
        self._live: Sequence[Part] = ()
        self._is_running = False
        shell.events.register("pre_run_cell", self._begin_cell)

    def write(self, parts: Sequence[Part], end: str = "\n") -> None:
        with self._lock:
            self._open += as_html(parts) + escape(end)
            self._text += plain(parts) + end
            if end.endswith("\n"):
                self._done, self._open = self._done + self._open, ""
            self._update()
            if Output.keeper is not None:
                Output.keeper(plain(parts) + end)
            if self._text.count("\n") >= _MOST_LINES and not self._open:
                self._end_block()

    def draw(self, parts: Sequence[Part]) -> None:
        with self._lock:
            if list(parts) != list(self._live):
                self._live = tuple(parts)
                self._update()

    def settle(self, parts: Sequence[Part]) -> None:
        with self._lock:
            self._live = ()
            self.write(parts)

    def clear(self) -> None:
        with self._lock:
            if self._live:
                self._live = ()
                self._update()

    def show(self) -> None:
        self._is_running = True
        self._aside.begin(sys.stdout, sys.stderr)

    def hide(self) -> None:
        self._is_running = False
        self.clear()
        if not self._done:
            self._aside.end()

    def forked(self) -> None:
        self._lock, self._live = threading.RLock(), ()
        self._aside.end()

    def _update(self) -> None:
        from IPython.display import display

        body = self._done + self._open + as_html(self._live)
        text = self._text + plain(self._live)
        bundle = {"text/html": _FRAME.format(body), "text/plain": text}
        if self._handle is None:
            self._aside.begin(sys.stdout, sys.stderr)
            self._handle = display(bundle, raw=True, display_id=True)  # type: ignore[no-untyped-call]
        else:
            self._handle.update(bundle, raw=True)

    def _make_way(self, text: str) -> None:
        """What others print comes next: the block ends, and what follows begins another below."""
        if text and self._handle is not None and not self._open:
            self._end_block()

    def _end_block(self) -> None:
        with self._lock:
            if self._handle is not None:
                self.clear()
            self._forget_block()

    def _begin_cell(self, *_: object) -> None:
        with self._lock:
            self._forget_block()

    def _forget_block(self) -> None:
        self._handle, self._live = None, ()
        self._done = self._open = self._text = ""
        if not self._is_running:
            self._aside.end()


def as_html(parts: Sequence[Part]) -> str:
    """Parts as HTML, in the colours that `rich` gives them."""
    return "".join(
        escape(part) if isinstance(part, str) else _span(part[0], words(part[1])) for part in parts
    )


def _span(text: str, style: str) -> str:
    css = _css(style) if style else ""
    return f'<span style="{css}">{escape(text)}</span>' if css else escape(text)


_known: dict[str, str] = {}


def _css(style: str) -> str:
    if style not in _known:
        from rich.style import Style
        from rich.terminal_theme import SVG_EXPORT_THEME  # legible on light and dark pages

        parsed = Style.parse(style)
        css = parsed.without_color.get_html_style(SVG_EXPORT_THEME)
        if parsed.color is not None and not parsed.color.is_default:  # that of the page stays
            css = parsed.get_html_style(SVG_EXPORT_THEME)
        _known[style] = css
    return _known[style]
