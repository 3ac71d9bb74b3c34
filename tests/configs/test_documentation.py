from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from textwrap import dedent
from types import ModuleType
from typing import Any

import pytest

from lab import configs
from lab.configs import BaseConfigs
from lab.configs._docs import argument_doc, class_doc, option_doc
from lab.configs._docs._rst import paragraph, plain, summary


def doc(conf: BaseConfigs, name: str) -> str:
    return configs.graph(conf)[name].doc


# Items


class Base(BaseConfigs):
    """Everything about a base.

    More about it.

    Attributes:
        from_docstring: said in the docstring
            of the class
        said_twice: said in the docstring
    """

    #: how many samples
    #: go together
    above: int = 1
    behind: int = 2  #: says it on the line
    string: int = 3
    """Says it in a string.

    And more.
    """
    from_docstring: int = 4
    said_twice: int = 5
    """Said right behind it."""
    remark: int = 6  # a plain comment
    remark_with_pragma: Any = 7  # pragma: no cover  # the real remark
    only_pragma: Any = 8  # type: ignore[assignment]
    over_lines: Any = [
        11,  # inside of the value
    ]  # behind the value
    hash_in_text: str = "#: not a comment"
    # a heading, not about the item
    silent: int = 12
    unicode: str = "äöü"  #: behind wide characters
    without_annotation = 13  #: an item all the same
    if sys.byteorder:
        #: under a condition
        conditional: int = 14


class Derived(Base):
    above = 2
    behind: int = 3  #: says it anew
    remark = 7  # too small before


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("above", "how many samples go together"),
        ("behind", "says it on the line"),
        ("string", "Says it in a string."),
        ("from_docstring", "said in the docstring of the class"),
        ("said_twice", "Said right behind it."),
        ("remark", "a plain comment"),
        ("remark_with_pragma", "the real remark"),
        ("only_pragma", ""),
        ("over_lines", "behind the value"),
        ("hash_in_text", ""),
        ("silent", ""),
        ("unicode", "behind wide characters"),
        ("without_annotation", "an item all the same"),
        ("conditional", "under a condition"),
    ],
)
def test_an_item_is_documented_where_it_is_declared(name: str, expected: str) -> None:
    assert doc(Base(), name) == expected


def test_a_subclass_keeps_what_its_base_says_or_says_it_anew() -> None:
    conf = Derived()
    assert doc(conf, "above") == "how many samples go together"
    assert doc(conf, "behind") == "says it anew"
    assert doc(conf, "remark") == "too small before"
    assert doc(conf, "from_docstring") == "said in the docstring of the class"


class Numpy(BaseConfigs):
    """A class in another style.

    Attributes
    ----------
    rate, decay : float
        Both of them.
    size : int, optional
        The size.
    """

    rate: float = 0.1
    decay: float = 0.1
    size: int = 1


class Sphinx(BaseConfigs):
    """A class in a third style.

    :ivar rate: the rate
    :param size: the size
    """

    rate: float = 0.1
    size: int = 1


def test_class_docstrings_of_all_styles_document_items() -> None:
    assert doc(Numpy(), "rate") == doc(Numpy(), "decay") == "Both of them."
    assert doc(Numpy(), "size") == "The size."
    assert doc(Sphinx(), "rate") == "the rate"
    assert doc(Sphinx(), "size") == "the size"


def make_local() -> type[BaseConfigs]:
    class Local(BaseConfigs):
        value: int = 1  #: inside of a function

    return Local


def test_a_class_in_a_function_is_documented() -> None:
    assert doc(make_local()(), "value") == "inside of a function"


class Twice(BaseConfigs):
    first: int = 1  #: of the first class


First = Twice


class Twice(BaseConfigs):  # type: ignore[no-redef]
    second: int = 2  #: of the second class


def test_of_two_classes_of_one_name_each_has_its_own() -> None:
    assert doc(First(), "first") == "of the first class"
    assert doc(Twice(), "second") == "of the second class"


class Outer(BaseConfigs):
    inner: Base


def test_an_item_inside_an_item_is_documented() -> None:
    assert doc(Outer(), "inner.string") == "Says it in a string."


def test_a_class_without_source_has_no_documentation() -> None:
    space: dict[str, Any] = {"BaseConfigs": BaseConfigs, "__name__": "no_such_module"}
    exec("class C(BaseConfigs):\n    x: int = 1  #: never read", space)
    assert doc(space["C"](), "x") == ""


