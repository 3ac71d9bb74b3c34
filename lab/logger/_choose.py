"""Which output fits what the program writes to."""

from __future__ import annotations

import os
import sys
from typing import Any, TextIO

from lab.logger._output import Output
from lab.logger._stream import Stream
from lab.logger._terminal import Terminal

__all__ = ["choose"]


def choose(stream: TextIO | None) -> Output:
    """A notebook, a terminal, or a plain stream: a pipe, a file, the page of a build server.

    `NO_COLOR` takes the colours away, and `FORCE_COLOR` gives them to streams that are no terminal;
    `TERM=dumb` and `CI` say that a line cannot be drawn again.
    """
    if stream is None:  # no console at all, as under pythonw
        return Stream(open(os.devnull, "w", encoding="utf-8"))
    if type(stream).__module__.startswith("ipykernel."):
        shell = _shell()
        if shell is not None:
            from lab.logger._notebook import Notebook

            return Notebook(shell)
    is_open = not getattr(stream, "closed", False)  # a program may put anything there
    is_terminal = is_open and hasattr(stream, "isatty") and stream.isatty()
    is_dumb = os.environ.get("TERM", "").lower() in ("dumb", "unknown")
    is_styled = is_terminal and not is_dumb
    if os.environ.get("NO_COLOR"):
        is_styled = False
    elif os.environ.get("FORCE_COLOR"):
        is_styled = True
    if is_terminal and not is_dumb and not os.environ.get("CI"):
        if os.name == "nt":
            os.system("")  # has its console understand codes
        return Terminal(stream, is_styled)
    return Stream(stream, is_styled)


def _shell() -> Any:
    """The shell of IPython, where this is the kernel of a notebook."""
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    return shell if hasattr(shell, "kernel") else None
