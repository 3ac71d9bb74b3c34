"""Setting configs, before they are computed and from whatever source."""

from __future__ import annotations

from lab.configs._annotations import configs_classes_in
from lab.configs._calls import calls_of
from lab.configs._choice import CODE, GRAPH, VALUE, Setting
from lab.configs._choose import choose
from lab.configs._copies import PLAIN
from lab.configs._locate import locate
from lab.configs._state import PENDING, Node, State
from lab.errors import AlreadyRead, OptionNotChosen, UnknownConfig

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

# In a mapping that stands for an item, the key under which its option is named.
OPTION_KEY = "_option_"


def put(state: State, path: str, value: Any, setting: Setting) -> list[tuple[str, Setting]]:
    """Sets a config.

    Args:
        state: the configs object that the name starts in.
        path: its dotted name.
        value: the value; a mapping sets what is inside the item.
        setting: the source, and the value again where it is not a mapping.

    Returns:
        The settings that were added, each with its full dotted name; `take_back` undoes them.

    Raises:
        UnknownConfig: nothing is called so.
        AlreadyRead: it was computed, or something was computed from it.
        UnknownOption, WrongType, WrongValue: the value cannot be used (set in code; other sources are checked
            together with all else, by `plan`).
    """
    is_map = type(value) not in PLAIN and _is_mapping(type(value))
    if not is_map and setting.level != CODE and path not in state.nodes:
        spec = state.schema.specs.get(path)
        if spec is not None:  # nobody has looked at it yet, and the plan will check it
            full = state.prefix + path if state.prefix else path
            _add(state.root, full, setting)
            return [(full, setting)]
    try:
        node = state.nodes.get(path) or locate(state, path, setting.where)
    except OptionNotChosen as error:  # it may be chosen yet
        _add(state.root, error.key, setting)
        return [(error.key, setting)]
    except UnknownConfig as error:
        if is_map and any(name.startswith(f"{error.key}.") for name in error.known):
            return _put_inside(state, f"{path}.", value, setting)  # it begins longer names
        raise
    if is_map and takes_mapping(node):
        return _put_inside(node.state, f"{node.name}.", value, setting)
    classes = configs_classes_in(node.spec.type) if is_map else []
    if len(classes) == 1:  # Optional[Inner], which has been None so far
        inside = {OPTION_KEY: classes[0], **value}
        return _put_inside(node.state, f"{node.name}.", inside, setting)
    if node.choice is not None:  # somebody has looked at it already
        _refuse_late(node, setting)
        node.state.conf.__dict__.pop(node.name, None)
        node.status, node.order = PENDING, -1
    root = node.state.root
    full = node.path
    _add(root, full, setting)
    if setting.level == CODE and node.spec.argument is None:
        try:
            choose(node)
        except BaseException:
            take_back(root, [(full, setting)])
            raise
    return [(full, setting)]


def take_back(root: State, added: list[tuple[str, Setting]]) -> None:
    """Undoes settings that `put` added."""
    for path, setting in added:
        settings = root.settings[path]
        settings.remove(setting)
        if not settings:
            del root.settings[path]
    root.version += 1


def _is_mapping(cls: type) -> bool:
    """Whether a class is that of dictionaries or other mappings."""
    from collections.abc import Mapping

    return issubclass(cls, Mapping)


def takes_mapping(node: Node) -> bool:
    """Whether a mapping given for an item says what is inside it, and is not its value."""
    choice = choose(node)
    if choice.kind == GRAPH:
        return True
    if not node.spec.options and not any(call.own for _, _, call in calls_of(node, choice)):
        return False
    annotation = node.spec.type
    origin = getattr(annotation, "__origin__", annotation)
    return not (isinstance(origin, type) and _is_mapping(origin))


def _put_inside(
    state: State, prefix: str, values: Mapping[str, Any], setting: Setting
) -> list[tuple[str, Setting]]:
    added: list[tuple[str, Setting]] = []
    keys = sorted(values, key=lambda key: key != OPTION_KEY)  # the option first
    try:
        for key in keys:
            path = prefix[:-1] if key == OPTION_KEY else f"{prefix}{key}"
            one = Setting(values[key], setting.level, setting._where, setting.is_parsed)
            added.extend(put(state, path, values[key], one))
    except BaseException:
        take_back(state.root, added)
        raise
    return added


def _add(root: State, path: str, setting: Setting) -> None:
    settings = root.settings.get(path)
    root.version += 1
    if settings is None:
        root.settings[path] = [setting]
    else:
        index = len(settings)
        while index and settings[index - 1].level > setting.level:
            index -= 1
        settings.insert(index, setting)
    if "." in path:
        root.is_set_inside = True


def _refuse_late(node: Node, setting: Setting) -> None:
    reader = _reader_of(node)
    if reader is not None:
        raise AlreadyRead(node.path, reader.path, setting.where)
    if node.status != PENDING and choose(node).kind != VALUE:
        raise AlreadyRead(node.path, "", setting.where)
    if node.inner is not None:
        for inner in node.inner.nodes.values():
            _refuse_inside(node, inner, setting)


def _refuse_inside(node: Node, inner: Node, setting: Setting) -> None:
    reader = _reader_of(inner)
    if reader is not None:
        raise AlreadyRead(node.path, reader.path, setting.where)
    if inner.status != PENDING and choose(inner).kind != VALUE:
        raise AlreadyRead(node.path, inner.path, setting.where)
    if inner.inner is not None:
        for deeper in inner.inner.nodes.values():
            _refuse_inside(node, deeper, setting)


def _reader_of(node: Node) -> Node | None:
    """Who has read a node. The one that came first may have failed since, and others have read it besides."""
    reader = node.reader
    if reader is not None and node not in reader.reads:
        reader = node.reader = next(
            (other for other in _nodes_of(node.state.root) if node in other.reads), None
        )
    return reader


def _nodes_of(root: State) -> Iterator[Node]:
    todo = [root]
    while todo:
        state = todo.pop()
        for node in [*state.nodes.values(), *state.groups.values()]:
            yield node
            if node.inner is not None and node.inner.parent is state:
                todo.append(node.inner)
