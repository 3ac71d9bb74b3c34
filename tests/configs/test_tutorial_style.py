"""Programs in the style that users of Lab know run as they stand."""

from __future__ import annotations

import importlib.util
import runpy
import sys
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

FUTURE = "from __future__ import annotations\n"

# Stands in for a framework: what the programs import.
TOYS = """
class Module:
    def __init__(self): self.weights = [1.0, 2.0]
    def parameters(self): return iter(self.weights)
    def to(self, device): self.device = device; return self

class SGD:
    def __init__(self, params, lr=0.01, momentum=0.0):
        self.params, self.lr, self.momentum = list(params), lr, momentum

class Loader:
    def __init__(self, name, batch_size, shuffle=True):
        self.name, self.batch_size = name, batch_size
    def __len__(self): return 100 // self.batch_size
"""

PROGRAM = """
import toys
import toys as nn
from toys import SGD
from lab.configs import BaseConfigs, calculate

class Net(nn.Module):
    def __init__(self, kernel):
        super().__init__()
        self.kernel = kernel

class LoaderConfigs(BaseConfigs):
    train_loader: toys.Loader
    test_loader: toys.Loader

class DeviceConfigs(BaseConfigs):
    device: any
    use_cuda: bool = True
    cuda_device: int = 0

@DeviceConfigs.calc(DeviceConfigs.device)
def device(c: DeviceConfigs):
    return f'cuda:{c.cuda_device}' if c.use_cuda else 'cpu'

class Trainer:
    def __init__(self, c: 'Configs'):
        self.model = c.model
        self.optimizer = c.optimizer
        self.loaders = c.train_loader, c.test_loader
        self.loop = c.training_loop
        self.loss_func = c.loss_func
        self.__interval = c.log_interval

    def __call__(self):
        seen = sum(len(self.loaders[0]) for _ in range(self.loop))
        print(seen, self.model.kernel, self.model.device, type(self.optimizer).__name__,
              self.optimizer.lr, self.loss_func(2), self.__interval)

class TrainingLoopConfigs(BaseConfigs):
    loop_count: int = 10
    loop_step: int = 1
    training_loop: any

@TrainingLoopConfigs.calc(TrainingLoopConfigs.training_loop)
def training_loop(c: TrainingLoopConfigs):
    return c.loop_count // c.loop_step

class Configs(TrainingLoopConfigs, LoaderConfigs, DeviceConfigs):
    epochs: int = 3
    batch_size: int = 20
    test_batch_size: int = 50
    log_interval = 5
    loop_step = 'loop_step'
    loop_count = 'loop_count'

    conv1_kernel: int
    model: nn.Module
    learning_rate: float = 0.5
    momentum: float = 0.9
    optimizer: SGD
    loss_func = 'square'
    set_seed = SEED
    main: Trainer

    def run(self):
        self.main()

@Configs.calc(Configs.model)
def model(c: Configs):
    m: Net = Net(c.conv1_kernel)
    m.to(c.device)
    return m

@Configs.calc(Configs.optimizer)
def sgd_optimizer(c: Configs):
    return SGD(c.model.parameters(), lr=c.learning_rate, momentum=c.momentum)

class Adam(SGD):
    pass

@Configs.calc(Configs.optimizer)
def adam_optimizer(c: Configs, lr: float = 0.125):
    return Adam(c.model.parameters(), lr=lr)

@Configs.calc([Configs.train_loader, Configs.test_loader])
def data_loaders(c: Configs):
    return toys.Loader('train', c.batch_size), toys.Loader('test', c.test_batch_size, shuffle=False)

@Configs.calc(Configs.loop_count)
def loop_count(c: Configs):
    return c.epochs * len(c.train_loader)

@Configs.calc(Configs.loop_step)
def loop_step(c: Configs):
    return len(c.train_loader)

@Configs.calc(Configs.loss_func)
def cube(c: Configs):
    return lambda x: x ** 3

@Configs.calc(Configs.loss_func)
def square():
    return lambda x: x ** 2

@Configs.calc(Configs.set_seed)
def set_seed(c: Configs):
    print('seeded')

def run(overrides, run_order):
    conf = Configs()
    calculate(conf, overrides, run_order)
    conf.main()

def main():
    run({'conv1_kernel': 3}, ['set_seed', 'run'])
    for kernel in [3, 5]:
        run({'conv1_kernel': kernel, 'optimizer': 'adam_optimizer', 'loss_func': 'cube',
             'use_cuda': False}, ['set_seed', 'main'])

if __name__ == '__main__':
    main()
"""

