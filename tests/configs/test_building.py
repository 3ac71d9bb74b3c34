"""Items that are built from the class they are annotated with."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple, Optional, Protocol

import pytest

from lab.configs import BaseConfigs, asdict, build, calculate
from lab.errors import MissingValue


class Net:
    def __init__(self, depth: int = 2, width: int = 3) -> None:
        self.size = (depth, width)


class Trainer:
    def __init__(self, c: Configs) -> None:
        self.net, self.epochs = c.net, c.epochs


class Configs(BaseConfigs):
    epochs: int = 10
    net: Net
    main: Trainer


def test_a_class_that_takes_the_configs_is_built():
    conf = Configs(epochs=3)
    assert conf.main.epochs == 3
    assert conf.main.net is conf.net


def test_a_class_of_the_project_is_built_with_its_arguments_as_configs():
    conf = Configs()
    calculate(conf, {"net.depth": "5"}, ["main"])
    assert conf.main.net.size == (5, 3)
    assert asdict(conf)["net.width"] == 3


def test_a_class_without_a_constructor_is_built():
    class Empty:
        pass

    class Simple(BaseConfigs):
        empty: Empty

    assert type(Simple().empty) is Empty


def test_a_dataclass_is_built_from_its_fields():
    @dataclass
    class Window:
        size: int
        step: int = 1

    class Windows(BaseConfigs):
        window: Window
        size: int = 4

    assert Windows().window == Window(4, 1)


def test_an_argument_named_as_an_item_is_its_value_in_a_class_too():
    class Wide:
        def __init__(self, epochs: int, width: int = 1) -> None:
            self.found = (epochs, width)

    class Named(BaseConfigs):
        epochs: int = 6
        wide: Wide

    assert Named().wide.found == (6, 1)


class Shape(ABC):
    @abstractmethod
    def area(self) -> float: ...


class Sized(Protocol):
    size: int


class Pair(NamedTuple):
    a: int = 1
    b: int = 2


@pytest.mark.parametrize(
    "annotation",
    [Shape, Sized, ArgumentParser, Path, int, str, list[int], dict, Optional[Net], Any, Pair],
    ids=repr,
)
def test_other_classes_are_required(annotation: Any):
    class Required(BaseConfigs):
        item: annotation

    with pytest.raises(MissingValue):
        print(Required().item)


def test_a_class_of_an_installed_package_is_required(monkeypatch: pytest.MonkeyPatch):
    module = ModuleType("installed_library")
    module.__file__ = "/usr/lib/python3/site-packages/installed_library/__init__.py"
    monkeypatch.setitem(sys.modules, "installed_library", module)
    exec(
        "class Net:\n    def __init__(self, depth=2): self.depth = depth\n"
        "class WithConfigs:\n    def __init__(self, c: Configs): self.epochs = c.epochs\n",
        vars(module),
    )

    class Configs(BaseConfigs):
        epochs: int = 4
        net: module.Net
        asked: module.Net = build()
        trainer: module.WithConfigs

    conf = Configs()
    with pytest.raises(MissingValue):
        print(conf.net)
    assert conf.asked.depth == 2
    assert conf.trainer.epochs == 4


def test_build_asks_for_a_class_that_would_be_required():
    class Asked(BaseConfigs):
        parser: ArgumentParser = build()

    conf = Asked()
    conf["parser.prog"] = "train"
    assert conf.parser.prog == "train"


def test_build_can_be_set_later():
    class Asked(BaseConfigs):
        parser: ArgumentParser

    assert isinstance(Asked(parser=build()).parser, ArgumentParser)


def test_a_calculator_takes_the_place_of_building():
    class Own(Configs):
        pass

    @Own.calc(Own.net)
    def deep(c: Own) -> Net:
        return Net(100)

    assert Own().net.size == (100, 3)
    assert Configs().net.size == (2, 3)


def test_a_value_takes_the_place_of_building():
    net = Net(7)
    assert Configs(net=net).main.net is net


def test_a_class_that_is_written_as_text_is_built():
    class Text(BaseConfigs):
        net: "Net"  # noqa: UP037

    assert Text().net.size == (2, 3)
