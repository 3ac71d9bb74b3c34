"""A training that draws random numbers wherever it can, to be killed and resumed.

Run as a program it trains once without a break, then once for each seed with breaks, and prints what
came of each as a line of JSON. Every training has a process of its own, forked from this one, which
has loaded PyTorch.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

from lab import experiment, loop, runs, tracker
from lab.configs import BaseConfigs
from lab.testing import recorded_log

EPOCHS, BATCHES = 4, 6


class Noisy(Dataset[Any]):
    """Images that look different each time, by numbers drawn in the workers."""

    def __init__(self) -> None:
        generator = torch.Generator().manual_seed(1)
        self.images = torch.rand(BATCHES * 4 - 1, 1, 6, 6, generator=generator)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> tuple[Any, int]:
        noise = torch.rand(1, 6, 6) * 0.1 + random.random() * 0.1 + np.random.rand() * 0.1
        return (self.images[index] + noise).float(), index % 3


class Configs(BaseConfigs):
    """A small network, and all that trains it."""

    epochs: int = EPOCHS
    width: int = 4
    model: nn.Module
    optimizer: torch.optim.Optimizer
    scheduler: Any
    loader: DataLoader[Any]
    own: DataLoader[Any]
    average: nn.Module


@Configs.calc(Configs.model)
def model(c: Configs) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(1, c.width, 3), nn.BatchNorm2d(c.width), nn.ReLU(), nn.Flatten(),
        nn.Dropout(0.3), nn.Linear(c.width * 16, 3),
    )  # fmt: skip


@Configs.calc(Configs.optimizer)
def adam(c: Configs, lr: float = 1e-2) -> torch.optim.Optimizer:
    return torch.optim.Adam(c.model.parameters(), lr=lr)


@Configs.calc(Configs.scheduler)
def cosine(c: Configs) -> Any:
    return torch.optim.lr_scheduler.CosineAnnealingLR(c.optimizer, 5)


@Configs.calc(Configs.average)
def average(c: Configs) -> nn.Module:
    return torch.optim.swa_utils.AveragedModel(c.model)


@Configs.calc(Configs.loader)
def loader(c: Configs) -> DataLoader[Any]:
    return DataLoader(Noisy(), batch_size=4, shuffle=True, num_workers=2)


@Configs.calc(Configs.own)
def own(c: Configs) -> DataLoader[Any]:
    generator = torch.Generator().manual_seed(3)
    return DataLoader(Noisy(), batch_size=12, shuffle=True, generator=generator)


def train(
    kill_at: int | None = None,
    resume: str | None = None,
    in_place: bool = False,
    checkpoint: int | None = None,
    **overrides: Any,
) -> None:
    """Train, from the beginning or a checkpoint, to the end or to where the process is killed."""
    torch.set_num_threads(1)
    random.seed(1)
    np.random.seed(2)
    torch.manual_seed(3)
    conf = Configs()
    experiment.create(name="e", writers={"sqlite"}, system_indicators=False, keep_checkpoints=3)
    experiment.calculate_configs(conf, overrides, ["model", "optimizer", "scheduler", "average"])
    if resume is not None:
        experiment.load(resume, checkpoint, in_place=in_place)
    with recorded_log(), experiment.start() as run:
        Path("uuid").write_text(run.uuid)
        torch.rand(5)  # whatever is drawn before the loop makes no difference
        batch = loop.get_global_step()
        for _ in loop.loop(conf.epochs):
            for source in (conf.loader, conf.own):
                for images, labels in source:
                    conf.optimizer.zero_grad()
                    noise = random.random() * 0.01 + float(np.random.rand()) * 0.01
                    loss = nn.functional.cross_entropy(conf.model(images + noise), labels)
                    loss.backward()
                    conf.optimizer.step()
                    batch += 1
                    tracker.save(batch, loss=loss, noise=noise)
                    if batch == kill_at:
                        os.kill(os.getpid(), signal.SIGKILL)
            conf.scheduler.step()
            conf.average.update_parameters(conf.model)
            tracker.save(batch, {"rate": conf.scheduler.get_last_lr()[0]})
            experiment.save_checkpoint()
        Path("result.json").write_text(json.dumps(result(conf)))


def result(conf: Configs) -> dict[str, str]:
    """All that a training ends with, as digests."""
    python, numpy = random.getstate(), np.random.get_state()
    return {
        "model": digest(conf.model.state_dict()),
        "average": digest(conf.average.state_dict()),
        "optimizer": digest(conf.optimizer.state_dict()),
        "scheduler": digest(conf.scheduler.state_dict()),
        "python": digest(python),
        "numpy": digest([numpy[0], torch.as_tensor(numpy[1].astype("int64")), *numpy[2:]]),
        "torch": digest(torch.get_rng_state()),
        "generator": digest(conf.own.generator.get_state()),
        "step": str(loop.get_global_step()),
    }


def digest(value: Any) -> str:
    """A name for a state that two states share only if they are equal bit for bit."""
    return hashlib.sha256(b"".join(_bytes(value))).hexdigest()[:16]


def _bytes(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        yield f"{value.dtype}{tuple(value.shape)}".encode()
        yield value.detach().contiguous().numpy().tobytes()
    elif isinstance(value, dict):
        for key, item in value.items():
            yield repr(key).encode()
            yield from _bytes(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _bytes(item)
    else:
        yield repr(value).encode()


def series(uuids: list[str]) -> dict[str, list[Any]]:
    """What was recorded by runs of which each goes on from the one before."""
    found: dict[str, list[Any]] = {}
    for uuid, follower in zip(uuids, [*uuids[1:], None], strict=True):
        run = runs.get(uuid)
        last = float("inf") if follower is None else int(str(follower_step(follower)))
        for name in ("loss", "noise", "rate"):
            steps, _, values = run.series(name)
            pairs = [[s, v] for s, v in zip(steps, values, strict=True) if s <= last]
            found.setdefault(name, []).extend(pairs)
    return found


def follower_step(uuid: str) -> str:
    """The checkpoint that a run goes on from."""
    return str(runs.get(uuid).info.parent).partition("@")[2]


def in_child(folder: Path, **arguments: Any) -> tuple[int, str]:
    """Train in a process of its own; gives how it ended, and the run."""
    child = os.fork()
    if child == 0:
        try:
            folder.mkdir(exist_ok=True)
            (folder / "lab.yaml").touch()
            os.chdir(folder)
            error = os.open("error.txt", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            os.dup2(error, 1)
            os.dup2(error, 2)
            train(**arguments)
            sys.stdout.flush()
        except BaseException:
            import traceback

            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    if code not in (0, -signal.SIGKILL):
        raise RuntimeError((folder / "error.txt").read_text())
    return code, (folder / "uuid").read_text()


def scenario(folder: Path, kills: list[int], **arguments: Any) -> dict[str, Any]:
    """Train with breaks; gives what came of it."""
    uuids: list[str] = []
    for kill_at in [*kills, None]:
        resume = uuids[-1] if uuids else None
        more = arguments if resume is not None else {}
        code, uuid = in_child(folder, kill_at=kill_at, resume=resume, **more)
        assert (code == 0) == (kill_at is None), (code, kill_at)
        if uuid not in uuids:
            uuids.append(uuid)
    os.chdir(folder)
    found = json.loads(Path("result.json").read_text())
    return {"kills": kills, "runs": len(uuids), "result": found, "series": series(uuids)}


if __name__ == "__main__":
    here = Path.cwd()
    torch.optim.Adam([torch.nn.Parameter(torch.ones(1))])  # loads the rest of PyTorch, once for all
    print(json.dumps(scenario(here / "whole", [])), flush=True)
    for index, text in enumerate(sys.argv[1:]):
        arguments = json.loads(text)
        print(json.dumps(scenario(here / str(index), **arguments)), flush=True)
