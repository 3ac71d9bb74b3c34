"""Small functions for programs in PyTorch: the device, and the indicators of a model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, overload

from lab import logger, tracker
from lab.errors import MissingExtra

try:
    import torch
    from torch import nn
except ModuleNotFoundError as error:
    if error.name != "torch":  # it is there, and lacks something of its own
        raise
    raise MissingExtra("torch", "pytorch", "lab.utils.pytorch") from error

__all__ = ["add_model_indicators", "get_device", "get_modules", "store_model_indicators"]


@overload
def get_device(module: nn.Module, /) -> torch.device: ...
@overload
def get_device(use_cuda: bool, cuda_device: int = 0) -> torch.device: ...
def get_device(use_cuda: bool | nn.Module, cuda_device: int = 0) -> torch.device:
    """The device that a module is on; or the CUDA device of that number if it is wanted, else the CPU.

    Where CUDA is wanted and there is none, it is the CPU. A graphics card that PyTorch cannot use,
    and a number that no device has, are warned of.

    Raises:
        ValueError: a module without parameters is on no device.
    """
    if isinstance(use_cuda, nn.Module):
        parameter = next(use_cuda.parameters(), None)
        if parameter is None:
            raise ValueError(f"{type(use_cuda).__name__} has no parameters, so it is on no device")
        return parameter.device
    if not use_cuda:
        return torch.device("cpu")
    if not torch.cuda.is_available():
        if cuda_device or Path("/proc/driver/nvidia/version").exists():
            logger.warn("CUDA is wanted, and PyTorch finds no device for it: using the CPU")
        return torch.device("cpu")
    count = torch.cuda.device_count()
    if not 0 <= cuda_device < count:
        logger.warn(f"there is no CUDA device {cuda_device}, there are {count}: using device 0")
        cuda_device = 0
    return torch.device("cuda", cuda_device)


def get_modules(configs: object) -> dict[str, nn.Module]:
    """The modules among the attributes of an object, by name; of configs, those computed so far."""
    from lab.configs import BaseConfigs, asdict

    values = asdict(configs) if isinstance(configs, BaseConfigs) else vars(configs)
    return {name: value for name, value in values.items() if isinstance(value, nn.Module)}


def add_model_indicators(model: nn.Module, model_name: str = "model") -> None:
    """Declare histograms for the parameters of a model and their gradients."""
    for name, _ in _parameters(model, model_name):
        tracker.set_histogram(name)
        tracker.set_histogram(f"{name}.grad")


def store_model_indicators(model: nn.Module, model_name: str = "model") -> None:
    """Add the parameters of a model and their gradients to their indicators."""
    for name, parameter in _parameters(model, model_name):
        tracker.add(name, parameter)
        if parameter.grad is not None:
            tracker.add(f"{name}.grad", parameter.grad)


def _parameters(model: nn.Module, model_name: str) -> Iterator[tuple[str, Any]]:
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            yield f"{model_name}.{name}", parameter
