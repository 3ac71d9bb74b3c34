"""Where the processes of a distributed run leave word for each other: PyTorch's key-value store.

It is `torchrun`'s own, or the one of the process group; a collective call would have to be made by
all of them at the same place of the program. Nothing here waits unless it is asked to, and torch is
used only if the program has loaded it.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from typing import Any

from lab.errors import ExperimentError
from lab.experiment._ranks import Ranks

__all__ = ["Meeting"]

_CONNECT = 10.0  # seconds
_LOOK = 0.002  # seconds between two looks for a word


class Meeting:
    """The words of one run; any thread may use it.

    Args:
        ranks: which process this is.
        number: how many runs were created in this process before; in the others it is as many.
    """

    def __init__(self, ranks: Ranks, number: int) -> None:
        self.rank, self.size = ranks
        restart = os.environ.get("TORCHELASTIC_RESTART_COUNT", "0")
        self._prefix = f"lab/{restart}/{self.size}/{number}"
        self._lock = threading.Lock()
        self._store: Any = None
        self._received: Counter[int] = Counter()
        self._sent = 0

    def is_there(self) -> bool:
        """Whether the store can be reached by now."""
        return self._found() is not None

    def tell(self, what: str, word: str) -> None:
        """Leave word for all.

        Raises:
            RuntimeError: the store cannot be reached.
        """
        self._reached().set(f"{self._prefix}/{what}", word.encode())

    def heard(self, what: str) -> str | None:
        """What was left, or None if nothing was by now.

        Raises:
            RuntimeError: the store cannot be reached.
        """
        word = self._get(what)
        return None if word is None else word.decode()

    def wait_for(self, what: str, patience: float) -> str:
        """What was left, or will be in that time.

        Raises:
            ExperimentError: the store cannot be reached, or nothing was left in it.
        """
        until = time.monotonic() + patience
        try:
            while (word := self.heard(what)) is None and time.monotonic() < until:
                time.sleep(_LOOK)
        except RuntimeError as error:
            raise ExperimentError(
                f"rank {self.rank} cannot ask rank 0 for the {what} of the run: {error}"
            ) from error
        if word is None:
            raise ExperimentError(
                f"rank 0 did not say the {what} of the run within {patience:.0f} seconds; every "
                "process is to create the same experiments, in the same order"
            )
        return word

    def send(self, message: bytes) -> None:
        """Send to rank 0.

        Raises:
            RuntimeError: the store cannot be reached.
        """
        self._reached().set(f"{self._prefix}/mail/{self.rank}/{self._sent}", message)
        self._sent += 1

    def receive(self, rank: int) -> bytes | None:
        """The next message of a process, or None if there is none by now.

        Raises:
            RuntimeError: the store cannot be reached.
        """
        what = f"mail/{rank}/{self._received[rank]}"
        message = self._get(what)
        if message is not None:
            self._received[rank] += 1
            with suppress(RuntimeError):  # not every kind of store can forget
                self._reached().delete_key(f"{self._prefix}/{what}")
        return message

    def _get(self, what: str) -> bytes | None:
        store, key = self._reached(), f"{self._prefix}/{what}"
        return bytes(store.get(key)) if store.check([key]) else None

    def _reached(self) -> Any:
        store = self._found()
        if store is None:
            raise RuntimeError(
                "there is no store yet: import torch and start the program by torchrun, or call "
                "torch.distributed.init_process_group() first"
            )
        return store

    def _found(self) -> Any:
        """The store, or None where there is none yet."""
        distributed: Any = sys.modules.get("torch.distributed")
        if self._store is not None or distributed is None or not hasattr(distributed, "TCPStore"):
            return self._store
        with self._lock:
            if self._store is None:
                self._store = _connected(distributed)
        return self._store


def _connected(distributed: Any) -> Any:
    environment = os.environ
    if environment.get("TORCHELASTIC_USE_AGENT_STORE") == "True":
        # a connection of our own: one that waits holds up nobody else
        host, port = environment["MASTER_ADDR"], int(environment["MASTER_PORT"])
        patience = timedelta(seconds=_CONNECT)
        return distributed.TCPStore(host, port, is_master=False, timeout=patience)
    is_initialized = getattr(distributed, "is_initialized", None)
    if is_initialized is not None and is_initialized():
        return distributed.distributed_c10d._get_default_store()
    return None
