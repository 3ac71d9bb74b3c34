"""The contract of savers, shown for each kind; what is special to one follows."""

from __future__ import annotations

import math
import pickle
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lab.errors import CheckpointError
from lab.experiment.checkpoints import Numpy, PyTorch, Saver, Sklearn
from lab.testing import recorded_log

torch = pytest.importorskip("torch")
numpy = pytest.importorskip("numpy")
pytest.importorskip("skops")
linear_model = pytest.importorskip("sklearn.linear_model")
ensemble = pytest.importorskip("sklearn.ensemble")


@dataclass(frozen=True)
class Kind:
    """A saver with an object of its kind.

    Attributes:
        saver: the saver.
        make: makes an object as it is before training; with a seed.
        train: changes it.
        look: what it has learned, as bytes.
        other: makes an object that its state does not fit.
    """

    saver: Saver
    make: Callable[[], Any]
    train: Callable[[Any], Any]
    look: Callable[[Any], Any]
    other: Callable[[], Any]

    def __str__(self) -> str:
        return self.saver.name


def bits(state: Any) -> Any:
    """The content of a state that can be compared bit for bit."""
    if isinstance(state, torch.Tensor):
        return (str(state.dtype), tuple(state.shape), state.detach().cpu().numpy().tobytes())
    if isinstance(state, numpy.ndarray):
        return (str(state.dtype), state.shape, state.tobytes())
    if isinstance(state, dict):
        return {key: bits(value) for key, value in state.items()}
    if isinstance(state, (list, tuple)):
        return [bits(value) for value in state]
    return state


def _adam(width: int = 3) -> Any:
    model = torch.nn.Linear(width, 2)
    optimizer = torch.optim.Adam(model.parameters(), lr=0.1)
    optimizer.model = model
    return optimizer


def _step(optimizer: Any) -> None:
    model = optimizer.model
    for _ in range(2):
        optimizer.zero_grad()
        model(torch.rand(4, model.in_features)).sum().backward()
        optimizer.step()


def _scheduler() -> Any:
    return torch.optim.lr_scheduler.ReduceLROnPlateau(_adam(), patience=1)


def _fit(estimator: Any) -> None:
    estimator.fit(numpy.arange(12.0).reshape(6, 2), numpy.arange(6.0))


def _learned(estimator: Any) -> Any:
    return bits(estimator.predict(numpy.arange(6.0).reshape(3, 2)))


KINDS = [
    Kind(
        PyTorch(),
        lambda: torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2)),
        lambda model: model(torch.rand(4, 3)),
        lambda model: bits(model.state_dict()),
        lambda: torch.nn.Sequential(torch.nn.Linear(4, 2), torch.nn.BatchNorm1d(2)),
    ),
    Kind(PyTorch(), _adam, _step, lambda o: bits(o.state_dict()),
         lambda: torch.optim.Adam([torch.nn.Parameter(torch.ones(1))])),
    Kind(PyTorch(), _scheduler, lambda s: [s.step(1.0) for _ in range(4)],
         lambda s: bits(s.state_dict()), lambda: None),
    Kind(Sklearn(), lambda: linear_model.Ridge(0.5), _fit, _learned, linear_model.Lasso),
    Kind(Sklearn(["sklearn.tree._tree.Tree"]),
         lambda: ensemble.RandomForestRegressor(3, random_state=1), _fit, _learned,
         linear_model.Ridge),
    Kind(Numpy(), lambda: numpy.zeros((2, 3), "float32"), lambda a: a.fill(math.pi), bits,
         lambda: numpy.zeros(3, "float32")),
]  # fmt: skip
NAMES = ["model", "optimizer", "scheduler", "linear", "forest", "array"]


@pytest.fixture(params=KINDS, ids=NAMES)
def kind(request: pytest.FixtureRequest) -> Kind:
    found: Kind = request.param
    return found


def _saved(kind: Kind) -> tuple[Path, Any]:
    value = kind.make()
    kind.train(value)
    path = Path(f"it{kind.saver.suffix}")
    kind.saver.save(path, value)
    return path, value


def test_what_was_saved_comes_back_bit_for_bit(kind: Kind) -> None:
    path, value = _saved(kind)
    fresh = kind.make()
    kind.saver.load(path, fresh)
    assert kind.look(fresh) == kind.look(value)


def test_saving_changes_nothing(kind: Kind) -> None:
    value = kind.make()
    kind.train(value)
    before = kind.look(value)
    kind.saver.save(Path("it"), value)
    assert kind.look(value) == before


def test_a_saver_takes_its_kind_and_nothing_else(kind: Kind) -> None:
    assert kind.saver.accepts(kind.make())
    assert not kind.saver.accepts(type(kind.make()))
    assert not kind.saver.accepts(3)
    assert not kind.saver.accepts(object())


