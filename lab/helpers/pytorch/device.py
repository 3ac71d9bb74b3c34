"""The device that a program computes on, as configs.

::

    class Configs(DeviceConfigs):
        model: nn.Module

    @Configs.calc(Configs.model)
    def model(c: Configs):
        return Net().to(c.device)
"""

from __future__ import annotations

import torch

from lab.configs import BaseConfigs
from lab.utils.pytorch import get_device

__all__ = ["DeviceConfigs"]


class DeviceConfigs(BaseConfigs):
    """A CUDA device where there is one and it is wanted, else the CPU.

    Attributes:
        use_cuda: whether a CUDA device is wanted.
        cuda_device: its number.
        device: the device.
    """

    use_cuda: bool = True
    cuda_device: int = 0
    device: torch.device


@DeviceConfigs.calc(DeviceConfigs.device, "device")
def _device(c: DeviceConfigs) -> torch.device:
    """The device to compute on."""
    return get_device(c.use_cuda, c.cuda_device)