OUTPUT = """\
seeded
15 3 cuda:0 SGD 0.5 4 5
seeded
15 3 cpu Adam 0.125 8 5
seeded
15 5 cpu Adam 0.125 8 5
"""


@pytest.fixture(autouse=True)
def toys(working_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (working_folder / "toys.py").write_text(TOYS, encoding="utf-8")
    monkeypatch.syspath_prepend(working_folder)


def as_script(text: str) -> dict[str, Any]:
    Path("program.py").write_text(text, encoding="utf-8")
    return runpy.run_path("program.py", run_name="__main__")


def as_module(text: str) -> dict[str, Any]:
    """A module that another one imports, and that calls its `main`."""
    Path("program.py").write_text(text, encoding="utf-8")
    spec = importlib.util.spec_from_file_location("program", "program.py")
    module = sys.modules["program"] = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
        if hasattr(module, "main"):
            module.main()
    finally:
        del sys.modules["program"]
    return vars(module)


def without_source(text: str) -> dict[str, Any]:
    scope: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(text, "<string>", "exec", dont_inherit=True), scope)
    return scope


def in_a_function(text: str) -> dict[str, Any]:
    future, body = ("", text)
    if text.startswith(FUTURE):
        future, body = FUTURE, text.removeprefix(FUTURE)
    body = textwrap.indent(body, "    ") + "    return locals()\n"
    return without_source(f"{future}def program():\n{body}\nfound = program()\n")["found"]


WAYS = pytest.mark.parametrize("way", [as_script, as_module, without_source, in_a_function])
FUTURES = pytest.mark.parametrize("future", ["", FUTURE], ids=["types", "text"])


@WAYS
@FUTURES
@pytest.mark.parametrize("seed", ["None", "'set_seed'"])
def test_a_classifier_trains(way: Any, future: str, seed: str, capsys: pytest.CaptureFixture[str]):
    way(future + PROGRAM.replace("SEED", seed))
    assert capsys.readouterr().out == OUTPUT


ANNOTATIONS = """
from typing import Generic, TypeVar, TYPE_CHECKING
from abc import ABC, abstractmethod
import collections
from lab.configs import BaseConfigs, calculate

if TYPE_CHECKING:
    import not_installed as nn

T = TypeVar('T')

class Later(BaseConfigs, ABC):
    model: 'nn.Module'
    net: 'Net'
    inner: 'Inner'
    library: collections
    anything: any = 1
    value: 'int' = 1
    wrong: 'not a type' = 2

    @abstractmethod
    def run(self): ...

class Typed(Later, Generic[T]):
    item: 'T' = None
    items: 'list[T]' = []

    def run(self):
        return self.net.size, self.inner.size, self.value, self.model

class Net:
    def __init__(self, depth: 'int' = 2):
        self.size = depth

class Inner(BaseConfigs):
    size: 'int' = 3

Typed.calc(Typed.model, 'tied', net=Typed.net)(lambda c, net: (c.value, net.size))
Typed.calc(Typed.library)(lambda c: 5)

conf = Typed()
calculate(conf, {'value': '7', 'net.depth': '4', 'inner.size': '5', 'wrong': 'x'}, ['run'])
print(conf.run(), conf.library, conf.wrong, conf.items)
"""


@pytest.mark.parametrize("way", [as_script, as_module, without_source])
@FUTURES
def test_annotations_may_be_text_unknown_or_no_types(
    way: Any, future: str, capsys: pytest.CaptureFixture[str]
):
    way(future + ANNOTATIONS)
    assert capsys.readouterr().out == "(4, 5, 7, (7, 4)) 5 x []\n"