@pytest.fixture
def load(tmp_path: Path) -> Iterator[Any]:
    names: list[str] = []

    def load(source: str, name: str = "documented_here") -> ModuleType:
        path = tmp_path / f"{name}.py"
        path.write_text(dedent(source), encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        names.append(name)
        spec.loader.exec_module(module)
        return module

    yield load
    for name in names:
        sys.modules.pop(name, None)


def test_a_file_that_was_edited_to_nonsense_after_the_import_has_no_documentation(
    load: Any,
) -> None:
    module = load(
        "from lab.configs import BaseConfigs\nclass C(BaseConfigs):\n    x: int = 1  #: x\n"
    )
    Path(module.__file__).write_text("class C(:", encoding="utf-8")
    assert doc(module.C(), "x") == ""


def test_a_module_that_was_edited_and_loaded_again_has_its_new_documentation(load: Any) -> None:
    source = "from lab.configs import BaseConfigs\nclass C(BaseConfigs):\n    x: int = 1  #: {}\n"
    assert doc(load(source.format("old")).C(), "x") == "old"
    assert doc(load(source.format("much newer")).C(), "x") == "much newer"


def test_importing_configs_loads_neither_documentation_nor_pictures() -> None:
    code = """if True:
        import sys
        from lab.configs import BaseConfigs
        rooms = ("_docs", "_pictures", "_drawing", "_rst", "_attribute_docs")
        late = {"docstring_parser", *(f"lab.configs.{room}" for room in rooms)}
        sys.exit(", ".join(late.intersection(sys.modules)) or 0)
    """
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


# Options and their parameters


class Shop(BaseConfigs):
    item: object
    other: object  # the declaration comes first


@Shop.calc(Shop.item)
def make(c: Shop, width: int = 3, height: int = 4, depth: int = 5) -> object:
    """Makes an item,
    slowly.

    Args:
        width (int, optional): how wide
            it is (default: 3)
        height: how high. Default: ``4``

    Returns:
        depth: no argument
    """
    return object()


@Shop.calc(Shop.item)
def quick(c: Shop) -> object:
    """Makes an item *quickly*."""
    return object()


@Shop.calc(Shop.other)
def another(c: Shop) -> object:
    """Not asked."""
    return object()


def test_an_item_that_is_not_documented_says_what_its_chosen_option_does() -> None:
    conf = Shop()
    assert doc(conf, "item") == "Makes an item, slowly."
    conf.item = "quick"
    assert doc(conf, "item") == "Makes an item quickly."
    assert doc(conf, "other") == "the declaration comes first"


def test_a_parameter_is_documented_by_the_docstring_of_its_option() -> None:
    conf = Shop()
    assert doc(conf, "item.width") == "how wide it is"
    assert doc(conf, "item.height") == "how high."
    assert doc(conf, "item.depth") == ""


class Google:
    """A thing.

    Args:
        a: the a
        b (Union[int, str]): the b:
            with more
        *c: the c
        **d: the d

    Keyword Args:
        e: the e

    Raises:
        f: no argument
    """


class NumpyStyle:
    """A thing.

    Parameters
    ----------
    a, b : int
        both
    *c : tuple
        the c
    d : {'x', 'y'}, default='x'
        The d:

        - one
        - two

        .. versionadded:: 1.0

    Returns
    -------
    f : int
        no argument
    """


class SphinxStyle:
    """A thing.

    :param a: the a
        goes on
    :param int b: the b
    :type a: int
    :returns: f
    """


@pytest.mark.parametrize(
    ("cls", "name", "expected"),
    [
        (Google, "a", "the a"),
        (Google, "b", "the b: with more"),
        (Google, "c", "the c"),
        (Google, "d", "the d"),
        (Google, "e", "the e"),
        (Google, "f", ""),
        (NumpyStyle, "a", "both"),
        (NumpyStyle, "b", "both"),
        (NumpyStyle, "c", "the c"),
        (NumpyStyle, "d", "The d: - one - two"),
        (NumpyStyle, "f", ""),
        (SphinxStyle, "a", "the a goes on"),
        (SphinxStyle, "b", "the b"),
        (SphinxStyle, "f", ""),
    ],
)
def test_arguments_are_read_in_all_styles(cls: type, name: str, expected: str) -> None:
    assert argument_doc(cls, name) == expected


class Parent:
    """A parent.

    Args:
        a: by the parent
        b: by the parent
    """


class Child(Parent):
    """A child."""

    def __init__(self, b: int = 1) -> None:
        """Makes a child.

        Args:
            b: by the child
        """


@dataclass
class Fields:
    """Fields."""

    width: int = 1  #: how wide


@dataclass
class BareFields:
    width: int = 1


def test_a_class_is_read_with_its_init_and_its_bases() -> None:
    assert argument_doc(Child, "a") == "by the parent"
    assert argument_doc(Child, "b") == "by the child"
    assert argument_doc(partial(Child, b=2), "b") == "by the child"


def test_fields_of_a_dataclass_are_documented_like_items() -> None:
    assert argument_doc(Fields, "width") == "how wide"
    assert class_doc(BareFields) == ""


class Callable_:
    def __call__(self) -> int:
        """Is called."""
        return 1


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (Child, "A child."),
        (partial(Child), "A child."),
        (Callable_(), "Is called."),
        (lambda: 1, ""),
        (len, "Return the number of items in a container."),
        (object(), ""),
    ],
)
def test_an_option_is_described_by_its_first_paragraph(function: Any, expected: str) -> None:
    class One(BaseConfigs):
        item: object

    One.calc(One.item, "one")(function if callable(function) else Callable_)
    calculator = One._lab_declared.calculators[0]
    calculator.function = function
    assert option_doc(calculator) == expected


