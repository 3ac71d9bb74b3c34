"""How a run ends: the exception, or its absence, as a status."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import Any

__all__ = ["Ending", "of_exception", "uncaught"]

_MOST = 2000  # letters of the line about an exception


@dataclass(frozen=True)
class Ending:
    """How a run ended.

    Attributes:
        status: completed, failed or interrupted.
        exception: what ended it in one line, those that led to it included.
        exit_code: what the process ends with, where `sys.exit` said so.
        traceback: where it happened.
    """

    status: str
    exception: str | None = None
    exit_code: int | None = None
    traceback: str | None = None


def of_exception(error: BaseException | None, stop_reason: str | None = None) -> Ending:
    """The end of a run.

    Args:
        error: what it was left with.
        stop_reason: why it was asked to stop before its end, where it was.
    """
    if error is None:
        return Ending("completed") if stop_reason is None else Ending("interrupted", stop_reason)
    if isinstance(error, SystemExit):
        return _of_exit(error, stop_reason)
    if isinstance(error, KeyboardInterrupt) and stop_reason is not None:
        return Ending("interrupted", stop_reason, None, _traceback(error))
    kinds: tuple[type[BaseException], ...] = (KeyboardInterrupt, GeneratorExit, *_cancelled())
    status = "interrupted" if isinstance(error, kinds) else "failed"
    return Ending(status, _line(error), None, _traceback(error))


def uncaught() -> BaseException | None:
    """The last exception that nobody caught, in this interpreter or notebook.

    The interpreter notes it before it calls `sys.excepthook`, and IPython does so for each cell.
    """
    return getattr(sys, "last_value", None)


def _of_exit(error: SystemExit, stop_reason: str | None) -> Ending:
    code = error.code
    number = 0 if code is None else int(code) if isinstance(code, int) else 1
    if stop_reason is not None:
        return Ending("interrupted", stop_reason, number, _traceback(error))
    if number == 0:
        return Ending("completed", None, 0)
    return Ending("failed", _line(error), number, _traceback(error))


def _cancelled() -> tuple[type[BaseException], ...]:
    """The exception by which a task of asyncio is ended, also by Ctrl-C."""
    kind: Any = getattr(sys.modules.get("asyncio"), "CancelledError", None)
    return () if kind is None else (kind,)


def _line(error: BaseException) -> str:
    """An exception and those that led to it, the last one first."""
    words: list[str] = []
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        words.append(_words(one))
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    line = " <- ".join(words)
    return line if len(line) <= _MOST else f"{line[:_MOST]}..."


def _words(error: BaseException) -> str:
    try:
        text = " ".join(str(error).split())
    except Exception as problem:
        text = f"(it cannot be shown: {type(problem).__name__})"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def _traceback(error: BaseException) -> str:
    import traceback

    return "".join(traceback.format_exception(type(error), error, error.__traceback__))