def test_one_file_is_written_and_no_other(kind: Kind) -> None:
    path, _ = _saved(kind)
    assert list(Path().iterdir()) == [path]


def test_what_does_not_fit_is_refused_before_anything_changes(kind: Kind) -> None:
    other = kind.other()
    if other is None:
        pytest.skip("everything of its class fits")
    path, _ = _saved(kind)
    before = pickle.dumps(other)
    with pytest.raises(CheckpointError, match="does not fit"):
        kind.saver.load(path, other)
    assert pickle.dumps(other) == before


def test_a_backup_gives_back_what_was(kind: Kind) -> None:
    value = kind.make()
    kind.train(value)
    backup = kind.saver.backup(value)
    before = kind.look(value)
    kind.train(value)
    kind.saver.load(_saved(kind)[0], value)
    kind.saver.apply(value, backup)
    assert kind.look(value) == before


@pytest.mark.parametrize("content", [b"", b"no file of theirs", b"PK\x03\x04 a part of one"])
def test_a_file_that_is_damaged_is_named(kind: Kind, content: bytes) -> None:
    path = Path(f"it{kind.saver.suffix}")
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=f"{path.name} (cannot be read|holds more than)"):
        kind.saver.read(path, "it")


class _Evil:
    """Runs code where it is unpickled."""

    def __reduce__(self) -> Any:
        return (Path.touch, (Path("hacked"),))


def test_no_file_runs_code() -> None:
    torch.save({"a": _Evil()}, "it.pth")
    with pytest.raises(CheckpointError, match="more than tensors and plain data"):
        PyTorch().read(Path("it.pth"), "it")
    numpy.save("it.npy", numpy.array([_Evil()]), allow_pickle=True)
    with pytest.raises(CheckpointError, match="cannot be read as an array"):
        Numpy().read(Path("it.npy"), "it")
    Path("it.skops").write_bytes(pickle.dumps(_Evil()))
    with pytest.raises(CheckpointError, match="cannot be read by skops"):
        Sklearn().read(Path("it.skops"), "it")
    assert not Path("hacked").exists()


class Holder:
    """Anything with a state."""

    def __init__(self, state: Any) -> None:
        self.state = state

    def state_dict(self) -> Any:
        return self.state

    def load_state_dict(self, state: Any) -> None:
        self.state = state


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, 2.5, None, "x", True, b"b", 1j, 2**80, float("inf")]},
        {"nested": {"deep": [{"t": (1, (2,))}]}},
        {1: "a", 2.0: "b", (3, "c"): "d"},
        {"s": {1, "a"}, "f": frozenset((1, 2)), "c": Counter("aab"), "o": OrderedDict(b=1, a=2)},
        {"d": deque([1, 2], maxlen=3), "dd": defaultdict(list, {"a": [1]}), "n": defaultdict(None)},
        {"d": deque([{"a": deque([1])}])},
    ],
)  # fmt: skip
def test_plain_data_of_every_kind_comes_back_as_what_it_was(value: Any) -> None:
    fresh = Holder(None)
    PyTorch().save(Path("it.pth"), Holder(value))
    PyTorch().load(Path("it.pth"), fresh)
    assert fresh.state == value
    assert repr(fresh.state) == repr(value)
    assert [type(one) for one in fresh.state.values()] == [type(one) for one in value.values()]


@pytest.mark.parametrize(
    "array",
    [
        numpy.float64(1.5), numpy.int8(3), numpy.bool_(True), numpy.str_("text"),
        numpy.arange(6, dtype="uint16").reshape(2, 3), numpy.zeros((0, 2)), numpy.array(3.0),
        numpy.array(["a", "bcd"]), numpy.array("2026-01-01", "datetime64[D]"),
        numpy.ones(3, ">f4"), numpy.asfortranarray(numpy.arange(4.0).reshape(2, 2)),
    ],
)  # fmt: skip
def test_arrays_and_numbers_of_numpy_come_back_as_what_they_were(array: Any) -> None:
    fresh = Holder(None)
    PyTorch().save(Path("it.pth"), Holder({"a": array}))
    PyTorch().load(Path("it.pth"), fresh)
    found = fresh.state["a"]
    assert type(found) is type(array)
    assert found.dtype == array.dtype
    assert found.shape == array.shape
    assert found.tobytes() == array.tobytes()
    if isinstance(found, numpy.ndarray) and found.size and found.shape:
        found[...] = found[::-1]  # it can be written to


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (Holder({}), r"holds an object of .*Holder at \['a'\]\[1\]"),
        (numpy.array([object()]), r"numpy\.ndarray of object"),
        (lambda: 1, "an object of function"),
        (range(3), "an object of range"),
    ],
)
def test_what_could_not_be_read_back_is_refused_when_it_is_saved(value: Any, words: str) -> None:
    with pytest.raises(CheckpointError, match=words):
        PyTorch().save(Path("it.pth"), Holder({"a": [0, value]}))


