"""Train on two processes: handwritten digits, gradients averaged by DistributedDataParallel.

::

    torchrun --standalone --nproc-per-node=2 samples/distributed.py
"""

from __future__ import annotations

import torch
import torch.distributed as dist
from torch import nn, optim
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader, DistributedSampler

from lab import experiment, loop, monit, tracker
from lab.helpers.pytorch.datasets import digits

EPOCHS = 3


def main() -> None:
    dist.init_process_group("gloo")  # "nccl" where each process has a GPU
    torch.manual_seed(0)
    data = digits.load(is_train=True)
    sampler: DistributedSampler[int] = DistributedSampler(data)
    loader = DataLoader(data, batch_size=32, sampler=sampler)
    model = nn.Sequential(nn.Flatten(), nn.Linear(digits.SIZE**2, 10))
    trained = DistributedDataParallel(model)
    optimizer = optim.Adam(trained.parameters(), lr=0.003)

    experiment.create(name="distributed", writers="sqlite")
    experiment.add_pytorch_models({"model": model})  # not `trained`: without its prefix `module.`
    tracker.set_scalar("loss", is_print=True, is_over_ranks=True)
    tracker.set_scalar("accuracy", is_print=True, is_over_ranks=True)
    with experiment.start():
        for epoch in loop.loop(EPOCHS):
            sampler.set_epoch(epoch)
            for images, labels in monit.iterate("Train", loader):
                output = trained(images)
                loss = nn.functional.cross_entropy(output, labels)
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                tracker.add(loss=loss, accuracy=output.argmax(1) == labels)
            tracker.save()
        experiment.save_checkpoint()
    dist.destroy_process_group()


if __name__ == "__main__":
    main()
