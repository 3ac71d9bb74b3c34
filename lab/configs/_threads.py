"""Going on in a fresh thread where nested computing has used up a good part of this one's stack."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

# Nested calculators in one thread. Each takes four frames and what the calculator itself calls; Python allows 1000.
DEPTH = 100

_STACK_BYTES = 16 * 1024 * 1024


def in_fresh_thread(function: Callable[[Any], Any], argument: Any) -> Any:
    """What `function(argument)` returns or raises, called in a thread of its own with the context of this one.

    The context is that of `contextvars` and, where torch is loaded, its grad and inference mode, autocast and
    default device.
    """
    import contextvars
    import threading

    context = contextvars.copy_context()
    enter_torch = _torch_context()
    outcome: list[Any] = []

    def run() -> None:
        try:
            with enter_torch():
                outcome.append((True, context.run(function, argument)))
        except BaseException as error:
            outcome.append((False, error))

    thread = threading.Thread(target=run, name="lab-configs", daemon=True)
    before: int | None = threading.stack_size()
    try:
        threading.stack_size(_STACK_BYTES)
    except (ValueError, RuntimeError):
        before = None  # the platform keeps its own
    try:
        thread.start()
    finally:
        if before is not None:
            threading.stack_size(before)
    thread.join()
    succeeded, value = outcome[0]
    if succeeded:
        return value
    raise value


def _torch_context() -> Callable[[], Any]:
    torch = sys.modules.get("torch")
    import contextlib

    if torch is None:
        return contextlib.nullcontext
    grad = torch.is_grad_enabled()
    inference = torch.is_inference_mode_enabled()
    autocast = [
        (kind, torch.get_autocast_dtype(kind))
        for kind in ("cpu", "cuda")
        if torch.is_autocast_enabled(kind)
    ]
    device = torch.get_default_device() if hasattr(torch, "get_default_device") else None

    @contextlib.contextmanager
    def enter() -> Any:
        with contextlib.ExitStack() as stack:
            stack.enter_context(torch.inference_mode(inference))
            stack.enter_context(torch.set_grad_enabled(grad))
            for kind, dtype in autocast:
                stack.enter_context(torch.autocast(kind, dtype=dtype))
            if device is not None and device.type != "cpu":
                stack.enter_context(device)
            yield

    return enter