@pytest.mark.parametrize(
    "name",
    ["StepLR", "MultiStepLR", "LambdaLR", "OneCycleLR", "CyclicLR", "CosineAnnealingLR",
     "SequentialLR"],
)  # fmt: skip
def test_schedulers_of_every_kind_go_on_as_they_were(name: str) -> None:
    kinds = torch.optim.lr_scheduler

    def make() -> Any:
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.ones(1))], lr=0.1, momentum=0.9)
        arguments: dict[str, tuple[Any, ...]] = {
            "StepLR": (2,), "MultiStepLR": ([2, 4],), "LambdaLR": (lambda epoch: 1 / (epoch + 1),),
            "OneCycleLR": (0.5, 12), "CyclicLR": (0.1, 0.5, 3), "CosineAnnealingLR": (10,),
        }  # fmt: skip
        if name == "SequentialLR":
            parts = [kinds.StepLR(optimizer, 2), kinds.ExponentialLR(optimizer, 0.9)]
            return kinds.SequentialLR(optimizer, parts, [3])
        return getattr(kinds, name)(optimizer, *arguments[name])

    def go(scheduler: Any) -> list[float]:
        rates = []
        for _ in range(4):
            scheduler.optimizer.step()
            scheduler.step()
            rates.append(scheduler.get_last_lr()[0])
        return rates

    first = make()
    go(first)
    PyTorch().save(Path("s.pth"), first)
    PyTorch().save(Path("o.pth"), first.optimizer)
    second = make()
    second.optimizer.step()
    PyTorch().load(Path("s.pth"), second)
    PyTorch().load(Path("o.pth"), second.optimizer)
    assert go(second) == go(first)


def test_a_scaler_comes_back() -> None:
    scaler = torch.amp.GradScaler("cpu", init_scale=1024.0)
    PyTorch().save(Path("it.pth"), scaler)
    fresh = torch.amp.GradScaler("cpu")
    PyTorch().load(Path("it.pth"), fresh)
    assert fresh.state_dict() == scaler.state_dict()


def test_a_model_that_does_not_fit_is_told_part_by_part() -> None:
    PyTorch().save(Path("it.pth"), torch.nn.Linear(3, 2))
    with pytest.raises(
        CheckpointError, match=r"weight is float32\[2, 3\] there and float32\[2, 4\]"
    ):
        PyTorch().load(Path("it.pth"), torch.nn.Linear(4, 2))
    with pytest.raises(
        CheckpointError, match=r"lacks '0\.weight', '0\.bias'; .* no 'weight', 'bias'"
    ):
        PyTorch().load(Path("it.pth"), torch.nn.Sequential(torch.nn.Linear(3, 2)))
    PyTorch().save(Path("o.pth"), _adam())
    with pytest.raises(CheckpointError, match=r"groups of \[2\] parameters, .* groups of \[1\]"):
        PyTorch().load(Path("o.pth"), torch.optim.Adam([torch.nn.Parameter(torch.ones(1))]))


def test_a_state_of_a_model_can_be_read_by_pytorch_alone() -> None:
    model = torch.nn.Linear(3, 2)
    PyTorch().save(Path("it.pth"), model)
    assert torch.equal(torch.load("it.pth", weights_only=True)["weight"], model.weight)


class Mine(linear_model.Ridge):
    """An estimator that skops has never seen."""


def test_types_that_nobody_trusts_are_named_at_saving_and_refused_at_loading() -> None:
    with recorded_log() as log:
        saver = Sklearn()
        saver.save(Path("it.skops"), Mine())
        saver.save(Path("it.skops"), Mine())
    assert log.text.count("types that are not known as harmless") == 1
    name = f"{Mine.__module__}.Mine"
    with pytest.raises(CheckpointError, match=r"is not loaded: it holds types .*Mine.*trusted="):
        saver.load(Path("it.skops"), Mine())
    assert Sklearn([name]).trusted == {name}


def test_a_trusted_type_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    import types

    module = types.ModuleType("my_estimators")
    setattr(module, "Mine", type("Mine", (linear_model.Ridge,), {"__module__": "my_estimators"}))
    monkeypatch.setitem(sys.modules, "my_estimators", module)
    saver = Sklearn(["my_estimators.Mine"])
    model = module.Mine()
    _fit(model)
    saver.save(Path("it.skops"), model)
    fresh = module.Mine()
    saver.load(Path("it.skops"), fresh)
    assert _learned(fresh) == _learned(model)