CELLS = [
    "from lab.configs import BaseConfigs, calculate",
    "class Configs(BaseConfigs):\n    epochs: int = 3\n    steps: int\n    model: 'Net'\n",
    "class Net:\n    def __init__(self, c: Configs): self.steps = c.steps\n",
    "@Configs.calc(Configs.steps)\ndef steps(c: Configs): return c.epochs * FACTOR\n",
    "FACTOR = 10",
    "conf = Configs(); calculate(conf, {'epochs': '4'}, ['model'])",
    "print(conf.model.steps)",
]


@pytest.fixture
def main_module(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The names of the main module, as a notebook or the interpreter's prompt has it."""
    module = ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", module)
    return vars(module)


@FUTURES
def test_cells_of_a_notebook_can_be_run_in_any_sensible_order(
    future: str, main_module: dict[str, Any], capsys: pytest.CaptureFixture[str]
):
    def run(*cells: int) -> str:
        for cell in cells:
            code = compile(future + CELLS[cell], f"<cell {cell}>", "exec", dont_inherit=True)
            exec(code, main_module)
        return capsys.readouterr().out

    assert run(0, 1, 2, 3, 4, 5, 6) == "40\n"
    assert run(6, 5, 6) == "40\n40\n"
    assert run(3, 3, 5, 6) == "40\n"
    assert run(1, 2, 3, 5, 6) == "40\n"
    main_module["FACTOR"] = 5
    assert run(5, 6) == "20\n"


def test_a_program_typed_line_by_line_runs(
    main_module: dict[str, Any], capsys: pytest.CaptureFixture[str]
):
    for cell in CELLS:
        exec(compile(cell + "\n", "<stdin>", "single", dont_inherit=True), main_module)
    assert capsys.readouterr().out.endswith("40\n")


LOCAL = """
from lab.configs import BaseConfigs, calculate

def experiment(kernel):
    class Net:
        def __init__(self, c: 'Configs'):
            self.size = c.size * kernel

    class Inner(BaseConfigs):
        width: int = 2

    class Configs(BaseConfigs):
        size: int = 1
        net: Net
        inner: Inner

    return Configs

for kernel in (3, 5):
    conf = experiment(kernel)()
    calculate(conf, {'size': '2', 'inner.width': '4'}, ['net', 'inner'])
    print(conf.net.size, conf.inner.width)
"""


@WAYS
@FUTURES
def test_classes_made_in_a_function_find_each_other(
    way: Any, future: str, capsys: pytest.CaptureFixture[str]
):
    way(future + LOCAL)
    assert capsys.readouterr().out == "6 4\n10 4\n"


TORCH = """
import torch
import torch.nn as nn
import torch.optim as optim
from lab.configs import BaseConfigs, calculate

class Configs(BaseConfigs):
    epochs: int = 2
    hidden: int
    model: nn.Module
    optimizer: optim.SGD
    device: any
    loss_func = 'mean_squares'

@Configs.calc(Configs.model)
def model(c: Configs):
    m = nn.Sequential(nn.Linear(1, c.hidden), nn.ReLU(), nn.Linear(c.hidden, 1))
    return m.to(c.device)

@Configs.calc(Configs.optimizer)
def sgd(c: Configs, lr: float = 0.1):
    return optim.SGD(c.model.parameters(), lr=lr)

@Configs.calc(Configs.optimizer)
def adam(c: Configs):
    return optim.Adam(c.model.parameters())

@Configs.calc(Configs.device)
def device(c: Configs):
    return torch.device('cpu')

Configs.calc(Configs.loss_func, 'mean_squares')(nn.MSELoss)
Configs.calc(Configs.loss_func, 'mean')(nn.L1Loss)

conf = Configs()
calculate(conf, {'hidden': 3, 'optimizer.lr': '0.5', 'loss_func.reduction': 'sum'},
          ['optimizer', 'loss_func'])
print(type(conf.optimizer).__name__, conf.optimizer.defaults['lr'], conf.loss_func)
"""


@FUTURES
def test_a_program_with_torch_runs(future: str, capsys: pytest.CaptureFixture[str]):
    pytest.importorskip("torch")
    as_script(future + TORCH)
    assert capsys.readouterr().out == "SGD 0.5 MSELoss()\n"
