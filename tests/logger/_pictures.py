"""What a terminal shows after all was written to it, as text and as a picture."""

from __future__ import annotations

import html
import io
import re
from pathlib import Path

import pyte
from rich.console import Console
from rich.text import Text

FOLDER = Path(__file__).parents[2] / "docs" / "_static" / "screens"


def shown(written: str, columns: int) -> list[str]:
    """The rows of a terminal."""
    screen = pyte.Screen(columns, 60)
    pyte.Stream(screen).feed(written.replace("\n", "\r\n"))
    return "\n".join(row.rstrip() for row in screen.display).rstrip().split("\n")


def picture(written: str, columns: int, title: str) -> str:
    """The same as a drawing."""
    left = re.sub(r"[^\n]*\r\x1b\[2K", "", written)  # what was not drawn over
    console = Console(record=True, file=io.StringIO(), width=columns)
    console.print(Text.from_ansi(left), soft_wrap=True)
    return console.export_svg(title=title, unique_id=title.replace(" ", "-")) + "\n"


def text_of(drawing: str) -> list[str]:
    """The rows of a drawing."""
    rows: dict[float, str] = {}
    pattern = r'<text class="[^"]*-r\d+" x="([^"]*)" y="([^"]*)"[^>]*>(.*?)</text>'
    for x, y, text in re.findall(pattern, drawing):
        column = round(float(x) / 12.2)
        row = rows.get(float(y), "").ljust(column)
        rows[float(y)] = row + html.unescape(text).replace("\xa0", " ")
    return "\n".join(rows[y].rstrip() for y in sorted(rows)).rstrip().split("\n")
