"""What a class body declares, and what stands in it as in any other class."""

from __future__ import annotations

import functools
import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

import pytest

from lab.configs import BaseConfigs, asdict, plan
from lab.errors import UnknownConfig

T = TypeVar("T")


def double(x: int) -> int:
    return 2 * x


@dataclass
class Window:
    sizes: list[int] = field(default_factory=lambda: [1, 2])


class Configs(BaseConfigs):
    epochs: int = 10
    kernel: int
    learning_rate = 0.1
    nothing: Any = None

    limit: ClassVar[int] = 3
    other_limit: ClassVar = 4
    _private = 5
    _typed: int = 6

    class Inside:
        size = 3

    @property
    def twice(self) -> int:
        return 2 * self.epochs

    @staticmethod
    def plus(a: int, b: int) -> int:
        return a + b

    @classmethod
    def named(cls) -> str:
        return cls.__name__

    def run(self) -> int:
        return self.epochs + 1


def test_annotated_and_assigned_attributes_are_items_in_their_order():
    assert list(asdict(Configs())) == ["epochs", "kernel", "learning_rate", "nothing"]


def test_all_else_in_the_body_stays_what_it_is():
    conf = Configs(epochs=20)
    assert (Configs.limit, conf.other_limit, conf._private, conf._typed) == (3, 4, 5, 6)
    assert conf.Inside is Configs.Inside
    assert (conf.twice, conf.plus(1, 2), conf.named(), conf.run()) == (40, 3, "Configs", 21)
    assert Configs.run(conf) == 21


def test_a_method_that_keeps_its_results_is_a_method():
    class Keeping(BaseConfigs):
        epochs: int = 10
        steps: int

        @functools.cache  # noqa: B019  # what people write
        def halved(self) -> int:
            return self.epochs // 2

        @functools.cached_property
        def doubled(self) -> int:
            return self.epochs * 2

    @Keeping.calc(Keeping.steps)
    def steps(c: Keeping) -> int:
        return c.halved() + c.doubled

    conf = Keeping()
    assert list(asdict(conf)) == ["epochs", "steps"]
    assert plan(conf, {"epochs": 4}, ["steps"]).order == ("epochs", "steps")
    assert conf.steps == 25


def test_a_function_from_elsewhere_is_a_value():
    class Functions(BaseConfigs):
        activation = double
        root = math.sqrt
        key: Callable[[int], int] = lambda x: -x  # annotated, so that it is an item
        kind = Window

    conf = Functions()
    assert conf.activation is double
    assert conf.root(4) == 2
    assert conf.key(3) == -3
    assert conf.kind is Window
    assert set(asdict(conf)) == {"activation", "root", "key", "kind"}


def test_on_the_class_an_item_is_its_name():
    assert repr(Configs.epochs) == "<item Configs.epochs>"
    assert Configs.epochs == Configs.epochs != Configs.kernel
    assert len({Configs.epochs, Configs.epochs}) == 1
    assert repr(Configs.nothing.within.it) == "<item Configs.nothing.within.it>"
    assert [name for name in dir(Configs.epochs) if not name.startswith("_")] == []


def test_on_an_object_an_item_is_its_value():
    conf = Configs()
    assert (conf.epochs, conf.learning_rate, conf.nothing) == (10, 0.1, None)
    assert conf["epochs"] == 10


def test_settings_can_be_given_where_an_object_is_made():
    conf = Configs(epochs=3, kernel="5")
    assert (conf.epochs, conf.kernel) == (3, 5)
    assert Configs().epochs == 10


def test_mutable_defaults_are_copied_for_each_object():
    class Mutable(BaseConfigs):
        layers = [1, [2]]
        table: dict[str, int] = {}
        window: Window = Window()
        marks: set[int] = set()
        pair = ([],)

    one, other = Mutable(), Mutable()
    one.layers[1].append(3)
    one.table["a"] = 1
    one.window.sizes.append(3)
    one.marks.add(1)
    one.pair[0].append(1)
    assert one.layers == [1, [2, 3]]
    assert (other.layers, other.table, other.marks, other.pair) == ([1, [2]], {}, set(), ([],))
    assert other.window.sizes == Mutable().window.sizes == [1, 2]


def test_other_objects_are_shared():
    class Model:
        pass

    model = Model()

    class Shared(BaseConfigs):
        net: Any = model

    assert Shared().net is model is Shared().net


def test_a_default_can_be_set_after_the_class():
    class Later(Configs):
        pass

    before = Later()
    Later.epochs = 50
    Later.kernel = 3
    assert (Later().epochs, Later().kernel, Configs().epochs) == (50, 3, 10)
    assert before.epochs == 50
    assert repr(Later.epochs) == "<item Later.epochs>"