def test_every_documented_argument_of_torch_comes_out_clean() -> None:
    optim = pytest.importorskip("torch.optim")
    assert argument_doc(optim.SGD, "lr") == "learning rate"
    assert argument_doc(optim.SGD, "momentum") == "momentum factor"
    assert argument_doc(optim.Adam, "betas").startswith("coefficients used for computing")
    assert not argument_doc(optim.Adam, "betas").endswith(")")
    assert class_doc(optim.Adam) == "Implements Adam algorithm."
    data = pytest.importorskip("torch.utils.data")
    assert argument_doc(data.DataLoader, "batch_size") == "how many samples per batch to load."
    assert "`" not in argument_doc(data.DataLoader, "sampler")
    nn = pytest.importorskip("torch.nn")
    assert argument_doc(nn.GLU, "dim") == "the dimension on which to split the input."


def test_every_documented_argument_of_scikit_learn_comes_out_clean() -> None:
    linear = pytest.importorskip("sklearn.linear_model")
    assert argument_doc(linear.LogisticRegression, "tol") == "Tolerance for stopping criteria."
    assert argument_doc(linear.LogisticRegression, "n_jobs") == "Does not have any effect."


# Markup


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (":class:`~torch.nn.Module` and :py:func:`f <a.f>`", "Module and f"),
        (r":math:`\lambda \leq \frac{1}{2}`", "lambda ≤ (1)/(2)"),
        (r":math:`\text{lr} \times 10^{-3}`", "lr \u00d7 10^{-3}"),
        ("``a_`` `b`_ `c <http://x.y>`__", "a_ b c"),
        ("**bold** and *plain* but *args, **kwargs and 2 * x * y", "bold and plain but *args, **kwargs and 2 * x * y"),
        ("``*args`` and ``**kwargs``", "*args and **kwargs"),
        ("snake_case, coef_ and __init__", "snake_case, coef_ and __init__"),
        ("[docs](https://x.y/z) and x[i](j)", "docs and x[i](j)"),
        ("a\n  b\tc", "a b c"),
    ],
)  # fmt: skip
def test_markup_becomes_plain_text(text: str, expected: str) -> None:
    assert plain(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("one\n\ntwo", "one"),
        (".. math::\n    a + b\n\nafter it", "after it"),
        (".. note:: take care\n    of it\n\nmore", "Note: take care of it"),
        ("first\n.. warning::\n    second", "first"),
        ("the size (default: (1, 2))", "the size"),
        ("the size. Default: 0.5", "the size."),
        ("the size. Default is chosen by hand", "the size. Default is chosen by hand"),
        ("either:\n\n- a\n- b\n\nmore", "either: - a - b"),
    ],
)
def test_a_paragraph_is_the_first_that_says_something(text: str, expected: str) -> None:
    assert paragraph(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ""),
        ("Args:\n    x: the x", ""),
        ("Does it.\nArgs:\n    x: the x", "Does it."),
        (":param x: the x", ""),
        (":math:`x` is squared.", "x is squared."),
        ("Parameters\n----------\nx : int", ""),
        ("f(x, y) -> int\n\nAdds.", "Adds."),
        ("Point(x: int, y: int)", ""),
        (">>> f()\n1", ""),
    ],
)
def test_a_summary_is_what_stands_before_the_sections(text: str, expected: str) -> None:
    assert summary(text) == expected
