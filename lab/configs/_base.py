"""`BaseConfigs`, the class that an experiment's configs are a subclass of."""

from __future__ import annotations

import sys

from lab.configs._calculator import LIST, ONE, TUPLE, Calculator, has_item
from lab.configs._choice import CODE, Setting
from lab.configs._item import Item, path_of
from lab.configs._locate import locate
from lab.configs._meta import METHODS, ConfigsMeta, item_names
from lab.configs._resolve import get
from lab.configs._schema import forget
from lab.configs._settings import put
from lab.configs._state import Held, State, set_reader, set_state
from lab.errors import ConfigError, DeclarationError, LabError, UnknownConfig, nearest

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeVar

    Calculated = TypeVar("Calculated", bound=Callable[..., Any])


class BaseConfigs(Held, metaclass=ConfigsMeta):
    """A graph of configs.

    Every annotated or assigned public attribute of a subclass is an item of the graph. It has a value, or a
    calculator computes it when it is first read.

    Example:
        >>> class Configs(BaseConfigs):
        ...     epochs: int = 10
        ...     steps: int
        >>> @Configs.calc(Configs.steps)
        ... def steps(c: Configs):
        ...     return c.epochs * 100
        >>> Configs(epochs=2).steps
        200
    """

    def __new__(cls, *arguments: Any, **settings: Any) -> BaseConfigs:
        conf = super().__new__(cls)
        set_state(conf, State(cls, conf))
        set_reader(conf, None)
        return conf

    def __init__(self, **settings: Any) -> None:
        """Makes a graph with these settings, as if they were assigned one after the other."""
        if settings:
            where = _caller(2)
            for name, value in settings.items():
                _put(self, name, value, where)

    @classmethod
    def calc(
        cls,
        item: Any,
        option: str | None = None,
        *,
        cache: bool | str = False,
        **bound: Any,
    ) -> Callable[[Calculated], Calculated]:
        """Registers what computes an item, as a decorator or a call: `Configs.calc(Configs.optimizer)(optim.Adam)`.

        Args:
            item: the item, by `Configs.item` or its dotted name; a list of items for a calculator that returns
                a tuple of their values.
            option: the name by which it is chosen; by default that of the function.
            cache: whether to keep the result on disk.
            bound: parameters of the function that are tied to an item, an expression (`computed`) or a value.

        Raises:
            DeclarationError: there is no such item, or the function cannot be a calculator.
        """
        several = isinstance(item, (list, tuple))
        paths = tuple(map(path_of, item)) if several else (path_of(item),)
        if not paths:
            raise DeclarationError("calc needs at least one item")
        for path in paths:
            if paths.count(path) > 1:
                raise DeclarationError(f"calc({list(paths)}) names {path!r} twice")
        kind = TUPLE if several else ONE
        return _registration(cls, paths, option, kind, bound, cache)

    @classmethod
    def list(
        cls, item: Any, option: str | None = None, **bound: Any
    ) -> Callable[[Calculated], Calculated]:
        """Registers what computes one more entry of a list item; its parameters are `<item>.<function>.<p>`.

        Raises:
            DeclarationError: there is no such item, or the function cannot be a calculator.
        """
        return _registration(cls, (path_of(item),), option, LIST, bound, False)

    @classmethod
    def aggregate(cls, item: Any, option: str, *members: tuple[Any, str]) -> None:
        """Lets an option of one item choose options of others, for those without a value of their own.

        Args:
            item: the item, by `Configs.item` or its dotted name.
            option: its option that chooses.
            members: pairs of an item and the name of its option.

        Raises:
            DeclarationError: there is no such item, or a member is no such pair.
        """
        path = _known(cls, path_of(item))
        pairs: dict[str, str] = {}
        for member in members:
            if not isinstance(member, tuple) or len(member) != 2 or not isinstance(member[1], str):
                raise DeclarationError(
                    f"aggregate({path!r}, {option!r}) takes pairs of an item and the name of its option, "
                    f"got {member!r}"
                )
            name = _known(cls, path_of(member[0]))
            if name in pairs:
                raise DeclarationError(f"aggregate({path!r}, {option!r}) names {name!r} twice")
            pairs[name] = member[1]
        cls._lab_declared.aggregates.append((path, option, tuple(pairs.items())))
        forget(cls)

    @classmethod
    def set_hyperparams(cls, *items: Any, is_hyperparam: bool = True) -> None:
        """Marks items that are, or are not, to be recorded as hyperparameters.

        Raises:
            DeclarationError: there is no such item.
        """
        for item in items:
            cls._lab_declared.marks[_known(cls, path_of(item))] = is_hyperparam
        forget(cls)

    def __getattr__(self, name: str) -> Any:
        if name in ("_lab_state", "_lab_reader"):
            raise AttributeError(f"{type(self).__name__}.__new__ was not called")
        state = self._lab_state
        if name.startswith("_"):
            if name in state.conf.__dict__:
                return state.conf.__dict__[name]
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        if (
            name in state.schema.specs
        ):  # reading it raised an AttributeError, which Python hides from us
            return get(state.node(name), self._lab_reader)
        if hasattr(type(self), name):  # so did a property
            return object.__getattribute__(self, name)
        known = [*state.schema.specs, *_members(type(self))]
        raise UnknownConfig(name, known, type(self).__name__)

    def __setattr__(self, name: str, value: Any) -> None:
        state = self._lab_state
        if name.startswith("_"):
            state.conf.__dict__[name] = value
        elif not isinstance(getattr(type(self), name, None), Item) and hasattr(type(self), name):
            object.__setattr__(self, name, value)
        else:
            _put(self, name, value, _caller(2))

    def __delattr__(self, name: str) -> None:
        if name.startswith("_"):
            object.__delattr__(self, name)
            return
        raise ConfigError(
            f"{name!r} of {type(self).__name__} cannot be deleted; set another value, or make a new object"
        )

    def __getitem__(self, key: str) -> Any:
        return get(locate(self._lab_state, _key(key)), self._lab_reader)

    def __setitem__(self, key: str, value: Any) -> None:
        _put(self, _key(key), value, _caller(2))

    def __contains__(self, key: object) -> bool:
        try:
            locate(self._lab_state, key if isinstance(key, str) else "")
        except LabError:
            return False
        return True

    __iter__ = None

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, BaseConfigs):
            return NotImplemented
        return self._lab_state is other._lab_state

    def __hash__(self) -> int:
        return hash(id(self._lab_state))

    def __dir__(self) -> Any:
        return sorted({*super().__dir__(), *self._lab_state.schema.specs})

    def __repr__(self) -> str:
        state = self._lab_state
        done = sum(node.order >= 0 for node in state.nodes.values())
        return f"<{type(self).__name__}: {len(state.schema.specs)} items, {done} read>"

    def __reduce_ex__(self, protocol: Any) -> Any:
        from lab.configs import _pickling

        return _pickling.reduce(self._lab_state)

    def __copy__(self) -> Any:
        from lab.configs import _pickling

        return _pickling.copied(self._lab_state, None)

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        from lab.configs import _pickling

        return _pickling.copied(self._lab_state, memo)