def test_a_new_item_can_be_added_after_the_class():
    class Later(Configs):
        pass

    Later.width = 7
    assert Later().width == 7
    assert not hasattr(Configs, "width")


def test_a_method_can_be_added_after_the_class():
    class Later(Configs):
        pass

    def added(self: Later) -> int:
        return self.epochs * 3

    added.__qualname__ = f"{Later.__qualname__}.added"
    Later.added = added
    assert Later().added() == 30


def test_private_names_of_an_object_are_free():
    conf = Configs()
    conf._cache = {"a": 1}
    assert conf._cache == {"a": 1}
    with pytest.raises(AttributeError):
        print(conf._other)
    assert not hasattr(conf, "_other")


def test_an_unknown_public_name_is_refused_in_every_way():
    conf = Configs()
    with pytest.raises(UnknownConfig):
        conf.epoch = 3
    with pytest.raises(KeyError):
        conf["epoch"] = 3
    with pytest.raises(AttributeError):
        print(conf.epoch)
    assert not hasattr(conf, "epoch")
    assert getattr(conf, "epoch", 7) == 7
    assert "epoch" not in conf
    assert "epochs" in conf


def test_an_attribute_error_inside_a_property_is_told_as_it_is():
    class Misspelt(BaseConfigs):
        text: str = "a"

        @property
        def upper(self) -> Any:
            return self.text.uper()

    with pytest.raises(AttributeError, match="'str' object has no attribute 'uper'"):
        _ = Misspelt().upper


def test_a_property_with_a_setter_is_set_as_ever():
    class Settable(Configs):
        @property
        def half(self) -> float:
            return self.epochs / 2

        @half.setter
        def half(self, value: float) -> None:
            self.epochs = int(2 * value)

    conf = Settable()
    conf.half = 4.0
    assert (conf.epochs, conf.half) == (8, 4.0)


def test_abstract_classes_work():
    class Abstract(BaseConfigs, ABC):
        epochs: int = 3

        @abstractmethod
        def run(self) -> int: ...

    class Concrete(Abstract):
        def run(self) -> int:
            return self.epochs

    with pytest.raises(TypeError, match="abstract"):
        Abstract()
    assert Concrete().run() == 3


def test_generic_classes_work():
    class Holder(BaseConfigs, Generic[T]):
        value: T
        size: int = 2

    class Numbers(Holder[int]):
        value = 3

    class Outer(BaseConfigs):
        numbers: Holder[int]

    assert (Numbers().value, Numbers().size) == (3, 2)
    assert Outer(numbers={"value": 5}).numbers.value == 5
    assert Holder[int](value=4).value == 4


def test_names_that_other_libraries_keep_for_themselves_are_free_for_items():
    class Free(BaseConfigs):
        items: int = 1
        keys: int = 2
        values: int = 3
        get: int = 4
        option: int = 5
        plan: int = 6
        name: str = "n"
        save: bool = True
        copy: int = 8
        update: int = 9
        state: int = 10
        config: int = 11
        doc: int = 12

    conf = Free()
    assert asdict(conf) == {
        "items": 1, "keys": 2, "values": 3, "get": 4, "option": 5, "plan": 6, "name": "n",
        "save": True, "copy": 8, "update": 9, "state": 10, "config": 11, "doc": 12,
    }  # fmt: skip
    assert (conf.items, conf.keys, conf.copy) == (1, 2, 8)


def test_names_without_ascii_letters_are_items():
    class Unicode(BaseConfigs):
        größe: int = 3
        λ: float = 0.5

    assert Unicode(größe="4")["größe"] == 4
    assert Unicode().λ == 0.5


def test_a_class_may_have_a_constructor_of_its_own():
    class Own(BaseConfigs):
        epochs: int = 3
        size: int

        def __init__(self, size: int, **settings: Any) -> None:
            super().__init__(size=size, **settings)

    assert (Own(4).size, Own(4, epochs=2).epochs) == (4, 2)


def test_two_objects_are_equal_only_to_themselves():
    conf = Configs()
    assert conf == conf
    assert conf != Configs()
    assert conf != 3
    assert len({conf, conf, Configs()}) == 2


def test_an_object_shows_its_items():
    conf = Configs()
    assert {"epochs", "kernel", "run"} <= set(dir(conf))
    assert repr(conf) == "<Configs: 4 items, 0 read>"
    assert conf.epochs == 10
    assert repr(conf) == "<Configs: 4 items, 1 read>"


def test_a_docstring_and_slots_of_python_are_no_items():
    class Documented(BaseConfigs):
        """Says what it is for."""

        epochs: int = 3

    assert asdict(Documented()) == {"epochs": 3}
    assert Documented.__doc__ == "Says what it is for."