def _registration(
    cls: ConfigsMeta,
    paths: tuple[str, ...],
    option: str | None,
    kind: str,
    bound: dict[str, Any],
    cache: bool | str,
) -> Callable[[Calculated], Calculated]:
    for path in paths:
        _known(cls, path)
    if option is not None and not isinstance(option, str):
        raise DeclarationError(
            f"calc({paths[0]!r}, {option!r}): the second argument is the name of the option; "
            "call what it returns with the function"
        )

    def register(function: Calculated) -> Calculated:
        name = option
        if name is None:
            name = getattr(function, "__name__", None) or getattr(
                getattr(function, "func", None), "__name__", None
            )
        if not callable(function) or isinstance(function, Item) or name is None:
            why = _why_not(function, paths[0])
            raise DeclarationError(
                f"a calculator of {paths[0]!r} is a function or class; {function!r} {why}"
            )
        cls._lab_declared.calculators.append(
            Calculator(function, name, paths, kind, bound, cls, cache)
        )
        forget(cls)
        return function

    return register


def _why_not(function: object, path: str) -> str:
    if isinstance(function, Item):
        return f"is an item; to take over its value: calc({path!r})(lambda c: c.{function._lab_path()})"
    if callable(function):
        return "has no name; give one: calc(item, 'name')"
    return "cannot be called"


def _known(cls: type, path: str) -> str:
    head = path.partition(".")[0]
    if not has_item(cls, head):
        if hasattr(cls, head):
            raise DeclarationError(f"{head!r} is a method of {cls.__name__}, and no item")
        names = item_names(cls)
        close = nearest(head, names)
        hint = (
            f"; did you mean {' or '.join(map(repr, close))}?"
            if close
            else f"; it has {', '.join(names)}"
        )
        raise DeclarationError(f"{cls.__name__} has no item {head!r}{hint if names else ''}")
    return path


def _members(cls: type) -> list[str]:
    """The public methods and properties that a configs class has beside its items."""
    items = item_names(cls)
    hidden = {*METHODS, *items}
    return [name for name in dir(cls) if not name.startswith("_") and name not in hidden]


def _key(key: object) -> str:
    if isinstance(key, str):
        return key
    raise UnknownConfig(str(key), (), "", "a config is named by text, such as conf['optimizer.lr']")


def _put(conf: Any, name: str, value: Any, where: tuple[str, int]) -> None:
    put(conf._lab_state, name, value, Setting(value, CODE, where))
    conf.__dict__.pop(name, None)


def _caller(depth: int) -> tuple[str, int]:
    frame = sys._getframe(depth)
    return frame.f_code.co_filename, frame.f_lineno
